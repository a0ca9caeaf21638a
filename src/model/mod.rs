//! The plain data that every stage reads and writes: facts, terms, guards, components, findings.
//!
//! Knows nothing of any other room. No behaviour beyond constructors, orderings and merges that
//! belong to the data itself, and the masking of credentials in it ([`redact`]).

pub mod analysis;
pub mod call;
pub mod deploy;
pub mod expr;
pub mod fact;
pub mod finding;
pub mod guard;
pub mod location;
pub mod outcome;
pub mod package;
pub mod problem;
pub mod program;
pub mod redact;
pub mod system;
pub mod term;

/// An identifier or short text of scanned code. Cheap to clone; up to 23 bytes are stored inline.
pub type Name = smol_str::SmolStr;
