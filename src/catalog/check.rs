//! What the schema cannot say: facts of one library file that contradict each other.

use semver::VersionReq;

use crate::catalog::{
    notation,
    sample::Expectation,
    schema::{Entry, Function, Guard, GuardKind, Library, Role, Scope},
};

/// What is wrong, and the text at which it stands.
pub(super) struct Issue {
    pub value: String,
    pub message: String,
}

impl Issue {
    pub(super) fn new(value: &str, message: impl Into<String>) -> Self {
        Self {
            value: value.to_owned(),
            message: message.into(),
        }
    }
}

/// Check one library by itself.
pub(super) fn library(library: &Library) -> Result<(), Issue> {
    let is_id = library.id.split_once('/').is_some_and(|(ecosystem, name)| {
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        is_word(ecosystem) && is_word(name)
    });
    if !is_id {
        return Err(Issue::new(
            &library.id,
            format!("`{}` is not of the form `ecosystem/name`", library.id),
        ));
    }
    if library.crates.is_empty() {
        return Err(Issue::new(&library.id, "a library needs at least one crate"));
    }
    version(library.versions.as_deref())?;
    for function in &library.functions {
        check_function(library, function)?;
    }
    for default in &library.defaults {
        version(default.versions.as_deref())?;
        timeout_has_scope(default.kind, default.scope, "[[default]]")?;
    }
    for entry in &library.entries {
        check_entry(entry)?;
    }
    for line in library.samples.iter().flat_map(|sample| &sample.expect) {
        Expectation::parse(line).map_err(|message| Issue::new(line, message))?;
    }
    Ok(())
}

fn check_function(library: &Library, function: &Function) -> Result<(), Issue> {
    let first = function.path.as_slice().first().map_or("", String::as_str);
    for path in function.path.as_slice() {
        for path in notation::expand(path).map_err(|message| Issue::new(path, message))? {
            check_path(library, &path).map_err(|message| Issue::new(first, message))?;
        }
    }
    version(function.versions.as_deref())?;
    if let Some(returns) = &function.returns {
        notation::parse_type(returns).map_err(|message| Issue::new(returns, message))?;
    }
    let has_guard = function.guard.is_some() || !function.guards.is_empty();
    let missing = match function.role {
        Role::Setter if !has_guard => "a setter needs a guard",
        Role::Guard if !has_guard => "a guard function needs a guard",
        Role::Duration if function.unit.is_none() => "a duration needs a unit",
        Role::Call if library.transport.is_none() && function.transport.is_none() => "a call needs a transport",
        _ => "",
    };
    if !missing.is_empty() {
        return Err(Issue::new(first, missing));
    }
    function
        .guard
        .iter()
        .chain(&function.guards)
        .try_for_each(|guard| check_guard(guard, first))
}

fn check_path(library: &Library, path: &str) -> Result<(), String> {
    let (krate, rest) = path.split_once("::").unwrap_or((path, ""));
    if !library.crates.iter().any(|known| known == krate) {
        return Err(format!("`{path}` does not begin with a crate of this library"));
    }
    if rest.is_empty() {
        return Err(format!("`{path}` names no function"));
    }
    Ok(())
}

fn check_guard(guard: &Guard, at: &str) -> Result<(), Issue> {
    if guard.policy.is_some() || guard.receiver {
        return Ok(());
    }
    timeout_has_scope(guard.kind, guard.scope, at)
}

fn timeout_has_scope(kind: GuardKind, scope: Option<Scope>, at: &str) -> Result<(), Issue> {
    if kind == GuardKind::Timeout && scope.is_none() {
        return Err(Issue::new(at, "a timeout needs a scope"));
    }
    Ok(())
}

fn check_entry(entry: &Entry) -> Result<(), Issue> {
    let names = [&entry.function, &entry.attribute, &entry.implements];
    let given: Vec<&String> = names.into_iter().flatten().collect();
    let [only] = given.as_slice() else {
        let at = given.first().map_or("[[entry]]", |name| name.as_str());
        return Err(Issue::new(at, "an entry is one of function, attribute, implements"));
    };
    notation::expand(only).map_err(|message| Issue::new(only, message))?;
    Ok(())
}

fn version(text: Option<&str>) -> Result<(), Issue> {
    match text {
        Some(text) if VersionReq::parse(text).is_err() => {
            Err(Issue::new(text, format!("`{text}` is no version requirement")))
        }
        _ => Ok(()),
    }
}
