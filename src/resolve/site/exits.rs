//! Which code leaves a loop or function for sure.

use super::{Sites, names};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind},
};

impl Sites<'_> {
    /// The innermost loop around, in the same closure.
    pub(super) fn loop_of(&self, id: ExprId) -> Option<ExprId> {
        for up in self.ancestors(id) {
            match self.kind(up) {
                ExprKind::Loop { .. } => return Some(up),
                ExprKind::Closure { .. } | ExprKind::Block { is_async: true, .. } => return None,
                _ => {}
            }
        }
        None
    }

    /// The loop that a `break` or `continue` means.
    pub(super) fn target_loop(&self, jump: ExprId) -> Option<ExprId> {
        let wanted = match self.kind(jump) {
            ExprKind::Break { label, .. } | ExprKind::Continue { label } => label.as_ref(),
            _ => None,
        };
        let Some(wanted) = wanted else {
            return self.loop_of(jump);
        };
        self.ancestors(jump)
            .find(|up| matches!(self.kind(*up), ExprKind::Loop { label: Some(label), .. } if label == wanted))
    }

    /// Whether it ends by leaving the loop (the function, where there is none), whatever happens inside.
    pub(super) fn always_leaves(&self, id: ExprId, around: Option<ExprId>) -> bool {
        match self.kind(id) {
            ExprKind::Return(_) | ExprKind::Throw(_) => true,
            ExprKind::Break { .. } => {
                let target = self.target_loop(id);
                around.is_some_and(|around| target.is_some_and(|target| self.is_inside(around, target)))
            }
            ExprKind::Block {
                stmts, is_async: false, ..
            } => stmts.iter().any(|stmt| self.always_leaves(*stmt, around)),
            ExprKind::If {
                then,
                otherwise: Some(otherwise),
                ..
            } => self.always_leaves(*then, around) && self.always_leaves(*otherwise, around),
            ExprKind::Match { arms, .. } => {
                !arms.is_empty() && arms.iter().all(|arm| self.always_leaves(arm.body, around))
            }
            ExprKind::Try(inner) => self.called(*inner).is_some_and(|name| name == "Err"),
            ExprKind::Macro { path, .. } => path
                .last()
                .is_some_and(|name| name == "bail" || name == "throw" || names::is_in(names::DIVERGING, name)),
            ExprKind::Call { .. } => self
                .called(id)
                .map(Name::as_str)
                .is_some_and(|name| matches!(name, "exit" | "abort")),
            _ => false,
        }
    }

    /// Whether somewhere in it the loop is left.
    pub(super) fn may_leave(&self, id: ExprId, around: ExprId) -> bool {
        self.below_here(id).into_iter().any(|inner| match self.kind(inner) {
            ExprKind::Return(_) => true,
            ExprKind::Break { .. } => self.always_leaves(inner, Some(around)),
            _ => false,
        })
    }

    /// Whether somewhere in it the loop is begun anew.
    pub(super) fn continues(&self, id: ExprId, around: ExprId) -> bool {
        self.below_here(id).into_iter().any(|inner| {
            matches!(self.kind(inner), ExprKind::Continue { .. }) && self.target_loop(inner) == Some(around)
        })
    }

    /// Whether what follows an expression, up to the end of the loop's body, leaves the loop for sure; also when the
    /// expression's value is what `break` or `return` takes along.
    pub(super) fn rest_leaves(&self, id: ExprId, around: ExprId) -> bool {
        let mut below = id;
        loop {
            if self
                .following(below)
                .iter()
                .any(|stmt| self.always_leaves(*stmt, Some(around)))
            {
                return true;
            }
            let Some(up) = self.parent(below) else { return false };
            if up == around
                || matches!(
                    self.kind(up),
                    ExprKind::Closure { .. } | ExprKind::Block { is_async: true, .. }
                )
            {
                return false;
            }
            if matches!(self.kind(up), ExprKind::Return(_) | ExprKind::Break { .. }) {
                return self.always_leaves(up, Some(around));
            }
            below = up;
        }
    }
}
