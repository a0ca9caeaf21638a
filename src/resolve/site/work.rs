//! Work that is taken in: whatever becomes of it, the next turn goes on with the next piece.

use std::collections::BTreeSet;

use super::{Sites, names};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, LoopKind, Pattern},
};

impl Sites<'_> {
    /// Whether a turn of the loop begins with waiting for work or for its time, and the call comes after that.
    pub(super) fn is_woken(&self, around: ExprId, id: ExprId) -> bool {
        let is_before = |it: &ExprId| {
            *it < id && self.takes_work(*it) && !self.is_inside(id, *it) && self.loops_between(*it, around) == 0
        };
        self.below_here(around).iter().any(is_before) || self.is_in_waking_arm(around, id)
    }

    /// An arm of a select that waits for work or time.
    fn is_in_waking_arm(&self, around: ExprId, id: ExprId) -> bool {
        let mut below = id;
        for up in self.ancestors(id) {
            if up == around {
                return false;
            }
            if let ExprKind::Select(arms) = self.kind(up) {
                let arm = arms.iter().find(|arm| self.is_inside(below, arm.body));
                let wakes = arm.and_then(|arm| arm.scrutinee).is_some_and(|future| {
                    self.called(future)
                        .is_some_and(|name| names::is_in(names::TAKES_WORK, name))
                });
                if wakes {
                    return true;
                }
            }
            below = up;
        }
        false
    }

    /// The loops between an expression and a loop around it.
    fn loops_between(&self, id: ExprId, around: ExprId) -> usize {
        let between = self.ancestors(id).take_while(|up| *up != around);
        between
            .filter(|up| matches!(self.kind(*up), ExprKind::Loop { .. }))
            .count()
    }

    /// An awaited call that fetches the next piece of work.
    fn takes_work(&self, id: ExprId) -> bool {
        let ExprKind::Await(inner) = self.kind(id) else {
            return false;
        };
        self.called(*inner)
            .is_some_and(|name| name != "tick" && names::is_in(names::TAKES_WORK, name))
    }

    /// Whether the call's input is taken from a queue or iterator inside the loop.
    pub(super) fn is_fed_by_taking(&self, around: ExprId, id: ExprId) -> bool {
        let sources = self.sources_of(around, id);
        sources.iter().any(|source| {
            self.below_here(*source).into_iter().any(|it| {
                let is_call = matches!(self.kind(it), ExprKind::Method { .. } | ExprKind::Call { .. });
                is_call
                    && it != id
                    && self
                        .called(it)
                        .is_some_and(|name| names::is_in(names::TAKES_ITEM, name))
            })
        })
    }

    /// Whether the call's input is an element of something that a loop inside goes through.
    pub(super) fn is_fed_by_turns(&self, around: ExprId, id: ExprId) -> bool {
        let sources = self.sources_of(around, id);
        self.ancestors(id)
            .take_while(|up| *up != around)
            .any(|up| match self.kind(up) {
                ExprKind::Loop {
                    kind: LoopKind::For,
                    head: Some(head),
                    ..
                } => {
                    sources.contains(head)
                        && !self
                            .below_here(*head)
                            .into_iter()
                            .any(|it| matches!(self.kind(it), ExprKind::Range { .. }))
                }
                _ => false,
            })
    }

    /// Whether the call is made with a message that its function takes from outside: after a failure somebody who
    /// calls the function again gets another one.
    #[must_use]
    pub(crate) fn is_fed_by_message(&self, id: ExprId) -> bool {
        let Some(root) = self.body.root else { return false };
        self.sources_of(root, id).iter().any(|source| {
            self.below_here(*source).into_iter().any(|it| {
                let ExprKind::Await(inner) = self.kind(it) else {
                    return false;
                };
                *inner != id
                    && self
                        .called(*inner)
                        .is_some_and(|name| names::is_in(names::TAKES_MESSAGE, name))
            })
        })
    }

    /// Where the names in a call come from inside `scope`: what they are bound or set to, or taken apart from.
    pub(super) fn sources_of(&self, scope: ExprId, id: ExprId) -> BTreeSet<ExprId> {
        let mut sources = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut open = vec![id];
        while let Some(top) = open.pop() {
            for used in self.below(top) {
                let Some(name) = self.name(used) else { continue };
                if name == "self" || !names.insert((name.clone(), self.block_of(used))) {
                    continue;
                }
                let mut add = |source: ExprId| {
                    if !self.is_inside(id, source) && sources.insert(source) {
                        open.push(source);
                    }
                };
                for write in self.writes.get(name).into_iter().flatten() {
                    match self.kind(*write) {
                        ExprKind::Bind { init: Some(init), .. } if *write < used && self.is_inside(*write, scope) => {
                            add(*init);
                        }
                        ExprKind::Assign { value, .. } if self.is_inside(*write, scope) => add(*value),
                        _ => {}
                    }
                }
                for up in self.ancestors(used).take_while(|up| *up != scope) {
                    self.each_taken_apart(up, used, name, &mut add);
                }
            }
        }
        sources
    }

    fn block_of(&self, id: ExprId) -> Option<ExprId> {
        self.ancestors(id)
            .find(|up| matches!(self.kind(*up), ExprKind::Block { .. }))
    }

    /// What an expression around a use binds the name from.
    pub(super) fn each_taken_apart(&self, up: ExprId, used: ExprId, name: &Name, see: &mut dyn FnMut(ExprId)) {
        let binds = |pattern: &Pattern| {
            let mut bound = Vec::new();
            pattern.names(&mut bound);
            bound.contains(name)
        };
        match self.kind(up) {
            ExprKind::If { cond, .. }
            | ExprKind::Loop {
                kind: LoopKind::While,
                head: Some(cond),
                ..
            } => {
                for inner in self.below_here(*cond) {
                    if let ExprKind::Let { pattern, value } = self.kind(inner)
                        && binds(pattern)
                    {
                        see(*value);
                    }
                }
            }
            ExprKind::Loop {
                pattern: Some(pattern),
                head: Some(head),
                ..
            } if binds(pattern) => see(*head),
            ExprKind::Match { scrutinee, arms } => {
                let is_bound = arms
                    .iter()
                    .any(|arm| self.is_inside(used, arm.body) && binds(&arm.pattern));
                if is_bound {
                    see(*scrutinee);
                }
            }
            ExprKind::Select(arms) => {
                let arm = arms
                    .iter()
                    .find(|arm| self.is_inside(used, arm.body) && binds(&arm.pattern));
                arm.and_then(|arm| arm.scrutinee).into_iter().for_each(see);
            }
            _ => {}
        }
    }
}
