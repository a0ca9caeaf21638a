//! Calls by method: what a receiver's type offers, seen through wrappers, traits and derefs.

use crate::{
    model::{
        Name,
        call::EvidenceClass,
        expr::{Arg, ExprId, ExprKind, TypeRef},
        fact::TypeKind,
    },
    resolve::ty::{FnId, Ty},
};

use super::{Callee, Inferer, Origin};

/// Dereferences tried for one call.
const MAX_DEREFS: usize = 8;

impl<'a> Inferer<'_, 'a> {
    pub(super) fn infer_method(
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
                self.learn_content(receiver, &at, method, args);
                return ty;
            }
            match self.world.deref_target(&at) {
                Some(inner) => at = inner,
                None => break,
            }
        }
        self.method_in_scope(id, &receiver_ty, method, generics, args, expected)
    }

    /// A container made empty (`Vec::new()`) holds what is first put into it.
    fn learn_content(&mut self, receiver: ExprId, container: &Ty, method: &str, args: &[Arg]) {
        let Some(local) = self.out.uses.get(&receiver).copied() else {
            return;
        };
        let Ty::Ext(path, known) = container else { return };
        if !known.iter().all(Ty::is_unknown) || self.out.local(local).ty != *container {
            return;
        }
        let given = |idx: usize| {
            args.get(idx)
                .map(|arg| self.out.ty(arg.value).clone())
                .unwrap_or_default()
        };
        let content: Vec<Ty> = match (path.as_str(), method) {
            ("std::Vec" | "std::VecDeque", "push" | "push_back" | "push_front") => vec![given(0)],
            ("std::Vec" | "std::VecDeque" | "std::HashSet" | "std::BTreeSet", "extend") => {
                vec![self.element_of(&given(0))]
            }
            ("std::HashSet" | "std::BTreeSet" | "std::FutureSet", "insert" | "push") => vec![given(0)],
            ("std::HashMap" | "std::BTreeMap", "insert") => vec![given(0), given(1)],
            _ => return,
        };
        if content.iter().any(|ty| !ty.is_unknown()) {
            self.out.locals[local.0 as usize].ty = Ty::Ext(path.clone(), content.into());
        }
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
                    let first = self.signature_for(at, method, &ids).unwrap_or(first);
                    self.out.callees.insert(id, Callee::Own { ids, class });
                    return Some(self.instantiate(first, Some(at), args, generics, expected));
                }
                if let Some(found) = self.outside_bound_method(at, method, args) {
                    let (entry, of, own) = found;
                    let ty = self.catalog_call(&entry, &own, args, expected);
                    let path = Name::from(format!("{of}::{method}"));
                    self.calls_catalog(id, entry, path, of, EvidenceClass::Bound);
                    return Some(ty);
                }
                if matches!(at, Ty::Adt(..))
                    && matches!(method.as_str(), "clone" | "to_owned" | "by_ref" | "borrow" | "as_ref")
                {
                    self.out.callees.insert(id, Callee::Outside(Name::new("derived")));
                    return Some(at.clone());
                }
                self.method_of_bound(id, receiver, at, method, generics, args, class, expected)
            }
            Ty::Ext(path, _) if path.starts_with("std::") => {
                if let Some(ids) = self.foreign_impl_of(at, method) {
                    return Some(self.call_foreign_impl(id, ids, at, generics, args, expected));
                }
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
            Ty::Tuple(_) => {
                let array = Ty::ext("std::Vec", &[at.element()]);
                let ty = self.std_method(id, receiver, &array, method, generics, args, expected)?;
                self.out.callees.entry(id).or_insert(Callee::Outside(method.clone()));
                Some(ty)
            }
            Ty::Fn(..) | Ty::Prim(_) | Ty::Never | Ty::Unknown => None,
        }
    }

    /// A method that a bound from std offers (`I: Iterator<Item = T>`), or a type of ours by implementing such a
    /// trait; and what a bound says a value is turned into (`T: Into<Config>`).
    #[expect(clippy::too_many_arguments, reason = "the whole state of one method call")]
    fn method_of_bound(
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
        if let Some(own) = self.as_std_trait(at) {
            return self.method_on(id, receiver, &own, method, generics, args, class, expected);
        }
        let Ty::Param(param) = at else { return None };
        let turned = self.bounds_of(param).into_iter().find(|bound| match bound {
            Ty::Adt(of, _) => self.world.ty(*of).def.kind != TypeKind::Trait,
            Ty::Ext(path, _) => path.starts_with("std::"),
            _ => false,
        })?;
        if matches!(
            method.as_str(),
            "into" | "as_ref" | "as_mut" | "borrow" | "to_owned" | "clone"
        ) {
            self.out.callees.insert(id, Callee::Outside(Name::new("derived")));
            return Some(turned);
        }
        self.method_on(id, receiver, &turned, method, generics, args, class, expected)
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
            self.calls_catalog(id, entry, path, of.clone(), class);
            return Some(ty);
        }
        let ids = self.foreign_impl(own, method)?;
        Some(self.call_foreign_impl(id, ids, own, &[], args, expected))
    }

    fn call_foreign_impl(
        &mut self,
        id: ExprId,
        ids: Vec<FnId>,
        own: &Ty,
        generics: &'a [TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Ty {
        let first = ids[0];
        self.out.callees.insert(
            id,
            Callee::Own {
                ids,
                class: EvidenceClass::InScopeTrait,
            },
        );
        self.instantiate(first, Some(own), args, generics, expected)
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
            Ty::Unknown
                | Ty::Foreign(_)
                | Ty::Ext(..)
                | Ty::Param(_)
                | Ty::Dyn(_)
                | Ty::Adt(..)
                | Ty::Future(_)
                | Ty::Fn(..)
                | Ty::Prim(_)
                | Ty::Tuple(_)
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
            let found = self.library_trait_method(method, args.len(), true);
            if let Some((of, entry)) = found {
                let own = Ty::Ext(of.trait_path.clone(), [].into());
                let receiver = if receiver_ty.is_unknown() { &own } else { receiver_ty };
                let ty = self.catalog_call(&entry, receiver, args, expected);
                // `Self` of a trait says nothing.
                let ty = if receiver_ty.is_unknown() && ty == own {
                    Ty::Unknown
                } else {
                    ty
                };
                let path = Name::from(format!("{}::{method}", of.trait_path));
                let class = EvidenceClass::InScopeTrait;
                self.calls_catalog(id, entry, path, of.trait_path.clone(), class);
                return ty;
            }
        }
        if method == "into" && args.is_empty() && self.infer_into(id, receiver_ty, expected) {
            return expected.clone();
        }
        self.unbound_method(id, receiver_ty, method, args, expected)
    }

    /// A method that nothing in sight offers: outside, or open with the reason.
    fn unbound_method(&mut self, id: ExprId, receiver_ty: &Ty, method: &str, args: &'a [Arg], expected: &Ty) -> Ty {
        self.infer_loose_args(args, receiver_ty);
        let (callee, ty) = match receiver_ty {
            Ty::Ext(path, _) => {
                let krate = Name::new(path.split("::").next().unwrap_or_default());
                let ty = match method {
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
            Ty::Tuple(_) | Ty::Fn(..) | Ty::Future(_) | Ty::Never => (Callee::Outside(Name::new(method)), Ty::Unknown),
            Ty::Unknown => (
                Callee::Unresolved("type of the receiver is not known"),
                generic_result(method),
            ),
            Ty::Adt(..) => (
                Callee::Unresolved("the receiver's type has no such method here"),
                generic_result(method),
            ),
            Ty::Param(_) | Ty::Dyn(_) => (
                Callee::Unresolved("no bound of the receiver has such a method"),
                generic_result(method),
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
                params.first().is_some_and(|param| param.is_same_head(from))
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
