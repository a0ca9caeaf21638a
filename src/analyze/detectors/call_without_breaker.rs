//! Nothing stops the tries while a target is down.

use super::{Context, Draft, calls};
use crate::model::{
    call::{Delivery, Phase, Transport},
    guard::PresenceState,
    system::Call,
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter(|(_, call)| can_have_one(call) && call.guards.breaker.state == PresenceState::None)
        .map(|(idx, _)| {
            let what = "without a circuit breaker: while the target is down every request still tries it";
            Draft::of_call(
                context,
                idx,
                what,
                "put a circuit breaker around the call, shared by all calls to this target",
            )
        })
        .collect()
}

/// Where a breaker is usual: requests to another process. Databases, files and streams have other means.
fn can_have_one(call: &Call) -> bool {
    matches!(
        call.transport,
        Transport::Http | Transport::Grpc | Transport::ObjectStore | Transport::Smtp
    ) && call.delivery != Delivery::Stream
        && call.phase != Phase::Boot
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_requests_without_one() {
        check(
            "call-without-breaker",
            "service a main -> external x\nservice a main -> external y breaker=yes\nservice a main -> external z breaker=?\n\
             service a main -> datastore d\nservice a main -> external w phase=boot",
            &[
                "advice 1: a::main calls external:x (reqwest GET) without a circuit breaker: while the target is down \
               every request still tries it",
            ],
        );
    }
}
