//! Bounded reading: never more than a limit, never through a link, never a pipe.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::{
    discover::{DiscoverError, Inventory, InventoryFile, classify::CONFIG_NAMES, classify::FileKind},
    model::problem::{Problem, ProblemKind},
};

/// Largest source file that is parsed. Hand-written files stay far below; what is above is generated data, and its
/// syntax tree would take some fifty times as much memory.
pub const MAX_SOURCE_BYTES: u64 = 2 << 20;
/// Largest lockfile. The largest real ones hold some 2,000 packages in 600 KiB.
pub const MAX_LOCK_BYTES: u64 = 16 << 20;
/// Largest ignore file, ref file or settings file.
pub const MAX_SMALL_BYTES: u64 = 1 << 20;
/// How much of a file is looked at for a mark of generated code.
const HEAD_BYTES: u64 = 1024;
/// How many of a file's first lines may hold the mark.
const HEAD_LINES: usize = 10;

/// The largest size at which a file of this kind is read, in bytes.
#[must_use]
pub const fn max_bytes(kind: FileKind) -> u64 {
    match kind {
        FileKind::CargoLock => MAX_LOCK_BYTES,
        _ => MAX_SOURCE_BYTES,
    }
}

/// The text of one file of the inventory, without a byte order mark.
///
/// # Errors
///
/// A row for the ledger: unreadable, not UTF-8, or grown past its limit since it was listed.
pub fn read(inventory: &Inventory, file: &InventoryFile) -> Result<String, Problem> {
    let problem = |kind, reason| Problem {
        kind,
        at: inventory.location(file),
        reason,
        hides: 1,
    };
    bounded_text(&inventory.absolute(file), max_bytes(file.kind)).map_err(|(kind, reason, line)| {
        let mut problem = problem(kind, reason);
        problem.at.line = line;
        problem
    })
}

/// The text of a file of at most `limit` bytes, without a byte order mark.
///
/// # Errors
///
/// What keeps it from being read, for the ledger, and the line where that shows (0 = the whole file).
pub(super) fn bounded_text(path: &Path, limit: u64) -> Result<String, (ProblemKind, String, u32)> {
    let bytes = bounded(path, limit).map_err(|error| match error {
        ReadError::OverLimit => (ProblemKind::OverLimit, over_limit_reason(limit), 0),
        ReadError::Io(error) => {
            let reason = format!("cannot be read: {}", io_reason(&error));
            (ProblemKind::Unreadable, reason, 0)
        }
    })?;
    String::from_utf8(bytes).map(without_mark).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count();
        let reason = "not UTF-8: save it as UTF-8 to have it read".to_owned();
        (ProblemKind::NotUtf8, reason, u32::try_from(line).unwrap_or(u32::MAX))
    })
}

/// The settings file of a folder that the user named: its path below `folder` and its text.
///
/// # Errors
///
/// A settings file that exists and cannot be read: settings are never dropped in silence.
pub fn config_of(folder: &Path) -> Result<Option<(String, String)>, DiscoverError> {
    for name in CONFIG_NAMES {
        let path = folder.join(name);
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            return Ok(Some((name.to_owned(), user_file(&path)?)));
        }
    }
    Ok(None)
}

/// The text of a file that the user named on the command line.
///
/// # Errors
///
/// Missing, unreadable, larger than [`MAX_SMALL_BYTES`], or not UTF-8.
pub fn user_file(path: &Path) -> Result<String, DiscoverError> {
    let shown = path.display().to_string();
    let unreadable = |reason: String| DiscoverError::Unreadable {
        path: shown.clone(),
        reason,
    };
    let bytes = bounded(path, MAX_SMALL_BYTES).map_err(|error| match error {
        ReadError::OverLimit => unreadable(over_limit_reason(MAX_SMALL_BYTES)),
        ReadError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            DiscoverError::Missing { path: shown.clone() }
        }
        ReadError::Io(error) => unreadable(io_reason(&error)),
    })?;
    String::from_utf8(bytes)
        .map(without_mark)
        .map_err(|_| unreadable("not UTF-8".to_owned()))
}

/// A small text file of the tree; `None` where it is not one.
pub(super) fn small_text(path: &Path) -> Option<String> {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    bounded(path, MAX_SMALL_BYTES)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Whether the first lines hold a comment that says a program wrote this file.
pub(super) fn is_generated(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut head = Vec::new();
    if file.take(HEAD_BYTES).read_to_end(&mut head).is_err() {
        return false;
    }
    has_generated_mark(&String::from_utf8_lossy(&head))
}

fn has_generated_mark(head: &str) -> bool {
    const COMMENTS: [&str; 6] = ["//", "/*", "*", "#", "--", "<!--"];
    const MARKS: [&str; 6] = [
        "@generated",
        "do not edit",
        "do not modify",
        "code generated",
        "automatically generated",
        "autogenerated",
    ];
    head.lines().take(HEAD_LINES).any(|line| {
        let line = line.trim_start();
        let is_comment = COMMENTS.iter().any(|comment| line.starts_with(comment));
        is_comment && !line.starts_with("#[") && {
            let lower = line.to_ascii_lowercase();
            MARKS.iter().any(|mark| lower.contains(mark))
        }
    })
}

/// What the ledger says of a file larger than `limit` bytes.
pub(super) fn over_limit_reason(limit: u64) -> String {
    format!("larger than {} MiB, the limit for one file", limit >> 20)
}

/// The system's reason without error numbers, which differ between systems.
pub(super) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "it vanished during the scan".to_owned(),
        kind => kind.to_string(),
    }
}

enum ReadError {
    OverLimit,
    Io(io::Error),
}

fn bounded(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = File::open(path).map_err(ReadError::Io)?;
    let metadata = file.metadata().map_err(ReadError::Io)?;
    if !metadata.is_file() {
        return Err(ReadError::Io(io::ErrorKind::InvalidInput.into()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or_default());
    // One byte more than allowed: a file that grows while it is read is noticed, not cut.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(ReadError::Io)?;
    if limit < bytes.len() as u64 {
        return Err(ReadError::OverLimit);
    }
    Ok(bytes)
}

fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_only_in_comments_of_the_first_lines() {
        assert!(has_generated_mark("// this file is @generated\nuse a;"));
        assert!(has_generated_mark(
            "\n// Code generated by protoc-gen-go. DO NOT EDIT.\n"
        ));
        assert!(has_generated_mark("/*\n * Automatically generated\n */"));
        assert!(has_generated_mark("# DO NOT EDIT\n"));
        assert!(!has_generated_mark("const MARK: &str = \"@generated\";"));
        assert!(!has_generated_mark("#[doc = \"do not edit\"]"));
        let late = format!("{}// @generated\n", "\n".repeat(HEAD_LINES));
        assert!(!has_generated_mark(&late));
        let last = format!("{}// @generated\n", "\n".repeat(HEAD_LINES - 1));
        assert!(has_generated_mark(&last));
    }
}
