//! Nothing ends the tries.

use super::{Context, Draft, calls, retry_without_backoff::of_layer};
use crate::{
    analyze::timing::Limits,
    model::{call::Phase, finding::Level},
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| {
            Limits::of(&call.guards).outer_ms.is_none() && call.guards.timeout.bounds_call != Some(true)
        })
        .filter_map(|(idx, call)| {
            Some((
                idx,
                call,
                call.guards.retry.layers.iter().find(|layer| layer.is_unbounded)?,
            ))
        })
        .map(|(idx, call, layer)| {
            let what = "and repeats it without end: no number of tries, no limit on the time in all";
            let fix = "limit the number of tries and the time in all";
            let draft = of_layer(Draft::of_call(context, idx, what, fix), layer);
            // At boot and in the background nobody waits, and going on until it works is often what is meant.
            let max_level = if call.phase == Phase::Serve {
                Level::Error
            } else {
                Level::Warn
            };
            Draft { max_level, ..draft }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_tries_that_nothing_ends() {
        let line =
            "external:x (reqwest GET) and repeats it without end: no number of tries, no limit on the time in all";
        check(
            "retry-unbounded",
            "service a main -> external x retry=forever",
            &[&format!("error 1: a::main calls {line}")],
        );
        check(
            "retry-unbounded",
            "service a main -> external x retry=forever phase=background",
            &[&format!("warn 1: a::main calls {line}")],
        );
        check(
            "retry-unbounded",
            "service a main -> external x retry=forever wrap=5000",
            &[],
        );
        check("retry-unbounded", "service a main -> external x retry=3", &[]);
        check("retry-unbounded", "service a main -> external x retry=?", &[]);
    }
}
