//! Where work enters: `main` of binaries, and what frameworks of the catalogue are told to call.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::{
    catalog::schema,
    model::{
        Name,
        call::{EntryKind, FailureShowsAs},
        expr::{Arg, ExprId, ExprKind, Literal},
        fact::{Attribute, Owner},
        location::Location,
        package::TargetKind,
    },
};

use super::{
    bodies::{At, Bodies, BodyRef},
    clients::text_of,
    infer::Callee,
    paths::Space,
    site::each_child,
    symbols::Def,
    ty::{FnId, Ty},
    values::{Context, Flow},
};

/// An entry of a package.
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) name: Name,
    pub(crate) handler: FnId,
    pub(crate) package: usize,
    pub(crate) binary: Option<Name>,
    pub(crate) failure_shows_as: FailureShowsAs,
    pub(crate) at: Location,
}

/// All entries, and the places that name a handler without calling it.
pub(crate) struct Entries {
    pub(crate) entries: Vec<Entry>,
    pub(crate) registrations: FxHashSet<At>,
}

/// HTTP methods that routers have functions for.
const VERBS: &[&str] = &[
    "get", "post", "put", "delete", "patch", "head", "options", "any", "trace",
];

/// Find the entries of all packages.
pub(crate) fn entries(flow: &Flow<'_, '_>) -> Entries {
    let mut out = Entries {
        entries: Vec::new(),
        registrations: FxHashSet::default(),
    };
    let bodies = flow.bodies;
    for idx in 0..bodies.world.functions.len() {
        let id = FnId(u32::try_from(idx).unwrap_or(u32::MAX));
        let data = bodies.world.function(id);
        if data.is_test || bodies.world.packages[data.package].is_third_party {
            continue;
        }
        main_of(bodies, id, &mut out);
        attributes_of(bodies, id, &mut out);
        implementation(bodies, id, &mut out);
        registrations_in(flow, id, &mut out);
    }
    // A handler that a library brings along is no function of the service.
    out.entries
        .retain(|entry| !bodies.world.packages[entry.package].is_third_party);
    name_once(&mut out.entries, bodies);
    out.entries
        .sort_by(|a, b| (a.package, a.kind, &a.name, &a.at).cmp(&(b.package, b.kind, &b.name, &b.at)));
    out.entries
        .dedup_by(|a, b| a.package == b.package && a.kind == b.kind && a.name == b.name && a.handler == b.handler);
    out
}

/// `get(handler)` inside `route("/path", …)` registers nothing of its own, and neither does `get().to(handler)`.
/// Where no route is known (a method router that is kept for later), the handler's name stands for it.
fn name_once(entries: &mut Vec<Entry>, bodies: &Bodies<'_, '_>) {
    let is_routed = |entry: &Entry| {
        let own_name = &bodies.world.function(entry.handler).def.name;
        entry.kind != EntryKind::Http || !entry.name.ends_with(' ') && entry.name != *own_name
    };
    let routed: BTreeSet<(usize, FnId)> = entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Http && is_routed(entry))
        .map(|entry| (entry.package, entry.handler))
        .collect();
    entries.retain(|entry| is_routed(entry) || !routed.contains(&(entry.package, entry.handler)));
    for entry in entries.iter_mut().filter(|entry| entry.name.ends_with(' ')) {
        let handler = &bodies.world.function(entry.handler).def.name;
        entry.name = Name::from(format!("{}{handler}", entry.name));
    }
}

fn place(bodies: &Bodies<'_, '_>, id: FnId) -> Location {
    let data = bodies.world.function(id);
    bodies.world.location(data.file, data.def.span)
}

fn main_of(bodies: &Bodies<'_, '_>, id: FnId, out: &mut Entries) {
    let world = bodies.world;
    let data = world.function(id);
    let krate = &world.crates[world.module(data.module).krate];
    let is_main = data.def.name == "main" && data.def.owner == Owner::None && data.module == krate.root;
    if is_main && krate.kind == TargetKind::Binary {
        out.entries.push(Entry {
            kind: EntryKind::Main,
            name: Name::new("main"),
            handler: id,
            package: krate.package,
            binary: Some(krate.target.clone()),
            failure_shows_as: FailureShowsAs::Closed,
            at: place(bodies, id),
        });
    }
}

/// `#[get("/path")]` and other registering attributes.
fn attributes_of(bodies: &Bodies<'_, '_>, id: FnId, out: &mut Entries) {
    let world = bodies.world;
    let data = world.function(id);
    for attribute in &data.def.attributes {
        let written: Vec<Name> = attribute.path.segments.clone();
        let full = match world.resolve_path(data.body_module, &written, Space::Value) {
            Some(Def::Extern(path)) => path.join("::"),
            _ => written.join("::"),
        };
        for (_, entry) in world.catalog.entries().attribute(&full) {
            let route = entry
                .name
                .and_then(|idx| attribute_text(attribute, idx))
                .unwrap_or_else(|| data.def.name.clone());
            let name = match &entry.method {
                Some(method) => Name::from(format!("{} {route}", method.to_uppercase())),
                None => route,
            };
            out.entries.push(entry_of(bodies, entry, name, id, place(bodies, id)));
        }
    }
}

fn attribute_text(attribute: &Attribute, idx: u32) -> Option<Name> {
    attribute
        .args
        .iter()
        .filter_map(|(name, value)| match (name, value) {
            (None, Some(Literal::Str(text))) => Some(text.clone()),
            _ => None,
        })
        .nth(idx as usize)
}

/// Methods of traits that frameworks call: generated gRPC services, consumer delegates.
fn implementation(bodies: &Bodies<'_, '_>, id: FnId, out: &mut Entries) {
    let world = bodies.world;
    let data = world.function(id);
    let Some(imp) = data.imp.map(|imp| &world.impls[imp as usize]) else {
        return;
    };
    let Some(trait_ref) = &imp.def.trait_ref else { return };
    let is_tonic = imp.def.attributes.iter().any(|attribute| {
        attribute.path.segments.first().is_some_and(|first| first == "tonic")
            && attribute.path.last().is_some_and(|last| last == "async_trait")
    });
    let path = match &imp.trait_ty {
        Some(Ty::Ext(path, _)) => path.clone(),
        _ => Name::default(),
    };
    if let Some((_, entry)) = world.catalog.entries().implements(&path).first() {
        let name = Name::from(format!(
            "{}::{}",
            super::symbols::last_name(&imp.def.self_ty),
            data.def.name
        ));
        out.entries.push(entry_of(bodies, entry, name, id, place(bodies, id)));
    } else if is_tonic {
        out.entries.push(Entry {
            kind: EntryKind::Grpc,
            name: Name::from(format!("{}/{}", super::symbols::last_name(trait_ref), data.def.name)),
            handler: id,
            package: data.package,
            binary: None,
            failure_shows_as: FailureShowsAs::Status,
            at: place(bodies, id),
        });
    }
}

/// Calls that register handlers: `Router::route("/path", get(handler))`.
fn registrations_in(flow: &Flow<'_, '_>, id: FnId, out: &mut Entries) {
    let bodies = flow.bodies;
    let body = BodyRef::Function(id);
    let own = bodies.typed(body);
    let mut calls: Vec<(ExprId, &Name, &Name)> = own
        .typed
        .callees
        .iter()
        .filter_map(|(expr, callee)| match callee {
            Callee::Catalog { path, of, .. } => Some((*expr, path, of)),
            _ => None,
        })
        .collect();
    calls.sort();
    for (expr, path, _) in calls {
        let found = bodies.world.catalog.entries().function(path);
        for (_, entry) in found {
            let args: &[Arg] = match bodies.kind(At { body, expr }) {
                ExprKind::Call { args, .. } | ExprKind::Method { args, .. } => args,
                _ => continue,
            };
            let context = Context::of(body);
            let route = entry
                .name
                .and_then(|idx| args.get(idx as usize))
                .and_then(|arg| text_of(flow, &context, arg.value))
                .unwrap_or_default();
            let Some(handler) = entry.handler.and_then(|idx| args.get(idx as usize)) else {
                continue;
            };
            let span = bodies.body(body).expect("a call stands in a body").get(expr).span;
            let at = bodies.world.location(bodies.world.function(id).file, span);
            for (verb, reference, ids) in handlers(bodies, body, handler.value) {
                out.registrations.insert(At { body, expr: reference });
                let method = entry.method.clone().or_else(|| verb.map(str::to_uppercase));
                let name = match method {
                    Some(method) => Name::from(format!("{method} {route}")),
                    None if route.is_empty() => bodies.world.function(ids[0]).def.name.clone(),
                    None => route.clone(),
                };
                for handler in ids {
                    out.entries
                        .push(entry_of(bodies, entry, name.clone(), handler, at.clone()));
                }
            }
        }
    }
}

/// The functions named below an expression, each with the HTTP verb of the call it is handed to.
fn handlers(bodies: &Bodies<'_, '_>, body: BodyRef, root: ExprId) -> Vec<(Option<&'static str>, ExprId, Vec<FnId>)> {
    let own = bodies.typed(body);
    let mut found = Vec::new();
    let mut pending = vec![(root, None)];
    while let Some((expr, verb)) = pending.pop() {
        if let Some(ids) = own.typed.references.get(&expr) {
            found.push((verb, expr, ids.clone()));
        }
        let kind = bodies.kind(At { body, expr });
        let name = match kind {
            ExprKind::Method { method, .. } => Some(method),
            ExprKind::Call { callee, .. } => match bodies.kind(At { body, expr: *callee }) {
                ExprKind::Path(path) => path.last(),
                _ => None,
            },
            _ => None,
        };
        let own_verb = name
            .and_then(|name| verb_of(name))
            .or_else(|| waiting_verb(bodies, body, kind));
        let receiver = match kind {
            ExprKind::Method { receiver, .. } => Some(*receiver),
            _ => None,
        };
        each_child(kind, &mut |child| {
            // A chain `get(a).post(b)`: the receiver keeps its own verb.
            let verb = if Some(child) == receiver {
                None
            } else {
                own_verb.or(verb)
            };
            pending.push((child, verb));
        });
    }
    found.sort_by_key(|(_, expr, _)| *expr);
    found
}

fn verb_of(name: &str) -> Option<&'static str> {
    let stem = name.strip_suffix("_with").unwrap_or(name);
    VERBS.iter().copied().find(|verb| *verb == stem)
}

/// The verb of `post()` in `post().to(handler)`: a call without arguments, whose handler a later step gives.
fn waiting_verb(bodies: &Bodies<'_, '_>, body: BodyRef, kind: &ExprKind) -> Option<&'static str> {
    let ExprKind::Method { receiver, .. } = kind else {
        return None;
    };
    match bodies.kind(At { body, expr: *receiver }) {
        ExprKind::Call { callee, args } if args.is_empty() => match bodies.kind(At { body, expr: *callee }) {
            ExprKind::Path(path) => path.last().and_then(|name| verb_of(name)),
            _ => None,
        },
        _ => None,
    }
}

fn entry_of(bodies: &Bodies<'_, '_>, entry: &schema::Entry, name: Name, handler: FnId, at: Location) -> Entry {
    let data = bodies.world.function(handler);
    let kind = match entry.kind {
        schema::EntryKind::Http => EntryKind::Http,
        schema::EntryKind::Grpc => EntryKind::Grpc,
        schema::EntryKind::Consumer => EntryKind::Consumer,
        schema::EntryKind::Schedule => EntryKind::Schedule,
        schema::EntryKind::Main => EntryKind::Main,
    };
    let declared = match entry.failure_shows_as {
        Some(schema::FailureShowsAs::OkBody) => FailureShowsAs::OkBody,
        Some(schema::FailureShowsAs::Closed) => FailureShowsAs::Closed,
        Some(schema::FailureShowsAs::Status) => FailureShowsAs::Status,
        None => FailureShowsAs::Unknown,
    };
    // A plain text as error answers with success (`Result<String, String>` of axum).
    let ret = data.signature.ret.awaited();
    let is_text_error =
        matches!(ret.as_std(), Some(("Result", [_, err, ..])) if matches!(err.as_std(), Some(("String", _))));
    let shows = if kind == EntryKind::Http && is_text_error && declared != FailureShowsAs::Unknown {
        FailureShowsAs::OkBody
    } else {
        declared
    };
    Entry {
        kind,
        name,
        handler,
        package: data.package,
        binary: None,
        failure_shows_as: shows,
        at,
    }
}
