//! Who answers to which name: deployed things by their DNS names, declared targets by host and key.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::ComponentKind,
    deploy::DeclaredWorld,
    location::{Evidence, Location},
    term::ConfigKey,
};

use super::{
    ComponentId,
    components::{Components, add_evidence},
    images::kind_of_image,
    names::{normalize, stem_of_key},
    services::Services,
};

/// Endings of cluster-internal names; what stands before the first dot is the service.
const CLUSTER_SUFFIXES: &[&str] = &[".svc", ".svc.cluster.local", ".local", ".internal", ".consul"];

/// The name table of a system.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// By normalized name. A name that two different things claim belongs to the first.
    by_name: BTreeMap<String, ComponentId>,
    /// By deployment; parallel to `DeclaredWorld::deployments`.
    of_deployment: Vec<ComponentId>,
    by_port: BTreeMap<u16, BTreeSet<ComponentId>>,
    /// Image with name, and kind, of what is deployed ready-made.
    ready_made: Vec<(String, ComponentKind, ComponentId)>,
    /// Host patterns of declared targets, in the order of declaration.
    declared_hosts: Vec<(Name, ComponentId, Location)>,
    declared_keys: BTreeMap<String, (ComponentId, Location)>,
}

impl Hosts {
    pub(super) fn of(world: &DeclaredWorld, services: &Services, components: &mut Components) -> Self {
        let mut hosts = Self::default();
        for (position, deployment) in world.deployments.iter().enumerate() {
            let service = services
                .list()
                .iter()
                .find(|service| service.deployments.contains(&position));
            let id = match service {
                Some(service) => service.id.clone(),
                None => {
                    // Images of people's own making are still called after what is in them: `postgres`.
                    let is_built = deployment.build_context.is_some() || deployment.dockerfile.is_some();
                    let by_name = || kind_of_image(&deployment.name).filter(|_| !is_built);
                    let known = deployment.image.as_deref().and_then(kind_of_image).or_else(by_name);
                    let (id, component) = components.add(known.unwrap_or(ComponentKind::Service), &deployment.name);
                    component.is_declared = true;
                    component.aliases.extend(deployment.aliases.iter().cloned());
                    let image = deployment
                        .image
                        .as_ref()
                        .map_or(String::new(), |image| format!(" of image {image}"));
                    add_evidence(
                        component,
                        evidence(&deployment.at, format!("{}{image}", deployment.format)),
                    );
                    if let (Some(kind), Some(image)) = (known, &deployment.image) {
                        let described = format!("{image} {}", deployment.name).to_lowercase();
                        hosts.ready_made.push((described, kind, id.clone()));
                    }
                    id
                }
            };
            for name in [&deployment.name].into_iter().chain(&deployment.aliases) {
                hosts.by_name.entry(normalize(name)).or_insert_with(|| id.clone());
            }
            for port in &deployment.ports {
                hosts.by_port.entry(*port).or_default().insert(id.clone());
            }
            hosts.of_deployment.push(id);
        }
        hosts.add_declared(world, components);
        for service in services.list() {
            let aliases = components
                .get(&service.id)
                .map(|component| component.aliases.clone())
                .unwrap_or_default();
            for name in [service.name.clone()].into_iter().chain(aliases) {
                hosts
                    .by_name
                    .entry(normalize(&name))
                    .or_insert_with(|| service.id.clone());
            }
        }
        hosts
    }

    fn add_declared(&mut self, world: &DeclaredWorld, components: &mut Components) {
        for declared in &world.services {
            let (_, name) = (&declared.at, normalize(&declared.name));
            if self.by_name.contains_key(&name) {
                continue;
            }
            let (id, component) = components.add(ComponentKind::Service, &declared.name);
            component.is_declared = true;
            component.tier = component.tier.or(declared.tier);
            component.owner = component.owner.take().or_else(|| declared.owner.clone());
            component.aliases.extend(declared.aliases.iter().cloned());
            add_evidence(component, evidence(&declared.at, "declared service".to_owned()));
            for name in [&declared.name].into_iter().chain(&declared.aliases) {
                self.by_name.entry(normalize(name)).or_insert_with(|| id.clone());
            }
        }
        for declared in &world.targets {
            let (id, component) = components.add(declared.kind, &declared.name);
            component.is_declared = true;
            component.tier = declared.tier;
            component.owner = declared.owner.clone();
            component.aliases.extend(declared.hosts.iter().cloned());
            add_evidence(component, evidence(&declared.at, "declared target".to_owned()));
            for host in &declared.hosts {
                self.declared_hosts
                    .push((host.clone(), id.clone(), declared.at.clone()));
            }
            for key in &declared.keys {
                self.declared_keys
                    .insert(normalize(key), (id.clone(), declared.at.clone()));
            }
        }
    }

    /// The component that the deployment at that position is.
    pub(super) fn of_deployment(&self, position: usize) -> &ComponentId {
        &self.of_deployment[position]
    }

    /// The declared target that the host leads to, and where it is declared.
    pub(super) fn declared_host(&self, host: &str) -> Option<(&ComponentId, &Location)> {
        let is_it = |pattern: &Name| match pattern.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix),
            None => host == pattern.as_str(),
        };
        self.declared_hosts
            .iter()
            .find(|(pattern, ..)| is_it(pattern))
            .map(|(_, id, at)| (id, at))
    }

    /// The declared target whose address the key holds, and where it is declared.
    pub(super) fn declared_key(&self, key: &ConfigKey) -> Option<(&ComponentId, &Location)> {
        self.declared_keys.get(&normalize(&key.name)).map(|(id, at)| (id, at))
    }

    /// The deployed or declared thing that answers to a host name: exactly, or inside a cluster's domain.
    pub(super) fn by_host(&self, host: &str) -> Option<&ComponentId> {
        if let Some(id) = self.by_name.get(&normalize(host)) {
            return Some(id);
        }
        let is_inside = CLUSTER_SUFFIXES.iter().any(|suffix| host.ends_with(suffix));
        let first = host.split('.').next().filter(|_| is_inside)?;
        self.by_name.get(&normalize(first))
    }

    /// The thing that a configuration key is named after: `CHECKOUT_URL` → `checkout`.
    pub(super) fn by_key(&self, key: &ConfigKey) -> Option<&ComponentId> {
        let stem = stem_of_key(&key.name);
        let without = |suffix: &str| stem.strip_suffix(suffix).map(str::to_owned);
        [
            Some(stem.clone()),
            without("-service"),
            without("-api"),
            Some(format!("{stem}-service")),
            Some(format!("{stem}-api")),
        ]
        .into_iter()
        .flatten()
        .find_map(|name| self.by_name.get(&name))
    }

    /// The only thing other than `own` that listens on a port of this host.
    pub(super) fn by_port(&self, port: u16, own: Option<&ComponentId>) -> Option<&ComponentId> {
        let mut listening = self.by_port.get(&port)?.iter().filter(|id| Some(*id) != own);
        let only = listening.next()?;
        listening.next().is_none().then_some(only)
    }

    /// The only ready-made thing of a kind whose image or name tells the technology; of any, where none is known.
    pub(super) fn by_technology(&self, kind: ComponentKind, technology: Option<&str>) -> Option<&ComponentId> {
        let technology = technology.unwrap_or_default().to_lowercase();
        let fits = |(described, of_kind, _): &&(String, ComponentKind, ComponentId)| {
            *of_kind == kind && described.contains(&technology)
        };
        // Several compose files may deploy the same thing.
        let mut fitting = self.ready_made.iter().filter(fits).map(|(.., id)| id);
        let only = fitting.next()?;
        fitting.all(|other| other == only).then_some(only)
    }
}

/// Whether a host means the machine that the caller runs on.
pub(super) fn is_this_host(host: &str) -> bool {
    matches!(host, "localhost" | "0.0.0.0" | "::1" | "::" | "host.docker.internal") || host.starts_with("127.")
}

fn evidence(at: &Location, reason: String) -> Evidence {
    Evidence {
        at: at.clone(),
        reason,
        function: None,
    }
}
