//! What paths, fields and struct literals denote, and their types.

use crate::{
    model::{
        Name,
        expr::{ExprId, Path},
    },
    resolve::{
        lower::learned_args,
        paths::Space,
        symbols::Def,
        ty::{FnId, Ty, TypeId},
    },
};

use super::{Inferer, LocalId};

impl<'a> Inferer<'_, 'a> {
    pub(super) fn infer_path(&mut self, id: ExprId, path: &'a Path) -> Ty {
        if let Some(name) = path.as_name() {
            if let Some(local) = self.local_named(name) {
                self.out.uses.insert(id, local);
                return self.out.local(local).ty.clone();
            }
            if name == "Self" {
                return self.self_ty.clone().unwrap_or_default();
            }
        }
        if path.qself.is_some() || path.segments.first().is_some_and(|first| first == "Self") {
            let candidates = self.associated_path(path);
            return match candidates {
                Some((ids, _)) if !ids.is_empty() => {
                    let ty = self.reference_type(&ids);
                    self.out.references.insert(id, ids);
                    ty
                }
                _ => self.associated_value(id, path),
            };
        }
        match self.world.resolve_path(self.module, &path.segments, Space::Value) {
            Some(Def::Function(of)) => {
                self.out.references.insert(id, vec![of]);
                self.reference_type(&[of])
            }
            Some(Def::Const(of)) => {
                self.out.names.insert(id, Def::Const(of));
                self.world.constant(of).ty.clone()
            }
            Some(Def::Type(of)) => {
                self.out.names.insert(id, Def::Type(of));
                Ty::Adt(of, [].into())
            }
            Some(Def::Variant(of, idx)) => {
                self.out.names.insert(id, Def::Variant(of, idx));
                Ty::Adt(of, [].into())
            }
            Some(Def::Associated(of, name)) => {
                let ids = self.associated_functions(&Ty::Adt(of, [].into()), &name);
                if !ids.is_empty() {
                    let ty = self.reference_type(&ids);
                    self.out.references.insert(id, ids);
                    return ty;
                }
                if let Some(constant) = self.world.associated_constants.get(&(of, name)) {
                    self.out.names.insert(id, Def::Const(*constant));
                    return self.world.constant(*constant).ty.clone();
                }
                Ty::Unknown
            }
            Some(Def::Extern(path)) => {
                let ty = match path.last().map(Name::as_str) {
                    Some("None") => Ty::option(Ty::Unknown),
                    _ => self.outside_value(&path),
                };
                self.out.names.insert(id, Def::Extern(path));
                ty
            }
            _ => Ty::Unknown,
        }
    }

    fn associated_value(&mut self, id: ExprId, path: &Path) -> Ty {
        let (Some(Ty::Adt(of, _)), [_, name]) = (&self.self_ty, path.segments.as_slice()) else {
            return Ty::Unknown;
        };
        let of = *of;
        if let Some(constant) = self.world.associated_constants.get(&(of, name.clone())) {
            self.out.names.insert(id, Def::Const(*constant));
            return self.world.constant(*constant).ty.clone();
        }
        if let Some(idx) = self
            .world
            .ty(of)
            .def
            .variants
            .iter()
            .position(|variant| &variant.name == name)
        {
            self.out
                .names
                .insert(id, Def::Variant(of, u32::try_from(idx).unwrap_or(u32::MAX)));
            return self.self_ty.clone().unwrap_or_default();
        }
        Ty::Unknown
    }

    /// A function as a value.
    fn reference_type(&self, ids: &[FnId]) -> Ty {
        let signature = &self.world.function(ids[0]).signature;
        Ty::Fn(
            signature.params.clone().into(),
            std::sync::Arc::new(signature.ret.clone()),
        )
    }

    pub(super) fn local_named(&self, name: &Name) -> Option<LocalId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).copied()
    }

    /// The type of a field, seen through wrappers; remembers the owner for value flow.
    pub(super) fn field_type(&mut self, id: ExprId, base: &Ty, name: &Name) -> Ty {
        let mut at = base.clone();
        for _ in 0..8 {
            match &at {
                Ty::Adt(of, args) => {
                    if let Some(ty) = self.declared_field(*of, args, name) {
                        self.out.fields.insert(id, *of);
                        return ty;
                    }
                    match self.world.deref_target(&at) {
                        Some(target) => at = target,
                        None => return Ty::Unknown,
                    }
                }
                Ty::Tuple(items) => {
                    return name
                        .parse::<usize>()
                        .ok()
                        .and_then(|idx| items.get(idx).cloned())
                        .unwrap_or_default();
                }
                Ty::Ext(path, args)
                    if name == "0" && path == "std::State"
                        || path == "std::Range" && matches!(name.as_str(), "start" | "end") =>
                {
                    return args.first().cloned().unwrap_or_default();
                }
                // What is part of something foreign is taken for as foreign.
                Ty::Foreign(_) => return at,
                _ => match self.world.deref_target(&at) {
                    Some(target) => at = target,
                    None => return Ty::Unknown,
                },
            }
        }
        Ty::Unknown
    }

    pub(super) fn declared_field(&self, of: TypeId, args: &[Ty], name: &Name) -> Option<Ty> {
        self.world.field_of(of, args, name)
    }

    pub(super) fn infer_struct(
        &mut self,
        id: ExprId,
        path: &Path,
        fields: &[(Name, ExprId)],
        rest: Option<ExprId>,
    ) -> Ty {
        let of = self.struct_type(path);
        let mut learned = Vec::new();
        for (name, value) in fields {
            let declared = of.and_then(|of| self.declared_field(of, &[], name)).unwrap_or_default();
            let expected = declared.substitute(&|_| Some(Ty::Unknown));
            let actual = self.infer(*value, &expected);
            declared.learn(&actual, &mut learned);
        }
        let ty = match of {
            Some(of) => {
                self.out.literals.insert(id, of);
                Ty::Adt(of, learned_args(&self.world.ty(of).def.generics, &learned))
            }
            None => self.outside_struct(path),
        };
        if let Some(rest) = rest {
            self.infer(rest, &ty);
        }
        ty
    }

    fn struct_type(&self, path: &Path) -> Option<TypeId> {
        if path.as_name().is_some_and(|name| name == "Self") {
            return match &self.self_ty {
                Some(Ty::Adt(of, _)) => Some(*of),
                _ => None,
            };
        }
        match self.world.resolve_path(self.module, &path.segments, Space::Type)? {
            Def::Type(of) => match self.world.applied(of, Vec::new(), 0) {
                Ty::Adt(of, _) => Some(of),
                _ => None,
            },
            Def::Variant(of, _) => Some(of),
            _ => None,
        }
    }
}
