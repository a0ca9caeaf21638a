//! The pauses between tries are the same for every client.

use super::{
    Context, Draft, calls,
    retry_without_backoff::{of_layer, repeats},
};
use crate::model::guard::{Backoff, RetryPart};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    let is_even = |layer: &&RetryPart| {
        repeats(layer) && layer.jitter == Some(false) && matches!(layer.backoff, Backoff::Fixed | Backoff::Exponential)
    };
    calls(context)
        .filter_map(|(idx, call)| Some((idx, call.guards.retry.layers.iter().find(is_even)?)))
        .map(|(idx, layer)| {
            let what = format!("and repeats it with {} pauses without jitter", layer.backoff.as_str());
            of_layer(
                Draft::of_call(context, idx, &what, "add a random part to the pause"),
                layer,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_known_pauses_that_are_known_to_be_even() {
        check(
            "retry-without-jitter",
            "service a main -> external x retry=3 backoff=exponential jitter=no\n\
             service a main -> external y retry=3 backoff=exponential jitter=yes\n\
             service a main -> external z retry=3 backoff=exponential\n\
             service a main -> external w retry=3 backoff=none jitter=no\n\
             service a main -> external v retry=1 backoff=fixed jitter=no",
            &["advice 1: a::main calls external:x (reqwest GET) and repeats it with exponential pauses without jitter"],
        );
    }
}
