//! What deployment files bind: environment variables and configuration keys, by service and environment.

use std::collections::BTreeMap;

use crate::model::{
    Name,
    term::{Binding, ConfigKey, ConfigKind, Term},
};

/// Nesting of `${A:-${B:-…}}` that is followed; deeper text stays a hole. Real files nest two or three deep.
const MAX_NESTED_REFERENCES: u32 = 8;

/// For whom a term is evaluated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The service whose environment holds; `None` = any, so that the values of all are kept.
    pub service: Option<&'a str>,
    /// The environment or overlay (`prod`); `None` = any.
    pub environment: Option<&'a str>,
}

/// All bindings, by the name of their key.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    by_name: BTreeMap<Name, Vec<Binding>>,
}

impl Bindings {
    /// Index `bindings`; their order does not matter.
    #[must_use]
    pub fn new(mut bindings: Vec<Binding>) -> Self {
        bindings.sort();
        bindings.dedup();
        let mut by_name: BTreeMap<Name, Vec<Binding>> = BTreeMap::new();
        for binding in bindings {
            by_name.entry(normalize_key(&binding.key)).or_default().push(binding);
        }
        Self { by_name }
    }

    /// The bindings of `key` that hold in `context`, sorted; several when deployments differ.
    ///
    /// What is given to the service itself hides what is given to all, and what is given for the
    /// environment hides what holds in any. An environment variable also binds the configuration key
    /// of the same name (`DATABASE_URL` and `database.url`), since configuration libraries map them so.
    #[must_use]
    pub fn get(&self, key: &ConfigKey, context: Context<'_>) -> Vec<&Binding> {
        let named = normalize_key(key);
        let mut found: Vec<&Binding> = self
            .by_name
            .get(&named)
            .into_iter()
            .flatten()
            .filter(|binding| binds(binding, key))
            .collect();
        if found.is_empty() && key.kind == ConfigKind::Key {
            found = self.prefixed(&named, context);
        }
        if let Some(service) = context.service {
            narrow(&mut found, |binding| binding.scope.as_deref(), service);
        }
        if let Some(environment) = context.environment {
            narrow(&mut found, |binding| binding.environment.as_deref(), environment);
        }
        found
    }

    /// Variables of the service that are the key with one prefix: `SHOP_DB_DSN` for `db_dsn`.
    ///
    /// Programs read their settings from variables with a prefix of their own that no key mentions. One word
    /// (`url`) fits too much, and so do several prefixes.
    fn prefixed(&self, key: &str, context: Context<'_>) -> Vec<&Binding> {
        let (Some(service), true) = (context.service, key.contains('_')) else {
            return Vec::new();
        };
        let suffix = format!("_{key}");
        let is_ours =
            |binding: &&Binding| binding.key.kind == ConfigKind::Env && binding.scope.as_deref() == Some(service);
        let mut fitting = self
            .by_name
            .iter()
            .filter(|(name, _)| name.ends_with(&suffix))
            .map(|(_, bindings)| bindings.iter().filter(is_ours).collect::<Vec<_>>())
            .filter(|bindings| !bindings.is_empty());
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => only,
            _ => Vec::new(),
        }
    }
}

/// Keep what is meant for `wanted`; where nothing is, keep what is meant for all.
fn narrow<'b>(found: &mut Vec<&'b Binding>, aspect: impl Fn(&'b Binding) -> Option<&'b str>, wanted: &str) {
    let is_specific = found.iter().any(|binding| aspect(binding) == Some(wanted));
    found.retain(|binding| match aspect(binding) {
        Some(given) => given == wanted,
        None => !is_specific,
    });
}

fn binds(binding: &Binding, key: &ConfigKey) -> bool {
    match (binding.key.kind, key.kind) {
        (ConfigKind::Env, ConfigKind::Env) => binding.key.name == key.name,
        (ConfigKind::Argument, ConfigKind::Env | ConfigKind::Key) => false,
        _ => true,
    }
}

/// `database.url`, `database-url`, `DATABASE__URL` → `DATABASE_URL`.
fn normalize_key(key: &ConfigKey) -> Name {
    let mut normal = String::with_capacity(key.name.len());
    for c in key.name.chars() {
        let c = if c.is_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        };
        if c != '_' || !normal.ends_with('_') {
            normal.push(c);
        }
    }
    Name::from(normal)
}

/// How references to variables are written in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    /// `${A}` only: texts in code, where `$filter` is an OData parameter and no variable.
    Braced,
    /// `${A}` and `$A`, with `$$` for a dollar: values in deployment files.
    Shell,
}

/// The term that `text` stands for: `${A}` and `${A:-default}` become configuration keys.
#[must_use]
pub fn term_of_text(text: &str, references: References) -> Term {
    term_of_nested_text(text, references, 0)
}

fn term_of_nested_text(text: &str, references: References, depth: u32) -> Term {
    if !text.contains('$') || MAX_NESTED_REFERENCES <= depth {
        return Term::text(text);
    }
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        literal.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (term, n_used) = match reference(after, references, depth) {
            Some(found) => found,
            None => {
                literal.push('$');
                let is_escape = references == References::Shell && after.starts_with('$');
                rest = if is_escape { &after[1..] } else { after };
                continue;
            }
        };
        if !literal.is_empty() {
            parts.push(Term::text(&literal));
            literal.clear();
        }
        parts.push(term);
        rest = &after[n_used..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Term::text(&literal));
    }
    match parts.len() {
        0 => Term::text(""),
        1 => parts.swap_remove(0),
        _ => Term::Concat(parts),
    }
}

/// The reference that begins right after a dollar, and how many bytes it takes.
fn reference(after: &str, references: References, depth: u32) -> Option<(Term, usize)> {
    if after.starts_with('{') {
        let n_inner = braced_len(after)?;
        let inner = &after[1..n_inner - 1];
        let n_name = inner
            .find(|c: char| !is_name_char(c) && c != '.')
            .unwrap_or(inner.len());
        let (name, operator) = inner.split_at(n_name);
        if name.is_empty() {
            return None;
        }
        let default = [":-", "-", ":"]
            .iter()
            .find_map(|mark| operator.strip_prefix(mark))
            .filter(|default| !default.starts_with('?'))
            .map(|default| Box::new(term_of_nested_text(default, references, depth + 1)));
        return Some((config(name, default), n_inner));
    }
    let n_name = after.find(|c: char| !is_name_char(c)).unwrap_or(after.len());
    let starts_well = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (references == References::Shell && starts_well).then(|| (config(&after[..n_name], None), n_name))
}

/// The length of the `{…}` that `text` begins with, nested braces included.
fn braced_len(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at + 1),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn config(name: &str, default: Option<Box<Term>>) -> Term {
    Term::Config {
        key: ConfigKey {
            kind: ConfigKind::Env,
            name: Name::new(name),
        },
        default,
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;

    fn binding(name: &str, value: &str, scope: Option<&str>, environment: Option<&str>) -> Binding {
        Binding {
            key: ConfigKey {
                kind: ConfigKind::Env,
                name: Name::new(name),
            },
            value: Name::new(value),
            scope: scope.map(Name::new),
            environment: environment.map(Name::new),
            at: Location::of_file(Name::new("shop"), "compose.yaml".into()),
        }
    }

    fn get(bindings: &Bindings, kind: ConfigKind, name: &str, context: Context<'_>) -> Vec<String> {
        let key = ConfigKey {
            kind,
            name: Name::new(name),
        };
        bindings
            .get(&key, context)
            .iter()
            .map(|binding| binding.value.to_string())
            .collect()
    }

    #[test]
    fn own_values_hide_common_ones_and_foreign_ones_never_count() {
        let bindings = Bindings::new(vec![
            binding("A", "all", None, None),
            binding("A", "cart", Some("cart"), None),
            binding("A", "cart-prod", Some("cart"), Some("prod")),
        ]);
        let of = |service, environment| get(&bindings, ConfigKind::Env, "A", Context { service, environment });
        assert_eq!(of(Some("cart"), None), ["cart", "cart-prod"]);
        assert_eq!(of(Some("cart"), Some("prod")), ["cart-prod"]);
        assert_eq!(of(Some("cart"), Some("dev")), ["cart"]);
        assert_eq!(of(Some("checkout"), None), ["all"]);
        assert_eq!(of(None, None), ["all", "cart", "cart-prod"]);
    }

    #[test]
    fn an_environment_variable_binds_the_key_of_the_same_name() {
        let bindings = Bindings::new(vec![binding("DATABASE__URL", "x", None, None)]);
        assert_eq!(
            get(&bindings, ConfigKind::Key, "database.url", Context::default()),
            ["x"]
        );
        assert!(get(&bindings, ConfigKind::Env, "DATABASE_URL", Context::default()).is_empty());
    }

    #[test]
    fn settings_are_read_with_a_prefix() {
        let bindings = Bindings::new(vec![
            binding("SHOP_DB_DSN", "ours", Some("cart"), None),
            binding("SHOP_URL", "no", Some("cart"), None),
            binding("A_CACHE_DSN", "either", Some("cart"), None),
            binding("B_CACHE_DSN", "or", Some("cart"), None),
        ]);
        let of = |name, service| {
            get(
                &bindings,
                ConfigKind::Key,
                name,
                Context {
                    service,
                    environment: None,
                },
            )
        };
        assert_eq!(of("db_dsn", Some("cart")), ["ours"]);
        assert!(of("db_dsn", Some("checkout")).is_empty());
        assert!(of("db_dsn", None).is_empty());
        assert!(of("url", Some("cart")).is_empty());
        assert!(of("cache_dsn", Some("cart")).is_empty());
    }

    #[track_caller]
    fn check_text(text: &str, references: References, expected: &str) {
        assert_eq!(show(&term_of_text(text, references)), expected);
    }

    fn show(term: &Term) -> String {
        match term {
            Term::Text(text) => format!("'{text}'"),
            Term::Config { key, default: None } => key.name.to_string(),
            Term::Config {
                key,
                default: Some(default),
            } => format!("{}|{}", key.name, show(default)),
            Term::Concat(parts) => parts.iter().map(show).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn references_in_texts() {
        check_text(
            "http://${HOST}:${PORT:-80}/x",
            References::Shell,
            "'http://' HOST ':' PORT|'80' '/x'",
        );
        check_text("${A:-${B:-c}}", References::Shell, "A|B|'c'");
        check_text("$A-1", References::Shell, "A '-1'");
        check_text("a$$b", References::Shell, "'a$b'");
        check_text("${A:?must be set}", References::Shell, "A");
        check_text("?$filter=${F}", References::Braced, "'?$filter=' F");
        check_text("${unclosed", References::Shell, "'${unclosed'");
        check_text("cost 5$", References::Shell, "'cost 5$'");
        check_text("${}", References::Shell, "'${}'");
    }
}
