//! The commit of a root, read from the git directory as plain files. Git itself never runs.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use crate::{discover::read, model::Name};

/// Largest `packed-refs` that is searched: repos with 100,000 refs stay below.
const MAX_PACKED_BYTES: u64 = 16 << 20;

/// The commit that `HEAD` of the repo at `root` names. `roots` are all scanned folders: a `.git` *file* (a submodule,
/// a linked worktree) is followed only to a place inside one of them.
pub(super) fn of(root: &Path, roots: &[PathBuf]) -> Option<Name> {
    let git = git_dir(root, roots)?;
    let head = read::small_text(&git.join("HEAD"))?;
    let head = head.trim();
    match head.strip_prefix("ref:") {
        None => commit(head),
        Some(reference) => resolve(&git, reference.trim()),
    }
}

fn git_dir(root: &Path, roots: &[PathBuf]) -> Option<PathBuf> {
    let git = root.join(".git");
    let metadata = fs::symlink_metadata(&git).ok()?;
    if metadata.is_dir() {
        return Some(git);
    }
    if !metadata.is_file() {
        return None;
    }
    let text = read::small_text(&git)?;
    let target = fs::canonicalize(root.join(text.trim().strip_prefix("gitdir:")?.trim())).ok()?;
    roots.iter().any(|it| target.starts_with(it)).then_some(target)
}

fn resolve(git: &Path, reference: &str) -> Option<Name> {
    if !is_safe(reference) {
        return None;
    }
    let loose = git.join(reference);
    // A link below `refs` could lead anywhere.
    let is_inside =
        fs::canonicalize(&loose).is_ok_and(|path| fs::canonicalize(git).is_ok_and(|git| path.starts_with(git)));
    if is_inside && let Some(text) = read::small_text(&loose) {
        return commit(text.trim());
    }
    packed(&git.join("packed-refs"), reference)
}

fn packed(path: &Path, reference: &str) -> Option<Name> {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let reader = BufReader::new(File::open(path).ok()?.take(MAX_PACKED_BYTES));
    reader.lines().map_while(Result::ok).find_map(|line| {
        let (hash, name) = line.split_once(' ')?;
        if name == reference { commit(hash) } else { None }
    })
}

/// A reference name that stays below the git directory.
fn is_safe(reference: &str) -> bool {
    reference.starts_with("refs/")
        && reference
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.'))
        && !reference.contains(['\\', ':', '\0'])
}

fn commit(text: &str) -> Option<Name> {
    let is_hash = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| Name::from(text.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Option<&str>) {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let root = fs::canonicalize(root.path()).expect("a real path");
        assert_eq!(of(&root, std::slice::from_ref(&root)).as_deref(), expected);
    }

    #[test]
    fn revisions() {
        check(&[(".git/HEAD", HASH)], Some(HASH));
        check(
            &[(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", HASH)],
            Some(HASH),
        );
        let packed = format!("# pack-refs with: peeled\n{HASH} refs/heads/main\n");
        check(
            &[(".git/HEAD", "ref: refs/heads/main\n"), (".git/packed-refs", &packed)],
            Some(HASH),
        );
        check(&[(".git/HEAD", "ref: refs/heads/main\n")], None);
        check(&[("README.md", "")], None);
    }

    #[test]
    fn hostile_references_are_refused() {
        check(&[(".git/HEAD", "ref: refs/../../secret\n"), ("secret", HASH)], None);
        check(&[(".git/HEAD", "ref: ../secret\n"), ("secret", HASH)], None);
        check(&[(".git/HEAD", "not a hash")], None);
        check(&[(".git", "gitdir: /etc")], None);
    }

    #[test]
    fn a_git_file_is_followed_inside_the_roots() {
        check(&[(".git", "gitdir: modules/a\n"), ("modules/a/HEAD", HASH)], Some(HASH));
    }
}
