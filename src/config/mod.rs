//! `failmap.toml`: what its user declares about the system, and how loud rules are.
//!
//! Text in, [`Settings`] out. [`mod@file`] holds the keys as written, this module what they mean. Keys that do not exist
//! are refused, with the key that was probably meant. Knows no rule by name: the tables of `[rules]` are handed on raw.

pub mod file;
mod suggest;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::file::{File, ServiceTable, TargetTable},
    model::{
        Name,
        deploy::{DeclaredService, DeclaredTarget},
        finding::Level,
        location::Location,
        term::{Binding, ConfigKey, ConfigKind},
    },
};

pub use suggest::nearest;

/// Resolved settings of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Rule id → level, where it differs from the rule's own.
    pub levels: BTreeMap<Name, Level>,
    /// Patterns as in `.gitignore`, relative to each root.
    pub excludes: Vec<String>,
    /// Component name → criticality, 0 = most.
    pub tiers: BTreeMap<Name, u8>,
    /// Sorted by name.
    pub targets: Vec<DeclaredTarget>,
    /// Sorted by name.
    pub services: Vec<DeclaredService>,
    /// Values of environment variables and configuration keys, sorted.
    pub values: Vec<Binding>,
    /// Findings at this level or above fail `check`; `Off` = none does.
    pub fail_level: Level,
    /// The share of calls that must be resolved, 0 to 1; `None` = not demanded.
    pub min_resolved: Option<f64>,
    /// Rule id → its own parameters, as written.
    pub rules: BTreeMap<Name, toml::Table>,
}

/// A settings file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ConfigError {
    /// The file as the user knows it.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What is wrong, as a fragment.
    pub message: String,
}

impl Settings {
    /// The settings of a run without `failmap.toml`.
    #[must_use]
    pub fn unset() -> Self {
        Self {
            levels: BTreeMap::new(),
            excludes: Vec::new(),
            tiers: BTreeMap::new(),
            targets: Vec::new(),
            services: Vec::new(),
            values: Vec::new(),
            fail_level: Level::Error,
            min_resolved: None,
            rules: BTreeMap::new(),
        }
    }

    /// Read the text of a settings file. `file` is its name for messages and evidence, `root` the root it lies in.
    ///
    /// # Errors
    ///
    /// Text that is not TOML, an unknown key, a value that its key does not allow.
    pub fn parse(root: &Name, file: &str, text: &str) -> Result<Self, ConfigError> {
        let source = Source { root, file, text };
        let written: File = toml::from_str(text).map_err(|error| source.toml_error(&error))?;
        source.resolve(written)
    }
}

struct Source<'a> {
    root: &'a Name,
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn resolve(&self, written: File) -> Result<Settings, ConfigError> {
        let unset = Settings::unset();
        if let Some(share) = &written.min_resolved
            && !(0.0..=1.0).contains(share.get_ref())
        {
            return Err(self.error(share.span().start, "`min-resolved` is a share from 0 to 1".to_owned()));
        }
        let targets = self.targets(written.target)?;
        let services = self.services(written.service)?;
        let values = written.values.into_iter().map(|(key, value)| Binding {
            key: config_key(&key),
            value: value.get_ref().as_str().into(),
            scope: None,
            environment: None,
            at: self.location(value.span().start),
        });
        Ok(Settings {
            levels: written
                .levels
                .into_iter()
                .map(|(rule, level)| (rule.into(), level.into()))
                .collect(),
            excludes: written.exclude,
            tiers: written
                .tiers
                .into_iter()
                .map(|(name, tier)| (name.into(), tier))
                .collect(),
            targets,
            services,
            values: values.collect(),
            fail_level: written.fail_level.map_or(unset.fail_level, Level::from),
            min_resolved: written.min_resolved.map(toml::Spanned::into_inner),
            rules: written
                .rules
                .into_iter()
                .map(|(rule, table)| (rule.into(), table))
                .collect(),
        })
    }

    fn targets(&self, tables: Vec<TargetTable>) -> Result<Vec<DeclaredTarget>, ConfigError> {
        let mut seen = BTreeSet::new();
        let mut targets = Vec::new();
        for table in tables {
            let start = table.name.span().start;
            let name = table.name.into_inner();
            if !seen.insert(name.clone()) {
                return Err(self.error(start, format!("target `{name}` is declared twice")));
            }
            let hosts = table
                .hosts
                .iter()
                .map(|host| self.host(host))
                .collect::<Result<_, _>>()?;
            targets.push(DeclaredTarget {
                name: name.into(),
                at: self.location(start),
                kind: table.kind.unwrap_or(file::TargetKind::External).into(),
                hosts,
                keys: table.keys.into_iter().map(Name::from).collect(),
                tier: table.tier,
                owner: table.owner.map(Name::from),
            });
        }
        targets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(targets)
    }

    /// A host in lower case; a URL or a host with port is a mistake worth a message.
    fn host(&self, host: &toml::Spanned<String>) -> Result<Name, ConfigError> {
        let text = host.get_ref();
        if text.is_empty() || text.contains(['/', ':', ' ', '@']) {
            let message = format!("`{text}` is not a host: write it without scheme, port and path");
            return Err(self.error(host.span().start, message));
        }
        Ok(text.to_lowercase().into())
    }

    fn services(&self, tables: Vec<ServiceTable>) -> Result<Vec<DeclaredService>, ConfigError> {
        let mut seen = BTreeSet::new();
        let mut services = Vec::new();
        for table in tables {
            let start = table.name.span().start;
            let name = table.name.into_inner();
            if !seen.insert(name.clone()) {
                return Err(self.error(start, format!("service `{name}` is declared twice")));
            }
            services.push(DeclaredService {
                name: name.into(),
                at: self.location(start),
                packages: table.packages.into_iter().map(Name::from).collect(),
                aliases: table.aliases.into_iter().map(Name::from).collect(),
                tier: table.tier,
                owner: table.owner.map(Name::from),
            });
        }
        services.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(services)
    }

    fn toml_error(&self, error: &toml::de::Error) -> ConfigError {
        let start = error.span().map_or(0, |span| span.start);
        let message = error.message().lines().next().unwrap_or_default();
        self.error(start, suggest::reword(message))
    }

    fn error(&self, offset: usize, message: String) -> ConfigError {
        let (line, column) = self.position(offset);
        ConfigError {
            file: self.file.to_owned(),
            line,
            column,
            message,
        }
    }

    fn location(&self, offset: usize) -> Location {
        let (line, column) = self.position(offset);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Location {
            root: self.root.clone(),
            file: self.file.into(),
            line: number(line),
            column: number(column),
        }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        (
            1 + before.matches('\n').count(),
            1 + before[line_start..].chars().count(),
        )
    }
}

/// `PAYMENTS_URL` is an environment variable, `payments.url` a key of a configuration file.
fn config_key(name: &str) -> ConfigKey {
    let is_env = name
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    ConfigKey {
        kind: if is_env { ConfigKind::Env } else { ConfigKind::Key },
        name: name.into(),
    }
}

#[cfg(test)]
mod tests;
