//! Hand-written breakers: a call that is refused while a stored failure holds.
//!
//! The shape: a test before the call reads some state and passes the call by; code that runs when the call failed
//! writes the same state; and between the two stands a threshold, a clock or a store whose entries expire. So plain
//! caches (written on success), flags (never written on failure), rate limits (written whatever happens) and retries
//! (they wait and try again) are told apart.

use std::collections::BTreeSet;

use crate::{
    catalog::schema::Role,
    model::{
        Name,
        expr::{ExprId, ExprKind, Literal},
        guard::{Layer, LayerKind, Source},
    },
};

use super::{
    bodies::{At, BodyRef},
    infer::{Callee, Origin, Step},
    site::{Measure, Refusal, Sites},
    symbols::Def,
    ty::{ConstId, FnId, Ty, TypeId},
    values::{Context, Flow},
};

/// Functions of ours looked into, one below the other.
const MAX_DEPTH: usize = 2;
/// Expressions looked at for one question.
const MAX_EXPRS: usize = 4000;

/// Methods that change an atomic or a cell: what they change is shared by design.
const SHARED_WRITES: &[&str] = &[
    "fetch_add",
    "fetch_max",
    "fetch_or",
    "fetch_sub",
    "fetch_update",
    "rcu",
    "replace",
    "send_replace",
    "set",
    "store",
    "swap",
];
/// Methods that put something into a collection.
const COLLECTION_WRITES: &[&str] = &[
    "append",
    "entry",
    "entry_by_ref",
    "extend",
    "get_or_insert_with",
    "insert",
    "or_default",
    "or_insert",
    "or_insert_with",
    "push",
    "push_back",
    "push_front",
    "put",
];
/// Methods that open what several tasks share.
const LOCKS: &[&str] = &[
    "borrow_mut",
    "entry",
    "entry_by_ref",
    "get_mut",
    "get_or_insert_mut",
    "lock",
    "try_lock",
    "try_write",
    "write",
];

/// A piece of state that outlives a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Field(TypeId, Name),
    Static(ConstId),
}

/// What some code has to do with state.
#[derive(Default)]
struct Touched {
    keys: BTreeSet<Key>,
    /// Also through plain assignment to what `self` owns.
    own: BTreeSet<Key>,
    is_compared: bool,
    is_timed: bool,
    /// It asks somebody outside: an answer is no state.
    is_asking: bool,
    seen: BTreeSet<At>,
}

impl Flow<'_, '_> {
    /// The hand-written breaker around the call at `call`, in its own body.
    pub(crate) fn breaker_by_hand(&self, context: &Context, call: ExprId) -> Option<Layer> {
        let at = At {
            body: context.body,
            expr: call,
        };
        if let Some(known) = self.breakers.borrow().get(&at) {
            return known.clone();
        }
        let found = self.find_breaker(at);
        self.breakers.borrow_mut().insert(at, found.clone());
        found
    }

    fn find_breaker(&self, call: At) -> Option<Layer> {
        let sites = self.bodies.typed(call.body).sites.as_ref()?;
        let refusals = sites.refusals(call.expr);
        if refusals.is_empty() {
            return None;
        }
        let mut written = Touched::default();
        for code in sites.on_failure(call.expr) {
            if sites.waits(code) {
                return None;
            }
            self.writes(At { expr: code, ..call }, true, 0, &mut written);
        }
        if written.keys.is_empty() && written.own.is_empty() {
            return None;
        }
        refusals
            .iter()
            .find_map(|refusal| self.refused_by(call, refusal, &written))
    }

    fn refused_by(&self, call: At, refusal: &Refusal, written: &Touched) -> Option<Layer> {
        let mut read = Touched::default();
        for test in &refusal.tests {
            self.reads(At { expr: *test, ..call }, 0, &mut read);
        }
        if read.is_asking {
            return None;
        }
        let is_timed = read.is_timed || written.is_timed;
        let is_measured = is_timed || read.is_compared || written.is_compared;
        let holds = |key: &&Key| {
            (written.keys.contains(*key) && (is_measured || self.expires(key)))
                || (written.own.contains(*key) && is_timed)
        };
        read.keys.iter().find(holds)?;
        let test = *refusal.tests.first()?;
        let body = self.bodies.body(call.body)?;
        Some(Layer {
            kind: LayerKind::Breaker,
            source: Source::Wrapper,
            at: Some(self.bodies.world.location(self.file_of(call.body), body.get(test).span)),
            is_conditional: refusal.is_nested || self.has_other_test(At { expr: test, ..call }, written),
        })
    }

    /// `a && state`: where `a` has nothing to do with the state, the breaker holds on a condition.
    fn has_other_test(&self, test: At, written: &Touched) -> bool {
        match self.bodies.kind(test) {
            ExprKind::Binary { op, left, right } if op == "&&" => [left, right]
                .into_iter()
                .any(|side| self.has_other_test(At { expr: *side, ..test }, written)),
            _ => {
                let mut read = Touched::default();
                self.reads(test, 0, &mut read);
                !read.is_timed && read.keys.is_disjoint(&written.keys) && read.keys.is_disjoint(&written.own)
            }
        }
    }

    /// State that the code reads, also through locals and functions of ours.
    fn reads(&self, at: At, depth: usize, out: &mut Touched) {
        let own = self.bodies.typed(at.body);
        let Some(sites) = own.sites.as_ref() else { return };
        for inner in sites.below(at.expr) {
            let here = At { expr: inner, ..at };
            if MAX_EXPRS < out.seen.len() || !out.seen.insert(here) {
                continue;
            }
            measure(sites, inner, out);
            out.is_asking |= matches!(own.typed.callees.get(&inner),
                Some(Callee::Catalog { entry, .. }) if entry.function.role == Role::Call);
            out.keys.extend(self.key(here));
            if let Some(init) = self.bound_to(here) {
                self.reads(At { expr: init, ..at }, depth, out);
            }
            for (id, root) in self.own_callees(here, depth) {
                self.reads(
                    At {
                        body: BodyRef::Function(id),
                        expr: root,
                    },
                    depth + 1,
                    out,
                );
            }
        }
    }

    /// State that the code writes. `is_ours`: what `self` is here outlives the call.
    fn writes(&self, at: At, is_ours: bool, depth: usize, out: &mut Touched) {
        let own = self.bodies.typed(at.body);
        let Some(sites) = own.sites.as_ref() else { return };
        for inner in sites.below(at.expr) {
            let here = At { expr: inner, ..at };
            if MAX_EXPRS < out.seen.len() || !out.seen.insert(here) {
                continue;
            }
            measure(sites, inner, out);
            match self.bodies.kind(here) {
                ExprKind::Assign { target, value, .. } if !self.is_reset(At { expr: *value, ..at }) => {
                    self.written(At { expr: *target, ..at }, false, is_ours, out);
                }
                ExprKind::Method {
                    receiver, method, args, ..
                } => {
                    let is_shared = SHARED_WRITES.contains(&method.as_str());
                    let is_reset = args.iter().all(|arg| self.is_reset(At { expr: arg.value, ..at }));
                    let is_write = COLLECTION_WRITES.contains(&method.as_str()) || (is_shared && !is_reset);
                    if is_write && !matches!(own.typed.callees.get(&inner), Some(Callee::Own { .. })) {
                        self.written(At { expr: *receiver, ..at }, is_shared, is_ours, out);
                    }
                }
                _ => {}
            }
            for (id, root) in self.own_callees(here, depth) {
                let is_ours = match self.bodies.kind(here) {
                    ExprKind::Method { receiver, .. } => is_ours && self.is_from_self(At { expr: *receiver, ..at }),
                    _ => false,
                };
                self.writes(
                    At {
                        body: BodyRef::Function(id),
                        expr: root,
                    },
                    is_ours,
                    depth + 1,
                    out,
                );
            }
        }
    }

    /// Take down what a write changes: the state below `target`.
    fn written(&self, target: At, is_shared: bool, is_ours: bool, out: &mut Touched) {
        let mut places = Touched::default();
        self.reads(target, MAX_DEPTH, &mut places);
        let Some(sites) = self.bodies.typed(target.body).sites.as_ref() else {
            return;
        };
        let is_locked = places.seen.iter().any(|at| {
            at.body == target.body && sites.called(at.expr).is_some_and(|name| LOCKS.contains(&name.as_str()))
        });
        // Stores that forget by themselves are handles to something shared.
        let is_static = places
            .keys
            .iter()
            .any(|key| matches!(key, Key::Static(_)) || self.expires(key));
        if is_shared || is_locked || is_static {
            out.keys.extend(places.keys);
        } else if is_ours && self.is_from_self(target) {
            out.own.extend(places.keys);
        }
    }

    /// `None`, `false`, `0`: what forgets a failure does not remember one.
    fn is_reset(&self, at: At) -> bool {
        match self.bodies.kind(at) {
            ExprKind::Path(path) => path.last().is_some_and(|name| name == "None"),
            ExprKind::Literal(Literal::Bool(flag)) => !flag,
            ExprKind::Literal(Literal::Int(number)) => *number == 0,
            _ => false,
        }
    }

    fn key(&self, at: At) -> Option<Key> {
        let typed = &self.bodies.typed(at.body).typed;
        match self.bodies.kind(at) {
            ExprKind::Field { name, .. } => Some(Key::Field(*typed.fields.get(&at.expr)?, name.clone())),
            ExprKind::Path(_) => match typed.names.get(&at.expr)? {
                Def::Const(id) if self.bodies.world.constant(*id).def.is_static => Some(Key::Static(*id)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a local was made of.
    fn bound_to(&self, at: At) -> Option<ExprId> {
        let typed = &self.bodies.typed(at.body).typed;
        let source = &typed.local(*typed.uses.get(&at.expr)?).source;
        match source.origin {
            Origin::Expr(init) => match (self.bodies.kind(At { expr: init, ..at }), source.steps.first()) {
                (ExprKind::List(items), Some(Step::Tuple(idx))) => items.get(*idx as usize).copied(),
                _ => Some(init),
            },
            Origin::Element(init) => Some(init),
            Origin::Param(_) | Origin::ClosureParam(..) | Origin::Unknown => None,
        }
    }

    /// Whether a place hangs on `self` or a static.
    fn is_from_self(&self, at: At) -> bool {
        let mut at = at;
        for _ in 0..16 {
            let next = match self.bodies.kind(at) {
                ExprKind::Field { base: next, .. }
                | ExprKind::Index { base: next, .. }
                | ExprKind::Method { receiver: next, .. }
                | ExprKind::Await(next)
                | ExprKind::Try(next)
                | ExprKind::Unary { value: next, .. } => *next,
                ExprKind::Path(path) => {
                    if path.as_name().is_some_and(|name| name == "self") || matches!(self.key(at), Some(Key::Static(_)))
                    {
                        return true;
                    }
                    match self.bound_to(at) {
                        Some(init) => init,
                        None => return false,
                    }
                }
                _ => return false,
            };
            at = At { expr: next, ..at };
        }
        false
    }

    fn own_callees(&self, at: At, depth: usize) -> Vec<(FnId, ExprId)> {
        if MAX_DEPTH <= depth {
            return Vec::new();
        }
        match self.bodies.typed(at.body).typed.callees.get(&at.expr) {
            Some(Callee::Own { ids, .. }) => ids
                .iter()
                .take(4)
                .filter_map(|id| Some((*id, self.bodies.body(BodyRef::Function(*id))?.root?)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A store whose entries are forgotten by themselves.
    fn expires(&self, key: &Key) -> bool {
        let Key::Field(of, name) = key else { return false };
        let mut ty = self.bodies.world.field_of(*of, &[], name).unwrap_or_default();
        while let Some(inner) = ty.deref() {
            ty = inner;
        }
        let last = |path: &Name| path.rsplit("::").next().unwrap_or_default().to_lowercase();
        match &ty {
            Ty::Ext(path, _) | Ty::Foreign(path) => {
                let last = last(path);
                ["cache", "ttl", "expir", "timed"]
                    .iter()
                    .any(|word| last.contains(word))
            }
            _ => false,
        }
    }
}

fn measure(sites: &Sites<'_>, id: ExprId, out: &mut Touched) {
    match sites.is_measure(id) {
        Measure::Compares => out.is_compared = true,
        Measure::Clock => out.is_timed = true,
        Measure::No => {}
    }
}
