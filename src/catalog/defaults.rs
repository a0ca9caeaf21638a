//! What holds when nothing is set, by locked version.

use semver::Version;

use crate::catalog::{
    compile::Catalog,
    lookup::LibraryIdx,
    schema::{Default as DefaultGuard, GuardKind},
    versions,
};

impl Catalog {
    /// Guards in force for a call when nothing sets them. `call_path` is `crate::Type::method` or
    /// `crate::function`; `type_path` the client's type, empty where there is none.
    ///
    /// Without a version the worst of all versions is taken: a default that only some have does not hold; of
    /// several that cover all, the one that bounds least.
    #[must_use]
    pub fn defaults(
        &self,
        library: LibraryIdx,
        call_path: &str,
        type_path: &str,
        version: Option<&Version>,
    ) -> Vec<&DefaultGuard> {
        let known = &self.index.versions[library.idx()];
        let applicable = self
            .library(library)
            .defaults
            .iter()
            .zip(&known.defaults)
            .filter(|(default, _)| {
                default.on.is_empty()
                    || default
                        .on
                        .iter()
                        .any(|pattern| is_match(pattern, call_path) || is_match(pattern, type_path))
            });
        match version {
            Some(version) => applicable
                .filter(|(_, requirement)| requirement.as_ref().is_none_or(|req| versions::admits(req, version)))
                .map(|(default, _)| default)
                .collect(),
            None => worst(applicable.collect(), known.own.as_ref()),
        }
    }

    /// Whether the library's facts were checked for that version.
    #[must_use]
    pub fn admits(&self, library: LibraryIdx, version: Option<&Version>) -> bool {
        match (&self.index.versions[library.idx()].own, version) {
            (Some(own), Some(version)) => versions::admits(own, version),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}

/// Of defaults that differ between versions, those that hold in every version, at their weakest.
fn worst<'c>(
    applicable: Vec<(&'c DefaultGuard, &Option<semver::VersionReq>)>,
    own: Option<&semver::VersionReq>,
) -> Vec<&'c DefaultGuard> {
    let mut chosen: Vec<&DefaultGuard> = Vec::new();
    for (default, requirement) in &applicable {
        if requirement.is_none() {
            chosen.push(default);
            continue;
        }
        let same = |other: &DefaultGuard| other.kind == default.kind && other.scope == default.scope;
        if chosen.iter().any(|other| same(other)) {
            continue;
        }
        let group: Vec<_> = applicable.iter().filter(|(other, _)| same(other)).collect();
        let requirements: Vec<_> = group
            .iter()
            .filter_map(|(_, requirement)| requirement.as_ref())
            .collect();
        if requirements.len() == group.len() && versions::cover(&requirements, own) {
            let weakest = group
                .iter()
                .map(|(other, _)| *other)
                .max_by_key(|other| match other.kind {
                    GuardKind::Retry => other.attempts.unwrap_or(u64::MAX),
                    _ => other.limit.unwrap_or(u64::MAX),
                });
            chosen.extend(weakest);
        }
    }
    chosen
}

/// Whether `text` is of the form of `pattern`, where `*` stands for any text.
fn is_match(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut pattern_at, mut text_at) = (0, 0);
    // Where to go on when the text after the last star does not fit.
    let mut retry = None;
    while text_at < text.len() {
        match pattern.get(pattern_at) {
            Some(b'*') => {
                retry = Some((pattern_at, text_at));
                pattern_at += 1;
            }
            Some(&byte) if byte == text[text_at] => {
                pattern_at += 1;
                text_at += 1;
            }
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                pattern_at = star + 1;
                text_at = from + 1;
            }
        }
    }
    pattern[pattern_at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"
id = "rust/own"
name = "own"
crates = ["own", "own_sdk_*"]
versions = ">=1, <4"
transport = "http"
confidence = "verified"
source = "our code"
[[default]]
kind = "timeout"
scope = "connect"
limit = 5
[[default]]
on = ["own::blocking::*"]
kind = "timeout"
scope = "total"
limit = 30
versions = "<2"
[[default]]
on = ["own::blocking::*"]
kind = "timeout"
scope = "total"
limit = 60
versions = ">=2"
[[default]]
kind = "retry"
attempts = 3
versions = ">=3"
"#;

    fn catalog() -> Catalog {
        Catalog::load(&[("own.toml".to_owned(), OWN.to_owned())]).unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    fn check_defaults(call_path: &str, version: Option<&str>, expected: &[u64]) {
        let catalog = catalog();
        let version = version.map(|text| Version::parse(text).expect("valid"));
        let library = catalog.knows_crate("own").expect("described");
        let found = catalog.defaults(library, call_path, "", version.as_ref());
        let numbers: Vec<u64> = found
            .iter()
            .filter_map(|default| default.limit.or(default.attempts))
            .collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn defaults_follow_the_version_and_without_one_the_worst() {
        check_defaults("own::Client::get", Some("1.0.0"), &[5]);
        check_defaults("own::Client::get", Some("3.0.0"), &[5, 3]);
        check_defaults("own::Client::get", None, &[5]);
        check_defaults("own::blocking::Client::get", Some("1.0.0"), &[5, 30]);
        check_defaults("own::blocking::Client::get", None, &[5, 60]);
    }

    #[test]
    fn a_version_is_admitted_when_it_was_checked() {
        let catalog = catalog();
        let library = catalog.knows_crate("own_sdk_anything").expect("a prefix");
        assert!(catalog.admits(library, Some(&Version::new(1, 5, 0))));
        assert!(!catalog.admits(library, Some(&Version::new(4, 0, 0))));
        assert!(!catalog.admits(library, None));
        assert!(catalog.knows_crate("ow").is_none());
    }

    #[test]
    fn wildcards_match() {
        for (pattern, text, expected) in [
            ("a::*", "a::b", true),
            ("a::*", "a", false),
            ("*::send", "a::b::send", true),
            ("a::*::c", "a::c::c::c", true),
            ("a::*::c", "a::c::d", false),
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        }
    }
}
