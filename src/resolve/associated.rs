//! Associated types: of generics, by bounds; of types, by the implementation that says what they are.

use crate::model::Name;

use super::{
    lower::{TypeScope, unbounded},
    symbols::World,
    ty::Ty,
};

impl World<'_> {
    /// An associated type of a type. Of a generic it stays a generic of its own, named `T::Out`: it is learned with `T`.
    pub(crate) fn project(&self, base: &Ty, name: &Name, scope: &TypeScope<'_>, depth: usize) -> Ty {
        let in_scope = scope.self_ty.is_some_and(|own| own == base);
        if in_scope && let Some((_, ty)) = scope.associated.iter().find(|(known, _)| known == name) {
            return self.lower_at(ty, scope, depth + 1);
        }
        let Ty::Param(param) = base else {
            return self.associated_at(base, name, depth);
        };
        let bounds = scope.generics.iter().find(|(known, _)| known == param);
        bounds
            .into_iter()
            .flat_map(|(_, bounds)| bounds)
            .map(|bound| std_associated(bound, name))
            .find(|ty| !ty.is_unknown())
            .unwrap_or_else(|| Ty::Param(Name::from(format!("{param}::{name}"))))
    }

    /// An associated type of a concrete type, by the implementation that says what it is.
    pub(crate) fn associated_type(&self, base: &Ty, name: &Name) -> Ty {
        self.associated_at(base, name, 0)
    }

    fn associated_at(&self, base: &Ty, name: &Name, depth: usize) -> Ty {
        let std = std_associated(base, name);
        if !std.is_unknown() {
            return std;
        }
        let impls = match base {
            Ty::Adt(id, _) => self.impls_for_type.get(id),
            Ty::Ext(..) | Ty::Prim(_) | Ty::Tuple(_) => self.foreign_associated.get(name),
            _ => None,
        };
        impls
            .into_iter()
            .flatten()
            .map(|imp| &self.impls[*imp as usize])
            .filter(|imp| imp.self_ty.is_same_head(base))
            .find_map(|imp| {
                let (_, ty) = imp.def.associated.iter().find(|(known, _)| known == name)?;
                let generics = unbounded(&imp.def.generics);
                let inner = TypeScope {
                    module: imp.module,
                    generics: &generics,
                    self_ty: Some(&imp.self_ty),
                    associated: &imp.def.associated,
                };
                let mut learned = Vec::new();
                imp.self_ty.learn(base, &mut learned);
                let lowered = self.lower_at(ty, &inner, depth + 1);
                Some(lowered.substitute(&|name| self.learned_param(name, &learned)))
            })
            .unwrap_or_default()
    }

    /// What is learned of a generic; for `T::Out` by what is learned of `T`.
    pub(crate) fn learned_param(&self, name: &Name, learned: &[(Name, Ty)]) -> Option<Ty> {
        if let Some((_, ty)) = learned.iter().find(|(known, _)| known == name) {
            return Some(ty.clone());
        }
        let (base, associated) = name.rsplit_once("::")?;
        match self.learned_param(&Name::new(base), learned)? {
            Ty::Param(param) => Some(Ty::Param(Name::from(format!("{param}::{associated}")))),
            base => Some(self.associated_type(&base, &Name::new(associated))).filter(|ty| !ty.is_unknown()),
        }
    }
}

/// The associated types of std's own traits.
fn std_associated(base: &Ty, name: &str) -> Ty {
    match (name, base) {
        ("Item", _) => base.element(),
        ("Output", Ty::Fn(_, ret)) => ret.as_ref().clone(),
        ("Output", Ty::Future(_)) => base.awaited(),
        ("Target", _) => base.deref().unwrap_or_default(),
        _ => Ty::Unknown,
    }
}
