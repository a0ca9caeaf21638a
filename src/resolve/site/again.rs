//! Whether a loop is entered again because a call in it failed.

use std::collections::BTreeSet;

use super::{
    Sites, names, retry,
    way::{End, Flow},
};
use crate::model::expr::{ExprId, ExprKind, LoopKind, Pattern};

impl Sites<'_> {
    /// Failure goes on, success leaves.
    pub(super) fn is_left_by_success(&self, flow: &Flow, around: ExprId) -> bool {
        match &flow.end {
            End::LoopsWhile { failure } => *failure && flow.at == around,
            End::Split { success, failure, .. } => {
                let is_again = if failure.is_empty() {
                    !self.rest_leaves(flow.at, around)
                } else {
                    let mut errors = self.errors_among(flow.at, failure).into_iter();
                    errors.any(|region| self.goes_on(flow.at, region, around))
                };
                let is_done = self.rest_leaves(flow.at, around)
                    || success
                        .iter()
                        .any(|it| self.may_leave(*it, around) || self.ends(*it, around));
                is_again && is_done
            }
            _ => false,
        }
    }

    /// The code for errors. Where errors have arms of their own, finding nothing (`Ok(None)`) is none.
    fn errors_among(&self, at: ExprId, failure: &[ExprId]) -> Vec<ExprId> {
        let ExprKind::Match { arms, .. } = self.kind(at) else {
            return failure.to_vec();
        };
        let of_errors: Vec<ExprId> = arms
            .iter()
            .filter(|arm| names_error(&arm.pattern))
            .map(|arm| arm.body)
            .collect();
        if of_errors.is_empty() {
            failure.to_vec()
        } else {
            failure.iter().copied().filter(|it| of_errors.contains(it)).collect()
        }
    }

    /// Whether the loop's next turn follows on some code of a branch at `at`.
    fn goes_on(&self, at: ExprId, region: ExprId, around: ExprId) -> bool {
        !self.always_leaves(region, Some(around)) && (!self.rest_leaves(at, around) || self.continues(region, around))
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

    /// The answer decides: `if response.status().is_success() { return … }`, `if matches!(result, Ok(_)) || 3 <= n { break result }`.
    ///
    /// Where `?` takes the failure away, only the answer's content is left to decide. Then a loop that ends after some
    /// tries is a retry, and one that names an error status; any other waits for something to be done.
    pub(super) fn is_left_by_answer(&self, flows: &[Flow], around: ExprId, id: ExprId) -> bool {
        let here = self.below_here(around);
        let has_pause = here.iter().any(|it| self.is_pause(*it));
        let is_counted = || retry::limit(self, around, id).0.is_some();
        if !has_pause && !is_counted() {
            return false;
        }
        let aborts = flows.iter().any(|flow| match flow.end {
            End::Escapes { to } => to.is_none_or(|to| !self.is_inside(to, around)),
            _ => false,
        });
        let answers = self.answers(id);
        here.iter().any(|it| {
            let (test, regions): (ExprId, Vec<ExprId>) = match self.kind(*it) {
                ExprKind::If { cond, then, otherwise } => (*cond, [*then].into_iter().chain(*otherwise).collect()),
                ExprKind::Match { scrutinee, arms } => (*scrutinee, arms.iter().map(|arm| arm.body).collect()),
                _ => return false,
            };
            let is_split = flows
                .iter()
                .any(|flow| flow.at == *it && matches!(flow.end, End::Split { .. }));
            if is_split || !answers.iter().any(|answer| self.is_inside(*answer, test)) {
                return false;
            }
            let n_leaving = regions
                .iter()
                .filter(|region| self.always_leaves(**region, Some(around)))
                .count();
            let all_leave = n_leaving == regions.len() && 1 < regions.len();
            let leaves = 0 < n_leaving && !all_leave && !self.rest_leaves(*it, around);
            let goes_on = n_leaving == 0
                && regions.iter().any(|region| self.continues(*region, around))
                && self.rest_leaves(*it, around);
            let is_failure = || self.names_failure(test);
            (leaves && (!aborts || is_failure() || (has_pause && is_counted()))) || (goes_on && is_failure())
        })
    }

    /// A condition that asks for an error status, or for whether trying again helps.
    fn names_failure(&self, test: ExprId) -> bool {
        self.below_here(test).into_iter().any(|it| {
            let name = match self.kind(it) {
                ExprKind::Path(path) => path.last(),
                ExprKind::Field { name, .. } => Some(name),
                _ => self.called(it),
            };
            name.is_some_and(|name| names::tells_of_failure(name))
        })
    }

    /// Failure and success both go on, but after a failure the loop waits, or waits longer.
    pub(super) fn goes_on_slower(&self, flows: &[Flow], around: ExprId, id: ExprId) -> bool {
        if self.is_fed_by_turns(around, id) {
            return false;
        }
        let pause = self.pause(around, id);
        flows.iter().any(|flow| {
            let End::Split { success, failure, .. } = &flow.end else {
                return false;
            };
            if self.enclosing(flow.at) != self.enclosing(around) {
                return false;
            }
            let grows = pause.as_ref().is_some_and(|pause| pause.is_grown);
            if failure.is_empty() {
                return grows && !success.is_empty() && !self.rest_leaves(flow.at, around);
            }
            self.errors_among(flow.at, failure).into_iter().any(|region| {
                let waits = self.below_here(region).into_iter().any(|it| match self.kind(it) {
                    ExprKind::Assign { target, .. } => self
                        .name(*target)
                        .is_some_and(|name| pause.as_ref().is_some_and(|pause| pause.names.contains(name))),
                    _ => self.is_pause(it),
                });
                self.goes_on(flow.at, region, around) && (waits || grows)
            })
        })
    }

    /// Whether one place is run after a loop around another: once more, when the tries are used up.
    #[must_use]
    pub(crate) fn is_tried_after(&self, last: ExprId, tried: ExprId) -> bool {
        let loops = self
            .ancestors(tried)
            .filter(|up| matches!(self.kind(*up), ExprKind::Loop { .. }) && !self.is_inside(last, *up));
        loops.into_iter().any(|around| {
            let follows = |id: ExprId| self.following(id).iter().any(|stmt| self.is_inside(last, *stmt));
            follows(around) || self.parent(around).is_some_and(follows)
        })
    }

    /// Whether two places stand in different branches of one decision.
    #[must_use]
    pub(crate) fn is_instead_of(&self, one: ExprId, other: ExprId) -> bool {
        let Some(up) = self.ancestors(one).find(|up| self.is_inside(other, *up)) else {
            return false;
        };
        let differ = |regions: &[ExprId]| {
            let region_of = |id| regions.iter().position(|region| self.is_inside(id, *region));
            matches!((region_of(one), region_of(other)), (Some(left), Some(right)) if left != right)
        };
        match self.kind(up) {
            ExprKind::If { then, otherwise, .. } => otherwise.is_some_and(|otherwise| differ(&[*then, otherwise])),
            ExprKind::Match { arms, .. } => differ(&arms.iter().map(|arm| arm.body).collect::<Vec<_>>()),
            _ => false,
        }
    }

    /// The uses of what a call gave, `?` and `await` taken off, also of what was found out about it.
    pub(super) fn answers(&self, id: ExprId) -> BTreeSet<ExprId> {
        let mut out = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let Some(up) = self.parent(id).filter(|_| out.insert(id)) else {
                continue;
            };
            match self.kind(up) {
                ExprKind::Await(_)
                | ExprKind::Try(_)
                | ExprKind::Method { .. }
                | ExprKind::Field { .. }
                | ExprKind::Unary { .. }
                | ExprKind::Binary { .. } => open.push(up),
                ExprKind::Macro { path, .. } if path.last().is_some_and(|name| name == "matches") => open.push(up),
                ExprKind::Call { .. } if self.called(up).is_some_and(|name| names::tells_of_failure(name)) => {
                    open.push(up);
                }
                ExprKind::Match { scrutinee, .. } if *scrutinee == id => open.push(up),
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
}

/// Whether a pattern has an `Err` in it.
fn names_error(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::TupleStruct { path, items } => {
            path.last().is_some_and(|name| name == "Err") || items.iter().any(names_error)
        }
        Pattern::Bind { sub: Some(sub), .. } => names_error(sub),
        Pattern::Typed { pattern, .. } => names_error(pattern),
        Pattern::Tuple(items) | Pattern::Or(items) => items.iter().any(names_error),
        _ => false,
    }
}
