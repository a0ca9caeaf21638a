//! Functions that call themselves again after a failure.

use std::collections::BTreeSet;

use super::{LoopShape, Retry, Sites, flow, retry, way::End};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, Param},
};

impl Sites<'_> {
    /// The retry of a function that calls itself after the call at `id` failed. `function` is its own name.
    #[must_use]
    pub(crate) fn recursion_retry(&self, id: ExprId, function: &str, params: &[Param]) -> Option<LoopShape> {
        let root = self.body.root?;
        let again = self.below(root).into_iter().find(|it| {
            let is_self = match self.kind(*it) {
                ExprKind::Method { receiver, .. } => self.name(*receiver).is_some_and(|name| name == "self"),
                ExprKind::Call { .. } => true,
                _ => false,
            };
            is_self && *it != id && self.called(*it).is_some_and(|name| name == function)
        })?;
        let flows = flow::follow(self, id);
        let on_failure = flows.ends.iter().any(|flow| match &flow.end {
            End::Split { failure, success, .. } => {
                let is_rest = failure.is_empty()
                    && !success.is_empty()
                    && self.following(flow.at).iter().any(|it| self.is_inside(again, *it));
                is_rest || failure.iter().any(|region| self.is_inside(again, *region))
            }
            End::Defaulted { closure: Some(closure) } => self.is_inside(again, *closure),
            _ => false,
        });
        let answers = self.answers(id);
        let by_answer = self.ancestors(again).any(|up| match self.kind(up) {
            ExprKind::If { cond, .. } => answers.iter().any(|answer| self.is_inside(*answer, *cond)),
            _ => false,
        });
        if !on_failure && !by_answer {
            return None;
        }
        // The same again, or what the answer said: the next page, another address.
        let is_other_work = self
            .arguments(again)
            .iter()
            .any(|arg| self.is_made_of(*arg, &answers, root));
        if is_other_work {
            return None;
        }
        let names: Vec<Name> = params
            .iter()
            .flat_map(|param| {
                let mut names = Vec::new();
                param.pattern.names(&mut names);
                names
            })
            .collect();
        let (attempts, is_unbounded) = retry::recursion_limit(self, again, root, &names);
        let pace = self.pace(root, id);
        Some(LoopShape::Retry(Retry {
            attempts,
            is_unbounded,
            backoff: pace.backoff,
            jitter: pace.jitter,
            sleep: pace.sleep,
            schedule: None,
            on: Vec::new(),
            at: self.body.get(again).span,
        }))
    }

    /// Whether an expression is computed from some of `answers`, also through local names.
    fn is_made_of(&self, expr: ExprId, answers: &BTreeSet<ExprId>, root: ExprId) -> bool {
        let mut sources = self.sources_of(root, expr);
        sources.insert(expr);
        sources.remove(&root);
        sources
            .into_iter()
            .flat_map(|source| self.below(source))
            .any(|id| answers.contains(&id))
    }
}
