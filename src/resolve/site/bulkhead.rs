//! What is held while a call is made, and how many workers make it: limits on how many calls run at once.

use super::{Sites, names};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, LoopKind},
};

/// A binding that lives across a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) name: Name,
    /// What it was made of.
    pub(crate) init: ExprId,
}

impl Sites<'_> {
    /// The bindings that are alive while the call at `id` runs, nearest first. Whether one of them is a permit is the
    /// caller's knowledge.
    #[must_use]
    pub(crate) fn held(&self, id: ExprId) -> Vec<Held> {
        let mut out = Vec::new();
        let mut below = id;
        // Code between the binding and the call that runs on its own: it holds only what was moved into it.
        let mut task = None;
        for up in self.ancestors(id) {
            match self.kind(up) {
                ExprKind::Block { stmts, .. } => {
                    let before = stmts.iter().take_while(|stmt| **stmt != below);
                    let before: Vec<ExprId> = before.copied().collect();
                    for (at, stmt) in before.iter().enumerate().rev() {
                        if let ExprKind::Bind {
                            pattern,
                            init: Some(init),
                            ..
                        } = self.kind(*stmt)
                        {
                            let mut names = Vec::new();
                            pattern.names(&mut names);
                            let kept = names.into_iter().filter(|name| {
                                task.is_none_or(|task| !self.uses_in(task, name).is_empty())
                                    && !before[at + 1..].iter().any(|stmt| self.gives_up(*stmt, name))
                            });
                            out.extend(kept.map(|name| Held { name, init: *init }));
                        }
                    }
                }
                ExprKind::If { cond, then, .. } if *then == below => {
                    for inner in self.below_here(*cond) {
                        if let ExprKind::Let { pattern, value } = self.kind(inner) {
                            let mut names = Vec::new();
                            pattern.names(&mut names);
                            out.extend(names.into_iter().map(|name| Held { name, init: *value }));
                        }
                    }
                }
                _ => {}
            }
            let is_started = matches!(self.kind(up), ExprKind::Spawn(_))
                || self.called(up).is_some_and(|name| name.contains("spawn")) && self.arguments(up).contains(&below);
            if is_started {
                task = Some(below);
            }
            below = up;
        }
        out
    }

    /// `drop(name)`, or handed on to somebody: it is held no longer.
    fn gives_up(&self, stmt: ExprId, name: &str) -> bool {
        self.uses_in(stmt, name).into_iter().any(|used| {
            self.parent(used).is_some_and(|up| match self.kind(up) {
                ExprKind::Call { .. } => self
                    .called(up)
                    .is_some_and(|called| matches!(called.as_str(), "drop" | "forget")),
                ExprKind::Method { receiver, method, .. } => *receiver == used && method == "forget",
                _ => false,
            })
        })
    }

    /// How many workers make the call at `id`: the end of the range in `for _ in 0..n { spawn(loop over a queue) }`.
    #[must_use]
    pub(crate) fn workers(&self, id: ExprId) -> Option<ExprId> {
        let mut takes_work = false;
        let mut is_spawned = false;
        let mut below = id;
        for up in self.ancestors(id) {
            match self.kind(up) {
                ExprKind::Loop {
                    kind: LoopKind::For,
                    head: Some(head),
                    ..
                } if is_spawned => {
                    return match self.kind(*head) {
                        ExprKind::Range {
                            end, inclusive: false, ..
                        } if takes_work => *end,
                        _ => None,
                    };
                }
                ExprKind::Loop { .. } if !is_spawned => {
                    takes_work |= self.below_here(up).into_iter().any(|it| {
                        it != id
                            && matches!(self.kind(it), ExprKind::Await(_) | ExprKind::Method { .. })
                            && self
                                .awaited_name(it)
                                .is_some_and(|name| names::is_in(names::TAKES_WORK, name))
                    });
                }
                _ => {}
            }
            is_spawned |= matches!(self.kind(up), ExprKind::Spawn(_))
                || self.called(up).is_some_and(|name| name.contains("spawn")) && self.arguments(up).contains(&below);
            below = up;
        }
        None
    }

    fn awaited_name(&self, id: ExprId) -> Option<&Name> {
        match self.kind(id) {
            ExprKind::Await(inner) => self.called(*inner),
            _ => self.called(id),
        }
    }

    /// A hand-counted limit: in the loop around the call a counter is tested before it and changed on the way to it.
    /// Gives the test and what the counter was before anything ran.
    #[must_use]
    pub(crate) fn counted(&self, id: ExprId) -> Option<Counted> {
        let around = self
            .ancestors(id)
            .find(|up| matches!(self.kind(*up), ExprKind::Loop { kind, .. } if *kind != LoopKind::For))?;
        let mut below = id;
        for up in self.ancestors(id).take_while(|up| *up != around) {
            let test = match self.kind(up) {
                ExprKind::If { cond, then, .. } if *then == below => Some(*cond),
                ExprKind::Select(arms) | ExprKind::Match { arms, .. } => {
                    arms.iter().find(|arm| arm.body == below).and_then(|arm| arm.guard)
                }
                _ => None,
            };
            if let Some(found) = test.and_then(|test| self.counter_of(test, below, around)) {
                return Some(found);
            }
            below = up;
        }
        None
    }

    /// A counter that `test` looks at, that `region` moves one way and the rest of the loop the other way.
    fn counter_of(&self, test: ExprId, region: ExprId, around: ExprId) -> Option<Counted> {
        self.below_here(test).into_iter().find_map(|used| {
            let name = self.name(used)?;
            let ExprKind::Binary { op, left, right } = self.kind(self.parent(used)?) else {
                return None;
            };
            let other = if *left == used { *right } else { *left };
            if !matches!(op.as_str(), "<" | ">" | "<=" | ">=") {
                return None;
            }
            let moves = |op: &str, inside: bool| {
                self.writes.get(name).into_iter().flatten().any(|write| {
                    matches!(self.kind(*write), ExprKind::Assign { op: Some(has), .. } if has.trim_end_matches('=') == op)
                        && self.is_inside(*write, around)
                        && self.is_inside(*write, region) == inside
                })
            };
            let start = self.binding(around, name)?;
            if moves("-", true) && moves("+", false) {
                Some(Counted { test, limit: start })
            } else if moves("+", true) && moves("-", false) {
                Some(Counted { test, limit: other })
            } else {
                None
            }
        })
    }
}

/// A limit that is counted by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) test: ExprId,
    /// How many at once.
    pub(crate) limit: ExprId,
}
