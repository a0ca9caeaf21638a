//! A third-party package reaches something outside, and nothing in the service's own code names it.

use std::collections::BTreeSet;

use super::{Context, Draft, calls};
use crate::model::{call::ComponentKind, system::Call};

/// How the root of a third-party package's source begins.
const THIRD_PARTY: &str = "dep:";

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let is_third_party = |call: &Call| call.at.root.starts_with(THIRD_PARTY);
    let pairs = |call: &Call| {
        call.services
            .iter()
            .copied()
            .zip(std::iter::repeat(call.target))
            .collect::<Vec<_>>()
    };
    let own: BTreeSet<_> = calls(context)
        .filter(|(_, call)| !is_third_party(call))
        .flat_map(|(_, call)| pairs(call))
        .collect();
    let mut said = BTreeSet::new();
    let mut drafts = Vec::new();
    for (idx, call) in calls(context).filter(|(_, call)| is_third_party(call)) {
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
    let what = format!("on behalf of {name}, whose own code does not name it");
    let fix = "make the client or its address and limits a parameter, and declare the target";
    let mut draft = Draft::of_call(context, idx, &what, fix);
    // The reader can change the last place of their own code, not the package.
    if let Some(last) = call
        .path
        .iter()
        .rev()
        .find(|step| !step.at.root.starts_with(THIRD_PARTY))
    {
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
    fn only_what_the_own_code_does_not_name() {
        let mut system = notation::read(
            "service a main -> external x fn=sdk::send\nservice a main -> external x fn=sdk::send\n\
             service a main -> external y fn=sdk::send\nservice a main -> external y",
        );
        for call in &mut system.calls[..3] {
            call.at.root = Name::new("dep:cargo/sdk@1.0.0");
        }
        check_system(
            "hidden-egress-in-dependency",
            &system,
            &AnalyzeSettings::default(),
            &[
                "warn 1: sdk::send calls external:x (reqwest GET) on behalf of service:a, whose own code does not name it",
            ],
        );
    }
}
