//! From types as written to [`Ty`]: names, generics, aliases, bounds, associated types.

use crate::model::{
    Name,
    expr::TypeRef,
    fact::{Generic, TypeKind},
};

use super::{
    paths::Space,
    symbols::{Def, Signature, World},
    ty::{Args, ConstId, FnId, ModuleId, Ty, TypeId, well_known},
};

/// Nested aliases and projections followed.
const MAX_DEPTH: usize = 16;

/// Where a type is written: which names mean generics, what `Self` is.
#[derive(Clone)]
pub(crate) struct TypeScope<'s> {
    pub(crate) module: ModuleId,
    pub(crate) generics: &'s [(Name, Vec<Ty>)],
    pub(crate) self_ty: Option<&'s Ty>,
    /// Associated types of the impl around it.
    pub(crate) associated: &'s [(Name, TypeRef)],
}

/// A bound that says what a value is turned into.
fn is_conversion(bound: &TypeRef) -> bool {
    matches!(bound, TypeRef::Named { segments, .. }
        if segments.last().is_some_and(|last| matches!(last.as_str(), "Into" | "AsRef" | "Borrow" | "Deref")))
}

/// Generic parameters by name, their bounds left out.
pub(crate) fn unbounded(generics: &[Generic]) -> Vec<(Name, Vec<Ty>)> {
    generics
        .iter()
        .map(|generic| (generic.name.clone(), Vec::new()))
        .collect()
}

/// Generic parameters with the arguments given for them.
pub(crate) fn paired(generics: &[Generic], args: &[Ty]) -> Vec<(Name, Ty)> {
    generics
        .iter()
        .zip(args)
        .map(|(generic, ty)| (generic.name.clone(), ty.clone()))
        .collect()
}

/// Generic arguments of a type in the order of its parameters; what was not learned is unknown.
pub(crate) fn learned_args(generics: &[Generic], learned: &[(Name, Ty)]) -> Args {
    generics
        .iter()
        .map(|generic| {
            let known = learned.iter().find(|(name, _)| name == &generic.name);
            known.map(|(_, ty)| ty.clone()).unwrap_or_default()
        })
        .collect()
}

impl World<'_> {
    pub(crate) fn lower_impls(&mut self) {
        for idx in 0..self.impls.len() {
            let imp = &self.impls[idx];
            let generics = unbounded(&imp.def.generics);
            let scope = TypeScope {
                module: imp.module,
                generics: &generics,
                self_ty: None,
                associated: &[],
            };
            let self_ty = self.lower(&imp.def.self_ty, &scope);
            let scope = TypeScope {
                self_ty: Some(&self_ty),
                ..scope
            };
            let trait_ty = imp.def.trait_ref.as_ref().map(|of| self.lower(of, &scope));
            let imp_idx = u32::try_from(idx).unwrap_or(u32::MAX);
            let functions: Vec<(Name, FnId)> = imp.functions.iter().map(|(name, id)| (name.clone(), *id)).collect();
            let is_test = imp.is_test;
            match (&self_ty, &trait_ty) {
                (Ty::Adt(of, _), None) => {
                    for (name, id) in functions {
                        self.inherent.entry((*of, name)).or_default().push(id);
                    }
                }
                (Ty::Adt(of, _), Some(_)) => self.impls_for_type.entry(*of).or_default().push(imp_idx),
                _ if !is_test => {
                    for (name, id) in functions {
                        self.foreign_impls.entry(name).or_default().push(id);
                    }
                }
                _ => {}
            }
            if let Some(Ty::Adt(of, _)) = &trait_ty {
                self.impls_of_trait.entry(*of).or_default().push(imp_idx);
            }
            if !matches!(self_ty, Ty::Adt(..)) {
                for (name, _) in &self.impls[idx].def.associated {
                    self.foreign_associated.entry(name.clone()).or_default().push(imp_idx);
                }
            }
            self.impls[idx].self_ty = self_ty;
            self.impls[idx].trait_ty = trait_ty;
        }
        for ids in self.foreign_impls.values_mut() {
            ids.sort();
        }
        for ids in self.inherent.values_mut() {
            ids.sort();
        }
    }

    pub(crate) fn lower_signatures(&mut self) {
        for idx in 0..self.functions.len() {
            let signature = self.signature_of(FnId(u32::try_from(idx).unwrap_or(u32::MAX)));
            self.functions[idx].signature = signature;
        }
        for idx in 0..self.constants.len() {
            let constant = &self.constants[idx];
            let self_ty = constant.imp.map(|imp| &self.impls[imp as usize].self_ty);
            let scope = TypeScope {
                module: constant.module,
                generics: &[],
                self_ty,
                associated: &[],
            };
            let ty = constant
                .def
                .ty
                .as_ref()
                .map(|ty| self.lower(ty, &scope))
                .unwrap_or_default();
            if let Some(Ty::Adt(of, _)) = self_ty {
                let id = ConstId(u32::try_from(idx).unwrap_or(u32::MAX));
                let key = (*of, constant.def.name.clone());
                self.associated_constants.entry(key).or_insert(id);
            }
            self.constants[idx].ty = ty;
        }
    }

    fn signature_of(&self, id: FnId) -> Signature {
        let data = self.function(id);
        let mut declared: Vec<&Generic> = data.def.generics.iter().collect();
        let mut self_ty = None;
        let mut associated: &[(Name, TypeRef)] = &[];
        if let Some(imp) = data.imp {
            let imp = &self.impls[imp as usize];
            declared.extend(&imp.def.generics);
            self_ty = Some(imp.self_ty.clone());
            associated = &imp.def.associated;
        }
        if let Some(of) = data.in_trait {
            declared.extend(&self.ty(of).def.generics);
            self_ty = Some(Ty::Param(Name::new("Self")));
        }
        // Names first, so that bounds can mention each other.
        let mut generics: Vec<(Name, Vec<Ty>)> = declared
            .iter()
            .map(|generic| (generic.name.clone(), Vec::new()))
            .collect();
        let names = generics.clone();
        let scope = TypeScope {
            module: data.body_module,
            generics: &names,
            self_ty: self_ty.as_ref(),
            associated,
        };
        for (slot, generic) in generics.iter_mut().zip(&declared) {
            slot.1 = generic
                .bounds
                .iter()
                .map(|bound| self.lower_bound(bound, &scope))
                .collect();
        }
        if let Some(of) = data.in_trait {
            generics.push((Name::new("Self"), vec![Ty::Adt(of, [].into())]));
        }
        let params = data
            .def
            .params
            .iter()
            .enumerate()
            .map(|(idx, param)| match &param.ty {
                Some(TypeRef::Named { segments, args, .. })
                    if idx == 0
                        && data.def.has_self
                        && args.is_empty()
                        && segments.len() == 1
                        && segments[0] == "Self" =>
                {
                    self_ty.clone().unwrap_or_default()
                }
                Some(ty) => self.lower(ty, &scope),
                None if idx == 0 && data.def.has_self => self_ty.clone().unwrap_or_default(),
                None => Ty::Unknown,
            })
            .collect();
        let ret = data
            .def
            .ret
            .as_ref()
            .map_or_else(|| Ty::prim("()"), |ret| self.lower(ret, &scope));
        let ret = if data.def.is_async { Ty::future(ret) } else { ret };
        Signature { params, ret, generics }
    }

    /// Lower a type as written.
    pub(crate) fn lower(&self, ty: &TypeRef, scope: &TypeScope<'_>) -> Ty {
        self.lower_at(ty, scope, 0)
    }

    pub(crate) fn lower_at(&self, ty: &TypeRef, scope: &TypeScope<'_>, depth: usize) -> Ty {
        if MAX_DEPTH < depth {
            return Ty::Unknown;
        }
        match ty {
            TypeRef::Named {
                segments,
                args,
                bindings,
            } => self.lower_named(segments, args, bindings, scope, depth),
            TypeRef::Tuple(items) if items.is_empty() => Ty::prim("()"),
            TypeRef::Tuple(items) => {
                Ty::Tuple(items.iter().map(|item| self.lower_at(item, scope, depth + 1)).collect())
            }
            TypeRef::Slice(of) => Ty::ext("std::Vec", &[self.lower_at(of, scope, depth + 1)]),
            TypeRef::Fn { params, ret } => Ty::Fn(
                params
                    .iter()
                    .map(|param| self.lower_at(param, scope, depth + 1))
                    .collect(),
                std::sync::Arc::new(
                    ret.as_ref()
                        .map_or_else(|| Ty::prim("()"), |ret| self.lower_at(ret, scope, depth + 1)),
                ),
            ),
            TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => {
                let lowered: Vec<Ty> = bounds
                    .iter()
                    .map(|bound| self.lower_bound_at(bound, scope, depth + 1))
                    .filter(|bound| !bound.is_unknown())
                    .collect();
                match lowered.as_slice() {
                    [] => Ty::Unknown,
                    [only @ (Ty::Adt(..) | Ty::Dyn(_))] if bounds.iter().any(is_conversion) => {
                        Ty::ext("std::Into", std::slice::from_ref(only))
                    }
                    [only] if bounds.iter().any(is_conversion) => only.clone(),
                    [first, ..] if !matches!(first, Ty::Adt(..) | Ty::Ext(..)) => first.clone(),
                    [Ty::Ext(path, _), ..] if path.starts_with("std::") => lowered[0].clone(),
                    _ => Ty::Dyn(lowered.into()),
                }
            }
            TypeRef::Projection { base, name, .. } => {
                let base = self.lower_at(base, scope, depth + 1);
                self.project(&base, name, scope, depth)
            }
            TypeRef::Never => Ty::Never,
            TypeRef::Infer => Ty::Unknown,
        }
    }

    /// A bound of a generic or of `impl`: what can be done with such a value.
    pub(crate) fn lower_bound(&self, bound: &TypeRef, scope: &TypeScope<'_>) -> Ty {
        self.lower_bound_at(bound, scope, 0)
    }

    fn lower_bound_at(&self, bound: &TypeRef, scope: &TypeScope<'_>, depth: usize) -> Ty {
        let TypeRef::Named {
            segments,
            args,
            bindings,
        } = bound
        else {
            return self.lower_at(bound, scope, depth);
        };
        let binding = |wanted: &str| {
            bindings
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, ty)| self.lower_at(ty, scope, depth + 1))
        };
        let first = |this: &Self| {
            args.first()
                .map(|arg| this.lower_at(arg, scope, depth + 1))
                .unwrap_or_default()
        };
        match segments.last().map(Name::as_str) {
            Some("Future" | "IntoFuture") => Ty::future(binding("Output").unwrap_or_default()),
            Some("Iterator" | "IntoIterator" | "DoubleEndedIterator" | "ExactSizeIterator" | "ParallelIterator") => {
                Ty::iter(binding("Item").unwrap_or_default())
            }
            Some("Stream") => Ty::ext("std::Stream", &[binding("Item").unwrap_or_default()]),
            Some("TryStream") => Ty::ext(
                "std::Stream",
                &[Ty::result(
                    binding("Ok").unwrap_or_default(),
                    binding("Error").unwrap_or_default(),
                )],
            ),
            Some("Into" | "AsRef" | "Borrow" | "AsMut" | "ToOwned") => first(self),
            Some("Deref" | "DerefMut") => binding("Target").unwrap_or_default(),
            Some(
                "Send" | "Sync" | "Sized" | "Clone" | "Copy" | "Debug" | "Unpin" | "Eq" | "PartialEq" | "Hash" | "Ord"
                | "PartialOrd" | "Default" | "UnwindSafe" | "RefUnwindSafe",
            ) => Ty::Unknown,
            _ => self.lower_at(bound, scope, depth),
        }
    }

    fn lower_named(
        &self,
        segments: &[Name],
        args: &[TypeRef],
        bindings: &[(Name, TypeRef)],
        scope: &TypeScope<'_>,
        depth: usize,
    ) -> Ty {
        let lowered =
            |this: &Self| -> Vec<Ty> { args.iter().map(|arg| this.lower_at(arg, scope, depth + 1)).collect() };
        if let [only] = segments {
            if only == "Self" {
                return scope.self_ty.cloned().unwrap_or_default();
            }
            if scope.generics.iter().any(|(name, _)| name == only) {
                return Ty::Param(only.clone());
            }
        }
        if let [first, name] = segments {
            if first == "Self" {
                let base = scope.self_ty.cloned().unwrap_or_default();
                return self.project(&base, name, scope, depth);
            }
            if scope.generics.iter().any(|(generic, _)| generic == first) {
                return self.project(&Ty::Param(first.clone()), name, scope, depth);
            }
        }
        match self.resolve_path(scope.module, segments, Space::Type) {
            Some(Def::Type(id)) => self.applied(id, lowered(self), depth),
            Some(Def::Extern(path)) => self.outside(&path, lowered(self)),
            // `&str` and `String` offer the same here.
            Some(Def::Primitive(name)) if name == "str" => Ty::ext("std::String", &[]),
            Some(Def::Primitive(name)) => Ty::Prim(name),
            _ => match segments.last().map(Name::as_str) {
                Some("BoxFuture" | "LocalBoxFuture" | "Promise" | "Task" | "ValueTask") => {
                    Ty::future(lowered(self).into_iter().next().unwrap_or_default())
                }
                Some("Future") => bindings
                    .iter()
                    .find(|(name, _)| name == "Output")
                    .map_or(Ty::Unknown, |(_, ty)| Ty::future(self.lower_at(ty, scope, depth + 1))),
                _ => Ty::Unknown,
            },
        }
    }

    /// A type of ours with arguments; aliases are replaced by what they stand for.
    pub(crate) fn applied(&self, id: TypeId, args: Vec<Ty>, depth: usize) -> Ty {
        let data = self.ty(id);
        if data.def.kind != TypeKind::Alias || MAX_DEPTH < depth {
            return Ty::Adt(id, args.into());
        }
        let Some(alias) = &data.def.alias else {
            return Ty::Unknown;
        };
        let generics = unbounded(&data.def.generics);
        let scope = TypeScope {
            module: data.module,
            generics: &generics,
            self_ty: None,
            associated: &[],
        };
        let lowered = self.lower_at(alias, &scope, depth + 1);
        let learned = paired(&data.def.generics, &args);
        let ty = lowered.substitute(&|name| self.learned_param(name, &learned));
        match alias {
            // Of an unknown type it is still known what it can do.
            TypeRef::Projection {
                trait_ref: Some(of),
                name,
                ..
            } if ty.is_unknown() => match self.lower_bound_at(of, &scope, depth + 1) {
                Ty::Adt(of, _) => self.associated_bound(of, name).unwrap_or_default(),
                _ => ty,
            },
            _ => ty,
        }
    }

    /// A type outside the scanned packages.
    pub(crate) fn outside(&self, path: &[Name], args: Vec<Ty>) -> Ty {
        let (Some(krate), Some(last)) = (path.first(), path.last()) else {
            return Ty::Unknown;
        };
        match last.as_str() {
            "BoxFuture" | "LocalBoxFuture" => return Ty::future(args.into_iter().next().unwrap_or_default()),
            "BoxStream" | "LocalBoxStream" => return Ty::Ext(Name::new("std::Stream"), args.into()),
            _ => {}
        }
        if let Some(known) = well_known(krate, last) {
            return Ty::Ext(Name::new(known), args.into());
        }
        if let Some(info) = self.catalog.canonical_type(path) {
            return Ty::Ext(info.path.clone(), args.into());
        }
        if last == "Result" || last.ends_with("Result") && args.len() == 1 {
            let mut args = args.into_iter();
            return Ty::result(args.next().unwrap_or_default(), args.next().unwrap_or_default());
        }
        if krate == "std" {
            return match (last.as_str(), args.as_slice()) {
                // The iterators of containers, and those around other iterators.
                ("Iter" | "IterMut" | "IntoIter" | "Drain", [_, _]) => Ty::iter(Ty::Tuple(args.into())),
                ("Iter" | "IterMut" | "IntoIter" | "Drain", [of]) => Ty::iter(of.clone()),
                ("Peekable" | "Skip" | "Take" | "Rev" | "Fuse" | "Cycle" | "StepBy" | "Cloned" | "Copied", [of]) => {
                    Ty::iter(of.element())
                }
                _ => Ty::Ext(Name::from(format!("std::{last}")), args.into()),
            };
        }
        Ty::Ext(Name::from(path.join("::")), args.into())
    }

    /// Lower a type that the catalogue declares (`returns = "…"`).
    pub(crate) fn lower_catalogued(&self, ty: &TypeRef, receiver: &Ty, output: &dyn Fn(usize) -> Ty) -> Ty {
        let again = |ty: &TypeRef| self.lower_catalogued(ty, receiver, output);
        match ty {
            TypeRef::Named { segments, args, .. } => {
                let args: Vec<Ty> = args.iter().map(again).collect();
                match segments.as_slice() {
                    [only] if only == "Self" => receiver.clone(),
                    [only] if only.starts_with('$') => only[1..]
                        .parse()
                        .map(|idx: usize| receiver.arg(idx))
                        .unwrap_or_default(),
                    [only] if only.starts_with('@') => only[1..].parse().map(output).unwrap_or_default(),
                    [only] => match super::paths::std_name(only) {
                        Some(path) => self.outside(&path, args),
                        None => Ty::Unknown,
                    },
                    path => self.outside(path, args),
                }
            }
            TypeRef::Tuple(items) if items.is_empty() => Ty::prim("()"),
            TypeRef::Tuple(items) => Ty::Tuple(items.iter().map(again).collect()),
            TypeRef::Slice(of) => Ty::ext("std::Vec", &[again(of)]),
            TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => bounds.first().map(again).unwrap_or_default(),
            TypeRef::Projection { .. } | TypeRef::Fn { .. } | TypeRef::Never | TypeRef::Infer => Ty::Unknown,
        }
    }
}
