//! Storage: compressed adjacency in both directions.

/// A node's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIdx(pub u32);

impl NodeIdx {
    /// The position as an index into arrays over nodes.
    #[must_use]
    pub const fn idx(self) -> usize {
        self.0 as usize
    }
}

/// An edge's position in the list that the graph was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeIdx(pub u32);

impl EdgeIdx {
    /// The position as an index into arrays over edges.
    #[must_use]
    pub const fn idx(self) -> usize {
        self.0 as usize
    }
}

/// Along the arrows or against them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From caller to callee.
    Forward,
    /// From callee to caller.
    Backward,
}

/// A directed graph. Parallel edges and loops are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    n_nodes: u32,
    edges: Vec<(NodeIdx, NodeIdx)>,
    forward: Adjacency,
    backward: Adjacency,
}

/// For every node a slice of its neighbors, sorted by neighbor, then edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Adjacency {
    /// `starts[node]..starts[node + 1]` is the node's slice.
    starts: Vec<u32>,
    neighbors: Vec<(NodeIdx, EdgeIdx)>,
}

impl Graph {
    /// A graph of `n_nodes` nodes with those edges; the position of an edge is its [`EdgeIdx`].
    ///
    /// # Panics
    /// When an edge names a node that is not there, or there are more than `u32::MAX` edges: both are errors of
    /// the caller, not of scanned code.
    #[must_use]
    pub fn new(n_nodes: u32, edges: Vec<(NodeIdx, NodeIdx)>) -> Self {
        assert!(u32::try_from(edges.len()).is_ok(), "more edges than an index can hold");
        assert!(
            edges.iter().all(|(from, to)| from.0 < n_nodes && to.0 < n_nodes),
            "an edge without its node"
        );
        let forward = Adjacency::new(n_nodes, edges.iter().copied());
        let backward = Adjacency::new(n_nodes, edges.iter().map(|(from, to)| (*to, *from)));
        Self {
            n_nodes,
            edges,
            forward,
            backward,
        }
    }

    /// Number of nodes.
    #[must_use]
    pub const fn n_nodes(&self) -> u32 {
        self.n_nodes
    }

    /// Number of edges.
    #[must_use]
    pub fn n_edges(&self) -> usize {
        self.edges.len()
    }

    /// All nodes, ascending.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIdx> + use<> {
        (0..self.n_nodes).map(NodeIdx)
    }

    /// Where an edge begins and ends.
    ///
    /// # Panics
    /// When the edge belongs to another graph.
    #[must_use]
    pub fn ends(&self, edge: EdgeIdx) -> (NodeIdx, NodeIdx) {
        self.edges[edge.idx()]
    }

    /// The neighbors of a node with the edges that lead to them, sorted by neighbor, then edge.
    ///
    /// # Panics
    /// When the node belongs to another graph.
    #[must_use]
    pub fn neighbors(&self, node: NodeIdx, direction: Direction) -> &[(NodeIdx, EdgeIdx)] {
        match direction {
            Direction::Forward => self.forward.of(node),
            Direction::Backward => self.backward.of(node),
        }
    }

    /// Check the graph's own invariants.
    ///
    /// # Errors
    /// Which invariant does not hold.
    pub fn verify(&self) -> Result<(), String> {
        for (name, adjacency) in [("forward", &self.forward), ("backward", &self.backward)] {
            if adjacency.starts.len() != self.n_nodes as usize + 1 || !adjacency.starts.is_sorted() {
                return Err(format!("{name} starts are out of order"));
            }
            if adjacency.neighbors.len() != self.edges.len() {
                return Err(format!(
                    "{name} holds {} edges of {}",
                    adjacency.neighbors.len(),
                    self.edges.len()
                ));
            }
            for node in self.nodes() {
                let slice = adjacency.of(node);
                if !slice.is_sorted() {
                    return Err(format!("{name} neighbors of {} are not sorted", node.0));
                }
                for (neighbor, edge) in slice {
                    let ends = if name == "forward" {
                        (node, *neighbor)
                    } else {
                        (*neighbor, node)
                    };
                    if self.edges.get(edge.idx()) != Some(&ends) {
                        return Err(format!("{name} edge {} does not end where it should", edge.0));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Adjacency {
    fn new(n_nodes: u32, edges: impl Iterator<Item = (NodeIdx, NodeIdx)> + Clone) -> Self {
        let mut starts = vec![0_u32; n_nodes as usize + 1];
        for (from, _) in edges.clone() {
            starts[from.idx() + 1] += 1;
        }
        for node in 0..n_nodes as usize {
            starts[node + 1] += starts[node];
        }
        let n_edges = starts[n_nodes as usize] as usize;
        let mut next = starts.clone();
        let mut neighbors = vec![(NodeIdx(0), EdgeIdx(0)); n_edges];
        for (edge, (from, to)) in (0..).zip(edges) {
            neighbors[next[from.idx()] as usize] = (to, EdgeIdx(edge));
            next[from.idx()] += 1;
        }
        for node in 0..n_nodes as usize {
            neighbors[starts[node] as usize..starts[node + 1] as usize].sort_unstable();
        }
        Self { starts, neighbors }
    }

    fn of(&self, node: NodeIdx) -> &[(NodeIdx, EdgeIdx)] {
        &self.neighbors[self.starts[node.idx()] as usize..self.starts[node.idx() + 1] as usize]
    }
}
