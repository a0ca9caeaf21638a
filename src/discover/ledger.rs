//! What one root's walk did not read: single rows, and counts where a row each would be noise.

use std::collections::BTreeMap;

use crate::{
    discover::language,
    model::{
        Name,
        fact::Language,
        location::Location,
        problem::{Problem, ProblemKind},
    },
};

/// Reasons that are counted, not listed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Skip {
    /// Listed, but without a front end.
    Language(Language),
    /// A language or format that is known by name only.
    NotRead(&'static str),
    /// Ignored by the tree's own ignore files.
    Ignored,
    /// Excluded by the user's settings.
    Excluded,
    /// Bundled JavaScript.
    Minified,
    /// Neither source nor manifest.
    Other,
}

/// Collects rows during a walk.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    rows: Vec<(ProblemKind, String, String, u32)>,
    /// First path and count.
    counted: BTreeMap<Skip, (String, u32)>,
}

impl Ledger {
    /// Add a row of its own.
    pub(super) fn row(&mut self, kind: ProblemKind, path: &str, reason: String, hides: u32) {
        self.rows.push((kind, path.to_owned(), reason, hides));
    }

    /// Count one file.
    pub(super) fn skip(&mut self, skip: Skip, path: &str) {
        let (first, count) = self.counted.entry(skip).or_insert_with(|| (path.to_owned(), 0));
        *count += 1;
        // The walk is depth-first from the last folder: the smallest path is the stable example.
        if path < first.as_str() {
            path.clone_into(first);
        }
    }

    /// The rows of root `root`.
    pub(super) fn into_problems(self, root: &Name) -> Vec<Problem> {
        let at = |path: String| Location::of_file(root.clone(), path.into());
        let rows = self.rows.into_iter().map(|(kind, path, reason, hides)| Problem {
            kind,
            at: at(path),
            reason,
            hides,
        });
        let counted = self.counted.into_iter().map(|(skip, (first, count))| {
            let (kind, what, hides) = match skip {
                Skip::Language(language) => (
                    ProblemKind::LanguageNotRead,
                    format!("{} is not read", language::shown(language)),
                    count,
                ),
                Skip::NotRead(format) => (ProblemKind::LanguageNotRead, format!("{format} is not read"), count),
                Skip::Ignored => (
                    ProblemKind::Skipped,
                    "ignored by the repo's ignore files".to_owned(),
                    count,
                ),
                Skip::Excluded => (ProblemKind::Skipped, "excluded by the settings".to_owned(), count),
                Skip::Minified => (ProblemKind::Skipped, "minified JavaScript".to_owned(), count),
                // Texts, pictures and data hide no call.
                Skip::Other => (ProblemKind::Skipped, "neither source nor manifest".to_owned(), 0),
            };
            let reason = if count == 1 {
                what
            } else {
                format!("{what}: {count} files, this the first")
            };
            Problem {
                kind,
                at: at(first),
                reason,
                hides,
            }
        });
        rows.chain(counted).collect()
    }
}
