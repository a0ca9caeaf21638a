//! Classes and interfaces of other languages: methods that belong to a type, inherited ones, implementations
//! that are declared by a list of bases or, in Go, by having the methods.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{
    Name,
    expr::TypeRef,
    fact::{FileFacts, Impl, Language, Owner, TypeKind},
    package::Ecosystem,
};

use super::{
    lower::TypeScope,
    symbols::World,
    ty::{FnId, Ty, TypeId},
};

/// Classes below one interface that are taken; more are cut.
const MAX_CLASSES: usize = 64;

/// Bases and what is below them, for languages with classes or structural interfaces.
#[derive(Default)]
pub(crate) struct Classes {
    bases: FxHashMap<TypeId, Vec<Ty>>,
    below: FxHashMap<TypeId, Vec<TypeId>>,
}

/// A class's methods are those of an impl block of its own.
pub(crate) fn give_classes_impls(facts: &mut FileFacts) {
    if facts.language == Language::Rust {
        return;
    }
    let mut impl_of: BTreeMap<u32, u32> = BTreeMap::new();
    for function in &mut facts.functions {
        let Owner::Type(idx) = function.owner else { continue };
        let Some(def) = facts.types.get(idx as usize) else {
            continue;
        };
        if def.kind == TypeKind::Trait {
            continue;
        }
        let impls = &mut facts.impls;
        let imp = *impl_of.entry(idx).or_insert_with(|| {
            impls.push(Impl {
                scope: def.scope.clone(),
                self_ty: TypeRef::Named {
                    segments: vec![def.name.clone()],
                    args: def.generics.iter().map(|of| TypeRef::named(&[&of.name])).collect(),
                    bindings: Vec::new(),
                },
                trait_ref: None,
                generics: def.generics.clone(),
                associated: Vec::new(),
                attributes: def.attributes.clone(),
                is_test: def.is_test,
                span: def.span,
            });
            u32::try_from(impls.len() - 1).unwrap_or(u32::MAX)
        });
        function.owner = Owner::Impl(imp);
    }
}

impl World<'_> {
    /// Note the bases of all classes. Names must be resolved.
    pub(crate) fn index_classes(&mut self) {
        let mut classes = Classes::default();
        for idx in 0..self.types.len() {
            let id = TypeId(u32::try_from(idx).unwrap_or(u32::MAX));
            let data = self.ty(id);
            if data.def.bases.is_empty() || self.ecosystem(data.module) == Ecosystem::Cargo {
                continue;
            }
            let scope = TypeScope {
                module: data.module,
                generics: &[],
                self_ty: None,
                associated: &[],
            };
            let bases: Vec<Ty> = data.def.bases.iter().map(|base| self.lower(base, &scope)).collect();
            for base in &bases {
                if let Ty::Adt(of, _) = base {
                    classes.below.entry(*of).or_default().push(id);
                }
            }
            classes.bases.insert(id, bases);
        }
        self.index_structural(&mut classes);
        self.classes = classes;
    }

    /// Go: a type that has all methods of an interface implements it.
    fn index_structural(&self, classes: &mut Classes) {
        let is_go = |id: TypeId| self.ecosystem(self.ty(id).module) == Ecosystem::Go;
        let mut wanted: BTreeMap<TypeId, Vec<&Name>> = BTreeMap::new();
        let mut declared: Vec<&(TypeId, Name)> = self.trait_methods.keys().filter(|(of, _)| is_go(*of)).collect();
        declared.sort();
        for (of, name) in declared {
            wanted.entry(*of).or_default().push(name);
        }
        if wanted.is_empty() {
            return;
        }
        let mut having: FxHashMap<&Name, Vec<TypeId>> = FxHashMap::default();
        for (of, name) in self.inherent.keys() {
            if is_go(*of) {
                having.entry(name).or_default().push(*of);
            }
        }
        for (of, names) in wanted {
            let rarest = names.iter().min_by_key(|name| having.get(**name).map_or(0, Vec::len));
            let candidates = rarest.and_then(|name| having.get(*name)).into_iter().flatten();
            let fitting = candidates.copied().filter(|ty| {
                names
                    .iter()
                    .all(|name| self.inherent.contains_key(&(*ty, (*name).clone())))
            });
            classes.below.entry(of).or_default().extend(fitting);
        }
    }

    /// The direct bases of a class.
    pub(crate) fn class_bases(&self, id: TypeId) -> &[Ty] {
        self.classes.bases.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The base classes and interfaces above a class, nearest first.
    pub(crate) fn ancestors_of(&self, id: TypeId) -> Vec<TypeId> {
        let mut out = Vec::new();
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            for base in self.class_bases(at) {
                if let Ty::Adt(of, _) = base
                    && *of != id
                    && !out.contains(of)
                {
                    out.push(*of);
                    open.push(*of);
                }
            }
        }
        out
    }

    /// The functions that calling `name` on a class, or on something of an interface's type, can reach in the classes
    /// below it.
    pub(crate) fn methods_below(&self, of: TypeId, name: &Name, include_tests: bool) -> Vec<FnId> {
        let mut seen: FxHashSet<TypeId> = FxHashSet::default();
        let mut open = vec![of];
        let mut ids = Vec::new();
        while let Some(at) = open.pop() {
            for class in self.classes.below.get(&at).into_iter().flatten() {
                if MAX_CLASSES < seen.len() || !seen.insert(*class) {
                    continue;
                }
                open.push(*class);
                if !self.ty(*class).is_test || include_tests {
                    ids.extend(self.class_method(*class, name));
                }
            }
        }
        ids.sort();
        ids.dedup();
        ids
    }

    /// A class's own method, or the nearest inherited one, with a body.
    pub(crate) fn class_method(&self, id: TypeId, name: &Name) -> Vec<FnId> {
        let has_body = |id: &FnId| self.function(*id).def.body.is_some();
        let own = |id: TypeId| -> Vec<FnId> {
            let found = self.inherent.get(&(id, name.clone())).into_iter().flatten();
            found.copied().filter(has_body).collect()
        };
        std::iter::once(id)
            .chain(self.ancestors_of(id))
            .map(own)
            .find(|ids| !ids.is_empty())
            .unwrap_or_default()
    }
}
