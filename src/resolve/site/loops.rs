//! The loops around a call: which of them repeat it after a failure.

use std::collections::BTreeSet;

use super::{
    Sites,
    flow::{self, End, Flow},
    names, retry,
};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, LoopKind, Param, Pattern},
    guard::Backoff,
    location::Span,
};

/// What a loop does for the call in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoopShape {
    /// Entered again because the call failed.
    Retry(Retry),
    /// Takes new work, or looks again after a pause, whatever the call did.
    Poll,
    /// Repeats until nobody else was faster.
    CompareAndSwap,
    /// Once for each element.
    Iterate,
    Other,
}

/// A hand-written retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    /// Tries, the first included; `None` = bounded by something else, or not at all.
    pub attempts: Option<Attempts>,
    /// Nothing ends it but success.
    pub is_unbounded: bool,
    pub backoff: Backoff,
    /// Whether chance takes part in the pause; `None` = not decided, or no pause.
    pub jitter: Option<bool>,
    /// What the pause's length is: the argument of the sleep.
    pub sleep: Option<ExprId>,
    pub at: Span,
}

/// A number of tries: `count + plus`, or just `plus` where there is no `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub count: Option<ExprId>,
    pub plus: i64,
}

impl Sites<'_> {
    /// The loops around `id`, innermost first, also around closures and `async` blocks that it is in.
    #[must_use]
    pub(crate) fn enclosing_loops(&self, id: ExprId) -> Vec<LoopShape> {
        let around = self.ancestors(id).filter(|up| match self.kind(*up) {
            ExprKind::Loop {
                kind: LoopKind::For,
                head: Some(head),
                ..
            } => !self.is_inside(id, *head),
            ExprKind::Loop { .. } => true,
            _ => false,
        });
        around.map(|around| self.shape(around, id)).collect()
    }

    fn shape(&self, around: ExprId, id: ExprId) -> LoopShape {
        let ExprKind::Loop {
            kind,
            pattern,
            head,
            body,
            ..
        } = self.kind(around)
        else {
            return LoopShape::Other;
        };
        let here = self.below_here(around);
        if here
            .iter()
            .any(|it| self.called(*it).is_some_and(|name| name.starts_with("compare_")))
        {
            return LoopShape::CompareAndSwap;
        }
        let is_fresh = |it: &ExprId| self.takes_work(*it) && !self.is_inside(id, *it);
        if *kind != LoopKind::For && here.iter().any(is_fresh) {
            return LoopShape::Poll;
        }
        let can_retry = match kind {
            LoopKind::For => self.is_schedule(around, pattern.as_ref(), *head),
            LoopKind::Loop | LoopKind::While => true,
        };
        if can_retry && self.repeats(around, id) {
            return LoopShape::Retry(self.retry(around, id));
        }
        let is_paused = here
            .iter()
            .any(|it| self.is_sleep(*it) || self.called(*it).is_some_and(|name| name == "tick"));
        match kind {
            LoopKind::For => LoopShape::Iterate,
            _ if is_paused || here.iter().any(|it| matches!(self.kind(*it), ExprKind::Select(_))) => LoopShape::Poll,
            LoopKind::While if head.is_some_and(|head| matches!(self.kind(head), ExprKind::Let { .. })) => {
                if self.takes_work_in(*head, *body, id) {
                    LoopShape::Poll
                } else {
                    LoopShape::Iterate
                }
            }
            _ => LoopShape::Other,
        }
    }

    /// `while let Some(x) = call().await`: the call itself brings the work.
    fn takes_work_in(&self, head: Option<ExprId>, body: ExprId, id: ExprId) -> bool {
        !self.is_inside(id, body)
            && head.is_some_and(|head| {
                self.below_here(head)
                    .into_iter()
                    .any(|it| matches!(self.kind(it), ExprKind::Await(_)))
            })
    }

    /// An awaited call that fetches the next piece of work.
    fn takes_work(&self, id: ExprId) -> bool {
        let ExprKind::Await(inner) = self.kind(id) else {
            return false;
        };
        self.called(*inner)
            .is_some_and(|name| name != "tick" && names::is_in(names::TAKES_WORK, name))
    }

    /// A `for` that counts tries or goes through pauses, not through pieces of work.
    fn is_schedule(&self, around: ExprId, pattern: Option<&Pattern>, head: Option<ExprId>) -> bool {
        let Some(head) = head else { return false };
        if self
            .below_here(head)
            .into_iter()
            .any(|it| matches!(self.kind(it), ExprKind::Range { .. }))
        {
            return true;
        }
        let mut bound = Vec::new();
        pattern.into_iter().for_each(|pattern| pattern.names(&mut bound));
        let sleeps = self.below_here(around).into_iter().filter(|it| self.is_sleep(*it));
        sleeps
            .into_iter()
            .any(|sleep| bound.iter().any(|name| !self.uses_in(sleep, name).is_empty()))
    }

    /// Whether the loop is entered again because the call failed: failure goes on, success leaves.
    fn repeats(&self, around: ExprId, id: ExprId) -> bool {
        let flows = flow::follow(self, id);
        let inside = flows.ends.iter().filter(|flow| self.is_inside(flow.at, around));
        inside.into_iter().any(|flow| self.repeats_at(flow, around)) || self.repeats_by_answer(around, id)
    }

    fn repeats_at(&self, flow: &Flow, around: ExprId) -> bool {
        match &flow.end {
            End::LoopsWhile { failure } => *failure && flow.at == around,
            End::Split { success, failure, .. } => {
                let rest_leaves = self.rest_leaves(flow.at, around);
                let goes_on = |region: &ExprId| {
                    !self.always_leaves(*region, Some(around)) && (!rest_leaves || self.continues(*region, around))
                };
                let is_again = if failure.is_empty() {
                    !rest_leaves
                } else {
                    failure.iter().any(goes_on)
                };
                let is_done = rest_leaves
                    || success
                        .iter()
                        .any(|it| self.may_leave(*it, around) || self.ends(*it, around));
                is_again && is_done
            }
            _ => false,
        }
    }

    /// Code that sets what the loop's condition looks at.
    fn ends(&self, region: ExprId, around: ExprId) -> bool {
        let ExprKind::Loop {
            kind: LoopKind::While,
            head: Some(head),
            ..
        } = self.kind(around)
        else {
            return false;
        };
        self.below_here(region).into_iter().any(|it| match self.kind(it) {
            ExprKind::Assign { target, .. } => self
                .name(*target)
                .is_some_and(|name| !self.uses_in(*head, name).is_empty()),
            _ => false,
        })
    }

    /// The answer decides (`if response.status().is_success() { return … }`), and a pause follows.
    fn repeats_by_answer(&self, around: ExprId, id: ExprId) -> bool {
        let here = self.below_here(around);
        if !here.iter().any(|it| self.is_sleep(*it)) {
            return false;
        }
        let answers = self.answers(id);
        here.iter().any(|it| {
            let (test, regions): (ExprId, Vec<ExprId>) = match self.kind(*it) {
                ExprKind::If { cond, then, otherwise } => (*cond, [*then].into_iter().chain(*otherwise).collect()),
                ExprKind::Match { scrutinee, arms } => (*scrutinee, arms.iter().map(|arm| arm.body).collect()),
                _ => return false,
            };
            let is_about = answers.iter().any(|answer| self.is_inside(*answer, test));
            let n_leaving = regions
                .iter()
                .filter(|region| self.always_leaves(**region, Some(around)))
                .count();
            let all_leave = n_leaving == regions.len() && 1 < regions.len();
            is_about && 0 < n_leaving && !all_leave && !self.rest_leaves(*it, around)
        })
    }

    /// The uses of what a call gave, `?` and `await` taken off.
    fn answers(&self, id: ExprId) -> BTreeSet<ExprId> {
        let mut out = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let Some(up) = self.parent(id).filter(|_| out.insert(id)) else {
                continue;
            };
            match self.kind(up) {
                ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Method { .. } | ExprKind::Field { .. } => {
                    open.push(up)
                }
                ExprKind::Bind { pattern, .. } => {
                    let mut bound = Vec::new();
                    pattern.names(&mut bound);
                    open.extend(bound.iter().flat_map(|name| self.uses_after(up, name)));
                }
                _ => {}
            }
        }
        out
    }

    fn retry(&self, around: ExprId, id: ExprId) -> Retry {
        let (attempts, is_unbounded) = retry::limit(self, around, id);
        let pace = self.pace(around);
        Retry {
            attempts,
            is_unbounded,
            backoff: pace.backoff,
            jitter: pace.jitter,
            sleep: pace.sleep,
            at: self.body.get(around).span,
        }
    }

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
        let by_answer = self.ancestors(again).any(|up| match self.kind(up) {
            ExprKind::If { cond, .. } => self.answers(id).iter().any(|answer| self.is_inside(*answer, *cond)),
            _ => false,
        });
        if !on_failure && !by_answer {
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
        let pace = self.pace(root);
        Some(LoopShape::Retry(Retry {
            attempts,
            is_unbounded,
            backoff: pace.backoff,
            jitter: pace.jitter,
            sleep: pace.sleep,
            at: self.body.get(again).span,
        }))
    }
}
