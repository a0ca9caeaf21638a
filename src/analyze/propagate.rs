//! Failure propagation: one component fails in one mode, what becomes of every entry?
//!
//! The states are a chain and every use is monotone, so the least fixpoint is unique and does not depend on the
//! order of work. It is computed twice at once: every unknown settled for the better, and for the worse. Work is
//! bound by the uses that the failure reaches, not by the size of the system.

use std::collections::VecDeque;

use super::{
    network::{Network, Use},
    outcome::{Interval, Seen},
};
use crate::model::{
    analysis::{Mode, State},
    call::FailureShowsAs,
    system::ComponentIdx,
};

/// Why a node has its worst state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It belongs to what fails.
    Fails,
    /// That use of something that is not well.
    Use(u32),
    /// It waits for a bounded thing that this use holds.
    Sibling(u32),
}

/// One node's result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    pub(crate) state: Interval,
    pub(crate) cause: Option<Cause>,
    /// Until it answers; `None` = unknown or unbounded. Only said where the target does not answer.
    pub(crate) latency_ms: Option<u64>,
}

const WELL: Condition = Condition {
    state: Interval::OK,
    cause: None,
    latency_ms: None,
};

/// A workplace for one scenario after the other.
pub(crate) struct Scenario<'n, 's> {
    network: &'n Network<'s>,
    conditions: Vec<Condition>,
    /// Nodes that are not well, in the order in which that was found; also those of the failed components.
    touched: Vec<u32>,
    component: ComponentIdx,
    /// The components that fail together, sorted.
    failed: Vec<ComponentIdx>,
    /// Uses of something that is not well.
    used: Vec<u32>,
    is_used: Vec<bool>,
    seed: Seen,
    /// Work that is left: links whose view may have changed, sets of callees, pools that are held.
    links: Queue,
    sets: Queue,
    pools: Queue,
    /// Which use holds the pool.
    holder: Vec<u32>,
}

/// A queue that holds each item once.
struct Queue {
    waiting: VecDeque<u32>,
    is_waiting: Vec<bool>,
}

impl Queue {
    fn of_size(size: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            is_waiting: vec![false; size],
        }
    }

    fn push(&mut self, item: u32) {
        if !std::mem::replace(&mut self.is_waiting[item as usize], true) {
            self.waiting.push_back(item);
        }
    }

    fn pop(&mut self) -> Option<u32> {
        let item = self.waiting.pop_front()?;
        self.is_waiting[item as usize] = false;
        Some(item)
    }
}

impl<'n, 's> Scenario<'n, 's> {
    pub(crate) fn new(network: &'n Network<'s>) -> Self {
        Self {
            network,
            conditions: vec![WELL; network.nodes.len()],
            touched: Vec::new(),
            component: ComponentIdx::MAX,
            failed: Vec::new(),
            used: Vec::new(),
            is_used: vec![false; network.uses.len()],
            seed: Seen::Refused,
            links: Queue::of_size(network.links.len()),
            sets: Queue::of_size(network.callee_sets.len()),
            pools: Queue::of_size(network.pools.len()),
            holder: vec![0; network.pools.len()],
        }
    }

    /// Let `component`, with all that runs on it, fail in `mode` ([`Mode::Change`] fails nobody).
    pub(crate) fn run(&mut self, component: ComponentIdx, mode: Mode) {
        self.reset();
        self.component = component;
        let (seed, state) = match mode {
            Mode::Change => return,
            // The worse of "refuses" and "answers an error".
            Mode::Error => (Seen::Refused, State::Failing),
            // The worse of "no connection" and "no answer".
            Mode::Hang => (Seen::NoAnswer, State::Hanging),
            Mode::Overload => (Seen::Overloaded, State::Failing),
        };
        self.seed = seed;
        self.failed = self.fate_of(component);
        let network = self.network;
        for failed in self.failed.clone() {
            for &node in &network.nodes_of[failed as usize] {
                self.touched.push(node);
                let state = Interval {
                    best: state,
                    worst: state,
                };
                self.conditions[node as usize] = Condition {
                    state,
                    cause: Some(Cause::Fails),
                    latency_ms: None,
                };
            }
        }
        for failed in self.failed.clone() {
            for &link in &network.links_to[failed as usize] {
                self.links.push(link);
            }
        }
        loop {
            if let Some(link) = self.links.pop() {
                self.apply_link(link);
            } else if let Some(set) = self.sets.pop() {
                for &link in &network.links_of_set[set as usize] {
                    self.links.push(link);
                }
            } else if let Some(pool) = self.pools.pop() {
                self.drain(pool);
            } else {
                break;
            }
        }
    }

    fn reset(&mut self) {
        for node in self.touched.drain(..) {
            self.conditions[node as usize] = WELL;
        }
        for used in self.used.drain(..) {
            self.is_used[used as usize] = false;
        }
        self.failed.clear();
    }

    /// The component and everything that runs on it, sorted.
    fn fate_of(&self, component: ComponentIdx) -> Vec<ComponentIdx> {
        let mut fate = vec![component];
        let mut next = 0;
        while next < fate.len() {
            for &tenant in &self.network.tenants[fate[next] as usize] {
                if !fate.contains(&tenant) {
                    fate.push(tenant);
                }
            }
            next += 1;
        }
        fate.sort_unstable();
        fate
    }

    /// What the caller sees, in the best and in the worst case.
    fn seen(&self, link: u32) -> (Option<Seen>, Option<Seen>) {
        let network = self.network;
        let link = &network.links[link as usize];
        if self.has_failed(link.target) {
            return (Some(self.seed), Some(self.seed));
        }
        let Some(set) = link.callees else {
            return (None, None);
        };
        let nodes = network.callee_sets[set as usize].iter();
        let seen = nodes.map(|node| {
            let (shows_as, state) = (
                network.nodes[*node as usize].shows_as,
                self.conditions[*node as usize].state,
            );
            (
                seen_from(state.best, shows_as, true),
                seen_from(state.worst, shows_as, false),
            )
        });
        seen.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
            .unwrap_or((None, None))
    }

    fn apply_link(&mut self, link: u32) {
        let (network, (best, worst)) = (self.network, self.seen(link));
        if worst.is_none() {
            return;
        }
        for &used in &network.uses_of_link[link as usize] {
            self.apply(used, best, worst);
        }
    }

    fn apply(&mut self, used_idx: u32, best: Option<Seen>, worst: Option<Seen>) {
        let network = self.network;
        let used = &network.uses[used_idx as usize];
        if !std::mem::replace(&mut self.is_used[used_idx as usize], true) {
            self.used.push(used_idx);
        }
        let state = self.state_of(used, best, worst);
        let latency_ms = self.latency(used, worst);
        self.raise(used.node, state, Cause::Use(used_idx), latency_ms);
        if state.worst == State::Hanging
            && let Some(pool) = used.pool
        {
            self.holder[pool as usize] = used_idx;
            self.pools.push(pool);
        }
    }

    fn state_of(&self, used: &Use, best: Option<Seen>, worst: Option<Seen>) -> Interval {
        let fallback = used
            .without_fallback
            .as_ref()
            .map(|(component, without)| (self.health(*component), without));
        let (with_best, with_worst) = (&used.outcomes, &used.outcomes);
        let (best_table, worst_table) = match fallback {
            Some((health, without)) => (
                if State::Failing <= health.best {
                    without
                } else {
                    with_best
                },
                if State::Failing <= health.worst {
                    without
                } else {
                    with_worst
                },
            ),
            None => (with_best, with_worst),
        };
        Interval {
            best: best_table.best(best),
            worst: worst_table.worst(worst),
        }
    }

    /// A component seen as a whole: the mildest of its nodes at best, the worst at worst.
    fn health(&self, component: ComponentIdx) -> Interval {
        if self.has_failed(component) {
            return Interval {
                best: State::Failing,
                worst: State::Hanging,
            };
        }
        let states = self.network.nodes_of[component as usize]
            .iter()
            .map(|node| self.conditions[*node as usize].state);
        states
            .reduce(|one, other| Interval {
                best: one.best.min(other.best),
                worst: one.worst.max(other.worst),
            })
            .unwrap_or(Interval::OK)
    }

    /// How long the entry waits here: for its own limit, or until a callee gives up that waits itself.
    fn latency(&self, used: &Use, worst: Option<Seen>) -> Option<u64> {
        match worst? {
            Seen::NoAnswer => used.wait_ms,
            Seen::Overloaded => None,
            Seen::Refused | Seen::ErrorStatus | Seen::OkBody => {
                let set = self.network.links[used.link? as usize].callees?;
                let nodes = self.network.callee_sets[set as usize].iter();
                let callee = nodes
                    .filter_map(|node| self.conditions[*node as usize].latency_ms)
                    .max()?;
                Some(used.wait_ms.map_or(callee, |wait| wait.min(callee)))
            }
        }
    }

    /// The uses that need what a hanging one holds. How much of it there is, is not known: at best there is enough.
    fn drain(&mut self, pool: u32) {
        let (network, holder) = (self.network, self.holder[pool as usize]);
        for &used in &network.pools[pool as usize] {
            let waiting = &network.uses[used as usize];
            let worst = waiting.outcomes.worst(Some(Seen::NoAnswer));
            self.raise(
                waiting.node,
                Interval { best: State::Ok, worst },
                Cause::Sibling(holder),
                waiting.wait_ms,
            );
        }
    }

    fn raise(&mut self, node: u32, state: Interval, cause: Cause, latency_ms: Option<u64>) {
        let condition = &mut self.conditions[node as usize];
        if condition.cause == Some(Cause::Fails) {
            return;
        }
        let old = condition.state;
        condition.state = Interval {
            best: old.best.max(state.best),
            worst: old.worst.max(state.worst),
        };
        if old.worst < state.worst {
            if old == Interval::OK {
                self.touched.push(node);
            }
            condition.cause = Some(cause);
            condition.latency_ms = latency_ms;
        } else if old.worst == state.worst && state.worst != State::Ok {
            condition.latency_ms = condition.latency_ms.zip(latency_ms).map(|(one, other)| one.max(other));
        }
        if condition.state != old {
            for &set in &self.network.sets_with[node as usize] {
                self.sets.push(set);
            }
            // A component that others fall back to is seen as a whole.
            for &used in &self.network.fallbacks_to[self.network.nodes[node as usize].service as usize] {
                if let Some(link) = self.network.uses[used as usize].link {
                    self.links.push(link);
                }
            }
        }
    }

    /// Does the component fail by the scenario itself?
    pub(crate) fn has_failed(&self, component: ComponentIdx) -> bool {
        self.failed.binary_search(&component).is_ok()
    }

    /// The node's result.
    pub(crate) fn condition(&self, node: u32) -> &Condition {
        &self.conditions[node as usize]
    }

    /// Nodes that may not be well, sorted; without those of the component itself.
    pub(crate) fn affected(&self) -> Vec<u32> {
        let mut affected: Vec<u32> = self
            .touched
            .iter()
            .copied()
            .filter(|node| self.network.nodes[*node as usize].service != self.component)
            .collect();
        affected.sort_unstable();
        affected
    }

    /// Calls that widen the interval by what is unknown of themselves, sorted.
    pub(crate) fn undecided(&self) -> Vec<u32> {
        let widens = |used: &&u32| {
            let used = &self.network.uses[**used as usize];
            let worst = used.link.and_then(|link| self.seen(link).1);
            let state = self.state_of(used, worst, worst);
            state.best != state.worst
        };
        let mut calls: Vec<u32> = self
            .used
            .iter()
            .filter(widens)
            .map(|used| self.network.uses[*used as usize].call)
            .collect();
        calls.sort_unstable();
        calls.dedup();
        calls
    }
}

/// What a caller sees of an entry in that state.
fn seen_from(state: State, shows_as: FailureShowsAs, is_best: bool) -> Option<Seen> {
    match (state, shows_as) {
        // Degraded looks like success from outside.
        (State::Ok | State::Degraded, _) => None,
        (State::Hanging, _) => Some(Seen::NoAnswer),
        (State::Failing, FailureShowsAs::OkBody) => Some(Seen::OkBody),
        (State::Failing, FailureShowsAs::Status) => Some(Seen::ErrorStatus),
        (State::Failing, FailureShowsAs::Closed) => Some(Seen::Refused),
        (State::Failing, FailureShowsAs::Unknown) if is_best => Some(Seen::OkBody),
        (State::Failing, FailureShowsAs::Unknown) => Some(Seen::Refused),
    }
}
