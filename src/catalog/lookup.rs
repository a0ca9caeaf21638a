//! The questions that extraction and resolution ask, millions of times: all answers are borrowed.

use rustc_hash::FxHashMap;
use semver::Version;

use crate::{
    catalog::{
        compile::Catalog,
        index::{ANY, Candidate, FunctionId, Krate, is_blocking, names_type},
        notation,
        rules::Rule,
        schema::{Default as DefaultGuard, Entry, Function, GuardKind, Library},
        versions,
    },
    model::{Name, expr::TypeRef},
};

/// Position in [`Catalog::libraries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryIdx(pub u32);

impl LibraryIdx {
    /// The position.
    #[must_use]
    pub const fn idx(self) -> usize {
        self.0 as usize
    }
}

/// Tells the locked version of a library, where one is known.
pub type VersionOf<'v> = dyn Fn(LibraryIdx) -> Option<&'v Version> + 'v;

/// A function, method or macro of a library.
#[derive(Clone, Copy, Debug)]
pub struct FunctionRef<'c> {
    pub library: LibraryIdx,
    pub function: &'c Function,
    /// The parsed `returns`; `$N` and `@N` are named types of one segment.
    pub returns: Option<&'c TypeRef>,
}

impl FunctionRef<'_> {
    /// What the call does, as reports name it, where `method` is the name in the code.
    #[must_use]
    pub fn operation(&self, method: &str) -> Name {
        match &self.function.operation {
            Some(operation) => Name::new(operation),
            None if self.function.command => Name::from(method.replace('_', "").to_uppercase()),
            None => Name::new(method),
        }
    }
}

/// A type that the catalogue knows.
#[derive(Clone, Debug)]
pub struct TypeInfo {
    /// Its one path: `reqwest::blocking::Client`.
    pub path: Name,
    pub library: LibraryIdx,
    pub is_trait: bool,
    /// It holds the effect until it is iterated.
    pub is_stream: bool,
    /// What it dereferences to, in terms of its generic arguments (`$0`).
    pub deref: Option<TypeRef>,
    /// Traits of the catalogue whose methods it has.
    pub traits: Vec<Name>,
}

impl TypeInfo {
    pub(super) fn plain(path: Name, library: LibraryIdx) -> Self {
        Self {
            path,
            library,
            is_trait: false,
            is_stream: false,
            deref: None,
            traits: Vec::new(),
        }
    }
}

/// A method that a trait brings.
#[derive(Clone, Debug)]
pub struct TraitMethod {
    pub trait_path: Name,
    /// Globs that bring the trait into scope.
    pub preludes: Vec<Name>,
    pub(super) id: FunctionId,
}

/// Where frameworks let work in, by what the code writes.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    by_function: FxHashMap<Name, Vec<(LibraryIdx, Entry)>>,
    by_attribute: FxHashMap<Name, Vec<(LibraryIdx, Entry)>>,
    by_trait: FxHashMap<Name, Vec<(LibraryIdx, Entry)>>,
}

impl Entries {
    pub(super) fn add(&mut self, library: LibraryIdx, entry: &Entry) {
        let places = [
            (&mut self.by_function, &entry.function),
            (&mut self.by_attribute, &entry.attribute),
            (&mut self.by_trait, &entry.implements),
        ];
        for (map, text) in places {
            for path in text.iter().flat_map(|text| notation::expand(text).unwrap_or_default()) {
                map.entry(Name::from(path)).or_default().push((library, entry.clone()));
            }
        }
    }

    /// Entries registered by calling that function (`axum::Router::route`).
    #[must_use]
    pub fn function(&self, path: &str) -> &[(LibraryIdx, Entry)] {
        self.by_function.get(path).map_or(&[], Vec::as_slice)
    }

    /// Entries registered by that attribute (`actix_web::get`).
    #[must_use]
    pub fn attribute(&self, path: &str) -> &[(LibraryIdx, Entry)] {
        self.by_attribute.get(path).map_or(&[], Vec::as_slice)
    }

    /// Entries that implementations of that trait are.
    #[must_use]
    pub fn implements(&self, path: &str) -> &[(LibraryIdx, Entry)] {
        self.by_trait.get(path).map_or(&[], Vec::as_slice)
    }
}

impl Catalog {
    /// All libraries, sorted by id.
    #[must_use]
    pub fn libraries(&self) -> &[Library] {
        &self.libraries
    }

    /// One library.
    ///
    /// # Panics
    /// When the index belongs to another catalogue.
    #[must_use]
    pub fn library(&self, library: LibraryIdx) -> &Library {
        &self.libraries[library.idx()]
    }

    /// All rules, sorted by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Where frameworks let work in.
    #[must_use]
    pub fn entries(&self) -> &Entries {
        &self.index.entries
    }

    /// The library behind a crate's name in code.
    #[must_use]
    pub fn knows_crate(&self, name: &str) -> Option<LibraryIdx> {
        self.krate(name).map(|krate| krate.library)
    }

    /// The type of that path: exact or alias first, else the only type of the same crate with that last
    /// segment. A path with a `blocking` segment never leads to an asynchronous type, nor the other way round.
    #[must_use]
    pub fn canonical_type(&self, path: &[Name]) -> Option<&TypeInfo> {
        if let Some(&type_idx) = self.index.type_by_segments.get(path) {
            return self.index.types.get(type_idx);
        }
        let [krate, .., last] = path else { return None };
        let candidates = self.index.type_by_last.get(krate)?.get(last)?;
        let type_idx = only(candidates, is_blocking(path.iter().map(Name::as_str)))?;
        self.index.types.get(*type_idx)
    }

    /// The type of that canonical path.
    #[must_use]
    pub fn type_info(&self, path: &str) -> Option<&TypeInfo> {
        self.index.types.get(*self.index.type_by_text.get(path)?)
    }

    /// What `receiver.method(..)` does, where the receiver's type is `type_path` (canonical, or
    /// `crate::Whatever` for a type that the catalogue does not list).
    #[must_use]
    pub fn method(
        &self,
        type_path: &str,
        method: &str,
        n_args: usize,
        version: &VersionOf<'_>,
    ) -> Option<FunctionRef<'_>> {
        let krate = type_path.split("::").next().unwrap_or(type_path);
        let krate = self.krate(krate)?;
        if krate.pattern.ends_with(ANY) {
            let rest = type_path.split_once("::").map_or(ANY, |(_, rest)| rest);
            return self.method_of(&format!("{}::{rest}", krate.pattern), krate, method, n_args, version);
        }
        self.method_of(type_path, krate, method, n_args, version)
    }

    fn method_of(
        &self,
        type_path: &str,
        krate: &Krate,
        method: &str,
        n_args: usize,
        version: &VersionOf<'_>,
    ) -> Option<FunctionRef<'_>> {
        let own = self.index.methods.get(type_path);
        let any = self.index.methods.get(&krate.any_type);
        let traits = self.type_info(type_path).map_or(&[][..], |info| info.traits.as_slice());
        let exact = own
            .into_iter()
            .chain(
                traits
                    .iter()
                    .filter_map(|trait_path| self.index.methods.get(trait_path)),
            )
            .chain(any)
            .filter_map(|methods| methods.get(method));
        let wild = own.into_iter().chain(any).filter_map(|methods| methods.get(ANY));
        exact.chain(wild).find_map(|ids| self.pick(ids, n_args, version))
    }

    /// What a path that is called or invoked as a macro does: a free function, macro, or associated function.
    #[must_use]
    pub fn function(&self, path: &[Name], n_args: usize, version: &VersionOf<'_>) -> Option<FunctionRef<'_>> {
        if let Some(ids) = self.index.free.get(path) {
            return self.pick(ids, n_args, version);
        }
        let [owner @ .., last] = path else { return None };
        let krate = owner.first()?;
        let owner_names_type = owner.last().is_some_and(|segment| names_type(segment));
        if owner_names_type && 1 < owner.len() {
            return match self.canonical_type(owner) {
                Some(info) => self.method(&info.path, last, n_args, version),
                None => self.method(&owner.join("::"), last, n_args, version),
            };
        }
        let found = self.krate(krate)?;
        if found.pattern.ends_with(ANY) {
            let mut renamed = path.to_vec();
            renamed[0] = found.pattern.clone();
            return self.pick(self.index.free.get(renamed.as_slice())?, n_args, version);
        }
        let candidates = self.index.free_by_last.get(krate)?.get(last)?;
        let target = only(candidates, is_blocking(path.iter().map(Name::as_str)))?;
        self.pick(self.index.free.get(target)?, n_args, version)
    }

    /// Methods of that name that traits bring.
    #[must_use]
    pub fn trait_methods(&self, method: &str) -> &[TraitMethod] {
        self.index.trait_methods.get(method).map_or(&[], Vec::as_slice)
    }

    /// The description of a trait's method, where it takes so many arguments in that version.
    #[must_use]
    pub fn trait_method(
        &self,
        method: &TraitMethod,
        n_args: usize,
        version: &VersionOf<'_>,
    ) -> Option<FunctionRef<'_>> {
        self.pick(&[method.id], n_args, version)
    }

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

    fn krate(&self, name: &str) -> Option<&Krate> {
        if let Some(krate) = self.index.crates.get(name) {
            return Some(krate);
        }
        let prefixes = &self.index.crate_prefixes;
        // `name` may be the pattern itself, when a canonical path comes back.
        prefixes
            .iter()
            .find(|(prefix, _)| name.starts_with(prefix.as_str()))
            .map(|(_, krate)| krate)
    }

    /// The best of several descriptions of one name: one that fixes the number of arguments wins.
    fn pick(&self, ids: &[FunctionId], n_args: usize, version: &VersionOf<'_>) -> Option<FunctionRef<'_>> {
        let mut best: Option<FunctionRef<'_>> = None;
        for &id in ids {
            let compiled = self.index.functions.get(id as usize)?;
            let function = &self.libraries[compiled.library.idx()].functions[compiled.position];
            if function.arguments.is_some_and(|arguments| arguments as usize != n_args) {
                continue;
            }
            if let Some(requirement) = &compiled.versions
                && version(compiled.library).is_some_and(|version| !versions::admits(requirement, version))
            {
                continue;
            }
            let is_better = best.is_none_or(|best| best.function.arguments < function.arguments);
            if is_better {
                best = Some(FunctionRef {
                    library: compiled.library,
                    function,
                    returns: compiled.returns.as_ref(),
                });
            }
        }
        best
    }
}

/// The one candidate of that kind, where there is exactly one.
fn only<T: PartialEq>(candidates: &[Candidate<T>], is_blocking: bool) -> Option<&T> {
    let mut fitting = candidates
        .iter()
        .filter(|candidate| candidate.is_blocking == is_blocking);
    let first = &fitting.next()?.to;
    fitting.all(|candidate| candidate.to == *first).then_some(first)
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
    use crate::catalog::schema::Role;

    const OWN: &str = r#"
id = "rust/own"
name = "own"
crates = ["own", "own_sdk_*"]
versions = ">=1, <4"
transport = "http"
confidence = "verified"
source = "our code"
[[type]]
path = "own::Client"
aliases = ["own::inner::Handle"]
traits = ["own::Ask"]
[[type]]
path = "own::blocking::Client"
[[type]]
path = "own::Ask"
is-trait = true
preludes = ["own::prelude"]
[[function]]
path = "own::Client::{get,put}"
role = "step"
returns = "own::Request"
[[function]]
path = "own::Client::get"
role = "call"
arguments = 2
[[function]]
path = "own::*::send"
role = "call"
[[function]]
path = "own::Client::*"
role = "plain"
[[function]]
path = "own::Ask::set_ex"
role = "call"
command = true
[[function]]
path = "own::net::fetch"
role = "call"
versions = ">=2"
[[function]]
path = "own_sdk_*::*::send"
role = "call"
[[function]]
path = "own_sdk_*::load"
role = "call"
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

    fn path(text: &str) -> Vec<Name> {
        text.split("::").map(Name::new).collect()
    }

    #[track_caller]
    fn check_type(text: &str, expected: Option<&str>) {
        assert_eq!(
            catalog()
                .canonical_type(&path(text))
                .map(|info| info.path.to_string())
                .as_deref(),
            expected
        );
    }

    #[test]
    fn types_are_found_by_path_alias_and_last_segment() {
        check_type("own::Client", Some("own::Client"));
        check_type("own::inner::Handle", Some("own::Client"));
        check_type("own::elsewhere::Client", Some("own::Client"));
        check_type("own::blocking::client::Client", Some("own::blocking::Client"));
        check_type("own::Unheard", None);
        check_type("unheard::Client", None);
        check_type("own::Request", None);
    }

    #[track_caller]
    fn check_method(type_path: &str, method: &str, n_args: usize, expected: Option<Role>) {
        let catalog = catalog();
        let found = catalog.method(type_path, method, n_args, &|_| None);
        assert_eq!(found.map(|found| found.function.role), expected);
    }

    #[test]
    fn methods_fall_back_from_exact_to_wild() {
        check_method("own::Client", "get", 1, Some(Role::Step));
        check_method("own::Client", "get", 2, Some(Role::Call));
        check_method("own::Client", "set_ex", 3, Some(Role::Call));
        check_method("own::Client", "send", 0, Some(Role::Call));
        check_method("own::Unheard", "send", 0, Some(Role::Call));
        check_method("own::Client", "other", 0, Some(Role::Plain));
        check_method("own::Unheard", "other", 0, None);
        check_method("own_sdk_store::PutItem", "send", 0, Some(Role::Call));
        check_method("unheard::Client", "send", 0, None);
    }

    #[track_caller]
    fn check_function(text: &str, version: Option<&str>, is_found: bool) {
        let catalog = catalog();
        let version = version.map(|text| Version::parse(text).expect("valid"));
        assert_eq!(
            catalog.function(&path(text), 1, &|_| version.as_ref()).is_some(),
            is_found,
            "{text}"
        );
    }

    #[test]
    fn functions_are_found_through_other_modules() {
        check_function("own::net::fetch", None, true);
        check_function("own::fetch", None, true);
        check_function("own::blocking::fetch", None, false);
        check_function("own::fetch", Some("1.9.0"), false);
        check_function("own::fetch", Some("2.0.0"), true);
        check_function("own::elsewhere::Client::put", None, true);
        check_function("own_sdk_store::load", None, true);
        check_function("own::unheard", None, false);
        check_function("fetch", None, false);
        check_function("", None, false);
    }

    #[test]
    fn returns_are_parsed_and_operations_named() {
        let catalog = catalog();
        let found = catalog.method("own::Client", "get", 1, &|_| None).expect("described");
        assert_eq!(found.returns, Some(&TypeRef::named(&["own", "Request"])));
        assert_eq!(found.operation("get"), "get");
        let methods = catalog.trait_methods("set_ex");
        let own = methods
            .iter()
            .find(|method| method.trait_path == "own::Ask")
            .expect("described");
        assert_eq!(own.preludes, ["own::prelude"]);
        let found = catalog
            .trait_method(own, 3, &|_| None)
            .expect("any number of arguments");
        assert_eq!(found.operation("set_ex"), "SETEX");
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
