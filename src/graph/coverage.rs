//! Guard coverage: on how many of the paths to a target does something guarded lie?

use super::{
    paths::{count_paths, shortest_path},
    set::NodeSet,
    storage::{EdgeIdx, Graph, NodeIdx},
};

/// Coverage of the paths between some entries and a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathCoverage {
    pub covered: u64,
    pub total: u64,
    /// False where cycles or overflow make the numbers bounds. That `covered == total` is right in any case.
    pub is_exact: bool,
    /// A shortest path that passes no guard.
    pub unguarded: Option<Vec<EdgeIdx>>,
}

/// On how many paths from `entries` to `target` a guard lies.
///
/// A path is guarded when it passes a guarded edge or node; the target itself and the entries count too.
#[must_use]
pub fn coverage(
    graph: &Graph,
    entries: &[NodeIdx],
    target: NodeIdx,
    is_guarded_edge: impl Fn(EdgeIdx) -> bool,
    guarded: &NodeSet,
) -> PathCoverage {
    let total = count_paths(graph, entries, target, |_| true);
    let is_bare = |edge: EdgeIdx| {
        let (from, to) = graph.ends(edge);
        !is_guarded_edge(edge) && !guarded.contains(from) && !guarded.contains(to)
    };
    let bare_entries: Vec<NodeIdx> = entries
        .iter()
        .copied()
        .filter(|entry| !guarded.contains(*entry))
        .collect();
    let unguarded = if guarded.contains(target) {
        None
    } else {
        shortest_path(graph, &bare_entries, target, is_bare)
    };
    let Some(witness) = unguarded else {
        return PathCoverage {
            covered: total.n_paths,
            total: total.n_paths,
            is_exact: total.is_exact,
            unguarded: None,
        };
    };
    let bare = count_paths(graph, &bare_entries, target, is_bare);
    // A cycle that a guard cuts open holds more paths than it counted for: then the numbers are bounds.
    let n_bare = bare.n_paths.clamp(1, total.n_paths.max(1));
    PathCoverage {
        covered: total.n_paths.saturating_sub(n_bare),
        total: total.n_paths,
        is_exact: total.is_exact && bare.is_exact,
        unguarded: Some(witness),
    }
}

/// The nodes without which no entry reaches `target` any more: the cut sets of order one, ascending.
///
/// The target itself is left out, and so is an entry that is its own only way in.
#[must_use]
pub fn single_cuts(graph: &Graph, entries: &[NodeIdx], target: NodeIdx) -> Vec<NodeIdx> {
    let dominators = super::dominators::Dominators::of(graph, entries);
    let mut cuts: Vec<NodeIdx> = dominators
        .of_node(target)
        .into_iter()
        .filter(|node| *node != target && !entries.contains(node))
        .collect();
    cuts.sort_unstable();
    cuts
}
