//! What a path denotes: modules, imports, re-exports, aliases, globs, preludes, outside crates.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{
    Name,
    fact::TypeKind,
    package::{Dependency, DependencyKind, Ecosystem, TargetKind},
};

use super::{
    symbols::{Def, World},
    ty::{ModuleId, TypeId},
};

/// The two name spaces that matter here; macros are looked up as values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    Type,
    Value,
}

/// Rounds of import resolution; re-export chains in real code are shorter than this.
const MAX_ROUNDS: usize = 12;
/// Aliases and globs followed in one lookup.
const MAX_HOPS: usize = 24;

impl World<'_> {
    /// Resolve all imports to a fixed point: an import may go through another one.
    pub(crate) fn resolve_imports(&mut self) {
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for idx in 0..self.modules.len() {
                let module = ModuleId(u32::try_from(idx).unwrap_or(u32::MAX));
                let pending = std::mem::take(&mut self.modules[idx].imports);
                let mut left = Vec::new();
                for import in pending {
                    if import.is_glob {
                        match self.resolve_path(module, &import.path, Space::Type) {
                            Some(def) => {
                                if !self.modules[idx].globs.contains(&def) {
                                    self.modules[idx].globs.push(def);
                                    changed = true;
                                }
                            }
                            None => left.push(import),
                        }
                        continue;
                    }
                    let ty = self.resolve_import(module, &import.path, Space::Type);
                    let value = self.resolve_import(module, &import.path, Space::Value);
                    if ty.is_none() && value.is_none() {
                        left.push(import);
                        continue;
                    }
                    let data = &mut self.modules[idx];
                    if import.alias == "_" {
                        data.unnamed.extend(ty);
                        changed = true;
                        continue;
                    }
                    if let Some(def) = ty {
                        changed |= insert_import(&mut data.types, &import.alias, def);
                    }
                    if let Some(def) = value {
                        changed |= insert_import(&mut data.values, &import.alias, def);
                    }
                    // The other name space may appear only after a later round.
                    if import.path.len() > 1 && !matches!(data.types.get(&import.alias), Some(Def::Extern(_))) {
                        left.push(import);
                    }
                }
                self.modules[idx].imports = left;
            }
            if !changed {
                break;
            }
        }
    }

    /// As `resolve_path`, but an import never finds itself: its first name is looked up outside the imports of the same name.
    fn resolve_import(&self, module: ModuleId, path: &[Name], space: Space) -> Option<Def> {
        if path.len() == 1 {
            // `use reqwest;`, `use serde as s;`: a crate.
            return self
                .extern_crate(module, &path[0])
                .or_else(|| self.resolve_path(module, path, space))
                .or_else(|| self.outside_import(module, path));
        }
        self.resolve_path(module, path, space)
            .or_else(|| self.outside_import(module, path))
    }

    /// What a path denotes when it is written in `module`. `Self` is the caller's business.
    pub(crate) fn resolve_path(&self, module: ModuleId, path: &[Name], space: Space) -> Option<Def> {
        let (first, rest) = path.split_first()?;
        let here = if rest.is_empty() { space } else { Space::Type };
        let mut def = match first.as_str() {
            "crate" | "$crate" => Def::Module(self.crate_root(module)),
            "self" => Def::Module(self.nearest_real(module)),
            "super" => Def::Module(
                self.module(self.nearest_real(module))
                    .parent
                    .map(|id| self.nearest_real(id))?,
            ),
            _ => self.lookup(module, first, here)?,
        };
        for (idx, name) in rest.iter().enumerate() {
            let is_last = idx + 1 == rest.len();
            def = self.member(&def, name, if is_last { space } else { Space::Type })?;
        }
        Some(def)
    }

    /// A member of what a path prefix denotes.
    pub(crate) fn member(&self, def: &Def, name: &Name, space: Space) -> Option<Def> {
        match def {
            Def::Module(id) if name == "super" => self.module(*id).parent.map(Def::Module),
            Def::Module(id) if name == "self" => Some(Def::Module(*id)),
            Def::Module(id) => self.lookup_in(*id, name, space, &mut FxHashSet::default()),
            Def::Type(id) => {
                let data = self.ty(*id);
                if let Some(idx) = data.def.variants.iter().position(|variant| &variant.name == name) {
                    return Some(Def::Variant(*id, u32::try_from(idx).unwrap_or(u32::MAX)));
                }
                if data.def.kind == TypeKind::Alias {
                    return match self.alias_target(*id) {
                        Some(target) if target != Def::Type(*id) => self.member(&target, name, space),
                        _ => Some(Def::Associated(*id, name.clone())),
                    };
                }
                Some(Def::Associated(*id, name.clone()))
            }
            Def::Extern(path) => {
                let mut path = path.clone();
                path.push(name.clone());
                Some(Def::Extern(path))
            }
            Def::Primitive(of) => Some(Def::Extern(vec![Name::new("std"), of.clone(), name.clone()])),
            Def::Variant(..) | Def::Function(_) | Def::Const(_) | Def::Associated(..) => None,
        }
    }

    /// What an alias stands for, as a definition.
    pub(crate) fn alias_target(&self, id: TypeId) -> Option<Def> {
        let data = self.ty(id);
        match data.def.alias.as_ref()? {
            crate::model::expr::TypeRef::Named { segments, .. } => {
                let own = segments.len() == 1 && segments[0] == data.def.name;
                if own {
                    return None;
                }
                self.resolve_path(data.module, segments, Space::Type)
            }
            _ => None,
        }
    }

    /// A name as it is seen inside a module: items, imports, globs, what is around function scopes, crates, preludes.
    pub(crate) fn lookup(&self, module: ModuleId, name: &Name, space: Space) -> Option<Def> {
        let mut at = module;
        loop {
            if let Some(def) = self.lookup_in(at, name, space, &mut FxHashSet::default()) {
                return Some(def);
            }
            let data = self.module(at);
            match data.parent {
                Some(parent) if data.is_function_scope => at = parent,
                _ => break,
            }
        }
        let named = if space == Space::Type {
            self.extern_crate(module, name)
        } else {
            None
        };
        if self.ecosystem(module) != Ecosystem::Cargo {
            return named.or_else(|| self.global_name(module, name));
        }
        named
            .or_else(|| prelude(name, space))
            .or_else(|| self.name_of_outside_glob(module, name))
    }

    /// A name that nothing in sight defines comes from an outside glob, where there is only one crate to come from:
    /// the code compiles.
    fn name_of_outside_glob(&self, module: ModuleId, name: &Name) -> Option<Def> {
        let mut candidates: Vec<&Vec<Name>> = Vec::new();
        for at in self.scope_chain(module) {
            candidates.extend(self.module(at).globs.iter().filter_map(|glob| match glob {
                Def::Extern(path) => Some(path),
                _ => None,
            }));
        }
        let (first, rest) = candidates.split_first()?;
        if rest.iter().any(|path| path.first() != first.first()) {
            return None;
        }
        let mut path = (*first).clone();
        path.push(name.clone());
        Some(Def::Extern(path))
    }

    fn lookup_in(&self, module: ModuleId, name: &Name, space: Space, seen: &mut FxHashSet<ModuleId>) -> Option<Def> {
        if seen.len() > MAX_HOPS || !seen.insert(module) {
            return None;
        }
        let data = self.module(module);
        let names = if space == Space::Type {
            &data.types
        } else {
            &data.values
        };
        if let Some(def) = names.get(name) {
            return Some(def.clone());
        }
        let mut outside = None;
        for glob in &data.globs {
            match glob {
                Def::Module(target) => {
                    if let Some(def) = self.lookup_in(*target, name, space, seen) {
                        return Some(def);
                    }
                }
                Def::Type(id) => {
                    let variants = &self.ty(*id).def.variants;
                    if let Some(idx) = variants.iter().position(|variant| &variant.name == name) {
                        return Some(Def::Variant(*id, u32::try_from(idx).unwrap_or(u32::MAX)));
                    }
                }
                Def::Extern(path) => {
                    let mut full = path.clone();
                    full.push(name.clone());
                    // A glob of an outside crate is only believed for names that the catalogue knows there.
                    let is_known = self
                        .catalog
                        .canonical_type(&full)
                        .is_some_and(|info| info.path.rsplit("::").next() == Some(name.as_str()))
                        || self.ecosystem(module) != Ecosystem::Cargo && self.catalog.is_named(&full);
                    if is_known {
                        outside.get_or_insert(Def::Extern(full));
                    }
                }
                _ => {}
            }
        }
        outside
    }

    fn crate_root(&self, module: ModuleId) -> ModuleId {
        self.crates[self.module(module).krate].root
    }

    /// The module itself, or for a function's scope the module around it.
    fn nearest_real(&self, module: ModuleId) -> ModuleId {
        let mut at = module;
        while let (true, Some(parent)) = (self.module(at).is_function_scope, self.module(at).parent) {
            at = parent;
        }
        at
    }

    /// A crate name in the extern prelude of a module's package.
    fn extern_crate(&self, module: ModuleId, name: &Name) -> Option<Def> {
        if matches!(name.as_str(), "std" | "core" | "alloc") {
            return Some(Def::Extern(vec![Name::new("std")]));
        }
        if self.ecosystem(module) != Ecosystem::Cargo {
            return self.unit(module, name);
        }
        let krate = &self.crates[self.module(module).krate];
        // A binary reaches its own package's library by name.
        if let Some(&library) = self.library_of.get(&krate.package)
            && &self.crates[library].name == name
            && krate.kind != TargetKind::Library
        {
            return Some(Def::Module(self.crates[library].root));
        }
        let package = &self.packages[krate.package];
        let dependency = package
            .dependencies
            .iter()
            .filter(|dependency| &dependency.alias == name)
            .min_by_key(|dependency| dependency.kind != DependencyKind::Normal)?;
        let code_name = Name::from(dependency.package.replace('-', "_"));
        match self.dependencies.get(&(krate.package, name.clone())) {
            Some(target) => match self.library_of.get(target) {
                Some(&library) => Some(Def::Module(self.crates[library].root)),
                None => Some(Def::Extern(vec![code_name])),
            },
            None => Some(Def::Extern(vec![code_name])),
        }
    }

    /// The packages of the input that dependencies name: by path, else by name and version among the third-party ones
    /// that the catalogue does not cover.
    pub(crate) fn dependency_packages(&self) -> FxHashMap<(usize, Name), usize> {
        let mut named: FxHashMap<&Name, Vec<usize>> = FxHashMap::default();
        for (idx, package) in self.packages.iter().enumerate() {
            named.entry(&package.name).or_default().push(idx);
        }
        let mut found = FxHashMap::default();
        for (idx, package) in self.packages.iter().enumerate() {
            let mut dependencies: Vec<&Dependency> = package.dependencies.iter().collect();
            // The production one of several of that name is entered last.
            dependencies.sort_by_key(|dependency| dependency.kind == DependencyKind::Normal);
            for dependency in dependencies {
                let named = named.get(&dependency.package).map_or(&[][..], Vec::as_slice);
                if let Some(target) = self.package_of_dependency(named, dependency) {
                    found.insert((idx, dependency.alias.clone()), target);
                }
            }
        }
        found
    }

    fn package_of_dependency(&self, named: &[usize], dependency: &Dependency) -> Option<usize> {
        let own = |idx: &&usize| !self.packages[**idx].is_third_party;
        if let Some(path) = &dependency.path {
            let at_path = named.iter().filter(own).find(|idx| &self.packages[**idx].dir == path);
            return at_path.or_else(|| named.iter().find(own)).copied();
        }
        if self
            .catalog
            .knows_crate(&dependency.package.replace('-', "_"))
            .is_some()
        {
            return None;
        }
        let is_locked = |idx: &&usize| {
            let package = &self.packages[**idx];
            package.is_third_party && package.version == dependency.locked
        };
        named.iter().find(is_locked).copied()
    }

    /// The traits of the scanned packages, and paths of outside ones, whose methods can be called in a module.
    pub(crate) fn is_trait_in_scope(&self, module: ModuleId, wanted: TypeId) -> bool {
        let name = &self.ty(wanted).def.name;
        let is = |def: Option<Def>| def == Some(Def::Type(wanted));
        if is(self.lookup(module, name, Space::Type)) {
            return true;
        }
        self.scope_chain(module).any(|at| {
            let data = self.module(at);
            data.unnamed.contains(&Def::Type(wanted)) || data.types.values().any(|def| def == &Def::Type(wanted))
        })
    }

    /// Whether an outside trait is imported, by name, as `_`, or through a glob of one of its preludes.
    pub(crate) fn is_outside_trait_in_scope(&self, module: ModuleId, trait_path: &str, preludes: &[Name]) -> bool {
        let (krate, last) = trait_path
            .split_once("::")
            .map_or((trait_path, trait_path), |(krate, rest)| {
                (krate, rest.rsplit("::").next().unwrap_or(rest))
            });
        let is = |def: &Def| match def {
            Def::Extern(path) => {
                path.first().is_some_and(|name| name == krate) && path.last().is_some_and(|name| name == last)
            }
            _ => false,
        };
        let is_prelude = |def: &Def| match def {
            Def::Extern(path) => {
                let full = path.join("::");
                preludes.iter().any(|prelude| prelude.as_str() == full)
                    || trait_path.rsplit_once("::").is_some_and(|(of, _)| of == full)
            }
            _ => false,
        };
        let mut seen = FxHashSet::default();
        let mut pending: Vec<ModuleId> = self.scope_chain(module).collect();
        while let Some(at) = pending.pop() {
            if !seen.insert(at) || seen.len() > MAX_HOPS {
                continue;
            }
            let data = self.module(at);
            if data.types.values().any(is) || data.unnamed.iter().any(is) || data.globs.iter().any(is_prelude) {
                return true;
            }
            pending.extend(data.globs.iter().filter_map(|glob| match glob {
                Def::Module(target) => Some(*target),
                _ => None,
            }));
        }
        false
    }

    /// The module and, while they are function scopes, those around it.
    fn scope_chain(&self, module: ModuleId) -> impl Iterator<Item = ModuleId> + '_ {
        let mut next = Some(module);
        std::iter::from_fn(move || {
            let at = next?;
            let data = self.module(at);
            next = if data.is_function_scope { data.parent } else { None };
            Some(at)
        })
    }
}

fn insert_import(names: &mut rustc_hash::FxHashMap<Name, Def>, alias: &Name, def: Def) -> bool {
    match names.get(alias) {
        // Items win over imports; a path into an outside crate gives way to a better answer.
        Some(known) if known == &def || !matches!(known, Def::Extern(_)) => false,
        Some(Def::Extern(_)) if matches!(def, Def::Extern(_)) => false,
        _ => {
            names.insert(alias.clone(), def);
            true
        }
    }
}

/// Names that are in scope everywhere.
fn prelude(name: &Name, space: Space) -> Option<Def> {
    let std = |path: &[&str]| Some(Def::Extern(path.iter().map(Name::new).collect()));
    match (name.as_str(), space) {
        ("Option", Space::Type) => std(&["std", "option", "Option"]),
        ("Result", Space::Type) => std(&["std", "result", "Result"]),
        ("Box", Space::Type) => std(&["std", "boxed", "Box"]),
        ("Vec", Space::Type) => std(&["std", "vec", "Vec"]),
        ("String", Space::Type) => std(&["std", "string", "String"]),
        ("Default", Space::Type) => std(&["std", "default", "Default"]),
        (
            "From" | "Into" | "TryFrom" | "TryInto" | "AsRef" | "Iterator" | "IntoIterator" | "Clone" | "Drop"
            | "ToString" | "Fn" | "FnMut" | "FnOnce" | "Send" | "Sync" | "Sized" | "Copy" | "ToOwned" | "Extend",
            Space::Type,
        ) => std(&["std", "prelude", name.as_str()]),
        ("Some" | "None", Space::Value) => std(&["std", "option", "Option", name.as_str()]),
        ("Ok" | "Err", Space::Value) => std(&["std", "result", "Result", name.as_str()]),
        ("drop", Space::Value) => std(&["std", "mem", "drop"]),
        (
            "bool" | "char" | "str" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64"
            | "i128" | "isize" | "f32" | "f64",
            Space::Type,
        ) => Some(Def::Primitive(name.clone())),
        _ => None,
    }
}

/// The full path of a name that is in scope everywhere.
pub(crate) fn std_name(name: &Name) -> Option<Vec<Name>> {
    match name.as_str() {
        "Arc" => Some(["std", "sync", "Arc"].iter().map(Name::new).collect()),
        "Mutex" | "RwLock" | "OnceLock" | "LazyLock" => Some(vec![Name::new("std"), Name::new("sync"), name.clone()]),
        "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "VecDeque" => {
            Some(vec![Name::new("std"), Name::new("collections"), name.clone()])
        }
        "Duration" => Some(["std", "time", "Duration"].iter().map(Name::new).collect()),
        "JoinHandle" | "Stream" | "Iterator" | "Future" | "Pin" | "Cow" | "Path" | "PathBuf" => {
            Some(vec![Name::new("std"), name.clone()])
        }
        _ => match prelude(name, Space::Type)? {
            Def::Extern(path) => Some(path),
            Def::Primitive(name) => Some(vec![Name::new("std"), name]),
            _ => None,
        },
    }
}
