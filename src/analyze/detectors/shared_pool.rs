//! Calls to several targets draw on one bounded thing: one slow target takes it from the others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Draft, calls};
use crate::model::{guard::PresenceState, location::Location};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let mut pools: BTreeMap<(&Location, u32), Vec<u32>> = BTreeMap::new();
    for (idx, call) in calls(context) {
        if let (PresenceState::Present, Some(at)) = (call.guards.bulkhead.state, &call.guards.bulkhead.at) {
            for &service in &call.services {
                pools.entry((at, service)).or_default().push(idx);
            }
        }
    }
    pools
        .into_iter()
        .filter_map(|((at, service), calls)| draft(context, at, service, &calls))
        .collect()
}

fn draft(context: &Context<'_>, at: &Location, service: u32, calls: &[u32]) -> Option<Draft> {
    let targets: BTreeSet<u32> = calls
        .iter()
        .filter_map(|idx| context.system.calls[*idx as usize].target)
        .collect();
    let least = context.parameters.get("min-targets").copied().unwrap_or(2);
    if (targets.len() as u64) < least {
        return None;
    }
    let names: Vec<String> = targets
        .iter()
        .map(|target| context.system.components[*target as usize].id().to_string())
        .collect();
    let names = names.join(", ");
    let service_name = context.system.components[service as usize].id();
    let what =
        format!("from a pool that {service_name} shares between {names}: one slow target takes it from the others");
    let draft = Draft::of_call(
        context,
        *calls.first()?,
        &what,
        "give each target its own share of the pool",
    );
    Some(Draft {
        at: at.clone(),
        target: format!("{service_name} {names}"),
        component: Some(service),
        ..draft
    })
}

#[cfg(test)]
mod tests {
    use crate::analyze::{
        AnalyzeSettings,
        detectors::tests::{check, check_system},
        notation,
    };

    #[test]
    fn the_settings_say_how_many() {
        let rule = "shared-pool-without-bulkhead";
        let system = notation::read("service a main -> external x bulkhead=1\nservice a main -> external y bulkhead=1");
        let mut settings = AnalyzeSettings::default();
        let set = std::collections::BTreeMap::from([("min-targets".into(), 3)]);
        settings.parameters.insert(rule.into(), set);
        check_system(rule, &system, &settings, &[]);
    }

    #[test]
    fn only_a_pool_with_several_targets() {
        check(
            "shared-pool-without-bulkhead",
            "service a main -> external x bulkhead=1\nservice a main -> external y bulkhead=1\n\
             service a main -> external z bulkhead=yes\nservice b main -> external x bulkhead=9\nservice b main -> external x bulkhead=9",
            &[
                "advice 1: a::main calls external:x (reqwest GET) from a pool that service:a shares between external:x, \
               external:y: one slow target takes it from the others",
            ],
        );
    }
}
