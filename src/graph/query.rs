//! Reach: seeds + direction + edge filter → a set.

use super::{
    set::NodeSet,
    storage::{Direction, EdgeIdx, Graph, NodeIdx},
};

/// What is reached from `seeds` over edges that the filter lets pass; the seeds are in it.
///
/// A blast radius is `reach(…, Backward, …)` from what fails, the needs of a service are `reach(…, Forward, …)`.
#[must_use]
pub fn reach(
    graph: &Graph,
    seeds: impl IntoIterator<Item = NodeIdx>,
    direction: Direction,
    is_open: impl Fn(EdgeIdx) -> bool,
) -> NodeSet {
    let mut reached = NodeSet::with_capacity(graph.n_nodes());
    let mut open: Vec<NodeIdx> = seeds.into_iter().filter(|seed| reached.insert(*seed)).collect();
    while let Some(node) = open.pop() {
        for (neighbor, edge) in graph.neighbors(node, direction) {
            if is_open(*edge) && reached.insert(*neighbor) {
                open.push(*neighbor);
            }
        }
    }
    reached
}
