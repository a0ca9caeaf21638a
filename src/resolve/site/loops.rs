//! The loops around a call: which of them repeat it after a failure.

use super::{Sites, flow, names, retry, schedule};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, LoopKind, Pattern},
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
    /// The policy or list of pauses that is asked for the next one; where it has no more, the tries end.
    pub schedule: Option<Schedule>,
    /// The failures after which it tries again; empty = not known.
    pub on: Vec<Name>,
    pub at: Span,
}

/// A number of tries: `count + plus`, or just `plus` where there is no `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub count: Option<ExprId>,
    pub plus: i64,
}

/// Where the pauses of a retry come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The list of pauses, or the policy object.
    pub of: ExprId,
    /// Tries beyond the pauses: one, where the first try comes before the first pause is asked for.
    pub plus: u64,
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
        // The next turn takes the next piece of work, whatever became of this one.
        let is_fresh = self.is_woken(around, id) || self.is_fed_by_taking(around, id);
        let can_retry = match kind {
            LoopKind::For => self.is_schedule(around, pattern.as_ref(), *head, id),
            LoopKind::Loop | LoopKind::While => true,
        };
        if can_retry && !is_fresh && self.repeats(around, id) {
            return LoopShape::Retry(self.retry(around, id));
        }
        let is_paused = here
            .iter()
            .any(|it| self.is_sleep(*it) || self.called(*it).is_some_and(|name| name == "tick"));
        match kind {
            LoopKind::For => LoopShape::Iterate,
            _ if self.is_woken(around, id) => LoopShape::Poll,
            LoopKind::While if head.is_some_and(|head| matches!(self.kind(head), ExprKind::Let { .. })) => {
                if self.takes_work_in(*head, *body, id) {
                    LoopShape::Poll
                } else {
                    LoopShape::Iterate
                }
            }
            _ if is_paused || here.iter().any(|it| matches!(self.kind(*it), ExprKind::Select(_))) => LoopShape::Poll,
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

    /// A `for` that counts tries or goes through pauses, not through pieces of work.
    fn is_schedule(&self, around: ExprId, pattern: Option<&Pattern>, head: Option<ExprId>, id: ExprId) -> bool {
        let Some(head) = head else { return false };
        let mut bound = Vec::new();
        pattern.into_iter().for_each(|pattern| pattern.names(&mut bound));
        let is_slept = self
            .pause(around, id)
            .is_some_and(|pause| bound.iter().any(|name| pause.names.contains(name)));
        let is_range = self
            .below_here(head)
            .into_iter()
            .any(|it| matches!(self.kind(it), ExprKind::Range { .. }));
        // A range that the call takes its input from counts pages or parts, unless it says that it counts tries.
        let counts_tries = || {
            let is_input = bound.iter().any(|name| !self.uses_in(id, name).is_empty());
            !is_input || bound.iter().any(|name| names::counts_tries(name)) || self.pauses(around)
        };
        is_slept || (is_range && counts_tries())
    }

    /// Whether somewhere in a loop a time is waited for.
    fn pauses(&self, around: ExprId) -> bool {
        self.below_here(around).into_iter().any(|it| self.is_sleep(it))
    }

    fn repeats(&self, around: ExprId, id: ExprId) -> bool {
        let mut flows = flow::follow(self, id).ends;
        flows.retain(|flow| self.is_inside(flow.at, around));
        flows.iter().any(|flow| self.is_left_by_success(flow, around))
            || self.is_left_by_answer(&flows, around, id)
            || self.goes_on_slower(&flows, around, id)
    }

    fn retry(&self, around: ExprId, id: ExprId) -> Retry {
        let (attempts, is_unbounded) = retry::limit(self, around, id);
        let pace = self.pace(around, id);
        Retry {
            attempts,
            is_unbounded,
            backoff: pace.backoff,
            jitter: pace.jitter,
            sleep: pace.sleep,
            schedule: schedule::schedule(self, around, id),
            on: self.retried_on(&flow::follow(self, id).ends, around),
            at: self.body.get(around).span,
        }
    }
}
