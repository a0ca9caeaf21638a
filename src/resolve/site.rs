//! What the syntax around a call tells: who takes its failure, when and how often it happens, who waits for it.
//!
//! Everything here looks at one body at a time and at its shape only; a local variable's uses count wherever they stand
//! below its binding. Whether a call is of interest, logs or spawns is the caller's knowledge and handed in.

mod again;
mod breaker;
mod bulkhead;
mod causes;
mod condition;
mod delivery;
mod exits;
mod fallback;
mod flow;
mod handling;
mod loops;
mod names;
mod pace;
mod recursion;
mod retry;
mod schedule;
mod status;
mod styles;
mod way;
mod work;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    expr::{Arm, Body, ExprId, ExprKind, Pattern, Piece},
};

pub(crate) use breaker::{Measure, Refusal};
pub(crate) use handling::{Asked, Observe};
pub(crate) use loops::{Attempts, LoopShape, Retry, Schedule};
pub(crate) use styles::FailureStyle;

/// One body with the links that its arena lacks. Built once, asked often.
pub(crate) struct Sites<'b> {
    body: &'b Body,
    /// By [`ExprId::idx`].
    parents: Vec<Option<ExprId>>,
    /// All expressions that are just this name, in order.
    uses: BTreeMap<Name, Vec<ExprId>>,
    /// All `let`s and assignments of a name, in order.
    writes: BTreeMap<Name, Vec<ExprId>>,
    style: FailureStyle,
    /// Calls that start something to be awaited.
    futures: BTreeSet<ExprId>,
}

impl<'b> Sites<'b> {
    /// Index a body.
    #[must_use]
    pub(crate) fn of(body: &'b Body) -> Self {
        let mut sites = Self {
            body,
            parents: vec![None; body.exprs.len()],
            uses: BTreeMap::new(),
            writes: BTreeMap::new(),
            style: FailureStyle::Value,
            futures: BTreeSet::new(),
        };
        for (id, expr) in body.iter() {
            each_child(&expr.kind, &mut |child| sites.parents[child.idx()] = Some(id));
        }
        for (id, expr) in body.iter() {
            match &expr.kind {
                ExprKind::Path(path) if !sites.is_written(id) => {
                    if let Some(name) = path.as_name() {
                        sites.uses.entry(name.clone()).or_default().push(id);
                    }
                }
                ExprKind::Bind { pattern, .. } => {
                    let mut names = Vec::new();
                    pattern.names(&mut names);
                    for name in names {
                        sites.writes.entry(name).or_default().push(id);
                    }
                }
                ExprKind::Assign { target, .. } => {
                    if let Some(name) = name_of(body, *target) {
                        sites.writes.entry(name.clone()).or_default().push(id);
                    }
                }
                _ => {}
            }
        }
        sites
    }

    /// The target of an assignment is no use.
    fn is_written(&self, id: ExprId) -> bool {
        self.parent(id)
            .is_some_and(|parent| matches!(self.kind(parent), ExprKind::Assign { target, .. } if *target == id))
    }

    fn kind(&self, id: ExprId) -> &'b ExprKind {
        &self.body.get(id).kind
    }

    /// The expression around; `None` for the root.
    #[must_use]
    pub(crate) fn parent(&self, id: ExprId) -> Option<ExprId> {
        self.parents[id.idx()]
    }

    /// The expressions around, innermost first, without the expression itself.
    pub(crate) fn ancestors(&self, id: ExprId) -> impl Iterator<Item = ExprId> + use<'_, 'b> {
        std::iter::successors(self.parent(id), |id| self.parent(*id))
    }

    /// The closure or `async` block that the expression is in; `None` = the function itself.
    #[must_use]
    pub(crate) fn enclosing(&self, id: ExprId) -> Option<ExprId> {
        self.ancestors(id).find(|id| {
            matches!(
                self.kind(*id),
                ExprKind::Closure { .. } | ExprKind::Block { is_async: true, .. }
            )
        })
    }

    /// Whether `inner` stands inside `outer`, or is it.
    #[must_use]
    pub(crate) fn is_inside(&self, inner: ExprId, outer: ExprId) -> bool {
        inner == outer || self.ancestors(inner).any(|id| id == outer)
    }

    /// The expression and all below it, parents first, in source order.
    #[must_use]
    pub(crate) fn below(&self, id: ExprId) -> Vec<ExprId> {
        self.below_until(id, |_| false)
    }

    /// As [`Sites::below`], without closures and `async` blocks inside: they return to elsewhere.
    fn below_here(&self, id: ExprId) -> Vec<ExprId> {
        self.below_until(id, |kind| {
            matches!(kind, ExprKind::Closure { .. } | ExprKind::Block { is_async: true, .. })
        })
    }

    fn below_until(&self, id: ExprId, is_edge: impl Fn(&ExprKind) -> bool) -> Vec<ExprId> {
        let mut out = Vec::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            out.push(next);
            if next == id || !is_edge(self.kind(next)) {
                let at = open.len();
                each_child(self.kind(next), &mut |child| open.push(child));
                open[at..].reverse();
            }
        }
        out
    }

    /// The uses of a name that was bound or assigned at `write`: below it in the block around, up to the next `let` of
    /// the same name there. For an assignment: all uses of the name that stand after it or in the same loop.
    fn uses_after(&self, write: ExprId, name: &str) -> Vec<ExprId> {
        let Some(uses) = self.uses.get(name) else {
            return Vec::new();
        };
        if matches!(self.kind(write), ExprKind::Assign { .. }) {
            let around = self
                .ancestors(write)
                .find(|id| matches!(self.kind(*id), ExprKind::Loop { .. }));
            let is_reached = |id: &ExprId| write < *id || around.is_some_and(|around| self.is_inside(*id, around));
            return uses
                .iter()
                .copied()
                .filter(is_reached)
                .filter(|id| !self.is_inside(*id, write) && !self.is_shadowed(*id, name, write))
                .collect();
        }
        let block = self.parent(write);
        let rebound = self.writes.get(name).into_iter().flatten().copied().find(|next| {
            write < *next && self.parent(*next) == block && matches!(self.kind(*next), ExprKind::Bind { .. })
        });
        let is_reached = |id: &ExprId| {
            write < *id
                && rebound.is_none_or(|rebound| *id < rebound)
                && block.is_none_or(|block| self.is_inside(*id, block))
        };
        let own = |id: &ExprId| !self.is_shadowed(*id, name, write);
        uses.iter().copied().filter(is_reached).filter(own).collect()
    }

    /// Whether a pattern between `write` and the use binds the name anew: `if let Ok(x) = x { x }`.
    fn is_shadowed(&self, used: ExprId, name: &str, write: ExprId) -> bool {
        let binds = |pattern: &Pattern| {
            let mut names = Vec::new();
            pattern.names(&mut names);
            names.iter().any(|bound| bound == name)
        };
        let block = self.parent(write);
        let mut below = used;
        for up in self.ancestors(used) {
            if Some(up) == block || up == write {
                return false;
            }
            let is_bound = match self.kind(up) {
                ExprKind::If { cond, then, .. } if *then == below => self
                    .below_here(*cond)
                    .into_iter()
                    .any(|it| matches!(self.kind(it), ExprKind::Let { pattern, .. } if binds(pattern))),
                ExprKind::Match { arms, .. } | ExprKind::Select(arms) => arms
                    .iter()
                    .any(|arm| (arm.body == below || arm.guard == Some(below)) && binds(&arm.pattern)),
                ExprKind::Closure { params, .. } => params.iter().any(|param| binds(&param.pattern)),
                ExprKind::Loop {
                    pattern, body, head, ..
                } if *body == below => {
                    pattern.as_ref().is_some_and(binds)
                        || head.is_some_and(
                            |head| matches!(self.kind(head), ExprKind::Let { pattern, .. } if binds(pattern)),
                        )
                }
                _ => false,
            };
            if is_bound {
                return true;
            }
            below = up;
        }
        false
    }

    /// The uses of a name inside an expression.
    fn uses_in(&self, scope: ExprId, name: &str) -> Vec<ExprId> {
        let uses = self.uses.get(name).into_iter().flatten().copied();
        uses.filter(|id| self.is_inside(*id, scope)).collect()
    }

    /// What a local name was bound to, nearest `let` before the use.
    fn binding(&self, used: ExprId, name: &str) -> Option<ExprId> {
        let mut binds = self.writes.get(name)?.iter().rev().copied();
        binds.find_map(|write| match self.kind(write) {
            ExprKind::Bind { init: Some(init), .. } if write < used => Some(*init),
            _ => None,
        })
    }

    /// Whether nothing is done with what an expression, or awaiting it, gives.
    pub(crate) fn is_statement(&self, id: ExprId) -> bool {
        self.parent(id).is_some_and(|up| match self.kind(up) {
            ExprKind::Block { stmts, has_tail, .. } => !*has_tail || stmts.last() != Some(&id),
            ExprKind::Await(_) => self.is_statement(up),
            _ => false,
        })
    }

    /// The statements that follow an expression's statement in the block around it.
    fn following(&self, id: ExprId) -> &'b [ExprId] {
        let Some(ExprKind::Block { stmts, .. }) = self.parent(id).map(|parent| self.kind(parent)) else {
            return &[];
        };
        let at = stmts
            .iter()
            .position(|stmt| *stmt == id)
            .map_or(stmts.len(), |at| at + 1);
        &stmts[at..]
    }

    /// The last segment of what is called there: a function's, method's or macro's name.
    pub(crate) fn called(&self, id: ExprId) -> Option<&'b Name> {
        match self.kind(id) {
            ExprKind::Call { callee, .. } => match self.kind(*callee) {
                ExprKind::Path(path) => path.last(),
                ExprKind::Field { name, .. } => Some(name),
                _ => None,
            },
            ExprKind::Method { method, .. } => Some(method),
            ExprKind::Macro { path, .. } => path.last(),
            _ => None,
        }
    }

    /// The arguments of a call, method or macro.
    fn arguments(&self, id: ExprId) -> Vec<ExprId> {
        match self.kind(id) {
            ExprKind::Call { args, .. } | ExprKind::Method { args, .. } | ExprKind::Macro { args, .. } => {
                args.iter().map(|arg| arg.value).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The name that an expression just is.
    fn name(&self, id: ExprId) -> Option<&'b Name> {
        name_of(self.body, id)
    }
}

fn name_of(body: &Body, id: ExprId) -> Option<&Name> {
    match &body.get(id).kind {
        ExprKind::Path(path) => path.as_name(),
        _ => None,
    }
}

/// What a pattern says of success and failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Polarity {
    Success,
    Failure,
    /// Takes whatever is left.
    Any,
    Neither,
}

/// `Ok`, `Some` against `Err`, `None`, also inside each other and in tuples.
fn polarity(pattern: &Pattern) -> Polarity {
    match pattern {
        Pattern::Wild | Pattern::Bind { sub: None, .. } => Polarity::Any,
        Pattern::Bind { sub: Some(sub), .. } => polarity(sub),
        Pattern::Typed { pattern, .. } => polarity(pattern),
        Pattern::TupleStruct { path, items } => match path.last().map(Name::as_str) {
            Some("Err") => Polarity::Failure,
            Some("Ok" | "Some" | "Ready") => match items.iter().map(polarity).find(|it| *it == Polarity::Failure) {
                Some(failure) => failure,
                None => Polarity::Success,
            },
            _ => Polarity::Neither,
        },
        Pattern::Path(path) => match path.last().map(Name::as_str) {
            Some("None") => Polarity::Failure,
            _ => Polarity::Neither,
        },
        Pattern::Tuple(items) | Pattern::Or(items) => {
            let all: Vec<Polarity> = items.iter().map(polarity).collect();
            let first = |wanted| all.contains(&wanted).then_some(wanted);
            first(Polarity::Failure)
                .or(first(Polarity::Success))
                .unwrap_or(Polarity::Neither)
        }
        _ => Polarity::Neither,
    }
}

/// See all direct parts of an expression, in source order.
pub(crate) fn each_child(kind: &ExprKind, see: &mut dyn FnMut(ExprId)) {
    match kind {
        ExprKind::Path(_) | ExprKind::Literal(_) | ExprKind::Continue { .. } | ExprKind::Opaque { .. } => {}
        ExprKind::Field { base: it, .. }
        | ExprKind::Await(it)
        | ExprKind::Try(it)
        | ExprKind::Throw(it)
        | ExprKind::Unary { value: it, .. }
        | ExprKind::Let { value: it, .. }
        | ExprKind::Closure { body: it, .. }
        | ExprKind::Spawn(it) => see(*it),
        ExprKind::Index {
            base: left,
            index: right,
        }
        | ExprKind::Binary { left, right, .. }
        | ExprKind::Assign {
            target: left,
            value: right,
            ..
        } => {
            see(*left);
            see(*right);
        }
        ExprKind::Template(pieces) => {
            for piece in pieces {
                if let Piece::Hole(hole) = piece {
                    see(*hole);
                }
            }
        }
        ExprKind::Call { callee: first, args }
        | ExprKind::Method {
            receiver: first, args, ..
        } => {
            see(*first);
            args.iter().for_each(|arg| see(arg.value));
        }
        ExprKind::Macro { args, .. } => args.iter().for_each(|arg| see(arg.value)),
        ExprKind::Struct { fields, rest, .. } => {
            fields.iter().for_each(|(_, value)| see(*value));
            rest.iter().for_each(|rest| see(*rest));
        }
        ExprKind::Block { stmts: items, .. } | ExprKind::List(items) | ExprKind::Join(items) => {
            items.iter().for_each(|item| see(*item));
        }
        ExprKind::Bind {
            init: first,
            otherwise: second,
            ..
        }
        | ExprKind::Range {
            start: first,
            end: second,
            ..
        } => {
            first.iter().chain(second).for_each(|it| see(*it));
        }
        ExprKind::If { cond, then, otherwise } => {
            see(*cond);
            see(*then);
            otherwise.iter().for_each(|it| see(*it));
        }
        ExprKind::Match { scrutinee, arms } => {
            see(*scrutinee);
            arms.iter().for_each(|arm| each_of_arm(arm, see));
        }
        ExprKind::Select(arms) => arms.iter().for_each(|arm| each_of_arm(arm, see)),
        ExprKind::Loop { head, body, .. } => {
            head.iter().for_each(|it| see(*it));
            see(*body);
        }
        ExprKind::Break { value, .. } | ExprKind::Return(value) => value.iter().for_each(|it| see(*it)),
        ExprKind::TryCatch { body, catches, finally } => {
            see(*body);
            catches.iter().for_each(|arm| each_of_arm(arm, see));
            finally.iter().for_each(|it| see(*it));
        }
    }
}

fn each_of_arm(arm: &Arm, see: &mut dyn FnMut(ExprId)) {
    arm.scrutinee.iter().chain(&arm.guard).for_each(|it| see(*it));
    see(arm.body);
}
