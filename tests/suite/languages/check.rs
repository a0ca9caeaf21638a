//! Resolve and evaluate hand-written facts, and compare one line for each external call.

use failmap::{
    catalog::compile::Catalog,
    model::{
        Name,
        call::{Delivery, Handling},
        guard::{Guards, PresenceState, RetryState},
        location::Location,
        package::{Ecosystem, Package},
        program::{CallTerm, Program},
    },
    resolve::resolve,
    terms::{
        bind::{Bindings, Context},
        evaluate::{Value, value},
        guards::guards,
        meet::meet,
    },
};

use super::build::File;

/// One package with these files is resolved with that catalogue; its external calls are these, sorted.
///
/// A line: `function: operation address; timeout STATE [scope=ms …]; retry STATE [tries]; [breaker;] [fallback;] handling`.
#[track_caller]
pub fn check<const N: usize>(ecosystem: Ecosystem, catalog: &str, files: [File; N], expected: &[&str]) {
    let program = program(ecosystem, catalog, files);
    let mut lines: Vec<String> = program
        .calls
        .iter()
        .map(|call| format!("{}: {}", name(&program, call.function), line(call)))
        .collect();
    lines.sort();
    assert_eq!(lines, expected, "\n{}", lines.join("\n"));
}

/// The call sites inside the package: `function: [detached;] handling`, sorted.
#[track_caller]
pub fn sites<const N: usize>(ecosystem: Ecosystem, catalog: &str, files: [File; N]) -> Vec<String> {
    let program = program(ecosystem, catalog, files);
    let mut lines: Vec<String> = program
        .sites
        .iter()
        .map(|site| {
            let detached = if site.delivery == Delivery::Detached {
                "detached; "
            } else {
                ""
            };
            format!(
                "{}: {detached}{}",
                name(&program, site.function),
                site.handling.as_str()
            )
        })
        .collect();
    lines.sort();
    lines
}

fn name(program: &Program, function: u32) -> &str {
    program.functions[function as usize]
        .name
        .rsplit("::")
        .next()
        .unwrap_or_default()
}

#[track_caller]
fn program<const N: usize>(ecosystem: Ecosystem, catalog: &str, files: [File; N]) -> Program {
    let package = Package {
        ecosystem,
        root: Name::new("shop"),
        name: Name::new("example.com/shop"),
        version: None,
        dir: "".into(),
        manifest: Location::of_file(Name::new("shop"), "manifest".into()),
        targets: Vec::new(),
        dependencies: Vec::new(),
        is_third_party: false,
        default_features: Vec::new(),
    };
    let files = files.into_iter().map(File::facts).collect();
    resolve(vec![package], files, &catalog_of(catalog))
}

/// One library for each document; documents are separated by a line `---`.
fn catalog_of(text: &str) -> Catalog {
    let files: Vec<(String, String)> = text
        .split("\n---\n")
        .enumerate()
        .map(|(idx, text)| (format!("library {idx}"), text.to_owned()))
        .collect();
    Catalog::load(&files).unwrap_or_else(|error| panic!("{error}"))
}

fn line(call: &CallTerm) -> String {
    let bindings = Bindings::default();
    let guards = meet(
        call.variants
            .iter()
            .map(|variant| guards(&variant.layers, &bindings, Context::default())),
    );
    let mut parts = vec![
        format!("{} {}", call.operation, address(call)),
        timeout(&guards),
        retry(&guards),
    ];
    if guards.breaker.state == PresenceState::Present {
        parts.push("breaker".to_owned());
    }
    if guards.fallback.state == PresenceState::Present {
        parts.push("fallback".to_owned());
    }
    if call.delivery == Delivery::Detached {
        parts.push("detached".to_owned());
    }
    let observed = if call.observed && call.handling != Handling::Logged {
        " observed"
    } else {
        ""
    };
    parts.push(format!("{}{observed}", call.handling.as_str()));
    parts.join("; ")
}

fn address(call: &CallTerm) -> String {
    let values = value(&call.endpoint, &Bindings::default(), Context::default());
    let mut texts: Vec<String> = values
        .known
        .iter()
        .map(|value| match value {
            Value::Text(text) => text.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    if values.unknown.is_some() {
        texts.push("?".to_owned());
    }
    texts.join("|")
}

fn timeout(guards: &Guards) -> String {
    let timeout = &guards.timeout;
    let mut text = format!("timeout {}", timeout.state.as_str());
    for part in &timeout.parts {
        let limit = part.limit.map_or("?".to_owned(), |limit| limit.0.to_string());
        text.push_str(&format!(" {}={limit}", part.scope.as_str()));
    }
    text
}

fn retry(guards: &Guards) -> String {
    let retry = &guards.retry;
    match (retry.state, retry.attempts) {
        (RetryState::Bounded | RetryState::Conditional, Some(attempts)) => {
            format!("retry {} {attempts}", retry.state.as_str())
        }
        (state, _) => format!("retry {}", state.as_str()),
    }
}
