//! Third-party code counts as far as own code can get to it: the rest of a library is nobody's path.

use rustc_hash::FxHashSet;

use crate::model::{
    expr::{Body, ExprKind, Literal, Piece},
    term::{ConfigKind, Term},
};

use super::{
    effects::{CallSite, Primitive},
    summary::Summaries,
    symbols::World,
    ty::FnId,
};

/// Leave out the sites and calls of third-party functions that no chain of sites leads to from own code.
pub(crate) fn retain_reached(world: &World<'_>, sites: &mut Vec<CallSite>, primitives: &mut Vec<Primitive<'_>>) {
    if !world.packages.iter().any(|package| package.is_third_party) {
        return;
    }
    let mut callees: Vec<Vec<FnId>> = vec![Vec::new(); world.functions.len()];
    for site in sites.iter() {
        callees[site.caller.0 as usize].extend(&site.callees);
    }
    let mut reached: Vec<bool> = world
        .functions
        .iter()
        .map(|function| !world.packages[function.package].is_third_party)
        .collect();
    let own = (0u32..).zip(&reached).filter(|(_, is_own)| **is_own);
    let mut open: Vec<u32> = own.map(|(id, _)| id).collect();
    while let Some(id) = open.pop() {
        for callee in &callees[id as usize] {
            if !std::mem::replace(&mut reached[callee.0 as usize], true) {
                open.push(callee.0);
            }
        }
    }
    sites.retain(|site| reached[site.caller.0 as usize]);
    primitives.retain(|primitive| reached[primitive.function.0 as usize]);
}

/// The third-party calls that no site of own code ends in.
pub(crate) fn unseen_calls(
    world: &World<'_>,
    sites: &[CallSite],
    primitives: &[Primitive<'_>],
    summaries: &Summaries,
) -> FxHashSet<u32> {
    let is_third_party = |id: FnId| world.packages[world.function(id).package].is_third_party;
    let mut unseen: FxHashSet<u32> = (0u32..)
        .zip(primitives)
        .filter(|(_, primitive)| is_third_party(primitive.function))
        .map(|(call, _)| call)
        .collect();
    for (site, effects) in sites.iter().zip(&summaries.reached) {
        if !is_third_party(site.caller) {
            for effect in effects {
                unseen.remove(&effect.call);
            }
        }
    }
    unseen
}

/// Whether own code names all of an address that third-party code calls: its hosts, or the variables that hold them.
pub(crate) fn names_address(world: &World<'_>, endpoint: &Term) -> bool {
    let mut names = Vec::new();
    collect_names(endpoint, &mut names);
    !names.is_empty() && names.iter().all(|name| names_text(world, name))
}

/// The hosts and environment variables of an address. A key of a settings struct is named by whoever fills the struct.
fn collect_names<'t>(term: &'t Term, names: &mut Vec<&'t str>) {
    match term {
        Term::Text(text) => {
            let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
            let host = rest.split(['/', '?', '#', ':']).next().unwrap_or(rest);
            if host.contains('.') {
                names.push(host);
            }
        }
        Term::Config { key, default } => match (key.kind, default) {
            (ConfigKind::Env, _) | (_, None) => names.push(&key.name),
            (_, Some(default)) => collect_names(default, names),
        },
        // The host is in the first part.
        Term::Concat(parts) => {
            let n_before = names.len();
            for part in parts {
                if names.len() == n_before {
                    collect_names(part, names);
                }
            }
        }
        Term::Any(terms) => terms.iter().for_each(|term| collect_names(term, names)),
        _ => {}
    }
}

/// Whether a text of own production code contains `name`.
fn names_text(world: &World<'_>, name: &str) -> bool {
    let functions = world
        .functions
        .iter()
        .filter(|function| !function.is_test && !world.packages[function.package].is_third_party);
    let constants = world.constants.iter().filter(|constant| {
        let krate = &world.crates[world.module(constant.module).krate];
        !constant.is_test && !world.packages[krate.package].is_third_party
    });
    let bodies = functions.filter_map(|function| function.def.body.as_ref());
    let mut bodies = bodies.chain(constants.map(|constant| &constant.def.value));
    bodies.any(|body| is_text_in(body, name))
}

fn is_text_in(body: &Body, name: &str) -> bool {
    body.iter().any(|(_, expr)| match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => text.contains(name),
        ExprKind::Template(pieces) => pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Text(text) if text.contains(name))),
        _ => false,
    })
}
