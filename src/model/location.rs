//! Where something stands in the scanned source.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Name;

/// A path inside a root: relative, forward slashes, UTF-8. Never a machine's path.
pub type RepoPath = Arc<str>;

/// First and last line of an expression and the column where it begins (both 1-based).
///
/// `line` is where the operation's *name* stands (the method name in a chain that is broken over
/// lines), `start`..=`end` is the whole expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub line: u32,
    pub column: u32,
    pub start: u32,
    pub end: u32,
}

/// One place in one file of one root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Name of the root: a repo's folder name, or `dep:cargo/reqwest@0.12.9` for third-party sources.
    pub root: Name,
    pub file: RepoPath,
    /// 1-based; 0 when only the file is known.
    pub line: u32,
    /// 1-based; 0 when unknown.
    pub column: u32,
}

impl Location {
    /// The place where a whole file is meant.
    #[must_use]
    pub fn of_file(root: Name, file: RepoPath) -> Self {
        Self {
            root,
            file,
            line: 0,
            column: 0,
        }
    }

    /// Whether it lies in the sources of a third-party package, not in what was scanned.
    #[must_use]
    pub fn is_third_party(&self) -> bool {
        self.root.starts_with("dep:")
    }
}

/// A location with the reason why it is named: one hop of a path, one piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    pub at: Location,
    /// What stands there, as a short phrase: `compose service`, `calls geo::Client::geocode`.
    pub reason: String,
    /// The function around it, where there is one.
    pub function: Option<Name>,
}
