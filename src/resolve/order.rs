//! Strongly connected groups of functions, callees first: an iterative Tarjan over call sites.

/// Groups in an order where every group comes after the groups it calls; members sorted.
pub(crate) fn components(n_nodes: usize, edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let mut index = vec![UNSEEN; n_nodes];
    let mut low = vec![0u32; n_nodes];
    let mut on_stack = vec![false; n_nodes];
    let mut stack: Vec<u32> = Vec::new();
    let mut groups = Vec::new();
    let mut next = 0u32;
    for root in 0..u32::try_from(n_nodes).unwrap_or(u32::MAX) {
        if index[root as usize] != UNSEEN {
            continue;
        }
        let mut work: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some((node, edge)) = work.pop() {
            let at = node as usize;
            if edge == 0 {
                index[at] = next;
                low[at] = next;
                next += 1;
                stack.push(node);
                on_stack[at] = true;
            }
            let mut descended = false;
            for (idx, &to) in edges[at].iter().enumerate().skip(edge) {
                let to_at = to as usize;
                if index[to_at] == UNSEEN {
                    work.push((node, idx + 1));
                    work.push((to, 0));
                    descended = true;
                    break;
                }
                if on_stack[to_at] {
                    low[at] = low[at].min(index[to_at]);
                }
            }
            if descended {
                continue;
            }
            if low[at] == index[at] {
                let mut group = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    group.push(member);
                    if member == node {
                        break;
                    }
                }
                group.sort_unstable();
                groups.push(group);
            }
            if let Some((parent, _)) = work.last() {
                let parent = *parent as usize;
                low[parent] = low[parent].min(low[at]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn callees_come_first_and_cycles_stay_together() {
        let edges = vec![vec![1], vec![2, 3], vec![1], vec![], vec![0]];
        assert_eq!(components(5, &edges), [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let n = 200_000;
        let edges: Vec<Vec<u32>> = (0..n)
            .map(|at| if at + 1 < n { vec![at + 1] } else { vec![0] })
            .collect();
        assert_eq!(components(n as usize, &edges).len(), 1);
    }
}
