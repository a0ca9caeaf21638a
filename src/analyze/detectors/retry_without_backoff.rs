//! Tries follow each other without a pause.

use super::{Context, Draft, calls};
use crate::model::{
    guard::{Backoff, RetryPart},
    location::Evidence,
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let repeats_at_once = |layer: &&RetryPart| repeats(layer) && layer.backoff == Backoff::None;
    calls(context)
        .filter_map(|(idx, call)| Some((idx, call.guards.retry.layers.iter().find(repeats_at_once)?)))
        .map(|(idx, layer)| {
            let what = format!("and repeats it {} without a pause between the tries", tries(layer));
            let fix = "wait between the tries, longer each time, with a random part";
            of_layer(Draft::of_call(context, idx, &what, fix), layer)
        })
        .collect()
}

/// Does the layer repeat anything at all?
pub(super) fn repeats(layer: &RetryPart) -> bool {
    layer.is_unbounded || layer.attempts.is_none_or(|attempts| 1 < attempts)
}

/// How often, as part of a sentence.
pub(super) fn tries(layer: &RetryPart) -> String {
    match layer.attempts {
        _ if layer.is_unbounded => "without end".to_owned(),
        Some(attempts) => format!("up to {attempts} times"),
        None => "(how often is not known)".to_owned(),
    }
}

/// Show where the layer is set.
pub(super) fn of_layer(mut draft: Draft, layer: &RetryPart) -> Draft {
    draft.path.extend(layer.at.clone().map(|at| Evidence {
        at,
        reason: "repeats the call".to_owned(),
        function: None,
    }));
    draft
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_layers_that_repeat_at_once() {
        check(
            "retry-without-backoff",
            "service a main -> external x retry=3 backoff=none\nservice a main -> external y retry=3 backoff=fixed\n\
             service a main -> external z retry=1 backoff=none\nservice a main -> external w retry=3\n\
             service a main -> external v retry=?",
            &[
                "warn 1: a::main calls external:x (reqwest GET) and repeats it up to 3 times without a pause between the tries",
            ],
        );
    }
}
