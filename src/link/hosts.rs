//! Who answers to which name: deployed things by their DNS names, declared targets by host and key.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::ComponentKind,
    deploy::{DeclaredWorld, Deployment},
    location::Location,
    term::ConfigKey,
};

use super::{
    ComponentId,
    components::{Components, add_evidence},
    environments::project,
    images::kind_of_image,
    names::{base_of_image, base_of_path, normalize, stem_of_key},
    services::Services,
    targets::evidence,
};

/// Endings of cluster-internal names; what stands before the first dot is the service.
const CLUSTER_SUFFIXES: &[&str] = &[".svc", ".svc.cluster.local", ".local", ".internal", ".consul"];

type OwnedProject = (Name, Name);

/// A deployed thing of a known image.
#[derive(Debug)]
struct ReadyMade {
    /// Image and name, lower case.
    described: String,
    kind: ComponentKind,
    id: ComponentId,
    project: OwnedProject,
}

/// Why a deployed store is taken for the one that a call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The caller's deployment says that it needs it.
    Needed,
    /// It is the only one of its technology beside the caller, or the only one at all where no caller is deployed.
    Alone,
}

/// The name table of a system.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// By normalized name. A name that two different things claim belongs to the first.
    by_name: BTreeMap<String, ComponentId>,
    /// By deployment; parallel to `DeclaredWorld::deployments`.
    of_deployment: Vec<ComponentId>,
    by_port: BTreeMap<u16, BTreeSet<ComponentId>>,
    /// What is deployed ready-made.
    ready_made: Vec<ReadyMade>,
    /// What each deployment says it needs; parallel to `DeclaredWorld::deployments`.
    needs: Vec<BTreeSet<ComponentId>>,
    /// Root and folder of each deployment; parallel to `DeclaredWorld::deployments`.
    projects: Vec<OwnedProject>,
    /// Projects that deploy a service with code.
    with_code: BTreeSet<OwnedProject>,
    /// Host patterns of declared targets, in the order of declaration.
    declared_hosts: Vec<(Name, ComponentId, Location)>,
    declared_keys: BTreeMap<String, (ComponentId, Location)>,
}

impl Hosts {
    pub(super) fn of(
        world: &DeclaredWorld,
        services: &Services,
        environments: &[Option<Name>],
        components: &mut Components,
    ) -> Self {
        let mut hosts = Self::default();
        for (position, deployment) in world.deployments.iter().enumerate() {
            let service = services
                .list()
                .iter()
                .find(|service| service.deployments.contains(&position));
            let (root, folder) = project(deployment);
            let project = (Name::new(root), Name::new(folder));
            let id = match service {
                Some(service) => {
                    hosts.with_code.insert(project.clone());
                    service.id.clone()
                }
                None => hosts.add_foreign(deployment, &project, components),
            };
            components.is_in(&id, environments.get(position).and_then(Option::as_ref));
            hosts.projects.push(project);
            for name in [&deployment.name].into_iter().chain(&deployment.aliases) {
                hosts.by_name.entry(normalize(name)).or_insert_with(|| id.clone());
            }
            for port in &deployment.ports {
                hosts.by_port.entry(*port).or_default().insert(id.clone());
            }
            hosts.of_deployment.push(id);
        }
        hosts.needs = world
            .deployments
            .iter()
            .map(|deployment| hosts.needs_of(deployment))
            .collect();
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

    /// The component of a deployment without code here.
    fn add_foreign(
        &mut self,
        deployment: &Deployment,
        project: &OwnedProject,
        components: &mut Components,
    ) -> ComponentId {
        let known = kind_of_deployment(deployment);
        let (id, component) = components.add(known.unwrap_or(ComponentKind::Service), &deployment.name);
        component.is_declared = true;
        component.aliases.extend(deployment.aliases.iter().cloned());
        let image = deployment.image.as_ref();
        let of_image = image.map_or(String::new(), |image| format!(" of image {image}"));
        add_evidence(
            component,
            evidence(&deployment.at, format!("{}{of_image}", deployment.format)),
        );
        if let (Some(kind), Some(image)) = (known, image) {
            self.ready_made.push(ReadyMade {
                described: format!("{image} {}", deployment.name).to_lowercase(),
                kind,
                id: id.clone(),
                project: project.clone(),
            });
        }
        id
    }

    fn needs_of(&self, deployment: &Deployment) -> BTreeSet<ComponentId> {
        let needs = deployment.depends_on.iter().filter_map(|name| self.by_host(name));
        needs.cloned().collect()
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
        let stem = stem_of_key(&key.name)?;
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

    /// The deployed store of a kind and technology that a caller means who tells no address.
    ///
    /// Technology alone is no evidence: that somebody else runs a database does not make it the caller's. The
    /// caller's deployment must name it, or stand in the same project. A caller that nothing deploys may mean what a
    /// project without any code deploys: the services beside a program that developers start by hand. Where the
    /// library tells no technology, only what the deployment names counts.
    pub(super) fn store(
        &self,
        kind: ComponentKind,
        technology: Option<&str>,
        deployment: Option<usize>,
    ) -> Option<(&ComponentId, Claim)> {
        let make = technology.unwrap_or_default().to_lowercase();
        let fits = |store: &&ReadyMade| store.kind == kind && store.described.contains(&make);
        let fitting = || self.ready_made.iter().filter(fits);
        let Some(position) = deployment else {
            technology?;
            let stores = fitting().filter(|store| !self.with_code.contains(&store.project));
            return only(stores).map(|id| (id, Claim::Alone));
        };
        let needed = fitting().filter(|store| self.needs[position].contains(&store.id));
        if let Some(id) = only(needed) {
            return Some((id, Claim::Needed));
        }
        technology?;
        let beside = fitting().filter(|store| store.project == self.projects[position]);
        only(beside).map(|id| (id, Claim::Alone))
    }
}

/// The component that all of them are; several compose files may deploy the same thing.
fn only<'h>(mut stores: impl Iterator<Item = &'h ReadyMade>) -> Option<&'h ComponentId> {
    let only = &stores.next()?.id;
    stores.all(|other| other.id == *only).then_some(only)
}

/// What a deployment without code here runs, where its image or name tells.
fn kind_of_deployment(deployment: &Deployment) -> Option<ComponentKind> {
    if is_job(deployment) {
        return Some(ComponentKind::Job);
    }
    // Images of people's own making are still called after what is in them: `postgres`.
    let is_built = deployment.build_context.is_some() || deployment.dockerfile.is_some();
    let by_name = || kind_of_image(&deployment.name).filter(|_| !is_built);
    deployment.image.as_deref().and_then(kind_of_image).or_else(by_name)
}

/// Whether a product's image is only borrowed to run a script of a shell: one that waits for the product, or fills it.
fn is_job(deployment: &Deployment) -> bool {
    let Some(image) = deployment
        .image
        .as_deref()
        .filter(|image| kind_of_image(image).is_some())
    else {
        return false;
    };
    let mut words = deployment.command.iter();
    let is_shell = words
        .next()
        .is_some_and(|first| matches!(base_of_path(first), "sh" | "bash" | "ash"));
    let product = base_of_image(image).to_lowercase();
    let starts_product = |word: &Name| {
        word.split(|c: char| !c.is_alphanumeric())
            .any(|part| 4 <= part.len() && product.contains(&part.to_lowercase()))
    };
    is_shell && !words.any(starts_product)
}

/// Whether a host means the machine that the caller runs on.
pub(super) fn is_this_host(host: &str) -> bool {
    matches!(host, "localhost" | "0.0.0.0" | "::1" | "::" | "host.docker.internal")
        || host.starts_with("127.")
        || host.ends_with(".localhost")
}
