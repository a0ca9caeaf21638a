//! One root's walk: what is listed, what is skipped, and why.

use std::{
    cell::Cell,
    collections::BTreeSet,
    fs::{self, DirEntry, FileType},
    path::{Path, PathBuf},
    sync::Arc,
};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::{
    discover::{
        DiscoverError, DiscoverSettings,
        classify::{Class, FileKind, classify},
        ignores::Rules,
        ledger::{Ledger, Skip},
        read,
        vendored::{self, Surroundings},
    },
    model::{fact::FileRole, problem::ProblemKind},
};

/// Deepest nesting of folders that is walked. Real trees stay under 40; a path longer than that many names meets the
/// system's own limits soon after.
pub(super) const MAX_DEPTH: usize = 200;
/// How many entries of all skipped folders together are looked at to say how many source files they hide.
const MAX_COUNTED: u32 = 50_000;
/// The same for one skipped folder.
const MAX_COUNTED_PER_FOLDER: u32 = 5_000;

/// What one root holds.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) path: PathBuf,
    /// It has a `.git` of its own.
    pub(super) is_repo: bool,
    pub(super) files: Vec<FoundFile>,
    pub(super) ledger: Ledger,
}

/// One listed file.
#[derive(Debug)]
pub(super) struct FoundFile {
    /// Relative to the root, forward slashes.
    pub(super) path: String,
    pub(super) kind: FileKind,
    pub(super) size: u64,
    /// The role as far as its content tells: `Source` or `Generated`.
    pub(super) role: FileRole,
}

impl Tree {
    /// A root without files.
    pub(super) fn empty(path: PathBuf) -> Self {
        let is_repo = fs::symlink_metadata(path.join(".git")).is_ok();
        Self {
            path,
            is_repo,
            files: Vec::new(),
            ledger: Ledger::default(),
        }
    }
}

/// Walk the folder at `path`. Also answers the repos below it, which are not part of it. Folders in `named` are roots
/// of their own and left out.
pub(super) fn tree(
    path: &Path,
    named: &BTreeSet<PathBuf>,
    settings: &DiscoverSettings,
) -> Result<(Tree, Vec<PathBuf>), DiscoverError> {
    let excludes = excludes(path, &settings.excludes)?;
    let budget = Cell::new(MAX_COUNTED);
    let tree = Tree::empty(path.to_owned());
    let mut walker = Walker {
        named,
        settings,
        excludes,
        budget,
        tree,
        nested: Vec::new(),
    };
    let mut open = vec![Folder {
        absolute: path.to_owned(),
        relative: String::new(),
        depth: 0,
        rules: None,
    }];
    while let Some(folder) = open.pop() {
        open.extend(walker.visit(&folder));
    }
    Ok((walker.tree, walker.nested))
}

fn excludes(root: &Path, patterns: &[String]) -> Result<Gitignore, DiscoverError> {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        let broken = |error: ignore::Error| DiscoverError::Exclude {
            pattern: pattern.clone(),
            reason: error.to_string(),
        };
        builder.add_line(None, pattern).map_err(broken)?;
    }
    let all = || patterns.join(", ");
    builder.build().map_err(|error| DiscoverError::Exclude {
        pattern: all(),
        reason: error.to_string(),
    })
}

struct Folder {
    absolute: PathBuf,
    /// Empty for the root, else without a slash at the end.
    relative: String,
    depth: usize,
    rules: Option<Arc<Rules>>,
}

impl Folder {
    fn join(&self, name: &str) -> String {
        if self.relative.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.relative)
        }
    }
}

struct Walker<'a> {
    named: &'a BTreeSet<PathBuf>,
    settings: &'a DiscoverSettings,
    excludes: Gitignore,
    budget: Cell<u32>,
    tree: Tree,
    nested: Vec<PathBuf>,
}

impl Walker<'_> {
    /// List one folder; answers the folders below it that are to be visited.
    fn visit(&mut self, folder: &Folder) -> Vec<Folder> {
        let entries = match fs::read_dir(&folder.absolute) {
            Ok(entries) => entries,
            Err(error) => {
                let reason = format!("folder cannot be read: {}", read::io_reason(&error));
                self.tree
                    .ledger
                    .row(ProblemKind::Unreadable, &folder.relative, reason, 1);
                return Vec::new();
            }
        };
        let mut named_entries = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => match entry.file_name().into_string() {
                    Ok(name) => named_entries.push((name, entry)),
                    Err(name) => {
                        let path = folder.join(&name.to_string_lossy());
                        let reason = "its name is not UTF-8: rename it to have it read".to_owned();
                        self.tree.ledger.row(ProblemKind::NotUtf8, &path, reason, 1);
                    }
                },
                Err(error) => {
                    let reason = format!("folder cannot be read to its end: {}", read::io_reason(&error));
                    self.tree
                        .ledger
                        .row(ProblemKind::Unreadable, &folder.relative, reason, 1);
                }
            }
        }
        named_entries.sort_by(|a, b| a.0.cmp(&b.0));
        let names: Vec<&str> = named_entries.iter().map(|(name, _)| name.as_str()).collect();
        let rules = Rules::of_folder(&folder.absolute, &names, folder.rules.clone());

        let mut open = Vec::new();
        for (name, entry) in &named_entries {
            let path = folder.join(name);
            match entry.file_type() {
                Ok(file_type) if file_type.is_symlink() => self.note_link(entry, &path),
                Ok(file_type) if file_type.is_dir() => {
                    let siblings = Siblings {
                        folder,
                        names: &names,
                        rules: rules.as_ref(),
                    };
                    open.extend(self.enter(name, path, &siblings));
                }
                Ok(file_type) => self.list(name, path, entry, file_type, rules.as_deref()),
                Err(error) => {
                    let reason = format!("cannot be read: {}", read::io_reason(&error));
                    self.tree.ledger.row(ProblemKind::Unreadable, &path, reason, 1);
                }
            }
        }
        open
    }

    /// Decide on the folder `name`: visit it, skip it with a reason, or make it a root of its own.
    fn enter(&mut self, name: &str, relative: String, siblings: &Siblings<'_>) -> Option<Folder> {
        let absolute = siblings.folder.absolute.join(name);
        if name == ".git" || self.named.contains(&absolute) {
            return None;
        }
        if let Some(reason) = self.skip_reason(name, &absolute, siblings) {
            let (hides, is_partial) = self.count_hidden(&absolute);
            let partly = if is_partial { " (counted in part)" } else { "" };
            self.tree
                .ledger
                .row(ProblemKind::Skipped, &relative, format!("{reason}{partly}"), hides);
            return None;
        }
        if fs::symlink_metadata(absolute.join(".git")).is_ok() {
            self.nested.push(absolute);
            return None;
        }
        let depth = siblings.folder.depth + 1;
        if MAX_DEPTH < depth {
            let reason = format!("nested deeper than {MAX_DEPTH} folders");
            self.tree.ledger.row(ProblemKind::OverLimit, &relative, reason, 1);
            return None;
        }
        Some(Folder {
            absolute,
            relative,
            depth,
            rules: siblings.rules.cloned(),
        })
    }

    fn skip_reason(&self, name: &str, absolute: &Path, siblings: &Siblings<'_>) -> Option<String> {
        if self.excludes.matched(absolute, true).is_ignore() {
            return Some("folder excluded by the settings".to_owned());
        }
        if name.starts_with('.') {
            return Some("hidden folder".to_owned());
        }
        if let Some(file) = siblings.rules.and_then(|rules| rules.excluding(absolute, true)) {
            return Some(format!("folder ignored by {file}"));
        }
        let surroundings = Surroundings {
            name,
            absolute,
            siblings: siblings.names,
        };
        vendored::reason(&surroundings).map(str::to_owned)
    }

    fn list(&mut self, name: &str, path: String, entry: &DirEntry, file_type: FileType, rules: Option<&Rules>) {
        let class = classify(name);
        let kind = match class {
            Class::Other => {
                self.tree.ledger.skip(Skip::Other, &path);
                return;
            }
            _ if self.excludes.matched(entry.path(), false).is_ignore() => {
                self.tree.ledger.skip(Skip::Excluded, &path);
                return;
            }
            _ if rules.is_some_and(|rules| rules.excluding(&entry.path(), false).is_some()) => {
                self.tree.ledger.skip(Skip::Ignored, &path);
                return;
            }
            Class::Minified => {
                self.tree.ledger.skip(Skip::Minified, &path);
                return;
            }
            Class::NotRead(format) => {
                self.tree.ledger.skip(Skip::NotRead(format), &path);
                return;
            }
            Class::Known(kind) => kind,
        };
        if !file_type.is_file() {
            let reason = "not a regular file".to_owned();
            self.tree.ledger.row(ProblemKind::Unreadable, &path, reason, 1);
            return;
        }
        let size = match entry.metadata() {
            Ok(metadata) => metadata.len(),
            Err(error) => {
                let reason = format!("cannot be read: {}", read::io_reason(&error));
                self.tree.ledger.row(ProblemKind::Unreadable, &path, reason, 1);
                return;
            }
        };
        if read::max_bytes(kind) < size {
            let reason = read::over_limit_reason(read::max_bytes(kind));
            self.tree.ledger.row(ProblemKind::OverLimit, &path, reason, 1);
            return;
        }
        let is_generated = match kind {
            FileKind::Source(language) if self.settings.languages.contains(&language) => {
                read::is_generated(&entry.path())
            }
            FileKind::Source(language) => {
                self.tree.ledger.skip(Skip::Language(language), &path);
                false
            }
            _ => false,
        };
        let role = if is_generated {
            FileRole::Generated
        } else {
            FileRole::Source
        };
        self.tree.files.push(FoundFile { path, kind, size, role });
    }

    /// A link is never followed: what lies inside the root is read at its own place, what lies outside is not ours.
    fn note_link(&mut self, entry: &DirEntry, path: &str) {
        let link = entry.path();
        let (reason, hides) = match fs::canonicalize(&link) {
            Err(_) => ("link that leads nowhere or loops; not followed", 1),
            Ok(target) if link.starts_with(&target) => ("link to a folder above it; not followed", 0),
            Ok(target) if target.starts_with(&self.tree.path) => {
                ("link inside the root; read at its own place only", 0)
            }
            Ok(_) => ("link that leaves the root; not followed", 1),
        };
        self.tree
            .ledger
            .row(ProblemKind::Symlink, path, reason.to_owned(), hides);
    }

    /// How many files of a known kind a skipped folder holds, as far as looking is cheap, and whether it stopped early.
    fn count_hidden(&self, folder: &Path) -> (u32, bool) {
        let mut left = MAX_COUNTED_PER_FOLDER.min(self.budget.get());
        let granted = left;
        let mut n_hidden = 0;
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for entry in entries.filter_map(Result::ok) {
                if left == 0 {
                    self.budget.set(self.budget.get() - granted);
                    return (n_hidden, true);
                }
                left -= 1;
                match entry.file_type() {
                    Ok(file_type) if file_type.is_dir() => open.push(entry.path()),
                    Ok(file_type) if file_type.is_file() => {
                        let class = classify(&entry.file_name().to_string_lossy());
                        n_hidden += u32::from(matches!(class, Class::Known(FileKind::Source(_))));
                    }
                    _ => {}
                }
            }
        }
        self.budget.set(self.budget.get() - (granted - left));
        (n_hidden, false)
    }
}

/// The folder in which an entry stands.
struct Siblings<'a> {
    folder: &'a Folder,
    names: &'a [&'a str],
    rules: Option<&'a Arc<Rules>>,
}
