//! Calls by path: functions, associated functions, constructors.

use crate::{
    model::{
        Name,
        call::EvidenceClass,
        expr::{Arg, ExprId, ExprKind, Path},
        fact::TypeKind,
    },
    resolve::{
        lower::learned_args,
        paths::Space,
        symbols::Def,
        ty::{FnId, Ty, TypeId},
    },
};

use super::{Callee, Inferer};

impl<'a> Inferer<'_, 'a> {
    pub(super) fn infer_call(&mut self, id: ExprId, callee: ExprId, args: &'a [Arg], expected: &Ty) -> Ty {
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
                if let Some(ty) = self.call_class(id, path, args, expected) {
                    return ty;
                }
                if let Some(ty) = self.call_library_trait(id, path, &Ty::Unknown, args, expected) {
                    return ty;
                }
                self.infer_args(args);
                self.out.callees.insert(id, Callee::Unresolved("no such name in scope"));
                Ty::Unknown
            }
        }
    }

    pub(super) fn written_generics(&self, path: &Path) -> Vec<Ty> {
        path.generics
            .iter()
            .map(|ty| self.world.lower(ty, &self.scope()))
            .collect()
    }

    pub(super) fn infer_args(&mut self, args: &[Arg]) {
        for arg in args {
            self.infer(arg.value, &Ty::Unknown);
        }
    }

    /// Functions that `Self::f`, `<T>::f` or `<T as Trait>::f` names, with the type it is called on.
    pub(super) fn associated_path(&self, path: &Path) -> Option<(Vec<FnId>, Ty)> {
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

    pub(super) fn call_on_type(
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
        let ids = self.taking(ids, args);
        if let Some(first) = ids.first().copied() {
            let is_self = path.segments.first().is_some_and(|segment| segment == "Self");
            let class = match base {
                Ty::Param(_) | Ty::Dyn(_) => EvidenceClass::Bound,
                _ if is_self => EvidenceClass::SelfType,
                _ => EvidenceClass::Path,
            };
            let first = self.signature_for(base, name, &ids).unwrap_or(first);
            self.out.callees.insert(id, Callee::Own { ids, class });
            return self.instantiate(first, Some(base), args, &path.generics, expected);
        }
        match base {
            Ty::Ext(of, _) => {
                let full: Vec<Name> = of.split("::").map(Name::new).chain([name.clone()]).collect();
                self.call_outside(id, &full, path, args, expected)
            }
            _ => {
                if let Some(ty) = self.call_library_trait(id, path, base, args, expected) {
                    return ty;
                }
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

    /// Of several implementations of one trait (`From<A>`, `From<B>`) those that take such a first argument.
    fn taking(&mut self, ids: Vec<FnId>, args: &[Arg]) -> Vec<FnId> {
        let [first, ..] = args else { return ids };
        let is_closure = matches!(self.body.get(first.value).kind, ExprKind::Closure { .. });
        if ids.len() < 2 || is_closure {
            return ids;
        }
        let given = self.settle(first.value);
        let takes = |id: &FnId| {
            let params = &self.world.function(*id).signature.params;
            params.first().is_some_and(|param| param.is_same_head(&given))
        };
        let taking: Vec<FnId> = ids.iter().copied().filter(takes).collect();
        if taking.is_empty() { ids } else { taking }
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
        let receiver = args.first().map(|arg| self.settle(arg.value)).unwrap_or_default();
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
}
