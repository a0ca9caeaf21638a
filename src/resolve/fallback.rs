//! Fallbacks that stand in the code: another source is asked, or something kept at hand is taken, where a call failed.
//!
//! An empty default (`None`, `vec![]`, `Default::default()`) is none: it swallows the failure.

use crate::{
    catalog::schema::Role,
    model::{
        Name,
        expr::{ExprId, ExprKind, Literal, Piece},
        guard::{Layer, LayerKind, Source},
    },
};

use super::{
    bodies::{At, BodyRef},
    infer::{Callee, Origin},
    symbols::Def,
    ty::FnId,
    values::{Context, Flow},
};

/// Functions of ours looked into, one below the other, for one that asks somebody outside.
const MAX_DEPTH: usize = 3;
/// Wrappers taken off a value.
const MAX_WRAPPERS: usize = 12;

impl Flow<'_, '_> {
    /// The fallback for the call at `call` in its own body.
    pub(crate) fn fallback_by_hand(&self, context: &Context, call: ExprId) -> Option<Layer> {
        let sites = self.bodies.typed(context.body).sites.as_ref()?;
        let of = |expr| At {
            body: context.body,
            expr,
        };
        let found = sites.substitutes(call).into_iter().find(|substitute| {
            let value = of(substitute.value);
            // The same thing asked again is a retry.
            let is_same = |at: At| {
                let is_named_so = sites.called(at.expr).is_some() && sites.called(at.expr) == sites.called(call);
                let is_itself = matches!((self.bodies.typed(at.body).typed.callees.get(&at.expr), at.body),
                    (Some(Callee::Own { ids, .. }), BodyRef::Function(id)) if ids.contains(&id));
                is_itself || (is_named_so && self.texts(at) == self.texts(of(call)))
            };
            let asks = sites
                .below(value.expr)
                .into_iter()
                .map(of)
                .any(|at| !is_same(at) && self.asks(at, 0));
            asks || (!substitute.is_rest && self.holds_earlier(value))
        })?;
        let span = self.span(of(found.value));
        Some(Layer {
            kind: LayerKind::Fallback { target: None },
            source: Source::Wrapper,
            at: Some(self.bodies.world.location(self.file_of(context.body), span)),
            is_conditional: false,
        })
    }

    /// The texts written in an expression: two calls that differ in them ask different things.
    fn texts(&self, at: At) -> Vec<Name> {
        let Some(sites) = self.bodies.typed(at.body).sites.as_ref() else {
            return Vec::new();
        };
        let below = sites.below(at.expr).into_iter();
        below
            .flat_map(|expr| match self.bodies.kind(At { expr, ..at }) {
                ExprKind::Literal(Literal::Str(text)) => vec![text.clone()],
                ExprKind::Template(pieces) => pieces
                    .iter()
                    .filter_map(|piece| match piece {
                        Piece::Text(text) => Some(text.clone()),
                        Piece::Hole(_) => None,
                    })
                    .collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    /// Whether the call asks somebody outside the process, by itself or in a function of ours.
    fn asks(&self, at: At, depth: usize) -> bool {
        match self.bodies.typed(at.body).typed.callees.get(&at.expr) {
            Some(Callee::Catalog { entry, .. }) => entry.function.role == Role::Call,
            Some(Callee::Own { ids, .. }) if depth < MAX_DEPTH => {
                ids.iter().take(4).any(|id| self.function_asks(*id, depth + 1))
            }
            _ => false,
        }
    }

    fn function_asks(&self, id: FnId, depth: usize) -> bool {
        let body = BodyRef::Function(id);
        let own = self.bodies.typed(body);
        own.typed
            .callees
            .keys()
            .any(|expr| self.asks(At { body, expr: *expr }, depth))
    }

    /// Something at hand: a constant, a field, what a lock guards, other code that was handed in.
    fn holds_earlier(&self, at: At) -> bool {
        let typed = &self.bodies.typed(at.body).typed;
        let mut expr = at.expr;
        for _ in 0..MAX_WRAPPERS {
            expr = match self.bodies.kind(At { expr, ..at }) {
                ExprKind::Field { .. } => return typed.fields.contains_key(&expr),
                ExprKind::Path(_) => {
                    if matches!(typed.names.get(&expr), Some(Def::Const(_))) {
                        return true;
                    }
                    let Some(local) = typed.uses.get(&expr) else {
                        return false;
                    };
                    match typed.local(*local).source.origin {
                        Origin::Expr(init) => init,
                        Origin::Param(_) | Origin::ClosureParam(..) | Origin::Element(_) | Origin::Unknown => {
                            return false;
                        }
                    }
                }
                ExprKind::Await(inner) | ExprKind::Try(inner) | ExprKind::Unary { value: inner, .. } => *inner,
                ExprKind::Call { args, .. } if args.len() == 1 => args[0].value,
                ExprKind::Method {
                    receiver, method, args, ..
                } if args.is_empty() || method == "expect" => *receiver,
                _ => return false,
            };
        }
        false
    }
}
