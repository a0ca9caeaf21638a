//! Strong components: the cycles of a graph, and the order between them.

use super::storage::{Direction, EdgeIdx, Graph, NodeIdx};

/// The strong components of a graph, callees first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrongComponents {
    /// Component of each node.
    of_node: Vec<u32>,
    /// Members, ascending; a component comes after all that it reaches.
    members: Vec<Vec<NodeIdx>>,
}

/// Not numbered, or not closed yet.
const UNSEEN: u32 = u32::MAX;

impl StrongComponents {
    /// The strong components over the edges that the filter lets pass: Tarjan's algorithm with an explicit stack.
    #[must_use]
    pub fn of(graph: &Graph, is_open: impl Fn(EdgeIdx) -> bool) -> Self {
        let mut tarjan = Tarjan::new(graph.n_nodes() as usize);
        // A node with the position of the neighbor to look at next.
        let mut work: Vec<(NodeIdx, usize)> = Vec::new();
        for root in graph.nodes().collect::<Vec<_>>() {
            if tarjan.order[root.idx()] != UNSEEN {
                continue;
            }
            tarjan.number(root);
            work.push((root, 0));
            while let Some((node, at)) = work.last_mut() {
                let node = *node;
                let Some((neighbor, edge)) = graph.neighbors(node, Direction::Forward).get(*at) else {
                    work.pop();
                    tarjan.leave(node, work.last().map(|(parent, _)| *parent));
                    continue;
                };
                *at += 1;
                if !is_open(*edge) {
                    continue;
                }
                if tarjan.order[neighbor.idx()] == UNSEEN {
                    tarjan.number(*neighbor);
                    work.push((*neighbor, 0));
                } else if tarjan.res.of_node[neighbor.idx()] == UNSEEN {
                    let order = tarjan.order[neighbor.idx()];
                    tarjan.lower(node, order);
                }
            }
        }
        tarjan.res
    }

    /// Number of components.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the graph has no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The component of a node.
    ///
    /// # Panics
    /// When the node belongs to another graph.
    #[must_use]
    pub fn component(&self, node: NodeIdx) -> usize {
        self.of_node[node.idx()] as usize
    }

    /// Members of each component, ascending; callees come before their callers.
    #[must_use]
    pub fn members(&self) -> &[Vec<NodeIdx>] {
        &self.members
    }

    /// Members of the largest component: the quality alarm of a call graph.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.members.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// The state of the walk.
struct Tarjan {
    order: Vec<u32>,
    low: Vec<u32>,
    next: u32,
    path: Vec<NodeIdx>,
    res: StrongComponents,
}

impl Tarjan {
    fn new(n_nodes: usize) -> Self {
        Self {
            order: vec![UNSEEN; n_nodes],
            low: vec![UNSEEN; n_nodes],
            next: 0,
            path: Vec::new(),
            res: StrongComponents {
                of_node: vec![UNSEEN; n_nodes],
                members: Vec::new(),
            },
        }
    }

    fn number(&mut self, node: NodeIdx) {
        self.order[node.idx()] = self.next;
        self.low[node.idx()] = self.next;
        self.next += 1;
        self.path.push(node);
    }

    fn lower(&mut self, node: NodeIdx, to: u32) {
        self.low[node.idx()] = self.low[node.idx()].min(to);
    }

    /// All neighbors are seen: close the component that begins here, or hand the low number up.
    fn leave(&mut self, node: NodeIdx, parent: Option<NodeIdx>) {
        let low = self.low[node.idx()];
        if low == self.order[node.idx()] {
            let component = self.res.members.len() as u32;
            let start = self.path.iter().rposition(|member| *member == node).unwrap_or(0);
            let mut members = self.path.split_off(start);
            members.sort_unstable();
            for member in &members {
                self.res.of_node[member.idx()] = component;
            }
            self.res.members.push(members);
        }
        if let Some(parent) = parent {
            self.lower(parent, low);
        }
    }
}
