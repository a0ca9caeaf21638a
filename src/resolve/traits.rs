//! Traits: who implements them, what wrappers dereference to, what an enum hands on.

use crate::{
    catalog::lookup::LibraryIdx,
    model::{Name, fact::TypeKind},
};

use super::{
    lower::{TypeScope, unbounded},
    symbols::World,
    ty::{FnId, Ty, TypeId},
};

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
                    let generics = unbounded(&imp.def.generics);
                    let scope = TypeScope {
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
        ids.extend(self.methods_below(of, name, include_tests));
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
    pub(crate) fn dispatched(&self, id: TypeId, name: &Name) -> Vec<FnId> {
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

    /// The traits of ours among bounds, and their supertraits.
    pub(crate) fn with_supertraits(&self, bounds: &[Ty]) -> Vec<TypeId> {
        let mut pending: Vec<Ty> = bounds.iter().rev().cloned().collect();
        let mut seen = Vec::new();
        while let Some(bound) = pending.pop() {
            let Ty::Adt(of, _) = bound else { continue };
            if self.ty(of).def.kind != TypeKind::Trait || seen.contains(&of) {
                continue;
            }
            seen.push(of);
            pending.extend(self.bases_of(of));
        }
        seen
    }

    /// What a generic can do; for `T::Out`, what the trait says of its `Out`.
    pub(crate) fn bounds_in(&self, generics: &[(Name, Vec<Ty>)], param: &Name) -> Vec<Ty> {
        if let Some((_, bounds)) = generics.iter().find(|(known, _)| known == param) {
            return bounds.clone();
        }
        let Some((base, associated)) = param.rsplit_once("::") else {
            return Vec::new();
        };
        self.with_supertraits(&self.bounds_in(generics, &Name::new(base)))
            .into_iter()
            .find_map(|of| self.associated_bound(of, associated))
            .map(|bound| match bound {
                Ty::Dyn(bounds) => bounds.to_vec(),
                other => vec![other],
            })
            .unwrap_or_default()
    }

    /// The supertraits as written, ours and outside ones.
    pub(crate) fn bases_of(&self, of: TypeId) -> Vec<Ty> {
        let scope = self.trait_scope(of, &[]);
        let bases = &self.ty(of).def.bases;
        bases.iter().map(|base| self.lower_bound(base, &scope)).collect()
    }

    /// What a trait says of its associated type: its bounds or its default.
    pub(crate) fn associated_bound(&self, of: TypeId, name: &str) -> Option<Ty> {
        let generics = unbounded(&self.ty(of).def.generics);
        let scope = self.trait_scope(of, &generics);
        let (_, bound) = self.ty(of).def.associated.iter().find(|(known, _)| known == name)?;
        let ty = self.lower(bound.as_ref()?, &scope);
        (!ty.is_unknown()).then_some(ty)
    }

    fn trait_scope<'s>(&self, of: TypeId, generics: &'s [(Name, Vec<Ty>)]) -> TypeScope<'s> {
        TypeScope {
            module: self.ty(of).module,
            generics,
            self_ty: None,
            associated: &[],
        }
    }

    /// A type of ours as the iterator, stream or future that it is by its own implementation.
    pub(crate) fn std_trait_of(&self, id: TypeId, ty: &Ty) -> Option<Ty> {
        self.impls_for_type.get(&id)?.iter().find_map(|imp| {
            let Some(Ty::Ext(path, _)) = &self.impls[*imp as usize].trait_ty else {
                return None;
            };
            let (make, associated): (fn(Ty) -> Ty, _) = match path.rsplit("::").next()? {
                "Iterator" | "IntoIterator" => (Ty::iter, "Item"),
                "Stream" => (|of| Ty::ext("std::Stream", &[of]), "Item"),
                "Future" | "IntoFuture" => (Ty::future, "Output"),
                _ => return None,
            };
            Some(make(self.associated_type(ty, &Name::new(associated))))
        })
    }
}
