//! The graph of a linked system: components as nodes, its edges as edges, at the same positions.

use crate::model::system::{ComponentIdx, EdgeKind, System};

use super::{
    query::reach,
    set::NodeSet,
    storage::{Direction, EdgeIdx, Graph, NodeIdx},
};

/// A system's components and edges, ready to be asked.
#[derive(Clone, Debug)]
pub struct SystemGraph {
    graph: Graph,
    kinds: Vec<EdgeKind>,
}

impl SystemGraph {
    /// The graph of `system`.
    ///
    /// # Panics
    /// When an edge names a component that is not there, which `link` never makes.
    #[must_use]
    pub fn of(system: &System) -> Self {
        let n_nodes = u32::try_from(system.components.len()).unwrap_or(u32::MAX);
        let edges = system
            .edges
            .iter()
            .map(|edge| (NodeIdx(edge.from), NodeIdx(edge.to)))
            .collect();
        Self {
            graph: Graph::new(n_nodes, edges),
            kinds: system.edges.iter().map(|edge| edge.kind).collect(),
        }
    }

    /// The graph itself.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What an edge says.
    ///
    /// # Panics
    /// When the edge belongs to another graph.
    #[must_use]
    pub fn kind(&self, edge: EdgeIdx) -> EdgeKind {
        self.kinds[edge.idx()]
    }

    /// What is reached from any of `seeds` over edges of the kinds that the filter lets pass: backward what depends
    /// on them, forward what they depend on. The seeds are in it.
    #[must_use]
    pub fn reach(
        &self,
        seeds: impl IntoIterator<Item = ComponentIdx>,
        direction: Direction,
        is_open: impl Fn(EdgeKind) -> bool,
    ) -> NodeSet {
        let seeds = seeds.into_iter().map(NodeIdx);
        reach(&self.graph, seeds, direction, |edge| is_open(self.kind(edge)))
    }
}
