//! An answer that says "error" is taken for a success.

use super::{Context, Draft, calls};
use crate::model::call::{StatusCheck, Transport};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| call.transport == Transport::Http && call.status == StatusCheck::Ignored)
        .map(|(idx, _)| {
            let what = "and never looks at the status: an error answer is taken for a success";
            Draft::of_call(
                context,
                idx,
                what,
                "turn an error status into an error before the body is used",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_http_that_is_known_to_be_unchecked() {
        check(
            "error-status-unchecked",
            "service a main -> external x status=ignored\nservice a main -> external y status=unknown\n\
             service a main -> external z\nservice a main -> datastore d status=ignored",
            &[
                "warn 1: a::main calls external:x (reqwest GET) and never looks at the status: an error answer is taken for a success",
            ],
        );
    }
}
