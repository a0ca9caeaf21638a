//! Cargo packages, from `cargo metadata` where it answered and from `Cargo.toml` itself where it did not.
//!
//! Both ways fill the same [`Package`]; versions and checksums always come from `Cargo.lock`, since `cargo metadata`
//! is only ever asked about the members themselves. Pure: the texts are handed in, cargo is run by the caller.

mod lock;
mod metadata;
mod outside;
mod raw;
mod targets;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    extract::manifest::cargo::{lock::Lock, raw::Manifest},
    model::{
        Name,
        fact::FileRole,
        location::{Location, RepoPath},
        package::{LockedPackage, Package, TargetKind},
        problem::{Problem, ProblemKind},
    },
};

pub use outside::{OutsideInput, outside_package};

/// What one root holds for cargo.
#[derive(Debug)]
pub struct CargoInput<'a> {
    /// Name of the root.
    pub root: Name,
    /// Absolute folder of the root: what `cargo metadata` answers is made relative to it.
    pub root_path: &'a Path,
    /// `Cargo.toml` files: path, role of the place, text.
    pub manifests: Vec<(RepoPath, FileRole, String)>,
    /// `Cargo.lock` files: path and text.
    pub locks: Vec<(RepoPath, String)>,
    /// All Rust files of the root: targets without a path in the manifest are found among them.
    pub sources: BTreeSet<RepoPath>,
}

/// The manifests of one root, parsed.
#[derive(Debug)]
pub struct CargoManifests<'a> {
    input: &'a CargoInput<'a>,
    /// By folder.
    manifests: BTreeMap<String, Manifest>,
    /// By folder.
    locks: BTreeMap<String, Lock>,
    problems: Vec<Problem>,
}

impl<'a> CargoManifests<'a> {
    /// Parse all manifests and lockfiles; a broken one becomes a problem that names file and line.
    #[must_use]
    pub fn parse(input: &'a CargoInput<'a>) -> Self {
        let mut res = Self {
            input,
            manifests: BTreeMap::new(),
            locks: BTreeMap::new(),
            problems: Vec::new(),
        };
        for (path, role, text) in &input.manifests {
            match Manifest::parse(path, *role, text) {
                Ok(manifest) => {
                    res.manifests.insert(manifest.dir.clone(), manifest);
                }
                Err(error) => res.problems.push(broken(&input.root, path, text, &error)),
            }
        }
        for (path, text) in &input.locks {
            match Lock::parse(text) {
                Ok(lock) => {
                    res.locks.insert(raw::folder(path).to_owned(), lock);
                }
                Err(error) => res.problems.push(broken(&input.root, path, text, &error)),
            }
        }
        res
    }

    /// The manifests to run `cargo metadata` on, sorted: every workspace, every package outside one. Those of tests
    /// and examples are left to their text, since fixtures are often broken on purpose.
    #[must_use]
    pub fn workspaces(&self) -> Vec<RepoPath> {
        let mut paths: Vec<RepoPath> = self
            .manifests
            .values()
            .filter(|manifest| manifest.role == FileRole::Source)
            .map(|manifest| self.workspace_of(manifest).unwrap_or(manifest).path.clone())
            .collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// What the lockfiles picked from outside the root; sorted, each once.
    #[must_use]
    pub fn locked(&self) -> Vec<LockedPackage> {
        let mut locked: Vec<LockedPackage> = self.locks.values().flat_map(Lock::outside).collect();
        locked.sort();
        locked.dedup();
        locked
    }

    /// All packages, sorted by folder, and what was not understood. `answers` holds what `cargo metadata` said for
    /// each of [`Self::workspaces`], or why it said nothing; empty where cargo is not to be used.
    #[must_use]
    pub fn packages(self, answers: &[(RepoPath, Result<String, String>)]) -> (Vec<Package>, Vec<Problem>) {
        let mut problems = self.problems.clone();
        let mut described = metadata::read(self.input, answers, &mut problems);
        let mut packages = Vec::new();
        for manifest in self.manifests.values() {
            let workspace = self.workspace_of(manifest);
            let written = raw::package(self.input, manifest, workspace, &mut problems);
            let Some(mut package) = described.remove(&manifest.path).or(written) else {
                continue;
            };
            package.manifest.line = manifest.line;
            self.redirect_patched(&mut package, workspace);
            self.lock(&mut package, workspace.map(|it| it.dir.as_str()));
            mark_role(&mut package, manifest.role);
            sort(&mut package);
            packages.push(package);
        }
        packages.sort_by(|a, b| (&a.dir, &a.name).cmp(&(&b.dir, &b.name)));
        problems.sort();
        (packages, problems)
    }

    /// The workspace that a manifest belongs to, which may be its own.
    fn workspace_of(&self, manifest: &Manifest) -> Option<&Manifest> {
        if let Some(dir) = manifest.workspace_pointer() {
            return self.manifests.get(&dir);
        }
        raw::ancestors(&manifest.dir)
            .filter_map(|dir| self.manifests.get(dir))
            .find(|candidate| candidate.is_workspace())
            .filter(|candidate| candidate.dir == manifest.dir || !candidate.excludes(&manifest.dir))
    }

    /// `[patch]` entries with a path make a registry dependency a package of the repo.
    fn redirect_patched(&self, package: &mut Package, workspace: Option<&Manifest>) {
        let own = || self.manifests.get(&*package.dir);
        let Some(root) = workspace.or_else(own) else { return };
        let patched = root.patched_paths();
        for dependency in &mut package.dependencies {
            if dependency.path.is_none() {
                dependency.path = patched.get(&dependency.package).cloned();
            }
        }
    }

    fn lock(&self, package: &mut Package, workspace: Option<&str>) {
        let in_workspace = workspace.and_then(|dir| self.locks.get(dir));
        let nearest = || raw::ancestors(&package.dir).find_map(|dir| self.locks.get(dir));
        if let Some(lock) = in_workspace.or_else(nearest) {
            lock.fill(package);
        }
    }
}

/// What a package builds that lies in a test or example folder is no service and no library of the system.
fn mark_role(package: &mut Package, role: FileRole) {
    let kind = match role {
        FileRole::Test => TargetKind::Test,
        FileRole::Example => TargetKind::Example,
        FileRole::Bench => TargetKind::Bench,
        FileRole::Source | FileRole::Generated | FileRole::Build => return,
    };
    for target in &mut package.targets {
        if matches!(
            target.kind,
            TargetKind::Binary | TargetKind::Library | TargetKind::ProcMacro
        ) {
            target.kind = kind;
        }
    }
}

fn sort(package: &mut Package) {
    package
        .targets
        .sort_by(|a, b| (a.kind, &a.name, &a.path).cmp(&(b.kind, &b.name, &b.path)));
    package
        .dependencies
        .sort_by(|a, b| (a.kind, &a.alias, &a.requirement).cmp(&(b.kind, &b.alias, &b.requirement)));
    for dependency in &mut package.dependencies {
        dependency.features.sort();
        dependency.features.dedup();
    }
    // The same dependency under several `cfg(…)` tables is one, with the features of all.
    package.dependencies.dedup_by(|again, first| {
        let is_same = (again.kind, &again.alias, &again.requirement, &again.path)
            == (first.kind, &first.alias, &first.requirement, &first.path);
        if is_same {
            first.features.append(&mut again.features);
            first.features.sort();
            first.features.dedup();
            first.is_optional &= again.is_optional;
            first.default_features |= again.default_features;
        }
        is_same
    });
}

fn broken(root: &Name, path: &RepoPath, text: &str, error: &toml::de::Error) -> Problem {
    let mut at = Location::of_file(root.clone(), path.clone());
    if let Some(before) = error.span().and_then(|span| text.get(..span.start)) {
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        at.line = number(1 + before.matches('\n').count());
        at.column = number(1 + before[line_start..].chars().count());
    }
    let message = error.message().lines().next().unwrap_or_default();
    Problem {
        kind: ProblemKind::Manifest,
        at,
        reason: format!("not valid TOML: {message}"),
        hides: 1,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
