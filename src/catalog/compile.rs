//! From TOML texts to one [`Catalog`] that is checked, indexed and shared read-only.

use std::{collections::BTreeMap, ops::Range};

use crate::catalog::{
    check, ecosystems, embedded,
    index::Index,
    rules::{self, Rule},
    schema::Library,
};

/// All libraries and rules, with their indexes.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(super) libraries: Vec<Library>,
    pub(super) rules: Vec<Rule>,
    pub(super) index: Index,
}

/// A catalogue file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read catalogue file {file}, line {line}: {message}")]
pub struct CatalogError {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// A sentence fragment without full stop.
    pub message: String,
}

impl CatalogError {
    /// What the TOML parser or the schema refused.
    pub(super) fn syntax(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().unwrap_or(Range { start: 0, end: 0 }).start;
        let message = error.message().trim().trim_end_matches('.').replace('\n', "; ");
        Self {
            file: file.to_owned(),
            line: line_of(text, at),
            message,
        }
    }

    /// A value that parses and makes no sense; `value` is looked up in the text to find its line.
    pub(super) fn content(file: &str, text: &str, value: &str, message: impl Into<String>) -> Self {
        let at = text.find(value).unwrap_or(0);
        Self {
            file: file.to_owned(),
            line: line_of(text, at),
            message: message.into(),
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count()
}

impl Catalog {
    /// What ships with the program.
    ///
    /// # Panics
    /// Never: a test loads every built-in file.
    #[must_use]
    pub fn builtin() -> Self {
        Self::load(&[]).expect("the built-in catalogue loads")
    }

    /// The built-in files and the user's, given as (name for messages, text). A user's library replaces the
    /// built-in one of the same id; of two user files with one id the later holds.
    ///
    /// # Errors
    /// The first file that does not parse, contradicts itself, or claims a crate of another library.
    pub fn load(user_files: &[(String, String)]) -> Result<Self, CatalogError> {
        let mut sources: BTreeMap<String, (Library, String, &str)> = BTreeMap::new();
        for (id, text) in embedded::LIBRARIES {
            let file = format!("libraries/{id}.toml");
            let library = parse(&file, text)?;
            if library.id != *id {
                return Err(CatalogError::content(
                    &file,
                    text,
                    &library.id,
                    "the id is not the file's path",
                ));
            }
            sources.insert(library.id.clone(), (library, file, text));
        }
        for (file, text) in user_files {
            let library = parse(file, text)?;
            sources.insert(library.id.clone(), (library, file.clone(), text));
        }
        let mut index = Index::default();
        let mut libraries = Vec::with_capacity(sources.len());
        for (library, file, text) in sources.into_values() {
            index
                .add(&library, &libraries)
                .map_err(|issue| CatalogError::content(&file, text, &issue.value, issue.message))?;
            libraries.push(library);
        }
        index.finish();
        Ok(Self {
            libraries,
            rules: rules::builtin()?,
            index,
        })
    }
}

fn parse(file: &str, text: &str) -> Result<Library, CatalogError> {
    let mut library: Library = toml::from_str(text).map_err(|error| CatalogError::syntax(file, text, &error))?;
    check::library(&library).map_err(|issue| CatalogError::content(file, text, &issue.value, issue.message))?;
    ecosystems::qualify(&mut library);
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "id = 'rust/own'\nname = 'own'\ncrates = ['own_client']\ntransport = 'http'\n\
                       confidence = 'verified'\nsource = 'our code'\n";

    fn load(text: &str) -> Result<Catalog, String> {
        Catalog::load(&[("own.toml".to_owned(), text.to_owned())]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_user_file_adds_a_library() {
        let catalog = load(&format!(
            "{OWN}[[function]]\npath = 'own_client::fetch'\nrole = 'call'\n"
        ))
        .expect("valid");
        assert!(catalog.knows_crate("own_client").is_some());
        assert!(catalog.knows_crate("reqwest").is_some());
    }

    #[test]
    fn a_user_file_replaces_the_library_of_its_id() {
        let text = OWN.replace("rust/own", "rust/reqwest").replace("own_client", "reqwest");
        let catalog = load(&text).expect("valid");
        let idx = catalog.knows_crate("reqwest").expect("still there");
        assert_eq!(catalog.library(idx).name, "own");
        assert!(
            load(&OWN.replace("own_client", "reqwest"))
                .expect_err("taken")
                .contains("rust/reqwest")
        );
    }

    #[track_caller]
    fn refused(addition: &str, expected: &str) {
        let error = load(&format!("{OWN}{addition}")).expect_err(addition);
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn errors_name_file_and_line() {
        refused("nonsense = 1\n", "own.toml, line 7: unknown field `nonsense`");
        refused(
            "[[function]]\npath = 'own_client::f'\nrole = 'cal'\n",
            "line 9: unknown variant `cal`",
        );
        refused(
            "[[function]]\npath = 'other::f'\nrole = 'call'\n",
            "line 8: `other::f` does not begin with a crate",
        );
        refused(
            "[[function]]\npath = 'own_client::f'\nrole = 'step'\nreturns = 'Vec<'\n",
            "line 10: type `Vec<`",
        );
        refused(
            "[[function]]\npath = 'own_client::f'\nrole = 'setter'\n",
            "line 8: a setter needs a guard",
        );
        refused("[[default]]\nkind = 'timeout'\nlimit = 3\n", "a timeout needs a scope");
        refused(
            "[[default]]\nkind = 'retry'\nversions = 'new'\n",
            "line 9: `new` is no version requirement",
        );
        refused(
            "[[sample]]\ncode = ''\nexpect = ['GET']\n",
            "line 9: `GET` is not of the form",
        );
    }
}
