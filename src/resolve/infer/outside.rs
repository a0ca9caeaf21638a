//! Calls of what lies outside the scanned packages: catalogued functions, their traits, macros.

use crate::{
    catalog::{
        lookup::{FunctionRef, LibraryIdx, TraitMethod},
        schema::Role,
    },
    model::{
        Name,
        call::EvidenceClass,
        expr::{Arg, ExprId, Path},
    },
    resolve::{paths::Space, symbols::Def, ty::Ty},
};

use super::{Callee, Inferer};

impl<'w, 'a> Inferer<'w, 'a> {
    /// `Entity::find()`: an associated function that a library's trait in scope brings to a type of ours,
    /// also to one that a derive makes.
    pub(super) fn call_library_trait(
        &mut self,
        id: ExprId,
        path: &'a Path,
        base: &Ty,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let [_, .., name] = path.segments.as_slice() else {
            return None;
        };
        let (of, entry) = self.library_trait_method(name, args.len(), false)?;
        let receiver = if base.is_unknown() {
            Ty::Ext(of.trait_path.clone(), [].into())
        } else {
            base.clone()
        };
        let ty = self.catalog_call(&entry, &receiver, args, expected);
        let full = Name::from(format!("{}::{name}", of.trait_path));
        let class = EvidenceClass::InScopeTrait;
        self.calls_catalog(id, entry, full, of.trait_path.clone(), class);
        Some(ty)
    }

    /// A method or associated function of a library's trait that is in scope here.
    ///
    /// Of several traits with such a name (`Entity::insert(model)`, `model.insert(db)`) a call on a receiver means
    /// the one that does something, and a call by path the one that makes something.
    pub(super) fn library_trait_method(
        &self,
        name: &Name,
        n_args: usize,
        has_receiver: bool,
    ) -> Option<(&'w TraitMethod, FunctionRef<'a>)> {
        let world = self.world;
        let version = |library| world.library_version(self.package, library);
        let in_scope = world.catalog.trait_methods(name).iter().filter_map(|of| {
            let entry = world.catalog.trait_method(of, n_args, &version)?;
            world
                .is_outside_trait_in_scope(self.module, &of.trait_path, &of.preludes)
                .then_some((of, entry))
        });
        in_scope.min_by_key(|(_, entry)| (entry.function.role == Role::Constructor) == has_receiver)
    }

    pub(super) fn call_outside(
        &mut self,
        id: ExprId,
        full: &[Name],
        path: &'a Path,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        // A package that is called itself: its default export.
        if let [package] = full {
            let full = [package.clone(), Name::new("default")];
            return self.call_outside(id, &full, path, args, expected);
        }
        let n_args = args.len();
        if let Some(ty) = self.std_function(id, full, path, args, expected) {
            return ty;
        }
        let version = |library| self.library_version(library);
        let found = self.world.catalog.function(full, n_args, &version).or_else(|| {
            // `Type::method(receiver, …)` of an outside type.
            let (method, of) = full.split_last()?;
            let of = of.join("::");
            self.world
                .catalog
                .method(&of, method, n_args.saturating_sub(1), &version)
                .or_else(|| self.world.catalog.method(&of, method, n_args, &version))
        });
        let (krate, last) = (
            full.first().cloned().unwrap_or_default(),
            full.last().cloned().unwrap_or_default(),
        );
        let Some(entry) = found else {
            self.infer_args(args);
            self.out
                .callees
                .insert(id, Callee::Outside(Name::from(full.join("::"))));
            // A constructor by convention: an associated function of a type gives that type.
            if let [.., of, _] = full
                && of.chars().next().is_some_and(char::is_uppercase)
            {
                let own = self.world.outside(&full[..full.len() - 1], self.written_generics(path));
                return match last.as_str() {
                    "new" | "default" | "builder" | "from" | "open" | "clone" => own,
                    "connect" | "try_new" | "try_default" | "from_str" | "try_from" | "parse" => {
                        expected.clone().or(|| Ty::result(own, Ty::Unknown))
                    }
                    _ => expected.clone().or(|| Ty::Foreign(krate)),
                };
            }
            return expected.clone().or(|| {
                if krate == "std" {
                    Ty::Unknown
                } else {
                    Ty::Foreign(krate)
                }
            });
        };
        let own = self
            .world
            .outside(&full[..full.len().saturating_sub(1)], self.written_generics(path));
        let of = match &own {
            Ty::Ext(path, _) => path.clone(),
            _ => krate,
        };
        let ty = self.catalog_call(&entry, &own, args, expected);
        let path = Name::from(full.join("::"));
        self.calls_catalog(id, entry, path, of, EvidenceClass::Path);
        ty
    }

    /// Infer the arguments of a catalogued call, and its result.
    pub(super) fn catalog_call(&mut self, entry: &FunctionRef<'a>, own: &Ty, args: &'a [Arg], expected: &Ty) -> Ty {
        let mut types = Vec::new();
        for (idx, arg) in args.iter().enumerate() {
            let expected = match (entry.function.configure, &entry.function.configured_type) {
                (Some(code), Some(of)) if code as usize == idx => {
                    let path: Vec<Name> = of.split("::").map(Name::new).collect();
                    Ty::function(&[self.world.outside(&path, Vec::new())], Ty::Unknown)
                }
                _ => Ty::Unknown,
            };
            types.push(self.infer(arg.value, &expected));
        }
        let output = |idx: usize| {
            let ty = types.get(idx).cloned().unwrap_or_default();
            self.output_of(&ty)
        };
        let ty = match entry.returns {
            Some(returns) => self.world.lower_catalogued(returns, own, &output),
            None => match own {
                Ty::Ext(path, _) => Ty::Foreign(Name::new(path.split("::").next().unwrap_or_default())),
                Ty::Foreign(krate) => Ty::Foreign(krate.clone()),
                _ => Ty::Unknown,
            },
        };
        let ty = if ty.is_unknown() { expected.clone() } else { ty };
        if entry.function.is_async && !matches!(ty, Ty::Future(_)) {
            Ty::future(ty)
        } else {
            ty
        }
    }

    /// Note what a call of the catalogue is.
    pub(super) fn calls_catalog(
        &mut self,
        id: ExprId,
        entry: FunctionRef<'a>,
        path: Name,
        of: Name,
        class: EvidenceClass,
    ) {
        let callee = Callee::Catalog { entry, path, of, class };
        self.out.callees.insert(id, callee);
    }

    pub(super) fn infer_macro(&mut self, id: ExprId, path: &'a Path, args: &'a [Arg], expected: &Ty) -> Ty {
        let version = |library| self.library_version(library);
        let resolved = self.world.resolve_path(self.module, &path.segments, Space::Value);
        let full = match resolved {
            Some(Def::Extern(full)) => Some(full),
            _ => None,
        };
        let entry = full
            .as_ref()
            .and_then(|full| self.world.catalog.function(full, args.len(), &version));
        if let (Some(entry), Some(full)) = (entry, full) {
            let krate = full.first().cloned().unwrap_or_default();
            let ty = self.catalog_call(&entry, &Ty::Foreign(krate.clone()), args, expected);
            let path = Name::from(full.join("::"));
            self.calls_catalog(id, entry, path, krate, EvidenceClass::Path);
            return ty;
        }
        let mut types = Vec::new();
        for arg in args {
            types.push(self.infer(arg.value, &Ty::Unknown));
        }
        match path.last().map(Name::as_str) {
            Some("format" | "concat" | "stringify" | "env") => Ty::ext("std::String", &[]),
            Some("matches" | "cfg") => Ty::prim("bool"),
            Some("dbg" | "pin" | "timeit") => types.into_iter().next().unwrap_or_default(),
            Some("panic" | "unreachable" | "todo" | "unimplemented" | "bail" | "compile_error") => Ty::Never,
            Some("stream" | "try_stream") => Ty::ext("std::Stream", &[Ty::Unknown]),
            _ => Ty::Unknown,
        }
    }

    pub(super) fn library_version(&self, library: LibraryIdx) -> Option<&'w semver::Version> {
        self.world.library_version(self.package, library)
    }
}
