//! Between a call and an entry nobody logs, counts, traces or reports its failure.

use rustc_hash::FxHashMap;

use super::{Context, Draft, calls};
use crate::model::{
    call::{EntryKind, Handling, Phase},
    system::{Call, Site},
};

pub(super) fn detect(context: &Context<'_>) -> Vec<Draft> {
    // One search for each function that holds calls.
    let mut by_function: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (idx, call) in calls(context).filter(|(_, call)| is_open(call)) {
        if let Some(function) = context.routes.function(&call.function) {
            by_function.entry(function).or_default().push(idx);
        }
    }
    let mut groups: Vec<(u32, Vec<u32>)> = by_function.into_iter().collect();
    groups.sort_unstable();
    let mut climb = context.routes.climb();
    let mut drafts = Vec::new();
    for (function, group) in groups {
        climb.run(function, |site| hands_on_in_silence(site).then_some(0));
        for idx in group {
            let entries = context.system.calls[idx as usize]
                .entries
                .iter()
                .map(|entry| &context.system.entries[*entry as usize]);
            // What leaves `main` is printed by the runtime.
            let mut silent = entries.filter(|entry| entry.kind != EntryKind::Main).filter(|entry| {
                context
                    .routes
                    .function(&entry.handler)
                    .is_some_and(|handler| climb.rank(handler).is_some())
            });
            if let Some(entry) = silent.next() {
                let what = format!("and nobody up to {} records its failure", entry.id);
                drafts.push(Draft::of_call(
                    context,
                    idx,
                    &what,
                    "log or count the failure once, where the most is known of it",
                ));
            }
        }
    }
    drafts
}

/// The failure leaves the call unrecorded. What is swallowed has its own rule, and a panic is printed.
fn is_open(call: &Call) -> bool {
    !call.observed && call.handling == Handling::Propagated && call.phase != Phase::Boot
}

fn hands_on_in_silence(site: &Site) -> bool {
    !site.observed && site.handling == Handling::Propagated
}

#[cfg(test)]
mod tests {
    use crate::analyze::detectors::tests::check;

    const RULE: &str = "failure-unobserved";

    #[test]
    fn silence_up_to_an_entry() {
        let call = "service a GET /a -> external x fn=geo::look\n";
        let line =
            "warn 1: geo::look calls external:x (reqwest GET) and nobody up to service:a GET /a records its failure";
        check(RULE, &format!("{call}site a::GET_/a -> geo::look"), &[line]);
        check(RULE, &format!("{call}site a::GET_/a -> geo::look observed=yes"), &[]);
        check(
            RULE,
            &format!("{call}site a::GET_/a -> mid\nsite mid -> geo::look\nsite a::GET_/a -> geo::look observed=yes"),
            &[line],
        );
        // The way is not known.
        check(RULE, call, &[]);
    }

    #[test]
    fn recorded_at_the_call_or_by_the_runtime() {
        check(RULE, "service a GET /a -> external x observed=yes", &[]);
        check(RULE, "service a GET /a -> external x handling=logged", &[]);
        check(RULE, "service a main -> external x", &[]);
    }
}
