//! Dominators: what every path from the entries must pass.

use super::storage::{Direction, Graph, NodeIdx};

/// The dominator tree of what a set of entries reaches, under one virtual root above them.
#[derive(Clone, Debug)]
pub struct Dominators {
    /// Immediate dominator as position in `order`; the virtual root is position 0.
    immediate: Vec<u32>,
    /// Position of each node in reverse postorder, from 1; 0 = not reached.
    position: Vec<u32>,
    /// The node at each position; the virtual root has none.
    order: Vec<Option<NodeIdx>>,
}

impl Dominators {
    /// The dominators over all edges: iteration to a fixed point in reverse postorder (Cooper, Harvey and Kennedy).
    #[must_use]
    pub fn of(graph: &Graph, entries: &[NodeIdx]) -> Self {
        let mut order: Vec<Option<NodeIdx>> = vec![None];
        order.extend(reverse_postorder(graph, entries).into_iter().map(Some));
        let mut position = vec![0_u32; graph.n_nodes() as usize];
        for (at, node) in (0..).zip(&order) {
            if let Some(node) = node {
                position[node.idx()] = at;
            }
        }
        let mut is_entry = vec![false; graph.n_nodes() as usize];
        for entry in entries {
            is_entry[entry.idx()] = true;
        }
        let mut res = Self {
            immediate: vec![UNKNOWN; order.len()],
            position,
            order,
        };
        res.immediate[0] = 0;
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for at in 1..res.order.len() {
                let Some(node) = res.order[at] else { continue };
                let callers = graph.neighbors(node, Direction::Backward).iter();
                let callers = callers
                    .map(|(caller, _)| res.position[caller.idx()])
                    .filter(|caller| *caller != 0);
                let root = is_entry[node.idx()].then_some(0);
                let mut best = UNKNOWN;
                for caller in root.into_iter().chain(callers) {
                    if res.immediate[caller as usize] != UNKNOWN {
                        best = if best == UNKNOWN {
                            caller
                        } else {
                            res.common(best, caller)
                        };
                    }
                }
                if res.immediate[at] != best {
                    res.immediate[at] = best;
                    has_changed = true;
                }
            }
        }
        res
    }

    /// The nodes that every path from the entries to `node` passes: from the outermost to `node` itself. Empty where
    /// no entry reaches it.
    #[must_use]
    pub fn of_node(&self, node: NodeIdx) -> Vec<NodeIdx> {
        let mut chain = Vec::new();
        let mut at = self.position.get(node.idx()).copied().unwrap_or(0);
        while at != 0 {
            chain.extend(self.order[at as usize]);
            at = self.immediate[at as usize];
        }
        chain.reverse();
        chain
    }

    /// Whether every path from the entries to `node` passes `by`.
    #[must_use]
    pub fn is_dominated(&self, node: NodeIdx, by: NodeIdx) -> bool {
        self.of_node(node).contains(&by)
    }

    fn common(&self, left: u32, right: u32) -> u32 {
        let (mut left, mut right) = (left, right);
        while left != right {
            while right < left {
                left = self.immediate[left as usize];
            }
            while left < right {
                right = self.immediate[right as usize];
            }
        }
        left
    }
}

/// No dominator found yet.
const UNKNOWN: u32 = u32::MAX;

fn reverse_postorder(graph: &Graph, entries: &[NodeIdx]) -> Vec<NodeIdx> {
    let mut is_seen = vec![false; graph.n_nodes() as usize];
    let mut postorder = Vec::new();
    let mut work: Vec<(NodeIdx, usize)> = Vec::new();
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    for entry in entries {
        if !std::mem::replace(&mut is_seen[entry.idx()], true) {
            work.push((entry, 0));
        }
        while let Some((node, at)) = work.last_mut() {
            match graph.neighbors(*node, Direction::Forward).get(*at) {
                Some((neighbor, _)) => {
                    *at += 1;
                    if !std::mem::replace(&mut is_seen[neighbor.idx()], true) {
                        work.push((*neighbor, 0));
                    }
                }
                None => {
                    postorder.push(*node);
                    work.pop();
                }
            }
        }
    }
    postorder.reverse();
    postorder
}
