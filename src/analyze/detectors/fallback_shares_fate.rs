//! What is asked instead fails together with what it replaces.

use super::{Context, Draft, calls};
use crate::model::{
    analysis::{Mode, State},
    guard::PresenceState,
    system::{ComponentIdx, Edge, EdgeKind},
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| call.guards.fallback.state == PresenceState::Present)
        .filter_map(|(idx, call)| {
            let (target, fallback) = (call.target?, context.network.fallback_of[idx as usize]?);
            let why = shared_fate(context, target, fallback)?;
            let what = format!(
                "and falls back to {}, {why}",
                context.system.components[fallback as usize].id()
            );
            Some(Draft::of_call(
                context,
                idx,
                &what,
                "fall back to something that stands on its own, best of all local",
            ))
        })
        .collect()
}

fn shared_fate(context: &Context<'_>, target: ComponentIdx, fallback: ComponentIdx) -> Option<String> {
    if target == fallback {
        return Some("which is the same".to_owned());
    }
    let is_down = context.radii.iter().any(|radius| {
        radius.component == target
            && matches!(radius.mode, Mode::Error | Mode::Hang)
            && radius
                .affected
                .iter()
                .any(|one| one.component == fallback && State::Failing <= one.best)
    });
    if is_down {
        return Some("which fails when it does".to_owned());
    }
    let ground = ground_of(context, target);
    let shared = ground_of(context, fallback)
        .into_iter()
        .find(|host| ground.contains(host))?;
    Some(format!(
        "and both run on {}",
        context.system.components[shared as usize].id()
    ))
}

/// What the component runs on, at any depth.
fn ground_of(context: &Context<'_>, component: ComponentIdx) -> Vec<ComponentIdx> {
    let mut ground = vec![component];
    let mut next = 0;
    while next < ground.len() {
        let above = ground[next];
        let is_under = |edge: &&Edge| edge.kind == EdgeKind::RunsOn && edge.from == above;
        for edge in context.system.edges.iter().filter(is_under) {
            if !ground.contains(&edge.to) {
                ground.push(edge.to);
            }
        }
        next += 1;
    }
    ground
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    const RULE: &str = "fallback-shares-fate";

    #[test]
    fn the_same_a_dependent_or_a_neighbour() {
        check(
            RULE,
            "service a main -> cache c fallback=datastore:d\nservice b main -> datastore d\n\
             cache c runs-on infrastructure node\ndatastore d runs-on infrastructure node",
            &[
                "warn 1: a::main calls cache:c (reqwest GET) and falls back to datastore:d, and both run on infrastructure:node",
            ],
        );
        check(
            RULE,
            "service a main -> external x fallback=service:b\nservice b GET /b -> external x",
            &["warn 1: a::main calls external:x (reqwest GET) and falls back to service:b, which fails when it does"],
        );
    }

    #[test]
    fn what_stands_on_its_own_is_fine() {
        check(
            RULE,
            "service a main -> external x fallback=service:b\nservice b GET /b -> external y",
            &[],
        );
        check(RULE, "service a main -> external x fallback=yes", &[]);
    }
}
