//! What a stack of layers means, sentence by sentence.

use proptest::prelude::*;

use super::guards;
use crate::model::{
    Name,
    guard::{Backoff, Guards, Layer, LayerKind, PresenceState, RetryLayer, RetryState, Scope, Source},
    location::Location,
    term::{ConfigKey, ConfigKind, Millis, Term},
};
use crate::terms::bind::{Bindings, Context};

/// Layers from text: `SOURCE KIND …`, innermost first; `?` in front = conditional, `~` = nobody saw it.
///
/// `client total 5s`, `request total none`, `wrapper retry 3`, `wrapper retry endless 10s`, `wrapper breaker`.
fn layers(text: &str) -> Vec<Layer> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(layer)
        .collect()
}

fn layer(line: &str) -> Layer {
    let is_conditional = line.starts_with('?');
    let is_supposed = line.starts_with('~');
    let words: Vec<&str> = line.trim_start_matches(['?', '~']).split_whitespace().collect();
    let source = match words[0] {
        "request" => Source::Request,
        "client" => Source::Client,
        "url" => Source::Url,
        "wrapper" => Source::Wrapper,
        "framework" => Source::Framework,
        "mesh" => Source::Mesh,
        "default" => Source::LibraryDefault,
        other => panic!("source {other}"),
    };
    let term = |at: usize| words.get(at).map(|word| term(word));
    let kind = match words[1] {
        "retry" => LayerKind::Retry(RetryLayer {
            attempts: if words[2] == "endless" { None } else { term(2) },
            max_elapsed: term(3),
            backoff: Backoff::None,
            jitter: None,
            on: Vec::new(),
            idempotent: None,
        }),
        "breaker" => LayerKind::Breaker,
        "bulkhead" => LayerKind::Bulkhead {
            limit: term(2).expect("a limit"),
        },
        "fallback" => LayerKind::Fallback { target: None },
        scope => LayerKind::Timeout {
            scope: [
                Scope::Connect,
                Scope::Acquire,
                Scope::Headers,
                Scope::Read,
                Scope::Attempt,
                Scope::Operation,
                Scope::Total,
                Scope::Ambient,
            ]
            .into_iter()
            .find(|candidate| candidate.as_str() == scope)
            .expect("a scope"),
            limit: term(2).expect("a limit"),
        },
    };
    let at = Location {
        root: Name::new("shop"),
        file: "a.rs".into(),
        line: 1,
        column: 1,
    };
    let at = (!is_supposed && source != Source::LibraryDefault).then_some(at);
    Layer {
        kind,
        source,
        at,
        is_conditional,
    }
}

fn term(word: &str) -> Term {
    let term_of = |word: &str| match word {
        "none" => Term::Absent,
        "unknown" => Term::unknown("not followed"),
        "max" => Term::Duration(Millis(u64::MAX)),
        "ENV" => Term::Config {
            key: ConfigKey {
                kind: ConfigKind::Env,
                name: Name::new("ENV"),
            },
            default: None,
        },
        word => word.parse().map_or_else(|_| Term::text(word), Term::Count),
    };
    Term::any(word.split('|').map(term_of))
}

fn show(guards: &Guards) -> String {
    let word = |debug: String| debug.to_lowercase();
    let mut line = format!("timeout {}", word(format!("{:?}", guards.timeout.state)));
    for part in &guards.timeout.parts {
        let limit = part.limit.map_or("?".to_owned(), |limit| limit.0.to_string());
        line.push_str(&format!(" {}={limit}/{}", part.scope.as_str(), part.source.as_str()));
    }
    line.push_str(match guards.timeout.bounds_call {
        Some(true) => " bounds",
        Some(false) => "",
        None => " bounds?",
    });
    line.push_str(&format!("; retry {}", word(format!("{:?}", guards.retry.state))));
    if !guards.retry.layers.is_empty() {
        line.push_str(&format!(
            " {}",
            guards
                .retry
                .attempts
                .map_or("?".to_owned(), |attempts| attempts.to_string())
        ));
    }
    for (name, presence) in [
        ("breaker", &guards.breaker),
        ("bulkhead", &guards.bulkhead),
        ("fallback", &guards.fallback),
    ] {
        if presence.state != PresenceState::None {
            line.push_str(&format!("; {name} {}", word(format!("{:?}", presence.state))));
        }
    }
    line
}

fn evaluate(layers: &[Layer]) -> Guards {
    guards(layers, &Bindings::default(), Context::default())
}

#[track_caller]
fn check(stack: &str, expected: &str) {
    assert_eq!(show(&evaluate(&layers(stack))), expected, "{stack}");
}

#[test]
fn nothing_guards_nothing() {
    check("", "timeout none; retry none");
}

#[test]
fn the_most_specific_source_of_a_scope_wins() {
    check(
        "default total 30s",
        "timeout default total=30000/library-default bounds; retry none",
    );
    check(
        "default total 30s\nclient total 5s",
        "timeout explicit total=5000/client bounds; retry none",
    );
    check(
        "client total 5s\nrequest total 1s",
        "timeout explicit total=1000/request bounds; retry none",
    );
    check(
        "request total 1s\nclient total 5s",
        "timeout explicit total=1000/request bounds; retry none",
    );
    check(
        "url connect 2s\nclient connect 3s",
        "timeout explicit connect=3000/client; retry none",
    );
    check(
        "client total 5s\nclient total 7s",
        "timeout explicit total=7000/client bounds; retry none",
    );
    check(
        "default connect 3s\nclient read 5s",
        "timeout explicit connect=3000/library-default read=5000/client; retry none",
    );
}

#[test]
fn explicit_nothing_removes_a_limit() {
    check("default total 30s\nclient total none", "timeout none; retry none");
    check("client total 5s\nrequest total 0", "timeout none; retry none");
    check("client total 0s", "timeout none; retry none");
    check("client total max", "timeout none; retry none");
    check(
        "client total 5s\nrequest total none\nclient connect 1s",
        "timeout explicit connect=1000/client; retry none",
    );
}

#[test]
fn wrappers_frameworks_and_meshes_add_up() {
    check(
        "client total 5s\nwrapper total 2s\nframework total 9s\nmesh total 15s",
        "timeout explicit total=2000/wrapper total=5000/client total=9000/framework total=15000/mesh bounds; retry none",
    );
    check(
        "client total none\nwrapper total 2s",
        "timeout explicit total=2000/wrapper bounds; retry none",
    );
}

#[test]
fn only_some_scopes_bound_the_call() {
    for scope in ["connect", "acquire", "headers", "read"] {
        check(
            &format!("client {scope} 1s"),
            &format!("timeout explicit {scope}=1000/client; retry none"),
        );
    }
    for scope in ["total", "operation", "ambient", "attempt"] {
        check(
            &format!("client {scope} 1s"),
            &format!("timeout explicit {scope}=1000/client bounds; retry none"),
        );
    }
}

#[test]
fn an_attempt_bounds_the_call_only_if_the_retries_end() {
    check(
        "client attempt 1s\nclient retry 3",
        "timeout explicit attempt=1000/client bounds; retry bounded 3",
    );
    check(
        "client attempt 1s\nclient retry unknown",
        "timeout explicit attempt=1000/client bounds; retry bounded ?",
    );
    check(
        "client attempt 1s\nwrapper retry endless",
        "timeout explicit attempt=1000/client; retry unbounded ?",
    );
    check(
        "client attempt 1s\nwrapper retry endless 9s",
        "timeout explicit attempt=1000/client bounds; retry bounded ?",
    );
    check(
        "client attempt 1s\ndefault retry unknown",
        "timeout explicit attempt=1000/client bounds?; retry unknown",
    );
    check(
        "client attempt 1s\n?wrapper retry endless",
        "timeout explicit attempt=1000/client; retry conditional ?",
    );
}

#[test]
fn a_wrapper_inside_a_retry_bounds_an_attempt() {
    check(
        "wrapper total 1s\nwrapper retry 3",
        "timeout explicit attempt=1000/wrapper bounds; retry bounded 3",
    );
    check(
        "wrapper total 1s\nwrapper retry endless",
        "timeout explicit attempt=1000/wrapper; retry unbounded ?",
    );
    // Tries without number end where a limit stands around them.
    check(
        "wrapper retry endless\nwrapper total 1s",
        "timeout explicit total=1000/wrapper bounds; retry bounded ?",
    );
    check(
        "wrapper retry endless\n?wrapper total 1s",
        "timeout conditional total=1000/wrapper; retry unbounded ?",
    );
    check(
        "wrapper total 1s\nwrapper retry 1",
        "timeout explicit total=1000/wrapper bounds; retry none",
    );
    // An endless retry inside does not matter to what stands around it.
    check(
        "wrapper retry endless\nwrapper total 1s\nwrapper retry 2",
        "timeout explicit attempt=1000/wrapper bounds; retry bounded ?",
    );
}

#[test]
fn conditional_layers_are_conditional() {
    check("?client total 5s", "timeout conditional total=5000/client; retry none");
    check(
        "client total 5s|none",
        "timeout conditional total=5000/client; retry none",
    );
    check("?client total ENV", "timeout conditional total=?/client; retry none");
    check(
        "client connect 1s\n?client total 5s",
        "timeout explicit connect=1000/client total=5000/client; retry none",
    );
    // What stands below holds where the condition does not.
    check(
        "client total 5s\n?request total 1s",
        "timeout explicit total=1000/request total=5000/client bounds; retry none",
    );
    check(
        "default total 30s\n?client total 1s",
        "timeout default total=1000/client total=30000/library-default bounds; retry none",
    );
    check("?wrapper retry 3", "timeout none; retry conditional 3");
    check(
        "?wrapper breaker\n?wrapper bulkhead 3\nwrapper fallback",
        "timeout none; retry none; breaker conditional; bulkhead conditional; fallback present",
    );
}

#[test]
fn an_unknown_length_is_set_an_unseen_setting_is_unknown() {
    check("client total ENV", "timeout explicit total=?/client bounds; retry none");
    check(
        "client total unknown",
        "timeout explicit total=?/client bounds; retry none",
    );
    check(
        "client total nonsense",
        "timeout explicit total=?/client bounds; retry none",
    );
    check("~client total unknown", "timeout unknown bounds?; retry none");
    check("default total unknown", "timeout unknown bounds?; retry none");
    check("~client connect unknown", "timeout unknown; retry none");
    check(
        "default total 3s\n~client total unknown",
        "timeout default total=3000/library-default bounds; retry none",
    );
    check(
        "~client total unknown\nwrapper total 1s",
        "timeout explicit total=1000/wrapper bounds; retry none",
    );
    check(
        "client total 5s|9s",
        "timeout explicit total=5000/client total=9000/client bounds; retry none",
    );
}

#[test]
fn retries_multiply_and_empty_ones_are_none() {
    check(
        "client retry 3\nwrapper retry 4\nwrapper retry 2",
        "timeout none; retry bounded 24",
    );
    check("default retry 3\nclient retry none", "timeout none; retry none");
    check("default retry 3\nclient retry 5", "timeout none; retry bounded 5");
    check("client retry 0", "timeout none; retry none");
    check("wrapper retry 1", "timeout none; retry none");
    check("wrapper retry 1|4", "timeout none; retry conditional 4");
    check("wrapper retry 4294967295", "timeout none; retry unbounded ?");
    check("wrapper retry endless none", "timeout none; retry unbounded ?");
    check("wrapper retry endless unknown", "timeout none; retry bounded ?");
    check(
        "wrapper retry 3\nwrapper retry unknown",
        "timeout none; retry bounded ?",
    );
    check("default retry unknown", "timeout none; retry unknown");
    check(
        "wrapper retry 18446744073709551\nclient retry 3",
        "timeout none; retry unbounded ?",
    );
}

#[test]
fn bulkheads_are_present_whatever_their_limit() {
    check("wrapper bulkhead 0", "timeout none; retry none; bulkhead present");
    check(
        "wrapper bulkhead 4294967295",
        "timeout none; retry none; bulkhead present",
    );
    let limits = evaluate(&layers("client bulkhead 8\nwrapper bulkhead 64")).bulkhead_limit;
    assert_eq!(limits, Some(64));
}

/// Any stack of layers that surely set what they say, innermost first.
pub(crate) fn any_layers() -> impl Strategy<Value = Vec<Layer>> {
    let sources = prop::sample::select(vec![
        "request",
        "client",
        "url",
        "wrapper",
        "framework",
        "mesh",
        "default",
    ]);
    let kinds = prop::sample::select(vec![
        "total 5s",
        "total 1s|9s",
        "total ENV",
        "total none",
        "total 3s|none",
        "connect 1s",
        "attempt 2s",
        "read unknown",
        "ambient 7s",
        "retry 3",
        "retry endless",
        "retry endless 9s",
        "retry 1",
        "retry unknown",
        "retry 2|none",
        "breaker",
        "bulkhead 5",
        "fallback",
    ]);
    let marks = prop::sample::select(vec!["", "", "?", "~"]);
    let line = (marks, sources, kinds).prop_map(|(mark, source, kind)| layer(&format!("{mark}{source} {kind}")));
    prop::collection::vec(line, 0..7)
}

/// Timeout layers that set something in every configuration in which they are there.
fn any_timeout() -> impl Strategy<Value = Layer> {
    let sources = prop::sample::select(vec![
        "request",
        "client",
        "url",
        "wrapper",
        "framework",
        "mesh",
        "default",
    ]);
    let kinds = prop::sample::select(vec!["total 5s", "total ENV", "connect 1s", "attempt 2s", "headers 4s"]);
    let marks = prop::sample::select(vec!["", "?"]);
    (marks, sources, kinds).prop_map(|(mark, source, kind)| layer(&format!("{mark}{source} {kind}")))
}

proptest! {
    #[test]
    fn a_further_timeout_never_unbounds_a_call(stack in any_layers(), added in any_timeout(), at in 0_usize..8) {
        let before = evaluate(&stack);
        let mut more = stack.clone();
        more.insert(at.min(stack.len()), added);
        let after = evaluate(&more);
        if before.timeout.bounds_call == Some(true) {
            prop_assert_eq!(after.timeout.bounds_call, Some(true));
        }
        if before.timeout.bounds_call.is_none() {
            prop_assert_ne!(after.timeout.bounds_call, Some(false));
        }
    }

    #[test]
    fn a_further_wrapper_takes_no_guard_away(stack in any_layers(), kind in prop::sample::select(vec![
        "wrapper total 5s", "wrapper breaker", "wrapper bulkhead 5", "wrapper fallback",
    ])) {
        let before = evaluate(&stack);
        let mut more = stack.clone();
        more.push(layer(kind));
        let after = evaluate(&more);
        for part in &before.timeout.parts {
            prop_assert!(after.timeout.parts.contains(part));
        }
        prop_assert!(before.timeout.state == after.timeout.state || kind.contains("total"));
        if kind.contains("total") {
            // A limit around ends tries without number.
            prop_assert_eq!(before.retry.layers.len(), after.retry.layers.len());
            prop_assert!(before.retry.state == after.retry.state || after.retry.state == RetryState::Bounded
                || before.retry.state == RetryState::Unbounded);
        } else {
            prop_assert_eq!(&before.retry, &after.retry);
        }
        for (before, after) in [
            (before.breaker, after.breaker), (before.bulkhead, after.bulkhead), (before.fallback, after.fallback),
        ] {
            prop_assert!(before.state == after.state || after.state == PresenceState::Present);
        }
    }
}
