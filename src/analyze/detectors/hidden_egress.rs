//! A third-party package reaches something outside, and nothing in the service's own code names it.

use std::collections::BTreeSet;

use super::{Context, Draft, calls};
use crate::model::{call::ComponentKind, guard::TimeoutState, system::Call};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let pairs = |call: &Call| {
        call.services
            .iter()
            .copied()
            .zip(std::iter::repeat(call.target))
            .collect::<Vec<_>>()
    };
    let own: BTreeSet<_> = calls(context)
        .filter(|(_, call)| call.is_named)
        .flat_map(|(_, call)| pairs(call))
        .collect();
    let mut said = BTreeSet::new();
    let mut drafts = Vec::new();
    let hidden = calls(context).filter(|(_, call)| call.at.is_third_party() && !call.is_named);
    for (idx, call) in hidden {
        let is_outside = call
            .target
            .is_some_and(|target| context.system.components[target as usize].kind == ComponentKind::External);
        for pair in pairs(call) {
            if is_outside && !own.contains(&pair) && said.insert(pair) {
                drafts.push(draft(context, idx, pair.0));
            }
        }
    }
    drafts
}

fn draft(context: &Context<'_>, idx: u32, service: u32) -> Draft {
    let call = &context.system.calls[idx as usize];
    let name = context.system.components[service as usize].id();
    let limit = match (call.guards.timeout.state, call.guards.timeout.bounds_call) {
        (TimeoutState::None, _) => " and without a timeout",
        (_, Some(false)) => " and without a timeout that bounds it",
        _ => "",
    };
    let what = format!("on behalf of {name}, whose own code does not name it{limit}");
    let fix = "make the client or its address and limits a parameter, and declare the target";
    let mut draft = Draft::of_call(context, idx, &what, fix);
    // The reader can change the last place of their own code, not the package.
    let last_own = call.path.iter().rev().find(|step| !step.at.is_third_party());
    if let Some(last) = last_own {
        draft.at.clone_from(&last.at);
    }
    draft.component = Some(service);
    draft.target = format!("{name} {}", draft.target);
    draft
}

#[cfg(test)]
mod tests {
    use crate::{
        analyze::{AnalyzeSettings, detectors::tests::check_system, notation},
        model::Name,
    };

    #[test]
    fn only_what_neither_own_calls_nor_own_texts_name() {
        let mut system = notation::read(
            "service a main -> external x fn=sdk::send named=no\nservice a main -> external x fn=sdk::send named=no\n\
             service a main -> external y fn=sdk::send named=no\nservice a main -> external z fn=sdk::send\n\
             service a main -> external y\nservice b main -> external x fn=sdk::send named=no timeout=5",
        );
        for call in system.calls.iter_mut().filter(|call| call.function == "sdk::send") {
            call.at.root = Name::new("dep:cargo/sdk@1.0.0");
        }
        check_system(
            "hidden-egress-in-dependency",
            &system,
            &AnalyzeSettings::default(),
            &[
                "warn 1: sdk::send calls external:x (reqwest GET) on behalf of service:a, whose own code does not name it and without a timeout",
                "warn 6: sdk::send calls external:x (reqwest GET) on behalf of service:b, whose own code does not name it",
            ],
        );
    }
}
