//! Several paths, one answer.

use proptest::prelude::*;

use super::meet;
use crate::model::guard::{
    Guards, Presence, PresenceState, Retry, RetryState, Scope, Source, Timeout, TimeoutPart, TimeoutState,
};
use crate::model::term::Millis;

fn any_guards() -> impl Strategy<Value = Guards> {
    use TimeoutState as T;
    let timeouts = prop::sample::select(vec![T::Explicit, T::Default, T::None, T::Conditional, T::Unknown]);
    let retries = prop::sample::select(vec![
        RetryState::None,
        RetryState::Bounded,
        RetryState::Unbounded,
        RetryState::Conditional,
        RetryState::Unknown,
    ]);
    let presences = prop::sample::select(vec![
        PresenceState::Present,
        PresenceState::None,
        PresenceState::Conditional,
        PresenceState::Unknown,
    ]);
    let limits = prop::collection::vec(0_u64..4, 0..3);
    let bounds = prop::option::of(any::<bool>());
    (
        timeouts,
        bounds,
        limits,
        retries,
        prop::option::of(1_u64..5),
        presences,
        prop::option::of(1_u64..5),
    )
        .prop_map(
            |(state, bounds_call, limits, retry, attempts, presence, bulkhead_limit)| {
                let mut parts: Vec<TimeoutPart> = limits
                    .into_iter()
                    .map(|limit| TimeoutPart {
                        scope: Scope::Total,
                        limit: Some(Millis(limit)),
                        source: Source::Client,
                        at: None,
                    })
                    .collect();
                parts.sort();
                parts.dedup();
                Guards {
                    timeout: Timeout {
                        state,
                        unknown: None,
                        parts,
                        bounds_call,
                    },
                    retry: Retry {
                        state: retry,
                        unknown: None,
                        attempts,
                        layers: Vec::new(),
                    },
                    breaker: Presence {
                        state: presence,
                        at: None,
                    },
                    bulkhead: Presence {
                        state: presence,
                        at: None,
                    },
                    bulkhead_limit,
                    ..Guards::default()
                }
            },
        )
}

fn timeout(state: TimeoutState, bounds_call: Option<bool>) -> Guards {
    Guards {
        timeout: Timeout {
            state,
            bounds_call,
            ..Timeout::default()
        },
        ..Guards::default()
    }
}

#[test]
fn timeouts_of_several_paths() {
    use TimeoutState::{Conditional, Default, Explicit, None, Unknown};
    for (left, right, expected) in [
        (Explicit, Explicit, Explicit),
        (Explicit, None, Conditional),
        (Default, None, Conditional),
        (Explicit, Default, Default),
        (Conditional, Explicit, Conditional),
        (Unknown, None, Unknown),
        (None, None, None),
    ] {
        let met = meet([timeout(left, Some(true)), timeout(right, Some(true))]);
        assert_eq!(met.timeout.state, expected, "{left:?} {right:?}");
    }
    let bounds = |left, right| {
        meet([timeout(Explicit, left), timeout(Explicit, right)])
            .timeout
            .bounds_call
    };
    assert_eq!(bounds(Some(true), Some(true)), Some(true));
    assert_eq!(bounds(Some(true), Some(false)), Some(false));
    assert_eq!(bounds(Option::None, Some(false)), Some(false));
    assert_eq!(bounds(Option::None, Some(true)), Option::None);
}

#[test]
fn retries_and_presences_of_several_paths() {
    use RetryState::{Bounded, Conditional, None, Unbounded};
    let retry = |state, attempts| Guards {
        retry: Retry {
            state,
            attempts,
            ..Retry::default()
        },
        ..Guards::default()
    };
    let met = meet([retry(Bounded, Some(3)), retry(None, Some(1))]).retry;
    assert_eq!((met.state, met.attempts), (Conditional, Some(3)));
    let met = meet([retry(Bounded, Some(3)), retry(Unbounded, Option::None)]).retry;
    assert_eq!((met.state, met.attempts), (Unbounded, Option::None));

    let breaker = |state| Guards {
        breaker: Presence {
            state,
            at: Option::None,
        },
        ..Guards::default()
    };
    let met = meet([breaker(PresenceState::Present), breaker(PresenceState::None)]);
    assert_eq!(met.breaker.state, PresenceState::Conditional);
}

#[test]
fn of_no_path_nothing_is_known() {
    assert_eq!(meet([]), Guards::default());
    assert_eq!(meet([]).timeout.state, TimeoutState::Unknown);
}

proptest! {
    #[test]
    fn order_and_repeats_do_not_matter(a in any_guards(), b in any_guards(), c in any_guards()) {
        prop_assert_eq!(meet([a.clone(), b.clone()]), meet([b.clone(), a.clone()]));
        prop_assert_eq!(meet([a.clone(), a.clone()]), a.clone());
        let left = meet([meet([a.clone(), b.clone()]), c.clone()]);
        let right = meet([a, meet([b, c])]);
        prop_assert_eq!(left, right);
    }

    #[test]
    fn a_further_path_never_bounds_a_call(a in any_guards(), b in any_guards()) {
        let met = meet([a.clone(), b]);
        if met.timeout.bounds_call == Some(true) {
            prop_assert_eq!(a.timeout.bounds_call, Some(true));
        }
    }
}
