//! Finds roots and files: the only reader of the scanned tree.
//!
//! [`discover`] walks what the user named and answers with a sorted [`Inventory`]; [`read::read`] hands out one
//! file's text. Nothing here follows a link, runs a program (git included), writes, or depends on the machine's
//! own ignore rules: the same tree gives the same inventory everywhere. What is not read becomes a [`Problem`].
//! Knows file names and sizes; knows nothing of what files mean.

#![allow(clippy::disallowed_methods, reason = "the only room that reads the scanned tree")]

pub mod cargo;
pub mod classify;
mod ignores;
mod language;
mod ledger;
pub mod read;
mod revision;
mod role;
mod roots;
pub mod sources;
mod vendored;
mod walk;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    discover::classify::FileKind,
    model::{
        Name,
        fact::{FileRole, Language},
        location::{Location, RepoPath},
        problem::{Problem, ProblemKind},
    },
};

/// What one run may read.
#[derive(Clone, Debug)]
pub struct DiscoverSettings {
    /// Patterns as in `.gitignore`, relative to each root, from the user's settings.
    pub excludes: Vec<String>,
    /// The languages that have a front end; files of others are listed and named in the ledger.
    pub languages: Vec<Language>,
}

/// All roots and all files that failmap knows a use for. Every list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Sorted by name.
    pub roots: Vec<Root>,
    /// Sorted by root, then path.
    pub files: Vec<InventoryFile>,
    /// What was not read, with its reason.
    pub problems: Vec<Problem>,
}

/// One repo, or one folder that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The folder's name; unique in an inventory.
    pub name: Name,
    /// Absolute. Never shown in an output.
    pub path: PathBuf,
    /// The commit that `HEAD` names.
    pub revision: Option<Name>,
}

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InventoryFile {
    /// Position in [`Inventory::roots`].
    pub root: usize,
    pub path: RepoPath,
    pub kind: FileKind,
    pub role: FileRole,
    /// Bytes.
    pub size: u64,
}

impl Inventory {
    /// Where `file` is on this machine.
    #[must_use]
    pub fn absolute(&self, file: &InventoryFile) -> PathBuf {
        self.roots[file.root].path.join(&*file.path)
    }

    /// The location of `file` as a whole.
    #[must_use]
    pub fn location(&self, file: &InventoryFile) -> Location {
        Location::of_file(self.roots[file.root].name.clone(), file.path.clone())
    }
}

/// Why nothing can be scanned. Everything smaller is a [`Problem`] of the inventory.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// The user named no path.
    #[error("no path to scan was given")]
    NoPath,
    /// A path that the user named does not exist.
    #[error("{path}: no such file or folder")]
    Missing {
        /// As given.
        path: String,
    },
    /// A path that the user named is a file.
    #[error("{path}: not a folder; name the folder that holds it")]
    NotAFolder {
        /// As given.
        path: String,
    },
    /// A path or file that the user named cannot be read.
    #[error("{path}: cannot be read: {reason}")]
    Unreadable {
        /// As given.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// An exclude that is no pattern.
    #[error("exclude `{pattern}`: {reason}")]
    Exclude {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Walk `paths` and list what is there to read.
///
/// Each path is a root; a folder below it with its own `.git` is a root of its own.
///
/// # Errors
///
/// A path that is missing, not a folder or closed to us, or an exclude that is not a pattern.
pub fn discover(paths: &[PathBuf], settings: &DiscoverSettings) -> Result<Inventory, DiscoverError> {
    if paths.is_empty() {
        return Err(DiscoverError::NoPath);
    }
    let given = paths
        .iter()
        .map(|path| canonical(path))
        .collect::<Result<Vec<_>, _>>()?;
    let trees = roots::trees(given, settings)?;
    let named = roots::name(trees);

    let all_paths: Vec<PathBuf> = named.iter().map(|(_, tree)| tree.path.clone()).collect();
    let mut inventory = Inventory::default();
    for (root, (name, tree)) in named.into_iter().enumerate() {
        inventory.files.extend(role::assign(root, tree.files));
        inventory.problems.extend(tree.ledger.into_problems(&name));
        let revision = revision::of(&tree.path, &all_paths);
        inventory.roots.push(Root {
            name,
            path: tree.path,
            revision,
        });
    }
    report_empty(&mut inventory);
    inventory.files.sort();
    inventory.problems.sort();
    Ok(inventory)
}

fn canonical(path: &Path) -> Result<PathBuf, DiscoverError> {
    let shown = || path.display().to_string();
    let canonical = fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DiscoverError::Missing { path: shown() },
        _ => DiscoverError::Unreadable {
            path: shown(),
            reason: error.to_string(),
        },
    })?;
    if !canonical.is_dir() {
        return Err(DiscoverError::NotAFolder { path: shown() });
    }
    Ok(canonical)
}

fn report_empty(inventory: &mut Inventory) {
    for (root, Root { name, .. }) in inventory.roots.iter().enumerate() {
        if !inventory.files.iter().any(|file| file.root == root) {
            inventory.problems.push(Problem {
                kind: ProblemKind::Skipped,
                at: Location::of_file(name.clone(), "".into()),
                reason: "nothing to read: no source file, manifest or deployment file that failmap knows".to_owned(),
                hides: 0,
            });
        }
    }
}

#[cfg(test)]
mod tests;
