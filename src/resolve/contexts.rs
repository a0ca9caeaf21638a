//! What is above a function, top-down: the guard stacks of the paths from entries to it.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    catalog::schema::Role,
    model::{
        expr::{ExprKind, LoopKind},
        guard::Layer,
    },
};

use super::{
    around::joined,
    bodies::At,
    effects::CallSite,
    failing::unless_kept,
    infer::Callee,
    summary::{Stack, Summaries},
    ty::FnId,
    values::Flow,
};

/// Different stacks kept above one function; more are joined.
const MAX_ALTERNATIVES: usize = 12;

/// Paths from entries to a function that pass the same guards.
#[derive(Clone, Debug)]
pub(crate) struct Above {
    pub(crate) stack: Stack,
    /// Positions among the entries.
    pub(crate) entries: BTreeSet<u32>,
    pub(crate) n_paths: u64,
    pub(crate) is_exact: bool,
    /// The shortest such path.
    pub(crate) witness: Option<Arc<Hop>>,
    /// Some hop is a spawned or endless piece of work.
    pub(crate) is_background: bool,
}

/// One step of a path: `caller` calls at `site`.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) site: u32,
    pub(crate) before: Option<Arc<Self>>,
    pub(crate) len: u32,
}

/// The alternatives above every function that reaches an external call.
///
/// `entries[i]` is the handler of entry `i`; `is_background` tells spawning and endless sites.
pub(crate) fn above(
    n_functions: usize,
    summaries: &Summaries,
    sites: &[CallSite],
    entries: &[FnId],
    is_background: &dyn Fn(&CallSite) -> bool,
) -> Vec<Vec<Above>> {
    let mut out: Vec<Vec<Above>> = vec![Vec::new(); n_functions];
    let mut sites_of: Vec<Vec<u32>> = vec![Vec::new(); n_functions];
    let mut has_callers = vec![false; n_functions];
    for (idx, site) in sites.iter().enumerate() {
        if summaries.reached[idx].is_empty() {
            continue;
        }
        sites_of[site.caller.0 as usize].push(u32::try_from(idx).unwrap_or(u32::MAX));
        for callee in &site.callees {
            has_callers[callee.0 as usize] |= *callee != site.caller;
        }
    }
    for (idx, handler) in entries.iter().enumerate() {
        let entry = u32::try_from(idx).unwrap_or(u32::MAX);
        add(&mut out[handler.0 as usize], start(BTreeSet::from([entry])));
    }
    let mut group_of = vec![0u32; n_functions];
    for (idx, group) in summaries.groups.iter().enumerate() {
        for member in group {
            group_of[*member as usize] = u32::try_from(idx).unwrap_or(u32::MAX);
        }
    }
    // Callers first.
    for group in summaries.groups.iter().rev() {
        for &member in group {
            let member = member as usize;
            if out[member].is_empty() && !has_callers[member] {
                out[member].push(start(BTreeSet::new()));
            }
        }
        let is_cycle = 1 < group.len();
        if is_cycle {
            // Inside a cycle: spread what came in from outside; going round again adds nothing.
            for _ in 0..2 {
                for &member in group {
                    spread(
                        FnId(member),
                        &sites_of,
                        sites,
                        summaries,
                        is_background,
                        &mut out,
                        &|callee| group_of[callee.0 as usize] == group_of[member as usize],
                    );
                }
            }
        }
        for &member in group {
            spread(
                FnId(member),
                &sites_of,
                sites,
                summaries,
                is_background,
                &mut out,
                &|callee| group_of[callee.0 as usize] != group_of[member as usize],
            );
        }
    }
    out
}

fn spread(
    caller: FnId,
    sites_of: &[Vec<u32>],
    sites: &[CallSite],
    summaries: &Summaries,
    is_background: &dyn Fn(&CallSite) -> bool,
    out: &mut [Vec<Above>],
    is_wanted: &dyn Fn(FnId) -> bool,
) {
    let from = out[caller.0 as usize].clone();
    if from.is_empty() {
        return;
    }
    for &idx in &sites_of[caller.0 as usize] {
        let site = &sites[idx as usize];
        let local = &summaries.local[idx as usize];
        let background = is_background(site);
        for callee in site
            .callees
            .iter()
            .filter(|callee| is_wanted(**callee) && **callee != caller)
        {
            for above in &from {
                let len = above.witness.as_ref().map_or(0, |hop| hop.len) + 1;
                add(
                    &mut out[callee.0 as usize],
                    Above {
                        stack: outside(local, &unless_kept(&above.stack, summaries.keeps[idx as usize])),
                        witness: Some(Arc::new(Hop {
                            site: idx,
                            before: above.witness.clone(),
                            len,
                        })),
                        is_background: above.is_background || background,
                        ..above.clone()
                    },
                );
            }
        }
    }
}

fn start(entries: BTreeSet<u32>) -> Above {
    Above {
        stack: Arc::new([]),
        entries,
        n_paths: 1,
        is_exact: true,
        witness: None,
        is_background: false,
    }
}

fn outside(local: &[Layer], above: &[Layer]) -> Stack {
    local.iter().chain(above).cloned().collect()
}

/// Add paths: same stacks are counted together; past the limit stacks are joined.
fn add(alternatives: &mut Vec<Above>, new: Above) {
    let same = alternatives.iter().position(|known| {
        known.stack == new.stack
            && known.is_background == new.is_background
            && known.entries.is_empty() == new.entries.is_empty()
    });
    let at = match same {
        Some(at) => at,
        None if alternatives.len() < MAX_ALTERNATIVES => {
            alternatives.push(new);
            return;
        }
        None => {
            let at = alternatives.len() - 1;
            let known = &mut alternatives[at];
            known.stack = joined(&[known.stack.to_vec(), new.stack.to_vec()]).into();
            known.is_exact = false;
            at
        }
    };
    let known = &mut alternatives[at];
    known.entries.extend(new.entries.iter().copied());
    known.n_paths = known.n_paths.saturating_add(new.n_paths);
    known.is_exact &= new.is_exact && known.n_paths < u64::MAX;
    let is_shorter = match (&known.witness, &new.witness) {
        (Some(known), Some(new)) => new.len < known.len,
        (Some(_), None) => true,
        _ => false,
    };
    if is_shorter {
        known.witness = new.witness;
    }
}

/// Whether a call site stands where work is started for good: in a spawned task or an endless loop.
pub(crate) fn is_background(flow: &Flow<'_, '_>, site: &CallSite) -> bool {
    let own = flow.bodies.typed(site.at.body);
    let mut at = own.parent(site.at.expr);
    while let Some(here) = at {
        match flow.bodies.kind(At {
            body: site.at.body,
            expr: here,
        }) {
            ExprKind::Loop {
                kind: LoopKind::Loop, ..
            }
            | ExprKind::Spawn(_) => return true,
            ExprKind::Call { .. } | ExprKind::Method { .. } => {
                if matches!(own.typed.callees.get(&here), Some(Callee::Catalog { entry, .. }) if entry.function.role == Role::Spawn)
                {
                    return true;
                }
            }
            _ => {}
        }
        at = own.parent(here);
    }
    false
}
