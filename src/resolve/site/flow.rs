//! Where a value that may be a failure goes: every end of its way up through the body.

use std::collections::BTreeSet;

use super::{Polarity, Sites, names, polarity};
use crate::model::{
    Name,
    expr::{Arm, ExprId, ExprKind, Pattern},
};

/// One end of the way.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// `?` or `return`; out of the function where `to` is none, else out of that closure or `async` block.
    Escapes {
        to: Option<ExprId>,
    },
    /// The value of the function, or moved into a struct.
    Returned,
    Moved,
    Panics,
    /// Replaced by a default, perhaps one that a closure makes.
    Defaulted {
        closure: Option<ExprId>,
    },
    /// Code for failure, and code for success. Either may be empty: the flow just goes on.
    Split {
        success: Vec<ExprId>,
        failure: Vec<ExprId>,
    },
    /// A loop that goes on while it fails (or while it succeeds).
    LoopsWhile {
        failure: bool,
    },
    Dropped,
    /// An argument of a macro.
    Shown,
    Lost,
}

/// An end with its place.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub at: ExprId,
    pub end: End,
    /// It went through a call that nobody knows here.
    pub is_weak: bool,
}

/// All ends of a value, and the closures that saw the error on the way (`map_err`, `inspect_err`).
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    pub ends: Vec<Flow>,
    pub seen_by: Vec<ExprId>,
}

/// Follow the value of `id`.
pub(super) fn follow(sites: &Sites, id: ExprId) -> Flows {
    let mut walker = Walker {
        sites,
        out: Flows::default(),
        open: vec![(id, false)],
        visited: BTreeSet::new(),
    };
    while let Some((id, is_weak)) = walker.open.pop() {
        if walker.visited.insert(id) {
            walker.step(id, is_weak);
        }
    }
    walker.out.ends.sort_by_key(|flow| flow.at);
    walker.out
}

struct Walker<'s, 'b> {
    sites: &'s Sites<'b>,
    out: Flows,
    open: Vec<(ExprId, bool)>,
    visited: BTreeSet<ExprId>,
}

impl Walker<'_, '_> {
    fn end(&mut self, at: ExprId, end: End, is_weak: bool) {
        self.out.ends.push(Flow { at, end, is_weak });
    }

    fn on(&mut self, id: ExprId, is_weak: bool) {
        self.open.push((id, is_weak));
    }

    /// One step up from `id`.
    fn step(&mut self, id: ExprId, is_weak: bool) {
        let Some(up) = self.sites.parent(id) else {
            self.end(id, End::Returned, is_weak);
            return;
        };
        match self.sites.kind(up) {
            ExprKind::Await(_)
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Unary { .. }
            | ExprKind::List(_)
            | ExprKind::Join(_)
            | ExprKind::Spawn(_)
            | ExprKind::Closure { .. } => self.on(up, is_weak),
            ExprKind::Template(_) => self.on(up, true),
            ExprKind::Try(_) | ExprKind::Return(_) | ExprKind::Throw(_) => self.escape(up, is_weak),
            ExprKind::Method {
                receiver, method, args, ..
            } if *receiver == id => {
                let closure = args.iter().map(|arg| arg.value).find(|arg| self.is_closure(*arg));
                self.method(up, method, closure, is_weak);
            }
            ExprKind::Call { .. } | ExprKind::Method { .. } | ExprKind::Macro { .. } => self.argument(id, up, is_weak),
            ExprKind::Struct { .. } => self.end(up, End::Moved, is_weak),
            ExprKind::Bind {
                pattern,
                init,
                otherwise,
                ..
            } if *init == Some(id) => {
                self.bind(up, pattern, *otherwise, is_weak);
            }
            ExprKind::Assign { target, value, .. } if *value == id => self.assign(up, *target, is_weak),
            ExprKind::Block { stmts, has_tail, .. } => {
                if *has_tail && stmts.last() == Some(&id) {
                    self.on(up, is_weak);
                } else {
                    self.end(id, End::Dropped, is_weak);
                }
            }
            ExprKind::If { cond, .. } if *cond != id => self.on(up, is_weak),
            ExprKind::Let { pattern, .. } => self.condition(up, polarity(pattern), Some(pattern), is_weak),
            ExprKind::Match { scrutinee, arms } => {
                if *scrutinee == id {
                    self.split(up, arms, is_weak)
                } else {
                    self.on(up, is_weak)
                }
            }
            ExprKind::Select(arms) => self.select(id, up, arms, is_weak),
            ExprKind::Break { .. } => match self.sites.loop_of(up) {
                Some(around) => self.on(around, is_weak),
                None => self.end(up, End::Lost, is_weak),
            },
            ExprKind::Loop { body, .. } if *body == id => self.end(id, End::Dropped, is_weak),
            _ => self.end(up, End::Lost, is_weak),
        }
    }

    fn is_closure(&self, id: ExprId) -> bool {
        matches!(self.sites.kind(id), ExprKind::Closure { .. } | ExprKind::Path(_))
    }

    /// Out of the function, closure or `async` block; then on with that one's value.
    fn escape(&mut self, at: ExprId, is_weak: bool) {
        let to = self.sites.enclosing(at);
        self.end(at, End::Escapes { to }, is_weak);
        if let Some(to) = to {
            self.on(to, is_weak);
        }
    }

    fn method(&mut self, up: ExprId, method: &str, closure: Option<ExprId>, is_weak: bool) {
        if names::is_in(names::PANICKING, method) {
            self.end(up, End::Panics, is_weak);
        } else if names::is_in(names::TESTING, method) {
            let success = matches!(method, "is_ok" | "is_some");
            self.condition(
                up,
                if success { Polarity::Success } else { Polarity::Failure },
                None,
                is_weak,
            );
        } else if names::is_in(names::DEFAULTING, method) {
            self.end(up, End::Defaulted { closure }, is_weak);
        } else if method == "ok" && !self.is_error_restored(up) {
            self.end(up, End::Defaulted { closure: None }, is_weak);
        } else {
            // Any other method hands the failure on, perhaps with something added; closures may see it.
            self.out.seen_by.extend(closure);
            if method.contains("log") || method.contains("report") || method.contains("trace_err") {
                self.out.seen_by.push(up);
            }
            self.on(up, is_weak);
        }
    }

    /// `.ok()?`, `.ok().ok_or(…)`, `return x.ok()`: still a failure for somebody.
    fn is_error_restored(&self, ok: ExprId) -> bool {
        let Some(up) = self.sites.parent(ok) else { return true };
        match self.sites.kind(up) {
            ExprKind::Try(_) | ExprKind::Return(_) => true,
            ExprKind::Method { method, .. } => {
                let is_kept = ["ok_or", "ok_or_else", "context", "with_context", "expect", "unwrap"];
                is_kept.contains(&method.as_str())
            }
            ExprKind::Block { stmts, has_tail, .. } => {
                *has_tail && stmts.last() == Some(&ok) && self.sites.parent(up).is_none()
            }
            _ => false,
        }
    }

    /// Handed to a function, method or macro.
    fn argument(&mut self, id: ExprId, up: ExprId, is_weak: bool) {
        let name = self.sites.called(up).map_or("", Name::as_str);
        match self.sites.kind(up) {
            ExprKind::Call { callee, .. } if *callee == id => self.on(up, is_weak),
            ExprKind::Macro { .. } => {
                if name.starts_with("assert") || name.starts_with("debug_assert") {
                    self.end(up, End::Panics, is_weak);
                } else if names::is_in(names::WRAPPER_MACROS, name) {
                    self.on(up, is_weak);
                } else {
                    self.end(up, End::Shown, is_weak);
                }
            }
            ExprKind::Method { receiver, .. }
                if matches!(name, "push" | "push_back" | "insert" | "spawn" | "extend") =>
            {
                // A collection of futures or results: what becomes of it becomes of them.
                match self.sites.name(*receiver) {
                    Some(collection) => self.uses(up, *receiver, collection, is_weak),
                    None => self.end(up, End::Lost, is_weak),
                }
            }
            _ => {
                let is_known = names::is_in(names::WRAPPERS, name) || name.contains("retry") || name.contains("spawn");
                self.on(up, is_weak || !is_known);
            }
        }
    }

    /// All later uses of a local collection.
    fn uses(&mut self, at: ExprId, receiver: ExprId, name: &Name, is_weak: bool) {
        let later: Vec<ExprId> = self.sites.uses.get(name).into_iter().flatten().copied().collect();
        let later: Vec<ExprId> = later.into_iter().filter(|id| receiver < *id).collect();
        if later.is_empty() {
            self.end(at, End::Lost, is_weak);
        }
        for id in later {
            self.on(id, true);
        }
    }

    fn bind(&mut self, at: ExprId, pattern: &Pattern, otherwise: Option<ExprId>, is_weak: bool) {
        if let Some(otherwise) = otherwise {
            self.end(
                at,
                End::Split {
                    success: Vec::new(),
                    failure: vec![otherwise],
                },
                is_weak,
            );
            return;
        }
        let mut bound = Vec::new();
        pattern.names(&mut bound);
        let uses: Vec<ExprId> = bound.iter().flat_map(|name| self.sites.uses_after(at, name)).collect();
        if uses.is_empty() {
            self.end(at, End::Dropped, is_weak);
        }
        for id in uses {
            self.on(id, is_weak);
        }
    }

    fn assign(&mut self, at: ExprId, target: ExprId, is_weak: bool) {
        match self.sites.name(target) {
            Some(name) if name == "_" => self.end(at, End::Dropped, is_weak),
            Some(name) => {
                let uses = self.sites.uses_after(at, name);
                if uses.is_empty() {
                    self.end(at, End::Lost, is_weak);
                }
                for id in uses {
                    self.on(id, is_weak);
                }
            }
            None => self.end(at, End::Lost, is_weak),
        }
    }

    /// A test (`let Ok(x) = value`, `value.is_err()`) somewhere in the condition of an `if` or `while`.
    fn condition(&mut self, test: ExprId, found: Polarity, pattern: Option<&Pattern>, is_weak: bool) {
        let mut found = found;
        let mut below = test;
        for up in self.sites.ancestors(test) {
            match self.sites.kind(up) {
                ExprKind::Unary { op, .. } if op == "!" => {
                    found = match found {
                        Polarity::Success => Polarity::Failure,
                        Polarity::Failure => Polarity::Success,
                        other => other,
                    };
                }
                ExprKind::Binary { .. } => {}
                ExprKind::If { cond, then, otherwise } if *cond == below => {
                    self.branch(up, found, *then, *otherwise, is_weak);
                    return;
                }
                ExprKind::Loop { head: Some(head), .. } if *head == below && found != Polarity::Neither => {
                    let is_option = pattern.is_some_and(|it| matches!(it, Pattern::TupleStruct { path, .. } if path.last().is_some_and(|it| it == "Some")));
                    let end = if is_option {
                        End::Lost
                    } else {
                        End::LoopsWhile {
                            failure: found == Polarity::Failure,
                        }
                    };
                    self.end(up, end, is_weak);
                    return;
                }
                _ => break,
            }
            below = up;
        }
        // Only whether it failed is of interest here; why is lost.
        self.end(test, End::Defaulted { closure: None }, is_weak);
    }

    fn branch(&mut self, at: ExprId, found: Polarity, then: ExprId, otherwise: Option<ExprId>, is_weak: bool) {
        let otherwise: Vec<ExprId> = otherwise.into_iter().collect();
        let end = match found {
            Polarity::Success => End::Split {
                success: vec![then],
                failure: otherwise,
            },
            Polarity::Failure => End::Split {
                success: otherwise,
                failure: vec![then],
            },
            Polarity::Any | Polarity::Neither => End::Lost,
        };
        self.end(at, end, is_weak);
    }

    fn split(&mut self, at: ExprId, arms: &[Arm], is_weak: bool) {
        let of = |wanted| {
            arms.iter()
                .filter(move |arm| polarity(&arm.pattern) == wanted)
                .map(|arm| arm.body)
        };
        let (success, mut failure): (Vec<_>, Vec<_>) =
            (of(Polarity::Success).collect(), of(Polarity::Failure).collect());
        if !success.is_empty() || !failure.is_empty() {
            let mut success = success;
            if failure.is_empty() {
                failure.extend(of(Polarity::Any))
            } else {
                success.extend(of(Polarity::Any))
            }
            self.end(at, End::Split { success, failure }, is_weak);
        } else {
            self.end(at, End::Lost, is_weak);
        }
    }

    /// The arm's pattern holds what its future gave.
    fn select(&mut self, id: ExprId, up: ExprId, arms: &[Arm], is_weak: bool) {
        let Some(arm) = arms.iter().find(|arm| arm.scrutinee == Some(id)) else {
            self.on(up, is_weak);
            return;
        };
        let mut bound = Vec::new();
        arm.pattern.names(&mut bound);
        let uses: Vec<ExprId> = bound
            .iter()
            .flat_map(|name| self.sites.uses_in(arm.body, name))
            .collect();
        if uses.is_empty() || polarity(&arm.pattern) == Polarity::Success {
            self.end(up, End::Dropped, is_weak);
            return;
        }
        for id in uses {
            self.on(id, is_weak);
        }
    }
}
