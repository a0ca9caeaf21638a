//! Paths: the shortest one, and how many there are.

use std::collections::VecDeque;

use super::{
    query::reach,
    scc::StrongComponents,
    set::NodeSet,
    storage::{Direction, EdgeIdx, Graph, NodeIdx},
};

/// A number of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathCount {
    /// Saturates at the largest number.
    pub n_paths: u64,
    /// False where a cycle lies on a path (it is passed once, whatever is inside), or the number saturated.
    pub is_exact: bool,
}

/// The edges of a shortest path from one of `entries` to `target`; of several the one over the smallest nodes and edges.
///
/// Empty where an entry is the target; `None` where no path leads there.
#[must_use]
pub fn shortest_path(
    graph: &Graph,
    entries: &[NodeIdx],
    target: NodeIdx,
    is_open: impl Fn(EdgeIdx) -> bool,
) -> Option<Vec<EdgeIdx>> {
    let mut came_over: Vec<Option<EdgeIdx>> = vec![None; graph.n_nodes() as usize];
    let mut seen = NodeSet::with_capacity(graph.n_nodes());
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    let mut open: VecDeque<NodeIdx> = entries.into_iter().filter(|entry| seen.insert(*entry)).collect();
    while let Some(node) = open.pop_front() {
        if node == target {
            let mut path = Vec::new();
            let mut at = node;
            while let Some(edge) = came_over[at.idx()] {
                path.push(edge);
                at = graph.ends(edge).0;
            }
            path.reverse();
            return Some(path);
        }
        for (neighbor, edge) in graph.neighbors(node, Direction::Forward) {
            if is_open(*edge) && seen.insert(*neighbor) {
                came_over[neighbor.idx()] = Some(*edge);
                open.push_back(*neighbor);
            }
        }
    }
    None
}

/// How many paths lead from `entries` (each counted once) to `target`, cycles taken as one node.
#[must_use]
pub fn count_paths(
    graph: &Graph,
    entries: &[NodeIdx],
    target: NodeIdx,
    is_open: impl Fn(EdgeIdx) -> bool,
) -> PathCount {
    // Only what lies between: a cycle elsewhere does not make the number inexact.
    let from_entries = reach(graph, entries.iter().copied(), Direction::Forward, &is_open);
    let between = reach(graph, [target], Direction::Backward, &is_open).intersection(&from_entries);
    let is_between = |edge: EdgeIdx| {
        let (from, to) = graph.ends(edge);
        is_open(edge) && between.contains(from) && between.contains(to)
    };
    let strong = StrongComponents::of(graph, is_between);
    let mut counts = vec![0_u64; strong.len()];
    let mut is_exact = true;
    let mut add = |counts: &mut Vec<u64>, component: usize, n: u64| match counts[component].checked_add(n) {
        Some(sum) => counts[component] = sum,
        None => {
            counts[component] = u64::MAX;
            is_exact = false;
        }
    };
    let entries: NodeSet = entries
        .iter()
        .copied()
        .filter(|entry| between.contains(*entry))
        .collect();
    for entry in entries.iter() {
        add(&mut counts, strong.component(entry), 1);
    }
    let mut has_cycle = false;
    // Callers first: every path into a component is known before it is handed on.
    for (component, members) in strong.members().iter().enumerate().rev() {
        let n = counts[component];
        if n == 0 {
            continue;
        }
        has_cycle |= members.len() != 1;
        for member in members {
            for (neighbor, edge) in graph.neighbors(*member, Direction::Forward) {
                if !is_between(*edge) {
                    continue;
                }
                let to = strong.component(*neighbor);
                if to == component {
                    has_cycle = true;
                } else {
                    add(&mut counts, to, n);
                }
            }
        }
    }
    let n_paths = if between.contains(target) {
        counts[strong.component(target)]
    } else {
        0
    };
    PathCount {
        n_paths,
        is_exact: is_exact && !has_cycle,
    }
}
