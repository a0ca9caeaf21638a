//! Calls by path: functions, associated functions, constructors, outside functions, macros.

use crate::model::{
    Name,
    call::EvidenceClass,
    expr::{Arg, ExprId, ExprKind, Path, TypeRef},
    fact::TypeKind,
};

use super::{
    infer::{Callee, Inferer},
    lower::learned_args,
    paths::Space,
    symbols::Def,
    ty::{FnId, Ty, TypeId},
};

impl<'w, 'a> Inferer<'w, 'a> {
    pub(crate) fn infer_call(&mut self, id: ExprId, callee: ExprId, args: &'a [Arg], expected: &Ty) -> Ty {
        let body = self.body;
        let ExprKind::Path(path) = &body.get(callee).kind else {
            // `(self.make)(x)`, `build()(x)`: a value of function type.
            let ty = self.infer(callee, &Ty::Unknown);
            self.infer_args(args);
            self.out
                .callees
                .insert(id, Callee::Unresolved("callee is a computed value"));
            return match ty {
                Ty::Fn(_, ret) => ret.as_ref().clone(),
                _ => Ty::Unknown,
            };
        };
        if let Some(name) = path.as_name()
            && let Some(local) = self.local_named(name)
        {
            self.out.uses.insert(callee, local);
            let ty = self.out.local(local).ty.clone();
            self.out.types[callee.idx()] = ty.clone();
            self.out.callees.insert(id, Callee::Local(local));
            return match self.function_type(&ty) {
                Some((params, ret)) => {
                    for (idx, arg) in args.iter().enumerate() {
                        self.infer(arg.value, &params.get(idx).cloned().unwrap_or_default());
                    }
                    ret
                }
                None => {
                    self.infer_args(args);
                    Ty::Unknown
                }
            };
        }
        if path.qself.is_some() || path.segments.first().is_some_and(|first| first == "Self") {
            return self.call_associated_path(id, path, args, expected);
        }
        if let [generic, name] = path.segments.as_slice()
            && self.generics.iter().any(|(known, _)| known == generic)
        {
            let base = Ty::Param(generic.clone());
            return self.call_on_type(id, &base, name, path, args, expected);
        }
        match self.world.resolve_path(self.module, &path.segments, Space::Value) {
            Some(Def::Function(of)) => {
                self.out.callees.insert(
                    id,
                    Callee::Own {
                        ids: vec![of],
                        class: EvidenceClass::Path,
                    },
                );
                self.instantiate(of, None, args, &path.generics, expected)
            }
            Some(Def::Associated(of, name)) => {
                let generics = self.written_generics(path);
                let base = self.world.applied(of, generics, 0);
                self.call_on_type(id, &base, &name, path, args, expected)
            }
            Some(Def::Type(of)) => self.construct(id, of, None, args),
            Some(Def::Variant(of, variant)) => self.construct(id, of, Some(variant), args),
            Some(Def::Extern(full)) => self.call_outside(id, &full, path, args, expected),
            _ => {
                if let Some(ty) = self.call_library_trait(id, path, &Ty::Unknown, args, expected) {
                    return ty;
                }
                self.infer_args(args);
                self.out.callees.insert(id, Callee::Unresolved("no such name in scope"));
                Ty::Unknown
            }
        }
    }

    /// `Entity::find()`: an associated function that a library's trait in scope brings to a type of ours,
    /// also to one that a derive makes.
    fn call_library_trait(
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
        let (of, entry) = self.library_trait_method(name, args.len())?;
        let receiver = if base.is_unknown() {
            Ty::Ext(of.trait_path.clone(), [].into())
        } else {
            base.clone()
        };
        let ty = self.catalog_call(&entry, &receiver, args, expected);
        let full = Name::from(format!("{}::{name}", of.trait_path));
        let class = EvidenceClass::InScopeTrait;
        self.out.callees.insert(
            id,
            Callee::Catalog {
                entry,
                path: full,
                of: of.trait_path.clone(),
                class,
            },
        );
        Some(ty)
    }

    /// A method or associated function of a library's trait that is in scope here.
    pub(crate) fn library_trait_method(
        &self,
        name: &Name,
        n_args: usize,
    ) -> Option<(
        &'w crate::catalog::lookup::TraitMethod,
        crate::catalog::lookup::FunctionRef<'a>,
    )> {
        let world = self.world;
        let version = |library| world.library_version(self.package, library);
        world.catalog.trait_methods(name).iter().find_map(|of| {
            let entry = world.catalog.trait_method(of, n_args, &version)?;
            world
                .is_outside_trait_in_scope(self.module, &of.trait_path, &of.preludes)
                .then_some((of, entry))
        })
    }

    fn written_generics(&self, path: &Path) -> Vec<Ty> {
        path.generics
            .iter()
            .map(|ty| self.world.lower(ty, &self.scope()))
            .collect()
    }

    pub(crate) fn infer_args(&mut self, args: &[Arg]) {
        for arg in args {
            self.infer(arg.value, &Ty::Unknown);
        }
    }

    /// Parameters and result of something that can be called.
    pub(crate) fn function_type(&self, ty: &Ty) -> Option<(Vec<Ty>, Ty)> {
        match ty {
            Ty::Fn(params, ret) => Some((params.to_vec(), ret.as_ref().clone())),
            Ty::Param(name) => {
                let bounds = self
                    .generics
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, bounds)| bounds)?;
                bounds
                    .iter()
                    .find_map(|bound| self.function_type(bound))
                    .map(|(params, ret)| (params, self.bounded(ret)))
            }
            Ty::Dyn(bounds) => bounds.iter().find_map(|bound| self.function_type(bound)),
            _ => ty.deref().and_then(|inner| self.function_type(&inner)),
        }
    }

    /// A generic result replaced by what its bound says (`Fut: Future<Output = T>`).
    fn bounded(&self, ty: Ty) -> Ty {
        match &ty {
            Ty::Param(name) => self
                .generics
                .iter()
                .find(|(known, _)| known == name)
                .and_then(|(_, bounds)| bounds.iter().find(|bound| matches!(bound, Ty::Future(_))).cloned())
                .unwrap_or(ty),
            _ => ty,
        }
    }

    /// Functions that `Self::f`, `<T>::f` or `<T as Trait>::f` names, with the type it is called on.
    pub(crate) fn associated_path(&self, path: &Path) -> Option<(Vec<FnId>, Ty)> {
        let base = self.path_base(path)?;
        let name = path.last()?;
        Some((self.associated_functions(&base, name), base))
    }

    fn path_base(&self, path: &Path) -> Option<Ty> {
        match &path.qself {
            Some(of) => Some(self.world.lower(of, &self.scope())),
            None if path.segments.len() == 2 => self.self_ty.clone(),
            None => None,
        }
    }

    fn call_associated_path(&mut self, id: ExprId, path: &'a Path, args: &'a [Arg], expected: &Ty) -> Ty {
        let base = self.path_base(path);
        match (base, path.segments.as_slice()) {
            (Some(base), [_, .., name]) => self.call_on_type(id, &base, name, path, args, expected),
            (Some(base), [name]) if path.qself.is_some() => self.call_on_type(id, &base, name, path, args, expected),
            // `Self(x)`: the tuple struct around.
            (None, [_]) => match self.self_ty.clone() {
                Some(Ty::Adt(of, _)) => self.construct(id, of, None, args),
                _ => {
                    self.infer_args(args);
                    Ty::Unknown
                }
            },
            _ => {
                self.infer_args(args);
                self.out
                    .callees
                    .insert(id, Callee::Unresolved("associated path of an unknown type"));
                Ty::Unknown
            }
        }
    }

    fn call_on_type(
        &mut self,
        id: ExprId,
        base: &Ty,
        name: &Name,
        path: &'a Path,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        if let Ty::Adt(of, _) = base {
            let def = self.world.ty(*of).def;
            if let Some(variant) = def.variants.iter().position(|variant| &variant.name == name) {
                return self.construct(id, *of, u32::try_from(variant).ok(), args);
            }
            if def.kind == TypeKind::Trait {
                return self.call_trait_path(id, *of, name, path, args, expected);
            }
        }
        let ids = self.associated_functions(base, name);
        if let Some(first) = ids.first().copied() {
            let is_self = path.segments.first().is_some_and(|segment| segment == "Self");
            let class = match base {
                Ty::Param(_) | Ty::Dyn(_) => EvidenceClass::Bound,
                _ if is_self => EvidenceClass::SelfType,
                _ => EvidenceClass::Path,
            };
            self.out.callees.insert(id, Callee::Own { ids, class });
            return self.instantiate(first, Some(base), args, &path.generics, expected);
        }
        match base {
            Ty::Ext(of, _) => {
                let full: Vec<Name> = of.split("::").map(Name::new).chain([name.clone()]).collect();
                self.call_outside(id, &full, path, args, expected)
            }
            _ => {
                self.infer_args(args);
                let known = matches!(
                    name.as_str(),
                    "default" | "from" | "new" | "try_from" | "from_str" | "clone" | "parse"
                );
                let callee = if known && matches!(base, Ty::Adt(..)) {
                    Callee::Outside(Name::new("derived"))
                } else {
                    Callee::Unresolved("associated function not found")
                };
                self.out.callees.insert(id, callee);
                match name.as_str() {
                    "default" | "from" | "new" | "clone" | "parse" => base.clone(),
                    "try_from" | "from_str" | "try_parse" | "try_new" => Ty::result(base.clone(), Ty::Unknown),
                    _ => Ty::Unknown,
                }
            }
        }
    }

    /// `Trait::method(receiver, …)`.
    fn call_trait_path(
        &mut self,
        id: ExprId,
        of: TypeId,
        name: &Name,
        path: &'a Path,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        let receiver = args
            .first()
            .map(|arg| self.infer(arg.value, &Ty::Unknown))
            .unwrap_or_default();
        let mut ids = match &receiver {
            Ty::Adt(..) => self.associated_functions(&receiver, name),
            _ => Vec::new(),
        };
        if ids.is_empty() {
            ids = self.world.expand_trait(of, name, self.is_test);
        }
        match ids.first().copied() {
            Some(first) => {
                self.out.callees.insert(
                    id,
                    Callee::Own {
                        ids,
                        class: EvidenceClass::Dyn,
                    },
                );
                self.instantiate(first, Some(&receiver), args, &path.generics, expected)
            }
            None => {
                self.infer_args(args);
                self.out
                    .callees
                    .insert(id, Callee::Unresolved("trait function without implementation"));
                Ty::Unknown
            }
        }
    }

    fn construct(&mut self, id: ExprId, of: TypeId, variant: Option<u32>, args: &[Arg]) -> Ty {
        let def = self.world.ty(of).def;
        let fields = match variant {
            Some(variant) => def
                .variants
                .get(variant as usize)
                .map_or(&[][..], |variant| &variant.fields),
            None => &def.fields,
        };
        let mut learned = Vec::new();
        for (idx, arg) in args.iter().enumerate() {
            let declared = fields
                .get(idx)
                .map(|field| self.world.lower_field(of, &field.ty, &[]))
                .unwrap_or_default();
            let actual = self.infer(arg.value, &declared.substitute(&|_| Some(Ty::Unknown)));
            declared.learn(&actual, &mut learned);
        }
        self.out.callees.insert(id, Callee::Constructor);
        self.out.constructs.insert(id, (of, variant));
        Ty::Adt(of, learned_args(&def.generics, &learned))
    }

    fn call_outside(&mut self, id: ExprId, full: &[Name], path: &'a Path, args: &'a [Arg], expected: &Ty) -> Ty {
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
                let own = self.world.outside(&full[..full.len() - 1], Vec::new());
                return match last.as_str() {
                    "new" | "default" | "builder" | "from" | "open" | "clone" => own,
                    "connect" | "try_new" | "try_default" | "from_str" | "try_from" => {
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
        self.out.callees.insert(
            id,
            Callee::Catalog {
                entry,
                path,
                of,
                class: EvidenceClass::Path,
            },
        );
        ty
    }

    /// Infer the arguments of a catalogued call, and its result.
    pub(crate) fn catalog_call(
        &mut self,
        entry: &crate::catalog::lookup::FunctionRef<'a>,
        own: &Ty,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        let mut types = Vec::new();
        for arg in args {
            types.push(self.infer(arg.value, &Ty::Unknown));
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

    /// What comes out of a future or closure when it is run.
    pub(crate) fn output_of(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Future(of) => of.as_ref().clone(),
            Ty::Fn(_, ret) => self.output_of(ret),
            Ty::Param(_) => self
                .function_type(ty)
                .map_or(Ty::Unknown, |(_, ret)| self.output_of(&ret)),
            Ty::Ext(..) => match ty.deref() {
                Some(inner) => self.output_of(&inner),
                None => ty.clone(),
            },
            other => other.clone(),
        }
    }

    /// Check arguments against a function's parameters, learn its generics, and give its result.
    pub(crate) fn instantiate(
        &mut self,
        id: FnId,
        receiver: Option<&Ty>,
        args: &'a [Arg],
        turbofish: &[TypeRef],
        expected: &Ty,
    ) -> Ty {
        let world = self.world;
        let data = world.function(id);
        let signature = &data.signature;
        let mut learned: Vec<(Name, Ty)> = Vec::new();
        if let (Some(imp), Some(receiver)) = (data.imp, receiver) {
            world.impls[imp as usize].self_ty.learn(receiver, &mut learned);
        }
        if let (Some(_), Some(receiver)) = (data.in_trait, receiver) {
            learned.push((Name::new("Self"), receiver.clone()));
        }
        for (generic, written) in data.def.generics.iter().zip(turbofish) {
            let ty = self.world.lower(written, &self.scope());
            if !ty.is_unknown() {
                learned.push((generic.name.clone(), ty));
            }
        }
        // A method call's arguments start after `self`.
        let skip = usize::from(data.def.has_self && args.len() < signature.params.len());
        let is_closure = |this: &Self, arg: &Arg| matches!(this.body.get(arg.value).kind, ExprKind::Closure { .. });
        for closures in [false, true] {
            for (idx, arg) in args.iter().enumerate() {
                if is_closure(self, arg) != closures {
                    continue;
                }
                let declared = signature.params.get(idx + skip).cloned().unwrap_or_default();
                let expected = expectation(&declared, &signature.generics, &learned);
                let actual = self.infer(arg.value, &expected);
                declared.learn(&actual, &mut learned);
                learn_bounds(&signature.generics, &mut learned);
            }
        }
        if signature.ret == Ty::Param(Name::new("Self")) && receiver.is_some_and(|ty| !ty.is_unknown()) {
            return receiver.cloned().unwrap_or_default();
        }
        let ret = signature.ret.substitute(&|name| {
            learned
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, ty)| ty.clone())
                .or_else(|| {
                    signature
                        .generics
                        .iter()
                        .any(|(known, _)| known == name)
                        .then_some(Ty::Unknown)
                })
        });
        ret.or(|| expected.clone())
    }

    pub(crate) fn infer_closure(&mut self, id: ExprId, expected: &Ty) -> Ty {
        let body = self.body;
        let ExprKind::Closure {
            params,
            ret,
            body: inner,
            is_async,
        } = &body.get(id).kind
        else {
            return Ty::Unknown;
        };
        let (wanted, wanted_ret) = match expected {
            Ty::Fn(params, ret) => (params.to_vec(), ret.as_ref().clone()),
            _ => (Vec::new(), Ty::Unknown),
        };
        self.scopes.push(rustc_hash::FxHashMap::default());
        let mut types = Vec::new();
        for (idx, param) in params.iter().enumerate() {
            let declared = param
                .ty
                .as_ref()
                .map(|ty| self.world.lower(ty, &self.scope()))
                .unwrap_or_default();
            let ty = declared.or(|| wanted.get(idx).cloned().unwrap_or_default());
            let origin = super::infer::Origin::ClosureParam(id, u32::try_from(idx).unwrap_or(u32::MAX));
            self.bind(
                &param.pattern,
                &ty,
                &super::infer::Source {
                    origin,
                    steps: Vec::new(),
                },
            );
            types.push(ty);
        }
        let declared = ret
            .as_ref()
            .map(|ty| self.world.lower(ty, &self.scope()))
            .unwrap_or_default();
        let wanted_ret = declared.or(|| match wanted_ret {
            Ty::Future(of) if *is_async => of.as_ref().clone(),
            other => other,
        });
        let actual = self.infer(*inner, &wanted_ret);
        self.scopes.pop();
        let ret = actual.or(|| wanted_ret);
        let ret = if *is_async && !matches!(ret, Ty::Future(_)) {
            Ty::future(ret)
        } else {
            ret
        };
        Ty::function(&types, ret)
    }

    pub(crate) fn infer_macro(&mut self, id: ExprId, path: &'a Path, args: &'a [Arg], expected: &Ty) -> Ty {
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
            self.out.callees.insert(
                id,
                Callee::Catalog {
                    entry,
                    path,
                    of: krate,
                    class: EvidenceClass::Path,
                },
            );
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

    pub(crate) fn library_version(&self, library: crate::catalog::lookup::LibraryIdx) -> Option<&'w semver::Version> {
        self.world.library_version(self.package, library)
    }
}

/// What an argument is expected to be: the parameter's type, a generic replaced by what is learned or by its bound.
fn expectation(declared: &Ty, generics: &[(Name, Vec<Ty>)], learned: &[(Name, Ty)]) -> Ty {
    let known = |name: &Name| {
        learned
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, ty)| ty.clone())
    };
    if let Ty::Param(name) = declared {
        if let Some(ty) = known(name) {
            return ty;
        }
        let bounds = generics
            .iter()
            .find(|(known, _)| known == name)
            .map_or(&[][..], |(_, bounds)| bounds);
        let bound = bounds.iter().find(|bound| matches!(bound, Ty::Fn(..) | Ty::Future(_)));
        return bound
            .map(|bound| bound.substitute(&|name| Some(known(name).unwrap_or_default())))
            .unwrap_or_default();
    }
    declared.substitute(&|name| Some(known(name).unwrap_or_default()))
}

/// What is learned of a generic teaches more through its bounds: `F: Fn() -> Fut`, `Fut: Future<Output = T>`.
fn learn_bounds(generics: &[(Name, Vec<Ty>)], learned: &mut Vec<(Name, Ty)>) {
    for _ in 0..2 {
        for (name, bounds) in generics {
            let Some(actual) = learned
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, ty)| ty.clone())
            else {
                continue;
            };
            for bound in bounds {
                match (bound, &actual) {
                    (Ty::Ext(path, args), actual) if path == "std::Iterator" => {
                        args[0].learn(&actual.element(), learned);
                    }
                    (bound, actual) => bound.learn(actual, learned),
                }
            }
        }
    }
}
