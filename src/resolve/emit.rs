//! From summaries and contexts to the [`Program`] that is handed on.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::{
    catalog::schema,
    model::{
        Name,
        call::{Delivery, EntryKind, Phase},
        location::{Evidence, Span},
        problem::{Problem, ProblemKind},
        program::{CallTerm, CallVariant, EntryInfo, FunctionInfo, Program, Statistics},
        term::Term,
    },
};

use super::{
    around::joined,
    bodies::{At, BodyRef},
    contexts::{Above, Hop},
    effects::{CallSite, Primitive},
    entries::Entry,
    handling,
    infer::Callee,
    outside::{names_address, unseen_calls},
    summary::{Effect, Summaries},
    ty::FnId,
    values::Flow,
    words::{effect_of, kind_of, transport_of},
};

/// Variants kept for one call and stacks for one site; more are joined.
pub(super) const MAX_VARIANTS: usize = 24;

/// Everything that is known, before it is numbered and sorted.
pub(crate) struct Known<'k, 'w, 'a> {
    pub(crate) flow: &'k Flow<'w, 'a>,
    pub(crate) primitives: &'k [Primitive<'a>],
    pub(crate) sites: &'k [CallSite],
    pub(crate) entries: &'k [Entry],
    pub(crate) summaries: &'k Summaries,
    pub(crate) above: &'k [Vec<Above>],
}

/// Number, sort and hand on.
pub(crate) fn emit(known: &Known<'_, '_, '_>) -> Program {
    let order = call_order(known);
    let call_number: FxHashMap<u32, u32> = order
        .iter()
        .enumerate()
        .map(|(number, call)| (*call, u32::try_from(number).unwrap_or(u32::MAX)))
        .collect();
    let functions = used_functions(known, &order);
    let function_number: FxHashMap<FnId, u32> = functions
        .iter()
        .enumerate()
        .map(|(number, id)| (*id, u32::try_from(number).unwrap_or(u32::MAX)))
        .collect();
    let mut resolved: FxHashMap<u32, Vec<(FnId, &Effect)>> = FxHashMap::default();
    for (id, effect) in &known.summaries.resolved {
        resolved.entry(effect.call).or_default().push((*id, effect));
    }
    let mut calls: Vec<CallTerm> = order
        .iter()
        .map(|call| {
            let effects = resolved.get(call).map_or(&[][..], Vec::as_slice);
            known.call(*call, effects, &function_number)
        })
        .collect();
    let (mut sites, is_mute) = known.site_terms(&call_number, &function_number);
    let entries: Vec<EntryInfo> = known
        .entries
        .iter()
        .filter_map(|entry| entry_info(entry, &function_number))
        .collect();
    let mut handlers: Vec<u32> = entries.iter().map(|entry| entry.handler).collect();
    handlers.sort_unstable();
    handling::settle(&mut calls, &mut sites, &is_mute, &handlers);
    Program {
        packages: known.flow.bodies.world.packages.to_vec(),
        functions: functions.iter().map(|id| known.function_info(*id)).collect(),
        sites,
        entries,
        problems: known.problems(),
        statistics: known.statistics(),
        calls,
    }
}

/// Calls that are some, by place.
fn call_order(known: &Known<'_, '_, '_>) -> Vec<u32> {
    let world = known.flow.bodies.world;
    let unseen = unseen_calls(world, known.sites, known.primitives, known.summaries);
    let mut order: Vec<u32> = (0..u32::try_from(known.primitives.len()).unwrap_or(u32::MAX))
        .filter(|call| !known.summaries.dropped.contains(call) && !unseen.contains(call))
        .collect();
    order.sort_by_cached_key(|call| {
        let primitive = &known.primitives[*call as usize];
        (known.flow.location(primitive), *call)
    });
    order
}

fn used_functions(known: &Known<'_, '_, '_>, order: &[u32]) -> Vec<FnId> {
    let mut used: BTreeSet<FnId> = BTreeSet::new();
    used.extend(order.iter().map(|call| known.primitives[*call as usize].function));
    for (site, reached) in known.sites.iter().zip(&known.summaries.reached) {
        if !reached.is_empty() {
            used.insert(site.caller);
            used.extend(site.callees.iter().copied());
        }
    }
    used.extend(known.entries.iter().map(|entry| entry.handler));
    let world = known.flow.bodies.world;
    let mut functions: Vec<FnId> = used.into_iter().collect();
    functions.sort_by(|a, b| {
        let (a, b) = (world.function(*a), world.function(*b));
        (a.package, &a.path, a.file, a.def.span).cmp(&(b.package, &b.path, b.file, b.def.span))
    });
    functions
}

fn entry_info(entry: &Entry, numbers: &FxHashMap<FnId, u32>) -> Option<EntryInfo> {
    Some(EntryInfo {
        kind: entry.kind,
        name: entry.name.clone(),
        handler: *numbers.get(&entry.handler)?,
        package: u32::try_from(entry.package).ok()?,
        binary: entry.binary.clone(),
        failure_shows_as: entry.failure_shows_as,
        at: entry.at.clone(),
    })
}

impl<'a> Flow<'_, 'a> {
    pub(crate) fn span(&self, at: super::bodies::At) -> Span {
        self.bodies
            .body(at.body)
            .map(|body| body.get(at.expr).span)
            .unwrap_or_default()
    }

    fn location(&self, primitive: &Primitive<'a>) -> crate::model::location::Location {
        self.bodies.world.location(
            self.bodies.world.function(primitive.function).file,
            self.span(primitive.at),
        )
    }
}

impl Known<'_, '_, '_> {
    fn function_info(&self, id: FnId) -> FunctionInfo {
        let world = self.flow.bodies.world;
        let data = world.function(id);
        FunctionInfo {
            name: data.path.clone(),
            package: u32::try_from(data.package).unwrap_or(u32::MAX),
            at: world.location(data.file, data.def.span),
            span: data.def.span,
        }
    }

    fn call(&self, call: u32, effects: &[(FnId, &Effect)], numbers: &FxHashMap<FnId, u32>) -> CallTerm {
        let primitive = &self.primitives[call as usize];
        let world = self.flow.bodies.world;
        let function = world.function(primitive.function);
        let library = world.catalog.library(primitive.entry.library);
        let mut variants = self.variants(effects);
        if variants.is_empty() {
            variants.push(CallVariant {
                layers: Vec::new(),
                endpoint: Term::unknown("no path was followed to this call"),
                entries: Vec::new(),
                n_paths: 0,
                is_exact: false,
                witness: Vec::new(),
                when: None,
            });
        }
        let entries: BTreeSet<u32> = variants
            .iter()
            .flat_map(|variant| variant.entries.iter().copied())
            .collect();
        let operation = effects.iter().find_map(|(_, effect)| effect.operation.clone());
        let method = primitive.path.rsplit("::").next().unwrap_or_default();
        let effect = effect_of(primitive.entry.function, method, operation.as_deref());
        let shape = handling::call_shape(self.flow, primitive);
        let endpoint = Term::any(variants.iter().map(|variant| variant.endpoint.clone()));
        let is_named = !world.packages[function.package].is_third_party || names_address(world, &endpoint);
        CallTerm {
            at: self.flow.location(primitive),
            span: self.flow.span(primitive.at),
            language: world.files[function.file].language,
            function: numbers[&primitive.function],
            library: Name::new(&library.name),
            library_version: world
                .library_version(function.package, primitive.entry.library)
                .map(|version| Name::from(version.to_string())),
            operation: operation.unwrap_or_else(|| primitive.entry.operation(method)),
            transport: transport_of(primitive.entry.function.transport.or(library.transport)),
            effect,
            target_kind: kind_of(primitive.entry.function.target.or(library.target)),
            technology: primitive
                .entry
                .function
                .technology
                .as_ref()
                .or(library.technology.as_ref())
                .map(Name::new),
            host: library.host.as_ref().map(Name::new),
            phase: self.phase(primitive.function, &entries),
            endpoint,
            condition: shape.condition,
            delivery: match primitive.entry.function.completes {
                Some(schema::Completes::Stream) => Delivery::Stream,
                _ => shape.delivery,
            },
            status: shape.status,
            handling: shape.handling,
            observed: shape.observed,
            client_made: self.flow.client_per_call(primitive),
            variants,
            entries: entries.into_iter().collect(),
            is_named,
            evidence_class: primitive.class,
        }
    }

    /// What is above a function; paths from nowhere are left out where entries reach it too.
    pub(super) fn above(&self, id: FnId) -> Vec<&Above> {
        let all = &self.above[id.0 as usize];
        let is_reached = all.iter().any(|above| !above.entries.is_empty());
        all.iter()
            .filter(|above| !is_reached || !above.entries.is_empty())
            .collect()
    }

    fn variants(&self, effects: &[(FnId, &Effect)]) -> Vec<CallVariant> {
        let is_reached = effects
            .iter()
            .any(|(id, _)| self.above(*id).iter().any(|above| !above.entries.is_empty()));
        let mut variants: Vec<CallVariant> = Vec::new();
        for (id, effect) in effects {
            for above in self.above(*id) {
                if is_reached && above.entries.is_empty() {
                    continue;
                }
                let variant = CallVariant {
                    layers: effect.within(&above.stack).to_vec(),
                    endpoint: effect.endpoint.clone(),
                    entries: above.entries.iter().copied().collect(),
                    n_paths: above.n_paths,
                    is_exact: above.is_exact,
                    witness: self.witness(above.witness.as_deref(), effect),
                    when: None,
                };
                add_variant(&mut variants, variant);
            }
        }
        if 1 < variants.len() {
            for variant in &mut variants {
                variant.when = variant
                    .witness
                    .first()
                    .and_then(|first| first.function.clone())
                    .map(|name| Name::from(format!("on paths from {name}")));
            }
        }
        variants.sort_by(|a, b| (&a.witness, &a.layers, &a.endpoint).cmp(&(&b.witness, &b.layers, &b.endpoint)));
        variants
    }

    /// The hops between the function in which a call's configuration became known and `holder`, which holds the call.
    fn followed(&self, holder: FnId, chain: &[At]) -> Vec<Evidence> {
        let world = self.flow.bodies.world;
        let mut callee = holder;
        let mut hops = Vec::new();
        for site in chain {
            let BodyRef::Function(id) = site.body else { break };
            let caller = world.function(id);
            hops.push(Evidence {
                at: world.location(caller.file, self.flow.span(*site)),
                reason: format!("calls {}", world.function(callee).path),
                function: Some(caller.path.clone()),
            });
            callee = id;
        }
        hops.reverse();
        hops
    }

    /// The hops of a path, entry first, the call last.
    fn witness(&self, last: Option<&Hop>, effect: &Effect) -> Vec<Evidence> {
        let world = self.flow.bodies.world;
        let mut hops = Vec::new();
        let mut at = last;
        while let Some(hop) = at {
            let site = &self.sites[hop.site as usize];
            let caller = world.function(site.caller);
            let callee = site.callees.first().map_or("?", |id| world.function(*id).path.as_str());
            hops.push(Evidence {
                at: world.location(caller.file, self.flow.span(site.at)),
                reason: format!("calls {callee}"),
                function: Some(caller.path.clone()),
            });
            at = hop.before.as_deref();
        }
        hops.reverse();
        let primitive = &self.primitives[effect.call as usize];
        hops.extend(self.followed(primitive.function, &effect.chain));
        hops.push(Evidence {
            at: self.flow.location(primitive),
            reason: format!("external call {}", primitive.path),
            function: Some(world.function(primitive.function).path.clone()),
        });
        hops
    }

    fn phase(&self, id: FnId, entries: &BTreeSet<u32>) -> Phase {
        let kinds: Vec<&Entry> = entries
            .iter()
            .filter_map(|idx| self.entries.get(*idx as usize))
            .collect();
        if kinds.iter().any(|entry| entry.kind != EntryKind::Main) || kinds.is_empty() {
            return Phase::Serve;
        }
        let serves = kinds.iter().any(|main| {
            self.entries
                .iter()
                .any(|entry| entry.kind != EntryKind::Main && entry.package == main.package)
        });
        let is_background = self.above(id).iter().any(|above| above.is_background);
        match (serves, is_background) {
            (_, true) => Phase::Background,
            (true, false) => Phase::Boot,
            (false, false) => Phase::Serve,
        }
    }

    /// Calls of libraries that leave the process but are not described.
    fn problems(&self) -> Vec<Problem> {
        let world = self.flow.bodies.world;
        let mut unresolved: BTreeMap<(usize, &'static str), (u32, Span)> = BTreeMap::new();
        for (idx, data) in world.functions.iter().enumerate() {
            if data.is_test || world.packages[data.package].is_third_party {
                continue;
            }
            let own = &self.flow.bodies.functions[idx];
            let id = FnId(u32::try_from(idx).unwrap_or(u32::MAX));
            for (expr, callee) in &own.typed.callees {
                let Callee::Unresolved(reason) = callee else { continue };
                let span = self.flow.span(super::bodies::At {
                    body: BodyRef::Function(id),
                    expr: *expr,
                });
                let slot = unresolved.entry((data.file, reason)).or_insert((0, span));
                slot.0 += 1;
                slot.1 = slot.1.min(span);
            }
        }
        unresolved
            .into_iter()
            .map(|((file, reason), (hides, span))| Problem {
                kind: ProblemKind::UnresolvedCall,
                at: world.location(file, span),
                reason: reason.to_owned(),
                hides,
            })
            .collect()
    }

    fn statistics(&self) -> Statistics {
        let world = self.flow.bodies.world;
        let mut statistics = Statistics::default();
        for (idx, data) in world.functions.iter().enumerate() {
            if data.is_test || data.def.body.is_none() || world.packages[data.package].is_third_party {
                continue;
            }
            statistics.n_functions += 1;
            for callee in self.flow.bodies.functions[idx].typed.callees.values() {
                statistics.n_call_expressions += 1;
                match callee {
                    Callee::Own { .. } | Callee::Local(_) | Callee::Constructor => statistics.n_internal += 1,
                    Callee::Catalog { .. } | Callee::Outside(_) => statistics.n_outside += 1,
                    Callee::Unresolved(_) => statistics.n_unresolved += 1,
                }
            }
        }
        let is_own = |member: u32| !world.packages[world.functions[member as usize].package].is_third_party;
        statistics.largest_cycle = self
            .summaries
            .groups
            .iter()
            .map(|group| group.iter().filter(|member| is_own(**member)).count() as u64)
            .filter(|n_members| 1 < *n_members)
            .max()
            .unwrap_or(0);
        statistics
    }
}

fn add_variant(variants: &mut Vec<CallVariant>, new: CallVariant) {
    let same = variants
        .iter()
        .position(|known| known.layers == new.layers && known.endpoint == new.endpoint);
    let full = (MAX_VARIANTS <= variants.len()).then(|| variants.len() - 1);
    let known = same.or(full).and_then(|idx| variants.get_mut(idx));
    let Some(known) = known else {
        variants.push(new);
        return;
    };
    if known.layers != new.layers {
        known.layers = joined(&[known.layers.clone(), new.layers.clone()]);
        known.endpoint = Term::any([known.endpoint.clone(), new.endpoint.clone()]);
        known.is_exact = false;
    }
    let mut entries: BTreeSet<u32> = known.entries.iter().copied().collect();
    entries.extend(&new.entries);
    known.entries = entries.into_iter().collect();
    known.n_paths = known.n_paths.saturating_add(new.n_paths);
    known.is_exact &= new.is_exact;
    if new.witness.len() < known.witness.len() {
        known.witness = new.witness;
    }
}
