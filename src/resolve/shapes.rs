//! Guards by shape: hand-written retry loops, functions that call themselves again, selects against a clock.

use crate::model::{
    expr::ExprId,
    guard::{Layer, LayerKind, RetryLayer, Scope, Source},
    location::Span,
    term::Term,
};

use super::{
    around::joined,
    bodies::{At, BodyRef},
    policies::apply_policy,
    site::{Attempts, LoopShape, Retry},
    values::{Context, Flow, Value, as_term},
};

/// Tries that follow when the counted ones are used up.
fn try_more(layer: &mut Layer, n_more: u64) {
    if let LayerKind::Retry(RetryLayer {
        attempts: Some(attempts),
        ..
    }) = &mut layer.kind
        && 0 < n_more
    {
        let known = attempts.clone();
        *attempts = match known {
            Term::Count(count) => Term::Count(count + n_more),
            other => Term::Sum(vec![other, Term::Count(n_more)]),
        };
    }
}

impl Flow<'_, '_> {
    /// The retry layer that the loop at `around` puts around a call, if it is entered again because the call failed.
    pub(crate) fn retry_loop(&self, context: &Context, around: ExprId, call: ExprId) -> Option<Layer> {
        let sites = self.bodies.typed(context.body).sites.as_ref()?;
        let span = self.bodies.body(context.body)?.get(around).span;
        sites.enclosing_loops(call).into_iter().find_map(|shape| match shape {
            LoopShape::Retry(retry) if retry.at == span => Some(self.retry_layer(context, &retry)),
            _ => None,
        })
    }

    /// The retry layer of a function that calls itself again after the call failed.
    pub(crate) fn retry_recursion(&self, context: &Context, call: ExprId) -> Option<Layer> {
        let BodyRef::Function(id) = context.body else {
            return None;
        };
        let sites = self.bodies.typed(context.body).sites.as_ref()?;
        let def = self.bodies.world.function(id).def;
        match sites.recursion_retry(call, &def.name, &def.params)? {
            LoopShape::Retry(retry) => Some(self.retry_layer(context, &retry)),
            _ => None,
        }
    }

    /// The timeout that a select puts around the future in one of its arms.
    pub(crate) fn select_deadline(&self, context: &Context, select: ExprId, call: ExprId) -> Option<Layer> {
        let sites = self.bodies.typed(context.body).sites.as_ref()?;
        let length = sites.select_deadline(call)?;
        let limit = self.term(context, length);
        Some(Layer {
            kind: LayerKind::Timeout {
                scope: Scope::Total,
                limit,
            },
            source: Source::Wrapper,
            at: Some(self.place(context, self.bodies.body(context.body)?.get(select).span)),
            is_conditional: false,
        })
    }

    fn retry_layer(&self, context: &Context, retry: &Retry) -> Layer {
        let attempts = match (&retry.attempts, retry.is_unbounded) {
            (Some(attempts), _) => Some(self.attempts(context, attempts)),
            (None, true) => None,
            (None, false) => Some(Term::unknown("the loop's end is not a plain count")),
        };
        let mut layer = RetryLayer {
            attempts,
            max_elapsed: None,
            backoff: retry.backoff,
            jitter: retry.jitter,
            on: retry.on.clone(),
            idempotent: None,
        };
        if let Some(schedule) = retry.schedule
            && matches!(layer.attempts, None | Some(Term::Unknown(_)))
        {
            match self.eval(context, schedule.of) {
                Value::List(pauses) => layer.attempts = Some(Term::Count(pauses.len() as u64 + schedule.plus)),
                policy => apply_policy(&policy, &mut layer),
            }
        }
        Layer {
            kind: LayerKind::Retry(layer),
            source: Source::Wrapper,
            at: Some(self.place(context, retry.at)),
            is_conditional: false,
        }
    }

    fn attempts(&self, context: &Context, attempts: &Attempts) -> Term {
        let plus = u64::try_from(attempts.plus).unwrap_or(0);
        let Some(count) = attempts.count else {
            return Term::Count(plus);
        };
        let count = match self.eval(context, count) {
            Value::List(items) => Term::Count(items.len() as u64),
            other => match as_term(&other) {
                Term::Text(_) | Term::Duration(_) => Term::unknown("the number of tries is not read"),
                term => term,
            },
        };
        match (count, attempts.plus) {
            (count, 0) => count,
            (Term::Count(count), plus) => Term::Count(count.saturating_add_signed(plus)),
            (count, plus) if 0 < plus => Term::Sum(vec![count, Term::Count(plus.unsigned_abs())]),
            (count, _) => count,
        }
    }

    /// The layers around code that is used in several places of one body. What is tried again in one place and
    /// once more in another is tried again; only a place that is taken instead goes without.
    pub(crate) fn joined_uses(&self, context: &Context, uses: &[ExprId], mut stacks: Vec<Vec<Layer>>) -> Vec<Layer> {
        let own = self.bodies.typed(context.body);
        let (Some(sites), true) = (&own.sites, 1 < uses.len()) else {
            return joined(&stacks);
        };
        let is_retry = |layer: &Layer| matches!(layer.kind, LayerKind::Retry(_));
        let (retried, plain): (Vec<usize>, Vec<usize>) =
            (0..uses.len()).partition(|idx| stacks[*idx].iter().any(is_retry));
        for idx in &retried {
            let n_more = plain
                .iter()
                .filter(|other| sites.is_tried_after(uses[**other], uses[*idx]))
                .count();
            if let Some(layer) = stacks[*idx].iter_mut().find(|layer| is_retry(layer)) {
                try_more(layer, n_more as u64);
            }
        }
        for idx in plain {
            let other = retried
                .iter()
                .find(|other| !sites.is_instead_of(uses[idx], uses[**other]));
            let layer = other.and_then(|other| stacks[*other].iter().find(|layer| is_retry(layer)).cloned());
            stacks[idx].extend(layer);
        }
        joined(&stacks)
    }

    fn place(&self, context: &Context, span: Span) -> crate::model::location::Location {
        self.bodies.world.location(self.file_of(context.body), span)
    }

    /// What fails when this expression is used: the call of it, where it is what is called.
    pub(crate) fn subject(&self, context: &Context, expr: ExprId) -> ExprId {
        let own = self.bodies.typed(context.body);
        own.parent(expr)
            .filter(|parent| {
                let at = At {
                    body: context.body,
                    expr: *parent,
                };
                matches!(self.bodies.kind(at), crate::model::expr::ExprKind::Call { callee, .. } if *callee == expr)
            })
            .unwrap_or(expr)
    }
}
