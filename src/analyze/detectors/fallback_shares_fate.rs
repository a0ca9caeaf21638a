//! What is asked instead fails together with what it replaces.

use super::{Context, Draft, calls};
use crate::{
    graph::{storage::Direction, system::SystemGraph},
    model::{
        analysis::{Mode, State},
        guard::PresenceState,
        system::{ComponentIdx, EdgeKind},
    },
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
    let graph = SystemGraph::of(context.system);
    let ground_of = |component| graph.reach([component], Direction::Forward, |kind| kind == EdgeKind::RunsOn);
    let shared = ground_of(target).intersection(&ground_of(fallback)).iter().next()?;
    Some(format!(
        "and both run on {}",
        context.system.components[shared.idx()].id()
    ))
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
