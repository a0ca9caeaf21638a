//! The knowledge base: client libraries, guards, frameworks, SaaS hosts and rules, all as TOML data.
//!
//! Built-in files and the user's (`--catalog DIR`) load by the same path: parse ([`schema`]), check and
//! index ([`compile`]), ask the [`compile::Catalog`]. Knows nothing of facts of the scanned code: paths and
//! types come in as plain names, answers go out as borrowed descriptions ([`lookup`]).

pub mod compile;
pub mod ecosystems;
pub mod lookup;
pub mod rules;
pub mod sample;
pub mod scalar;
pub mod schema;
pub mod versions;

mod check;
mod defaults;
mod embedded;
mod index;
mod notation;
mod questions;
