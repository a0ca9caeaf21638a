//! Calls: guards and endpoints evaluated for every variant and service, targets named, hashes given.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        Name,
        call::{Confidence, EvidenceClass},
        location::Evidence,
        program::CallTerm,
        system::{Call, ComponentIdx},
        term::ConfigKey,
    },
    terms::meet::meet,
};

use super::{
    ComponentId,
    alternatives::alternatives,
    cases::{Case, Cases, settle},
    components::{Components, add_evidence},
    edges::Edges,
    entries::Entries,
};

/// Length of a call's hash, in hex digits.
const HASH_LEN: usize = 16;

/// What is needed to link calls.
pub(super) struct Calls<'a> {
    pub(super) cases: Cases<'a>,
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
        let program = self.cases.program;
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
        let mut calls: Vec<(&CallTerm, Vec<Case<'_>>)> = order
            .iter()
            .map(|idx| {
                let call = &program.calls[*idx];
                (call, self.cases.of(call, entries, components))
            })
            .collect();
        settle(&mut calls);
        let mut ordinals = BTreeMap::new();
        for ((position, idx), (call, cases)) in (0..).zip(order).zip(calls) {
            for case in &cases {
                edges.add_case(position, call, case, self.cases.packages, self.cases.services, program);
            }
            res.positions[idx] = position;
            res.services[idx] = cases.iter().filter_map(|case| case.service).collect();
            res.calls
                .push(self.linked(call, cases, entries, components, &mut ordinals));
        }
        res
    }

    /// The third-party packages on the way to a call, its own included, are libraries of the system.
    fn add_third_party(&self, call: &CallTerm, components: &mut Components) {
        let Cases { program, packages, .. } = self.cases;
        let own = program
            .functions
            .get(call.function as usize)
            .map(|function| function.package);
        let witnesses = call.variants.iter().flat_map(|variant| &variant.witness);
        let crossed = witnesses.filter_map(|hop| packages.of_function(hop.function.as_ref()?));
        for package in own.into_iter().chain(crossed) {
            if packages.get(package).is_third_party {
                packages.add_library(package, components);
            }
        }
    }

    fn linked(
        &self,
        call: &CallTerm,
        cases: Vec<Case<'_>>,
        entries: &Entries,
        components: &mut Components,
        ordinals: &mut BTreeMap<String, u32>,
    ) -> LinkedCall {
        let Cases { program, services, .. } = self.cases;
        let function = program.functions.get(call.function as usize);
        self.add_third_party(call, components);
        let function = function.map(|function| function.name.clone()).unwrap_or_default();
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
            components.add(target.kind, name_of(&target.id));
            components.is_in(&target.id, target.environment.as_ref());
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
        let package = Name::new(self.cases.package_name(call));
        let reached = target.as_ref().map_or(shown.as_str(), |target| target.id.as_str());
        let hash = hash(call, &package, &function, reached, ordinals);
        let service_ids = cases
            .iter()
            .filter_map(|case| case.service)
            .map(|service| services.list()[service].id.clone());
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
                alternatives: alternatives(&cases, services),
                handling: call.handling,
                observed: call.observed,
                client_made: call.client_made.clone(),
                path: witness.cloned().unwrap_or_default(),
                is_named: call.is_named,
                confidence: confidence(call),
            },
        }
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
