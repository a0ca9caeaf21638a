//! Whether somebody waits for a call, and which deadline it runs against.

use std::collections::BTreeSet;

use super::{Sites, names};
use crate::model::{
    call::Delivery,
    expr::{ExprId, ExprKind, Pattern},
};

/// Methods that read an answer piece by piece.
const STREAMING: &[&str] = &["bytes_stream", "chunk", "into_stream", "stream", "try_next"];

/// Uses of a task's handle that wait for nothing.
const NOT_WAITING: &[&str] = &["abort", "abort_handle", "detach", "drop", "forget", "id", "is_finished"];

impl Sites<'_> {
    /// Whether the function waits for the call at `id`. `is_spawn` tells which calls run an argument on their own.
    #[must_use]
    pub(crate) fn delivery(&self, id: ExprId, is_spawn: &dyn Fn(ExprId) -> bool) -> Delivery {
        let mut below = id;
        for up in self.ancestors(id) {
            let is_callee = match self.kind(up) {
                ExprKind::Call { callee: first, .. } | ExprKind::Method { receiver: first, .. } => *first == below,
                _ => false,
            };
            let is_started = matches!(self.kind(up), ExprKind::Spawn(_)) || (!is_callee && is_spawn(up));
            if is_started && !self.is_joined(up) {
                return Delivery::Detached;
            }
            // A future that is stored first and spawned later.
            if let ExprKind::Bind {
                pattern: Pattern::Bind { name, .. },
                init: Some(init),
                ..
            } = self.kind(up)
                && *init == below
                && self
                    .uses_after(up, name)
                    .into_iter()
                    .any(|used| self.is_spawned(used, is_spawn))
            {
                return Delivery::Detached;
            }
            below = up;
        }
        if self.is_streamed(id) {
            Delivery::Stream
        } else {
            Delivery::Awaited
        }
    }

    fn is_spawned(&self, used: ExprId, is_spawn: &dyn Fn(ExprId) -> bool) -> bool {
        self.parent(used)
            .is_some_and(|up| is_spawn(up) && self.arguments(up).contains(&used) && !self.is_joined(up))
    }

    /// Whether the handle of a spawned task is waited for, returned, or handed to somebody who may wait.
    fn is_joined(&self, spawned: ExprId) -> bool {
        let mut below = spawned;
        for up in self.ancestors(spawned) {
            match self.kind(up) {
                ExprKind::Await(_) | ExprKind::Return(_) | ExprKind::Select(_) | ExprKind::Join(_) => return true,
                ExprKind::Method {
                    receiver, method, args, ..
                } => {
                    if *receiver == below && names::is_in(NOT_WAITING, method) {
                        return false;
                    }
                    if args.iter().any(|arg| arg.value == below) {
                        return self.name(*receiver).is_none_or(|name| self.is_waited(name, up));
                    }
                }
                ExprKind::Call { callee, .. } if *callee != below => {
                    if self.called(up).is_some_and(|name| name == "Some") {
                        below = up;
                        continue;
                    }
                    let drops = self.called(up).is_some_and(|name| names::is_in(NOT_WAITING, name));
                    return !drops;
                }
                ExprKind::Bind { pattern, .. } => {
                    let mut bound = Vec::new();
                    pattern.names(&mut bound);
                    return bound
                        .iter()
                        .flat_map(|name| self.uses_after(up, name))
                        .any(|used| !self.is_idle_use(used));
                }
                ExprKind::Block { stmts, has_tail, .. } if !*has_tail || stmts.last() != Some(&below) => {
                    return self.is_joined_by_set(spawned);
                }
                ExprKind::Struct { .. } | ExprKind::Assign { .. } | ExprKind::Loop { .. } => return false,
                // Within what is mapped over, or the value of a closure: the handles are collected.
                ExprKind::Closure { .. } => return true,
                _ => {}
            }
            below = up;
        }
        true
    }

    fn is_idle_use(&self, used: ExprId) -> bool {
        self.parent(used)
            .is_some_and(|up| self.called(up).is_some_and(|name| names::is_in(NOT_WAITING, name)))
    }

    /// `set.spawn(…)` with a set that is joined later.
    fn is_joined_by_set(&self, spawned: ExprId) -> bool {
        match self.kind(spawned) {
            ExprKind::Method { receiver, .. } => self.name(*receiver).is_some_and(|name| self.is_waited(name, spawned)),
            _ => false,
        }
    }

    /// Whether a collection is used once more after `at`, other than by the same sort of call.
    fn is_waited(&self, name: &str, at: ExprId) -> bool {
        let method = self.called(at);
        let later = self.uses.get(name).into_iter().flatten().filter(|used| at < **used);
        later
            .copied()
            .any(|used| self.parent(used).is_some_and(|up| self.called(up) != method))
    }

    /// Whether the answer is read piece by piece.
    fn is_streamed(&self, id: ExprId) -> bool {
        let is_generator = |up: &ExprId| {
            matches!(self.kind(*up), ExprKind::Macro { path, .. }
                if path.last().is_some_and(|name| name == "stream" || name == "try_stream"))
        };
        if self.ancestors(id).any(|up| is_generator(&up)) {
            return true;
        }
        let mut open = vec![id];
        let mut visited = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Some(up) = self.parent(id).filter(|_| visited.insert(id)) else {
                continue;
            };
            match self.kind(up) {
                ExprKind::Await(_) | ExprKind::Try(_) => open.push(up),
                ExprKind::Method { receiver, method, .. } if *receiver == id => {
                    if names::is_in(STREAMING, method) {
                        return true;
                    }
                    let is_awaited_next = method == "next"
                        && self
                            .parent(up)
                            .is_some_and(|next| matches!(self.kind(next), ExprKind::Await(_)));
                    if is_awaited_next {
                        return true;
                    }
                    open.push(up);
                }
                ExprKind::Bind { pattern, .. } => {
                    let mut bound = Vec::new();
                    pattern.names(&mut bound);
                    open.extend(bound.iter().flat_map(|name| self.uses_after(up, name)));
                }
                _ => {}
            }
        }
        false
    }

    /// The argument of a sleep that races against the call at `id` in a `select!`: its deadline.
    #[must_use]
    pub(crate) fn select_deadline(&self, id: ExprId) -> Option<ExprId> {
        let mut open = vec![id];
        let mut visited = BTreeSet::new();
        while let Some(id) = open.pop() {
            let mut below = id;
            for up in self.ancestors(id) {
                match self.kind(up) {
                    ExprKind::Select(arms) if arms.iter().any(|arm| arm.scrutinee == Some(below)) => {
                        let others = arms.iter().filter_map(|arm| arm.scrutinee).filter(|it| *it != below);
                        if let Some(limit) = others.filter_map(|other| self.sleep_in(other)).next() {
                            return Some(limit);
                        }
                    }
                    ExprKind::Bind {
                        pattern: Pattern::Bind { name, .. },
                        init: Some(init),
                        ..
                    } if *init == below && visited.insert(up) => open.extend(self.uses_after(up, name)),
                    _ => {}
                }
                below = up;
            }
        }
        None
    }

    /// The first argument of a sleep in a future, or in what a named future was bound to.
    fn sleep_in(&self, future: ExprId) -> Option<ExprId> {
        let is_sleep = |id: &ExprId| {
            let is_other = matches!(self.called(*id), Some(name) if name == "timeout" || name == "delay");
            let is_timer = self.called(*id).is_some_and(|name| names::is_in(names::SLEEPS, name));
            is_timer || (is_other && matches!(self.kind(*id), ExprKind::Call { .. }))
        };
        let argument = |root: ExprId| {
            self.below(root)
                .into_iter()
                .find(|id| is_sleep(id))
                .and_then(|id| self.arguments(id).first().copied())
        };
        argument(future).or_else(|| {
            let names = self
                .below(future)
                .into_iter()
                .filter_map(|id| self.name(id).map(|name| (id, name)));
            names.filter_map(|(id, name)| self.binding(id, name)).find_map(argument)
        })
    }
}
