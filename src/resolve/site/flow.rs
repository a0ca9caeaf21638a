//! Where a value that may be a failure goes: every end of its way up through the body.

use std::collections::BTreeSet;

use super::{
    Polarity, Sites, names, polarity,
    way::{End, Flow, Flows, Way},
};
use crate::model::{
    Name,
    expr::{Arm, ExprId, ExprKind, Pattern},
};

/// Follow the value of `id`.
pub(super) fn follow(sites: &Sites, id: ExprId) -> Flows {
    let mut walker = Walker {
        sites,
        out: Flows::default(),
        open: Vec::new(),
        visited: BTreeSet::new(),
    };
    walker.start(id);
    while let Some((id, way)) = walker.open.pop() {
        if walker.visited.insert(id) {
            walker.step(id, way);
        }
    }
    walker.out.ends.sort_by_key(|flow| flow.at);
    walker.out
}

pub(super) struct Walker<'s, 'b> {
    pub(super) sites: &'s Sites<'b>,
    out: Flows,
    open: Vec<(ExprId, Way)>,
    visited: BTreeSet<ExprId>,
}

impl Walker<'_, '_> {
    pub(super) fn end(&mut self, at: ExprId, end: End, way: Way) {
        self.out.ends.push(Flow { at, end, way });
    }

    pub(super) fn on(&mut self, id: ExprId, way: Way) {
        self.open.push((id, way));
    }

    /// One step up from `id`.
    fn step(&mut self, id: ExprId, way: Way) {
        let Some(up) = self.sites.parent(id) else {
            self.end(id, End::Returned, way);
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
            | ExprKind::Closure { .. } => self.on(up, way),
            ExprKind::Template(_) => self.on(up, way.weak()),
            ExprKind::Try(_) => match way.unwrapped() {
                Some(inner) => self.on(up, inner),
                None => self.escape(up, way),
            },
            ExprKind::Return(_) | ExprKind::Throw(_) => self.escape(up, way),
            ExprKind::Method {
                receiver, method, args, ..
            } if *receiver == id => {
                let closure = args.iter().map(|arg| arg.value).find(|arg| self.is_closure(*arg));
                self.method(id, up, method, closure, way);
            }
            ExprKind::Call { .. } | ExprKind::Method { .. } | ExprKind::Macro { .. } => self.argument(id, up, way),
            // `emit!(Failed { error })`: an event with the error in it.
            ExprKind::Struct { .. } => match self.sites.parent(up).map(|it| (it, self.sites.kind(it))) {
                Some((shown, ExprKind::Macro { .. })) => self.end(shown, End::Shown, way),
                _ => self.end(up, End::Moved, way),
            },
            ExprKind::Bind {
                pattern,
                init,
                otherwise,
                ..
            } if *init == Some(id) => {
                self.bind(up, pattern, *otherwise, way);
            }
            ExprKind::Assign { target, value, .. } if *value == id => self.assign(up, *target, way),
            ExprKind::Block { stmts, has_tail, .. } => {
                if *has_tail && stmts.last() == Some(&id) {
                    self.on(up, way);
                } else {
                    self.end(id, End::Dropped, way);
                }
            }
            ExprKind::If { cond, .. } if *cond != id => self.on(up, way),
            ExprKind::Let { pattern, .. } => self.condition(up, polarity(pattern), Tested::of_pattern(pattern), way),
            ExprKind::Match { scrutinee, arms } => {
                if *scrutinee == id {
                    self.split(up, arms, way)
                } else {
                    self.on(up, way)
                }
            }
            ExprKind::Select(arms) => self.select(id, up, arms, way),
            ExprKind::Break { .. } => match self.sites.loop_of(up) {
                Some(around) => self.on(around, way),
                None => self.end(up, End::Lost, way),
            },
            ExprKind::Loop { body, .. } if *body == id => self.end(id, End::Dropped, way),
            _ if self.null_test(up, way) => {}
            _ => self.end(up, End::Lost, way),
        }
    }

    fn is_closure(&self, id: ExprId) -> bool {
        matches!(self.sites.kind(id), ExprKind::Closure { .. } | ExprKind::Path(_))
    }

    /// Out of the function, closure or `async` block; then on with that one's value.
    fn escape(&mut self, at: ExprId, way: Way) {
        let to = self.sites.enclosing(at);
        self.end(at, End::Escapes { to }, way);
        if let Some(to) = to {
            self.on(to, way);
        }
    }

    fn method(&mut self, id: ExprId, up: ExprId, method: &str, closure: Option<ExprId>, way: Way) {
        let is_unwrapping = names::is_in(names::PANICKING, method) || names::is_in(names::REPLACING, method);
        if let (true, Some(inner)) = (is_unwrapping, way.unwrapped()) {
            self.on(up, inner);
        } else if names::is_in(names::PANICKING, method) {
            self.end(up, End::Panics, way);
        } else if names::is_in(names::TESTING, method) {
            let success = matches!(method, "is_ok" | "is_some");
            let found = if success { Polarity::Success } else { Polarity::Failure };
            self.condition(up, found, Tested::of_method(method), way);
        } else if names::is_in(names::DEFAULTING, method) {
            self.end(up, End::Defaulted { closure }, way);
        } else if method == "ok" {
            self.on(up, way.lost(true));
        } else if names::is_in(names::NAMING, method) {
            self.on(up, way.lost(false));
        } else {
            // Any other method hands the failure on, perhaps with something added; closures may see it.
            self.out
                .seen_by
                .extend(closure.filter(|_| !names::is_in(names::ON_SUCCESS, method)));
            self.out.through.push((up, id));
            self.on(up, way);
        }
    }

    /// Handed to a function, method or macro.
    fn argument(&mut self, id: ExprId, up: ExprId, way: Way) {
        let name = self.sites.called(up).map_or("", Name::as_str);
        match self.sites.kind(up) {
            ExprKind::Call { callee, .. } if *callee == id => self.on(up, way),
            ExprKind::Macro { .. } => {
                if name.starts_with("assert") || name.starts_with("debug_assert") {
                    self.end(up, End::Panics, way);
                } else if names::is_in(names::WRAPPER_MACROS, name) {
                    self.on(up, way);
                } else {
                    self.end(up, End::Shown, way);
                }
            }
            ExprKind::Method { receiver, .. }
                if matches!(name, "push" | "push_back" | "insert" | "extend")
                    || (name == "spawn" && self.sites.is_statement(up)) =>
            {
                // A collection of futures or results: what becomes of it becomes of them.
                match self.sites.name(*receiver) {
                    Some(collection) => self.uses(up, *receiver, collection, way),
                    None => self.end(up, End::Lost, way),
                }
            }
            _ if names::is_in(names::NESTING, name) || name.contains("spawn") => {
                self.out.through.push((up, id));
                self.on(up, way.wrapped());
            }
            _ => {
                self.out.through.push((up, id));
                let is_known = names::is_in(names::WRAPPERS, name) || name.contains("retry");
                self.on(up, if is_known { way } else { way.weak() });
            }
        }
    }

    /// All later uses of a local collection.
    fn uses(&mut self, at: ExprId, receiver: ExprId, name: &Name, way: Way) {
        let later: Vec<ExprId> = self.sites.uses.get(name).into_iter().flatten().copied().collect();
        let later: Vec<ExprId> = later.into_iter().filter(|id| receiver < *id).collect();
        if later.is_empty() {
            self.end(at, End::Lost, way);
        }
        for id in later {
            self.on(id, way.weak());
        }
    }

    fn bind(&mut self, at: ExprId, pattern: &Pattern, otherwise: Option<ExprId>, way: Way) {
        if let Some(otherwise) = otherwise {
            self.end(
                at,
                End::Split {
                    success: Vec::new(),
                    failure: vec![otherwise],
                    is_option: is_of_option(pattern),
                },
                way,
            );
            if let Some(inner) = way.inside() {
                let uses = self.bound_uses(at, pattern);
                uses.into_iter().for_each(|id| self.on(id, inner));
            }
            return;
        }
        if self.pair(at, pattern, way) {
            return;
        }
        let uses = self.bound_uses(at, pattern);
        if uses.is_empty() {
            self.end(at, End::Dropped, way);
        }
        for id in uses {
            self.on(id, way);
        }
    }

    /// The uses of what a `let` binds.
    fn bound_uses(&self, at: ExprId, pattern: &Pattern) -> Vec<ExprId> {
        let mut bound = Vec::new();
        pattern.names(&mut bound);
        bound.iter().flat_map(|name| self.sites.uses_after(at, name)).collect()
    }

    /// The failure may be inside what looks like success: `Some(result)`, `Ok(result)`.
    fn payload(&mut self, pattern: &Pattern, scopes: &[ExprId], way: Way) {
        let Some(inner) = way.inside().filter(|_| polarity(pattern) == Polarity::Success) else {
            return;
        };
        let mut bound = Vec::new();
        pattern.names(&mut bound);
        for name in bound {
            let uses: Vec<ExprId> = scopes
                .iter()
                .flat_map(|scope| self.sites.uses_in(*scope, &name))
                .collect();
            uses.into_iter().for_each(|id| self.on(id, inner));
        }
    }

    fn assign(&mut self, at: ExprId, target: ExprId, way: Way) {
        if self.assigned_pair(at, target, way) {
            return;
        }
        match self.sites.name(target) {
            Some(name) if name == "_" => self.end(at, End::Dropped, way),
            Some(name) => {
                let uses = self.sites.uses_after(at, name);
                if uses.is_empty() {
                    self.end(at, End::Lost, way);
                }
                for id in uses {
                    self.on(id, way);
                }
            }
            None => self.end(at, End::Lost, way),
        }
    }

    /// A test (`let Ok(x) = value`, `value.is_err()`) somewhere in the condition of an `if` or `while`.
    pub(super) fn condition(&mut self, test: ExprId, found: Polarity, tested: Tested<'_>, way: Way) {
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
                    if let Some(pattern) = tested.pattern {
                        self.payload(pattern, &[*then], way);
                    }
                    self.branch(up, found, (*then, *otherwise), tested.is_option, way);
                    return;
                }
                ExprKind::Loop { head: Some(head), .. } if *head == below && found != Polarity::Neither => {
                    let end = if tested.is_option && tested.pattern.is_some() {
                        End::Lost
                    } else {
                        End::LoopsWhile {
                            failure: found == Polarity::Failure,
                        }
                    };
                    self.end(up, end, way);
                    return;
                }
                _ => break,
            }
            below = up;
        }
        // Only whether it failed is of interest here; why is lost.
        self.end(test, End::Defaulted { closure: None }, way);
    }

    fn branch(
        &mut self,
        at: ExprId,
        found: Polarity,
        (then, otherwise): (ExprId, Option<ExprId>),
        is_option: bool,
        way: Way,
    ) {
        let otherwise: Vec<ExprId> = otherwise.into_iter().collect();
        let end = match found {
            Polarity::Success => End::Split {
                success: vec![then],
                failure: otherwise,
                is_option,
            },
            Polarity::Failure => End::Split {
                success: otherwise,
                failure: vec![then],
                is_option,
            },
            Polarity::Any | Polarity::Neither => End::Lost,
        };
        self.end(at, end, way);
    }

    fn split(&mut self, at: ExprId, arms: &[Arm], way: Way) {
        let of = |wanted| {
            arms.iter()
                .filter(move |arm| polarity(&arm.pattern) == wanted)
                .map(|arm| arm.body)
        };
        let (success, mut failure): (Vec<_>, Vec<_>) =
            (of(Polarity::Success).collect(), of(Polarity::Failure).collect());
        for arm in arms {
            self.payload(&arm.pattern, &[arm.body], way);
        }
        if !success.is_empty() || !failure.is_empty() {
            let mut success = success;
            if failure.is_empty() {
                failure.extend(of(Polarity::Any))
            } else {
                success.extend(of(Polarity::Any))
            }
            let is_option = arms.iter().any(|arm| is_of_option(&arm.pattern));
            let end = End::Split {
                success,
                failure,
                is_option,
            };
            self.end(at, end, way);
            if arms.iter().any(|arm| self.makes_failure(arm)) {
                self.on(at, Way { layers: 0, ..way });
            }
            // An arm that names the whole has the failures that the others left.
            for arm in arms {
                if let Pattern::Bind { name, .. } = &arm.pattern {
                    for used in self.sites.uses_in(arm.body, name) {
                        self.on(used, way);
                    }
                }
            }
        } else {
            self.end(at, End::Lost, way);
        }
    }

    /// Whether an arm's value is a failure made of the one matched.
    fn makes_failure(&self, arm: &Arm) -> bool {
        let mut tail = arm.body;
        while let ExprKind::Block {
            stmts, has_tail: true, ..
        } = self.sites.kind(tail)
        {
            let Some(last) = stmts.last() else { return false };
            tail = *last;
        }
        let is_call = matches!(self.sites.kind(tail), ExprKind::Call { .. });
        is_call && self.sites.called(tail).is_some_and(|name| name == "Err")
    }

    /// The arm's pattern holds what its future gave.
    fn select(&mut self, id: ExprId, up: ExprId, arms: &[Arm], way: Way) {
        let Some(arm) = arms.iter().find(|arm| arm.scrutinee == Some(id)) else {
            self.on(up, way);
            return;
        };
        let mut bound = Vec::new();
        arm.pattern.names(&mut bound);
        let uses: Vec<ExprId> = bound
            .iter()
            .flat_map(|name| self.sites.uses_in(arm.body, name))
            .collect();
        if uses.is_empty() || polarity(&arm.pattern) == Polarity::Success {
            self.end(up, End::Dropped, way);
            return;
        }
        for id in uses {
            self.on(id, way);
        }
    }
}

/// How a value was tested.
#[derive(Clone, Copy)]
pub(super) struct Tested<'p> {
    pattern: Option<&'p Pattern>,
    /// For being there, not for having succeeded.
    is_option: bool,
}

impl<'p> Tested<'p> {
    fn of_pattern(pattern: &'p Pattern) -> Self {
        Self {
            pattern: Some(pattern),
            is_option: is_of_option(pattern),
        }
    }

    /// An error beside the result, compared with nothing.
    pub(super) const fn of_error() -> Self {
        Self {
            pattern: None,
            is_option: false,
        }
    }

    fn of_method(method: &str) -> Self {
        Self {
            pattern: None,
            is_option: matches!(method, "is_some" | "is_none"),
        }
    }
}

/// `Some(…)` and `None`, with no word of `Ok` and `Err`.
fn is_of_option(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Path(path) => path.last().is_some_and(|name| name == "None"),
        Pattern::TupleStruct { path, .. } => path.last().is_some_and(|name| name == "Some"),
        Pattern::Bind { sub: Some(sub), .. } => is_of_option(sub),
        Pattern::Typed { pattern, .. } => is_of_option(pattern),
        Pattern::Tuple(items) | Pattern::Or(items) => {
            let is_of_result = |item: &Pattern| matches!(item, Pattern::TupleStruct { path, .. } if path.last().is_some_and(|it| it == "Ok" || it == "Err"));
            items.iter().any(is_of_option) && !items.iter().any(is_of_result)
        }
        _ => false,
    }
}
