//! Packages: what manifests and lockfiles declare.

use serde::{Deserialize, Serialize};

use super::{
    Name,
    location::{Location, RepoPath},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    Cargo,
    Go,
    Npm,
    Python,
    Maven,
    Nuget,
}

/// A package of the scanned repos, or a third-party one whose source is on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Package {
    pub ecosystem: Ecosystem,
    pub root: Name,
    pub name: Name,
    pub version: Option<Name>,
    /// The package's folder inside its root; empty for the root itself.
    pub dir: RepoPath,
    pub manifest: Location,
    pub targets: Vec<Target>,
    pub dependencies: Vec<Dependency>,
    /// Third-party: input of the analysis, not its subject.
    pub is_third_party: bool,
    /// Features that are on by default, transitive inside the package.
    pub default_features: Vec<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    Library,
    ProcMacro,
    Binary,
    Example,
    Test,
    Bench,
    BuildScript,
}

/// Something that is built from one root file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub kind: TargetKind,
    /// Name as written in the manifest; code names a library with `-` replaced by `_`.
    pub name: Name,
    /// The root source file, relative to the repo's root.
    pub path: RepoPath,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyKind {
    Normal,
    Dev,
    Build,
}

/// One declared dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The name that code uses (`_` for `-`; a rename applied).
    pub alias: Name,
    /// The package's real name.
    pub package: Name,
    pub requirement: Option<Name>,
    /// The version that the lockfile picked.
    pub locked: Option<Name>,
    pub checksum: Option<Name>,
    pub kind: DependencyKind,
    pub is_optional: bool,
    pub features: Vec<Name>,
    pub default_features: bool,
    /// Folder of a path dependency inside the same root.
    pub path: Option<RepoPath>,
}

/// A package from outside the repo that a lockfile picked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LockedPackage {
    pub name: Name,
    pub version: Name,
    /// As the lockfile writes it: `registry+URL`, `sparse+URL`, `git+URL#COMMIT`.
    pub source: Name,
    pub checksum: Option<Name>,
    /// Name and version of what it depends on, sorted; those of its build script too.
    pub dependencies: Vec<(Name, Name)>,
}
