//! The outcome with the indices that the sections share, and the anchors of what the page shows.
//!
//! Everything is built once and in order. Positions that point nowhere are skipped, never trusted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    analysis::{BlastRadius, Mode, State},
    call::ComponentKind,
    finding::Finding,
    location::{Evidence, Location},
    outcome::Outcome,
    system::{Call, Component, ComponentIdx, Edge, EdgeKind, Entry},
};

use super::{
    clean::clean,
    parts::{Node, Path, Place},
    words,
};

/// Sheets for each of the three groups (services, targets, libraries). Past it the page would take seconds to open.
const MAX_SHEETS: usize = 400;
/// Calls printed for one target; the rest is counted.
const MAX_CALLS_PER_TARGET: usize = 40;
/// Calls printed in the whole page, about: in systems of many targets each of them gets a smaller share. A printed
/// call takes about two kilobytes.
const MAX_CALLS: usize = 1_200;
/// The smallest share of one target.
const MIN_CALLS_PER_TARGET: usize = 8;
/// Longest name inside an anchor, in characters: anchors are for people, and a number keeps them apart.
const MAX_SLUG: usize = 60;

/// Anchors of the fixed sections; component anchors never collide with them.
const FIXED: [&str; 16] = [
    "top",
    "main",
    "summary",
    "risks",
    "accepted",
    "services",
    "targets",
    "libraries",
    "spofs",
    "domains",
    "retries",
    "budgets",
    "untargeted",
    "blind",
    "method",
    "glossary",
];

/// Which group of the page a component belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Service,
    Target,
    Library,
}

/// Where a component of that kind is shown.
pub(super) const fn group(kind: ComponentKind) -> Group {
    match kind {
        ComponentKind::Service | ComponentKind::Job => Group::Service,
        ComponentKind::Library => Group::Library,
        _ => Group::Target,
    }
}

/// The outcome and its indices.
pub(super) struct Lookup<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) with_root: bool,
    anchors: Vec<Option<String>>,
    call_anchors: Vec<Option<String>>,
    incoming: Vec<Vec<usize>>,
    outgoing: Vec<Vec<usize>>,
    calls_of: Vec<Vec<usize>>,
    entries_of: Vec<Vec<usize>>,
    blast: BTreeMap<(ComponentIdx, Mode), &'a BlastRadius>,
    /// For each component, the radii in which it is affected.
    affected_by: Vec<Vec<(&'a BlastRadius, usize)>>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        let system = &outcome.system;
        let n_components = system.components.len();
        let mut lookup = Self {
            outcome,
            with_root: 1 < outcome.scan.roots.len(),
            anchors: vec![None; n_components],
            call_anchors: vec![None; system.calls.len()],
            incoming: vec![Vec::new(); n_components],
            outgoing: vec![Vec::new(); n_components],
            calls_of: vec![Vec::new(); n_components],
            entries_of: vec![Vec::new(); n_components],
            blast: outcome
                .analysis
                .blast_radius
                .iter()
                .map(|it| ((it.component, it.mode), it))
                .collect(),
            affected_by: vec![Vec::new(); n_components],
        };
        for (idx, edge) in system.edges.iter().enumerate() {
            push(&mut lookup.incoming, edge.to, idx);
            push(&mut lookup.outgoing, edge.from, idx);
        }
        for (idx, call) in system.calls.iter().enumerate() {
            if let Some(target) = call.target {
                push(&mut lookup.calls_of, target, idx);
            }
        }
        for (idx, entry) in system.entries.iter().enumerate() {
            push(&mut lookup.entries_of, entry.service, idx);
        }
        for radius in &outcome.analysis.blast_radius {
            for (idx, affected) in radius.affected.iter().enumerate() {
                push(&mut lookup.affected_by, affected.component, (radius, idx));
            }
        }
        lookup.assign_anchors();
        lookup
    }

    fn assign_anchors(&mut self) {
        let mut taken: BTreeSet<String> = FIXED.iter().map(|it| (*it).to_owned()).collect();
        for wanted in [Group::Service, Group::Target, Group::Library] {
            for idx in self.ranked(wanted).into_iter().take(MAX_SHEETS) {
                let component = &self.outcome.system.components[idx as usize];
                self.anchors[idx as usize] = Some(unique(&mut taken, &component.id()));
            }
        }
        let untargeted =
            (0..self.outcome.system.calls.len()).filter(|idx| self.outcome.system.calls[*idx].target.is_none());
        let groups = self
            .calls_of
            .iter()
            .cloned()
            .chain([untargeted.collect()])
            .collect::<Vec<_>>();
        let n_called = groups.iter().filter(|it| !it.is_empty()).count();
        let share = (MAX_CALLS / n_called.max(1)).clamp(MIN_CALLS_PER_TARGET, MAX_CALLS_PER_TARGET);
        for mut calls in groups {
            self.rank_calls(&mut calls);
            for idx in calls.into_iter().take(share) {
                self.call_anchors[idx] = Some(unique(
                    &mut taken,
                    &format!("call-{}", self.outcome.system.calls[idx].hash),
                ));
            }
        }
    }

    /// Calls without a bounding timeout first, then by place (their order in the system).
    pub(super) fn rank_calls(&self, calls: &mut [usize]) {
        calls.sort_by_key(|idx| {
            let bounds = self.outcome.system.calls[*idx].guards.timeout.bounds_call;
            (
                match bounds {
                    Some(false) => 0,
                    None => 1,
                    Some(true) => 2,
                },
                *idx,
            )
        });
    }

    /// The components of a group: services by tier and name, others by how many they can take down.
    pub(super) fn ranked(&self, wanted: Group) -> Vec<ComponentIdx> {
        let components = self.outcome.system.components.iter().enumerate();
        let mut ranked: Vec<ComponentIdx> = components
            .filter(|(_, it)| group(it.kind) == wanted)
            .filter_map(|(idx, _)| u32::try_from(idx).ok())
            .collect();
        ranked.sort_by_key(|idx| {
            let component = &self.outcome.system.components[*idx as usize];
            let weight = if wanted == Group::Service {
                Down::default()
            } else {
                self.worst_affected(*idx)
            };
            let n_users = if wanted == Group::Service {
                0
            } else {
                self.incoming[*idx as usize].len()
            };
            let tier = if wanted == Group::Service {
                component.tier.unwrap_or(u8::MAX)
            } else {
                0
            };
            (tier, std::cmp::Reverse((weight, n_users)), component.id())
        });
        ranked
    }

    pub(super) fn component(&self, idx: ComponentIdx) -> Option<&'a Component> {
        self.outcome.system.components.get(idx as usize)
    }

    pub(super) fn call(&self, idx: usize) -> Option<&'a Call> {
        self.outcome.system.calls.get(idx)
    }

    pub(super) fn entry(&self, idx: u32) -> Option<&'a Entry> {
        self.outcome.system.entries.get(idx as usize)
    }

    /// The component's name with a link to its sheet.
    pub(super) fn node(&self, idx: ComponentIdx) -> Node {
        match self.component(idx) {
            Some(component) => Node {
                name: clean(&component.name),
                kind: words::kind_word(component.kind),
                anchor: self.anchor(idx),
            },
            None => Node {
                name: format!("component {idx}"),
                kind: "not in the system",
                anchor: None,
            },
        }
    }

    pub(super) fn nodes(&self, idxs: &[ComponentIdx]) -> Vec<Node> {
        idxs.iter().map(|it| self.node(*it)).collect()
    }

    /// The anchor of the component's sheet, where it has one.
    pub(super) fn anchor(&self, idx: ComponentIdx) -> Option<String> {
        self.anchors.get(idx as usize).cloned().flatten()
    }

    /// The anchor of a call that is printed.
    pub(super) fn call_anchor(&self, idx: usize) -> Option<String> {
        self.call_anchors.get(idx).cloned().flatten()
    }

    pub(super) fn place(&self, at: &Location) -> Place {
        Place::new(at, self.with_root)
    }

    pub(super) fn path(&self, path: &[Evidence]) -> Path {
        Path::new(path, self.with_root)
    }

    /// The traffic into the component. A service's edge already says which libraries it crosses, so a library's own
    /// edge counts only where no service is known to come this way.
    pub(super) fn callers(&self, idx: ComponentIdx) -> Vec<&'a Edge> {
        let is_library = |it: &&Edge| {
            self.component(it.from)
                .is_some_and(|it| it.kind == ComponentKind::Library)
        };
        let edges = self.incoming.get(idx as usize).into_iter().flatten();
        let traffic = edges
            .map(|it| &self.outcome.system.edges[*it])
            .filter(|it| is_traffic(it.kind));
        let (own, through): (Vec<_>, Vec<_>) = traffic.partition(is_library);
        if through.is_empty() { own } else { through }
    }

    /// The traffic out of the component.
    pub(super) fn callees(&self, idx: ComponentIdx) -> Vec<&'a Edge> {
        self.outgoing(idx).filter(|it| is_traffic(it.kind)).collect()
    }

    /// All edges out of the component.
    pub(super) fn outgoing(&self, idx: ComponentIdx) -> impl Iterator<Item = &'a Edge> {
        let edges = &self.outcome.system.edges;
        self.outgoing
            .get(idx as usize)
            .into_iter()
            .flatten()
            .map(move |it| &edges[*it])
    }

    pub(super) fn calls_of(&self, idx: ComponentIdx) -> &[usize] {
        self.calls_of.get(idx as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn entries_of(&self, idx: ComponentIdx) -> impl Iterator<Item = (u32, &'a Entry)> {
        let entries = &self.outcome.system.entries;
        let positions = self.entries_of.get(idx as usize).into_iter().flatten();
        positions.filter_map(move |it| Some((u32::try_from(*it).ok()?, &entries[*it])))
    }

    pub(super) fn blast(&self, idx: ComponentIdx, mode: Mode) -> Option<&'a BlastRadius> {
        self.blast.get(&(idx, mode)).copied()
    }

    /// The radii in which the component is affected, with its position among the affected.
    pub(super) fn affected_by(&self, idx: ComponentIdx) -> &[(&'a BlastRadius, usize)] {
        self.affected_by.get(idx as usize).map_or(&[], Vec::as_slice)
    }

    /// The most services, and entries of them, that are failing or hanging when the component fails, over the modes.
    pub(super) fn worst_affected(&self, idx: ComponentIdx) -> Down {
        [Mode::Error, Mode::Hang, Mode::Overload]
            .into_iter()
            .filter_map(|mode| self.blast(idx, mode))
            .map(Down::of)
            .max()
            .unwrap_or_default()
    }

    /// The target of a finding: what its call reaches, or the component it names.
    pub(super) fn target_of(&self, finding: &Finding) -> Option<ComponentIdx> {
        let call = finding.call.and_then(|it| self.call(it as usize));
        call.map_or(finding.component, |it| it.target)
    }

    /// The calls that an edge stands for.
    pub(super) fn calls_on(&self, edge: &Edge) -> Vec<usize> {
        edge.calls
            .iter()
            .map(|it| *it as usize)
            .filter(|it| *it < self.outcome.system.calls.len())
            .collect()
    }
}

/// What is failing or hanging in the worst case. More services are worse, then more entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Down {
    pub(super) n_services: u32,
    pub(super) n_entries: usize,
}

impl Down {
    pub(super) fn of(radius: &BlastRadius) -> Self {
        let entries = radius.affected.iter().flat_map(|it| &it.entries);
        Self {
            n_services: radius.worst.failing.saturating_add(radius.worst.hanging),
            n_entries: entries.filter(|it| State::Failing <= it.worst).count(),
        }
    }

    pub(super) const fn is_none(self) -> bool {
        self.n_services == 0
    }
}

/// Whether an edge is one over which work flows at run time.
pub(super) const fn is_traffic(kind: EdgeKind) -> bool {
    matches!(kind, EdgeKind::Calls | EdgeKind::Publishes | EdgeKind::Consumes)
}

fn push<T>(lists: &mut [Vec<T>], component: ComponentIdx, value: T) {
    if let Some(list) = lists.get_mut(component as usize) {
        list.push(value);
    }
}

/// A readable anchor that nothing else has.
fn unique(taken: &mut BTreeSet<String>, text: &str) -> String {
    let mut slug = String::new();
    for it in text.chars().take(MAX_SLUG) {
        if it.is_ascii_alphanumeric() {
            slug.push(it.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    let mut anchor = slug.to_owned();
    let mut n = 2;
    while anchor.is_empty() || !taken.insert(anchor.clone()) {
        anchor = format!("{slug}-{n}");
        n += 1;
    }
    anchor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_unique_and_plain() {
        let mut taken = BTreeSet::from(["risks".to_owned()]);
        assert_eq!(
            unique(&mut taken, "external:Maps.example.com"),
            "external-maps-example-com"
        );
        assert_eq!(
            unique(&mut taken, "external:maps-example-com"),
            "external-maps-example-com-2"
        );
        assert_eq!(unique(&mut taken, "risks"), "risks-2");
        assert_eq!(unique(&mut taken, "\"><script>"), "script");
        assert_eq!(unique(&mut taken, "???"), "-2");
    }
}
