//! After which failures a retry tries again, as far as its conditions name them.

use super::{
    Sites, retry,
    way::{End, Flow},
};
use crate::model::{
    Name,
    expr::{Arm, ExprId, ExprKind, Pattern},
};

impl Sites<'_> {
    /// The failures after which the loop goes on: named ones, `any`, or nothing where it is not known.
    pub(super) fn retried_on(&self, flows: &[Flow], around: ExprId) -> Vec<Name> {
        let mut named: Vec<&'static str> = self
            .below_here(around)
            .into_iter()
            .filter_map(|it| {
                let cause = cause_of(self.last_name(it)?)?;
                (retry::leaves_when_true(self, it, around) == Some(false)).then_some(cause)
            })
            .collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() && flows.iter().any(|flow| self.goes_on_after_any(flow, around)) {
            named.push("any");
        }
        named.into_iter().map(Name::new).collect()
    }

    fn last_name(&self, id: ExprId) -> Option<&Name> {
        match self.kind(id) {
            ExprKind::Path(path) => path.last(),
            _ => self.called(id),
        }
    }

    /// An arm for every error, which nothing but a bound on the tries leaves.
    fn goes_on_after_any(&self, flow: &Flow, around: ExprId) -> bool {
        let End::Split { failure, .. } = &flow.end else {
            return false;
        };
        let [region] = failure.as_slice() else {
            return failure.is_empty();
        };
        let is_plain = match self.kind(flow.at) {
            ExprKind::Match { arms, .. } => arms.iter().any(|arm| arm.body == *region && is_catch_all(arm)),
            _ => true,
        };
        let leaving = self.below_here(*region).into_iter().filter(|it| match self.kind(*it) {
            ExprKind::If { then, otherwise, .. } => {
                self.may_leave(*then, around) || otherwise.is_some_and(|it| self.may_leave(it, around))
            }
            ExprKind::Match { arms, .. } => arms.iter().any(|arm| self.may_leave(arm.body, around)),
            _ => false,
        });
        is_plain && leaving.into_iter().all(|it| retry::is_bound(self, it, around))
    }
}

/// `Err(_)`, `Err(error)`, `_`, without a further condition.
fn is_catch_all(arm: &Arm) -> bool {
    let is_open = |pattern: &Pattern| matches!(pattern, Pattern::Wild | Pattern::Bind { sub: None, .. });
    let is_all = match &arm.pattern {
        Pattern::TupleStruct { path, items } => {
            path.last().is_some_and(|name| name == "Err") && items.iter().all(is_open)
        }
        Pattern::Path(path) => path.last().is_some_and(|name| name == "None"),
        other => is_open(other),
    };
    is_all && arm.guard.is_none()
}

/// The failure that a test or status names.
fn cause_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "is_timeout" => "timeout",
        "is_connect" => "connect",
        "is_server_error" | "INTERNAL_SERVER_ERROR" => "5xx",
        "TOO_MANY_REQUESTS" => "status:429",
        "BAD_GATEWAY" => "status:502",
        "SERVICE_UNAVAILABLE" => "status:503",
        "GATEWAY_TIMEOUT" => "status:504",
        _ => return None,
    })
}
