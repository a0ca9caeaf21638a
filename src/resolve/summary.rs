//! Function summaries, bottom-up over the call graph: which external calls a function can cause, and the
//! guards that stand between it and them.
//!
//! A summary is concrete where nothing in it depends on the function's parameters. Where a client, a limit
//! or an address comes in as a parameter it stays *pending* and is evaluated again at each caller, with that
//! caller's arguments, until it no longer depends on a parameter.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{Name, guard::Layer, term::Term};

use super::{
    around::joined,
    bodies::At,
    clients::Inner,
    effects::{CallSite, Primitive},
    failing::unless_kept,
    order::components,
    ty::FnId,
    values::{Call, Context, Flow, Frame},
};

/// Callers that a pending call is followed through before it is joined over what is left.
const MAX_CHAIN: usize = 5;
/// Different guard stacks kept for one call in one summary; more are joined.
const MAX_STACKS: usize = 8;
/// Pending calls kept in one summary.
const MAX_PENDING: usize = 96;

/// Layers from the call outward, shared between summaries.
pub(crate) type Stack = Arc<[Layer]>;

/// An external call as seen from a function.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// Position among the primitives.
    pub(crate) call: u32,
    pub(crate) stack: Stack,
    pub(crate) endpoint: Term,
    pub(crate) operation: Option<Name>,
    /// Its failure does not get to whoever calls the function (among what a site reaches: not to that site):
    /// retries further up are none of this call's.
    pub(crate) is_kept: bool,
    /// The sites that its configuration was followed through, innermost first: the part of the path below the function
    /// in which it became concrete.
    pub(crate) chain: Arc<[At]>,
}

impl Effect {
    /// The layers with those that stand outside of it.
    pub(crate) fn within(&self, outer: &[Layer]) -> Stack {
        if self.is_kept {
            extended(&self.stack, &unless_kept(outer, true))
        } else {
            extended(&self.stack, outer)
        }
    }
}

/// A call whose configuration depends on parameters: the sites followed so far, innermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pending {
    call: u32,
    chain: Vec<At>,
}

/// What one site adds to its caller.
#[derive(Default)]
struct Found {
    reached: Vec<Effect>,
    inherited: Vec<Effect>,
    /// Concrete since this site.
    resolved: Vec<Effect>,
    pending: Vec<Pending>,
}

/// Everything known bottom-up.
pub(crate) struct Summaries {
    /// Concrete effects by function.
    pub(crate) effects: Vec<Vec<Effect>>,
    /// Effects that became concrete in a function: where the paths from above are joined on.
    pub(crate) resolved: Vec<(FnId, Effect)>,
    /// For every site, what it reaches, with the layers from the call up to and including the site.
    pub(crate) reached: Vec<Vec<Effect>>,
    /// The layers at each site.
    pub(crate) local: Vec<Vec<Layer>>,
    /// Sites whose failures stay in the caller.
    pub(crate) keeps: Vec<bool>,
    /// Groups of functions, callees first.
    pub(crate) groups: Vec<Vec<u32>>,
    /// Calls that are none after all (a program that does not use the network).
    pub(crate) dropped: FxHashSet<u32>,
}

struct Builder<'f, 'w, 'a> {
    flow: &'f Flow<'w, 'a>,
    primitives: &'f [Primitive<'a>],
    sites: &'f [CallSite],
    sites_of: FxHashMap<FnId, Vec<u32>>,
    own: FxHashMap<FnId, Vec<u32>>,
    pending: Vec<Vec<Pending>>,
    /// Whether failures stay in the caller, for the sites seen so far.
    kept_at: FxHashMap<At, bool>,
    out: Summaries,
}

/// Summarise all functions.
pub(crate) fn summarise<'a>(flow: &Flow<'_, 'a>, primitives: &[Primitive<'a>], sites: &[CallSite]) -> Summaries {
    let n = flow.bodies.world.functions.len();
    let mut edges: Vec<Vec<u32>> = vec![Vec::new(); n];
    let mut sites_of: FxHashMap<FnId, Vec<u32>> = FxHashMap::default();
    for (idx, site) in sites.iter().enumerate() {
        edges[site.caller.0 as usize].extend(site.callees.iter().map(|id| id.0));
        sites_of
            .entry(site.caller)
            .or_default()
            .push(u32::try_from(idx).unwrap_or(u32::MAX));
    }
    for targets in &mut edges {
        targets.sort_unstable();
        targets.dedup();
    }
    let mut own: FxHashMap<FnId, Vec<u32>> = FxHashMap::default();
    for (idx, primitive) in primitives.iter().enumerate() {
        own.entry(primitive.function)
            .or_default()
            .push(u32::try_from(idx).unwrap_or(u32::MAX));
    }
    let groups = components(n, &edges);
    let mut builder = Builder {
        flow,
        primitives,
        sites,
        sites_of,
        own,
        pending: vec![Vec::new(); n],
        kept_at: FxHashMap::default(),
        out: Summaries {
            effects: vec![Vec::new(); n],
            resolved: Vec::new(),
            reached: vec![Vec::new(); sites.len()],
            local: vec![Vec::new(); sites.len()],
            keeps: vec![false; sites.len()],
            groups: Vec::new(),
            dropped: FxHashSet::default(),
        },
    };
    for group in &groups {
        for &member in group {
            builder.add_own(FnId(member));
        }
        // A cycle is gone through twice: once for what its members reach by themselves, once round.
        let rounds = if 1 < group.len() { 2 } else { 1 };
        for _ in 0..rounds {
            for &member in group {
                builder.add_sites(FnId(member));
            }
        }
    }
    builder.out.groups = groups;
    builder.out
}

impl<'a> Builder<'_, '_, 'a> {
    fn has_callers(&self, id: FnId) -> bool {
        !self.flow.bodies.callers[id.0 as usize].is_empty()
    }

    fn add_own(&mut self, id: FnId) {
        for call in self.own.get(&id).cloned().unwrap_or_default() {
            let pending = Pending {
                call,
                chain: Vec::new(),
            };
            let (effects, touched) = self.evaluate(&pending);
            if effects.is_empty() {
                self.out.dropped.insert(call);
                continue;
            }
            if touched && self.has_callers(id) {
                self.pending[id.0 as usize].push(pending);
            } else {
                self.resolve(id, effects);
            }
        }
    }

    fn resolve(&mut self, id: FnId, effects: Vec<Effect>) {
        for effect in effects {
            self.out.resolved.push((id, effect.clone()));
            add(&mut self.out.effects[id.0 as usize], effect);
        }
    }

    fn add_sites(&mut self, id: FnId) {
        for idx in self.sites_of.get(&id).cloned().unwrap_or_default() {
            let site = &self.sites[idx as usize];
            let is_silent = site.callees.iter().all(|callee| {
                self.out.effects[callee.0 as usize].is_empty() && self.pending[callee.0 as usize].is_empty()
            });
            if is_silent {
                continue;
            }
            let local = self.flow.around(&Context::of(site.at.body), site.at.expr, None);
            let is_kept = self.flow.keeps_failure_of(site);
            self.kept_at.insert(site.at, is_kept);
            let found = self.through(site, &local, is_kept);
            for effect in found.inherited {
                add(&mut self.out.effects[id.0 as usize], effect);
            }
            self.resolve_new(id, found.resolved);
            for next in found.pending {
                let known = &mut self.pending[id.0 as usize];
                if known.contains(&next) {
                    continue;
                }
                if known.len() < MAX_PENDING {
                    known.push(next);
                } else {
                    let (mut effects, _) = self.evaluate(&next);
                    for effect in &mut effects {
                        effect.is_kept |= is_kept;
                    }
                    self.resolve_new(id, effects);
                }
            }
            self.out.local[idx as usize] = local;
            self.out.keeps[idx as usize] = is_kept;
            self.out.reached[idx as usize] = found.reached;
        }
    }

    /// What the callees of a site cause, seen through the layers that stand there.
    fn through(&self, site: &CallSite, local: &[Layer], is_kept: bool) -> Found {
        let mut found = Found::default();
        for callee in &site.callees {
            for effect in &self.out.effects[callee.0 as usize] {
                let effect = Effect {
                    stack: effect.within(local),
                    ..effect.clone()
                };
                found.inherited.push(Effect {
                    is_kept: effect.is_kept || is_kept,
                    ..effect.clone()
                });
                add(&mut found.reached, effect);
            }
            for open in &self.pending[callee.0 as usize] {
                let mut next = open.clone();
                if !site.is_reference {
                    next.chain.push(site.at);
                }
                let (mut effects, touched) = self.evaluate(&next);
                if site.is_reference {
                    for effect in &mut effects {
                        effect.stack = effect.within(local);
                    }
                }
                for effect in &effects {
                    add(&mut found.reached, effect.clone());
                }
                let goes_on =
                    touched && !site.is_reference && next.chain.len() < MAX_CHAIN && self.has_callers(site.caller);
                if goes_on {
                    found.pending.push(next);
                } else {
                    let resolved = effects.into_iter().map(|effect| Effect {
                        is_kept: effect.is_kept || is_kept,
                        ..effect
                    });
                    found.resolved.extend(resolved);
                }
            }
        }
        found
    }

    /// As `resolve`, without repeating what an earlier round of a cycle found.
    fn resolve_new(&mut self, id: FnId, effects: Vec<Effect>) {
        for effect in effects {
            let is_known = self.out.resolved.iter().rev().take(512).any(|(of, known)| {
                *of == id
                    && known.call == effect.call
                    && known.stack == effect.stack
                    && known.endpoint == effect.endpoint
                    && known.is_kept == effect.is_kept
            });
            if !is_known {
                self.resolve(id, vec![effect]);
            }
        }
    }

    /// The configurations of a call under the frames of its chain; true where a parameter was joined.
    fn evaluate(&self, pending: &Pending) -> (Vec<Effect>, bool) {
        let primitive = &self.primitives[pending.call as usize];
        let flow = self.flow;
        // The frame of the innermost function is the first site of the chain, seen from the second, and so on.
        let mut frames: Vec<Option<Frame>> = vec![None];
        for site in pending.chain.iter().rev() {
            let outer = frames.last().cloned().flatten();
            frames.push(Some(Arc::new(Call { site: *site, outer })));
        }
        frames.reverse();
        let before = flow.touched.replace(false);
        let inner_context = Context {
            body: primitive.at.body,
            frame: frames[0].clone(),
        };
        let (inners, _) = flow.inner(primitive, &inner_context);
        if !flow.is_network_process(primitive, &inners) || flow.is_embedded(primitive, &inner_context, &inners) {
            flow.touched.replace(before);
            return (Vec::new(), false);
        }
        let mut around = flow.around(&inner_context, primitive.at.expr, primitive.entry.function.completes);
        // Kept below the outermost site; whether that one keeps it too is the caller's to say.
        let mut is_kept = flow.keeps_failure(primitive);
        for (idx, (site, frame)) in pending.chain.iter().zip(&frames[1..]).enumerate() {
            let context = Context {
                body: site.body,
                frame: frame.clone(),
            };
            let below = idx.checked_sub(1).and_then(|idx| pending.chain.get(idx));
            is_kept |= below.is_some_and(|below| self.kept_at.get(below).copied().unwrap_or(false));
            around.extend(unless_kept(&flow.around(&context, site.expr, None), is_kept));
        }
        let touched = flow.touched.replace(before);
        let chain: Arc<[At]> = pending.chain.as_slice().into();
        let effects = inners
            .into_iter()
            .map(
                |Inner {
                     mut layers,
                     endpoint,
                     operation,
                 }| {
                    layers.extend(around.iter().cloned());
                    Effect {
                        call: pending.call,
                        stack: layers.into(),
                        endpoint,
                        operation,
                        is_kept,
                        chain: Arc::clone(&chain),
                    }
                },
            )
            .collect();
        (effects, touched)
    }
}

/// A stack with more layers outside.
pub(crate) fn extended(stack: &Stack, outer: &[Layer]) -> Stack {
    if outer.is_empty() {
        return Arc::clone(stack);
    }
    stack.iter().chain(outer).cloned().collect()
}

/// Add an effect; past the limit of different stacks they are joined into one that says what all have.
fn add(effects: &mut Vec<Effect>, effect: Effect) {
    let mut n_stacks = 0;
    let mut last = None;
    for (idx, known) in effects.iter().enumerate() {
        if known.call == effect.call {
            if known.stack == effect.stack && known.endpoint == effect.endpoint && known.is_kept == effect.is_kept {
                return;
            }
            n_stacks += 1;
            last = Some(idx);
        }
    }
    match last {
        Some(last) if MAX_STACKS <= n_stacks => {
            let merged = joined(&[effects[last].stack.to_vec(), effect.stack.to_vec()]);
            effects[last].stack = merged.into();
            let endpoint = Term::any([effects[last].endpoint.clone(), effect.endpoint]);
            effects[last].endpoint = endpoint;
            effects[last].is_kept &= effect.is_kept;
        }
        _ => effects.push(effect),
    }
}
