//! A client is built in the function that serves a request, each time anew.

use super::{Context, Draft, calls};
use crate::model::call::{EntryKind, Phase};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    calls(context)
        .filter_map(|(idx, call)| {
            let made = call.client_made.as_ref()?;
            let mut kinds = call
                .entries
                .iter()
                .map(|entry| context.system.entries[*entry as usize].kind);
            // A program that calls and ends may build its client where it likes.
            let is_once =
                call.phase != Phase::Serve || (!call.entries.is_empty() && kinds.all(|it| it == EntryKind::Main));
            (!is_once).then(|| {
                let what = format!("on a client that is built for this one call, in line {}", made.line);
                Draft::of_call(
                    context,
                    idx,
                    &what,
                    "build the client once and hand it on; clones share its pool",
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    #[test]
    fn only_where_requests_are_served() {
        check(
            "client-built-per-call",
            "service a GET /x -> external x made=1\nservice a GET /x -> external y\n\
             service a main -> external z made=1\nservice a GET /x -> external w made=1 phase=boot",
            &[
                "advice 1: a::GET_/x calls external:x (reqwest GET) on a client that is built for this one call, in line 1",
            ],
        );
    }
}
