//! The guards that stand around an expression in its own body: wrappers it is handed to, retry loops and
//! selects it stands in, also when the future or closure is stored first and guarded later.

use crate::{
    catalog::schema::{Completes, Role},
    model::{
        expr::{ExprId, ExprKind, Pattern},
        guard::{Layer, LayerKind, Scope, Source},
    },
};

use super::{
    bodies::{At, BodyRef},
    infer::{Callee, LocalId, Origin},
    ty::{FnId, Ty},
    values::{Call, Context, Flow},
};

/// Variables and helpers followed for one expression.
const MAX_HOPS: usize = 10;

/// Which part of a call an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Callee,
    Receiver,
    Argument(u32),
}

impl<'a> Flow<'_, 'a> {
    /// The layers around an expression, innermost first. `completes` is what the call itself does when it
    /// returns: a limit right around a call that returns with the head of the answer bounds only the head.
    pub(crate) fn around(&self, context: &Context, expr: ExprId, completes: Option<Completes>) -> Vec<Layer> {
        let mut layers = Vec::new();
        let completes = completes.filter(|of| *of != Completes::Headers || self.answer_is_read(context, expr));
        self.climb(context, expr, completes, 0, &mut layers);
        layers
    }

    fn climb(
        &self,
        context: &Context,
        expr: ExprId,
        completes: Option<Completes>,
        hops: usize,
        layers: &mut Vec<Layer>,
    ) {
        let bodies = self.bodies;
        let Some(body) = bodies.body(context.body) else { return };
        let own = bodies.typed(context.body);
        let subject = self.subject(context, expr);
        let mut child = expr;
        // Still the bare future of the call, nothing done with its answer yet.
        let mut is_bare = true;
        while let Some(here) = own.parent(child) {
            match &body.get(here).kind {
                ExprKind::Call { .. } | ExprKind::Method { .. } | ExprKind::Macro { .. } => {
                    let position = position_of(&body.get(here).kind, child);
                    let before = layers.len();
                    self.layers_at(context, here, position, hops, layers);
                    if is_bare && completes == Some(Completes::Headers) {
                        for layer in &mut layers[before..] {
                            bound_head_only(layer);
                        }
                    }
                    if position != Some(Position::Receiver) {
                        is_bare = false;
                    }
                }
                ExprKind::Bind { pattern, init, .. } if *init == Some(child) => {
                    if let Some(local) = self.stored(context, pattern, child) {
                        self.around_uses(context, local, is_bare.then_some(completes).flatten(), hops, layers);
                        return;
                    }
                }
                ExprKind::Block { is_async: true, .. } | ExprKind::Closure { .. } => {
                    // A closure or block that is nothing but the call is as bare as the call.
                    is_bare &= is_tail_only(&body.get(here).kind, child);
                }
                ExprKind::Block { stmts, .. } => is_bare &= stmts.len() == 1,
                ExprKind::Await(_) | ExprKind::Try(_) => is_bare = false,
                ExprKind::Loop { .. } => layers.extend(self.retry_loop(context, here, subject)),
                ExprKind::Select(_) => {
                    if let Some(mut layer) = self.select_deadline(context, here, child) {
                        if is_bare && completes == Some(Completes::Headers) {
                            bound_head_only(&mut layer);
                        }
                        layers.push(layer);
                    }
                }
                _ => {}
            }
            child = here;
        }
        layers.extend(self.bulkheads(context, subject));
        layers.extend(self.breaker_by_hand(context, subject));
        layers.extend(self.fallback_by_hand(context, subject));
        layers.extend(self.retry_recursion(context, subject));
        layers.extend(self.declared_layers(context));
    }

    /// A local that holds a future or closure not run yet.
    fn stored(&self, context: &Context, pattern: &Pattern, init: ExprId) -> Option<LocalId> {
        let own = self.bodies.typed(context.body);
        let is_code = matches!(peel(own.typed.ty(init)), Ty::Future(_) | Ty::Fn(..))
            || matches!(
                self.bodies.kind(At {
                    body: context.body,
                    expr: init
                }),
                ExprKind::Closure { .. } | ExprKind::Block { is_async: true, .. }
            );
        if !is_code {
            return None;
        }
        let mut names = Vec::new();
        pattern.names(&mut names);
        let [name] = names.as_slice() else { return None };
        own.typed.locals.iter().enumerate().find_map(|(idx, local)| {
            let is_it =
                &local.name == name && local.source.origin == Origin::Expr(init) && local.source.steps.is_empty();
            is_it.then(|| LocalId(u32::try_from(idx).unwrap_or(u32::MAX)))
        })
    }

    /// The layers around the uses of a local: those that all uses have, and the others as conditional.
    fn around_uses(
        &self,
        context: &Context,
        local: LocalId,
        completes: Option<Completes>,
        hops: usize,
        layers: &mut Vec<Layer>,
    ) {
        if MAX_HOPS < hops {
            return;
        }
        let own = self.bodies.typed(context.body);
        let mut uses: Vec<ExprId> = own
            .typed
            .uses
            .iter()
            .filter(|(_, of)| **of == local)
            .map(|(expr, _)| *expr)
            .collect();
        uses.retain(|expr| !self.is_discarded(context, *expr));
        uses.sort();
        let stacks: Vec<Vec<Layer>> = uses
            .iter()
            .map(|expr| {
                let mut stack = Vec::new();
                self.climb(context, *expr, completes, hops + 1, &mut stack);
                stack
            })
            .collect();
        layers.extend(self.joined_uses(context, &uses, stacks));
    }

    /// `drop(fut)`, `fut.clone()` on its own: no use that runs it.
    fn is_discarded(&self, context: &Context, expr: ExprId) -> bool {
        let own = self.bodies.typed(context.body);
        let Some(parent) = own.parent(expr) else { return false };
        match self.bodies.kind(At {
            body: context.body,
            expr: parent,
        }) {
            ExprKind::Assign { target, .. } => *target == expr,
            ExprKind::Method { method, .. } => matches!(method.as_str(), "abort" | "is_finished" | "cancel"),
            ExprKind::Call { .. } => {
                matches!(own.typed.callees.get(&parent), Some(Callee::Outside(path)) if path.ends_with("::drop"))
            }
            _ => false,
        }
    }

    /// The layers that one call puts around the part `position` of it.
    fn layers_at(
        &self,
        context: &Context,
        here: ExprId,
        position: Option<Position>,
        hops: usize,
        layers: &mut Vec<Layer>,
    ) {
        let own = self.bodies.typed(context.body);
        match own.typed.callees.get(&here) {
            Some(Callee::Catalog { entry, .. }) if entry.function.role == Role::Guard => {
                let guarded = match entry.function.of {
                    Some(of) => Position::Argument(of),
                    None => Position::Receiver,
                };
                if position != Some(guarded) {
                    return;
                }
                let args = match self.bodies.kind(At {
                    body: context.body,
                    expr: here,
                }) {
                    ExprKind::Call { args, .. } | ExprKind::Method { args, .. } | ExprKind::Macro { args, .. } => args,
                    _ => return,
                };
                let span = self
                    .bodies
                    .body(context.body)
                    .expect("climbed inside a body")
                    .get(here)
                    .span;
                let at = self.bodies.world.location(self.file_of(context.body), span);
                layers.extend(self.receiver_layers(context, here, entry));
                layers.extend(self.layers_of(context, entry, args, Source::Wrapper, &at));
            }
            Some(Callee::Own { ids, .. }) => {
                if let Some(Position::Argument(idx)) = position {
                    let stacks: Vec<Vec<Layer>> = ids
                        .iter()
                        .map(|id| self.param_layers(context, here, *id, idx, hops))
                        .collect();
                    layers.extend(joined(&stacks));
                }
            }
            _ => {}
        }
    }

    /// What a function of ours puts around a closure or future that it is handed.
    fn param_layers(&self, context: &Context, here: ExprId, id: FnId, argument: u32, hops: usize) -> Vec<Layer> {
        if MAX_HOPS < hops {
            return Vec::new();
        }
        let data = self.bodies.world.function(id);
        let is_method = matches!(
            self.bodies.kind(At {
                body: context.body,
                expr: here
            }),
            ExprKind::Method { .. }
        );
        let idx = argument + u32::from(data.def.has_self && is_method);
        let Some(ty) = data.signature.params.get(idx as usize) else {
            return Vec::new();
        };
        if !self.is_code_type(id, ty) {
            return Vec::new();
        }
        let inner = Context {
            body: BodyRef::Function(id),
            frame: Some(std::sync::Arc::new(Call {
                site: At {
                    body: context.body,
                    expr: here,
                },
                outer: context.frame.clone(),
            })),
        };
        let own = self.bodies.typed(inner.body);
        let locals: Vec<LocalId> = own
            .typed
            .locals
            .iter()
            .enumerate()
            .filter(|(_, local)| local.source.origin == Origin::Param(idx))
            .map(|(at, _)| LocalId(u32::try_from(at).unwrap_or(u32::MAX)))
            .collect();
        let mut layers = Vec::new();
        for local in locals {
            self.around_uses(&inner, local, None, hops + 1, &mut layers);
        }
        layers
    }

    /// Whether a parameter can be run: a closure, a future, or a generic bound to be one.
    fn is_code_type(&self, id: FnId, ty: &Ty) -> bool {
        match peel(ty) {
            Ty::Fn(..) | Ty::Future(_) => true,
            Ty::Param(name) => {
                let generics = &self.bodies.world.function(id).signature.generics;
                generics.iter().any(|(known, bounds)| {
                    known == name
                        && bounds
                            .iter()
                            .any(|bound| matches!(bound, Ty::Fn(..) | Ty::Future(_)) || is_stream(bound))
                })
            }
            Ty::Dyn(bounds) => bounds.iter().any(|bound| matches!(bound, Ty::Fn(..) | Ty::Future(_))),
            _ => false,
        }
    }
}

fn is_stream(ty: &Ty) -> bool {
    matches!(ty.as_std(), Some(("Stream" | "Iterator", _)))
}

fn peel(ty: &Ty) -> &Ty {
    let mut at = ty;
    while let Ty::Ext(path, args) = at {
        match (path.as_str(), args.first()) {
            ("std::Box" | "std::Pin" | "std::Arc" | "std::Option" | "std::Instrumented", Some(inner)) => at = inner,
            _ => break,
        }
    }
    at
}

fn position_of(kind: &ExprKind, child: ExprId) -> Option<Position> {
    let argument = |args: &[crate::model::expr::Arg]| {
        args.iter()
            .position(|arg| arg.value == child)
            .map(|idx| Position::Argument(u32::try_from(idx).unwrap_or(u32::MAX)))
    };
    match kind {
        ExprKind::Call { callee, args } => {
            if *callee == child {
                Some(Position::Callee)
            } else {
                argument(args)
            }
        }
        ExprKind::Method { receiver, args, .. } => {
            if *receiver == child {
                Some(Position::Receiver)
            } else {
                argument(args)
            }
        }
        ExprKind::Macro { args, .. } => argument(args),
        _ => None,
    }
}

fn is_tail_only(kind: &ExprKind, child: ExprId) -> bool {
    match kind {
        ExprKind::Block { stmts, .. } => stmts.len() == 1 && stmts[0] == child,
        ExprKind::Closure { .. } => true,
        _ => false,
    }
}

fn bound_head_only(layer: &mut Layer) {
    if let LayerKind::Timeout { scope, .. } = &mut layer.kind
        && matches!(scope, Scope::Total | Scope::Operation | Scope::Attempt)
    {
        *scope = Scope::Headers;
    }
}

/// Several ways through: what all have stays, the rest is conditional.
pub(crate) fn joined(stacks: &[Vec<Layer>]) -> Vec<Layer> {
    match stacks {
        [] => Vec::new(),
        [only] => only.clone(),
        [first, rest @ ..] => {
            let mut layers = first.clone();
            for layer in &mut layers {
                let everywhere = rest
                    .iter()
                    .all(|stack| stack.iter().any(|other| same_guard(layer, other)));
                layer.is_conditional |= !everywhere;
            }
            for stack in rest {
                for layer in stack {
                    if !layers.iter().any(|known| same_guard(known, layer)) {
                        let mut layer = layer.clone();
                        layer.is_conditional = true;
                        layers.push(layer);
                    }
                }
            }
            layers
        }
    }
}

fn same_guard(a: &Layer, b: &Layer) -> bool {
    a.kind == b.kind && a.source == b.source && a.at == b.at
}
