//! Which functions a name can mean on a type: inherent ones, implementations, bounds, blanket implementations.

use crate::{
    catalog::lookup::FunctionRef,
    model::{Name, expr::Arg, fact::TypeKind},
    resolve::{
        paths::Space,
        symbols::Def,
        ty::{FnId, Ty, TypeId},
    },
};

use super::Inferer;

impl<'a> Inferer<'_, 'a> {
    /// A method of a trait of ours that is implemented for an outside type and in scope here.
    pub(super) fn foreign_impl(&self, own: &Ty, method: &Name) -> Option<Vec<FnId>> {
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
                    (Ty::Param(_), _) => true,
                    (Ty::Foreign(a), Ty::Foreign(b)) => a == b,
                    (declared, own) => declared.is_same_head(own),
                };
                fits && match &imp.trait_ty {
                    Some(Ty::Adt(of, _)) => self.world.is_trait_in_scope(self.module, *of),
                    _ => false,
                }
            })
            .collect();
        (!ids.is_empty()).then_some(ids)
    }

    /// As `foreign_impl`, without implementations for every type. Such a method stands before what other crates'
    /// traits offer under the same name: with both in scope the code would not compile.
    pub(super) fn foreign_impl_of(&self, own: &Ty, method: &Name) -> Option<Vec<FnId>> {
        let mut ids = self.foreign_impl(own, method)?;
        ids.retain(|id| {
            let imp = self.world.function(*id).imp;
            imp.is_some_and(|imp| self.world.impls[imp as usize].self_ty.is_same_head(own))
        });
        (!ids.is_empty()).then_some(ids)
    }

    /// Methods of a type of ours, a bound or a trait object.
    pub(super) fn associated_functions(&self, ty: &Ty, name: &Name) -> Vec<FnId> {
        match ty {
            Ty::Adt(id, args) => self.functions_of_type(*id, args, name),
            Ty::Param(param) => self.functions_of_bounds(&self.bounds_of(param), name),
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
        let is_abstract = |id: &FnId| world.function(*id).def.body.is_none();
        let mut found = if own.is_empty() {
            world.class_method(id, name)
        } else if own.iter().all(is_abstract) {
            world.methods_below(id, name, self.is_test)
        } else {
            Vec::new()
        };
        if !own.is_empty() && found.is_empty() {
            return self.best_impl(own, args);
        }
        let mut offered: Vec<(FnId, Option<&Ty>)> = Vec::new();
        for imp in world.impls_for_type.get(&id).into_iter().flatten() {
            let imp = &world.impls[*imp as usize];
            let function = match (imp.functions.get(name), &imp.trait_ty) {
                (Some(id), _) if is_wanted(id) => Some(*id),
                (None, Some(Ty::Adt(of, _))) => self.default_method(*of, name),
                _ => None,
            };
            offered.extend(function.map(|function| (function, imp.trait_ty.as_ref())));
        }
        // Two traits with a method of that name (`fmt`): the one that can be called here.
        if 1 < offered.len() && offered.iter().any(|(_, of)| self.can_call(*of)) {
            offered.retain(|(_, of)| self.can_call(*of));
        }
        found.extend(offered.into_iter().map(|(id, _)| id));
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

    /// Whether a trait's methods are in scope here.
    fn can_call(&self, of: Option<&Ty>) -> bool {
        match of {
            Some(Ty::Adt(of, _)) => self.world.is_trait_in_scope(self.module, *of),
            Some(Ty::Ext(path, _)) => {
                let (krate, last) = (path.split("::").next(), path.rsplit("::").next().unwrap_or_default());
                let is_it = |known: Vec<Name>| known.first().map(Name::as_str) == krate;
                match self.world.lookup(self.module, &Name::new(last), Space::Type) {
                    Some(Def::Extern(known)) => is_it(known),
                    _ => self.world.is_outside_trait_in_scope(self.module, path, &[]),
                }
            }
            _ => false,
        }
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
        self.world
            .with_supertraits(bounds)
            .into_iter()
            .filter(|of| self.world.trait_methods.contains_key(&(*of, name.clone())))
            .map(|of| self.world.expand_trait(of, name, self.is_test))
            .find(|ids| !ids.is_empty())
            .unwrap_or_default()
    }

    /// The function whose signature types a call of `ids` on `ty`: where a trait stands for several
    /// implementations, its own declaration.
    pub(super) fn signature_for(&self, ty: &Ty, name: &Name, ids: &[FnId]) -> Option<FnId> {
        let bounds = match ty {
            Ty::Param(param) => self.bounds_of(param),
            Ty::Dyn(bounds) => bounds.to_vec(),
            Ty::Adt(id, _) if self.world.ty(*id).def.kind == TypeKind::Trait => vec![ty.clone()],
            _ => return ids.first().copied(),
        };
        let declared = || {
            let traits = self.world.with_supertraits(&bounds);
            traits
                .into_iter()
                .find_map(|of| self.world.trait_methods.get(&(of, name.clone())).copied())
        };
        match ids {
            [only] => Some(*only),
            [first, ..] => declared().or(Some(*first)),
            [] => None,
        }
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
    pub(super) fn outside_bound_method(
        &self,
        at: &Ty,
        method: &Name,
        args: &[Arg],
    ) -> Option<(FunctionRef<'a>, Name, Ty)> {
        let world = self.world;
        let version = |library| self.library_version(library);
        let bounds: Vec<Ty> = match at {
            Ty::Param(param) => self.bounds_of(param),
            Ty::Dyn(bounds) => bounds.to_vec(),
            Ty::Adt(id, _) if world.ty(*id).def.kind == TypeKind::Trait => world.bases_of(*id),
            Ty::Adt(id, _) => world
                .impls_for_type
                .get(id)
                .into_iter()
                .flatten()
                .filter_map(|imp| world.impls[*imp as usize].trait_ty.clone())
                .chain(world.class_bases(*id).iter().cloned())
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

    /// Implementations of a trait method that fit a receiver; all of them for an unknown one.
    pub(super) fn impls_fitting(&self, of: TypeId, method: &Name, receiver: &Ty) -> Vec<FnId> {
        let world = self.world;
        let fits = |ty: &Ty| match (ty, receiver) {
            (Ty::Foreign(a), Ty::Foreign(b)) => a == b,
            (Ty::Ext(a, _), Ty::Foreign(b)) => a.split("::").next() == Some(b.as_str()),
            (Ty::Foreign(a), Ty::Ext(b, _)) => b.split("::").next() == Some(a.as_str()),
            (Ty::Param(_) | Ty::Unknown, _) | (_, Ty::Unknown) => true,
            (declared, receiver) => declared.is_same_head(receiver),
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
}
