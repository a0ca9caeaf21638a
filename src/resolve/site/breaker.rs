//! What keeps a call from being made, and what runs when it failed: the two halves of a hand-written breaker.

use std::collections::BTreeSet;

use super::{Sites, flow, names, way::End};
use crate::model::expr::{ExprId, ExprKind, LoopKind};

/// A test before a call that can keep it from being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What decides.
    pub(crate) tests: Vec<ExprId>,
    /// It stands inside another test: it does not decide alone.
    pub(crate) is_nested: bool,
}

/// Values of values that are followed for one call.
const MAX_VALUES: usize = 12;

impl Sites<'_> {
    /// The tests that stand before the call at `id` and can keep it from being made, nearest first.
    #[must_use]
    pub(crate) fn refusals(&self, id: ExprId) -> Vec<Refusal> {
        let mut out = Vec::new();
        let mut below = id;
        for up in self.ancestors(id) {
            match self.kind(up) {
                ExprKind::Block { stmts, .. } => {
                    for stmt in stmts.iter().rev().skip_while(|stmt| **stmt != below).skip(1) {
                        self.refusals_in(*stmt, id, &mut out);
                    }
                }
                ExprKind::If { cond, .. } if *cond != below => out.push(Refusal {
                    tests: vec![*cond],
                    is_nested: false,
                }),
                ExprKind::Match { scrutinee, arms } if *scrutinee != below && 1 < arms.len() => out.push(Refusal {
                    tests: vec![*scrutinee],
                    is_nested: false,
                }),
                _ => {}
            }
            below = up;
        }
        out
    }

    /// Tests in a statement before the call after which the function is left, or the loop's next turn begun.
    fn refusals_in(&self, stmt: ExprId, call: ExprId, out: &mut Vec<Refusal>) {
        for inner in self.below_here(stmt) {
            let tests = match self.kind(inner) {
                ExprKind::If { cond, then, otherwise } => {
                    let passes_by = self.passes_by(*then, call) || otherwise.is_some_and(|it| self.passes_by(it, call));
                    passes_by.then(|| vec![*cond])
                }
                ExprKind::Bind {
                    init: Some(init),
                    otherwise: Some(otherwise),
                    ..
                } => self.passes_by(*otherwise, call).then(|| vec![*init]),
                ExprKind::Match { scrutinee, arms } => {
                    let mut tests = vec![*scrutinee];
                    tests.extend(arms.iter().filter_map(|arm| arm.guard));
                    arms.iter().any(|arm| self.passes_by(arm.body, call)).then_some(tests)
                }
                ExprKind::Try(tried) => Some(vec![*tried]),
                _ => None,
            };
            let Some(tests) = tests else { continue };
            let is_nested = inner != stmt
                && self
                    .ancestors(inner)
                    .take_while(|up| *up != stmt)
                    .chain([stmt])
                    .any(|up| matches!(self.kind(up), ExprKind::If { .. } | ExprKind::Match { .. }));
            out.push(Refusal { tests, is_nested });
        }
    }

    /// Leaves the function, or goes on with the next element, before the call and at once.
    fn passes_by(&self, region: ExprId, call: ExprId) -> bool {
        if self.below_here(region).into_iter().any(|it| self.is_sleep(it)) {
            return false;
        }
        let goes_on = |it: ExprId| {
            matches!(self.kind(it), ExprKind::Continue { .. })
                && self.target_loop(it).is_some_and(|around| {
                    self.is_inside(call, around)
                        && matches!(
                            self.kind(around),
                            ExprKind::Loop {
                                kind: LoopKind::For,
                                ..
                            }
                        )
                })
        };
        match self.kind(region) {
            ExprKind::Block { stmts, .. } => {
                self.always_leaves(region, None) || stmts.last().is_some_and(|last| goes_on(*last))
            }
            _ => self.always_leaves(region, None) || goes_on(region),
        }
    }

    /// Code that runs because the call at `id` failed, and calls that are told of its result.
    #[must_use]
    pub(crate) fn on_failure(&self, id: ExprId) -> Vec<ExprId> {
        let mut out = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) || MAX_VALUES < seen.len() {
                continue;
            }
            let flows = flow::follow(self, id);
            out.extend(flows.seen_by);
            // `breaker.record(&result);`: told of the result, and nothing comes back.
            let told = flows.through.iter().filter(|(call, _)| self.is_statement(*call));
            out.extend(told.map(|(call, _)| *call));
            for flow in flows.ends {
                match flow.end {
                    End::Split { is_option: true, .. } => open.push(flow.at),
                    End::Split { success, failure, .. } => {
                        let leaves = success.iter().any(|it| self.always_leaves(*it, self.loop_of(flow.at)));
                        if failure.is_empty() && leaves {
                            out.extend(self.following(flow.at));
                        }
                        out.extend(failure);
                        open.push(flow.at);
                    }
                    End::Defaulted { closure: Some(closure) } => {
                        out.insert(closure);
                    }
                    // `record(result.is_err())`
                    End::Defaulted { closure: None } => {
                        out.extend(self.parent(flow.at).filter(|up| self.arguments(*up).contains(&flow.at)))
                    }
                    End::LoopsWhile { failure: true } => {
                        if let ExprKind::Loop { body, .. } = self.kind(flow.at) {
                            out.insert(*body);
                        }
                    }
                    _ => {}
                }
            }
        }
        out.into_iter().collect()
    }

    /// Whether the code waits before it goes on: a retry does, a breaker does not.
    #[must_use]
    pub(crate) fn waits(&self, region: ExprId) -> bool {
        self.below_here(region).into_iter().any(|it| self.is_sleep(it))
    }

    /// Whether the expression compares sizes or asks a clock.
    #[must_use]
    pub(crate) fn is_measure(&self, id: ExprId) -> Measure {
        match self.kind(id) {
            ExprKind::Binary { op, .. } if matches!(op.as_str(), "<" | ">" | "<=" | ">=") => Measure::Compares,
            _ if self.called(id).is_some_and(|name| names::is_in(names::CLOCKS, name)) => Measure::Clock,
            _ => Measure::No,
        }
    }
}

/// What an expression has to do with thresholds and intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    No,
    Compares,
    Clock,
}
