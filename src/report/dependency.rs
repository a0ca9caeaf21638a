//! One row for each (service, target) pair: the guards of its weakest call, coverage, what a failure does.
//!
//! Shared by terminal, Markdown and DOT, so that they cannot disagree.

use std::cmp::Reverse;

use crate::{
    model::{
        analysis::{Mode, State},
        call::Transport,
        guard::{PresenceState, RetryState},
        system::EdgeKind,
    },
    report::{
        json::v1::{Call, Guards},
        view::{Dependency, View, coverage_words, deadline, interval, presence_word, retry_words, timeout_words},
    },
};

/// What a reader wants to know of one dependency of a service.
#[derive(Clone, Debug)]
pub struct DependencyRow<'r> {
    /// Id of the component.
    pub target: &'r str,
    /// The environments in which it is used; empty = all.
    pub environments: Vec<&'r str>,
    pub kind: EdgeKind,
    pub transport: Option<Transport>,
    pub n_calls: usize,
    /// Whether the weakest call ends in bounded time; `None` = not decided (or no call seen).
    pub deadline: Option<bool>,
    pub timeout: String,
    pub retry: String,
    pub breaker: &'static str,
    pub bulkhead: &'static str,
    pub fallback: &'static str,
    /// Paths with a timeout, of all paths: `2 of 4`.
    pub timed_paths: String,
    /// The worst state of the service when the target refuses or hangs: `degraded to hanging`.
    pub when_it_fails: String,
    worst: State,
}

impl DependencyRow<'_> {
    /// The target, with its environments where it is not used in all: `datastore:db (staging)`.
    #[must_use]
    pub fn target_words(&self) -> String {
        match self.environments[..] {
            [] => self.target.to_owned(),
            _ => format!("{} ({})", self.target, self.environments.join(", ")),
        }
    }
}

/// The dependencies of that service, the most dangerous first.
#[must_use]
pub fn dependency_rows<'r>(view: &View<'r>, service: &str) -> Vec<DependencyRow<'r>> {
    let mut rows: Vec<_> = view
        .dependencies(service)
        .into_iter()
        .map(|dependency| row(view, service, &dependency))
        .collect();
    // What is used everywhere comes before what one environment uses.
    rows.sort_by_key(|row| {
        let danger = (Reverse(row.worst), rank(row.deadline));
        (!row.environments.is_empty(), danger, row.target, row.kind)
    });
    rows
}

fn row<'r>(view: &View<'r>, service: &str, dependency: &Dependency<'r>) -> DependencyRow<'r> {
    let guards: Vec<_> = dependency.calls.iter().map(|call| &call.guards).collect();
    let weakest = weakest_timeout(&dependency.calls);
    let state = state_of(view, service, &dependency.edge.to);
    let presence = |of: fn(&Guards) -> PresenceState| {
        presence_word(guards.iter().map(|guards| of(guards)).reduce(meet).unwrap_or_default())
    };
    DependencyRow {
        target: &dependency.edge.to,
        environments: dependency.edge.environments.iter().map(|it| &**it).collect(),
        kind: dependency.edge.kind,
        transport: dependency.edge.transport,
        n_calls: dependency.calls.len(),
        deadline: weakest.and_then(deadline),
        timeout: weakest.map_or_else(|| "unknown".to_owned(), timeout_words),
        retry: strongest_retry(&guards),
        breaker: presence(|guards| guards.breaker.state),
        bulkhead: presence(|guards| guards.bulkhead.state),
        fallback: presence(|guards| guards.fallback.state),
        timed_paths: dependency.edge.coverage.as_ref().map(|all| &all.timeout).map_or_else(
            || "-".to_owned(),
            |timed| coverage_words(timed.covered, timed.total, timed.undecided, timed.exact),
        ),
        when_it_fails: state.map_or_else(|| "-".to_owned(), |(best, worst)| interval(best, worst)),
        worst: state.map_or(State::Ok, |(_, worst)| worst),
    }
}

/// The guards of the call that waits longest: no deadline before undecided before the longest limit.
fn weakest_timeout<'r>(calls: &[&'r Call]) -> Option<&'r Guards> {
    let longest = |guards: &Guards| guards.timeout.parts.iter().filter_map(|part| part.ms).max();
    calls
        .iter()
        .map(|call| &call.guards)
        .min_by_key(|guards| (rank(deadline(guards)), Reverse(longest(guards))))
}

const fn rank(deadline: Option<bool>) -> u8 {
    match deadline {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    }
}

/// What multiplies load most: unbounded before undecided before the most tries.
fn strongest_retry(guards: &[&Guards]) -> String {
    let rank = |guards: &Guards| match guards.retry.state {
        RetryState::Unbounded => 4,
        RetryState::Unknown => 3,
        RetryState::Conditional => 2,
        RetryState::Bounded => 1,
        RetryState::None => 0,
    };
    let strongest = guards.iter().max_by_key(|guards| (rank(guards), guards.retry.attempts));
    strongest.map_or_else(|| "unknown".to_owned(), |guards| retry_words(guards))
}

/// What holds for all of several calls.
fn meet(left: PresenceState, right: PresenceState) -> PresenceState {
    match (left, right) {
        (left, right) if left == right => left,
        (PresenceState::Unknown, _) | (_, PresenceState::Unknown) => PresenceState::Unknown,
        _ => PresenceState::Conditional,
    }
}

/// Best and worst state of `service` over the target's modes `error` and `hang`.
fn state_of(view: &View, service: &str, target: &str) -> Option<(State, State)> {
    [Mode::Error, Mode::Hang]
        .into_iter()
        .filter_map(|mode| {
            let radius = view.radius(target, mode)?;
            let affected = radius.affected.iter().find(|affected| affected.component == *service);
            Some(affected.map_or((State::Ok, State::Ok), |affected| (affected.best, affected.worst)))
        })
        .reduce(|left, right| (left.0.max(right.0), left.1.max(right.1)))
}
