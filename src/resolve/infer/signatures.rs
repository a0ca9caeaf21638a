//! Arguments held against parameters: generics learned, closures typed by the bounds of what takes them.

use crate::{
    model::{
        Name,
        expr::{Arg, ExprId, ExprKind, TypeRef},
    },
    resolve::ty::{FnId, Ty},
};

use super::{Inferer, Origin, Source};

impl<'a> Inferer<'_, 'a> {
    /// Parameters and result of something that can be called.
    pub(super) fn function_type(&self, ty: &Ty) -> Option<(Vec<Ty>, Ty)> {
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

    /// What comes out of a future or closure when it is run.
    pub(super) fn output_of(&self, ty: &Ty) -> Ty {
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
    pub(super) fn instantiate(
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

    pub(super) fn infer_closure(&mut self, id: ExprId, expected: &Ty) -> Ty {
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
            let origin = Origin::ClosureParam(id, u32::try_from(idx).unwrap_or(u32::MAX));
            self.bind(&param.pattern, &ty, &Source::of(origin));
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
