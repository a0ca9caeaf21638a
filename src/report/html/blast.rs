//! Blast radius tables: whom a component takes down, and what takes a service down.

use std::collections::BTreeMap;

use askama::{Template, filters::HtmlSafe};

use crate::model::{
    analysis::{Affected, BlastRadius, Mode, State},
    system::ComponentIdx,
};

use super::{
    badge::Badge,
    clean::clean,
    lookup::Lookup,
    parts::{Capped, Node, Path},
    words,
};

/// Affected components named for one mode.
const MAX_AFFECTED: usize = 12;
/// Entries named below the table.
const MAX_ENTRIES: usize = 8;
/// Paths printed below the table.
const MAX_PATHS: usize = 3;
/// Rows of "what takes this service down".
const MAX_CAUSES: usize = 20;
/// Those of them that show a path; the others' paths are in the sheets of what they name.
const MAX_CAUSE_PATHS: usize = 3;

/// The failure modes, in the order of the columns.
pub(super) const FAILURES: [Mode; 3] = [Mode::Error, Mode::Hang, Mode::Overload];

/// What happens when a component fails, by mode.
#[derive(Template)]
#[template(path = "report/blast.html", whitespace = "minimize")]
pub(super) struct Blast {
    caption: String,
    rows: Vec<ModeRow>,
    entries: Capped<EntryRow>,
    paths: Vec<(Node, Path)>,
    unknown: String,
}

impl HtmlSafe for Blast {}

struct ModeRow {
    mode: &'static str,
    meaning: &'static str,
    best: String,
    worst: String,
    affected: Capped<(Node, Badge)>,
    /// The mode above whose list is the same, so that it need not be read twice.
    same_as: &'static str,
}

struct EntryRow {
    name: String,
    service: Node,
    mode: &'static str,
    state: Badge,
    latency: String,
}

impl Blast {
    pub(super) fn new(lookup: &Lookup<'_>, component: ComponentIdx, name: &str) -> Self {
        let radii: Vec<_> = FAILURES
            .into_iter()
            .filter_map(|mode| lookup.blast(component, mode))
            .collect();
        let mut rows: Vec<_> = radii.iter().map(|it| ModeRow::new(lookup, it)).collect();
        rows.extend(lookup.blast(component, Mode::Change).map(|it| ModeRow::new(lookup, it)));
        for idx in 1..rows.len() {
            if rows[idx].affected == rows[idx - 1].affected && !rows[idx].affected.is_empty() {
                rows[idx].same_as = rows[idx - 1].mode;
            }
        }
        let worst = radii
            .iter()
            .rev()
            .max_by_key(|it| (it.worst.hanging, it.worst.failing, it.worst.degraded));
        let mut affected: Vec<&Affected> = worst.map(|it| it.affected.iter().collect()).unwrap_or_default();
        affected.sort_by_key(|it| (std::cmp::Reverse((it.worst, it.best)), it.component));
        let entries = affected
            .iter()
            .flat_map(|it| it.entries.iter())
            .filter(|it| State::Ok < it.worst);
        let entries = entries.filter_map(|it| {
            let entry = lookup.entry(it.entry)?;
            Some(EntryRow {
                name: clean(&entry.name),
                service: lookup.node(entry.service),
                mode: worst?.mode.as_str(),
                state: Badge::states(it.best, it.worst),
                latency: latency_words(it.latency_ms, it.slots),
            })
        });
        let paths = affected.iter().filter(|it| !it.path.is_empty()).take(MAX_PATHS);
        Self {
            caption: format!("What happens when {name} fails or changes"),
            rows,
            entries: Capped::new(entries, MAX_ENTRIES),
            paths: paths
                .map(|it| (lookup.node(it.component), lookup.path(&it.path)))
                .collect(),
            unknown: match radii.iter().map(|it| it.depends_on_unknown.len()).max() {
                None | Some(0) => String::new(),
                Some(n) => words::count(n, "call", "calls"),
            },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl ModeRow {
    fn new(lookup: &Lookup<'_>, radius: &BlastRadius) -> Self {
        let is_change = radius.mode == Mode::Change;
        let mut affected: Vec<_> = radius
            .affected
            .iter()
            .filter(|it| is_change || State::Ok < it.worst)
            .collect();
        affected.sort_by_key(|it| (std::cmp::Reverse((it.worst, it.best)), it.component));
        let depends = || words::count(affected.len(), "component depends on it", "components depend on it");
        let (best, worst) = if is_change {
            (String::new(), depends())
        } else {
            (words::states(radius.best), words::states(radius.worst))
        };
        let badge = |it: &Affected| {
            if is_change {
                Badge::new(super::badge::Tone::Neutral, "depends")
            } else {
                Badge::states(it.best, it.worst)
            }
        };
        Self {
            mode: radius.mode.as_str(),
            meaning: mode_meaning(radius.mode),
            best,
            worst,
            same_as: "",
            affected: Capped::new(
                affected.iter().map(|it| (lookup.node(it.component), badge(it))),
                MAX_AFFECTED,
            ),
        }
    }
}

fn latency_words(latency_ms: Option<u64>, slots: Option<u64>) -> String {
    let latency = latency_ms.map(|it| format!("answers after {}", words::duration(it)));
    let slots = slots.map(|it| format!("{} slots held", words::number(it)));
    latency.into_iter().chain(slots).collect::<Vec<_>>().join(", ")
}

pub(super) const fn mode_meaning(mode: Mode) -> &'static str {
    match mode {
        Mode::Change => "it changes: who must be looked at",
        Mode::Error => "it refuses, or answers an error",
        Mode::Hang => "it does not answer",
        Mode::Overload => "a share of tries fails or is late",
    }
}

/// What takes one service down: a row for each component whose failure reaches it.
#[derive(Template)]
#[template(path = "report/causes.html", whitespace = "minimize")]
pub(super) struct Causes {
    caption: String,
    rows: Capped<CauseRow>,
}

impl HtmlSafe for Causes {}

struct CauseRow {
    component: Node,
    /// One for each of [`FAILURES`]; `None` = not affected.
    states: Vec<(&'static str, Option<Badge>)>,
    path: Path,
}

impl Causes {
    pub(super) fn new(lookup: &Lookup<'_>, service: ComponentIdx, name: &str) -> Self {
        let mut causes: BTreeMap<ComponentIdx, BTreeMap<Mode, &Affected>> = BTreeMap::new();
        for (radius, idx) in lookup.affected_by(service) {
            let Some(affected) = radius.affected.get(*idx) else {
                continue;
            };
            if radius.component != service && FAILURES.contains(&radius.mode) && State::Ok < affected.worst {
                causes
                    .entry(radius.component)
                    .or_default()
                    .insert(radius.mode, affected);
            }
        }
        let mut ranked: Vec<_> = causes.into_iter().collect();
        let worst = |it: &BTreeMap<Mode, &Affected>| it.values().map(|it| (it.worst, it.best)).max();
        ranked.sort_by_key(|(component, modes)| (std::cmp::Reverse(worst(modes)), *component));
        let rows = ranked
            .into_iter()
            .enumerate()
            .map(|(idx, (component, modes))| CauseRow {
                component: lookup.node(component),
                states: FAILURES
                    .map(|it| (it.as_str(), modes.get(&it).map(|it| Badge::states(it.best, it.worst))))
                    .into(),
                path: modes
                    .values()
                    .filter(|_| idx < MAX_CAUSE_PATHS)
                    .max_by_key(|it| it.worst)
                    .map(|it| lookup.path(&it.path))
                    .unwrap_or_default(),
            });
        Self {
            caption: format!("What takes {name} down"),
            rows: Capped::new(rows, MAX_CAUSES),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.items.len() + self.rows.n_more
    }
}
