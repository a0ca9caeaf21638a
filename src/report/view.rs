//! One sorted view of a report for all formats: figures, ranked risks, the ledger, lookups by id.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    model::{
        analysis::{Mode, State},
        call::ComponentKind,
        finding::{FindingStatus, Level},
        guard::{PresenceState, RetryState, TimeoutState},
        problem::ProblemKind,
        system::EdgeKind,
    },
    report::json::v1::{BlastRadius, BlindSpot, Call, Component, Edge, Entry, Finding, Guards, Report, StateCounts},
};

/// A report with its lookups. Borrows; makes nothing up.
#[derive(Debug)]
pub struct View<'r> {
    pub report: &'r Report,
    components: BTreeMap<&'r str, &'r Component>,
    entries: BTreeMap<&'r str, &'r Entry>,
    calls: BTreeMap<&'r str, &'r Call>,
    calls_by_target: BTreeMap<&'r str, Vec<&'r Call>>,
    radii: BTreeMap<(&'r str, Mode), &'r BlastRadius>,
}

/// The figures of a summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub n_services: usize,
    pub n_libraries: usize,
    /// Components of neither kind: what is called and not part of the scanned code.
    pub n_targets: usize,
    pub n_entries: usize,
    pub n_calls: usize,
    pub n_calls_resolved: usize,
    /// Calls that nothing bounds: no timeout, or none that ends the call as a whole.
    pub n_calls_unbounded: usize,
    /// Calls whose deadline is not decided.
    pub n_calls_undecided: usize,
    pub n_errors: usize,
    pub n_warnings: usize,
    pub n_advice: usize,
    /// Findings that a baseline or waiver accepts.
    pub n_accepted: usize,
}

/// Findings of one rule about one target (or, without target, about one component), ranked together.
#[derive(Clone, Debug)]
pub struct Risk<'r> {
    pub rule: &'r str,
    pub level: Level,
    /// Id of the component that is called.
    pub target: Option<&'r str>,
    /// Ids of the services concerned, sorted.
    pub services: Vec<&'r str>,
    pub findings: Vec<&'r Finding>,
    /// Services that are failing or hanging in the worst case when the target fails, and the mode of that.
    pub impact: u32,
    pub mode: Option<Mode>,
    /// Entries that are failing or hanging then.
    pub n_entries: usize,
}

/// Blind spots of one kind.
#[derive(Clone, Debug)]
pub struct LedgerRow<'r> {
    pub kind: ProblemKind,
    pub hides: u64,
    /// Most hiding first.
    pub spots: Vec<&'r BlindSpot>,
}

/// One (service, target) pair with its calls.
#[derive(Clone, Debug)]
pub struct Dependency<'r> {
    pub edge: &'r Edge,
    pub target: Option<&'r Component>,
    pub calls: Vec<&'r Call>,
}

impl<'r> View<'r> {
    #[must_use]
    pub fn new(report: &'r Report) -> Self {
        let mut calls_by_target: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
        for call in &report.calls {
            if let Some(target) = &call.target {
                calls_by_target.entry(target).or_default().push(call);
            }
        }
        Self {
            report,
            components: report
                .components
                .iter()
                .map(|component| (&*component.id, component))
                .collect(),
            entries: report.entries.iter().map(|entry| (&*entry.id, entry)).collect(),
            calls: report.calls.iter().map(|call| (&*call.id, call)).collect(),
            calls_by_target,
            radii: report
                .blast_radius
                .iter()
                .map(|radius| ((&*radius.component, radius.mode), radius))
                .collect(),
        }
    }

    /// The component with that id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&'r Component> {
        self.components.get(id).copied()
    }

    /// The entry with that id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&'r Entry> {
        self.entries.get(id).copied()
    }

    /// The call with that short id.
    #[must_use]
    pub fn call(&self, id: &str) -> Option<&'r Call> {
        self.calls.get(id).copied()
    }

    /// The calls that reach that component, in order of place.
    #[must_use]
    pub fn calls_to(&self, target: &str) -> &[&'r Call] {
        self.calls_by_target.get(target).map_or(&[], Vec::as_slice)
    }

    /// The blast radius of that component in that mode.
    #[must_use]
    pub fn radius(&self, component: &str, mode: Mode) -> Option<&'r BlastRadius> {
        self.radii.get(&(component, mode)).copied()
    }

    /// The services, in order of tier (undeclared last), then id.
    #[must_use]
    pub fn services(&self) -> Vec<&'r Component> {
        let mut services: Vec<_> = self
            .report
            .components
            .iter()
            .filter(|component| component.kind == ComponentKind::Service)
            .collect();
        services.sort_by_key(|service| (service.tier.unwrap_or(u8::MAX), &service.id));
        services
    }

    /// The entries of that service, in order.
    pub fn entries_of<'v>(&'v self, service: &'v str) -> impl Iterator<Item = &'r Entry> + 'v {
        self.report
            .entries
            .iter()
            .filter(move |entry| entry.service == *service)
    }

    /// What `from` calls, publishes to or consumes, sorted by target.
    #[must_use]
    pub fn dependencies(&self, from: &str) -> Vec<Dependency<'r>> {
        let edges = self.report.edges.iter().filter(|edge| {
            edge.from == *from && matches!(edge.kind, EdgeKind::Calls | EdgeKind::Publishes | EdgeKind::Consumes)
        });
        edges
            .map(|edge| Dependency {
                edge,
                target: self.component(&edge.to),
                calls: edge.calls.iter().filter_map(|id| self.call(id)).collect(),
            })
            .collect()
    }

    /// The calls of that service whose target is not known.
    pub fn unresolved_calls<'v>(&'v self, service: &'v str) -> impl Iterator<Item = &'r Call> + 'v {
        let calls = self.report.calls.iter();
        calls.filter(move |call| call.target.is_none() && call.services.iter().any(|id| *id == *service))
    }

    /// Calls of code that no service was seen to run.
    #[must_use]
    pub fn calls_without_service(&self) -> Vec<&'r Call> {
        self.report
            .calls
            .iter()
            .filter(|call| call.services.is_empty())
            .collect()
    }

    #[must_use]
    pub fn figures(&self) -> Figures {
        let count = |wanted: fn(ComponentKind) -> bool| {
            self.report
                .components
                .iter()
                .filter(|component| wanted(component.kind))
                .count()
        };
        let open = |level: Level| {
            self.report
                .findings
                .iter()
                .filter(|finding| is_open(finding) && finding.level == level)
                .count()
        };
        let deadlines = self.report.calls.iter().map(|call| deadline(&call.guards));
        Figures {
            n_services: count(|kind| kind == ComponentKind::Service),
            n_libraries: count(|kind| kind == ComponentKind::Library),
            n_targets: count(|kind| !matches!(kind, ComponentKind::Service | ComponentKind::Library)),
            n_entries: self.report.entries.len(),
            n_calls: self.report.calls.len(),
            n_calls_resolved: self.report.calls.iter().filter(|call| call.target.is_some()).count(),
            n_calls_unbounded: deadlines.clone().filter(|&bounded| bounded == Some(false)).count(),
            n_calls_undecided: deadlines.filter(Option::is_none).count(),
            n_errors: open(Level::Error),
            n_warnings: open(Level::Warn),
            n_advice: open(Level::Advice),
            n_accepted: self.report.findings.iter().filter(|finding| !is_open(finding)).count(),
        }
    }

    /// Open findings grouped by rule and target, ranked: level, then how many services and entries the target's
    /// worst failure takes down, then how often, then name.
    #[must_use]
    pub fn risks(&self) -> Vec<Risk<'r>> {
        let mut groups: BTreeMap<(Level, &str, &str), Vec<&Finding>> = BTreeMap::new();
        for finding in self.report.findings.iter().filter(|finding| is_open(finding)) {
            let subject = self
                .target_of(finding)
                .or(finding.component.as_deref())
                .unwrap_or_default();
            groups
                .entry((finding.level, &finding.rule, subject))
                .or_default()
                .push(finding);
        }
        let mut risks: Vec<Risk> = groups
            .into_iter()
            .map(|((level, rule, subject), findings)| {
                let worst = self.worst_mode(subject);
                Risk {
                    rule,
                    level,
                    target: (!subject.is_empty()).then_some(subject),
                    services: self.services_of(&findings),
                    findings,
                    impact: worst.map_or(0, |(_, n_services)| n_services),
                    mode: worst.map(|(mode, _)| mode),
                    n_entries: worst.map_or(0, |(mode, _)| self.entries_down(subject, mode)),
                }
            })
            .collect();
        risks.sort_by_key(|risk| {
            (
                Reverse(risk.level),
                Reverse((risk.impact, risk.n_entries)),
                Reverse(risk.findings.len()),
                risk.rule,
                risk.target,
            )
        });
        risks
    }

    /// The component that the finding's call reaches.
    fn target_of(&self, finding: &Finding) -> Option<&'r str> {
        self.call(finding.call.as_deref()?)?.target.as_deref()
    }

    fn services_of(&self, findings: &[&'r Finding]) -> Vec<&'r str> {
        let mut services = BTreeSet::new();
        for finding in findings {
            if let Some(call) = finding.call.as_deref().and_then(|id| self.call(id)) {
                services.extend(call.services.iter().map(|id| &**id));
            }
            services.extend(finding.component.as_deref().filter(|id| id.starts_with("service:")));
        }
        services.into_iter().collect()
    }

    /// The failure mode of a component that takes most services down, and how many.
    #[must_use]
    pub fn worst_mode(&self, component: &str) -> Option<(Mode, u32)> {
        [Mode::Hang, Mode::Error, Mode::Overload]
            .into_iter()
            .filter_map(|mode| Some((mode, n_down(self.radius(component, mode)?.worst))))
            .reduce(|best, next| if best.1 < next.1 { next } else { best })
    }

    /// Entries that are failing or hanging in the worst case when the component fails in that mode.
    #[must_use]
    pub fn entries_down(&self, component: &str, mode: Mode) -> usize {
        let affected = self.radius(component, mode).map_or(&[][..], |radius| &radius.affected);
        let entries = affected.iter().flat_map(|affected| &affected.entries);
        entries.filter(|entry| State::Failing <= entry.worst).count()
    }

    /// The blind spots by kind, most hiding first.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerRow<'r>> {
        let mut by_kind: BTreeMap<ProblemKind, Vec<&BlindSpot>> = BTreeMap::new();
        for spot in &self.report.scan.blind_spots {
            by_kind.entry(spot.kind).or_default().push(spot);
        }
        let mut rows: Vec<_> = by_kind
            .into_iter()
            .map(|(kind, spots)| LedgerRow {
                kind,
                hides: spots.iter().map(|spot| u64::from(spot.hides)).sum(),
                spots,
            })
            .collect();
        rows.sort_by_key(|row| (Reverse(row.hides), row.kind));
        rows
    }
}

/// Neither accepted by a baseline nor waived.
#[must_use]
pub fn is_open(finding: &Finding) -> bool {
    matches!(finding.status, FindingStatus::New | FindingStatus::Expired) && finding.level != Level::Off
}

/// Services that are failing or hanging.
#[must_use]
pub const fn n_down(counts: StateCounts) -> u32 {
    counts.failing.saturating_add(counts.hanging)
}

/// Whether the call as a whole ends in bounded time: yes, no, or not decided.
#[must_use]
pub fn deadline(guards: &Guards) -> Option<bool> {
    match guards.timeout.state {
        TimeoutState::None => Some(false),
        TimeoutState::Unknown => None,
        TimeoutState::Explicit | TimeoutState::Default | TimeoutState::Conditional => guards.timeout.bounds_call,
    }
}

/// A duration for people: `250ms`, `5s`, `1.5s`, `2m`, `3h`.
#[must_use]
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        ms if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        ms if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        ms if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        ms => format!("{}.{}s", ms / 1_000, format!("{:03}", ms % 1_000).trim_end_matches('0')),
    }
}

/// A timeout in few words: `5s total`, `none`, `10s connect only`, `unknown`.
#[must_use]
pub fn timeout_words(guards: &Guards) -> String {
    let timeout = &guards.timeout;
    let prefix = match timeout.state {
        TimeoutState::None => return "none".to_owned(),
        TimeoutState::Unknown => return "unknown".to_owned(),
        TimeoutState::Explicit => "",
        TimeoutState::Default => "default ",
        TimeoutState::Conditional => "sometimes ",
    };
    let mut parts: Vec<_> = timeout
        .parts
        .iter()
        .map(|part| (part.ms.map_or("?".to_owned(), duration), part.scope.as_str()))
        .collect();
    parts.dedup();
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(limit, scope)| format!("{limit} {scope}"))
        .collect();
    let suffix = if timeout.bounds_call == Some(false) {
        " only"
    } else {
        ""
    };
    match parts.is_empty() {
        true => format!("{prefix}set"),
        false => format!("{prefix}{}{suffix}", parts.join(", ")),
    }
}

/// A retry in few words: `none`, `3 tries, exponential`, `unbounded`, `unknown`.
#[must_use]
pub fn retry_words(guards: &Guards) -> String {
    let retry = &guards.retry;
    let tries = |attempts: Option<u64>| attempts.map_or("? tries".to_owned(), |attempts| format!("{attempts} tries"));
    match retry.state {
        RetryState::None => "none".to_owned(),
        RetryState::Unknown => "unknown".to_owned(),
        RetryState::Unbounded => "unbounded".to_owned(),
        RetryState::Bounded => tries(retry.attempts),
        RetryState::Conditional => format!("sometimes {}", tries(retry.attempts)),
    }
}

/// A breaker, bulkhead or fallback in one word.
#[must_use]
pub const fn presence_word(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Present => "yes",
        PresenceState::None => "none",
        PresenceState::Conditional => "sometimes",
        PresenceState::Unknown => "unknown",
    }
}

/// How many paths pass a guard: `2 of 4`, `all 4`, `none known of 447+`, `26 % of 180M`.
///
/// A number that is a bound ends in `+`; "known" says that some paths are not decided.
#[must_use]
pub fn coverage_words(covered: u64, total: u64, undecided: u64, is_exact: bool) -> String {
    let (known, more) = match (undecided, is_exact) {
        (0, true) => ("", ""),
        (0, false) => ("", "+"),
        _ => (" known", ""),
    };
    let all = format!("{}{more}", short_number(total));
    match covered {
        _ if total == 0 => "-".to_owned(),
        0 if total != 1 || 0 < undecided => format!("none{known} of {all}"),
        _ if covered == total && total != 1 => format!("all {all}"),
        _ if total < LEAST_IN_PERCENT => format!("{covered}{known} of {all}"),
        _ => {
            // Never 0 or 100 %: those would read as none and all.
            let percent = u128::from(covered) * 100 / u128::from(total);
            format!("{} %{known} of {all}", percent.clamp(1, 99))
        }
    }
}

/// From so many paths on the share tells more than the numbers.
const LEAST_IN_PERCENT: u64 = 1000;

/// `9999`, `45k`, `180M`.
fn short_number(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        1_000_000..1_000_000_000 => format!("{}M", number / 1_000_000),
        _ => format!("{}G", number / 1_000_000_000),
    }
}

/// `file:line`, with the root in front where the report has several.
#[must_use]
pub fn place(report: &Report, root: &str, file: &str, line: Option<u32>) -> String {
    let mut place = String::new();
    if report.scan.roots.len() != 1 || report.scan.roots[0].name != *root {
        place.push_str(root);
        place.push('/');
    }
    place.push_str(file);
    if let Some(line) = line {
        place.push(':');
        place.push_str(&line.to_string());
    }
    place
}

/// `best` and `worst` as one phrase: `failing`, or `degraded to hanging`.
#[must_use]
pub fn interval(best: State, worst: State) -> String {
    if best == worst {
        worst.as_str().to_owned()
    } else {
        format!("{} to {}", best.as_str(), worst.as_str())
    }
}

/// `2 of 5`: services out of all; in a narrowed report, which does not hold all, the number alone.
#[must_use]
pub fn service_share(view: &View, n_services: u32) -> String {
    match view.report.scan.narrowed_to[..] {
        [] => format!("{n_services} of {}", view.services().len()),
        _ => n_services.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::coverage_words;

    #[test]
    fn coverage_as_people_say_it() {
        for (covered, total, undecided, is_exact, expected) in [
            (0, 0, 0, true, "-"),
            (1, 1, 0, true, "1 of 1"),
            (0, 1, 0, true, "0 of 1"),
            (0, 4, 0, true, "none of 4"),
            (0, 4, 0, false, "none of 4+"),
            (2, 4, 0, true, "2 of 4"),
            (4, 4, 0, true, "all 4"),
            (0, 447, 40, false, "none known of 447"),
            (12, 447, 40, false, "12 known of 447"),
            (447, 447, 0, false, "all 447+"),
            (45_790_262, 179_501_160, 0, true, "25 % of 179M"),
            (1, 12_000, 0, true, "1 % of 12k"),
            (11_998, 12_000, 1, false, "99 % known of 12k"),
        ] {
            assert_eq!(coverage_words(covered, total, undecided, is_exact), expected);
        }
    }
}
