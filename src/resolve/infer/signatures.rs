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
            Ty::Param(name) => self
                .bounds_of(name)
                .iter()
                .find_map(|bound| self.function_type(bound))
                .map(|(params, ret)| (params, self.bounded(ret))),
            Ty::Dyn(bounds) => bounds.iter().find_map(|bound| self.function_type(bound)),
            _ => ty.deref().and_then(|inner| self.function_type(&inner)),
        }
    }

    /// A generic result replaced by what its bound says (`Fut: Future<Output = T>`).
    fn bounded(&self, ty: Ty) -> Ty {
        match &ty {
            Ty::Param(name) => self
                .bounds_of(name)
                .into_iter()
                .find(|bound| matches!(bound, Ty::Future(_)))
                .unwrap_or(ty),
            _ => ty,
        }
    }

    /// What a generic can do; for `T::Out`, what the trait says of its `Out`.
    pub(super) fn bounds_of(&self, param: &Name) -> Vec<Ty> {
        self.world.bounds_in(self.generics, param)
    }

    /// A type as one of std's traits that says how it is used up: an iterator, a stream, a future.
    pub(super) fn as_std_trait(&self, ty: &Ty) -> Option<Ty> {
        let is_known = |ty: &Ty| matches!(ty, Ty::Future(_)) || matches!(ty.as_std(), Some(("Iterator" | "Stream", _)));
        match ty {
            Ty::Adt(id, _) => self.world.std_trait_of(*id, ty),
            Ty::Param(name) => self.bounds_of(name).into_iter().find(is_known),
            Ty::Dyn(bounds) => bounds.iter().find(|bound| is_known(bound)).cloned(),
            _ => None,
        }
    }

    /// The element type when iterated.
    pub(crate) fn element_of(&self, ty: &Ty) -> Ty {
        match self.as_std_trait(ty) {
            Some(sequence) => sequence.element(),
            None => ty.element(),
        }
    }

    /// What `.await` gives.
    pub(super) fn await_of(&self, ty: &Ty) -> Ty {
        match self.as_std_trait(ty) {
            Some(future @ Ty::Future(_)) => future.awaited(),
            _ => ty.awaited(),
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
        // What is learned of the receiver teaches more: `impl<S, T> Layer<S> where S: Service<Out = T>`.
        learn_bounds(&signature.generics, &mut learned);
        // A method call's arguments start after `self`.
        let skip = usize::from(data.def.has_self && args.len() < signature.params.len());
        let is_closure = |this: &Self, arg: &Arg| matches!(this.body.get(arg.value).kind, ExprKind::Closure { .. });
        for closures in [false, true] {
            for (idx, arg) in args.iter().enumerate() {
                if is_closure(self, arg) != closures {
                    continue;
                }
                let declared = signature.params.get(idx + skip).cloned().unwrap_or_default();
                let expected = self.expectation(&declared, &signature.generics, &learned);
                let actual = self.infer(arg.value, &expected);
                declared.learn(&actual, &mut learned);
                learn_bounds(&signature.generics, &mut learned);
            }
        }
        if signature.ret == Ty::Param(Name::new("Self")) && receiver.is_some_and(|ty| !ty.is_unknown()) {
            return receiver.cloned().unwrap_or_default();
        }
        // Last, since it is least sure: what the place around wants.
        signature.ret.learn(expected, &mut learned);
        let ret = signature.ret.substitute(&|name| {
            self.world.learned_param(name, &learned).or_else(|| {
                let base = name.split("::").next().unwrap_or_default();
                let is_own = signature.generics.iter().any(|(known, _)| known == base);
                is_own.then(|| self.unlearned(name, &signature.generics))
            })
        });
        ret.or(|| expected.clone())
    }

    /// Of a generic that nothing says: unknown, but for `T::Out` what its trait says that it can do.
    fn unlearned(&self, name: &Name, generics: &[(Name, Vec<Ty>)]) -> Ty {
        let bounds = if name.contains("::") {
            self.world.bounds_in(generics, name)
        } else {
            Vec::new()
        };
        match bounds.as_slice() {
            [] => Ty::Unknown,
            [only] if !matches!(only, Ty::Adt(..)) => only.clone(),
            _ => Ty::Dyn(bounds.into()),
        }
    }

    /// What an argument is expected to be: the parameter's type, a generic replaced by what is learned or by its bound.
    fn expectation(&self, declared: &Ty, generics: &[(Name, Vec<Ty>)], learned: &[(Name, Ty)]) -> Ty {
        let known = |name: &Name| self.world.learned_param(name, learned);
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
        self.returns.push(wanted_ret.clone());
        let loops = std::mem::take(&mut self.loops);
        let actual = self.infer(*inner, &wanted_ret);
        self.loops = loops;
        self.returns.pop();
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
