//! Which folders are roots, and what they are called.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    discover::{
        DiscoverError, DiscoverSettings,
        walk::{self, Tree},
    },
    model::Name,
};

/// Walk the folders that the user named and every repo found below them.
pub(super) fn trees(given: Vec<PathBuf>, settings: &DiscoverSettings) -> Result<Vec<Tree>, DiscoverError> {
    let named: BTreeSet<PathBuf> = given.into_iter().collect();
    let mut trees = Vec::new();
    let mut open: Vec<PathBuf> = named.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let (tree, nested) = walk::tree(&path, &named, settings)?;
        // A plain folder that only holds repos is not a root itself.
        let is_shelf = tree.files.is_empty() && !tree.is_repo && !nested.is_empty();
        if !is_shelf {
            trees.push(tree);
        }
        open.extend(nested);
    }
    trees.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(trees)
}

/// Give each tree a name of its own and sort by it: the folder's name; where two are equal, with the parent's name
/// before it; where that is not enough, a number after it.
pub(super) fn name(trees: Vec<Tree>) -> Vec<(Name, Tree)> {
    let short = count(trees.iter().map(|tree| last(&tree.path)));
    let mut used = BTreeMap::<String, usize>::new();
    let mut named = Vec::new();
    for tree in trees {
        let name = match last(&tree.path) {
            name if short[&name] == 1 => name,
            _ => last_two(&tree.path),
        };
        let n_uses = used.entry(name.clone()).or_default();
        *n_uses += 1;
        let name = if *n_uses == 1 { name } else { format!("{name}-{n_uses}") };
        named.push((Name::from(name), tree));
    }
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named
}

fn count(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn last(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn last_two(path: &Path) -> String {
    match path.parent() {
        Some(parent) if parent.file_name().is_some() => format!("{}/{}", last(parent), last(path)),
        _ => last(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(paths: &[&str], expected: &[&str]) {
        let trees = paths.iter().map(|path| Tree::empty(PathBuf::from(path))).collect();
        let names: Vec<Name> = name(trees).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn names_are_unique() {
        check(&["/w/shop"], &["shop"]);
        check(&["/"], &["root"]);
        check(&["/w/a/api", "/w/b/api", "/w/c"], &["a/api", "b/api", "c"]);
        check(&["/v/a/api", "/w/a/api"], &["a/api", "a/api-2"]);
    }
}
