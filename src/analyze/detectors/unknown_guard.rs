//! Whether anything bounds a call could not be decided.

use super::{Context, Draft, call_without_timeout::needs_limit, calls};
use crate::model::{finding::Level, guard::TimeoutState};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| needs_limit(call))
        .filter(|(_, call)| {
            call.guards.timeout.state == TimeoutState::Unknown && call.guards.timeout.bounds_call != Some(true)
        })
        .map(|(idx, call)| {
            let reason = call
                .guards
                .timeout
                .unknown
                .as_deref()
                .unwrap_or("no reason was recorded");
            let what = format!("and whether a timeout bounds it is not known: {reason}");
            let fix = "set the limit where the client is built, or bound the operation around the call";
            Draft {
                max_level: Level::Warn,
                ..Draft::of_call(context, idx, &what, fix)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_what_is_undecided() {
        check(
            "unknown-guard",
            "service a main -> external x timeout=?\nservice a main -> external y\nservice a main -> external z timeout=5",
            &[
                "warn 1: a::main calls external:x (reqwest GET) and whether a timeout bounds it is not known: no reason was recorded",
            ],
        );
    }
}
