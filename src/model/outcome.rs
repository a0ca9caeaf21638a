//! What one run of the pipeline hands to reports and gate.

use serde::{Deserialize, Serialize};

use super::{
    Name, analysis::Analysis, fact::Language, location::RepoPath, problem::Problem, program::Statistics, system::System,
};

/// The whole result. Reports are pure functions of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub scan: Scan,
    pub system: System,
    pub analysis: Analysis,
    /// The blind-spot ledger, sorted by what it hides (most first), then place.
    pub problems: Vec<Problem>,
}

/// What was scanned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    pub roots: Vec<ScannedRoot>,
    pub n_read: u64,
    pub n_skipped: u64,
    pub n_lines: u64,
    /// Sorted by language.
    pub by_language: Vec<(Language, u64)>,
    pub dependencies: Vec<ScannedDependency>,
    /// Client libraries of the catalogue that production code depends on directly, sorted.
    pub clients: Vec<Name>,
    pub statistics: Statistics,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedRoot {
    pub name: Name,
    /// The commit that `HEAD` names, read from the git directory as files.
    pub revision: Option<Name>,
}

/// A third-party package whose source was (or should have been) part of the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScannedDependency {
    /// `dep:cargo/reqwest@0.12.9`.
    pub root: RepoPath,
    pub checksum: Option<Name>,
    pub is_read: bool,
}
