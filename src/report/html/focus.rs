//! The focused picture of one component: who calls it, over which libraries, and what it calls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use askama::{Template, filters::HtmlSafe};

use crate::model::system::{ComponentIdx, Edge};

use super::{
    layout::{Sizes, layout},
    lookup::Lookup,
    words,
};

/// Nodes of one picture; past it a picture explains nothing.
const MAX_NODES: usize = 28;
/// Callers of callers are followed to the end, what the component calls only this far: beyond, it is another sheet's story.
const MAX_STEPS_DOWN: usize = 2;
/// Characters of a name that fit into a box.
const MAX_LABEL: usize = 23;

const SIZES: Sizes = Sizes {
    node_width: 168.0,
    node_height: 42.0,
    column_gap: 54.0,
    row_gap: 14.0,
    lane: 10.0,
    margin: 10.0,
};

/// How the calls of an edge are bounded; the worst wins where several calls share a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Open,
    Unknown,
    Bounded,
    /// No call stands behind it.
    Plain,
}

#[derive(Template)]
#[template(path = "report/focus.html", whitespace = "minimize")]
pub(super) struct Focus {
    label: String,
    description: String,
    width: String,
    height: String,
    nodes: Vec<NodeBox>,
    lines: Vec<Line>,
    n_hidden: usize,
}

impl HtmlSafe for Focus {}

struct NodeBox {
    x: String,
    y: String,
    class: String,
    kind: &'static str,
    name: String,
    label: String,
    anchor: Option<String>,
}

struct Line {
    class: &'static str,
    d: String,
}

impl Focus {
    /// The picture, or nothing for a component without neighbors.
    pub(super) fn new(lookup: &Lookup<'_>, focus: ComponentIdx) -> Option<Self> {
        let (chosen, n_hidden) = choose(lookup, focus);
        let (members, lines) = lines(lookup, focus, &chosen);
        if lines.is_empty() {
            return None;
        }
        let positions: BTreeMap<_, _> = members
            .iter()
            .enumerate()
            .map(|(position, it)| (*it, position))
            .collect();
        let pairs: Vec<_> = lines
            .keys()
            .map(|(from, to)| (positions[from], positions[to]))
            .collect();
        let layout = layout(members.len(), &pairs, SIZES);
        let nodes = members
            .iter()
            .zip(&layout.nodes)
            .map(|(it, at)| NodeBox::new(lookup, it.1, focus, *at))
            .collect();
        let drawn = lines.values().zip(&layout.routes).map(|(bound, route)| Line {
            class: bound.class(),
            d: curve(route),
        });
        Some(Self {
            label: format!("Callers and targets of {}", lookup.node(focus).name),
            description: describe(lookup, focus),
            width: coordinate(layout.width),
            height: coordinate(layout.height),
            nodes,
            lines: drawn.collect(),
            n_hidden,
        })
    }
}

impl NodeBox {
    fn new(lookup: &Lookup<'_>, component: ComponentIdx, focus: ComponentIdx, (x, y): (f64, f64)) -> Self {
        let node = lookup.node(component);
        let kind_class = lookup.component(component).map_or("", |it| it.kind.as_str());
        let label = if node.name.chars().count() <= MAX_LABEL {
            node.name.clone()
        } else {
            node.name.chars().take(MAX_LABEL - 1).chain(['…']).collect()
        };
        Self {
            x: coordinate(x),
            y: coordinate(y),
            class: format!("k-{kind_class}{}", if component == focus { " focus" } else { "" }),
            kind: node.kind,
            name: node.name,
            label,
            anchor: node.anchor,
        }
    }
}

impl Bound {
    const fn class(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unknown => "unsure",
            Self::Bounded => "bounded",
            Self::Plain => "plain",
        }
    }
}

/// The components to draw, nearest first, and how many were left out.
fn choose(lookup: &Lookup<'_>, focus: ComponentIdx) -> (BTreeSet<ComponentIdx>, usize) {
    let mut chosen = BTreeSet::from([focus]);
    let mut hidden = BTreeSet::new();
    // Each side gets its share, so that a hundred callers do not hide the three targets.
    for (is_up, max_steps, room) in [(false, MAX_STEPS_DOWN, MAX_NODES / 2), (true, usize::MAX, MAX_NODES)] {
        let mut queue = VecDeque::from([(focus, 0)]);
        let mut seen = BTreeSet::from([focus]);
        while let Some((component, steps)) = queue.pop_front() {
            let neighbors: Vec<_> = if is_up {
                lookup.callers(component).iter().map(|it| it.from).collect()
            } else {
                lookup.callees(component).iter().map(|it| it.to).collect()
            };
            for next in neighbors.into_iter().filter(|_| steps < max_steps) {
                if lookup.component(next).is_none() || !seen.insert(next) {
                    continue;
                }
                if chosen.len() < room || chosen.contains(&next) {
                    chosen.insert(next);
                    queue.push_back((next, steps + 1));
                } else {
                    hidden.insert(next);
                }
            }
        }
    }
    let n_hidden = hidden.difference(&chosen).count();
    (chosen, n_hidden)
}

/// A component at one place of the picture. A library stands once before and once after the focus: drawn once,
/// it would join callers to targets that they never reach.
type Stop = (Side, ComponentIdx);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// A component in its own right.
    Own,
    /// A library on the way to the focus.
    Before,
    /// A library on the way from the focus.
    After,
}

/// Lines between the chosen components, each with its bound; libraries only on the way to and from the focus.
fn lines(
    lookup: &Lookup<'_>,
    focus: ComponentIdx,
    chosen: &BTreeSet<ComponentIdx>,
) -> (Vec<Stop>, BTreeMap<(Stop, Stop), Bound>) {
    let mut members: BTreeSet<Stop> = chosen.iter().map(|it| (Side::Own, *it)).collect();
    let mut lines = BTreeMap::new();
    for from in chosen {
        for edge in lookup.callees(*from).into_iter().filter(|it| chosen.contains(&it.to)) {
            let bound = bound_of(lookup, edge);
            let side = match (edge.from == focus, edge.to == focus) {
                (true, false) => Some(Side::After),
                (false, true) => Some(Side::Before),
                _ => None,
            };
            let via = edge.via.iter().filter(|it| lookup.component(**it).is_some());
            let via = via.filter_map(|it| Some((side?, *it)));
            let mut stops = vec![(Side::Own, edge.from)];
            stops.extend(via);
            stops.push((Side::Own, edge.to));
            for pair in stops.windows(2).filter(|it| it[0] != it[1]) {
                members.extend(pair);
                lines
                    .entry((pair[0], pair[1]))
                    .and_modify(|it: &mut Bound| *it = (*it).min(bound))
                    .or_insert(bound);
            }
        }
    }
    (members.into_iter().collect(), lines)
}

fn bound_of(lookup: &Lookup<'_>, edge: &Edge) -> Bound {
    let calls = lookup.calls_on(edge).into_iter().filter_map(|it| lookup.call(it));
    let bounds = calls.map(|it| match it.guards.timeout.bounds_call {
        Some(false) => Bound::Open,
        None => Bound::Unknown,
        Some(true) => Bound::Bounded,
    });
    bounds.min().unwrap_or(Bound::Plain)
}

/// The picture in one sentence, for those who do not see it.
fn describe(lookup: &Lookup<'_>, focus: ComponentIdx) -> String {
    let name = lookup.node(focus).name;
    let n_in = lookup.callers(focus).len();
    let n_out = lookup.callees(focus).len();
    format!(
        "{name} has {} and {}. The tables below say the same in words.",
        words::count(n_in, "direct caller", "direct callers"),
        words::count(n_out, "target", "targets"),
    )
}

/// A smooth line through the points; one between nodes of the same layer (a cycle) bows out to the right.
fn curve(route: &[(f64, f64)]) -> String {
    let Some((start, rest)) = route.split_first() else {
        return String::new();
    };
    let mut d = format!("M{} {}", coordinate(start.0), coordinate(start.1));
    let (mut x, mut y) = *start;
    for (to_x, to_y) in rest {
        if x < *to_x {
            let middle = f64::midpoint(x, *to_x);
            d.push_str(&format!(
                "C{} {} {} {} {} {}",
                coordinate(middle),
                coordinate(y),
                coordinate(middle),
                coordinate(*to_y),
                coordinate(*to_x),
                coordinate(*to_y)
            ));
        } else {
            let out = x + SIZES.column_gap * 0.8;
            let end = x;
            d.push_str(&format!(
                "C{} {} {} {} {} {}",
                coordinate(out),
                coordinate(y),
                coordinate(out),
                coordinate(*to_y),
                coordinate(end),
                coordinate(*to_y)
            ));
        }
        (x, y) = (*to_x, *to_y);
    }
    d
}

/// Whole pixels are enough, and the shortest text.
fn coordinate(value: f64) -> String {
    format!("{value:.0}")
}
