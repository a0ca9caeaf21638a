//! What becomes of an external call's answer and error where it is made, and on the way up.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::{
    catalog::schema::{Completes, Role, Status},
    model::{
        Name,
        call::{Condition, Delivery, Handling, StatusCheck},
        expr::{ExprId, ExprKind},
        program::{CallTerm, FunctionIdx, SiteTerm},
    },
};

use super::{
    bodies::{At, BodyRef},
    effects::{CallSite, Primitive},
    infer::Callee,
    infer::Origin,
    site::{Asked, Observe},
    ty::Ty,
    values::Flow,
};

/// The attributes of one call or site.
pub(crate) struct Shape {
    pub(crate) condition: Condition,
    pub(crate) delivery: Delivery,
    pub(crate) status: StatusCheck,
    pub(crate) handling: Handling,
    pub(crate) observed: bool,
}

/// The attributes of an external call.
pub(crate) fn call_shape(flow: &Flow<'_, '_>, primitive: &Primitive<'_>) -> Shape {
    let mut shape = shape(flow, primitive.at);
    let ty = flow.bodies.typed(primitive.at.body).typed.ty(primitive.at.expr);
    let is_stream = primitive.entry.function.completes == Some(Completes::Stream);
    if primitive.entry.function.is_async && !is_stream && is_mute(ty) {
        // The library answers with a plain value, whatever happened: it keeps the failure for itself.
        shape.handling = Handling::Swallowed;
    }
    shape.status = match primitive.entry.function.status {
        Some(Status::Ignored) => shape.status,
        Some(Status::Checked) | None => StatusCheck::Checked,
    };
    shape
}

/// The attributes of a call of our own functions.
pub(crate) fn site_shape(flow: &Flow<'_, '_>, site: &CallSite) -> Shape {
    shape(flow, site.at)
}

fn shape(flow: &Flow<'_, '_>, at: At) -> Shape {
    let own = flow.bodies.typed(at.body);
    let Some(sites) = &own.sites else {
        return Shape {
            condition: Condition::Always,
            delivery: Delivery::Awaited,
            status: StatusCheck::Unknown,
            handling: Handling::Unknown,
            observed: false,
        };
    };
    let role = |expr: ExprId| match own.typed.callees.get(&expr) {
        Some(Callee::Catalog { entry, .. }) => Some(entry.function.role),
        _ => None,
    };
    let observes = |expr: ExprId| flow.observes(At { expr, ..at }, 0);
    let is_spawn = |expr: ExprId| role(expr) == Some(Role::Spawn);
    let asked = Asked {
        observes: &observes,
        inside: &|call, value| flow.inside(at.body, call, value),
        returns_result: returns_result(flow, at.body),
    };
    let (handling, observed) = sites.handling(at.expr, asked);
    Shape {
        condition: sites.condition(at.expr),
        delivery: if sites.is_unawaited(at.expr) {
            Delivery::Detached
        } else {
            sites.delivery(at.expr, &is_spawn)
        },
        status: sites.status_checked(at.expr),
        handling,
        observed,
    }
}

/// Whether what the function returns can tell of a failure.
fn returns_result(flow: &Flow<'_, '_>, body: BodyRef) -> bool {
    let BodyRef::Function(id) = body else { return true };
    let ret = &flow.bodies.world.function(id).signature.ret;
    let mut at = ret.clone();
    while let Ty::Future(of) = &at {
        at = of.as_ref().clone();
    }
    !matches!(at, Ty::Prim(_) | Ty::Never)
}

/// A value of a library's type that cannot tell of a failure.
fn is_mute(ty: &Ty) -> bool {
    let mut at = ty;
    while let Ty::Future(of) = at {
        at = of.as_ref();
    }
    match at {
        Ty::Ext(path, _) => !["Result", "Option", "Stream", "Iterator", "Poll", "JoinHandle", "Future"]
            .iter()
            .any(|word| path.ends_with(word)),
        _ => false,
    }
}

/// Parts of the names of functions that record what they are told.
const RECORDING: &[&str] = &[
    "alert", "capture", "count", "error", "fail", "incr", "log", "metric", "notify", "observe", "record", "report",
    "trace", "track", "warn",
];

/// Macros that record wherever they come from: often a repo's own.
const RECORDING_MACROS: &[&str] = &[
    "capture_error",
    "counter",
    "crit",
    "emit",
    "error",
    "incr",
    "increment_counter",
    "log_err",
    "log_error",
    "metric",
    "metrics",
    "statsd_count",
    "warn",
];

/// Functions of ours looked into, one below the other, for one that records.
const MAX_DEPTH: usize = 2;

impl Flow<'_, '_> {
    /// Whether a call or macro records an event: by the catalogue, or as a function of ours that does and says so.
    fn observes(&self, at: At, depth: usize) -> Observe {
        match self.bodies.typed(at.body).typed.callees.get(&at.expr) {
            Some(Callee::Catalog { entry, .. }) => match entry.function.role {
                Role::Observe => Observe::Loudly,
                Role::ObserveQuietly => Observe::Quietly,
                _ => Observe::No,
            },
            Some(Callee::Own { ids, .. }) if depth < MAX_DEPTH => {
                let level = |id: &super::ty::FnId| {
                    let name = self.bodies.world.function(*id).def.name.to_lowercase();
                    if !RECORDING.iter().any(|word| name.contains(word)) {
                        return Observe::No;
                    }
                    let body = BodyRef::Function(*id);
                    let exprs = self.bodies.body(body).into_iter().flat_map(|it| it.iter());
                    let levels = exprs.map(|(expr, _)| self.observes(At { body, expr }, depth + 1));
                    levels.max().unwrap_or(Observe::No)
                };
                ids.iter().map(level).max().unwrap_or(Observe::No)
            }
            Some(Callee::Own { .. } | Callee::Local(_) | Callee::Constructor) => Observe::No,
            Some(Callee::Outside(_) | Callee::Unresolved(_)) | None => match self.bodies.kind(at) {
                ExprKind::Macro { path, .. } | ExprKind::Opaque { path } => {
                    let is_recording = |name: &Name| RECORDING_MACROS.contains(&name.as_str());
                    match path.last().is_some_and(is_recording) {
                        true => Observe::Loudly,
                        false => Observe::No,
                    }
                }
                _ => Observe::No,
            },
        }
    }

    /// What becomes of a failure inside the function of ours that the call at `call` hands `value` to.
    fn inside(&self, body: BodyRef, call: ExprId, value: ExprId) -> Option<(Handling, bool)> {
        let Some(Callee::Own { ids, .. }) = self.bodies.typed(body).typed.callees.get(&call) else {
            return None;
        };
        let [id] = ids.as_slice() else { return None };
        let data = self.bodies.world.function(*id);
        let of_list = |args: &[crate::model::expr::Arg]| args.iter().position(|arg| arg.value == value);
        let idx = match self.bodies.kind(At { body, expr: call }) {
            ExprKind::Method { receiver, .. } if *receiver == value => 0,
            ExprKind::Method { args, .. } => of_list(args)? + usize::from(data.def.has_self),
            ExprKind::Call { args, .. } => of_list(args)?,
            _ => return None,
        };
        let inner = BodyRef::Function(*id);
        let own = self.bodies.typed(inner);
        let sites = own.sites.as_ref()?;
        let is_param = |used: &super::infer::LocalId| {
            let source = &own.typed.local(*used).source;
            matches!(source.origin, Origin::Param(at) if at as usize == idx) && source.steps.is_empty()
        };
        let observes = |expr: ExprId| self.observes(At { body: inner, expr }, 1);
        let asked = Asked {
            observes: &observes,
            inside: &|_, _| None,
            returns_result: returns_result(self, inner),
        };
        let uses = own.typed.uses.iter().filter(|(_, local)| is_param(local));
        let verdicts = uses.map(|(used, _)| sites.handling(*used, asked));
        // Handed on at one place is handed on, whatever else is done with it.
        let is_open = |handling: Handling| matches!(handling, Handling::Propagated | Handling::Unknown);
        verdicts.reduce(|a, b| match (is_open(a.0), is_open(b.0)) {
            (false, true) => (b.0, a.1 || b.1),
            _ => (a.0, a.1 || b.1),
        })
    }

    /// Whether a caller of all these functions can be told of a failure by what they return.
    pub(crate) fn tells_failure(&self, site: &CallSite) -> bool {
        site.callees
            .iter()
            .any(|id| returns_result(self, BodyRef::Function(*id)))
    }
}

/// What only the whole program tells. `is_mute[i]`: the callees of `sites[i]` return nothing that tells of a failure;
/// what becomes of it is decided inside them. And a failure that is handed on is observed where all callers observe it.
pub(crate) fn settle(calls: &mut [CallTerm], sites: &mut [SiteTerm], is_mute: &[bool], handlers: &[FunctionIdx]) {
    let mut inside: FxHashMap<FunctionIdx, Vec<Inside>> = FxHashMap::default();
    for call in calls.iter() {
        inside
            .entry(call.function)
            .or_default()
            .push(Inside::Done(call.handling, call.observed));
    }
    for (site, is_mute) in sites.iter().zip(is_mute) {
        let item = match is_mute {
            true => Inside::Below(site.callees.clone()),
            false => Inside::Done(site.handling, site.observed),
        };
        inside.entry(site.function).or_default().push(item);
    }
    for (site, _) in sites.iter_mut().zip(is_mute).filter(|(_, is_mute)| **is_mute) {
        if let Some((handling, observed)) = settled(&inside, &site.callees) {
            site.handling = handling;
            site.observed = observed;
        }
    }
    let mut callers: FxHashMap<FunctionIdx, Vec<(FunctionIdx, bool, bool)>> = FxHashMap::default();
    for site in sites.iter() {
        for callee in &site.callees {
            let goes_on = site.handling == Handling::Propagated;
            callers
                .entry(*callee)
                .or_default()
                .push((site.function, goes_on, site.observed));
        }
    }
    let seen_above = |function: FunctionIdx| observed_above(&callers, handlers, function);
    let on_the_way = |handling: Handling, observed: bool| handling == Handling::Propagated && !observed;
    for call in calls.iter_mut().filter(|call| on_the_way(call.handling, call.observed)) {
        call.observed = seen_above(call.function);
    }
}

/// What stands in a function: a call or site that is decided, or one whose callees decide.
enum Inside {
    Done(Handling, bool),
    Below(Vec<FunctionIdx>),
}

/// What becomes of a failure inside functions: logged where any of them logs one, else swallowed, else a panic. What is
/// handed on ends higher up, and what is swallowed inside is told of there.
fn settled(inside: &FxHashMap<FunctionIdx, Vec<Inside>>, functions: &[FunctionIdx]) -> Option<(Handling, bool)> {
    let rank = |handling: Handling| match handling {
        Handling::Logged => 3,
        Handling::Swallowed => 2,
        Handling::Panics => 1,
        Handling::Unknown | Handling::Propagated => 0,
    };
    let mut found = None;
    let mut open = functions.to_vec();
    let mut seen = BTreeSet::new();
    while let Some(function) = open.pop() {
        if !seen.insert(function) {
            continue;
        }
        for item in inside.get(&function).into_iter().flatten() {
            match item {
                Inside::Done(handling, observed) => {
                    let known = found.map_or(0, |(known, _)| rank(known));
                    if known < rank(*handling) {
                        found = Some((*handling, *observed));
                    }
                }
                Inside::Below(callees) => open.extend(callees),
            }
        }
    }
    found
}

/// Whether every way up from a function passes somebody who observes the failure.
fn observed_above(
    callers: &FxHashMap<FunctionIdx, Vec<(FunctionIdx, bool, bool)>>,
    handlers: &[FunctionIdx],
    function: FunctionIdx,
) -> bool {
    let mut open = vec![function];
    let mut seen = BTreeSet::from([function]);
    while let Some(function) = open.pop() {
        let above = callers.get(&function).map_or(&[][..], Vec::as_slice);
        if above.is_empty() || handlers.binary_search(&function).is_ok() {
            return false;
        }
        for (caller, goes_on, observed) in above {
            if *observed {
                continue;
            }
            if !goes_on {
                return false;
            }
            if seen.insert(*caller) {
                open.push(*caller);
            }
        }
    }
    true
}
