//! Properties on random graphs, with naive searches and petgraph as oracles.

use petgraph::graph::DiGraph;
use proptest::prelude::*;

use super::{
    coverage::{coverage, single_cuts},
    dominators::Dominators,
    paths::{count_paths, shortest_path},
    query::reach,
    scc::StrongComponents,
    set::NodeSet,
    storage::{
        Direction::{Backward, Forward},
        EdgeIdx, Graph, NodeIdx,
    },
};

fn graph(n_nodes: u32, edges: &[(u32, u32)]) -> Graph {
    Graph::new(
        n_nodes,
        edges.iter().map(|(from, to)| (NodeIdx(*from), NodeIdx(*to))).collect(),
    )
}

fn set(nodes: &[u32]) -> NodeSet {
    nodes.iter().copied().map(NodeIdx).collect()
}

fn any_graph() -> impl Strategy<Value = (u32, Vec<(u32, u32)>)> {
    (1_u32..9).prop_flat_map(|n_nodes| (Just(n_nodes), prop::collection::vec((0..n_nodes, 0..n_nodes), 0..20)))
}

/// A graph without cycles, and few enough edges to walk all paths.
fn any_dag() -> impl Strategy<Value = (u32, Vec<(u32, u32)>)> {
    any_graph().prop_map(|(n_nodes, edges)| {
        let edges: Vec<(u32, u32)> = edges
            .into_iter()
            .filter(|(from, to)| from != to)
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        (n_nodes, edges)
    })
}

fn petgraph_of(n_nodes: u32, edges: &[(u32, u32)]) -> DiGraph<(), ()> {
    let mut oracle = DiGraph::new();
    let nodes: Vec<_> = (0..n_nodes).map(|_| oracle.add_node(())).collect();
    for (from, to) in edges {
        oracle.add_edge(nodes[*from as usize], nodes[*to as usize], ());
    }
    oracle
}

/// Whether `to` is reached from `from`, found by closing the relation step by step.
fn naive_reach(n_nodes: u32, edges: &[(u32, u32)]) -> Vec<Vec<bool>> {
    let n = n_nodes as usize;
    let mut reached = vec![vec![false; n]; n];
    for (node, row) in reached.iter_mut().enumerate() {
        row[node] = true;
    }
    for _ in 0..n {
        for (from, to) in edges {
            for row in &mut reached {
                row[*to as usize] |= row[*from as usize];
            }
        }
    }
    reached
}

/// All paths from `from` to `to` in a graph without cycles, as lists of edges.
fn all_paths(edges: &[(u32, u32)], from: u32, to: u32) -> Vec<Vec<u32>> {
    if from == to {
        return vec![Vec::new()];
    }
    let mut paths = Vec::new();
    for (edge, (_, next)) in (0_u32..).zip(edges).filter(|(_, (start, _))| *start == from) {
        for rest in all_paths(edges, *next, to) {
            paths.push([vec![edge], rest].concat());
        }
    }
    paths
}

#[test]
fn a_million_nodes_in_a_row_overflow_no_stack() {
    let n_nodes = 1_000_000;
    let edges: Vec<(u32, u32)> = (1..n_nodes).map(|node| (node - 1, node)).collect();
    let chain = graph(n_nodes, &edges);
    assert_eq!(StrongComponents::of(&chain, |_| true).len(), n_nodes as usize);
    assert_eq!(
        reach(&chain, [NodeIdx(n_nodes - 1)], Backward, |_| true).len(),
        n_nodes as usize
    );
    let last = NodeIdx(n_nodes - 1);
    assert_eq!(
        Dominators::of(&chain, &[NodeIdx(0)]).of_node(last).len(),
        n_nodes as usize
    );
    assert_eq!(
        shortest_path(&chain, &[NodeIdx(0)], last, |_| true).map(|path| path.len()),
        Some(999_999)
    );

    let mut circle = edges;
    circle.push((n_nodes - 1, 0));
    assert_eq!(
        StrongComponents::of(&graph(n_nodes, &circle), |_| true).largest(),
        n_nodes as usize
    );
}

#[test]
fn coverage_names_the_shortest_unguarded_path() {
    // 0 → 1 → 3 and 0 → 2 → 4 → 3; the edge 0 → 1 is guarded.
    let diamond = graph(5, &[(0, 1), (1, 3), (0, 2), (2, 4), (4, 3)]);
    let res = coverage(
        &diamond,
        &[NodeIdx(0)],
        NodeIdx(3),
        |edge| edge == EdgeIdx(0),
        &NodeSet::default(),
    );
    assert_eq!((res.covered, res.total, res.is_exact), (1, 2, true));
    assert_eq!(res.unguarded, Some(vec![EdgeIdx(2), EdgeIdx(3), EdgeIdx(4)]));

    let res = coverage(
        &diamond,
        &[NodeIdx(0)],
        NodeIdx(3),
        |edge| edge == EdgeIdx(0),
        &set(&[4]),
    );
    assert_eq!((res.covered, res.total, res.unguarded), (2, 2, None));
}

#[test]
fn cycles_make_numbers_bounds_but_only_on_the_way() {
    let with_cycle = graph(4, &[(0, 1), (1, 2), (2, 1), (2, 3)]);
    let count = count_paths(&with_cycle, &[NodeIdx(0)], NodeIdx(3), |_| true);
    assert_eq!((count.n_paths, count.is_exact), (1, false));
    let beside = graph(4, &[(0, 1), (0, 2), (2, 3), (3, 2)]);
    let count = count_paths(&beside, &[NodeIdx(0)], NodeIdx(1), |_| true);
    assert_eq!((count.n_paths, count.is_exact), (1, true));
}

#[test]
fn counts_saturate() {
    // 70 times two parallel edges in a row: 2^70 paths.
    let edges: Vec<(u32, u32)> = (0..70).flat_map(|node| [(node, node + 1), (node, node + 1)]).collect();
    let count = count_paths(&graph(71, &edges), &[NodeIdx(0)], NodeIdx(70), |_| true);
    assert_eq!((count.n_paths, count.is_exact), (u64::MAX, false));
}

proptest! {
    #[test]
    fn storage_keeps_its_invariants((n_nodes, edges) in any_graph()) {
        prop_assert_eq!(graph(n_nodes, &edges).verify(), Ok(()));
    }

    #[test]
    fn reach_is_the_transitive_closure_both_ways((n_nodes, edges) in any_graph()) {
        let graph = graph(n_nodes, &edges);
        let naive = naive_reach(n_nodes, &edges);
        for from in graph.nodes() {
            let forward = reach(&graph, [from], Forward, |_| true);
            for to in graph.nodes() {
                prop_assert_eq!(forward.contains(to), naive[from.idx()][to.idx()]);
                prop_assert_eq!(reach(&graph, [to], Backward, |_| true).contains(from), forward.contains(to));
            }
        }
    }

    #[test]
    fn reach_of_a_union_is_the_union_and_edges_only_add(
        (n_nodes, edges) in any_graph(), a in 0_u32..9, b in 0_u32..9, from in 0_u32..9, to in 0_u32..9,
    ) {
        let (a, b) = (NodeIdx(a % n_nodes), NodeIdx(b % n_nodes));
        let before = graph(n_nodes, &edges);
        let of = |graph: &Graph, seeds: Vec<NodeIdx>| reach(graph, seeds, Backward, |_| true);
        prop_assert_eq!(of(&before, vec![a, b]), of(&before, vec![a]).union(&of(&before, vec![b])));
        let more = [edges, vec![(from % n_nodes, to % n_nodes)]].concat();
        prop_assert!(of(&before, vec![a]).is_subset(&of(&graph(n_nodes, &more), vec![a])));
    }

    #[test]
    fn sets_obey_their_laws(
        a in prop::collection::vec(0_u32..150, 0..40), b in prop::collection::vec(0_u32..150, 0..40),
    ) {
        let (a, b) = (set(&a), set(&b));
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersection(&b), a.difference(&a.difference(&b)));
        prop_assert_eq!(a.union(&b).len() + a.intersection(&b).len(), a.len() + b.len());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert!(a.iter().is_sorted());
        prop_assert_eq!(a.iter().collect::<NodeSet>(), a);
    }

    #[test]
    fn strong_components_are_those_of_the_oracle((n_nodes, edges) in any_graph()) {
        let graph = graph(n_nodes, &edges);
        let strong = StrongComponents::of(&graph, |_| true);
        let mut ours: Vec<Vec<u32>> =
            strong.members().iter().map(|members| members.iter().map(|node| node.0).collect()).collect();
        let mut theirs: Vec<Vec<u32>> = petgraph::algo::kosaraju_scc(&petgraph_of(n_nodes, &edges))
            .into_iter()
            .map(|members| members.into_iter().map(|node| u32::try_from(node.index()).unwrap()).collect())
            .collect();
        for members in &mut theirs {
            members.sort_unstable();
        }
        ours.sort();
        theirs.sort();
        prop_assert_eq!(ours, theirs);
        // Callees come first, and members of one component are reached by the same nodes.
        for (from, to) in &edges {
            prop_assert!(strong.component(NodeIdx(*to)) <= strong.component(NodeIdx(*from)));
        }
        for members in strong.members() {
            let radius = |node: &NodeIdx| reach(&graph, [*node], Backward, |_| true);
            prop_assert!(members.iter().all(|node| radius(node) == radius(&members[0])));
        }
    }

    #[test]
    fn dominators_are_those_of_the_oracle_and_of_removal((n_nodes, edges) in any_graph(), entry in 0_u32..9) {
        let entry = entry % n_nodes;
        let graph = graph(n_nodes, &edges);
        let dominators = Dominators::of(&graph, &[NodeIdx(entry)]);
        let oracle = petgraph_of(n_nodes, &edges);
        let oracle = petgraph::algo::dominators::simple_fast(&oracle, entry.into());
        for node in graph.nodes() {
            let mut theirs: Vec<u32> = oracle
                .dominators(node.0.into())
                .map(|chain| chain.map(|node| u32::try_from(node.index()).unwrap()).collect())
                .unwrap_or_default();
            theirs.reverse();
            let ours: Vec<u32> = dominators.of_node(node).iter().map(|node| node.0).collect();
            prop_assert_eq!(&ours, &theirs);
            for by in graph.nodes().filter(|by| *by != node && by.0 != entry && !ours.is_empty()) {
                let closed = |edge| graph.ends(edge).0 == by || graph.ends(edge).1 == by;
                let still = reach(&graph, [NodeIdx(entry)], Forward, |edge| !closed(edge)).contains(node);
                prop_assert_eq!(dominators.is_dominated(node, by), !still);
            }
        }
    }

    #[test]
    fn the_shortest_path_exists_edge_by_edge((n_nodes, edges) in any_graph(), target in 0_u32..9) {
        let (graph, target) = (graph(n_nodes, &edges), NodeIdx(target % n_nodes));
        let path = shortest_path(&graph, &[NodeIdx(0)], target, |_| true);
        prop_assert_eq!(path.is_some(), reach(&graph, [NodeIdx(0)], Forward, |_| true).contains(target));
        if let Some(path) = path {
            let mut at = NodeIdx(0);
            for edge in &path {
                prop_assert_eq!(graph.ends(*edge).0, at);
                at = graph.ends(*edge).1;
            }
            prop_assert_eq!(at, target);
            prop_assert!(path.len() < n_nodes as usize);
        }
    }

    #[test]
    fn counts_and_coverage_are_those_of_walking_all_paths(
        (n_nodes, edges) in any_dag(), guarded in prop::collection::vec(0_u32..20, 0..4), node in 0_u32..9,
    ) {
        let graph = graph(n_nodes, &edges);
        let target = NodeIdx(n_nodes - 1);
        let all = all_paths(&edges, 0, target.0);
        let count = count_paths(&graph, &[NodeIdx(0)], target, |_| true);
        prop_assert_eq!(count.n_paths, all.len() as u64);
        prop_assert!(count.is_exact);

        let nodes = set(&[node]);
        let is_guarded = |path: &Vec<u32>| {
            nodes.contains(NodeIdx(0))
                || path.iter().any(|edge| guarded.contains(edge) || nodes.contains(NodeIdx(edges[*edge as usize].1)))
        };
        let bare: Vec<&Vec<u32>> = all.iter().filter(|path| !is_guarded(path)).collect();
        let res = coverage(&graph, &[NodeIdx(0)], target, |edge| guarded.contains(&edge.0), &nodes);
        prop_assert_eq!(res.total, all.len() as u64);
        prop_assert_eq!(res.covered, (all.len() - bare.len()) as u64);
        prop_assert_eq!(res.unguarded.map(|path| path.len()), bare.iter().map(|path| path.len()).min());
    }

    #[test]
    fn a_single_cut_cuts((n_nodes, edges) in any_graph()) {
        let graph = graph(n_nodes, &edges);
        let target = NodeIdx(n_nodes - 1);
        for cut in single_cuts(&graph, &[NodeIdx(0)], target) {
            let is_open = |edge| graph.ends(edge).0 != cut && graph.ends(edge).1 != cut;
            prop_assert!(!reach(&graph, [NodeIdx(0)], Forward, is_open).contains(target));
        }
    }
}
