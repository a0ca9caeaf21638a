//! A call under each stack of guards in each service: what bounds it there, and where it goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        Name,
        call::{ComponentKind, Confidence},
        guard::Guards,
        program::{CallTerm, CallVariant, Program},
        system::MatchKind,
    },
    terms::{
        bind::{Bindings, Context},
        endpoint::{Address, Endpoint, endpoints},
        guards::guards,
        meet::meet,
    },
};

use super::{
    ComponentId,
    components::Components,
    entries::Entries,
    hosts::Hosts,
    packages::Packages,
    services::{Service, Services},
    targets::{Resolver, Target, Unresolved, evidence, is_store},
};

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
    pub(super) unresolved: Option<Unresolved>,
}

/// What is needed to see a call's cases.
pub(super) struct Cases<'a> {
    pub(super) program: &'a Program,
    pub(super) bindings: &'a Bindings,
    pub(super) packages: &'a Packages<'a>,
    pub(super) services: &'a Services,
    pub(super) hosts: &'a Hosts,
    /// Parallel to `DeclaredWorld::deployments`.
    pub(super) environments: &'a [Option<Name>],
}

impl<'a> Cases<'a> {
    /// The call under every stack of guards in every service.
    pub(super) fn of(&self, call: &'a CallTerm, entries: &Entries, components: &Components) -> Vec<Case<'a>> {
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
            let mut add = |service, entries| {
                let (guards, addressed) = self.evaluate(call, variant, service, components);
                cases.push(Case {
                    variant,
                    service,
                    entries,
                    is_alone,
                    guards,
                    shown: addressed.shown,
                    targets: addressed.targets,
                    unresolved: addressed.unresolved,
                });
            };
            if services.is_empty() {
                add(None, BTreeSet::new());
            }
            for service in services {
                add(Some(service), of_service(service));
            }
        }
        cases
    }

    fn evaluate(
        &self,
        call: &'a CallTerm,
        variant: &CallVariant,
        service: Option<usize>,
        components: &Components,
    ) -> (Guards, Addressed) {
        let package = self.package_name(call);
        // Where no entry reaches the call, the only service that is built from its package tells its configuration.
        let of_service = service.or_else(|| self.only_service(call));
        let of_service = of_service.map(|service| &self.services.list()[service]);
        let mut met = Vec::new();
        let mut found = Found::default();
        for (context, deployment) in runs(of_service) {
            let resolver = Resolver {
                hosts: self.hosts,
                call,
                package,
                service: of_service,
                deployment,
                environment: deployment.and_then(|position| self.environments.get(position)?.as_ref()),
            };
            met.push(guards(&variant.layers, self.bindings, context));
            for address in endpoints(&variant.endpoint, self.bindings, context) {
                found.add(&resolver, &address, components);
            }
        }
        (meet(met), found.finish())
    }

    fn only_service(&self, call: &CallTerm) -> Option<usize> {
        let function = self.program.functions.get(call.function as usize)?;
        let mut linking = self.services.linking(function.package);
        let only = linking.next()?;
        linking.next().is_none().then_some(only)
    }

    pub(super) fn package_name(&self, call: &CallTerm) -> &'a str {
        let function = self.program.functions.get(call.function as usize);
        function.map_or("", |function| self.packages.get(function.package).name.as_str())
    }
}

/// Where a case goes.
struct Addressed {
    shown: String,
    targets: Vec<Target>,
    unresolved: Option<Unresolved>,
}

/// The targets of one case, each with the address that led to it.
#[derive(Default)]
struct Found {
    targets: Vec<(Target, String)>,
    /// The reason, whether a literal address gave it, and that address.
    unresolved: Option<(Unresolved, bool, String)>,
}

impl Found {
    fn add(&mut self, resolver: &Resolver<'_>, address: &Endpoint, components: &Components) {
        match resolver.target(address, components) {
            Ok(target) => match self.targets.iter_mut().find(|(known, _)| known.id == target.id) {
                Some((known, _)) => known.join(target),
                None => self.targets.push((target, address.shown.clone())),
            },
            // A literal that leads nowhere (a placeholder, this host) tells less than what is open beside it.
            Err(reason) => {
                let rank = |reason: &Unresolved, is_literal: bool| (reason.key.is_none(), is_literal);
                let is_literal = address.address == Address::Literal;
                let is_better = |(known, was_literal, _): &(Unresolved, bool, String)| {
                    rank(&reason, is_literal) < rank(known, *was_literal)
                };
                if self.unresolved.as_ref().is_none_or(is_better) {
                    self.unresolved = Some((reason, is_literal, address.shown.clone()));
                }
            }
        }
    }

    fn finish(self) -> Addressed {
        let Self {
            mut targets,
            unresolved,
        } = self;
        if unresolved.is_some() {
            doubt_literals(&mut targets);
        }
        // The better known first; what is published to a topic is not seen as a call of its broker.
        targets.sort_by(|(left, _), (right, _)| {
            let rank = |target: &Target| {
                let is_partial = target.environment.is_some();
                (target.kind != ComponentKind::Topic, target.confidence, is_partial)
            };
            rank(left).cmp(&rank(right)).then_with(|| left.id.cmp(&right.id))
        });
        drop_doubtful(&mut targets);
        let unresolved = unresolved.filter(|_| targets.is_empty());
        let shown = match (targets.first(), &unresolved) {
            (Some((_, shown)), _) | (None, Some((.., shown))) => shown.clone(),
            (None, None) => String::new(),
        };
        Addressed {
            shown,
            targets: targets.into_iter().map(|(target, _)| target).collect(),
            unresolved: unresolved.map(|(reason, ..)| reason),
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
    if let Some((first, _)) = targets.first().filter(|(target, _)| target.is_stand_in()) {
        let (id, kind) = (first.id.clone(), first.kind);
        targets.retain(|(target, _)| target.id == id || target.kind != kind || !target.is_stand_in());
    }
}

/// Literal hosts beside an address that is not known: one of several at best.
fn doubt_literals(targets: &mut [(Target, String)]) {
    for (target, _) in targets {
        if target.matched_by == MatchKind::LiteralHost && target.kind == ComponentKind::External {
            target.confidence = target.confidence.max(Confidence::Medium);
        }
    }
}

/// The configurations under which a service runs, with the position of the deployment: one for each of them.
fn runs(service: Option<&Service>) -> Vec<(Context<'_>, Option<usize>)> {
    match service {
        Some(service) => service
            .runs
            .iter()
            .map(|run| {
                let context = Context {
                    service: Some(&run.scope),
                    environment: None,
                };
                (context, run.deployment)
            })
            .collect(),
        None => vec![(Context::default(), None)],
    }
}

/// The configurations under which a service runs: one for each of its deployments.
pub(super) fn contexts(service: Option<&Service>) -> impl Iterator<Item = Context<'_>> {
    runs(service).into_iter().map(|(context, _)| context)
}

/// Stores whose address is known, by service, kind and what is spoken to them.
type KnownStores = BTreeMap<(usize, ComponentKind, Name), BTreeSet<(ComponentId, ComponentKind)>>;

/// Calls without an address go to the store that their service is known to use, where that is only one.
///
/// One pool is opened where its address can be seen and used where it cannot.
pub(super) fn settle(calls: &mut [(&CallTerm, Vec<Case<'_>>)]) {
    let mut known = KnownStores::new();
    for (call, cases) in calls.iter() {
        for case in cases {
            let sure = case
                .targets
                .iter()
                .filter(|target| target.confidence != Confidence::Low);
            if let Some(service) = case.service {
                let ids = known.entry((service, call.target_kind, spoken(call))).or_default();
                let stores = sure.filter(|target| target.kind != ComponentKind::Topic);
                ids.extend(stores.map(|target| (target.id.clone(), target.kind)));
            }
        }
    }
    for (call, cases) in calls {
        if !is_store(call.target_kind) {
            continue;
        }
        for case in cases {
            let Some(ids) = case
                .service
                .and_then(|service| known.get(&(service, call.target_kind, spoken(call))))
            else {
                continue;
            };
            if let Some(only) = ids.first().filter(|_| ids.len() == 1) {
                case.take_known(call, only);
            }
        }
    }
}

impl Case<'_> {
    /// Take the service's known store for what is not known here.
    fn take_known(&mut self, call: &CallTerm, (id, kind): &(ComponentId, ComponentKind)) {
        let reason = match (self.targets.first(), &self.unresolved) {
            (None, Some(unresolved)) => unresolved.reason.clone(),
            (Some(target), _) if target.is_stand_in() => target
                .evidence
                .first()
                .and_then(|evidence| evidence.reason.split_once(": "))
                .map_or_else(String::new, |(_, reason)| reason.to_owned()),
            _ => return,
        };
        let why = format!("the only one of its kind that the service is known to use: {reason}");
        self.unresolved = None;
        self.targets = vec![Target {
            id: id.clone(),
            kind: *kind,
            matched_by: MatchKind::Technology,
            confidence: Confidence::Low,
            evidence: vec![evidence(&call.at, why)],
            environment: None,
        }];
    }
}

/// What is spoken to a store: its technology, else the library.
fn spoken(call: &CallTerm) -> Name {
    call.technology.clone().unwrap_or_else(|| call.library.clone())
}
