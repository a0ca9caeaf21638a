//! What the catalogue answers: borrowed descriptions of functions, types, trait methods and entries.

use rustc_hash::FxHashMap;
use semver::Version;

use crate::{
    catalog::{
        index::FunctionId,
        notation,
        schema::{Entry, Function},
    },
    model::{Name, expr::TypeRef},
};

/// Position in [`Catalog::libraries`](crate::catalog::compile::Catalog::libraries).
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
    /// What it speaks to is in the process or on its disk.
    pub is_local: bool,
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
            is_local: false,
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
