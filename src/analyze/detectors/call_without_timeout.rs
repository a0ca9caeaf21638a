//! Nothing bounds the time until a call has ended, on at least one path to it.

use super::{Context, Draft, calls};
use crate::model::{
    call::{Confidence, Delivery, Phase, Transport},
    finding::Level,
    guard::{Guards, Scope, TimeoutState},
    location::Evidence,
    system::Call,
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| needs_limit(call))
        .filter_map(|(idx, call)| draft(context, idx, call))
        .collect()
}

/// Streams and websockets live as long as they like; what hangs at boot hangs before anyone waits.
pub(super) fn needs_limit(call: &Call) -> bool {
    call.delivery != Delivery::Stream && call.transport != Transport::Websocket && call.phase != Phase::Boot
}

/// Is it certain that this stack of guards does not bound the call?
fn is_unbounded(guards: &Guards) -> bool {
    guards.timeout.bounds_call == Some(false)
        && !matches!(guards.timeout.state, TimeoutState::Conditional | TimeoutState::Unknown)
}

fn draft(context: &Context<'_>, idx: u32, call: &Call) -> Option<Draft> {
    let timeout = &call.guards.timeout;
    if timeout.bounds_call != Some(false) && !(timeout.bounds_call.is_none() && timeout.state == TimeoutState::None) {
        return None;
    }
    let open = call
        .alternatives
        .iter()
        .find(|alternative| is_unbounded(&alternative.guards));
    let is_certain = open.is_some() || is_unbounded(&call.guards) || timeout.state == TimeoutState::None;
    if !is_certain && timeout.state == TimeoutState::Unknown {
        return None;
    }
    let guards = open.map_or(&call.guards, |open| &open.guards);
    let some = match open {
        Some(open) if call.alternatives.iter().any(|other| !is_unbounded(&other.guards)) => {
            format!(" on some paths ({})", open.when)
        }
        None if !is_certain => " in some configurations".to_owned(),
        _ => String::new(),
    };
    let what = format!(
        "without a timeout{}{some}: {}",
        of_the_answer(guards),
        consequence(guards)
    );
    let mut draft = Draft::of_call(context, idx, &what, fix(call));
    if let Some(witness) = open.map(|open| &open.witness).filter(|witness| !witness.is_empty()) {
        draft.path.clone_from(witness);
    }
    if !is_certain {
        (draft.max_level, draft.confidence) = (Level::Warn, draft.confidence.max(Confidence::Medium));
    }
    let set = guards.timeout.parts.iter().filter_map(|part| {
        Some(Evidence {
            at: part.at.clone()?,
            reason: format!("sets a {} timeout only", part.scope.as_str()),
            function: None,
        })
    });
    draft.path.extend(set);
    Some(draft)
}

fn of_the_answer(guards: &Guards) -> &'static str {
    if guards.timeout.parts.is_empty() {
        ""
    } else {
        " for the whole"
    }
}

/// What is set does not bound: say which part, and what stays open.
fn consequence(guards: &Guards) -> String {
    let mut scopes: Vec<&str> = guards.timeout.parts.iter().map(|part| part.scope.as_str()).collect();
    scopes.dedup();
    if scopes.is_empty() {
        return "nothing ends it when the target does not answer".to_owned();
    }
    let has = |scope| guards.timeout.parts.iter().any(|part| part.scope == scope);
    let open = if has(Scope::Attempt) {
        "its tries have no end"
    } else if has(Scope::Read) {
        "an answer that drips never ends"
    } else if has(Scope::Headers) {
        "the body may never end"
    } else {
        "once connected nothing ends it when the target does not answer"
    };
    format!("it has a limit for {} only, {open}", scopes.join(" and "))
}

fn fix(call: &Call) -> String {
    match call.transport {
        Transport::Sql | Transport::Cache => {
            format!(
                "bound the operation around the call, or set a command timeout on the {} client",
                call.library
            )
        }
        _ => format!(
            "set a total timeout on the {} client, or bound the operation around the call",
            call.library
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        analyze::{
            AnalyzeSettings,
            detectors::tests::{check, check_system},
            notation,
        },
        model::{Name, system::Alternative},
    };

    const RULE: &str = "call-without-timeout";

    #[test]
    fn no_timeout_is_found_and_a_bounding_one_is_fine() {
        check(
            RULE,
            "service a main -> external x",
            &[
                "error 1: a::main calls external:x (reqwest GET) without a timeout: nothing ends it when the target does not answer",
            ],
        );
        check(RULE, "service a main -> external x timeout=500", &[]);
        check(RULE, "service a main -> external x attempt=500 retry=3", &[]);
        check(RULE, "service a main -> external x wrap=500", &[]);
    }

    #[test]
    fn a_part_that_does_not_bound_is_named() {
        check(
            RULE,
            "service a main -> external x connect=500",
            &[
                "error 1: a::main calls external:x (reqwest GET) without a timeout for the whole: it has a limit for \
               connect only, once connected nothing ends it when the target does not answer",
            ],
        );
        check(
            RULE,
            "service a main -> external x readlimit=500",
            &[
                "error 1: a::main calls external:x (reqwest GET) without a timeout for the whole: it has a limit for \
               read only, an answer that drips never ends",
            ],
        );
    }

    #[test]
    fn unknown_and_exempt_calls_are_not_found() {
        for attributes in ["timeout=?", "delivery=stream", "phase=boot", "transport=websocket"] {
            check(RULE, &format!("service a main -> external x {attributes}"), &[]);
        }
    }

    #[test]
    fn low_confidence_and_conditional_are_no_error() {
        check(
            RULE,
            "service a main -> external x confidence=low",
            &[
                "warn 1: a::main calls external:x (reqwest GET) without a timeout: nothing ends it when the target does not answer",
            ],
        );
        check(
            RULE,
            "service a main -> external x timeout=~",
            &[
                "warn 1: a::main calls external:x (reqwest GET) without a timeout for the whole in some configurations: \
               it has a limit for total only, once connected nothing ends it when the target does not answer",
            ],
        );
    }

    #[test]
    fn one_open_path_of_several_is_certain() {
        let mut system = notation::read("service a main -> external x timeout=~");
        let alternative = |when: &str, text: &str| Alternative {
            when: when.to_owned(),
            guards: notation::read(&format!("service a main -> external x {text}")).calls[0]
                .guards
                .clone(),
            endpoint: String::new(),
            entries: vec![0],
            n_paths: 1,
            is_exact: true,
            witness: Vec::new(),
        };
        system.calls[0].alternatives = vec![alternative("from p", "timeout=5"), alternative("from q", "")];
        system.calls[0].library = Name::new("hyper");
        check_system(
            RULE,
            &system,
            &AnalyzeSettings::default(),
            &[
                "error 1: a::main calls external:x (hyper GET) without a timeout on some paths (from q): nothing ends it \
               when the target does not answer",
            ],
        );
    }
}
