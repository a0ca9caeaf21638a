//! Hash indexes over the libraries: every question of [`super::questions`] is a few probes, never a scan.

use rustc_hash::FxHashMap;
use semver::VersionReq;

use crate::{
    catalog::{
        check::Issue,
        ecosystems,
        lookup::{Entries, LibraryIdx, TraitMethod, TypeInfo},
        notation,
        schema::{Library, Type},
    },
    model::{Name, expr::TypeRef},
};

/// Position in [`Index::functions`].
pub(super) type FunctionId = u32;

/// The name of a wildcard segment.
pub(super) const ANY: &str = "*";

/// A function with what had to be parsed once.
#[derive(Clone, Debug)]
pub(super) struct CompiledFunction {
    pub library: LibraryIdx,
    /// Position in the library's functions.
    pub position: usize,
    pub returns: Option<TypeRef>,
    pub versions: Option<VersionReq>,
}

/// The versions of a library and of its defaults.
#[derive(Clone, Debug)]
pub(super) struct LibraryVersions {
    pub own: Option<VersionReq>,
    pub defaults: Vec<Option<VersionReq>>,
}

/// One crate name of a library, or a prefix of names.
#[derive(Clone, Debug)]
pub(super) struct Krate {
    pub library: LibraryIdx,
    /// As the library writes it: `reqwest`, `aws_sdk_*`.
    pub pattern: Name,
    /// The key of functions on any type: `reqwest::*`.
    pub any_type: Name,
}

/// Where a last segment may lead to.
#[derive(Clone, Debug)]
pub(super) struct Candidate<T> {
    pub to: T,
    pub is_blocking: bool,
}

/// Last segment → the full paths that it may stand for.
pub(super) type ByLast = FxHashMap<Name, Vec<Candidate<Box<[Name]>>>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pub crates: FxHashMap<Name, Krate>,
    /// Prefixes, longest first.
    pub crate_prefixes: Vec<(Name, Krate)>,
    pub types: Vec<TypeInfo>,
    pub type_by_text: FxHashMap<Name, usize>,
    pub type_by_segments: FxHashMap<Box<[Name]>, usize>,
    pub type_by_last: FxHashMap<Name, FxHashMap<Name, Vec<Candidate<usize>>>>,
    pub functions: Vec<CompiledFunction>,
    /// Type path → method → candidates.
    pub methods: FxHashMap<Name, FxHashMap<Name, Vec<FunctionId>>>,
    /// Free functions and macros by path.
    pub free: FxHashMap<Box<[Name]>, Vec<FunctionId>>,
    pub free_by_last: FxHashMap<Name, ByLast>,
    pub trait_methods: FxHashMap<Name, Vec<TraitMethod>>,
    pub versions: Vec<LibraryVersions>,
    pub entries: Entries,
}

/// Whether a path is one of a library's blocking half.
pub(super) fn is_blocking<'a>(mut segments: impl Iterator<Item = &'a str>) -> bool {
    segments.any(|segment| segment == "blocking")
}

/// Whether a segment names a type (or any type), by the language's convention.
pub(super) fn names_type(segment: &str) -> bool {
    segment == ANY || segment.chars().next().is_some_and(char::is_uppercase)
}

/// A type as the library writes it, its package named in full.
fn type_of(library: &Library, text: &str) -> Result<TypeRef, String> {
    let mut ty = notation::parse_type(text)?;
    let prefix = ecosystems::prefix_of(library);
    if !prefix.is_empty() {
        ecosystems::qualify_type(&mut ty, prefix);
    }
    Ok(ty)
}

impl Index {
    /// Add one checked library; `before` are those already added.
    pub(super) fn add(&mut self, library: &Library, before: &[Library]) -> Result<(), Issue> {
        let idx = LibraryIdx(u32::try_from(before.len()).unwrap_or(u32::MAX));
        for krate in &library.crates {
            self.add_crate(krate, idx, before)?;
        }
        for ty in &library.types {
            self.add_type(ty, idx, library)?;
        }
        let traits: Vec<&Type> = library.types.iter().filter(|ty| ty.is_trait).collect();
        for position in 0..library.functions.len() {
            self.add_function(library, idx, position, &traits)?;
        }
        let parse = |text: &Option<String>| text.as_deref().and_then(|text| VersionReq::parse(text).ok());
        self.versions.push(LibraryVersions {
            own: parse(&library.versions),
            defaults: library
                .defaults
                .iter()
                .map(|default| parse(&default.versions))
                .collect(),
        });
        for entry in &library.entries {
            self.entries.add(idx, entry);
        }
        Ok(())
    }

    /// Bring the lists into their final order.
    pub(super) fn finish(&mut self) {
        self.crate_prefixes
            .sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    fn add_crate(&mut self, pattern: &str, library: LibraryIdx, before: &[Library]) -> Result<(), Issue> {
        let krate = Krate {
            library,
            pattern: Name::new(pattern),
            any_type: Name::from(format!("{pattern}::*")),
        };
        if let Some(prefix) = pattern.strip_suffix(ANY) {
            self.crate_prefixes.push((Name::new(prefix), krate));
            return Ok(());
        }
        if let Some(other) = self.crates.insert(Name::new(pattern), krate) {
            let owner = before
                .get(other.library.idx())
                .map_or("this file", |library| library.id.as_str());
            return Err(Issue::new(
                pattern,
                format!("crate `{pattern}` is already described by {owner}; use that id to replace it"),
            ));
        }
        Ok(())
    }

    fn add_type(&mut self, ty: &Type, library: LibraryIdx, source: &Library) -> Result<(), Issue> {
        let deref = match &ty.deref {
            Some(text) => Some(type_of(source, text).map_err(|message| Issue::new(text, message))?),
            None => None,
        };
        let type_idx = self.types.len();
        self.types.push(TypeInfo {
            path: Name::new(&ty.path),
            library,
            is_trait: ty.is_trait,
            is_stream: ty.is_stream,
            is_local: ty.is_local,
            deref,
            traits: ty.traits.iter().map(Name::new).collect(),
        });
        if self.type_by_text.insert(Name::new(&ty.path), type_idx).is_some() {
            return Err(Issue::new(&ty.path, format!("type `{}` is described twice", ty.path)));
        }
        for path in std::iter::once(&ty.path).chain(&ty.aliases) {
            for path in notation::expand(path).map_err(|message| Issue::new(path, message))? {
                self.index_type(&path, type_idx);
            }
        }
        Ok(())
    }

    fn index_type(&mut self, path: &str, type_idx: usize) {
        let segments: Box<[Name]> = path.split("::").map(Name::new).collect();
        if let [krate, .., last] = &*segments {
            let candidate = Candidate {
                to: type_idx,
                is_blocking: is_blocking(path.split("::")),
            };
            let by_last = self.type_by_last.entry(krate.clone()).or_default();
            by_last.entry(last.clone()).or_default().push(candidate);
        }
        self.type_by_segments.entry(segments).or_insert(type_idx);
    }

    fn add_function(
        &mut self,
        library: &Library,
        idx: LibraryIdx,
        position: usize,
        traits: &[&Type],
    ) -> Result<(), Issue> {
        let function = &library.functions[position];
        let id = FunctionId::try_from(self.functions.len()).unwrap_or(FunctionId::MAX);
        self.functions.push(CompiledFunction {
            library: idx,
            position,
            returns: function.returns.as_deref().and_then(|text| type_of(library, text).ok()),
            versions: function
                .versions
                .as_deref()
                .and_then(|text| VersionReq::parse(text).ok()),
        });
        for path in function.path.as_slice() {
            for path in notation::expand(path).map_err(|message| Issue::new(path, message))? {
                self.index_function(&path, id, idx, traits);
            }
        }
        Ok(())
    }

    fn index_function(&mut self, path: &str, id: FunctionId, library: LibraryIdx, traits: &[&Type]) {
        let Some((owner, last)) = path.rsplit_once("::") else {
            return;
        };
        let owner_last = owner.rsplit("::").next().unwrap_or(owner);
        let is_method = owner.contains("::") && names_type(owner_last);
        if !is_method {
            self.index_free(path, id);
            return;
        }
        let methods = self.methods.entry(Name::new(owner)).or_default();
        methods.entry(Name::new(last)).or_default().push(id);
        if let Some(ty) = traits.iter().find(|ty| ty.path == owner) {
            self.trait_methods
                .entry(Name::new(last))
                .or_default()
                .push(TraitMethod {
                    trait_path: Name::new(owner),
                    preludes: ty.preludes.iter().map(Name::new).collect(),
                    id,
                });
        }
        // A type that only its functions mention needs no description of its own.
        let is_plain = owner_last != ANY && !owner.contains(ANY);
        if is_plain && !self.type_by_text.contains_key(owner) {
            let type_idx = self.types.len();
            self.types.push(TypeInfo::plain(Name::new(owner), library));
            self.type_by_text.insert(Name::new(owner), type_idx);
            self.index_type(owner, type_idx);
        }
    }

    fn index_free(&mut self, path: &str, id: FunctionId) {
        let segments: Box<[Name]> = path.split("::").map(Name::new).collect();
        let ids = self.free.entry(segments.clone()).or_default();
        ids.push(id);
        if let ([krate, .., last], 1) = (&*segments, ids.len()) {
            let candidate = Candidate {
                to: segments.clone(),
                is_blocking: is_blocking(path.split("::")),
            };
            let by_last = self.free_by_last.entry(krate.clone()).or_default();
            by_last.entry(last.clone()).or_default().push(candidate);
        }
    }
}
