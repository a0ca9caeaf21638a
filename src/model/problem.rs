//! What failmap could not read or decide: the blind-spot ledger's rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::location::Location;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A file or folder that could not be opened.
    Unreadable,
    /// A file that is not UTF-8.
    NotUtf8,
    /// A file that does not parse.
    Unparsable,
    /// Over a named limit: size, nesting.
    OverLimit,
    /// A link that leaves the root, or loops.
    Symlink,
    /// A folder or file that is skipped by rule: vendored, generated, ignored, hidden.
    Skipped,
    /// A language or format that is not read.
    LanguageNotRead,
    /// A manifest or deployment file that is broken or only partly read.
    Manifest,
    /// A macro or other syntax that was not read.
    OpaqueSyntax,
    /// A call whose target is not known.
    UnresolvedTarget,
    /// A guard that is not decided.
    UnknownGuard,
    /// A library that leaves the process and is not in the catalogue.
    LibraryNotInCatalogue,
    /// A dependency whose source was not seen.
    DependencyNotSeen,
    /// A call expression that could not be resolved.
    UnresolvedCall,
}

impl ProblemKind {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotUtf8 => "not-utf8",
            Self::Unparsable => "unparsable",
            Self::OverLimit => "over-limit",
            Self::Symlink => "symlink",
            Self::Skipped => "skipped",
            Self::LanguageNotRead => "language-not-read",
            Self::Manifest => "manifest",
            Self::OpaqueSyntax => "opaque-syntax",
            Self::UnresolvedTarget => "unresolved-target",
            Self::UnknownGuard => "unknown-guard",
            Self::LibraryNotInCatalogue => "library-not-in-catalogue",
            Self::DependencyNotSeen => "dependency-not-seen",
            Self::UnresolvedCall => "unresolved-call",
        }
    }
}

/// One blind spot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    pub at: Location,
    /// Lower-case fragment, says what to do where something can be done.
    pub reason: String,
    /// How many calls, files or targets it hides; 1 where it is itself.
    pub hides: u32,
}
