//! The first page: what was scanned, the verdict, the figures, and what was not seen.

use askama::{Template, filters::HtmlSafe};

use crate::model::{
    analysis::{BlastRadius, Mode},
    call::ComponentKind,
    finding::{FindingStatus, Level},
    guard::{RetryState, TimeoutState},
    outcome::Outcome,
    problem::ProblemKind,
    system::ComponentIdx,
};

use super::{
    badge::{Badge, Tone},
    blind,
    clean::clean,
    lookup::{Down, Group, Lookup, group},
    parts::Node,
    words::{self, number, percent},
};

/// Below this share of bound call expressions, in percent, nothing may be concluded from silence.
const MIN_RESOLVED_PERCENT: u64 = 50;
/// Targets in the small table of the first page.
const MAX_TARGETS: usize = 5;
/// Width of the timeout bar in its own units.
const BAR_WIDTH: u64 = 600;

/// The page's title: the roots.
pub(super) fn title(outcome: &Outcome) -> String {
    let names: Vec<_> = outcome.scan.roots.iter().map(|it| clean(&it.name)).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more", names.len() - 3),
        few => few.join(", "),
    }
}

#[derive(Template)]
#[template(path = "report/summary.html", whitespace = "minimize")]
pub(super) struct Summary {
    roots: Vec<(String, String)>,
    version: &'static str,
    verdict: Verdict,
    figures: Vec<Figure>,
    levels: Vec<(Badge, String)>,
    n_accepted: String,
    bar: Vec<Slice>,
    n_calls: String,
    unseen: Vec<(String, &'static str)>,
    resolved: String,
    worst: Vec<WorstTarget>,
}

impl HtmlSafe for Summary {}

struct Verdict {
    badge: Badge,
    headline: String,
    but: String,
}

struct Figure {
    value: String,
    label: &'static str,
    href: &'static str,
}

/// One part of the timeout bar.
struct Slice {
    badge: Badge,
    n: String,
    share: String,
    class: &'static str,
    x: u64,
    width: u64,
}

struct WorstTarget {
    node: Node,
    states: Vec<(&'static str, String)>,
    n_callers: usize,
}

impl Summary {
    pub(super) fn new(lookup: &Lookup<'_>) -> Self {
        let outcome = lookup.outcome;
        let statistics = &outcome.scan.statistics;
        let bound = statistics.n_internal.saturating_add(statistics.n_outside);
        Self {
            roots: blind::roots(lookup),
            version: env!("CARGO_PKG_VERSION"),
            verdict: Verdict::new(lookup),
            figures: figures(outcome),
            levels: [Level::Error, Level::Warn, Level::Advice]
                .map(|it| (Badge::level(it), number(n_open(outcome, it) as u64)))
                .into(),
            n_accepted: number(n_accepted(outcome) as u64),
            bar: bar(outcome),
            n_calls: words::count(outcome.system.calls.len(), "call", "calls"),
            unseen: unseen(outcome),
            resolved: percent(bound, statistics.n_call_expressions),
            worst: worst_targets(lookup),
        }
    }
}

fn n_open(outcome: &Outcome, level: Level) -> usize {
    let is_open = |it: FindingStatus| matches!(it, FindingStatus::New | FindingStatus::Expired);
    outcome
        .analysis
        .findings
        .iter()
        .filter(|it| it.level == level && is_open(it.status))
        .count()
}

fn n_accepted(outcome: &Outcome) -> usize {
    let is_accepted = |it| matches!(it, FindingStatus::Baseline | FindingStatus::Waived);
    outcome
        .analysis
        .findings
        .iter()
        .filter(|it| is_accepted(it.status))
        .count()
}

impl Verdict {
    fn new(lookup: &Lookup<'_>) -> Self {
        let outcome = lookup.outcome;
        let statistics = &outcome.scan.statistics;
        let bound = statistics.n_internal.saturating_add(statistics.n_outside);
        if outcome.scan.n_read == 0 {
            return Self {
                badge: Badge::new(Tone::Unknown, "nothing seen"),
                headline: "No file was read, so this report says nothing about the system.".to_owned(),
                but: "An empty list of findings below does not mean that there is nothing to find.".to_owned(),
            };
        }
        let is_blind = bound.saturating_mul(100) < statistics.n_call_expressions.saturating_mul(MIN_RESOLVED_PERCENT);
        let (n_errors, n_warnings) = (n_open(outcome, Level::Error), n_open(outcome, Level::Warn));
        let (badge, headline) = match (n_errors, n_warnings) {
            (0, 0) if is_blind => (
                Badge::new(Tone::Unknown, "not decided"),
                "Nothing was found, but too little was understood to conclude anything from it.".to_owned(),
            ),
            (0, 0) => (
                Badge::new(Tone::Good, "no error, no warning"),
                "In what was seen, no rule at level error or warn applies.".to_owned(),
            ),
            (0, n) => (
                Badge::new(Tone::Mild, "warnings"),
                format!(
                    "{} and no error. {}",
                    words::count(n, "warning", "warnings"),
                    worst_sentence(lookup)
                ),
            ),
            (n, _) => (
                Badge::new(Tone::Worst, "action needed"),
                format!(
                    "{} at level error. {}",
                    words::count(n, "finding", "findings"),
                    worst_sentence(lookup)
                ),
            ),
        };
        Self {
            badge,
            headline,
            but: but_sentence(outcome, bound),
        }
    }
}

/// The worst single failure, in one sentence.
fn worst_sentence(lookup: &Lookup<'_>) -> String {
    let n_services = n_of(lookup.outcome, |it| group(it) == Group::Service);
    let radii = lookup
        .outcome
        .analysis
        .blast_radius
        .iter()
        .filter(|it| it.mode != Mode::Change);
    let failed = radii.map(|it| (Down::of(it), it)).filter(|(down, _)| !down.is_none());
    let rank = |(down, it): &(Down, &BlastRadius)| (*down, it.worst.hanging, std::cmp::Reverse(it.component));
    let Some((down, radius)) = failed.max_by_key(rank) else {
        return String::new();
    };
    let name = lookup.node(radius.component).name;
    let verb = match radius.mode {
        Mode::Hang => "stops answering",
        Mode::Overload => "is overloaded",
        Mode::Error | Mode::Change => "fails",
    };
    let noun = if n_services == 1 {
        "service stops"
    } else {
        "services stop"
    };
    let n = down.n_services;
    let entries = match down.n_entries {
        0 => String::new(),
        1 => " 1 entry fails or hangs.".to_owned(),
        n => format!(" {} entries fail or hang.", number(n as u64)),
    };
    format!("If {name} {verb}, up to {n} of {n_services} {noun} working.{entries}")
}

/// What limits the verdict.
fn but_sentence(outcome: &Outcome, bound: u64) -> String {
    let calls = &outcome.system.calls;
    let untargeted = calls.iter().filter(|it| it.target.is_none()).count();
    let undecided = calls
        .iter()
        .filter(|it| it.guards.timeout.bounds_call.is_none())
        .count();
    let resolved = match outcome.scan.statistics.n_call_expressions {
        0 => "no call expression was found in production code".to_owned(),
        all => format!("{} of the call expressions were resolved", percent(bound, all)),
    };
    format!(
        "This counts only what was seen: {resolved}, {} no known target, the timeout of {} could not be decided, and the ledger holds {}.",
        match untargeted {
            1 => "1 call has".to_owned(),
            n => format!("{} calls have", number(n as u64)),
        },
        words::count(undecided, "call", "calls"),
        words::count(outcome.problems.len(), "blind spot", "blind spots"),
    )
}

fn n_of(outcome: &Outcome, is_wanted: impl Fn(ComponentKind) -> bool) -> usize {
    outcome.system.components.iter().filter(|it| is_wanted(it.kind)).count()
}

fn figures(outcome: &Outcome) -> Vec<Figure> {
    let figure = |n: usize, label, href| Figure {
        value: number(n as u64),
        label,
        href,
    };
    let is_other = |it| group(it) == Group::Target && it != ComponentKind::External;
    vec![
        figure(n_of(outcome, |it| group(it) == Group::Service), "services", "#services"),
        figure(outcome.system.entries.len(), "entries", "#services"),
        figure(
            n_of(outcome, |it| it == ComponentKind::Library),
            "libraries",
            "#libraries",
        ),
        figure(
            n_of(outcome, |it| it == ComponentKind::External),
            "external targets",
            "#targets",
        ),
        figure(
            n_of(outcome, is_other),
            "datastores, queues and other targets",
            "#targets",
        ),
        figure(outcome.system.calls.len(), "calls that leave a process", "#targets"),
        figure(
            outcome.analysis.single_points_of_failure.len(),
            "single points of failure",
            "#spofs",
        ),
    ]
}

/// Calls by whether a timeout bounds them.
fn bar(outcome: &Outcome) -> Vec<Slice> {
    let calls = &outcome.system.calls;
    let n_with = |wanted: Option<bool>| {
        calls
            .iter()
            .filter(|it| it.guards.timeout.bounds_call == wanted)
            .count() as u64
    };
    let all = calls.len() as u64;
    let mut x = 0;
    let mut slices = Vec::new();
    for (tone, word, class, n) in [
        (Tone::Good, "bounded", "good", n_with(Some(true))),
        (Tone::Worst, "not bounded", "worst", n_with(Some(false))),
        (Tone::Unknown, "not decided", "unknown", n_with(None)),
    ] {
        let width = (n * BAR_WIDTH).checked_div(all).unwrap_or(0);
        slices.push(Slice {
            badge: Badge::new(tone, word),
            n: number(n),
            share: percent(n, all),
            class,
            x,
            width,
        });
        x += width;
    }
    slices
}

/// The figures of what was not seen, each with its meaning.
fn unseen(outcome: &Outcome) -> Vec<(String, &'static str)> {
    let calls = &outcome.system.calls;
    let problems = |kind: ProblemKind| outcome.problems.iter().filter(|it| it.kind == kind).count() as u64;
    let unreadable = [
        ProblemKind::Unreadable,
        ProblemKind::NotUtf8,
        ProblemKind::Unparsable,
        ProblemKind::OverLimit,
    ];
    let is_unknown = |it: &&crate::model::system::Call| {
        it.guards.timeout.state == TimeoutState::Unknown || it.guards.retry.state == RetryState::Unknown
    };
    [
        (
            calls.iter().filter(|it| it.target.is_none()).count() as u64,
            "calls without a known target",
        ),
        (
            calls.iter().filter(is_unknown).count() as u64,
            "calls whose timeout or retry is unknown",
        ),
        (
            outcome.scan.statistics.n_unresolved,
            "call expressions not bound to a function",
        ),
        (outcome.scan.n_skipped, "files skipped"),
        (
            unreadable.into_iter().map(problems).sum(),
            "files that could not be read or parsed",
        ),
        (problems(ProblemKind::LanguageNotRead), "languages or formats not read"),
        (
            problems(ProblemKind::LibraryNotInCatalogue),
            "libraries that are not in the catalogue",
        ),
        (
            outcome.scan.dependencies.iter().filter(|it| !it.is_read).count() as u64,
            "dependencies whose source was not seen",
        ),
        (problems(ProblemKind::OpaqueSyntax), "macros or other syntax not read"),
    ]
    .map(|(n, label)| (number(n), label))
    .into()
}

fn worst_targets(lookup: &Lookup<'_>) -> Vec<WorstTarget> {
    let mut ranked = lookup.ranked(Group::Target);
    ranked.extend(lookup.ranked(Group::Service));
    // What exists in one environment only says less of the system than what is everywhere.
    let is_partial = |it: ComponentIdx| lookup.component(it).is_some_and(|it| !it.environments.is_empty());
    ranked.sort_by_key(|it| (is_partial(*it), std::cmp::Reverse(lookup.worst_affected(*it))));
    let ranked = ranked
        .into_iter()
        .filter(|it| !lookup.worst_affected(*it).is_none())
        .take(MAX_TARGETS);
    ranked
        .map(|idx| WorstTarget {
            node: lookup.node(idx),
            states: super::blast::FAILURES
                .map(|mode| {
                    (
                        mode.as_str(),
                        lookup
                            .blast(idx, mode)
                            .map_or_else(|| "not analysed".to_owned(), |it| words::states(it.worst)),
                    )
                })
                .into(),
            n_callers: lookup.callers(idx).len(),
        })
        .collect()
}
