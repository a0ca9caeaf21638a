//! Brute force against the fixpoint: every unknown of a small random system is tried both ways, and the states of
//! a naive simulation must span exactly the interval that the analysis gives.

use proptest::prelude::*;

use super::{network::Network, notation, propagate::Scenario, routes::Routes};
use crate::model::{
    analysis::{Mode, State},
    call::{Condition, Delivery, Effect, FailureShowsAs, Handling, Phase, StatusCheck},
    guard::{PresenceState, RetryState, TimeoutState},
    system::{Call, System},
};

/// What is not known of a system, one coin for each.
#[derive(Clone, Copy, Debug)]
enum Unknown {
    Taken(usize),
    Handled(usize),
    Checked(usize),
    Bounded(usize),
    Fallback(usize),
    /// The entry's failure: refused or inside an ok.
    Shows(usize),
}

fn unknowns(system: &System) -> Vec<Unknown> {
    let mut unknowns = Vec::new();
    for (idx, call) in system.calls.iter().enumerate() {
        unknowns.extend((call.condition != Condition::Always).then_some(Unknown::Taken(idx)));
        unknowns.extend((call.handling == Handling::Unknown).then_some(Unknown::Handled(idx)));
        unknowns.extend((call.status == StatusCheck::Unknown).then_some(Unknown::Checked(idx)));
        unknowns.extend((call.guards.timeout.state == TimeoutState::Unknown).then_some(Unknown::Bounded(idx)));
        unknowns.extend((call.guards.fallback.state == PresenceState::Unknown).then_some(Unknown::Fallback(idx)));
    }
    for (idx, entry) in system.entries.iter().enumerate() {
        unknowns.extend((entry.failure_shows_as == FailureShowsAs::Unknown).then_some(Unknown::Shows(idx)));
    }
    unknowns
}

/// The system with each unknown decided by its coin; `None` = the call is not taken.
fn decide(system: &System, unknowns: &[Unknown], coins: u32) -> (System, Vec<bool>) {
    let mut decided = system.clone();
    let mut is_taken = vec![true; system.calls.len()];
    for (bit, unknown) in unknowns.iter().enumerate() {
        let heads = coins >> bit & 1 == 1;
        match *unknown {
            Unknown::Taken(idx) => is_taken[idx] = heads,
            Unknown::Handled(idx) => {
                decided.calls[idx].handling = if heads {
                    Handling::Swallowed
                } else {
                    Handling::Propagated
                };
            }
            Unknown::Checked(idx) => {
                decided.calls[idx].status = if heads {
                    StatusCheck::Checked
                } else {
                    StatusCheck::Ignored
                };
            }
            Unknown::Bounded(idx) => decided.calls[idx].guards.timeout.bounds_call = Some(heads),
            Unknown::Fallback(idx) => {
                decided.calls[idx].guards.fallback.state = if heads {
                    PresenceState::Present
                } else {
                    PresenceState::None
                };
            }
            Unknown::Shows(idx) => {
                decided.entries[idx].failure_shows_as = if heads {
                    FailureShowsAs::Closed
                } else {
                    FailureShowsAs::OkBody
                };
            }
        }
    }
    (decided, is_taken)
}

/// The states of all entries when `component` fails, every attribute known. Written from the prose of the
/// design, without a look at the table of `outcome`.
fn simulate(system: &System, is_taken: &[bool], component: u32, mode: Mode) -> Vec<State> {
    let mut states = vec![State::Ok; system.entries.len()];
    for (state, entry) in states.iter_mut().zip(&system.entries) {
        if entry.service == component {
            *state = if mode == Mode::Hang {
                State::Hanging
            } else {
                State::Failing
            };
        }
    }
    loop {
        let before = states.clone();
        for (call, _) in system.calls.iter().zip(is_taken).filter(|(_, taken)| **taken) {
            for &entry in &call.entries {
                let state = &mut states[entry as usize];
                if system.entries[entry as usize].service != component {
                    *state = (*state).max(step(system, call, component, mode, &before));
                }
            }
        }
        if states == before {
            return states;
        }
    }
}

fn step(system: &System, call: &Call, component: u32, mode: Mode, states: &[State]) -> State {
    let is_soft = matches!(call.handling, Handling::Swallowed | Handling::Logged)
        || call.guards.fallback.state == PresenceState::Present;
    let error = if is_soft { State::Degraded } else { State::Failing };
    let bounded = call.guards.timeout.bounds_call == Some(true);
    let refused = if call.guards.retry.state == RetryState::Unbounded && !bounded {
        State::Hanging
    } else {
        error
    };
    let silence = if bounded { error } else { State::Hanging };
    let target = call.target.expect("random systems have targets");
    // The one entry of the target, see `system`.
    let callee = system.entries.iter().position(|entry| entry.service == target);
    let outcome = if target == component {
        match mode {
            Mode::Hang => silence,
            Mode::Overload => error,
            Mode::Error | Mode::Change => refused,
        }
    } else {
        match callee.map(|callee| (states[callee], system.entries[callee].failure_shows_as)) {
            Some((State::Hanging, _)) => silence,
            Some((State::Failing, FailureShowsAs::OkBody)) => State::Degraded,
            Some((State::Failing, FailureShowsAs::Status)) if call.status == StatusCheck::Ignored => State::Degraded,
            Some((State::Failing, _)) => refused,
            _ => return State::Ok,
        }
    };
    match (call.phase, call.delivery, call.effect) {
        (Phase::Boot, ..) | (_, Delivery::Detached, Effect::Read) => State::Ok,
        (_, Delivery::Detached, _) => State::Degraded,
        _ => outcome,
    }
}

/// The analysis' result for each entry of another service than `component`.
fn analyzed(system: &System, component: u32, mode: Mode) -> Vec<(State, State)> {
    let routes = Routes::of(system);
    let network = Network::of(system, &routes);
    let mut scenario = Scenario::new(&network);
    scenario.run(component, mode);
    (0..)
        .zip(&system.entries)
        .map(|(node, _)| scenario.condition(node).state)
        .map(|s| (s.best, s.worst))
        .collect()
}

const MODES: [Mode; 3] = [Mode::Error, Mode::Hang, Mode::Overload];

/// One attribute of a call, as text; most often the known default.
fn attribute(name: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        8 => Just(String::new()),
        1 => prop::sample::select(values).prop_map(move |value| format!(" {name}={value}")),
    ]
}

/// Four services with one entry each, two things outside, up to eight calls.
fn system() -> impl Strategy<Value = String> {
    let call = (
        0..4_u32,
        0..6_u32,
        attribute("timeout", &["500", "?"]),
        attribute("fallback", &["yes", "?"]),
        attribute("handling", &["swallowed", "unknown", "logged"]),
        attribute("status", &["ignored", "unknown"]),
        (
            attribute("condition", &["branch"]),
            attribute("delivery", &["detached", "stream"]),
            attribute("phase", &["boot"]),
            attribute("effect", &["write"]),
            attribute("retry", &["3", "forever"]),
        ),
    );
    let call = call.prop_filter_map(
        "calls itself",
        |(from, to, timeout, fallback, handling, status, rest)| {
            let target = if to < 4 {
                format!("service s{to}")
            } else {
                format!("external x{to}")
            };
            let attributes = [
                timeout, fallback, handling, status, rest.0, rest.1, rest.2, rest.3, rest.4,
            ]
            .concat();
            (from != to).then(|| format!("service s{from} GET /e -> {target}{attributes}\n"))
        },
    );
    let shows = prop::collection::vec(prop::sample::select(&["status", "ok-body", "closed", "unknown"][..]), 4);
    (prop::collection::vec(call, 1..8), shows).prop_map(|(calls, shows)| {
        let entries = (0..)
            .zip(shows)
            .map(|(idx, shows): (u32, _)| format!("entry service s{idx} GET /e shows={shows}\n"));
        entries.chain(calls).collect()
    })
}

/// Compare all scenarios of two systems with the same calls: the second must nowhere be worse.
fn assert_never_worse(before: &System, after: &System, modes: &[Mode], what: &str) {
    for component in 0..u32::try_from(before.components.len()).expect("few components") {
        for &mode in modes {
            let pairs = analyzed(before, component, mode)
                .into_iter()
                .zip(analyzed(after, component, mode));
            for (idx, (old, new)) in pairs.enumerate() {
                assert!(
                    new.0 <= old.0 && new.1 <= old.1,
                    "{what} makes entry {idx} worse: {old:?} -> {new:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_interval_is_what_brute_force_finds(text in system()) {
        let system = notation::read(&text);
        let unknowns = unknowns(&system);
        prop_assume!(unknowns.len() <= 10);
        for component in 0..u32::try_from(system.components.len()).expect("few components") {
            for mode in MODES {
                let mut found: Vec<(State, State)> = vec![(State::Hanging, State::Ok); system.entries.len()];
                for coins in 0..1_u32 << unknowns.len() {
                    let (decided, is_taken) = decide(&system, &unknowns, coins);
                    for (span, state) in found.iter_mut().zip(simulate(&decided, &is_taken, component, mode)) {
                        *span = (span.0.min(state), span.1.max(state));
                    }
                }
                prop_assert_eq!(analyzed(&system, component, mode), found, "component {} {:?}", component, mode);
            }
        }
    }

    #[test]
    fn a_guard_more_never_worsens(text in system(), at in any::<prop::sample::Index>()) {
        let before = notation::read(&text);
        let idx = at.index(before.calls.len());
        let modes = [Mode::Error, Mode::Hang];
        let with = |what: &str, change: &dyn Fn(&mut Call)| {
            let mut after = before.clone();
            change(&mut after.calls[idx]);
            assert_never_worse(&before, &after, &modes, what);
        };
        with("a timeout", &|call| {
            call.guards.timeout.state = TimeoutState::Explicit;
            call.guards.timeout.bounds_call = Some(true);
        });
        with("a breaker", &|call| call.guards.breaker.state = PresenceState::Present);
        with("a bulkhead", &|call| {
            call.guards.bulkhead.state = PresenceState::Present;
            call.guards.bulkhead.at = Some(call.at.clone());
        });
        with("a local fallback", &|call| call.guards.fallback.state = PresenceState::Present);
    }

    #[test]
    fn a_hard_call_more_never_improves(text in system(), from in 0..4_u32, to in 0..4_u32) {
        prop_assume!(from != to);
        let (before, after) = (notation::read(&text), format!("{text}service s{from} GET /e -> service s{to}\n"));
        assert_never_worse(&notation::read(&after), &before, &MODES, "a call less");
    }
}
