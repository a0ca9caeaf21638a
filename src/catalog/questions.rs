//! The questions that extraction and resolution ask, millions of times: all answers are borrowed.

use crate::{
    catalog::{
        compile::Catalog,
        index::{ANY, Candidate, FunctionId, Krate, is_blocking, names_type},
        lookup::{Entries, FunctionRef, LibraryIdx, TraitMethod, TypeInfo, VersionOf},
        rules::Rule,
        schema::Library,
        versions,
    },
    model::Name,
};

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

    /// Whether a free function, constant or constructor of exactly that path is described.
    #[must_use]
    pub fn is_named(&self, path: &[Name]) -> bool {
        self.index.free.contains_key(path)
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

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;
    use crate::{catalog::schema::Role, model::expr::TypeRef};

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
}
