//! What one file says, as facts: a lowering for each language and format, and nothing else.
//!
//! The facts of a file depend on its bytes, its language and its role only. Nothing here knows of packages, of other
//! files or of any client library, and nothing here reads the disk.

pub mod deploy;
pub mod manifest;
mod rust;

#[cfg(test)]
pub(crate) mod dump;

use crate::model::{
    Name,
    fact::{FileFacts, FileRole, Language},
    location::{Location, RepoPath},
    problem::{Problem, ProblemKind},
};

/// One source file as the pipeline hands it over.
#[derive(Clone, Debug)]
pub struct SourceInput<'a> {
    /// Name of the root that the file belongs to.
    pub root: Name,
    /// Its path inside the root.
    pub file: RepoPath,
    pub language: Language,
    pub role: FileRole,
    pub text: &'a str,
}

/// Lowers one file. Only adds to facts that are empty; a failure is a problem in them.
type FrontEnd = fn(&SourceInput, &mut FileFacts);

/// Language → front end. A new language is one row here.
const FRONT_ENDS: &[(Language, FrontEnd)] = &[(Language::Rust, rust::lower)];

/// Read one file. Never fails: what was not read is among [`FileFacts::problems`].
#[must_use]
pub fn extract(input: &SourceInput) -> FileFacts {
    let mut facts = empty(input);
    match FRONT_ENDS.iter().find(|(language, _)| *language == input.language) {
        Some((_, lower)) => lower(input, &mut facts),
        None => facts.problems.push(Problem {
            kind: ProblemKind::LanguageNotRead,
            at: Location::of_file(input.root.clone(), input.file.clone()),
            reason: format!("{} is not read yet", input.language.as_str()),
            hides: 1,
        }),
    }
    facts
}

/// Whether files of that language are read.
#[must_use]
pub fn is_read(language: Language) -> bool {
    FRONT_ENDS.iter().any(|(known, _)| *known == language)
}

fn empty(input: &SourceInput) -> FileFacts {
    FileFacts {
        root: input.root.clone(),
        file: input.file.clone(),
        language: input.language,
        n_lines: u32::try_from(input.text.lines().count()).unwrap_or(u32::MAX),
        namespace: None,
        role: input.role,
        modules: Vec::new(),
        imports: Vec::new(),
        types: Vec::new(),
        impls: Vec::new(),
        functions: Vec::new(),
        constants: Vec::new(),
        macros: Vec::new(),
        problems: Vec::new(),
    }
}
