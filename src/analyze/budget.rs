//! Timeout budgets: does a call give up before what it waits for can have ended?
//!
//! Two forms. *Across services*: the caller's limit on one try is shorter than what the callee may wait itself.
//! *Inside one call*: a limit around the retries is shorter than all tries together, so some never run.
//!
//! ## Imprecision
//! Whether the callee's calls run one after the other or at once is not part of the model. What is claimed holds
//! in both cases where `is_exact`; else the sum was taken.

use super::{
    network::{Network, Use},
    outcome::Seen,
    timing::Limits,
};
use crate::model::{
    analysis::{State, TimeoutBudget},
    call::{Delivery, Phase},
    location::Evidence,
    system::Call,
};

/// What a node may wait for its own calls, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
struct Need {
    /// One after the other: calls that are always made.
    sum_ms: u64,
    /// The longest that is always made.
    longest_ms: u64,
    longest: Option<u32>,
}

/// All inverted budgets, sorted by caller.
pub(crate) fn timeout_budgets(network: &Network<'_>) -> Vec<TimeoutBudget> {
    let needs = needs(network);
    let mut budgets = Vec::new();
    for (idx, call) in (0..).zip(&network.system.calls) {
        if call.phase == Phase::Boot || call.delivery == Delivery::Stream {
            continue;
        }
        let limits = Limits::of(&call.guards);
        if let (Some(outer), Some(all)) = (limits.outer_ms, limits.all_attempts_ms())
            && limits.attempts != Some(1)
            && outer < all
        {
            let reason = format!("a limit of {outer} ms around tries that may take {all} ms together");
            let path = vec![Evidence {
                at: call.at.clone(),
                reason,
                function: Some(call.function.clone()),
            }];
            budgets.push(TimeoutBudget {
                caller: idx,
                budget_ms: outer,
                needed_ms: all,
                is_exact: true,
                path,
            });
        }
        budgets.extend(across(network, &needs, idx, call));
    }
    budgets
}

fn needs(network: &Network<'_>) -> Vec<Need> {
    let mut needs = vec![Need::default(); network.nodes.len()];
    for used in &network.uses {
        let (Some(wait), true) = (used.wait_ms, is_always_waited_for(used)) else {
            continue;
        };
        let need = &mut needs[used.node as usize];
        need.sum_ms = need.sum_ms.saturating_add(wait);
        if need.longest_ms < wait {
            (need.longest_ms, need.longest) = (wait, Some(used.call));
        }
    }
    needs
}

/// Even at best the entry is harmed: the call is made, and waited for.
fn is_always_waited_for(used: &Use) -> bool {
    used.outcomes.best(Some(Seen::NoAnswer)) != State::Ok
}

fn across(network: &Network<'_>, needs: &[Need], idx: u32, call: &Call) -> Option<TimeoutBudget> {
    let limits = Limits::of(&call.guards);
    let budget_ms = [limits.attempt_ms, limits.outer_ms].into_iter().flatten().min()?;
    // Of several entries that may be meant, the one that needs the least: the claim holds for each of them.
    let need = network.callees_of(idx).map(|node| needs[node as usize]);
    let need = need.min_by_key(|need| (need.sum_ms, need.longest_ms))?;
    if need.sum_ms <= budget_ms {
        return None;
    }
    let inner = &network.system.calls[need.longest? as usize];
    let hop = |call: &Call, reason: String| Evidence {
        at: call.at.clone(),
        reason,
        function: Some(call.function.clone()),
    };
    let target = |call: &Call| super::radius::target_name(network.system, call);
    let path = vec![
        hop(call, format!("waits {budget_ms} ms for {}", target(call))),
        hop(
            inner,
            format!("which may wait {} ms for {}", need.longest_ms, target(inner)),
        ),
    ];
    let is_exact = budget_ms < need.longest_ms;
    Some(TimeoutBudget {
        caller: idx,
        budget_ms,
        needed_ms: need.sum_ms,
        is_exact,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::timeout_budgets;
    use crate::analyze::{network::Network, notation, routes::Routes};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let system = notation::read(text);
        let network = Network::of(&system, &Routes::of(&system));
        let lines: Vec<String> = timeout_budgets(&network)
            .iter()
            .map(|budget| {
                let exact = if budget.is_exact { "exact" } else { "at most" };
                format!(
                    "call {}: {} < {} {exact}",
                    budget.caller, budget.budget_ms, budget.needed_ms
                )
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_caller_gives_up_before_the_callee_does() {
        let inner = "service b GET /b -> external x timeout=500 retry=3";
        check(
            &format!("service a main -> service b/b timeout=1000\n{inner}"),
            &["call 0: 1000 < 1500 exact"],
        );
        check(&format!("service a main -> service b/b timeout=2000\n{inner}"), &[]);
        check(&format!("service a main -> service b/b\n{inner}"), &[]);
        check(
            &format!("service a main -> service b/b timeout=1000\n{inner} condition=branch"),
            &[],
        );
        check(
            &format!("service a main -> service b/b timeout=1000\n{inner} delivery=detached"),
            &[],
        );
    }

    #[test]
    fn calls_one_after_the_other_add_up() {
        check(
            "service a main -> service b/b timeout=800\nservice b GET /b -> external x timeout=500\n\
             service b GET /b -> external y timeout=500",
            &["call 0: 800 < 1000 at most"],
        );
    }

    #[test]
    fn a_limit_around_the_tries_kills_the_last_ones() {
        check(
            "service a main -> external x attempt=500 retry=3 wrap=900",
            &["call 0: 900 < 1500 exact"],
        );
        check("service a main -> external x attempt=500 retry=3 wrap=1500", &[]);
    }
}
