//! Types that nobody writes: of constants, results and fields in languages that do without, learned from what is
//! assigned and returned.

use rayon::prelude::*;

use crate::model::{
    Name,
    expr::{Body, ExprKind},
    fact::Language,
    package::Ecosystem,
};

use super::{
    infer::{Typed, infer_constant, infer_function},
    site::Sites,
    symbols::World,
    ty::{ConstId, FnId, Ty, TypeId},
};

/// A result may come from another result, which comes from a field: such chains are short.
const MAX_ROUNDS: usize = 3;

/// What one round learned.
#[derive(Default)]
struct Learned {
    returns: Vec<(FnId, Ty)>,
    fields: Vec<(TypeId, Name, Ty)>,
}

impl World<'_> {
    /// Learn the types of constants without annotation, and outside Rust of results and fields.
    pub(crate) fn learn_types(&mut self) {
        let open: Vec<FnId> = (0..self.functions.len())
            .map(|idx| FnId(u32::try_from(idx).unwrap_or(u32::MAX)))
            .filter(|id| {
                let data = self.function(*id);
                self.ecosystem(data.module) != Ecosystem::Cargo && data.def.body.is_some()
            })
            .collect();
        for id in &open {
            self.forget_result(*id);
        }
        for _ in 0..MAX_ROUNDS {
            let constants = self.learn_constants();
            let learned = self.learn_functions(&open);
            let mut changed = !constants.is_empty() || !learned.returns.is_empty();
            for (id, ty) in constants {
                self.constants[id.0 as usize].ty = ty;
            }
            for (id, ty) in learned.returns {
                let is_async = self.function(id).def.is_async;
                let ty = if is_async { Ty::future(ty.awaited()) } else { ty };
                self.functions[id.0 as usize].signature.ret = ty;
            }
            for (of, name, ty) in learned.fields {
                let known = self.field_types.entry((of, name)).or_default();
                if known.is_unknown() {
                    *known = ty;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Where a result need not be written, none written does not mean that there is none.
    fn forget_result(&mut self, id: FnId) {
        let data = self.function(id);
        let is_optional = matches!(
            self.files[data.file].language,
            Language::Python
                | Language::TypeScript
                | Language::JavaScript
                | Language::Ruby
                | Language::Php
                | Language::Kotlin
        );
        // `async f(): Promise<T>` writes the promise down, unlike Rust.
        if let (true, Ty::Future(of)) = (data.def.is_async, &data.signature.ret)
            && matches!(of.as_ref(), Ty::Future(_))
        {
            let ret = of.as_ref().clone();
            self.functions[id.0 as usize].signature.ret = ret;
            return;
        }
        if is_optional && data.def.ret.is_none() {
            let ret = if data.def.is_async {
                Ty::future(Ty::Unknown)
            } else {
                Ty::Unknown
            };
            self.functions[id.0 as usize].signature.ret = ret;
        }
    }

    fn learn_constants(&self) -> Vec<(ConstId, Ty)> {
        let open = self
            .constants
            .iter()
            .enumerate()
            .filter(|(_, data)| data.ty.is_unknown());
        open.filter_map(|(idx, data)| {
            let ty = infer_constant(self, idx).ty(data.def.value.root?).clone();
            (!ty.is_unknown()).then_some((ConstId(u32::try_from(idx).unwrap_or(u32::MAX)), ty))
        })
        .collect()
    }

    fn learn_functions(&self, open: &[FnId]) -> Learned {
        let found: Vec<Learned> = open.par_iter().map(|id| self.learn_function(*id)).collect();
        let mut all = Learned::default();
        for one in found {
            all.returns.extend(one.returns);
            all.fields.extend(one.fields);
        }
        all
    }

    fn learn_function(&self, id: FnId) -> Learned {
        let mut learned = Learned::default();
        let data = self.function(id);
        let Some(body) = &data.def.body else { return learned };
        let typed = infer_function(self, id);
        if matches!(&data.signature.ret, Ty::Unknown)
            || matches!(&data.signature.ret, Ty::Future(of) if of.is_unknown())
        {
            let ty = returned(body, &typed);
            if !ty.is_unknown() {
                learned.returns.push((id, ty));
            }
        }
        for (expr, shape) in body.iter() {
            match &shape.kind {
                ExprKind::Assign {
                    target,
                    value,
                    op: None,
                } => {
                    if let (Some(of), ExprKind::Field { name, .. }) =
                        (typed.fields.get(target), &body.get(*target).kind)
                    {
                        self.learn_field(*of, name, typed.ty(*value), &mut learned);
                    }
                }
                ExprKind::Struct { fields, .. } => {
                    if let Some(of) = typed.literals.get(&expr) {
                        for (name, value) in fields {
                            self.learn_field(*of, name, typed.ty(*value), &mut learned);
                        }
                    }
                }
                _ => {}
            }
        }
        learned
    }

    fn learn_field(&self, of: TypeId, name: &Name, ty: &Ty, learned: &mut Learned) {
        let is_open = self.field_of(of, &[], name).is_some_and(|ty| ty.is_unknown());
        if is_open && !ty.is_unknown() {
            learned.fields.push((of, name.clone(), ty.clone()));
        }
    }
}

/// The type of what a body returns, where one of its ends tells.
fn returned(body: &Body, typed: &Typed<'_>) -> Ty {
    let sites = Sites::of(body);
    let written = body.iter().filter_map(|(id, expr)| match &expr.kind {
        ExprKind::Return(Some(value)) if sites.enclosing(id).is_none() => Some(*value),
        _ => None,
    });
    let tail = body
        .root
        .filter(|root| matches!(body.get(*root).kind, ExprKind::Block { has_tail: true, .. }));
    written
        .chain(tail)
        .map(|value| typed.ty(value).clone())
        .find(|ty| !matches!(ty, Ty::Unknown | Ty::Never))
        .unwrap_or_default()
}
