//! The rules: what each finding means, its default level, and its text, as data (`rules/ID.toml`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{compile::CatalogError, embedded};

/// One rule, as written in `rules/ID.toml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Names the fact, reads after "allow": `call-without-timeout`. Equals the file's stem.
    pub id: String,
    /// One line without full stop.
    pub title: String,
    /// Where configuration says nothing.
    pub level: Level,
    /// The code that looks for it, by its name in `analyze/detectors`.
    pub detector: String,
    /// Numbers and words for the detector, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Why it matters and how to fix it, with an example (Markdown).
    pub help: String,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Further reading.
    #[serde(default)]
    pub references: Vec<String>,
}

/// How loud a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Silent until something is declared or configured.
    Off,
    Advice,
    Warn,
    Error,
}

impl Level {
    /// The word in TOML and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Advice => "advice",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A parameter of a detector.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameter {
    /// Its default.
    pub value: u64,
    /// What it means, with its unit.
    pub description: String,
}

/// The built-in rules, sorted by id.
///
/// # Errors
/// Where a rule file does not parse or names itself otherwise than its file.
pub(crate) fn builtin() -> Result<Vec<Rule>, CatalogError> {
    let mut rules = Vec::new();
    for (id, text) in embedded::RULES {
        let file = format!("rules/{id}.toml");
        let rule: Rule = toml::from_str(text).map_err(|error| CatalogError::syntax(&file, text, &error))?;
        if rule.id != *id {
            return Err(CatalogError::content(
                &file,
                text,
                &rule.id,
                "the id is not the file's name",
            ));
        }
        rules.push(rule);
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_explain_themselves() {
        for rule in builtin().expect("the built-in rules load") {
            assert!(200 < rule.help.len(), "{}: the help is too short", rule.id);
            assert!(rule.help.contains("```"), "{}: the help has no example", rule.id);
            assert!(
                !rule.title.ends_with('.'),
                "{}: the title ends with a full stop",
                rule.id
            );
            assert!(!rule.tags.is_empty(), "{}: no tags", rule.id);
        }
    }

    #[test]
    fn ids_are_kebab_case() {
        for rule in builtin().expect("the built-in rules load") {
            assert!(
                rule.id
                    .chars()
                    .all(|character| character.is_ascii_lowercase() || character == '-'),
                "{}",
                rule.id
            );
        }
    }
}
