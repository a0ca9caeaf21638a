//! Graphs of a million nodes, and the questions asked of them: who reaches whom, through what, how many ways.
//!
//! A graph is two compressed adjacency arrays over `u32` ([`storage`]), immutable once built. Walks are loops
//! with an explicit stack: the depth of a call graph is unbounded. Answers are deterministic, ties go to the
//! smaller index. Cycles are normal: what needs an order works on strong components ([`scc`]).
//!
//! petgraph is the oracle of the tests and stays behind this wall; no type of it is in an interface.

pub mod coverage;
pub mod dominators;
pub mod paths;
pub mod query;
pub mod scc;
pub mod search;
pub mod set;
pub mod storage;
pub mod system;

#[cfg(test)]
mod tests;
