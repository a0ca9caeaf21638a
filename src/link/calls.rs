//! Calls: guards and endpoints evaluated for every variant and service, targets named, hashes given.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        Name,
        call::{ComponentKind, Confidence, EvidenceClass},
        guard::Guards,
        location::Evidence,
        program::{CallTerm, CallVariant, Program},
        system::{Alternative, Call, ComponentIdx, MatchKind},
        term::ConfigKey,
    },
    terms::{
        bind::{Bindings, Context},
        endpoint::{Endpoint, endpoints},
        guards::guards,
        meet::meet,
    },
};

use super::{
    ComponentId,
    components::{Components, add_evidence},
    edges::Edges,
    entries::Entries,
    hosts::Hosts,
    packages::Packages,
    services::{Service, Services},
    targets::{Resolver, Target, Unresolved},
};

/// Length of a call's hash, in hex digits.
const HASH_LEN: usize = 16;

/// Hosts that nobody operates (RFC 2606): code puts them where a value is still to come.
const PLACEHOLDERS: &[&str] = &["example.com", "example.net", "example.org"];

/// What is needed to link calls.
pub(super) struct Calls<'a> {
    pub(super) program: &'a Program,
    pub(super) bindings: &'a Bindings,
    pub(super) packages: &'a Packages<'a>,
    pub(super) services: &'a Services,
    pub(super) hosts: &'a Hosts,
}

/// A call under one stack of guards, in one service.
pub(super) struct Case<'a> {
    pub(super) variant: &'a CallVariant,
    /// Position in [`Services::list`]; `None` where no entry reaches the call.
    pub(super) service: Option<usize>,
    /// Entries of that service that take this variant.
    pub(super) entries: BTreeSet<u32>,
    /// The variant serves this service alone, so that its number of paths is this service's.
    pub(super) is_alone: bool,
    pub(super) guards: Guards,
    pub(super) shown: String,
    pub(super) targets: Vec<Target>,
    unresolved: Option<Unresolved>,
}

/// A call with everything but positions of components.
pub(super) struct LinkedCall {
    call: Call,
    service_ids: BTreeSet<ComponentId>,
    target_id: Option<ComponentId>,
    /// The key whose value would name the target.
    pub(super) missing_key: Option<ConfigKey>,
    /// The target's name is only a stand-in.
    pub(super) stand_in: Option<String>,
}

impl LinkedCall {
    pub(super) fn call(&self) -> &Call {
        &self.call
    }
}

/// All calls, in the order of the system.
pub(super) struct LinkedCalls {
    pub(super) calls: Vec<LinkedCall>,
    /// Position in the system of each call of the program.
    pub(super) positions: Vec<u32>,
    /// Services (positions) that reach each call of the program.
    pub(super) services: Vec<BTreeSet<usize>>,
}

impl LinkedCalls {
    pub(super) fn finish(self, index: &BTreeMap<ComponentId, ComponentIdx>) -> Vec<Call> {
        let finish = |linked: LinkedCall| Call {
            services: linked.service_ids.iter().map(|id| index[id]).collect(),
            target: linked.target_id.map(|id| index[&id]),
            ..linked.call
        };
        self.calls.into_iter().map(finish).collect()
    }
}

impl<'a> Calls<'a> {
    /// Link all calls; targets are added to `components`, connections to `edges`.
    pub(super) fn link(&self, entries: &Entries, components: &mut Components, edges: &mut Edges) -> LinkedCalls {
        let program = self.program;
        let mut order: Vec<usize> = (0..program.calls.len()).collect();
        order.sort_by_key(|idx| {
            let call = &program.calls[*idx];
            (&call.at, call.span, &call.operation, *idx)
        });
        let mut res = LinkedCalls {
            calls: Vec::with_capacity(order.len()),
            positions: vec![0; order.len()],
            services: vec![BTreeSet::new(); order.len()],
        };
        let mut ordinals = BTreeMap::new();
        for (position, idx) in (0..).zip(order) {
            let call = &program.calls[idx];
            let cases = self.cases(call, entries, components);
            for case in &cases {
                edges.add_case(position, call, case, self.packages, self.services, self.program);
            }
            res.positions[idx] = position;
            res.services[idx] = cases.iter().filter_map(|case| case.service).collect();
            res.calls
                .push(self.linked(call, cases, entries, components, &mut ordinals));
        }
        res
    }

    /// The call under every stack of guards in every service.
    fn cases(&self, call: &'a CallTerm, entries: &Entries, components: &Components) -> Vec<Case<'a>> {
        let mut cases = Vec::new();
        for variant in &call.variants {
            let positions = entries.positions(&variant.entries);
            let services = entries.services(&positions);
            let of_service = |service: usize| {
                positions
                    .iter()
                    .copied()
                    .filter(|entry| entries.list()[*entry as usize].service == service)
                    .collect()
            };
            let is_alone = services.len() <= 1;
            if services.is_empty() {
                cases.push(self.case(call, variant, None, BTreeSet::new(), is_alone, components));
            }
            for service in services {
                cases.push(self.case(call, variant, Some(service), of_service(service), is_alone, components));
            }
        }
        cases
    }

    fn case(
        &self,
        call: &'a CallTerm,
        variant: &'a CallVariant,
        service: Option<usize>,
        entries: BTreeSet<u32>,
        is_alone: bool,
        components: &Components,
    ) -> Case<'a> {
        let of_service = service.map(|service| &self.services.list()[service]);
        let resolver = Resolver {
            hosts: self.hosts,
            call,
            package: self.package_name(call),
            service: of_service,
        };
        let mut met = Vec::new();
        let mut addresses: Vec<Endpoint> = Vec::new();
        for context in contexts(of_service) {
            met.push(guards(&variant.layers, self.bindings, context));
            addresses.extend(endpoints(&variant.endpoint, self.bindings, context));
        }
        addresses.sort();
        addresses.dedup();
        let mut targets: Vec<(Target, String)> = Vec::new();
        let mut unresolved = None;
        for address in &addresses {
            match resolver.target(address, components) {
                Ok(target) if targets.iter().all(|(known, _)| known.id != target.id) => {
                    targets.push((target, address.shown.clone()));
                }
                Ok(_) => {}
                Err(reason) => unresolved = unresolved.or(Some((reason, address.shown.clone()))),
            }
        }
        if unresolved.is_some() {
            doubt_literals(&mut targets);
        }
        // The better known first; what is published to a topic is not seen as a call of its broker.
        targets.sort_by(|(left, _), (right, _)| {
            let rank = |target: &Target| (target.kind != ComponentKind::Topic, target.confidence);
            rank(left).cmp(&rank(right)).then_with(|| left.id.cmp(&right.id))
        });
        drop_doubtful(&mut targets);
        let unresolved = unresolved.filter(|_| targets.is_empty());
        let shown = match (targets.first(), &unresolved) {
            (Some((_, shown)), _) | (None, Some((_, shown))) => shown.clone(),
            (None, None) => String::new(),
        };
        Case {
            variant,
            service,
            entries,
            is_alone,
            guards: meet(met),
            shown,
            unresolved: unresolved.map(|(reason, _)| reason),
            targets: targets.into_iter().map(|(target, _)| target).collect(),
        }
    }

    fn package_name(&self, call: &CallTerm) -> &'a str {
        let function = self.program.functions.get(call.function as usize);
        function.map_or("", |function| self.packages.get(function.package).name.as_str())
    }

    fn linked(
        &self,
        call: &CallTerm,
        cases: Vec<Case<'_>>,
        entries: &Entries,
        components: &mut Components,
        ordinals: &mut BTreeMap<String, u32>,
    ) -> LinkedCall {
        let function = self
            .program
            .functions
            .get(call.function as usize)
            .map(|function| function.name.clone());
        let function = function.unwrap_or_default();
        if let Some(function) = self.program.functions.get(call.function as usize)
            && self.packages.get(function.package).is_third_party
        {
            self.packages.add_library(function.package, components);
        }
        let mut by_preference: Vec<&Case<'_>> = cases.iter().collect();
        by_preference.sort_by_key(|case| {
            (
                case.targets.is_empty(),
                case.targets.first().map(|target| target.confidence),
            )
        });
        let main = by_preference.first();
        let target = main.and_then(|case| case.targets.first()).cloned();
        let shown = main.map_or_else(|| "dynamic".to_owned(), |case| case.shown.clone());
        let unresolved = main
            .and_then(|case| case.unresolved.clone())
            .filter(|_| target.is_none());
        for target in cases.iter().flat_map(|case| &case.targets) {
            let (_, component) = components.add(target.kind, name_of(&target.id));
            let reason = format!("{} {} by {}", call.operation, name_of(&target.id), call.library);
            add_evidence(
                component,
                Evidence {
                    at: call.at.clone(),
                    reason,
                    function: Some(function.clone()),
                },
            );
        }
        let package = Name::new(self.package_name(call));
        let reached = target.as_ref().map_or(shown.as_str(), |target| target.id.as_str());
        let hash = hash(call, &package, &function, reached, ordinals);
        let service_ids = cases
            .iter()
            .filter_map(|case| case.service)
            .map(|service| self.services.list()[service].id.clone());
        let witness = call
            .variants
            .iter()
            .map(|variant| &variant.witness)
            .min_by_key(|witness| (witness.len(), *witness));
        let stand_in = target.as_ref().filter(|target| target.confidence == Confidence::Low);
        LinkedCall {
            service_ids: service_ids.collect(),
            target_id: target.as_ref().map(|target| target.id.clone()),
            missing_key: unresolved.as_ref().and_then(|unresolved| unresolved.key.clone()),
            stand_in: stand_in
                .and_then(|target| target.evidence.first())
                .map(|evidence| evidence.reason.clone()),
            call: Call {
                hash,
                at: call.at.clone(),
                span: call.span,
                language: call.language,
                package,
                function,
                services: Vec::new(),
                entries: entries.positions(&call.entries).into_iter().collect(),
                library: call.library.clone(),
                library_version: call.library_version.clone(),
                operation: call.operation.clone(),
                transport: call.transport,
                effect: call.effect,
                target: None,
                endpoint: shown,
                unresolved: unresolved.map(|unresolved| unresolved.reason),
                condition: call.condition,
                phase: call.phase,
                delivery: call.delivery,
                status: call.status,
                guards: meet(cases.iter().map(|case| case.guards.clone())),
                alternatives: alternatives(&cases, self.services),
                handling: call.handling,
                observed: call.observed,
                path: witness.cloned().unwrap_or_default(),
                confidence: confidence(call),
            },
        }
    }
}

/// Drop targets that only a name suggests where others are better known.
///
/// One client type serves many addresses, so its address is the union of its callers' keys. In a service
/// whose deployment gives one of those keys a value, the keys without one belong to other services.
fn drop_doubtful(targets: &mut Vec<(Target, String)>) {
    if targets
        .iter()
        .any(|(target, _)| target.matched_by == MatchKind::ConfigValue)
    {
        targets.retain(|(target, _)| target.matched_by != MatchKind::ConfigName);
    }
    if targets.iter().any(|(target, _)| target.confidence != Confidence::Low) {
        targets.retain(|(target, _)| target.confidence != Confidence::Low);
    }
    // `database.url` or else `DATABASE_URL`: several names of one address, not several stores.
    if let Some((first, _)) = targets
        .first()
        .filter(|(target, _)| target.confidence == Confidence::Low)
    {
        let (id, kind) = (first.id.clone(), first.kind);
        targets.retain(|(target, _)| target.id == id || target.kind != kind);
    }
}

/// Literal hosts beside an address that is not known: one of several at best, a placeholder at worst.
fn doubt_literals(targets: &mut Vec<(Target, String)>) {
    targets.retain(|(target, _)| !PLACEHOLDERS.contains(&name_of(&target.id)));
    for (target, _) in targets {
        if target.matched_by == MatchKind::LiteralHost && target.kind == ComponentKind::External {
            target.confidence = target.confidence.max(Confidence::Medium);
        }
    }
}

/// The configurations under which a service runs: one for each of its deployments.
pub(super) fn contexts(service: Option<&Service>) -> Vec<Context<'_>> {
    match service {
        Some(service) => service
            .scopes
            .iter()
            .map(|scope| Context {
                service: Some(scope),
                environment: None,
            })
            .collect(),
        None => vec![Context::default()],
    }
}

/// How sure it is that this is an external call at all.
fn confidence(call: &CallTerm) -> Confidence {
    match call.evidence_class {
        EvidenceClass::Heuristic => Confidence::Low,
        EvidenceClass::Dyn | EvidenceClass::InScopeTrait | EvidenceClass::Bound => Confidence::Medium,
        EvidenceClass::Path
        | EvidenceClass::SelfType
        | EvidenceClass::Annotated
        | EvidenceClass::Constructed
        | EvidenceClass::Field
        | EvidenceClass::Returned => Confidence::High,
    }
}

/// The different answers among the cases; none where all agree.
fn alternatives(cases: &[Case<'_>], services: &Services) -> Vec<Alternative> {
    let mut groups: Vec<(&Case<'_>, Vec<&Case<'_>>)> = Vec::new();
    for case in cases {
        match groups
            .iter_mut()
            .find(|(first, _)| first.guards == case.guards && first.shown == case.shown)
        {
            Some((_, members)) => members.push(case),
            None => groups.push((case, vec![case])),
        }
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    groups
        .into_iter()
        .map(|(first, members)| alternative(first, &members, services))
        .collect()
}

fn alternative(first: &Case<'_>, members: &[&Case<'_>], services: &Services) -> Alternative {
    let mut conditions = BTreeSet::new();
    let mut variants: Vec<&CallVariant> = Vec::new();
    for case in members {
        let service = case
            .service
            .map(|service| format!("in {}", services.list()[service].name));
        conditions.insert(match (&case.variant.when, service) {
            (Some(when), Some(service)) => format!("{when} {service}"),
            (Some(when), None) => when.to_string(),
            (None, Some(service)) => service,
            (None, None) => "not reached from an entry".to_owned(),
        });
        if !variants.iter().any(|variant| std::ptr::eq(*variant, case.variant)) {
            variants.push(case.variant);
        }
    }
    let witness = variants
        .iter()
        .map(|variant| &variant.witness)
        .min_by_key(|witness| (witness.len(), *witness));
    Alternative {
        when: conditions.into_iter().collect::<Vec<_>>().join(", "),
        guards: first.guards.clone(),
        endpoint: first.shown.clone(),
        entries: members
            .iter()
            .flat_map(|case| &case.entries)
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        n_paths: variants
            .iter()
            .fold(0, |sum, variant| sum.saturating_add(variant.n_paths)),
        is_exact: variants.iter().all(|variant| variant.is_exact) && members.iter().all(|case| case.is_alone),
        witness: witness.cloned().unwrap_or_default(),
    }
}

/// The name inside an id.
pub(super) fn name_of(id: &ComponentId) -> &str {
    id.split_once(':').map_or(id.as_str(), |(_, name)| name)
}

/// The stable identity of a call: no line, no count of anything else.
fn hash(call: &CallTerm, package: &str, function: &str, reached: &str, ordinals: &mut BTreeMap<String, u32>) -> Name {
    let reached = reached.split(['?', '#']).next().unwrap_or(reached);
    let key = [
        call.at.root.as_str(),
        package,
        function,
        reached,
        call.operation.as_str(),
    ]
    .join("\0");
    let ordinal = ordinals.entry(key.clone()).or_insert(0);
    let hex = blake3::hash(format!("{key}\0{ordinal}").as_bytes()).to_hex();
    *ordinal += 1;
    Name::new(&hex[..HASH_LEN])
}
