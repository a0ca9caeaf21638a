//! Every body with its types, and the indexes over all bodies that value flow asks: parents, returns,
//! field writes, callers.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::{
    catalog::schema::Role,
    model::{
        Name,
        expr::{Body, ExprId, ExprKind, Pattern},
    },
};

use super::{
    infer::{Callee, LocalId, Typed, infer_constant, infer_function},
    patterns::variant_field,
    site::{FailureStyle, Sites},
    symbols::World,
    ty::{ConstId, FnId, Ty, TypeId},
};

/// A function's body or a constant's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum BodyRef {
    Function(FnId),
    Constant(ConstId),
}

/// An expression of some body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct At {
    pub(crate) body: BodyRef,
    pub(crate) expr: ExprId,
}

/// One typed body with what hangs on its shape.
#[derive(Default)]
pub(crate) struct TypedBody<'a> {
    pub(crate) typed: Typed<'a>,
    /// What the function returns: the tail and `return` values outside closures.
    pub(crate) returns: Vec<ExprId>,
    /// What the syntax around its calls tells.
    pub(crate) sites: Option<Sites<'a>>,
    /// Setters called on a local for their effect (`builder.set_timeout(..);`), in order.
    pub(crate) mutations: FxHashMap<LocalId, Vec<ExprId>>,
}

/// All bodies and the indexes over them.
pub(crate) struct Bodies<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) functions: Vec<TypedBody<'a>>,
    pub(crate) constants: Vec<TypedBody<'a>>,
    /// Values written to a field anywhere in production code.
    pub(crate) writes: FxHashMap<(TypeId, Name), Vec<At>>,
    /// Production call sites of each function.
    pub(crate) callers: Vec<Vec<At>>,
}

impl<'w, 'a> Bodies<'w, 'a> {
    /// Type all bodies, in parallel, and index them.
    pub(crate) fn build(world: &'w World<'a>) -> Self {
        let style = |file: usize| FailureStyle::of(world.files[file].language);
        let functions: Vec<TypedBody<'a>> = (0..world.functions.len())
            .into_par_iter()
            .map(|idx| {
                let id = FnId(u32::try_from(idx).unwrap_or(u32::MAX));
                match &world.function(id).def.body {
                    Some(body) => TypedBody::of(body, infer_function(world, id), style(world.function(id).file)),
                    None => TypedBody::default(),
                }
            })
            .collect();
        let constants: Vec<TypedBody<'a>> = (0..world.constants.len())
            .into_par_iter()
            .map(|idx| {
                let data = &world.constants[idx];
                TypedBody::of(&data.def.value, infer_constant(world, idx), style(data.file))
            })
            .collect();
        let mut bodies = Self {
            world,
            functions,
            constants,
            writes: FxHashMap::default(),
            callers: Vec::new(),
        };
        bodies.index();
        bodies
    }

    pub(crate) fn body(&self, body: BodyRef) -> Option<&'a Body> {
        match body {
            BodyRef::Function(id) => self.world.function(id).def.body.as_ref(),
            BodyRef::Constant(id) => Some(&self.world.constant(id).def.value),
        }
    }

    pub(crate) fn typed(&self, body: BodyRef) -> &TypedBody<'a> {
        match body {
            BodyRef::Function(id) => &self.functions[id.0 as usize],
            BodyRef::Constant(id) => &self.constants[id.0 as usize],
        }
    }

    pub(crate) fn kind(&self, at: At) -> &'a ExprKind {
        let body = self.body(at.body).expect("an expression stands in a body");
        &body.get(at.expr).kind
    }

    fn index(&mut self) {
        let mut writes: FxHashMap<(TypeId, Name), Vec<At>> = FxHashMap::default();
        let mut callers: Vec<Vec<At>> = vec![Vec::new(); self.world.functions.len()];
        for (idx, data) in self.world.functions.iter().enumerate() {
            let id = FnId(u32::try_from(idx).unwrap_or(u32::MAX));
            if data.is_test {
                continue;
            }
            let Some(body) = &data.def.body else { continue };
            let own = &self.functions[idx];
            let at = |expr| At {
                body: BodyRef::Function(id),
                expr,
            };
            for (expr, _) in body.iter() {
                index_writes(self.world, own, at(expr), body, &mut writes);
                if let Some(Callee::Own { ids, .. }) = own.typed.callees.get(&expr) {
                    for callee in ids {
                        callers[callee.0 as usize].push(at(expr));
                    }
                }
            }
        }
        for (idx, data) in self.world.constants.iter().enumerate() {
            if data.is_test {
                continue;
            }
            let body = BodyRef::Constant(ConstId(u32::try_from(idx).unwrap_or(u32::MAX)));
            for (expr, _) in data.def.value.iter() {
                index_writes(
                    self.world,
                    &self.constants[idx],
                    At { body, expr },
                    &data.def.value,
                    &mut writes,
                );
            }
        }
        self.writes = writes;
        self.callers = callers;
    }
}

fn index_writes(
    world: &World<'_>,
    own: &TypedBody<'_>,
    at: At,
    body: &Body,
    writes: &mut FxHashMap<(TypeId, Name), Vec<At>>,
) {
    let mut write = |of: TypeId, name: Name, expr: ExprId| {
        writes.entry((of, name)).or_default().push(At { body: at.body, expr });
    };
    match &body.get(at.expr).kind {
        ExprKind::Struct { fields, .. } => {
            if let Some(of) = own.typed.literals.get(&at.expr) {
                for (name, value) in fields {
                    write(*of, name.clone(), *value);
                }
            }
        }
        ExprKind::Call { args, .. } => {
            if let Some((of, variant)) = own.typed.constructs.get(&at.expr) {
                for (idx, arg) in args.iter().enumerate() {
                    let name = match variant {
                        Some(variant) => variant_field(&world.ty(*of).def.variants[*variant as usize].name, idx),
                        None => Name::from(idx.to_string()),
                    };
                    write(*of, name, arg.value);
                }
            }
        }
        ExprKind::Assign {
            target,
            value,
            op: None,
        } => {
            if let (Some(of), Some(ExprKind::Field { name, .. })) =
                (own.typed.fields.get(target), Some(&body.get(*target).kind))
            {
                write(*of, name.clone(), *value);
            }
        }
        _ => {}
    }
}

impl<'a> TypedBody<'a> {
    fn of(body: &'a Body, typed: Typed<'a>, style: FailureStyle) -> Self {
        let mut sites = Sites::of(body);
        if style != FailureStyle::Value {
            let futures = typed
                .callees
                .keys()
                .filter(|id| matches!(typed.ty(**id), Ty::Future(_)));
            sites = sites.with_style(style, futures.copied().collect());
        }
        let mut own = Self {
            typed,
            sites: Some(sites),
            ..Self::default()
        };
        own.returns = own.collect_returns(body);
        own.collect_mutations(body);
        own
    }

    /// The expression around, if any.
    pub(crate) fn parent(&self, id: ExprId) -> Option<ExprId> {
        self.sites.as_ref()?.parent(id)
    }

    /// The innermost closure around an expression.
    pub(crate) fn closure_around(&self, body: &Body, id: ExprId) -> Option<ExprId> {
        let mut at = self.parent(id);
        while let Some(here) = at {
            if matches!(body.get(here).kind, ExprKind::Closure { .. }) {
                return Some(here);
            }
            at = self.parent(here);
        }
        None
    }

    fn collect_returns(&self, body: &Body) -> Vec<ExprId> {
        // A block without tail has no value: what it returns is said by its `return`s.
        let has_value = |root: &ExprId| {
            !matches!(
                body.get(*root).kind,
                ExprKind::Block {
                    has_tail: false,
                    is_async: false,
                    ..
                }
            )
        };
        let mut returns: Vec<ExprId> = body.root.filter(has_value).into_iter().collect();
        for (id, expr) in body.iter() {
            if let ExprKind::Return(Some(value)) = &expr.kind
                && self.closure_around(body, id).is_none()
            {
                returns.push(*value);
            }
        }
        returns
    }

    /// Whether a call is a statement whose value is dropped, up to its error: `x.set(1);`, `x.set(1)?;`, `let _ = x.set(1);`.
    fn is_for_effect(&self, body: &Body, id: ExprId) -> bool {
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            match &body.get(parent).kind {
                ExprKind::Block { stmts, has_tail, .. } => return !(*has_tail && stmts.last() == Some(&at)),
                kind if passes_result(kind) => at = parent,
                _ => return false,
            }
        }
        false
    }

    fn collect_mutations(&mut self, body: &Body) {
        let mut mutations: FxHashMap<LocalId, Vec<ExprId>> = FxHashMap::default();
        for (id, expr) in body.iter() {
            let is_called = matches!((&expr.kind, self.typed.callees.get(&id)),
                (ExprKind::Method { .. }, Some(Callee::Catalog { entry, .. }))
                    if entry.function.role == Role::Setter
                        || (entry.function.role == Role::Step && entry.function.endpoint.is_some()));
            let is_setter = is_called || self.typed.setters.contains_key(&id);
            if !is_setter || !self.is_for_effect(body, id) {
                continue;
            }
            let mut root = id;
            if let ExprKind::Assign { target, .. } = &body.get(id).kind
                && let ExprKind::Field { base, .. } = &body.get(*target).kind
            {
                root = *base;
            }
            while let ExprKind::Method { receiver, .. } = &body.get(root).kind {
                root = *receiver;
            }
            if let Some(local) = self.typed.uses.get(&root) {
                mutations.entry(*local).or_default().push(id);
            }
        }
        self.mutations = mutations;
    }
}

/// Whether an expression only hands on what its operand did: `x?`, `x.unwrap()`, `let _ = x`.
pub(crate) fn passes_result(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Try(_) => true,
        ExprKind::Method { method, .. } => matches!(method.as_str(), "unwrap" | "expect" | "ok"),
        ExprKind::Bind { pattern, .. } => *pattern == Pattern::Wild,
        _ => false,
    }
}
