//! Calls by method: what a receiver's type offers, seen through wrappers, traits and derefs.

use crate::{
    catalog::lookup::{FunctionRef, LibraryIdx},
    model::{
        Name,
        call::EvidenceClass,
        expr::{Arg, ExprId, ExprKind, TypeRef},
        fact::TypeKind,
    },
};

use super::{
    infer::{Callee, Inferer, Origin},
    symbols::World,
    ty::{FnId, Ty, TypeId},
};

/// Dereferences tried for one call.
const MAX_DEREFS: usize = 8;
/// Implementations taken for one call through a trait; more are cut and the call counts as not exact.
const MAX_IMPLEMENTATIONS: usize = 64;

impl<'a> World<'a> {
    /// The locked version of a library as a package sees it.
    pub(crate) fn library_version(&self, package: usize, library: LibraryIdx) -> Option<&semver::Version> {
        self.versions.get(&(package, library))
    }

    /// What a type dereferences to: wrappers, `impl Deref`, the catalogue.
    pub(crate) fn deref_target(&self, ty: &Ty) -> Option<Ty> {
        if let Some(inner) = ty.deref() {
            return Some(inner);
        }
        match ty {
            Ty::Adt(id, args) => {
                let target = Name::new("Target");
                self.impls_for_type.get(id)?.iter().find_map(|imp| {
                    let imp = &self.impls[*imp as usize];
                    let is_deref = matches!(&imp.trait_ty, Some(Ty::Ext(path, _)) if path.ends_with("::Deref"));
                    if !is_deref {
                        return None;
                    }
                    let (_, ty) = imp.def.associated.iter().find(|(name, _)| name == &target)?;
                    let generics = super::lower::unbounded(&imp.def.generics);
                    let scope = super::lower::TypeScope {
                        module: imp.module,
                        generics: &generics,
                        self_ty: Some(&imp.self_ty),
                        associated: &imp.def.associated,
                    };
                    let lowered = self.lower(ty, &scope);
                    let mut learned = Vec::new();
                    imp.self_ty.learn(&Ty::Adt(*id, args.clone()), &mut learned);
                    Some(lowered.substitute(&|name| {
                        learned
                            .iter()
                            .find(|(known, _)| known == name)
                            .map(|(_, ty)| ty.clone())
                    }))
                })
            }
            Ty::Ext(path, args) => {
                let Some(info) = self.catalog.type_info(path) else {
                    // An outside wrapper that nobody described, around one type of ours: `Data<AppState>`.
                    return match args.as_ref() {
                        [inner @ (Ty::Adt(..) | Ty::Dyn(_))] if !path.starts_with("std::") => Some(inner.clone()),
                        _ => None,
                    };
                };
                let target = info.deref.as_ref()?;
                let lowered = self.lower_catalogued(target, ty, &|_| Ty::Unknown);
                (!lowered.is_unknown()).then_some(lowered)
            }
            _ => None,
        }
    }

    /// The functions that a call of a trait's method can reach: implementations outside tests, and the
    /// default where an implementation has none of its own.
    pub(crate) fn expand_trait(&self, of: TypeId, name: &Name, include_tests: bool) -> Vec<FnId> {
        let default = self.trait_methods.get(&(of, name.clone())).copied();
        let has_default = default.is_some_and(|id| self.function(id).def.body.is_some());
        let mut ids = Vec::new();
        let mut uses_default = false;
        for imp in self.impls_of_trait.get(&of).into_iter().flatten() {
            let imp = &self.impls[*imp as usize];
            if imp.is_test && !include_tests || self.is_test_double(&imp.self_ty) {
                continue;
            }
            match imp.functions.get(name) {
                Some(id) if !self.function(*id).is_test || include_tests => ids.push(*id),
                _ => uses_default = true,
            }
        }
        if has_default && (uses_default || ids.is_empty()) {
            ids.extend(default);
        }
        ids.sort();
        ids.dedup();
        ids.truncate(MAX_IMPLEMENTATIONS);
        ids
    }

    /// A mock or fake by its name or by where it is defined.
    fn is_test_double(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Adt(id, _) => {
                let data = self.ty(*id);
                data.is_test || data.def.name.starts_with("Mock")
            }
            _ => false,
        }
    }

    /// The traits of ours that an enum hands on to its variants (`#[enum_dispatch(Trait)]`).
    fn dispatched(&self, id: TypeId, name: &Name) -> Vec<FnId> {
        let data = self.ty(id);
        let Some(attribute) = data
            .def
            .attributes
            .iter()
            .find(|attribute| attribute.path.last().is_some_and(|last| last == "enum_dispatch"))
        else {
            return Vec::new();
        };
        let mut ids = Vec::new();
        for of in self.traits_with_method.get(name).into_iter().flatten() {
            let tr = self.ty(*of);
            let named = attribute.text.contains(tr.def.name.as_str())
                || tr.def.attributes.iter().any(|attribute| {
                    attribute.path.last().is_some_and(|last| last == "enum_dispatch")
                        && attribute.text.contains(data.def.name.as_str())
                });
            if named {
                ids.extend(self.expand_trait(*of, name, false));
            }
        }
        ids.sort();
        ids.dedup();
        ids
    }
}

impl<'a> Inferer<'_, 'a> {
    pub(crate) fn infer_method(
        &mut self,
        id: ExprId,
        receiver: ExprId,
        method: &'a Name,
        generics: &'a [TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        let receiver_ty = self.infer(receiver, &Ty::Unknown);
        let class = self.evidence_of(receiver);
        let mut at = receiver_ty.clone();
        for _ in 0..MAX_DEREFS {
            if let Some(ty) = self.method_on(id, receiver, &at, method, generics, args, class, expected) {
                return ty;
            }
            match self.world.deref_target(&at) {
                Some(inner) => at = inner,
                None => break,
            }
        }
        self.method_in_scope(id, &receiver_ty, method, generics, args, expected)
    }

    #[expect(clippy::too_many_arguments, reason = "one step of infer_method with its whole state")]
    fn method_on(
        &mut self,
        id: ExprId,
        receiver: ExprId,
        at: &Ty,
        method: &'a Name,
        generics: &'a [TypeRef],
        args: &'a [Arg],
        class: EvidenceClass,
        expected: &Ty,
    ) -> Option<Ty> {
        match at {
            Ty::Adt(..) | Ty::Dyn(_) | Ty::Param(_) => {
                let ids = self.associated_functions(at, method);
                if let Some(first) = ids.first().copied() {
                    let class = match at {
                        Ty::Dyn(_) => EvidenceClass::Dyn,
                        Ty::Param(_) => EvidenceClass::Bound,
                        _ => class,
                    };
                    self.out.callees.insert(id, Callee::Own { ids, class });
                    return Some(self.instantiate(first, Some(at), args, generics, expected));
                }
                if let Some(found) = self.outside_bound_method(at, method, args) {
                    let (entry, of, own) = found;
                    let ty = self.catalog_call(&entry, &own, args, expected);
                    let path = Name::from(format!("{of}::{method}"));
                    self.out.callees.insert(
                        id,
                        Callee::Catalog {
                            entry,
                            path,
                            of,
                            class: EvidenceClass::Bound,
                        },
                    );
                    return Some(ty);
                }
                if matches!(at, Ty::Adt(..))
                    && matches!(method.as_str(), "clone" | "to_owned" | "by_ref" | "borrow" | "as_ref")
                {
                    self.out.callees.insert(id, Callee::Outside(Name::new("derived")));
                    return Some(at.clone());
                }
                None
            }
            Ty::Ext(path, _) if path.starts_with("std::") => {
                let ty = self.std_method(id, receiver, at, method, generics, args, expected)?;
                self.out
                    .callees
                    .entry(id)
                    .or_insert(Callee::Outside(Name::from(format!("{path}::{method}"))));
                Some(ty)
            }
            Ty::Future(_) => self.future_method(id, at, method, args, expected),
            Ty::Ext(path, _) => self.catalog_method(id, path, at, method, args, class, expected),
            Ty::Foreign(krate) => {
                let of = Name::from(format!("{krate}::_"));
                self.catalog_method(id, &of, at, method, args, EvidenceClass::Heuristic, expected)
            }
            Ty::Fn(..) | Ty::Tuple(_) | Ty::Prim(_) | Ty::Never | Ty::Unknown => None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the whole state of one method call")]
    fn catalog_method(
        &mut self,
        id: ExprId,
        of: &Name,
        own: &Ty,
        method: &'a Name,
        args: &'a [Arg],
        class: EvidenceClass,
        expected: &Ty,
    ) -> Option<Ty> {
        let version = |library| self.library_version(library);
        if let Some(entry) = self.world.catalog.method(of, method, args.len(), &version) {
            let ty = self.catalog_call(&entry, own, args, expected);
            let path = Name::from(format!("{of}::{method}"));
            self.out.callees.insert(
                id,
                Callee::Catalog {
                    entry,
                    path,
                    of: of.clone(),
                    class,
                },
            );
            return Some(ty);
        }
        if let Some(ids) = self.foreign_impl(own, method) {
            let first = ids[0];
            self.out.callees.insert(
                id,
                Callee::Own {
                    ids,
                    class: EvidenceClass::InScopeTrait,
                },
            );
            return Some(self.instantiate(first, Some(own), args, &[], expected));
        }
        None
    }

    /// A method of a trait of ours that is implemented for an outside type and in scope here.
    fn foreign_impl(&self, own: &Ty, method: &Name) -> Option<Vec<FnId>> {
        let ids: Vec<FnId> = self
            .world
            .foreign_impls
            .get(method)?
            .iter()
            .copied()
            .filter(|id| {
                let data = self.world.function(*id);
                let Some(imp) = data.imp.map(|imp| &self.world.impls[imp as usize]) else {
                    return false;
                };
                let fits = match (&imp.self_ty, own) {
                    (Ty::Ext(a, _), Ty::Ext(b, _)) => a == b,
                    (Ty::Param(_), _) => true,
                    (Ty::Foreign(a), Ty::Foreign(b)) => a == b,
                    (Ty::Prim(a), Ty::Prim(b)) => a == b,
                    _ => false,
                };
                fits && match &imp.trait_ty {
                    Some(Ty::Adt(of, _)) => self.world.is_trait_in_scope(self.module, *of),
                    _ => false,
                }
            })
            .collect();
        (!ids.is_empty()).then_some(ids)
    }

    /// Methods of a type of ours, a bound or a trait object.
    pub(crate) fn associated_functions(&self, ty: &Ty, name: &Name) -> Vec<FnId> {
        match ty {
            Ty::Adt(id, args) => self.functions_of_type(*id, args, name),
            Ty::Param(param) => {
                let bounds = self
                    .generics
                    .iter()
                    .find(|(known, _)| known == param)
                    .map_or(&[][..], |(_, bounds)| bounds);
                self.functions_of_bounds(bounds, name)
            }
            Ty::Dyn(bounds) => self.functions_of_bounds(bounds, name),
            Ty::Ext(..) | Ty::Prim(_) => self.foreign_impl(ty, name).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn functions_of_type(&self, id: TypeId, args: &[Ty], name: &Name) -> Vec<FnId> {
        let world = self.world;
        let is_wanted = |id: &FnId| !world.function(*id).is_test || self.is_test;
        if world.ty(id).def.kind == TypeKind::Trait {
            return self.functions_of_bounds(&[Ty::Adt(id, [].into())], name);
        }
        let own: Vec<FnId> = world
            .inherent
            .get(&(id, name.clone()))
            .into_iter()
            .flatten()
            .copied()
            .filter(is_wanted)
            .collect();
        if !own.is_empty() {
            return self.best_impl(own, args);
        }
        let mut found = Vec::new();
        for imp in world.impls_for_type.get(&id).into_iter().flatten() {
            let imp = &world.impls[*imp as usize];
            match (imp.functions.get(name), &imp.trait_ty) {
                (Some(id), _) if is_wanted(id) => found.push(*id),
                (None, Some(Ty::Adt(of, _))) => {
                    found.extend(self.default_method(*of, name));
                }
                _ => {}
            }
        }
        if found.is_empty() {
            found = world.dispatched(id, name);
        }
        if found.is_empty() {
            found = self.blanket_method(name);
        }
        found.sort();
        found.dedup();
        found
    }

    /// Of several inherent impls, those whose arguments agree (`impl Client<Ready>` against `impl Client<New>`).
    fn best_impl(&self, ids: Vec<FnId>, args: &[Ty]) -> Vec<FnId> {
        if ids.len() == 1 || args.is_empty() {
            return ids;
        }
        let agreeing: Vec<FnId> = ids
            .iter()
            .copied()
            .filter(|id| {
                let Some(imp) = self.world.function(*id).imp else {
                    return true;
                };
                match &self.world.impls[imp as usize].self_ty {
                    Ty::Adt(_, declared) => declared.iter().zip(args).all(|(a, b)| {
                        a == b || matches!(a, Ty::Param(_) | Ty::Unknown) || matches!(b, Ty::Param(_) | Ty::Unknown)
                    }),
                    _ => true,
                }
            })
            .collect();
        if agreeing.is_empty() { ids } else { agreeing }
    }

    /// The default body of a trait's method, its supertraits included.
    fn default_method(&self, of: TypeId, name: &Name) -> Option<FnId> {
        self.world
            .trait_methods
            .get(&(of, name.clone()))
            .copied()
            .filter(|id| self.world.function(*id).def.body.is_some())
    }

    fn functions_of_bounds(&self, bounds: &[Ty], name: &Name) -> Vec<FnId> {
        let mut pending: Vec<Ty> = bounds.to_vec();
        let mut seen = Vec::new();
        while let Some(bound) = pending.pop() {
            let Ty::Adt(of, _) = bound else { continue };
            if seen.contains(&of) {
                continue;
            }
            seen.push(of);
            if self.world.trait_methods.contains_key(&(of, name.clone())) {
                let ids = self.world.expand_trait(of, name, self.is_test);
                if !ids.is_empty() {
                    return ids;
                }
            }
            let data = self.world.ty(of);
            let scope = super::lower::TypeScope {
                module: data.module,
                generics: &[],
                self_ty: None,
                associated: &[],
            };
            pending.extend(data.def.bases.iter().map(|base| self.world.lower_bound(base, &scope)));
        }
        Vec::new()
    }

    /// A method of a trait of ours that is implemented for every type (`impl<T: Other> Trait for T`) and in scope.
    fn blanket_method(&self, name: &Name) -> Vec<FnId> {
        let world = self.world;
        let Some(candidates) = world.foreign_impls.get(name) else {
            return Vec::new();
        };
        candidates
            .iter()
            .copied()
            .filter(|id| {
                let Some(imp) = world.function(*id).imp else {
                    return false;
                };
                let imp = &world.impls[imp as usize];
                matches!(imp.self_ty, Ty::Param(_))
                    && matches!(&imp.trait_ty, Some(Ty::Adt(of, _)) if world.is_trait_in_scope(self.module, *of))
            })
            .collect()
    }

    /// Methods that a generic bound or implemented trait from outside offers (`C: ConnectionLike`).
    fn outside_bound_method(&self, at: &Ty, method: &Name, args: &[Arg]) -> Option<(FunctionRef<'a>, Name, Ty)> {
        let world = self.world;
        let version = |library| self.library_version(library);
        let bounds: Vec<Ty> = match at {
            Ty::Param(param) => self
                .generics
                .iter()
                .find(|(known, _)| known == param)
                .map(|(_, bounds)| bounds.clone())
                .unwrap_or_default(),
            Ty::Dyn(bounds) => bounds.to_vec(),
            Ty::Adt(id, _) if world.ty(*id).def.kind == TypeKind::Trait => {
                let data = world.ty(*id);
                let scope = super::lower::TypeScope {
                    module: data.module,
                    generics: &[],
                    self_ty: None,
                    associated: &[],
                };
                data.def
                    .bases
                    .iter()
                    .map(|base| world.lower_bound(base, &scope))
                    .collect()
            }
            Ty::Adt(id, _) => world
                .impls_for_type
                .get(id)
                .into_iter()
                .flatten()
                .filter_map(|imp| world.impls[*imp as usize].trait_ty.clone())
                .filter(|ty| matches!(ty, Ty::Ext(..)))
                .collect(),
            _ => Vec::new(),
        };
        bounds.into_iter().find_map(|bound| match &bound {
            Ty::Ext(path, _) if !path.starts_with("std::") => {
                let entry = world.catalog.method(path, method, args.len(), &version)?;
                Some((entry, path.clone(), bound.clone()))
            }
            _ => None,
        })
    }

    /// Extension traits that are in scope at the call, ours first; the last resort.
    fn method_in_scope(
        &mut self,
        id: ExprId,
        receiver_ty: &Ty,
        method: &'a Name,
        generics: &'a [TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        let world = self.world;
        let is_open = matches!(
            receiver_ty,
            Ty::Unknown | Ty::Foreign(_) | Ty::Ext(..) | Ty::Param(_) | Ty::Dyn(_) | Ty::Adt(..) | Ty::Future(_)
        );
        if is_open {
            let own: Vec<FnId> = world
                .traits_with_method
                .get(method)
                .into_iter()
                .flatten()
                .filter(|of| world.is_trait_in_scope(self.module, **of))
                .flat_map(|of| self.impls_fitting(*of, method, receiver_ty))
                .collect();
            if let Some(first) = own.first().copied() {
                self.out.callees.insert(
                    id,
                    Callee::Own {
                        ids: own,
                        class: EvidenceClass::InScopeTrait,
                    },
                );
                return self.instantiate(first, Some(receiver_ty), args, generics, expected);
            }
            let found = self.library_trait_method(method, args.len());
            if let Some((of, entry)) = found {
                let own = Ty::Ext(of.trait_path.clone(), [].into());
                let receiver = if receiver_ty.is_unknown() { &own } else { receiver_ty };
                let ty = self.catalog_call(&entry, receiver, args, expected);
                let path = Name::from(format!("{}::{method}", of.trait_path));
                let class = EvidenceClass::InScopeTrait;
                self.out.callees.insert(
                    id,
                    Callee::Catalog {
                        entry,
                        path,
                        of: of.trait_path.clone(),
                        class,
                    },
                );
                return ty;
            }
        }
        if method == "into" && args.is_empty() && self.infer_into(id, receiver_ty, expected) {
            return expected.clone();
        }
        self.infer_loose_args(args, receiver_ty);
        let (callee, ty) = match receiver_ty {
            Ty::Ext(path, _) => {
                let krate = Name::new(path.split("::").next().unwrap_or_default());
                let ty = match method.as_str() {
                    "clone" | "to_owned" | "as_ref" | "as_mut" | "by_ref" | "borrow" => receiver_ty.clone(),
                    _ if krate == "std" => Ty::Unknown,
                    _ => Ty::Foreign(krate),
                };
                (Callee::Outside(Name::from(format!("{path}::{method}"))), ty)
            }
            Ty::Foreign(krate) => (
                Callee::Outside(Name::from(format!("{krate}::_::{method}"))),
                receiver_ty.clone(),
            ),
            Ty::Prim(name) => (
                Callee::Outside(Name::from(format!("{name}::{method}"))),
                prim_method(name, method),
            ),
            Ty::Tuple(_) | Ty::Fn(..) | Ty::Future(_) | Ty::Never => (Callee::Outside(method.clone()), Ty::Unknown),
            Ty::Unknown => (
                Callee::Unresolved("type of the receiver is not known"),
                generic_result(method),
            ),
            Ty::Adt(..) => (
                Callee::Unresolved("the receiver's type has no such method here"),
                Ty::Unknown,
            ),
            Ty::Param(_) | Ty::Dyn(_) => (
                Callee::Unresolved("no bound of the receiver has such a method"),
                Ty::Unknown,
            ),
        };
        self.out.callees.insert(id, callee);
        expected.clone().or(|| ty)
    }

    /// `x.into()` where the place wants a type of ours: the `From` implementation that takes such an x.
    fn infer_into(&mut self, id: ExprId, from: &Ty, to: &Ty) -> bool {
        let Ty::Adt(..) = to else { return false };
        let ids: Vec<FnId> = self
            .associated_functions(to, &Name::new("from"))
            .into_iter()
            .filter(|id| {
                let params = &self.world.function(*id).signature.params;
                match (params.first(), from) {
                    (Some(Ty::Adt(a, _)), Ty::Adt(b, _)) => a == b,
                    (Some(Ty::Ext(a, _)), Ty::Ext(b, _)) => a == b,
                    _ => false,
                }
            })
            .collect();
        if ids.is_empty() {
            return false;
        }
        self.out.callees.insert(
            id,
            Callee::Own {
                ids,
                class: EvidenceClass::Annotated,
            },
        );
        true
    }

    /// Arguments of a call that is not bound; closures get what the receiver holds, where that is plain.
    fn infer_loose_args(&mut self, args: &'a [Arg], receiver_ty: &Ty) {
        let held = match receiver_ty {
            Ty::Ext(..) => receiver_ty.element(),
            _ => Ty::Unknown,
        };
        for arg in args {
            if matches!(self.body.get(arg.value).kind, ExprKind::Closure { .. }) {
                self.infer(arg.value, &Ty::function(std::slice::from_ref(&held), Ty::Unknown));
            } else {
                self.infer(arg.value, &Ty::Unknown);
            }
        }
    }

    /// Implementations of a trait method that fit a receiver; all of them for an unknown one.
    fn impls_fitting(&self, of: TypeId, method: &Name, receiver: &Ty) -> Vec<FnId> {
        let world = self.world;
        let fits = |ty: &Ty| match (ty, receiver) {
            (Ty::Adt(a, _), Ty::Adt(b, _)) => a == b,
            (Ty::Ext(a, _), Ty::Ext(b, _)) => a == b,
            (Ty::Foreign(a), Ty::Foreign(b)) => a == b,
            (Ty::Ext(a, _), Ty::Foreign(b)) => a.split("::").next() == Some(b.as_str()),
            (Ty::Foreign(a), Ty::Ext(b, _)) => b.split("::").next() == Some(a.as_str()),
            (Ty::Param(_) | Ty::Unknown, _) | (_, Ty::Unknown) => true,
            _ => false,
        };
        // A default body belongs to the receiver only where some implementation does.
        let has_impl = world
            .impls_of_trait
            .get(&of)
            .into_iter()
            .flatten()
            .any(|imp| fits(&world.impls[*imp as usize].self_ty));
        world
            .expand_trait(of, method, self.is_test)
            .into_iter()
            .filter(|id| match world.function(*id).imp {
                Some(imp) => fits(&world.impls[imp as usize].self_ty),
                None => has_impl,
            })
            .collect()
    }

    /// How the receiver's type was learned.
    fn evidence_of(&self, receiver: ExprId) -> EvidenceClass {
        let mut at = receiver;
        loop {
            return match &self.body.get(at).kind {
                ExprKind::Path(path) if path.as_name().is_some_and(|name| name == "self") => EvidenceClass::SelfType,
                ExprKind::Path(_) => match self
                    .out
                    .uses
                    .get(&at)
                    .map(|local| &self.out.local(*local).source.origin)
                {
                    Some(Origin::Param(_) | Origin::ClosureParam(..)) => EvidenceClass::Annotated,
                    Some(_) => EvidenceClass::Constructed,
                    None => EvidenceClass::Path,
                },
                ExprKind::Field { .. } => EvidenceClass::Field,
                ExprKind::Await(of) | ExprKind::Try(of) => {
                    at = *of;
                    continue;
                }
                ExprKind::Call { .. } | ExprKind::Method { .. } | ExprKind::Macro { .. } => EvidenceClass::Returned,
                _ => EvidenceClass::Constructed,
            };
        }
    }
}

fn prim_method(name: &Name, method: &str) -> Ty {
    match method {
        "to_string" | "to_owned" | "to_uppercase" | "to_lowercase" | "replace" => Ty::ext("std::String", &[]),
        _ => Ty::Prim(name.clone()),
    }
}

/// Methods whose result does not depend on the receiver.
fn generic_result(method: &str) -> Ty {
    match method {
        "to_string" | "to_uppercase" | "to_lowercase" => Ty::ext("std::String", &[]),
        "is_some" | "is_none" | "is_ok" | "is_err" | "is_empty" | "contains" | "contains_key" | "eq" => {
            Ty::prim("bool")
        }
        "len" | "count" => Ty::prim("usize"),
        _ => Ty::Unknown,
    }
}
