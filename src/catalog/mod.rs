//! The knowledge base: client libraries, guards, frameworks, SaaS hosts and rules, all as TOML data.
//!
//! Built-in files and the user's (`--catalog DIR`) load by the same path: parse ([`schema`]),
//! check and index ([`compile`]). Knows nothing of facts of the scanned code.

pub mod schema;
