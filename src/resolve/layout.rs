//! Which module each file and inline scope belongs to: the module trees of Rust crates, and for
//! files that no tree claims, a module named after the path.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::model::{
    Name,
    expr::TypeRef,
    fact::{FileFacts, Language, Module, TypeDef, TypeKind},
    package::{Target, TargetKind},
};

use super::{
    symbols::{Crate, CrateIdx, Def, ModuleData, World},
    ty::ModuleId,
    units,
};

/// The modules of one file by inline scope; empty for a file outside all packages.
#[derive(Default)]
pub(crate) struct FileScopes {
    by_scope: FxHashMap<Vec<Name>, ModuleId>,
    root: Option<ModuleId>,
}

impl FileScopes {
    pub(crate) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    pub(crate) fn get(&self, scope: &Vec<Name>) -> Option<ModuleId> {
        self.by_scope.get(scope).copied()
    }

    /// # Panics
    /// For an empty one: callers check `is_empty` first.
    pub(crate) fn root(&self) -> ModuleId {
        self.root.expect("a placed file has a root module")
    }
}

struct Placer<'w, 'a> {
    world: &'w mut World<'a>,
    /// File index by root and path.
    by_path: BTreeMap<(Name, String), usize>,
    scopes: Vec<FileScopes>,
}

/// Create crates and modules, and say for every file where its scopes are.
pub(crate) fn place_files(world: &mut World<'_>) -> Vec<FileScopes> {
    let by_path = world
        .files
        .iter()
        .enumerate()
        .map(|(idx, facts)| ((facts.root.clone(), facts.file.to_string()), idx))
        .collect();
    let mut scopes = Vec::new();
    scopes.resize_with(world.files.len(), FileScopes::default);
    let mut placer = Placer { world, by_path, scopes };
    // Libraries first, so that a file shared with a binary belongs to the library.
    let packages = placer.world.packages;
    for wanted in [true, false] {
        for (package_idx, package) in packages.iter().enumerate() {
            for target in &package.targets {
                let is_library = matches!(target.kind, TargetKind::Library | TargetKind::ProcMacro);
                if is_library == wanted && (is_library || target.kind == TargetKind::Binary) {
                    placer.place_crate(package_idx, target);
                }
            }
        }
    }
    placer.place_orphans();
    placer.scopes
}

impl Placer<'_, '_> {
    fn place_crate(&mut self, package: usize, target: &Target) {
        let root_name = self.world.packages[package].root.clone();
        let Some(&file) = self.by_path.get(&(root_name, target.path.to_string())) else {
            return;
        };
        let name = Name::from(target.name.replace('-', "_"));
        let krate = self.add_crate(package, name, target.kind, target.name.clone());
        let root = self.world.crates[krate].root;
        self.place_file(file, root, parent_dir(&target.path));
    }

    fn add_crate(&mut self, package: usize, name: Name, kind: TargetKind, target: Name) -> CrateIdx {
        let krate = self.world.crates.len();
        let root = ModuleId(u32::try_from(self.world.modules.len()).unwrap_or(u32::MAX));
        self.world.modules.push(ModuleData {
            krate,
            path: name.to_string(),
            ..ModuleData::default()
        });
        if matches!(kind, TargetKind::Library | TargetKind::ProcMacro) {
            self.world.library_of.entry(package).or_insert(krate);
        }
        self.world.crates.push(Crate {
            name,
            package,
            kind,
            target,
            root,
        });
        krate
    }

    fn add_module(&mut self, parent: ModuleId, name: &Name, is_test: bool, is_function_scope: bool) -> ModuleId {
        let id = ModuleId(u32::try_from(self.world.modules.len()).unwrap_or(u32::MAX));
        let (krate, path, parent_is_test) = {
            let data = self.world.module(parent);
            (data.krate, format!("{}::{}", data.path, name), data.is_test)
        };
        self.world.modules.push(ModuleData {
            krate,
            parent: Some(parent),
            path,
            is_test: is_test || parent_is_test,
            is_function_scope,
            ..ModuleData::default()
        });
        id
    }

    /// Give a file to a module, and follow its `mod` declarations. `dir` is where child files lie.
    fn place_file(&mut self, file: usize, module: ModuleId, dir: String) {
        let mut pending = vec![(file, module, dir)];
        while let Some((file, module, dir)) = pending.pop() {
            if self.scopes[file].root.is_some() {
                continue;
            }
            self.scopes[file].root = Some(module);
            self.scopes[file].by_scope.insert(Vec::new(), module);
            let facts = &self.world.files[file];
            let mut inline: Vec<&Module> = facts.modules.iter().filter(|module| module.is_inline).collect();
            inline.sort_by_key(|module| module.scope.len());
            for decl in inline {
                let parent = self.scopes[file].get(&decl.scope).unwrap_or(module);
                let id = self.declare(parent, decl);
                let mut scope = decl.scope.clone();
                scope.push(decl.name.clone());
                self.scopes[file].by_scope.insert(scope, id);
            }
            self.place_function_scopes(file, module);
            for decl in facts.modules.iter().filter(|module| !module.is_inline) {
                let parent = self.scopes[file].get(&decl.scope).unwrap_or(module);
                let id = self.declare(parent, decl);
                if let Some((child, child_dir)) = self.find_child(file, &dir, decl) {
                    // Shared with a crate that claimed it first: the name leads to the same module.
                    match self.scopes[child].root {
                        Some(first) if self.world.module(first).krate != self.world.module(parent).krate => {
                            let def = Def::Module(first);
                            self.world.modules[parent.0 as usize]
                                .types
                                .insert(decl.name.clone(), def);
                        }
                        Some(_) => {}
                        None => pending.push((child, id, child_dir)),
                    }
                }
            }
        }
    }

    fn declare(&mut self, parent: ModuleId, decl: &Module) -> ModuleId {
        let id = self.add_module(parent, &decl.name, decl.is_test, false);
        // The first declaration keeps the name (of several under different `cfg`s, and against files that no tree
        // names), but a production module wins over a test twin.
        let taken = match self.world.module(parent).types.get(&decl.name) {
            Some(Def::Module(known)) => !self.world.module(*known).is_test,
            Some(_) => true,
            None => false,
        };
        if !taken {
            self.world.modules[parent.0 as usize]
                .types
                .insert(decl.name.clone(), Def::Module(id));
        }
        id
    }

    /// Items inside function bodies live in a nameless module below the one around the function.
    fn place_function_scopes(&mut self, file: usize, module: ModuleId) {
        let facts = &self.world.files[file];
        let mut wanted: Vec<Vec<Name>> = Vec::new();
        wanted.extend(facts.imports.iter().map(|item| item.scope.clone()));
        wanted.extend(facts.types.iter().map(|item| item.scope.clone()));
        wanted.extend(facts.functions.iter().map(|item| item.scope.clone()));
        wanted.extend(facts.constants.iter().map(|item| item.scope.clone()));
        wanted.extend(facts.impls.iter().map(|item| item.scope.clone()));
        wanted.sort();
        wanted.dedup();
        for scope in wanted {
            let mut parent = module;
            for depth in 1..=scope.len() {
                let prefix = scope[..depth].to_vec();
                parent = match self.scopes[file].get(&prefix) {
                    Some(known) => known,
                    None => {
                        let id = self.add_module(parent, &scope[depth - 1], false, true);
                        self.scopes[file].by_scope.insert(prefix, id);
                        id
                    }
                };
            }
        }
    }

    fn find_child(&self, file: usize, dir: &str, decl: &Module) -> Option<(usize, String)> {
        let facts = &self.world.files[file];
        let root = &facts.root;
        let at = |path: String| self.by_path.get(&(root.clone(), path)).copied();
        if let Some(path) = &decl.path_attribute {
            let base = if decl.scope.is_empty() {
                parent_dir(&facts.file)
            } else {
                join(dir, &decl.scope.join("/"))
            };
            let path = normalise(&join(&base, path));
            let child_dir = parent_dir(&path);
            return at(path).map(|child| (child, child_dir));
        }
        let mut base = dir.to_owned();
        for part in &decl.scope {
            base = join(&base, part);
        }
        let name = decl.name.strip_prefix("r#").unwrap_or(&decl.name);
        let child_dir = join(&base, name);
        at(format!("{child_dir}.rs"))
            .or_else(|| at(format!("{child_dir}/mod.rs")))
            .map(|child| (child, child_dir))
    }

    /// Files that no module tree names (other languages; Rust files behind macros): a module of the
    /// innermost package around them, named after the path.
    fn place_orphans(&mut self) {
        let mut crates: BTreeMap<usize, CrateIdx> = BTreeMap::new();
        for (idx, krate) in self.world.crates.iter().enumerate() {
            crates.entry(krate.package).or_insert(idx);
        }
        for file in 0..self.world.files.len() {
            if self.scopes[file].root.is_some() || !self.world.files[file].role.is_production() {
                continue;
            }
            let Some(package) = units::package_around(self.world.packages, &self.world.files[file]) else {
                continue;
            };
            // What no module of a published library names is not compiled.
            if self.world.packages[package].is_third_party {
                continue;
            }
            let krate = match crates.get(&package) {
                Some(&krate) => krate,
                None => {
                    let name = self.world.packages[package].name.clone();
                    let krate = self.add_crate(package, Name::from(name.replace('-', "_")), TargetKind::Library, name);
                    crates.insert(package, krate);
                    krate
                }
            };
            if self.world.files[file].language != Language::Rust {
                self.place_unit(file, package, krate);
                continue;
            }
            let path = self.world.files[file].file.clone();
            let dir = self.world.packages[package].dir.clone();
            let inner = path.strip_prefix(dir.as_ref()).unwrap_or(&path).trim_start_matches('/');
            let stem = inner.rsplit_once('.').map_or(inner, |(stem, _)| stem);
            let mut module = self.world.crates[krate].root;
            for part in stem
                .split('/')
                .filter(|part| !matches!(*part, "src" | "mod" | "__init__" | "index"))
            {
                let name = Name::new(part);
                module = match self.world.module(module).types.get(&name) {
                    Some(Def::Module(known)) => *known,
                    _ => {
                        let id = self.add_module(module, &name, false, false);
                        self.world.modules[module.0 as usize]
                            .types
                            .insert(name, Def::Module(id));
                        id
                    }
                };
            }
            let child_dir = stem.strip_suffix("/mod").unwrap_or(stem).to_owned();
            self.place_file(file, module, join(&dir, &child_dir));
        }
    }

    /// A file of another language: its module is found by the name that imports use.
    fn place_unit(&mut self, file: usize, package: usize, krate: CrateIdx) {
        let unit = units::unit_of(&self.world.files[file], &self.world.packages[package]);
        let module = match self.world.units.get(&unit) {
            Some(known) => *known,
            None => {
                let id = self.add_module(self.world.crates[krate].root, &unit, false, false);
                self.world.units.insert(unit, id);
                id
            }
        };
        self.place_file(file, module, String::new());
    }
}

/// Declare types that a derive or macro makes: an inherent `impl X` needs an `X` of the same crate, so where the
/// file neither defines nor imports one, it is generated there.
pub(crate) fn declare_generated_types(files: &mut [FileFacts]) {
    for facts in files {
        let mut made: Vec<TypeDef> = Vec::new();
        for imp in facts.impls.iter().filter(|imp| imp.trait_ref.is_none()) {
            let TypeRef::Named { segments, .. } = &imp.self_ty else {
                continue;
            };
            let [name] = segments.as_slice() else { continue };
            let is_known = imp.generics.iter().any(|generic| &generic.name == name)
                || facts
                    .types
                    .iter()
                    .chain(&made)
                    .any(|ty| &ty.name == name && ty.scope == imp.scope)
                || facts
                    .imports
                    .iter()
                    .any(|import| &import.alias == name && import.scope == imp.scope)
                || facts.imports.iter().any(|import| {
                    import.is_glob
                        && import.scope == imp.scope
                        && import.path.first().is_some_and(|first| first == "super")
                });
            if !is_known {
                made.push(TypeDef {
                    scope: imp.scope.clone(),
                    name: name.clone(),
                    kind: TypeKind::Struct,
                    generics: Vec::new(),
                    fields: Vec::new(),
                    variants: Vec::new(),
                    bases: Vec::new(),
                    alias: None,
                    associated: Vec::new(),
                    attributes: Vec::new(),
                    derives: Vec::new(),
                    is_test: imp.is_test,
                    is_public: true,
                    span: imp.span,
                });
            }
        }
        facts.types.extend(made);
    }
}

fn parent_dir(path: &str) -> String {
    path.rsplit_once('/').map_or(String::new(), |(dir, _)| dir.to_owned())
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}

/// Fold `.` and `..` parts.
fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}
