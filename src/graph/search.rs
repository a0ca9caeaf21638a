//! Breadth-first search that remembers how it came to each node: shortest ways, one to each.

use super::storage::{Direction, EdgeIdx, Graph, NodeIdx};

/// The shortest ways from one node, kept in arrays that the next run uses again.
#[derive(Clone, Debug)]
pub struct Search {
    /// The edge by which a node was reached, and the node before it.
    reached_by: Vec<Option<(EdgeIdx, NodeIdx)>>,
    order: Vec<NodeIdx>,
}

impl Search {
    /// Room for a search in `graph`.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        Self {
            reached_by: vec![None; graph.n_nodes() as usize],
            order: Vec::new(),
        }
    }

    /// Search from `seed`; among ways of one length the one over the smaller nodes and edges counts.
    ///
    /// # Panics
    /// When the seed belongs to another graph.
    pub fn run(&mut self, graph: &Graph, seed: NodeIdx, direction: Direction) {
        for node in self.order.drain(..) {
            self.reached_by[node.idx()] = None;
        }
        self.order.push(seed);
        let mut next = 0;
        while next < self.order.len() {
            let node = self.order[next];
            for (neighbor, edge) in graph.neighbors(node, direction) {
                if *neighbor != seed && self.reached_by[neighbor.idx()].is_none() {
                    self.reached_by[neighbor.idx()] = Some((*edge, node));
                    self.order.push(*neighbor);
                }
            }
            next += 1;
        }
    }

    /// What the last run reached, the nearest first; without the seed.
    #[must_use]
    pub fn reached(&self) -> &[NodeIdx] {
        self.order.get(1..).unwrap_or_default()
    }

    /// The edge by which a node was reached, and the node before it on the way from the seed.
    #[must_use]
    pub fn step(&self, node: NodeIdx) -> Option<(EdgeIdx, NodeIdx)> {
        self.reached_by.get(node.idx()).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first_and_the_next_run_starts_anew() {
        let edge = |from, to| (NodeIdx(from), NodeIdx(to));
        let graph = Graph::new(5, vec![edge(0, 2), edge(0, 1), edge(1, 3), edge(2, 3), edge(3, 0)]);
        let mut search = Search::of(&graph);
        search.run(&graph, NodeIdx(0), Direction::Forward);
        assert_eq!(search.reached(), [NodeIdx(1), NodeIdx(2), NodeIdx(3)]);
        assert_eq!(search.step(NodeIdx(3)), Some((EdgeIdx(2), NodeIdx(1))));
        assert_eq!(search.step(NodeIdx(0)), None, "a way back to the seed is none");
        search.run(&graph, NodeIdx(4), Direction::Backward);
        assert!(search.reached().is_empty());
        assert_eq!(search.step(NodeIdx(3)), None);
    }
}
