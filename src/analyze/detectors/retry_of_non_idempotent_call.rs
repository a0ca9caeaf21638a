//! A call with an effect is repeated, and nothing says that the repetition is harmless.

use super::{
    Context, Draft, calls,
    retry_without_backoff::{of_layer, repeats, tries},
};
use crate::model::{
    call::{Confidence, Effect, Transport},
    guard::RetryPart,
    system::Call,
};

/// HTTP says of these that doing them twice is doing them once.
const IDEMPOTENT_METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"];

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| has_effect(call))
        .filter_map(|(idx, call)| Some((idx, call.guards.retry.layers.iter().find(|layer| is_harmful(layer))?)))
        .map(|(idx, layer)| {
            let call = &context.system.calls[idx as usize];
            let what = format!(
                "which is a {} and is tried {} without an idempotency key",
                call.effect.as_str(),
                tries(layer)
            );
            let fix = "send a key by which the target knows a repetition, or repeat only what was never sent";
            let draft = of_layer(Draft::of_call(context, idx, &what, fix), layer);
            let sureness = if layer.idempotent == Some(false) {
                Confidence::High
            } else {
                Confidence::Medium
            };
            Draft {
                confidence: draft.confidence.max(sureness),
                ..draft
            }
        })
        .collect()
}

fn has_effect(call: &Call) -> bool {
    let is_idempotent_method = call.transport == Transport::Http
        && IDEMPOTENT_METHODS
            .iter()
            .any(|method| call.operation.eq_ignore_ascii_case(method));
    call.effect != Effect::Read && !is_idempotent_method
}

/// What is only repeated when no connection came about was never sent.
fn is_harmful(layer: &RetryPart) -> bool {
    let is_never_sent = !layer.on.is_empty() && layer.on.iter().all(|on| on == "connect");
    repeats(layer) && layer.idempotent != Some(true) && !is_never_sent
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_effects_that_are_repeated_without_protection() {
        check(
            "retry-of-non-idempotent-call",
            "service a main -> external x op=POST effect=write retry=3\n\
             service a main -> external y op=POST effect=write retry=3 idempotent=yes\n\
             service a main -> external z op=PUT effect=write retry=3\n\
             service a main -> external w op=POST effect=write retry=3 on=connect\n\
             service a main -> external v retry=3\n\
             service a main -> topic t op=send effect=publish retry=2",
            &[
                "warn 1: a::main calls external:x (reqwest POST) which is a write and is tried up to 3 times without an idempotency key",
                "warn 6: a::main calls topic:t (reqwest send) which is a publish and is tried up to 2 times without an idempotency key",
            ],
        );
    }
}
