//! The failure of a call ends in silence: dropped, or replaced by a default, and nothing tells of it.

use super::{Context, Draft, calls};
use crate::{
    analyze::radius::target_name,
    model::{
        call::{Effect, Handling},
        finding::Level,
        guard::PresenceState,
        location::Evidence,
        system::{Call, Site},
    },
};

/// A message names so many targets.
const MAX_NAMED: usize = 3;

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let at_calls = calls(context).filter(|(_, call)| {
        let has_fallback = call.effect == Effect::Read && call.guards.fallback.state == PresenceState::Present;
        call.handling == Handling::Swallowed && !call.observed && !has_fallback
    });
    let at_sites = context
        .system
        .sites
        .iter()
        .filter(|site| site.handling == Handling::Swallowed && !site.observed);
    at_calls
        .map(|(idx, call)| {
            Draft::of_call(
                context,
                idx,
                &format!("and drops its failure: {}", consequence(&[call])),
                fix(&[call]),
            )
        })
        .chain(at_sites.filter_map(|site| of_site(context, site)))
        .collect()
}

fn of_site(context: &Context<'_>, site: &Site) -> Option<Draft> {
    let reached: Vec<&Call> = site
        .reaches
        .iter()
        .map(|idx| &context.system.calls[*idx as usize])
        .collect();
    let first = *reached.first()?;
    if site.local.fallback.state == PresenceState::Present && reached.iter().all(|call| call.effect == Effect::Read) {
        return None;
    }
    let mut targets: Vec<String> = reached.iter().map(|call| target_name(context.system, call)).collect();
    targets.sort();
    targets.dedup();
    let n_more = targets.len().saturating_sub(MAX_NAMED);
    let more = if n_more == 0 {
        String::new()
    } else {
        format!(" and {n_more} more")
    };
    let named = format!("{}{more}", targets[..targets.len().min(MAX_NAMED)].join(", "));
    let (function, callee) = (&site.function, &site.callee);
    let step = |at: &crate::model::location::Location, reason: String| Evidence {
        at: at.clone(),
        reason,
        function: None,
    };
    Some(Draft {
        at: site.at.clone(),
        package: site.package.clone(),
        function: function.clone(),
        message: format!(
            "{function} drops the failure of {callee}, which calls {named}: {}",
            consequence(&reached)
        ),
        target: targets.join(" "),
        component: first.services.first().copied(),
        call: site.reaches.first().copied(),
        fix: fix(&reached),
        path: vec![
            step(&site.at, format!("drops the failure of {callee}")),
            step(&first.at, format!("calls {}", target_name(context.system, first))),
        ],
        confidence: first.confidence,
        max_level: Level::Error,
    })
}

fn loses_something(calls: &[&Call]) -> bool {
    calls.iter().any(|call| call.effect != Effect::Read)
}

fn consequence(calls: &[&Call]) -> &'static str {
    if loses_something(calls) {
        "what it should have written is lost in silence"
    } else {
        "content is missing in silence"
    }
}

fn fix(calls: &[&Call]) -> String {
    let fix = if loses_something(calls) {
        "hand the error on, or keep what was to be written and try it later; record it in both cases"
    } else {
        "hand the error on, or decide on a fallback and record that it was used"
    };
    fix.to_owned()
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    const RULE: &str = "failure-swallowed";

    #[test]
    fn only_silence() {
        check(
            RULE,
            "service a main -> external x handling=swallowed\nservice a main -> external y handling=logged\n\
             service a main -> external z handling=swallowed observed=yes\nservice a main -> external w\n\
             service a main -> external v handling=swallowed fallback=yes\nservice a main -> external u handling=unknown",
            &["warn 1: a::main calls external:x (reqwest GET) and drops its failure: content is missing in silence"],
        );
    }

    #[test]
    fn a_write_is_lost_whatever_stands_in() {
        check(
            RULE,
            "service a main -> topic t effect=publish op=send handling=swallowed fallback=yes",
            &[
                "warn 1: a::main calls topic:t (reqwest send) and drops its failure: what it should have written is lost in silence",
            ],
        );
    }

    #[test]
    fn a_site_above_the_call() {
        let call = "service a GET /a -> external x fn=geo::look\n";
        check(
            RULE,
            &format!("{call}site a::GET_/a -> geo::look handling=swallowed"),
            &[
                "warn 2: a::GET_/a drops the failure of geo::look, which calls external:x: content is missing in silence",
            ],
        );
        check(
            RULE,
            &format!("{call}site a::GET_/a -> geo::look handling=swallowed observed=yes"),
            &[],
        );
    }
}
