//! Sheets: one section for each service and each target, one table for the libraries.

use std::collections::{BTreeMap, BTreeSet};

use askama::{Template, filters::HtmlSafe};

use crate::model::{
    analysis::{Mode, State},
    finding::{FindingStatus, Level},
    system::{Component, ComponentIdx, EdgeKind},
};

use super::{
    badge::Badge,
    blast::{Blast, Causes, FAILURES},
    calls::CallList,
    clean::clean,
    focus::Focus,
    lookup::{Group, Lookup, is_traffic},
    matrix::{Matrix, Side},
    parts::{Capped, Command, Node, Place},
    words,
};

/// Entries listed in one sheet.
const MAX_ENTRIES: usize = 60;
/// Components named in one line.
const MAX_NAMES: usize = 12;
/// Pieces of evidence in one line.
const MAX_EVIDENCE: usize = 4;

/// The sheets of one group.
pub(super) struct Sheets {
    pub(super) sheets: Vec<Sheet>,
    pub(super) n_more: usize,
}

/// Everything about one service or target.
#[derive(Template)]
#[template(path = "report/sheet.html", whitespace = "minimize")]
pub(super) struct Sheet {
    pub(super) anchor: String,
    pub(super) name: String,
    kind: &'static str,
    marks: Vec<(String, Option<Badge>)>,
    facts: Vec<(&'static str, String)>,
    evidence: Capped<(Place, String)>,
    focus: Option<Focus>,
    entries: Capped<EntryRow>,
    outgoing: Matrix,
    incoming: Matrix,
    others: Capped<(&'static str, Node)>,
    blast: Blast,
    causes: Causes,
    calls: CallList,
    commands: Vec<Command>,
}

impl HtmlSafe for Sheet {}

struct EntryRow {
    name: String,
    kind: &'static str,
    handler: String,
    shows: &'static str,
    tier: String,
    place: Place,
}

impl Sheets {
    pub(super) fn services(lookup: &Lookup<'_>) -> Self {
        Self::new(lookup, Group::Service)
    }

    pub(super) fn targets(lookup: &Lookup<'_>) -> Self {
        Self::new(lookup, Group::Target)
    }

    fn new(lookup: &Lookup<'_>, group: Group) -> Self {
        let ranked = lookup.ranked(group);
        let n_all = ranked.len();
        let sheets: Vec<_> = ranked.into_iter().filter_map(|it| Sheet::new(lookup, it)).collect();
        Self {
            n_more: n_all - sheets.len(),
            sheets,
        }
    }
}

impl Sheet {
    fn new(lookup: &Lookup<'_>, idx: ComponentIdx) -> Option<Self> {
        let anchor = lookup.anchor(idx)?;
        let component = lookup.component(idx)?;
        let name = clean(&component.name);
        let outgoing = Matrix::new(lookup, idx, &name, Side::Outgoing);
        let incoming = Matrix::new(lookup, idx, &name, Side::Incoming);
        let causes = Causes::new(lookup, idx, &name);
        let marks = marks(lookup, idx, &outgoing, &incoming, &causes);
        Some(Self {
            anchor,
            kind: words::kind_word(component.kind),
            marks,
            facts: facts(component),
            evidence: Capped::new(
                component
                    .evidence
                    .iter()
                    .map(|it| (lookup.place(&it.at), clean(&it.reason))),
                MAX_EVIDENCE,
            ),
            focus: Focus::new(lookup, idx),
            entries: Capped::new(
                lookup.entries_of(idx).map(|(_, it)| EntryRow {
                    name: clean(&it.name),
                    kind: it.kind.as_str(),
                    handler: clean(&it.handler),
                    shows: it.failure_shows_as.as_str(),
                    tier: tier(it.tier.or(component.tier)),
                    place: lookup.place(&it.at),
                }),
                MAX_ENTRIES,
            ),
            others: Capped::new(others(lookup, idx), MAX_NAMES),
            blast: Blast::new(lookup, idx, &name),
            calls: CallList::of_target(lookup, idx),
            commands: vec![Command::new("blast", &[&component.id()])],
            name,
            outgoing,
            incoming,
            causes,
        })
    }
}

/// The figures in a sheet's heading.
fn marks(
    lookup: &Lookup<'_>,
    idx: ComponentIdx,
    outgoing: &Matrix,
    incoming: &Matrix,
    causes: &Causes,
) -> Vec<(String, Option<Badge>)> {
    let mut marks = Vec::new();
    let findings = lookup.outcome.analysis.findings.iter();
    let own = findings.filter(|it| {
        it.status == FindingStatus::New && (lookup.target_of(it) == Some(idx) || it.component == Some(idx))
    });
    let worst = own.map(|it| it.level).max().filter(|it| Level::Off < *it);
    marks.extend(worst.map(|it| ("findings".to_owned(), Some(Badge::level(it)))));
    let states = FAILURES.into_iter().filter_map(|it| lookup.blast(idx, it));
    let worst_state = states.map(|it| match (it.worst.hanging, it.worst.failing, it.worst.degraded) {
        (0, 0, 0) => State::Ok,
        (0, 0, _) => State::Degraded,
        (0, ..) => State::Failing,
        _ => State::Hanging,
    });
    if let Some(state) = worst_state.max().filter(|it| State::Ok < *it) {
        let word = format!(
            "{} affected, worst",
            words::count(n_affected(lookup, idx), "service", "services")
        );
        marks.push((word, Some(Badge::states(state, state))));
    }
    for (n, one, many) in [
        (incoming.n_rows(), "caller", "callers"),
        (outgoing.n_rows(), "target", "targets"),
    ] {
        if 0 < n {
            marks.push((words::count(n, one, many), None));
        }
    }
    if 0 < causes.n_rows() {
        marks.push((format!("{} can take it down or degrade it", causes.n_rows()), None));
    }
    marks
}

/// Services that some failure mode affects, at worst.
fn n_affected(lookup: &Lookup<'_>, idx: ComponentIdx) -> usize {
    let radii = FAILURES
        .into_iter()
        .filter_map(|it| lookup.blast(idx, it))
        .map(|it| it.worst);
    radii
        .map(|it| it.degraded.saturating_add(it.failing).saturating_add(it.hanging))
        .max()
        .unwrap_or(0) as usize
}

fn facts(component: &Component) -> Vec<(&'static str, String)> {
    let joined = |names: &[crate::model::Name]| names.iter().map(|it| clean(it)).collect::<Vec<_>>().join(", ");
    let mut facts = vec![
        ("tier", tier(component.tier)),
        (
            "owner",
            component
                .owner
                .as_deref()
                .map_or_else(|| "not declared".to_owned(), clean),
        ),
    ];
    if !component.aliases.is_empty() {
        facts.push(("also known as", joined(&component.aliases)));
    }
    if !component.environments.is_empty() {
        facts.push(("environments", joined(&component.environments)));
    }
    facts.push((
        "declared",
        if component.is_declared {
            "yes"
        } else {
            "no, seen in code only"
        }
        .to_owned(),
    ));
    facts
}

fn tier(tier: Option<u8>) -> String {
    tier.map_or_else(|| "not declared".to_owned(), |it| it.to_string())
}

/// Neighbors over which no traffic was seen in code: declared dependencies and what it runs on.
fn others(lookup: &Lookup<'_>, idx: ComponentIdx) -> Vec<(&'static str, Node)> {
    let outgoing = lookup.outgoing(idx).filter(|it| !is_traffic(it.kind));
    outgoing
        .map(|it| {
            (
                if it.kind == EdgeKind::RunsOn {
                    "runs on"
                } else {
                    "depends on"
                },
                lookup.node(it.to),
            )
        })
        .collect()
}

/// The libraries: who uses them, and which targets they reach on their users' behalf.
#[derive(Template)]
#[template(path = "report/libraries.html", whitespace = "minimize")]
pub(super) struct Libraries {
    rows: Vec<LibraryRow>,
    n_more: usize,
}

impl HtmlSafe for Libraries {}

struct LibraryRow {
    anchor: String,
    name: String,
    targets: Capped<Node>,
    services: Capped<Node>,
    dependents: String,
    place: Option<Place>,
}

impl Libraries {
    pub(super) fn new(lookup: &Lookup<'_>) -> Self {
        let crossings = crossings(lookup);
        let ranked = lookup.ranked(Group::Library);
        let n_all = ranked.len();
        let mut rows: Vec<_> = ranked
            .into_iter()
            .filter_map(|idx| {
                let component = lookup.component(idx)?;
                let (services, targets) = crossings.get(&idx).cloned().unwrap_or_default();
                let names = |of: BTreeSet<_>| Capped::new(of.into_iter().map(|it| lookup.node(it)), MAX_NAMES);
                let change = lookup.blast(idx, Mode::Change);
                Some((
                    std::cmp::Reverse((targets.len(), services.len())),
                    LibraryRow {
                        anchor: lookup.anchor(idx)?,
                        name: clean(&component.name),
                        targets: names(targets),
                        services: names(services),
                        dependents: change.map_or_else(
                            || "not analysed".to_owned(),
                            |it| words::count(it.affected.len(), "component", "components"),
                        ),
                        place: component.evidence.first().map(|it| lookup.place(&it.at)),
                    },
                ))
            })
            .collect();
        rows.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
        Self {
            n_more: n_all - rows.len(),
            rows,
        }
    }
}

type Crossing = (BTreeSet<ComponentIdx>, BTreeSet<ComponentIdx>);

/// For each library, the services whose paths cross it and the targets that lie behind it.
fn crossings(lookup: &Lookup<'_>) -> BTreeMap<ComponentIdx, Crossing> {
    let mut crossings = BTreeMap::<ComponentIdx, Crossing>::new();
    for edge in lookup.outcome.system.edges.iter().filter(|it| is_traffic(it.kind)) {
        for library in &edge.via {
            let crossing = crossings.entry(*library).or_default();
            crossing.0.insert(edge.from);
            crossing.1.insert(edge.to);
        }
        let is_library = lookup
            .component(edge.from)
            .is_some_and(|it| super::lookup::group(it.kind) == Group::Library);
        if is_library {
            crossings.entry(edge.from).or_default().1.insert(edge.to);
        }
    }
    crossings
}
