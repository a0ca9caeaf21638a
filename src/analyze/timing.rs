//! How long a call may take, from its guards.
//!
//! ## Imprecision
//! The pauses between tries are not part of the model, so every bound here leaves them out; and of a wrapper's
//! timeout and a wrapper's retry it is not recorded which is the outer one: the timeout is taken as the outer one.

use crate::model::guard::{Guards, RetryState, Scope, Source, TimeoutPart};

/// The limits on a call, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// On one try.
    pub(crate) attempt_ms: Option<u64>,
    /// On everything, all tries included.
    pub(crate) outer_ms: Option<u64>,
    /// Tries, the first included; `None` = unknown or unbounded.
    pub(crate) attempts: Option<u64>,
}

impl Limits {
    pub(crate) fn of(guards: &Guards) -> Self {
        let shortest = |is_meant: &dyn Fn(&TimeoutPart) -> bool| {
            guards
                .timeout
                .parts
                .iter()
                .filter(|part| is_meant(part))
                .filter_map(|part| part.limit)
                .min()
        };
        let attempts = match guards.retry.state {
            RetryState::None => Some(1),
            RetryState::Bounded => guards.retry.attempts,
            RetryState::Unbounded | RetryState::Conditional | RetryState::Unknown => None,
        };
        Self {
            attempt_ms: shortest(&|part| bounds_attempt(part)).map(|limit| limit.0),
            outer_ms: shortest(&|part| bounds_all(part)).map(|limit| limit.0),
            attempts,
        }
    }

    /// All tries, each as long as it may be.
    pub(crate) fn all_attempts_ms(self) -> Option<u64> {
        Some(self.attempt_ms?.saturating_mul(self.attempts?))
    }
}

fn is_outside(source: Source) -> bool {
    matches!(source, Source::Wrapper | Source::Framework | Source::Mesh)
}

fn bounds_attempt(part: &TimeoutPart) -> bool {
    match part.scope {
        Scope::Attempt | Scope::Operation => true,
        Scope::Total => !is_outside(part.source),
        Scope::Connect | Scope::Acquire | Scope::Headers | Scope::Read | Scope::Ambient => false,
    }
}

fn bounds_all(part: &TimeoutPart) -> bool {
    part.scope == Scope::Ambient || (part.scope == Scope::Total && is_outside(part.source))
}

/// The longest that the call waits for a target that does not answer; `None` = unbounded or unknown.
pub(crate) fn wait_ms(guards: &Guards) -> Option<u64> {
    let limits = Limits::of(guards);
    match (limits.all_attempts_ms(), limits.outer_ms) {
        (Some(all), Some(outer)) => Some(all.min(outer)),
        (all, outer) => all.or(outer),
    }
}

#[cfg(test)]
mod tests {
    use super::wait_ms;
    use crate::analyze::notation;

    #[track_caller]
    fn check(attributes: &str, expected: Option<u64>) {
        let system = notation::read(&format!("service a main -> external b {attributes}"));
        assert_eq!(wait_ms(&system.calls[0].guards), expected);
    }

    #[test]
    fn tries_multiply_and_the_outer_limit_cuts() {
        check("", None);
        check("timeout=500", Some(500));
        check("timeout=500 retry=3", Some(1500));
        check("attempt=500 retry=3 inner=2", Some(3000));
        check("timeout=500 retry=3 wrap=800", Some(800));
        check("timeout=500 retry=forever", None);
        check("timeout=500 retry=forever wrap=800", Some(800));
        check("connect=100", None);
        check("timeout=?", None);
    }
}
