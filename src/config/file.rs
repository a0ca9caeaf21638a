//! The keys of `failmap.toml` as written. This is also the source of the file's JSON schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::model::{call::ComponentKind, finding};

/// A settings file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// Files and folders that are not read: patterns as in `.gitignore`, relative to each root.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Findings at this level or above make `check` fail; `off` = none does. Default: `error`.
    #[serde(default)]
    pub fail_level: Option<Level>,
    /// The share of calls that must be resolved for a run to count, 0 to 1. Default: not demanded.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub min_resolved: Option<Spanned<f64>>,
    /// Rule id → level, where it is to differ from the rule's own.
    #[serde(default)]
    pub levels: BTreeMap<String, Level>,
    /// Name of a service or target → how critical it is, 0 = most.
    #[serde(default)]
    pub tiers: BTreeMap<String, u8>,
    /// Name of an environment variable or configuration key → the value it has where deployment files do not say.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub values: BTreeMap<String, Spanned<String>>,
    /// Rule id → parameters of that rule.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub rules: BTreeMap<String, toml::Table>,
    /// Services: what they are called, what they are built from, who owns them.
    #[serde(default)]
    pub service: Vec<ServiceTable>,
    /// Things outside that are called: how they are recognized, who owns them.
    #[serde(default)]
    pub target: Vec<TargetTable>,
}

/// One `[[service]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceTable {
    /// The name used in reports.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Packages or binaries that it is built from. Default: those of its name.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Other names that callers use: DNS names, names in other repos.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How critical it is, 0 = most.
    #[serde(default)]
    pub tier: Option<u8>,
    /// The team that answers for it.
    #[serde(default)]
    pub owner: Option<String>,
}

/// One `[[target]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetTable {
    /// The name used in reports.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// What it is. Default: `external`.
    #[serde(default)]
    pub kind: Option<TargetKind>,
    /// Hosts that lead to it; `*.example.com` is every host below.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub hosts: Vec<Spanned<String>>,
    /// Environment variables or configuration keys that hold its address.
    #[serde(default)]
    pub keys: Vec<String>,
    /// How critical it is, 0 = most.
    #[serde(default)]
    pub tier: Option<u8>,
    /// The team or vendor that answers for it.
    #[serde(default)]
    pub owner: Option<String>,
}

/// How loud a rule is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The rule does not run.
    Off,
    /// Worth knowing.
    Advice,
    /// Worth fixing.
    Warn,
    /// Fails `check`, unless `fail-level` says otherwise.
    Error,
}

impl From<Level> for finding::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::Off,
            Level::Advice => Self::Advice,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

/// What a declared target is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// Somebody else's service.
    External,
    /// A service of this organization whose source is not scanned.
    Service,
    /// A database.
    Datastore,
    /// A cache.
    Cache,
    /// A message broker.
    Broker,
    /// A store for files.
    ObjectStore,
    /// A mail relay.
    Mail,
}

impl From<TargetKind> for ComponentKind {
    fn from(kind: TargetKind) -> Self {
        match kind {
            TargetKind::External => Self::External,
            TargetKind::Service => Self::Service,
            TargetKind::Datastore => Self::Datastore,
            TargetKind::Cache => Self::Cache,
            TargetKind::Broker => Self::Broker,
            TargetKind::ObjectStore => Self::ObjectStore,
            TargetKind::Mail => Self::Mail,
        }
    }
}
