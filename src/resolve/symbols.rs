//! The symbol table of all scanned packages: crates, module trees, types, functions, constants, impls.
//!
//! Built once from sorted facts; read-only and shared between threads afterwards. Which names a path
//! denotes is answered in `paths`, what a type reference denotes in `lower`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::{
    catalog::{compile::Catalog, lookup::LibraryIdx},
    model::{
        Name,
        expr::TypeRef,
        fact::{Constant, FileFacts, Function, Impl, Owner, TypeDef, TypeKind},
        location::{Location, Span},
        package::{DependencyKind, Package, TargetKind},
    },
};

use super::{
    layout,
    ty::{ConstId, FnId, ModuleId, Ty, TypeId},
};

/// Index into [`World::crates`].
pub(crate) type CrateIdx = usize;

/// Everything that names can denote.
pub(crate) struct World<'a> {
    pub(crate) packages: &'a [Package],
    pub(crate) files: &'a [FileFacts],
    pub(crate) catalog: &'a Catalog,
    pub(crate) crates: Vec<Crate>,
    pub(crate) modules: Vec<ModuleData>,
    pub(crate) types: Vec<TypeData<'a>>,
    pub(crate) functions: Vec<FnData<'a>>,
    pub(crate) constants: Vec<ConstData<'a>>,
    pub(crate) impls: Vec<ImplData<'a>>,
    /// Library crates by (package).
    pub(crate) library_of: FxHashMap<usize, CrateIdx>,
    /// Methods and associated functions of inherent impls.
    pub(crate) inherent: BTreeMap<(TypeId, Name), Vec<FnId>>,
    /// Methods of traits (declared there), by trait and name.
    pub(crate) trait_methods: FxHashMap<(TypeId, Name), FnId>,
    /// Impl indexes by implemented trait of the scanned packages.
    pub(crate) impls_of_trait: FxHashMap<TypeId, Vec<u32>>,
    /// Impl indexes by implementing type of the scanned packages (trait impls only).
    pub(crate) impls_for_type: FxHashMap<TypeId, Vec<u32>>,
    /// Traits of the scanned packages that declare a method of that name.
    pub(crate) traits_with_method: FxHashMap<Name, Vec<TypeId>>,
    /// Impl indexes that say what an associated type of an outside type is, by its name.
    pub(crate) foreign_associated: FxHashMap<Name, Vec<u32>>,
    /// Inherent-like functions on outside types (`impl Trait for reqwest::Client`), by method name.
    pub(crate) foreign_impls: BTreeMap<Name, Vec<FnId>>,
    /// The packages of the input that dependencies lead to: by package and the name that its code uses.
    pub(crate) dependencies: FxHashMap<(usize, Name), usize>,
    /// Locked versions of catalogued libraries, as each package sees them.
    pub(crate) versions: FxHashMap<(usize, LibraryIdx), semver::Version>,
    /// Associated constants by type and name.
    pub(crate) associated_constants: FxHashMap<(TypeId, Name), ConstId>,
    /// Modules of other languages by the name that imports use.
    pub(crate) units: FxHashMap<Name, ModuleId>,
    pub(crate) classes: super::classes::Classes,
    /// Types of fields that are not written, learned from what is assigned.
    pub(crate) field_types: FxHashMap<(TypeId, Name), Ty>,
}

/// One compilation unit.
pub(crate) struct Crate {
    /// As code names it.
    pub(crate) name: Name,
    pub(crate) package: usize,
    pub(crate) kind: TargetKind,
    /// The target's name in the manifest.
    pub(crate) target: Name,
    pub(crate) root: ModuleId,
}

/// What a name denotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Def {
    Module(ModuleId),
    Type(TypeId),
    Variant(TypeId, u32),
    Function(FnId),
    Const(ConstId),
    /// `Type::name`: an associated function or constant, not looked up yet.
    Associated(TypeId, Name),
    /// A path outside the scanned packages, the package's code name first.
    Extern(Vec<Name>),
    /// `bool`, `str`, `u64`.
    Primitive(Name),
}

/// A module: its names in both namespaces, and where else to look.
#[derive(Default)]
pub(crate) struct ModuleData {
    pub(crate) krate: CrateIdx,
    pub(crate) parent: Option<ModuleId>,
    /// `krate::outer::inner`.
    pub(crate) path: String,
    pub(crate) is_test: bool,
    /// The items inside a function body: names fall through to the module around it.
    pub(crate) is_function_scope: bool,
    pub(crate) types: FxHashMap<Name, Def>,
    pub(crate) values: FxHashMap<Name, Def>,
    pub(crate) imports: Vec<PendingImport>,
    pub(crate) globs: Vec<Def>,
    /// Traits brought into scope under no name (`use Trait as _`).
    pub(crate) unnamed: Vec<Def>,
}

/// An import before it is resolved.
pub(crate) struct PendingImport {
    pub(crate) path: Vec<Name>,
    pub(crate) alias: Name,
    pub(crate) is_glob: bool,
}

pub(crate) struct TypeData<'a> {
    pub(crate) def: &'a TypeDef,
    pub(crate) module: ModuleId,
    pub(crate) path: Name,
    pub(crate) is_test: bool,
}

pub(crate) struct FnData<'a> {
    pub(crate) def: &'a Function,
    pub(crate) file: usize,
    pub(crate) module: ModuleId,
    /// Where names of its body are looked up: the module, or the items inside it.
    pub(crate) body_module: ModuleId,
    pub(crate) imp: Option<u32>,
    pub(crate) in_trait: Option<TypeId>,
    pub(crate) path: Name,
    pub(crate) is_test: bool,
    pub(crate) package: usize,
    pub(crate) signature: Signature,
}

/// Lowered types of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signature {
    /// `self` included.
    pub(crate) params: Vec<Ty>,
    /// Wrapped in [`Ty::Future`] for an async function.
    pub(crate) ret: Ty,
    /// Its own generics and those of the impl or trait around it, with their bounds.
    pub(crate) generics: Vec<(Name, Vec<Ty>)>,
}

pub(crate) struct ConstData<'a> {
    pub(crate) def: &'a Constant,
    pub(crate) file: usize,
    pub(crate) module: ModuleId,
    /// The impl that it is a constant of.
    pub(crate) imp: Option<u32>,
    pub(crate) ty: Ty,
    pub(crate) is_test: bool,
}

pub(crate) struct ImplData<'a> {
    pub(crate) def: &'a Impl,
    pub(crate) module: ModuleId,
    pub(crate) self_ty: Ty,
    /// The implemented trait: [`Ty::Adt`] of the scanned packages, [`Ty::Ext`] outside.
    pub(crate) trait_ty: Option<Ty>,
    pub(crate) functions: FxHashMap<Name, FnId>,
    pub(crate) is_test: bool,
}

impl<'a> World<'a> {
    /// Build the table. `files` must be sorted by root and path, `packages` by root and folder.
    pub(crate) fn build(packages: &'a [Package], files: &'a [FileFacts], catalog: &'a Catalog) -> Self {
        let mut world = Self {
            packages,
            files,
            catalog,
            crates: Vec::new(),
            modules: Vec::new(),
            types: Vec::new(),
            functions: Vec::new(),
            constants: Vec::new(),
            impls: Vec::new(),
            library_of: FxHashMap::default(),
            inherent: BTreeMap::new(),
            trait_methods: FxHashMap::default(),
            impls_of_trait: FxHashMap::default(),
            impls_for_type: FxHashMap::default(),
            traits_with_method: FxHashMap::default(),
            foreign_associated: FxHashMap::default(),
            foreign_impls: BTreeMap::new(),
            associated_constants: FxHashMap::default(),
            dependencies: FxHashMap::default(),
            versions: FxHashMap::default(),
            units: FxHashMap::default(),
            classes: super::classes::Classes::default(),
            field_types: FxHashMap::default(),
        };
        world.dependencies = world.dependency_packages();
        world.lock_versions();
        let scopes = layout::place_files(&mut world);
        world.register(&scopes);
        world.resolve_imports();
        world.lower_impls();
        world.index_classes();
        world.lower_signatures();
        world.learn_types();
        world
    }

    pub(crate) fn module(&self, id: ModuleId) -> &ModuleData {
        &self.modules[id.0 as usize]
    }

    pub(crate) fn ty(&self, id: TypeId) -> &TypeData<'a> {
        &self.types[id.0 as usize]
    }

    pub(crate) fn function(&self, id: FnId) -> &FnData<'a> {
        &self.functions[id.0 as usize]
    }

    pub(crate) fn constant(&self, id: ConstId) -> &ConstData<'a> {
        &self.constants[id.0 as usize]
    }

    /// A place in the file of a function.
    pub(crate) fn location(&self, file: usize, span: Span) -> Location {
        let facts = &self.files[file];
        Location {
            root: facts.root.clone(),
            file: facts.file.clone(),
            line: span.line,
            column: span.column,
        }
    }

    /// Note which version of each catalogued library a package gets: its own lock first, else what any
    /// package of the same root locks (a type that came through another package of the repo).
    fn lock_versions(&mut self) {
        let mut of_root: FxHashMap<(&Name, LibraryIdx), semver::Version> = FxHashMap::default();
        for (idx, package) in self.packages.iter().enumerate() {
            for dependency in &package.dependencies {
                let code_name = dependency.package.replace('-', "_");
                let Some(library) = self.catalog.knows_crate(&code_name) else {
                    continue;
                };
                let Some(version) = dependency
                    .locked
                    .as_ref()
                    .and_then(|text| semver::Version::parse(text).ok())
                else {
                    continue;
                };
                of_root
                    .entry((&package.root, library))
                    .or_insert_with(|| version.clone());
                if dependency.kind != DependencyKind::Dev {
                    self.versions.entry((idx, library)).or_insert(version);
                }
            }
        }
        for (idx, package) in self.packages.iter().enumerate() {
            for library in
                (0..self.catalog.libraries().len()).map(|at| LibraryIdx(u32::try_from(at).unwrap_or(u32::MAX)))
            {
                if let Some(version) = of_root.get(&(&package.root, library)) {
                    self.versions.entry((idx, library)).or_insert_with(|| version.clone());
                }
            }
        }
    }

    fn register(&mut self, scopes: &[layout::FileScopes]) {
        for (file_idx, (facts, placed)) in self.files.iter().zip(scopes).enumerate() {
            if placed.is_empty() {
                continue;
            }
            let file_is_test = !facts.role.is_production();
            self.register_imports(facts, placed);
            let type_base = self.register_types(facts, placed, file_is_test);
            let impl_base = self.register_impls(facts, placed, file_is_test);
            self.register_functions(file_idx, placed, type_base, impl_base, file_is_test);
            self.register_constants(file_idx, placed, type_base, impl_base, file_is_test);
        }
    }

    fn register_imports(&mut self, facts: &FileFacts, placed: &layout::FileScopes) {
        for import in &facts.imports {
            let Some(module) = placed.get(&import.scope) else {
                continue;
            };
            self.modules[module.0 as usize].imports.push(PendingImport {
                path: import.path.clone(),
                alias: import.alias.clone(),
                is_glob: import.is_glob,
            });
        }
    }

    fn register_types(&mut self, facts: &'a FileFacts, placed: &layout::FileScopes, is_test: bool) -> u32 {
        let base = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        for def in &facts.types {
            let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
            let module = placed.get(&def.scope).unwrap_or(placed.root());
            let data = &mut self.modules[module.0 as usize];
            let path = Name::from(format!("{}::{}", data.path, def.name));
            let is_test = is_test || def.is_test || data.is_test;
            // A production type keeps its name against a test twin (`#[cfg(test)] struct`), and the first of several
            // under different `cfg`s keeps it against the others.
            let is_taken = match data.types.get(&def.name) {
                Some(Def::Type(known)) => is_test || !self.types[known.0 as usize].is_test,
                Some(_) => is_test,
                None => false,
            };
            if !is_taken {
                data.types.insert(def.name.clone(), Def::Type(id));
                let has_constructor =
                    def.kind == TypeKind::Struct && def.fields.first().is_none_or(|field| field.name == "0");
                if has_constructor {
                    data.values.insert(def.name.clone(), Def::Type(id));
                }
            }
            if def.kind == TypeKind::Trait {
                self.traits_with_method.entry(Name::default()).or_default();
            }
            self.types.push(TypeData {
                def,
                module,
                path,
                is_test,
            });
        }
        base
    }

    fn register_impls(&mut self, facts: &'a FileFacts, placed: &layout::FileScopes, is_test: bool) -> u32 {
        let base = u32::try_from(self.impls.len()).unwrap_or(u32::MAX);
        for def in &facts.impls {
            let module = placed.get(&def.scope).unwrap_or(placed.root());
            let is_test = is_test || def.is_test || self.modules[module.0 as usize].is_test;
            self.impls.push(ImplData {
                def,
                module,
                self_ty: Ty::Unknown,
                trait_ty: None,
                functions: FxHashMap::default(),
                is_test,
            });
        }
        base
    }

    fn register_functions(
        &mut self,
        file: usize,
        placed: &layout::FileScopes,
        type_base: u32,
        impl_base: u32,
        file_is_test: bool,
    ) {
        let facts: &'a FileFacts = &self.files[file];
        for def in &facts.functions {
            let id = FnId(u32::try_from(self.functions.len()).unwrap_or(u32::MAX));
            let module = placed.get(&def.scope).unwrap_or(placed.root());
            let mut inner = def.scope.clone();
            inner.push(def.name.clone());
            let body_module = placed.get(&inner).unwrap_or(module);
            let data = &self.modules[module.0 as usize];
            let mut is_test = file_is_test || def.is_test || data.is_test;
            let package = self.crates[data.krate].package;
            let (mut imp, mut in_trait) = (None, None);
            let path = match def.owner {
                Owner::None => format!("{}::{}", data.path, def.name),
                Owner::Impl(idx) => {
                    let imp_idx = impl_base + idx;
                    imp = Some(imp_idx);
                    let owner = &self.impls[imp_idx as usize];
                    is_test |= owner.is_test;
                    format!("{}::{}::{}", data.path, last_name(&owner.def.self_ty), def.name)
                }
                Owner::Type(idx) => {
                    let type_id = TypeId(type_base + idx);
                    in_trait = Some(type_id);
                    is_test |= self.types[type_id.0 as usize].is_test;
                    format!("{}::{}", self.types[type_id.0 as usize].path, def.name)
                }
            };
            match (imp, in_trait) {
                (None, None) => {
                    let data = &mut self.modules[module.0 as usize];
                    if !is_test || !data.values.contains_key(&def.name) {
                        data.values.insert(def.name.clone(), Def::Function(id));
                    }
                }
                (Some(imp), _) => {
                    let functions = &mut self.impls[imp as usize].functions;
                    if !is_test || !functions.contains_key(&def.name) {
                        functions.insert(def.name.clone(), id);
                    }
                }
                (None, Some(of)) => {
                    self.trait_methods.insert((of, def.name.clone()), id);
                    self.traits_with_method.entry(def.name.clone()).or_default().push(of);
                }
            }
            self.functions.push(FnData {
                def,
                file,
                module,
                body_module,
                imp,
                in_trait,
                path: Name::from(path),
                is_test,
                package,
                signature: Signature::default(),
            });
        }
    }

    fn register_constants(
        &mut self,
        file: usize,
        placed: &layout::FileScopes,
        type_base: u32,
        impl_base: u32,
        file_is_test: bool,
    ) {
        let facts: &'a FileFacts = &self.files[file];
        for def in &facts.constants {
            let id = ConstId(u32::try_from(self.constants.len()).unwrap_or(u32::MAX));
            let module = placed.get(&def.scope).unwrap_or(placed.root());
            let is_test = file_is_test || def.is_test || self.modules[module.0 as usize].is_test;
            let mut imp = None;
            match def.owner {
                Owner::None => {
                    self.modules[module.0 as usize]
                        .values
                        .insert(def.name.clone(), Def::Const(id));
                }
                Owner::Type(idx) => {
                    self.associated_constants
                        .insert((TypeId(type_base + idx), def.name.clone()), id);
                }
                // Known by its type once that is lowered.
                Owner::Impl(idx) => imp = Some(impl_base + idx),
            }
            self.constants.push(ConstData {
                def,
                file,
                module,
                imp,
                ty: Ty::Unknown,
                is_test,
            });
        }
    }
}

/// The last name of a type as written.
pub(crate) fn last_name(ty: &TypeRef) -> &str {
    match ty {
        TypeRef::Named { segments, .. } => segments.last().map_or("_", Name::as_str),
        TypeRef::Projection { name, .. } => name,
        TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => bounds.first().map_or("_", last_name),
        TypeRef::Slice(of) => last_name(of),
        TypeRef::Tuple(_) | TypeRef::Fn { .. } | TypeRef::Never | TypeRef::Infer => "_",
    }
}
