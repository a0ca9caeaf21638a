//! What is put in the place of an answer that failed.

use super::{Sites, flow, way::End};
use crate::model::expr::{ExprId, ExprKind};

/// What stands in for a failed answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Substitute {
    /// The value.
    pub(crate) value: ExprId,
    /// The code simply goes on to another way of getting it: only that other way counts, no value kept at hand.
    pub(crate) is_rest: bool,
}

/// Values of values that are followed for one call.
const MAX_VALUES: usize = 8;

impl Sites<'_> {
    /// The values that take the place of what the call at `id` did not give, where they are no failure themselves.
    #[must_use]
    pub(crate) fn substitutes(&self, id: ExprId) -> Vec<Substitute> {
        let mut out = Vec::new();
        let mut seen = Vec::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            let is_first = next == id;
            let id = next;
            if seen.contains(&id) || MAX_VALUES < seen.len() {
                continue;
            }
            seen.push(id);
            let flows = flow::follow(self, id);
            for (call, _) in &flows.through {
                self.other_ways(*call, &mut out);
            }
            for flow in flows.ends.iter().filter(|flow| !flow.way.is_weak) {
                match &flow.end {
                    End::Split {
                        success,
                        failure,
                        is_option,
                    } if failure.is_empty() => {
                        if !is_first || *is_option {
                            continue;
                        }
                        let leaves = |it: &ExprId| self.always_leaves(*it, self.loop_of(flow.at));
                        let is_done = |it: &ExprId| leaves(it) && !self.gives_failure(*it);
                        if !success.is_empty() && success.iter().all(is_done) {
                            out.extend(self.following(flow.at).iter().map(|stmt| Substitute {
                                value: *stmt,
                                is_rest: true,
                            }));
                        }
                    }
                    // Nobody takes what the failing branch gives.
                    End::Split { .. } if self.is_statement(flow.at) => {}
                    End::Split { failure, .. } => {
                        for region in failure.iter().filter(|region| !self.gives_failure(**region)) {
                            out.extend(self.values_of(*region));
                        }
                        open.push(flow.at);
                    }
                    End::Defaulted { closure } => match closure {
                        Some(closure) => out.extend(self.values_of(*closure)),
                        None => {
                            if let Some(up) = self.parent(flow.at) {
                                self.other_ways(up, &mut out);
                            }
                        }
                    },
                    _ => {}
                }
            }
        }
        out
    }

    /// `or_else(|_| other())`, `or(other)`, `unwrap_or(other)`.
    fn other_ways(&self, call: ExprId, out: &mut Vec<Substitute>) {
        let ExprKind::Method { method, args, .. } = self.kind(call) else {
            return;
        };
        if matches!(method.as_str(), "or" | "or_else" | "unwrap_or" | "or_try_else") {
            out.extend(args.iter().flat_map(|arg| self.values_of(arg.value)));
        }
    }

    /// What a region gives, closures and blocks opened.
    fn values_of(&self, region: ExprId) -> Vec<Substitute> {
        let body = match self.kind(region) {
            ExprKind::Closure { body, .. } => *body,
            _ => region,
        };
        let mut values = self.tails(body);
        values.extend(
            self.below_here(body)
                .into_iter()
                .filter_map(|inner| match self.kind(inner) {
                    ExprKind::Return(Some(value)) => Some(*value),
                    _ => None,
                }),
        );
        let each = values.into_iter().filter(|value| !self.is_failure(*value));
        each.map(|value| Substitute { value, is_rest: false }).collect()
    }

    fn gives_failure(&self, region: ExprId) -> bool {
        let returns_failure = self.below_here(region).into_iter().any(|inner| match self.kind(inner) {
            ExprKind::Return(Some(value)) => self.is_failure(*value),
            _ => self.is_handed_on(inner),
        });
        returns_failure || self.tails(region).iter().any(|tail| self.is_failure(*tail))
    }
}
