//! A small layered layout: left to right, few crossings, the same picture for the same graph.
//!
//! Made for focused subgraphs of at most a few dozen nodes; it keeps a closure matrix of nodes × nodes.
//! Layers are longest paths over the strong components, edges across several layers get stand-ins that keep
//! room for them, and barycenter sweeps order each layer.

/// Sweeps over the layers; more of them no longer change pictures of this size.
const SWEEPS: usize = 12;
/// Passes that straighten edges once the order is fixed.
const PASSES: usize = 8;

/// Sizes of the picture, in its own units (pixels at its natural size).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) node_width: f64,
    pub(super) node_height: f64,
    pub(super) column_gap: f64,
    pub(super) row_gap: f64,
    /// Vertical room for an edge that passes a layer.
    pub(super) lane: f64,
    pub(super) margin: f64,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Top-left corner of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// For each edge, the points it passes: the source's right side, stand-ins, the target's left side.
    pub(super) routes: Vec<Vec<(f64, f64)>>,
}

/// One place in a layer: a node, or a stand-in for an edge that passes.
struct Slots {
    layer_of: Vec<usize>,
    layers: Vec<Vec<usize>>,
    /// Neighbors in the layer before and after.
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    /// For each edge, the slots it passes, source and target included.
    chains: Vec<Vec<usize>>,
}

/// Lay the graph out. Edges that name a node outside `0..n_nodes` must not occur.
pub(super) fn layout(n_nodes: usize, edges: &[(usize, usize)], sizes: Sizes) -> Layout {
    let mut slots = slots(n_nodes, edges, &ranks(n_nodes, edges));
    order(&mut slots);
    let tops = tops(&slots, n_nodes, sizes);
    let column = sizes.node_width + sizes.column_gap;
    let left = |slot: usize| sizes.margin + slots.layer_of[slot] as f64 * column;
    let middle = |slot: usize| tops[slot] + height_of(slot, n_nodes, sizes) / 2.0;
    let routes = slots.chains.iter().map(|chain| {
        let mut points = Vec::new();
        for (idx, slot) in chain.iter().enumerate() {
            // A stand-in is crossed from side to side, so that the edge stays level beside the nodes of its layer.
            if 0 < idx {
                points.push((left(*slot), middle(*slot)));
            }
            if idx + 1 < chain.len() {
                points.push((left(*slot) + sizes.node_width, middle(*slot)));
            }
        }
        points
    });
    let bottom = (0..tops.len())
        .map(|it| tops[it] + height_of(it, n_nodes, sizes))
        .fold(0.0, f64::max);
    Layout {
        width: slots.layers.len() as f64 * column - sizes.column_gap + 2.0 * sizes.margin,
        height: bottom + sizes.margin,
        routes: routes.collect(),
        nodes: (0..n_nodes).map(|it| (left(it), tops[it])).collect(),
    }
}

fn height_of(slot: usize, n_nodes: usize, sizes: Sizes) -> f64 {
    if slot < n_nodes { sizes.node_height } else { sizes.lane }
}

/// The layer of each node. Members of a cycle share one; every other edge goes to a later layer.
fn ranks(n_nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut reaches = vec![vec![false; n_nodes]; n_nodes];
    for (from, to) in edges {
        reaches[*from][*to] = true;
    }
    for via in 0..n_nodes {
        let onward = reaches[via].clone();
        for row in reaches.iter_mut().filter(|it| it[via]) {
            row.iter_mut().zip(&onward).for_each(|(it, there)| *it |= *there);
        }
    }
    let is_cyclic = |a: usize, b: usize| a == b || (reaches[a][b] && reaches[b][a]);
    let forward: Vec<_> = edges
        .iter()
        .copied()
        .filter(|(from, to)| !is_cyclic(*from, *to))
        .collect();
    let mut ranks = vec![0; n_nodes];
    // Without cycles the longest path has fewer edges than there are nodes; the extra pass levels the cycles.
    for _ in 0..=n_nodes {
        for (from, to) in &forward {
            ranks[*to] = ranks[*to].max(ranks[*from] + 1);
        }
        level(&mut ranks, &is_cyclic, |a, b| a.max(b));
    }
    // Sources move next to what they call: a caller of the last layer need not stand in the first.
    for _ in 0..=n_nodes {
        let mut next = ranks.clone();
        for (node, rank) in next.iter_mut().enumerate() {
            let after = forward
                .iter()
                .filter(|(from, _)| *from == node)
                .map(|(_, to)| ranks[*to] - 1)
                .min();
            *rank = after.unwrap_or(*rank);
        }
        level(&mut next, &is_cyclic, usize::min);
        if next == ranks {
            break;
        }
        ranks = next;
    }
    ranks
}

/// Give the members of each cycle one common rank.
fn level(ranks: &mut [usize], is_cyclic: &impl Fn(usize, usize) -> bool, pick: impl Fn(usize, usize) -> usize) {
    for node in 0..ranks.len() {
        let common = (0..ranks.len())
            .filter(|it| is_cyclic(node, *it))
            .map(|it| ranks[it])
            .reduce(&pick);
        for member in (0..ranks.len()).filter(|it| is_cyclic(node, *it)) {
            ranks[member] = common.unwrap_or(ranks[member]);
        }
    }
}

fn slots(n_nodes: usize, edges: &[(usize, usize)], ranks: &[usize]) -> Slots {
    let n_layers = ranks.iter().max().map_or(0, |it| it + 1);
    let mut slots = Slots {
        layer_of: ranks.to_vec(),
        layers: vec![Vec::new(); n_layers],
        before: vec![Vec::new(); n_nodes],
        after: vec![Vec::new(); n_nodes],
        chains: Vec::new(),
    };
    for (from, to) in edges {
        let mut chain = vec![*from];
        for layer in ranks[*from] + 1..ranks[*to] {
            chain.push(slots.layer_of.len());
            slots.layer_of.push(layer);
            slots.before.push(Vec::new());
            slots.after.push(Vec::new());
        }
        chain.push(*to);
        for pair in chain.windows(2) {
            if slots.layer_of[pair[0]] != slots.layer_of[pair[1]] {
                slots.after[pair[0]].push(pair[1]);
                slots.before[pair[1]].push(pair[0]);
            }
        }
        slots.chains.push(chain);
    }
    for (slot, layer) in slots.layer_of.iter().enumerate() {
        slots.layers[*layer].push(slot);
    }
    slots
}

/// Order each layer by the mean position of its neighbors, and keep the order with the fewest crossings.
fn order(slots: &mut Slots) {
    let mut best = (crossings(slots), slots.layers.clone());
    for sweep in 0..SWEEPS {
        let is_down = sweep % 2 == 0;
        let n_layers = slots.layers.len();
        for step in 1..n_layers {
            let layer = if is_down { step } else { n_layers - 1 - step };
            let positions = positions(slots);
            let neighbors = if is_down { &slots.before } else { &slots.after };
            let mean = |slot: usize| match neighbors[slot].len() {
                0 => positions[slot] as f64,
                n => neighbors[slot].iter().map(|it| positions[*it] as f64).sum::<f64>() / n as f64,
            };
            slots.layers[layer].sort_by(|a, b| mean(*a).total_cmp(&mean(*b)).then(positions[*a].cmp(&positions[*b])));
        }
        let n_crossings = crossings(slots);
        if n_crossings < best.0 {
            best = (n_crossings, slots.layers.clone());
        }
    }
    slots.layers = best.1;
}

fn positions(slots: &Slots) -> Vec<usize> {
    let mut positions = vec![0; slots.layer_of.len()];
    for layer in &slots.layers {
        for (position, slot) in layer.iter().enumerate() {
            positions[*slot] = position;
        }
    }
    positions
}

fn crossings(slots: &Slots) -> usize {
    let positions = positions(slots);
    let mut n_crossings = 0;
    for layer in &slots.layers {
        let mut pairs: Vec<_> = layer
            .iter()
            .flat_map(|it| slots.after[*it].iter().map(|to| (positions[*it], positions[*to])))
            .collect();
        pairs.sort_unstable();
        for (idx, (from, to)) in pairs.iter().enumerate() {
            n_crossings += pairs[idx + 1..]
                .iter()
                .filter(|(later, other)| from < later && other < to)
                .count();
        }
    }
    n_crossings
}

/// The upper side of each slot: order and gaps kept, edges as level as they get.
fn tops(slots: &Slots, n_nodes: usize, sizes: Sizes) -> Vec<f64> {
    let height = |slot: usize| height_of(slot, n_nodes, sizes);
    let mut middles = vec![0.0; slots.layer_of.len()];
    for layer in &slots.layers {
        let total: f64 = layer.iter().map(|it| height(*it) + sizes.row_gap).sum();
        let mut top = -total / 2.0;
        for slot in layer {
            middles[*slot] = top + height(*slot) / 2.0;
            top += height(*slot) + sizes.row_gap;
        }
    }
    for pass in 0..PASSES {
        for step in 0..slots.layers.len() {
            let layer = if pass % 2 == 0 {
                step
            } else {
                slots.layers.len() - 1 - step
            };
            let wanted = |slot: usize| {
                let sides = slots.before[slot].iter().chain(&slots.after[slot]);
                match slots.before[slot].len() + slots.after[slot].len() {
                    0 => middles[slot],
                    n => sides.map(|it| middles[*it]).sum::<f64>() / n as f64,
                }
            };
            let placed = spread(&slots.layers[layer], wanted, |a, b| {
                (height(a) + height(b)) / 2.0 + sizes.row_gap
            });
            for (slot, middle) in slots.layers[layer].iter().zip(placed) {
                middles[*slot] = middle;
            }
        }
    }
    let least = (0..middles.len())
        .map(|it| middles[it] - height(it) / 2.0)
        .fold(f64::INFINITY, f64::min);
    (0..middles.len())
        .map(|it| middles[it] - height(it) / 2.0 - least + sizes.margin)
        .collect()
}

/// Positions nearest to the wanted ones that keep the order and the distances (pool adjacent violators).
fn spread(slots: &[usize], wanted: impl Fn(usize) -> f64, distance: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut offsets = vec![0.0; slots.len()];
    for idx in 1..slots.len() {
        offsets[idx] = offsets[idx - 1] + distance(slots[idx - 1], slots[idx]);
    }
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (slot, offset) in slots.iter().zip(&offsets) {
        blocks.push((wanted(*slot) - offset, 1));
        while let [.., (first, n), (second, m)] = blocks[..]
            && second < first
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push(((first * n as f64 + second * m as f64) / (n + m) as f64, n + m));
        }
    }
    let flat = blocks.into_iter().flat_map(|(value, n)| std::iter::repeat_n(value, n));
    flat.zip(offsets).map(|(value, offset)| value + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes {
        node_width: 100.0,
        node_height: 40.0,
        column_gap: 50.0,
        row_gap: 10.0,
        lane: 10.0,
        margin: 8.0,
    };

    #[test]
    fn a_chain_is_level_and_goes_right() {
        let layout = layout(3, &[(0, 1), (1, 2)], SIZES);
        assert_eq!(layout.nodes, [(8.0, 8.0), (158.0, 8.0), (308.0, 8.0)]);
        assert_eq!(layout.routes[0], [(108.0, 28.0), (158.0, 28.0)]);
        assert_eq!((layout.width, layout.height), (416.0, 56.0));
    }

    #[test]
    fn sources_stand_next_to_what_they_call() {
        assert_eq!(ranks(4, &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
    }

    #[test]
    fn members_of_a_cycle_share_a_layer() {
        assert_eq!(ranks(4, &[(0, 1), (1, 2), (2, 1), (2, 3)]), [0, 1, 1, 2]);
        assert_eq!(ranks(2, &[(0, 0), (0, 1)]), [0, 1]);
    }

    #[test]
    fn nodes_of_a_layer_do_not_overlap() {
        let edges: Vec<_> = (1..20)
            .map(|it| (it, 0))
            .chain((1..20).map(|it| (it, 20 + it % 3)))
            .collect();
        let layout = layout(23, &edges, SIZES);
        for (a, left) in layout.nodes.iter().enumerate() {
            for right in &layout.nodes[a + 1..] {
                assert!(
                    left.0 != right.0 || SIZES.node_height <= (left.1 - right.1).abs(),
                    "{left:?} {right:?}"
                );
            }
        }
    }

    #[test]
    fn crossed_pairs_are_uncrossed() {
        let mut crossed = slots(4, &[(0, 3), (1, 2)], &[0, 0, 1, 1]);
        assert_eq!(crossings(&crossed), 1);
        order(&mut crossed);
        assert_eq!(crossings(&crossed), 0);
    }

    #[test]
    fn an_empty_graph_is_an_empty_picture() {
        assert!(layout(0, &[], SIZES).nodes.is_empty());
    }
}
