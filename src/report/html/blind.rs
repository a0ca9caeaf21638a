//! What was not seen, and how the rest was found out: the blind-spot ledger and the method.

use std::collections::BTreeMap;

use askama::{Template, filters::HtmlSafe};

use crate::model::problem::{Problem, ProblemKind};

use super::{
    clean::clean,
    lookup::Lookup,
    parts::{Capped, Place},
    words,
};

/// Places listed for one kind of blind spot; the ledger is sorted by what each hides.
const MAX_PLACES: usize = 25;
/// Dependencies without source that are named.
const MAX_DEPENDENCIES: usize = 60;

#[derive(Template)]
#[template(path = "report/blind.html", whitespace = "minimize")]
pub(super) struct BlindSpots {
    n_all: usize,
    groups: Vec<BlindGroup>,
}

impl HtmlSafe for BlindSpots {}

struct BlindGroup {
    kind: &'static str,
    meaning: &'static str,
    n: String,
    hides: String,
    places: Capped<(Place, String, String)>,
}

impl BlindSpots {
    pub(super) fn new(lookup: &Lookup<'_>) -> Self {
        let mut by_kind: BTreeMap<ProblemKind, Vec<&Problem>> = BTreeMap::new();
        for problem in &lookup.outcome.problems {
            by_kind.entry(problem.kind).or_default().push(problem);
        }
        let mut ranked: Vec<_> = by_kind.into_iter().collect();
        let hides = |problems: &[&Problem]| problems.iter().map(|it| u64::from(it.hides)).sum::<u64>();
        ranked.sort_by_key(|(kind, problems)| (std::cmp::Reverse(hides(problems)), *kind));
        let groups = ranked.into_iter().map(|(kind, problems)| BlindGroup {
            kind: kind.as_str(),
            meaning: words::problem_meaning(kind),
            n: words::number(problems.len() as u64),
            hides: words::number(hides(&problems)),
            places: Capped::new(
                problems.iter().map(|it| {
                    (
                        lookup.place(&it.at),
                        clean(&it.reason),
                        words::number(u64::from(it.hides)),
                    )
                }),
                MAX_PLACES,
            ),
        });
        Self {
            n_all: lookup.outcome.problems.len(),
            groups: groups.collect(),
        }
    }
}

/// Figures of the scan and the method's limits.
#[derive(Template)]
#[template(path = "report/method.html", whitespace = "minimize")]
pub(super) struct Method {
    roots: Vec<(String, String)>,
    languages: Vec<(&'static str, String)>,
    figures: Vec<(&'static str, String)>,
    n_dependencies: String,
    n_dependencies_read: String,
    not_read: Capped<String>,
    is_over_linked: bool,
}

impl HtmlSafe for Method {}

/// Past this share of functions in one cycle, in percent, the call graph is over-linked (design, section 4).
const OVER_LINKED_PERCENT: u64 = 10;
/// Functions below which the share says nothing.
const MIN_FUNCTIONS: u64 = 50;

impl Method {
    pub(super) fn new(lookup: &Lookup<'_>) -> Self {
        let scan = &lookup.outcome.scan;
        let statistics = &scan.statistics;
        let bound = statistics.n_internal.saturating_add(statistics.n_outside);
        let not_read = scan
            .dependencies
            .iter()
            .filter(|it| !it.is_read)
            .map(|it| clean(&it.root));
        let cycle_share = statistics.largest_cycle.saturating_mul(100);
        Self {
            roots: roots(lookup),
            languages: scan
                .by_language
                .iter()
                .map(|(it, n)| (it.as_str(), words::number(*n)))
                .collect(),
            figures: vec![
                ("files read", words::number(scan.n_read)),
                ("files skipped", words::number(scan.n_skipped)),
                ("lines", words::number(scan.n_lines)),
                ("functions with a call", words::number(statistics.n_functions)),
                ("call expressions", words::number(statistics.n_call_expressions)),
                ("bound inside the scanned code", words::number(statistics.n_internal)),
                (
                    "bound to a library or the language",
                    words::number(statistics.n_outside),
                ),
                ("not bound", words::number(statistics.n_unresolved)),
                ("resolved share", words::percent(bound, statistics.n_call_expressions)),
                (
                    "functions in the largest cycle",
                    words::number(statistics.largest_cycle),
                ),
            ],
            n_dependencies: words::number(scan.dependencies.len() as u64),
            n_dependencies_read: words::number(scan.dependencies.iter().filter(|it| it.is_read).count() as u64),
            not_read: Capped::new(not_read, MAX_DEPENDENCIES),
            is_over_linked: MIN_FUNCTIONS <= statistics.n_functions
                && OVER_LINKED_PERCENT.saturating_mul(statistics.n_functions) < cycle_share,
        }
    }
}

/// Name and revision of each scanned root.
pub(super) fn roots(lookup: &Lookup<'_>) -> Vec<(String, String)> {
    let roots = lookup.outcome.scan.roots.iter();
    roots
        .map(|it| (clean(&it.name), it.revision.as_deref().map(clean).unwrap_or_default()))
        .collect()
}
