//! Connections between components, gathered from calls, packages and deployments.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::{ComponentKind, Confidence, Effect, EntryKind, Transport},
    deploy::DeclaredWorld,
    guard::{Guards, PresenceState, RetryState},
    location::Evidence,
    program::{CallTerm, PackageIdx, Program},
    system::{Component, ComponentIdx, Coverage, Edge, EdgeCoverage, EdgeKind, MatchKind},
};

use super::{
    ComponentId,
    cases::Case,
    components::{Components, add_evidence},
    entries::Entries,
    hosts::Hosts,
    packages::Packages,
    services::Services,
    targets::Target,
};

/// Pieces of evidence that an edge keeps.
const MAX_EVIDENCE: usize = 8;

/// An edge in the making.
#[derive(Debug)]
struct Draft {
    transports: BTreeSet<Transport>,
    matched_by: MatchKind,
    confidence: Confidence,
    calls: BTreeSet<u32>,
    /// The environments of calls that belong to one.
    environments: BTreeSet<Name>,
    /// Some call belongs to no environment: the edge is there in all.
    is_everywhere: bool,
    /// The libraries that the shortest path through libraries crosses, and that path's length.
    via: Option<(usize, Vec<ComponentId>)>,
    coverage: Option<EdgeCoverage>,
    evidence: Vec<Evidence>,
}

impl Draft {
    const fn new(matched_by: MatchKind, confidence: Confidence) -> Self {
        Self {
            transports: BTreeSet::new(),
            matched_by,
            confidence,
            calls: BTreeSet::new(),
            environments: BTreeSet::new(),
            is_everywhere: false,
            via: None,
            coverage: None,
            evidence: Vec::new(),
        }
    }

    fn add_evidence(&mut self, evidence: Evidence) {
        if self.evidence.len() < MAX_EVIDENCE && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }
}

/// All edges, by from, to and kind.
#[derive(Debug, Default)]
pub(super) struct Edges {
    drafts: BTreeMap<(ComponentId, ComponentId, EdgeKind), Draft>,
}

impl Edges {
    /// The edge, made where it is not there yet; the best match speaks for it.
    fn draft(
        &mut self,
        (from, to): (&ComponentId, &ComponentId),
        kind: EdgeKind,
        matched_by: MatchKind,
        confidence: Confidence,
    ) -> &mut Draft {
        let draft = self
            .drafts
            .entry((from.clone(), to.clone(), kind))
            .or_insert_with(|| Draft::new(matched_by, confidence));
        if (confidence, matched_by) < (draft.confidence, draft.matched_by) {
            draft.confidence = confidence;
            draft.matched_by = matched_by;
        }
        draft
    }

    /// Dependencies between services and libraries, as manifests declare them.
    pub(super) fn add_packages(&mut self, program: &Program, packages: &Packages<'_>, services: &Services) {
        let ids = |idx: PackageIdx| -> Vec<ComponentId> { ids_of_package(idx, packages, services) };
        for (idx, package) in (0..).zip(&program.packages) {
            if package.is_third_party {
                continue;
            }
            for dependency in packages.dependencies(idx) {
                let to = packages.get(*dependency);
                // A package with a library beside several services: the dependency is on the first that is built.
                let Some(to_id) = ids(*dependency).into_iter().next() else {
                    continue;
                };
                for from_id in ids(idx).iter().filter(|from_id| **from_id != to_id) {
                    let draft = self.draft(
                        (from_id, &to_id),
                        EdgeKind::DependsOn,
                        MatchKind::Package,
                        Confidence::High,
                    );
                    draft.add_evidence(Evidence {
                        at: package.manifest.clone(),
                        reason: format!("depends on {}", to.name),
                        function: None,
                    });
                }
            }
        }
    }

    /// What a deployment without code here says it needs; where there is code, the code speaks.
    pub(super) fn add_deployments(&mut self, world: &DeclaredWorld, services: &Services, hosts: &Hosts) {
        for (position, deployment) in world.deployments.iter().enumerate() {
            if services
                .list()
                .iter()
                .any(|service| service.deployments.contains(&position))
            {
                continue;
            }
            let from = hosts.of_deployment(position);
            for to in deployment
                .depends_on
                .iter()
                .filter_map(|name| hosts.by_host(name))
                .filter(|to| *to != from)
            {
                let draft = self.draft((from, to), EdgeKind::DependsOn, MatchKind::Declared, Confidence::Low);
                draft.add_evidence(Evidence {
                    at: deployment.at.clone(),
                    reason: format!("{} depends on it", deployment.format),
                    function: None,
                });
            }
        }
    }

    /// Topics from which services take work.
    pub(super) fn add_consumers(
        &mut self,
        program: &Program,
        entries: &Entries,
        services: &Services,
        components: &mut Components,
    ) {
        for entry in entries.list() {
            let info = &program.entries[entry.source as usize];
            if info.kind != EntryKind::Consumer {
                continue;
            }
            let topic = info.name.strip_prefix("consume ").unwrap_or(&info.name).trim();
            if topic.is_empty() || topic.contains(['{', ' ']) {
                continue;
            }
            let evidence = Evidence {
                at: info.at.clone(),
                reason: format!("consumes {topic}"),
                function: None,
            };
            let (to, component) = components.add(ComponentKind::Topic, topic);
            add_evidence(component, evidence.clone());
            let from = &services.list()[entry.service].id;
            let draft = self.draft((from, &to), EdgeKind::Consumes, MatchKind::QueueName, Confidence::High);
            draft.transports.insert(Transport::Queue);
            draft.add_evidence(evidence);
        }
    }

    /// The connections that a call makes under one stack of guards in one service.
    pub(super) fn add_case(
        &mut self,
        position: u32,
        call: &CallTerm,
        case: &Case<'_>,
        packages: &Packages<'_>,
        services: &Services,
        program: &Program,
    ) {
        let Some(service) = case.service else { return };
        let from = &services.list()[service].id;
        for target in &case.targets {
            let kind = match (target.kind, call.effect) {
                (ComponentKind::Topic, Effect::Read) => EdgeKind::Consumes,
                (ComponentKind::Topic, Effect::Publish | Effect::Write) => EdgeKind::Publishes,
                _ => EdgeKind::Calls,
            };
            let draft = self.draft((from, &target.id), kind, target.matched_by, target.confidence);
            draft.transports.insert(call.transport);
            draft.calls.insert(position);
            draft.environments.extend(target.environment.clone());
            draft.is_everywhere |= target.environment.is_none();
            let function = program
                .functions
                .get(call.function as usize)
                .map(|function| function.name.clone());
            draft.add_evidence(Evidence {
                at: call.at.clone(),
                reason: format!("{} {}", call.operation, case.shown),
                function,
            });
            for evidence in &target.evidence {
                draft.add_evidence(evidence.clone());
            }
            let via = via(case, call, packages, services, program);
            // A path through libraries tells more than a shorter one without: that is the one nobody knew.
            let rank = |(n_hops, via): &(usize, Vec<ComponentId>)| (via.is_empty(), *n_hops, via.clone());
            if draft.via.as_ref().is_none_or(|known| rank(&via) < rank(known)) {
                draft.via = Some(via);
            }
            cover(draft.coverage.get_or_insert_with(no_coverage), case);
        }
        self.add_topics(&case.targets);
    }

    /// A topic runs on the broker that the same call names.
    fn add_topics(&mut self, targets: &[Target]) {
        let of_kind = |kind| targets.iter().filter(move |target| target.kind == kind);
        for topic in of_kind(ComponentKind::Topic) {
            for broker in of_kind(ComponentKind::Broker) {
                let draft = self.draft(
                    (&topic.id, &broker.id),
                    EdgeKind::RunsOn,
                    broker.matched_by,
                    broker.confidence,
                );
                for evidence in &broker.evidence {
                    draft.add_evidence(evidence.clone());
                }
            }
        }
    }

    pub(super) fn finish(self, index: &BTreeMap<ComponentId, ComponentIdx>, components: &[Component]) -> Vec<Edge> {
        let mut edges: Vec<Edge> = self
            .drafts
            .into_iter()
            .filter_map(|((from, to, kind), draft)| {
                let via = draft.via.map(|(_, via)| via).unwrap_or_default();
                // A package that is neither service nor library (a binary nobody starts) is no component.
                let (from, to) = (*index.get(&from)?, *index.get(&to)?);
                Some(Edge {
                    from,
                    to,
                    kind,
                    transport: draft.transports.first().copied(),
                    matched_by: draft.matched_by,
                    confidence: draft.confidence,
                    environments: if draft.is_everywhere || draft.environments.is_empty() {
                        components[to as usize].environments.clone()
                    } else {
                        draft.environments.into_iter().collect()
                    },
                    calls: draft.calls.into_iter().collect(),
                    via: via.iter().filter_map(|id| index.get(id)).copied().collect(),
                    coverage: draft.coverage,
                    evidence: draft.evidence,
                })
            })
            .collect();
        edges.sort_by_key(|edge| (edge.from, edge.to, edge.kind));
        edges
    }
}

/// The components that a package is: its services, else its library.
fn ids_of_package(idx: PackageIdx, packages: &Packages<'_>, services: &Services) -> Vec<ComponentId> {
    let own = services.of_package(idx);
    if own.is_empty() {
        return vec![library_id(&packages.get(idx).name)];
    }
    own.iter()
        .map(|position| services.list()[*position].id.clone())
        .collect()
}

fn library_id(name: &str) -> ComponentId {
    Name::from(format!("{}:{name}", ComponentKind::Library.as_str()))
}

/// The libraries that the variant's shortest path crosses, in order, and the path's length.
fn via(
    case: &Case<'_>,
    call: &CallTerm,
    packages: &Packages<'_>,
    services: &Services,
    program: &Program,
) -> (usize, Vec<ComponentId>) {
    let mut via: Vec<ComponentId> = Vec::new();
    let own = program
        .functions
        .get(call.function as usize)
        .map(|function| function.package);
    let hops = case
        .variant
        .witness
        .iter()
        .filter_map(|hop| packages.of_function(hop.function.as_ref()?));
    for package in hops
        .chain(own)
        .filter(|package| services.of_package(*package).is_empty())
    {
        let id = library_id(&packages.get(package).name);
        if !via.contains(&id) {
            via.push(id);
        }
    }
    (case.variant.witness.len(), via)
}

fn no_coverage() -> EdgeCoverage {
    let none = Coverage {
        covered: 0,
        total: 0,
        undecided: 0,
        is_exact: true,
        witness: Vec::new(),
    };
    EdgeCoverage {
        timeout: none.clone(),
        retry: none.clone(),
        breaker: none.clone(),
        bulkhead: none.clone(),
        fallback: none,
    }
}

/// Count the paths of a case. What is not decided is not covered, and makes the numbers bounds.
fn cover(coverage: &mut EdgeCoverage, case: &Case<'_>) {
    let Guards {
        timeout,
        retry,
        breaker,
        bulkhead,
        fallback,
        ..
    } = &case.guards;
    let present = |state: PresenceState| match state {
        PresenceState::Present => Some(true),
        PresenceState::None | PresenceState::Conditional => Some(false),
        PresenceState::Unknown => None,
    };
    let is_retried = match retry.state {
        RetryState::Bounded | RetryState::Unbounded => Some(true),
        RetryState::None | RetryState::Conditional => Some(false),
        RetryState::Unknown => None,
    };
    count(&mut coverage.timeout, timeout.bounds_call, case);
    count(&mut coverage.retry, is_retried, case);
    count(&mut coverage.breaker, present(breaker.state), case);
    count(&mut coverage.bulkhead, present(bulkhead.state), case);
    count(&mut coverage.fallback, present(fallback.state), case);
}

/// The paths of a case, and whether the number is exact. A variant that several services share counts the paths of
/// all of them; where each entry has one path, the service's entries tell its own.
fn paths_of_service(case: &Case<'_>) -> (u64, bool) {
    let variant = case.variant;
    let has_one_each = variant.n_paths == variant.entries.len() as u64;
    if !case.is_alone && has_one_each {
        return (case.entries.len() as u64, variant.is_exact);
    }
    (variant.n_paths.max(1), variant.is_exact && case.is_alone)
}

fn count(coverage: &mut Coverage, is_covered: Option<bool>, case: &Case<'_>) {
    let (n_paths, is_exact) = paths_of_service(case);
    coverage.total = coverage.total.saturating_add(n_paths);
    coverage.is_exact &= is_exact && is_covered.is_some();
    match is_covered {
        Some(true) => {
            coverage.covered = coverage.covered.saturating_add(n_paths);
            return;
        }
        Some(false) => {}
        None => coverage.undecided = coverage.undecided.saturating_add(n_paths),
    }
    let witness = &case.variant.witness;
    let is_better = coverage.witness.is_empty()
        || (witness.len(), witness) < (coverage.witness.len(), &coverage.witness) && !witness.is_empty();
    if is_better {
        coverage.witness = witness.clone();
    }
}
