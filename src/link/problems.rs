//! What could not be linked, grouped so that the key that hides most comes first.

use std::collections::BTreeMap;

use crate::model::{
    guard::TimeoutState,
    location::Location,
    problem::{Problem, ProblemKind},
};

use super::calls::LinkedCall;

/// The problems of all calls, sorted.
pub(super) fn problems(calls: &[LinkedCall]) -> Vec<Problem> {
    let mut problems = Vec::new();
    // One row for each missing key, with the number of calls that hang on it.
    let mut by_key: BTreeMap<String, (Location, u32)> = BTreeMap::new();
    let mut stand_ins: BTreeMap<String, (Location, u32)> = BTreeMap::new();
    let mut unknown_guards: BTreeMap<String, (Location, u32)> = BTreeMap::new();
    for linked in calls {
        let call = linked.call();
        match (&linked.missing_key, &call.unresolved) {
            (Some(key), _) => hide(&mut by_key, key.name.to_string(), &call.at),
            (None, Some(reason)) => problems.push(Problem {
                kind: ProblemKind::UnresolvedTarget,
                at: call.at.clone(),
                reason: format!("target of {} {}: {reason}", call.library, call.operation),
                hides: 1,
            }),
            (None, None) => {}
        }
        if let Some(reason) = &linked.stand_in {
            hide(&mut stand_ins, reason.clone(), &call.at);
        }
        if call.guards.timeout.state == TimeoutState::Unknown {
            let reason = call.guards.timeout.unknown.as_deref().unwrap_or("not decided");
            hide(
                &mut unknown_guards,
                format!("timeout of {}: {reason}", call.library),
                &call.at,
            );
        }
    }
    let set_it = "is not set in the scanned files: add its value, or declare the target in failmap.toml";
    let row = |kind, at, reason, hides| Problem {
        kind,
        at,
        reason,
        hides,
    };
    problems.extend(
        by_key
            .into_iter()
            .map(|(key, (at, n))| row(ProblemKind::UnresolvedTarget, at, format!("{key} {set_it}"), n)),
    );
    problems.extend(
        stand_ins
            .into_iter()
            .map(|(reason, (at, n))| row(ProblemKind::UnresolvedTarget, at, reason, n)),
    );
    problems.extend(
        unknown_guards
            .into_iter()
            .map(|(reason, (at, n))| row(ProblemKind::UnknownGuard, at, reason, n)),
    );
    problems.sort();
    problems
}

fn hide(rows: &mut BTreeMap<String, (Location, u32)>, reason: String, at: &Location) {
    let row = rows.entry(reason).or_insert_with(|| (at.clone(), 0));
    row.1 += 1;
}
