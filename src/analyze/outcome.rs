//! The table of failure semantics: what a call whose target fails brings to its entry.
//!
//! One concrete function, [`Settled::outcome`], says it for a call of which everything is known. It is monotone
//! in every argument, so an unknown is settled once for the better and once for the worse, and the two results
//! are the exact minimum and maximum over all that the unknown can be. Nothing here knows of graphs.

use crate::model::{
    analysis::State,
    call::{Condition, Delivery, Effect, Handling, Phase, StatusCheck},
    guard::{Guards, PresenceState, RetryState, Scope, TimeoutPart, TimeoutState},
    system::Call,
};

/// What a caller sees of a target that is not well, from the least to the most harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
    /// A success status around an error.
    OkBody,
    /// An answer that says "error".
    ErrorStatus,
    /// A share of the tries fails or is late.
    Overloaded,
    /// No connection, or a closed one.
    Refused,
    /// The connection is accepted, nothing comes back.
    NoAnswer,
}

const N_SEEN: usize = 5;

impl Seen {
    const ALL: [Self; N_SEEN] = [
        Self::OkBody,
        Self::ErrorStatus,
        Self::Overloaded,
        Self::Refused,
        Self::NoAnswer,
    ];
}

/// How the failure of a call travels up to its entry, from the most to the least harm.
///
/// A path's passage is the mildest of its steps; of several paths the most harmful counts, since "state" means
/// that some request gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Passage {
    /// Every step hands the error on.
    Hard,
    /// Some step swallows, logs or replaces the error; it still waits.
    Soft,
    /// Some step does not wait.
    Detached,
    /// Some step is conditional and is not taken.
    NotTaken,
}

impl Passage {
    const ALL: [Self; 4] = [Self::Hard, Self::Soft, Self::Detached, Self::NotTaken];

    /// The value with that rank, see [`Passage::rank`].
    pub(crate) fn of_rank(rank: u8) -> Self {
        Self::ALL[usize::from(rank).min(Self::ALL.len() - 1)]
    }

    /// 0 for the most harm.
    pub(crate) const fn rank(self) -> u8 {
        self as u8
    }

    /// One step, every unknown settled for the better (`best`) or the worse.
    pub(crate) fn of_step(condition: Condition, delivery: Delivery, handling: Handling, best: bool) -> Self {
        if best && condition != Condition::Always {
            return Self::NotTaken;
        }
        if delivery == Delivery::Detached {
            return Self::Detached;
        }
        match handling {
            Handling::Swallowed | Handling::Logged => Self::Soft,
            Handling::Unknown if best => Self::Soft,
            Handling::Unknown | Handling::Propagated | Handling::Panics => Self::Hard,
        }
    }
}

/// A state that is known up to its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) best: State,
    pub(crate) worst: State,
}

impl Interval {
    pub(crate) const OK: Self = Self {
        best: State::Ok,
        worst: State::Ok,
    };
}

/// Yes, no or undecided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    Maybe,
}

impl Truth {
    /// `Maybe` becomes `undecided`.
    const fn settle(self, undecided: bool) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::Maybe => undecided,
        }
    }

    pub(crate) const fn of_presence(state: PresenceState) -> Self {
        match state {
            PresenceState::Present => Self::Yes,
            PresenceState::None => Self::No,
            PresenceState::Conditional | PresenceState::Unknown => Self::Maybe,
        }
    }
}

/// Does the call end in bounded time when its target does not answer?
pub(crate) fn is_bounded(call: &Call, guards: &Guards) -> Truth {
    // A stream lives as long as it likes; what bounds its silence is the limit on one read.
    if call.delivery == Delivery::Stream && guards.timeout.parts.iter().any(|part| part.scope == Scope::Read) {
        return Truth::Yes;
    }
    // "Not bounded" of several paths means: of one of them. Which one this is, a bounding part leaves open.
    let bounds_some = |part: &TimeoutPart| match part.scope {
        Scope::Attempt => guards.retry.state != RetryState::Unbounded,
        Scope::Operation | Scope::Total | Scope::Ambient => true,
        Scope::Connect | Scope::Acquire | Scope::Headers | Scope::Read => false,
    };
    match (guards.timeout.bounds_call, guards.timeout.state) {
        (Some(true), _) => Truth::Yes,
        (None, TimeoutState::None) => Truth::No,
        (None, _) | (Some(false), TimeoutState::Unknown) => Truth::Maybe,
        (Some(false), _) if guards.timeout.parts.iter().any(bounds_some) => Truth::Maybe,
        (Some(false), _) => Truth::No,
    }
}

/// Does it try again without end? Work in the background has nobody who waits for it.
fn retries_forever(call: &Call, guards: &Guards) -> Truth {
    if call.phase == Phase::Background {
        return Truth::No;
    }
    match guards.retry.state {
        RetryState::Unbounded => Truth::Yes,
        RetryState::Conditional if guards.retry.layers.iter().any(|layer| layer.is_unbounded) => Truth::Maybe,
        _ => Truth::No,
    }
}

/// A call and the way up to one entry, with nothing left undecided.
#[derive(Clone, Copy, Debug)]
struct Settled {
    passage: Passage,
    is_bounded: bool,
    retries_forever: bool,
    has_fallback: bool,
    is_checked: bool,
    changes_something: bool,
}

impl Settled {
    /// The state that the entry gets.
    fn outcome(self, seen: Seen) -> State {
        match self.passage {
            Passage::NotTaken => return State::Ok,
            // Nobody waits, so nobody fails or hangs; but what should have been written is lost.
            Passage::Detached if self.changes_something => return State::Degraded,
            Passage::Detached => return State::Ok,
            Passage::Hard | Passage::Soft => {}
        }
        let handled = if self.has_fallback || self.passage == Passage::Soft {
            State::Degraded
        } else {
            State::Failing
        };
        let refused = if self.retries_forever && !self.is_bounded {
            State::Hanging
        } else {
            handled
        };
        match seen {
            Seen::OkBody => State::Degraded,
            Seen::ErrorStatus if !self.is_checked => State::Degraded,
            Seen::ErrorStatus | Seen::Refused => refused,
            Seen::Overloaded => handled,
            Seen::NoAnswer if self.is_bounded => handled,
            Seen::NoAnswer => State::Hanging,
        }
    }
}

/// The outcomes of one call at one entry for everything that can be seen of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcomes {
    best: [State; N_SEEN],
    worst: [State; N_SEEN],
}

impl Outcomes {
    /// What `call` under `guards` does to an entry it reaches by ways between `best` and `worst`.
    /// `has_fallback` overrides the guard where the fallback is another component, whose state decides.
    pub(crate) fn of(call: &Call, guards: &Guards, best: Passage, worst: Passage, has_fallback: Truth) -> Self {
        let status = match call.status {
            StatusCheck::Checked => Truth::Yes,
            StatusCheck::Ignored => Truth::No,
            StatusCheck::Unknown => Truth::Maybe,
        };
        let (bounded, forever) = (is_bounded(call, guards), retries_forever(call, guards));
        let settle = |passage: Passage, is_best: bool| Settled {
            passage,
            is_bounded: bounded.settle(is_best),
            retries_forever: forever.settle(!is_best),
            has_fallback: has_fallback.settle(is_best),
            is_checked: status.settle(!is_best),
            changes_something: call.effect != Effect::Read,
        };
        Self {
            best: Seen::ALL.map(|seen| settle(best, true).outcome(seen)),
            worst: Seen::ALL.map(|seen| settle(worst, false).outcome(seen)),
        }
    }

    /// Either of the two may hold.
    pub(crate) fn or(self, other: Self) -> Self {
        let mut merged = self;
        for idx in 0..N_SEEN {
            merged.best[idx] = merged.best[idx].min(other.best[idx]);
            merged.worst[idx] = merged.worst[idx].max(other.worst[idx]);
        }
        merged
    }

    /// The best case; `None` = the target is well.
    pub(crate) fn best(&self, seen: Option<Seen>) -> State {
        seen.map_or(State::Ok, |seen| self.best[seen as usize])
    }

    /// The worst case.
    pub(crate) fn worst(&self, seen: Option<Seen>) -> State {
        seen.map_or(State::Ok, |seen| self.worst[seen as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::{Passage, Seen, Settled};
    use crate::model::analysis::State;

    const BARE: Settled = Settled {
        passage: Passage::Hard,
        is_bounded: false,
        retries_forever: false,
        has_fallback: false,
        is_checked: true,
        changes_something: false,
    };

    #[track_caller]
    fn check(call: Settled, expected: [State; 5]) {
        assert_eq!(Seen::ALL.map(|seen| call.outcome(seen)), expected, "{call:?}");
    }

    #[test]
    fn the_table_row_by_row() {
        use State::{Degraded, Failing, Hanging, Ok};
        // In order: ok-body, error-status, overloaded, refused, no-answer.
        check(BARE, [Degraded, Failing, Failing, Failing, Hanging]);
        check(
            Settled {
                is_bounded: true,
                ..BARE
            },
            [Degraded, Failing, Failing, Failing, Failing],
        );
        check(
            Settled {
                is_checked: false,
                ..BARE
            },
            [Degraded, Degraded, Failing, Failing, Hanging],
        );
        check(
            Settled {
                has_fallback: true,
                ..BARE
            },
            [Degraded, Degraded, Degraded, Degraded, Hanging],
        );
        check(
            Settled {
                passage: Passage::Soft,
                ..BARE
            },
            [Degraded, Degraded, Degraded, Degraded, Hanging],
        );
        check(
            Settled {
                passage: Passage::Soft,
                is_bounded: true,
                ..BARE
            },
            [Degraded, Degraded, Degraded, Degraded, Degraded],
        );
        check(
            Settled {
                passage: Passage::Detached,
                ..BARE
            },
            [Ok; 5],
        );
        check(
            Settled {
                passage: Passage::Detached,
                changes_something: true,
                ..BARE
            },
            [Degraded; 5],
        );
        check(
            Settled {
                passage: Passage::NotTaken,
                changes_something: true,
                ..BARE
            },
            [Ok; 5],
        );
        check(
            Settled {
                retries_forever: true,
                ..BARE
            },
            [Degraded, Hanging, Failing, Hanging, Hanging],
        );
        check(
            Settled {
                retries_forever: true,
                is_bounded: true,
                ..BARE
            },
            [Degraded, Failing, Failing, Failing, Failing],
        );
    }

    /// Exactness of the interval rests on this.
    #[test]
    fn monotone_in_every_argument() {
        let each = |bits: u32, passage| Settled {
            passage,
            is_bounded: bits & 1 != 0,
            retries_forever: bits & 2 == 0,
            has_fallback: bits & 4 != 0,
            is_checked: bits & 8 == 0,
            changes_something: bits & 16 != 0,
        };
        // A set bit among the first four is the better value.
        for bits in 0..32 {
            for passage in Passage::ALL {
                let states = Seen::ALL.map(|seen| each(bits, passage).outcome(seen));
                assert!(
                    states[0] <= states[1] && states[1] <= states[3] && states[3] <= states[4],
                    "{states:?}"
                );
                for better in [1, 2, 4, 8].map(|bit| bits | bit) {
                    for milder in Passage::ALL.into_iter().filter(|milder| passage <= *milder) {
                        for (seen, state) in Seen::ALL.into_iter().zip(states) {
                            assert!(
                                each(better, milder).outcome(seen) <= state,
                                "{seen:?} {bits} {passage:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}
