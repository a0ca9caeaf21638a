//! Several paths or configurations, one answer: what holds on all of them.

use crate::model::guard::{Guards, Presence, PresenceState, Retry, RetryState, Timeout, TimeoutState};

/// The guards that can be relied on whichever of the paths is taken; nothing is known of no path at all.
///
/// States agree or become `conditional`; an unknown one makes the whole unknown. The call is bounded only
/// if it is on every path, and not bounded as soon as one path says so. Parts and layers are united: the
/// order of `paths` and repeats among them do not matter.
///
/// Where all paths share retries, these are the call's own and tell the state; what only some callers add
/// stays in the layers, and in those callers' own guards.
#[must_use]
pub fn meet(paths: impl IntoIterator<Item = Guards>) -> Guards {
    let paths: Vec<Guards> = paths.into_iter().collect();
    let own = own_retry(&paths);
    let mut all = paths.into_iter().reduce(meet_two).unwrap_or_default();
    if let (Some(own), RetryState::Bounded | RetryState::Unbounded) = (own, all.retry.state) {
        all.retry.state = own;
    }
    all
}

/// The state by those retry layers that are on every path, if there are some.
fn own_retry(paths: &[Guards]) -> Option<RetryState> {
    let (first, rest) = paths.split_first()?;
    let mut shared = first.retry.layers.iter().filter(|layer| {
        rest.iter()
            .all(|path| path.retry.layers.iter().any(|other| other == *layer))
    });
    let one = shared.next()?;
    if one.is_unbounded || shared.any(|layer| layer.is_unbounded) {
        Some(RetryState::Unbounded)
    } else {
        Some(RetryState::Bounded)
    }
}

fn meet_two(left: Guards, right: Guards) -> Guards {
    Guards {
        timeout: timeout(left.timeout, right.timeout),
        retry: retry(left.retry, right.retry),
        breaker: presence(left.breaker, right.breaker),
        bulkhead: presence(left.bulkhead, right.bulkhead),
        // The larger limit holds less back.
        bulkhead_limit: left.bulkhead_limit.max(right.bulkhead_limit),
        fallback: presence(left.fallback, right.fallback),
        fallback_target: least(left.fallback_target, right.fallback_target),
    }
}

fn timeout(left: Timeout, right: Timeout) -> Timeout {
    use TimeoutState::{Conditional, Default, Explicit, None, Unknown};
    let state = match (left.state, right.state) {
        (Unknown, _) | (_, Unknown) => Unknown,
        (left, right) if left == right => left,
        // Something holds on both; the library's default is what can be relied on.
        (Explicit, Default) | (Default, Explicit) => Default,
        (Conditional | Explicit | Default | None, _) => Conditional,
    };
    let bounds_call = match (left.bounds_call, right.bounds_call) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => Option::None,
    };
    Timeout {
        state,
        unknown: least(left.unknown, right.unknown),
        parts: unite(left.parts, right.parts),
        bounds_call,
    }
}

fn retry(left: Retry, right: Retry) -> Retry {
    use RetryState::{Bounded, Conditional, None, Unbounded, Unknown};
    let state = match (left.state, right.state) {
        (Unknown, _) | (_, Unknown) => Unknown,
        (left, right) if left == right => left,
        (Bounded, Unbounded) | (Unbounded, Bounded) => Unbounded,
        (Conditional | Bounded | Unbounded | None, _) => Conditional,
    };
    Retry {
        state,
        unknown: least(left.unknown, right.unknown),
        attempts: left.attempts.zip(right.attempts).map(|(left, right)| left.max(right)),
        layers: unite(left.layers, right.layers),
    }
}

fn presence(left: Presence, right: Presence) -> Presence {
    use PresenceState::{Conditional, Unknown};
    let state = match (left.state, right.state) {
        (Unknown, _) | (_, Unknown) => Unknown,
        (left, right) if left == right => left,
        _ => Conditional,
    };
    Presence {
        state,
        at: least(left.at, right.at),
    }
}

/// The same list stays as it is; different ones are united and sorted.
fn unite<T: Ord>(mut left: Vec<T>, right: Vec<T>) -> Vec<T> {
    if left != right {
        left.extend(right);
        left.sort();
        left.dedup();
    }
    left
}

/// The smaller of what is there.
fn least<T: Ord>(left: Option<T>, right: Option<T>) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

#[cfg(test)]
mod tests;
