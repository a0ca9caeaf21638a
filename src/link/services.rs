//! Services: binaries with an entry, matched with what deployment files and `failmap.toml` call them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::ComponentKind,
    deploy::{DeclaredService, DeclaredWorld, Deployment},
    location::Evidence,
    package::TargetKind,
    program::{EntryInfo, PackageIdx, Program},
};

use super::{
    ComponentId,
    components::{Components, add_evidence},
    images::kind_of_image,
    names::{base_of_image, base_of_path, folder, is_same},
    packages::Packages,
};

/// A binary target, or a whole package that has one.
#[derive(Debug)]
struct Unit {
    package: PackageIdx,
    binary: Name,
    /// The package has no other binary: package name and binary name mean the same.
    is_only: bool,
    has_entry: bool,
    /// Positions in `DeclaredWorld::deployments`, sorted.
    deployments: Vec<usize>,
}

/// One way in which a service runs.
#[derive(Debug)]
pub(super) struct Run {
    /// Under this name configuration is given to it.
    pub(super) scope: Name,
    /// Position in `DeclaredWorld::deployments`; `None` where nothing deploys it.
    pub(super) deployment: Option<usize>,
}

/// One service with code.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) id: ComponentId,
    pub(super) name: Name,
    pub(super) package: PackageIdx,
    pub(super) binary: Name,
    /// The ways in which it runs: one for each deployment, else one without; never empty.
    pub(super) runs: Vec<Run>,
    /// Positions in `DeclaredWorld::deployments`, sorted.
    pub(super) deployments: Vec<usize>,
}

/// All services with code, sorted by id.
pub(super) struct Services {
    list: Vec<Service>,
    of_package: BTreeMap<PackageIdx, Vec<usize>>,
    /// What the package of each service depends on, itself included.
    closures: Vec<BTreeSet<PackageIdx>>,
}

impl Services {
    pub(super) fn of(
        program: &Program,
        world: &DeclaredWorld,
        packages: &Packages<'_>,
        components: &mut Components,
    ) -> Self {
        let mut units = units(program);
        for (position, deployment) in world.deployments.iter().enumerate() {
            if let Some(unit) = best_unit(&units, deployment, world, packages) {
                units[unit].deployments.push(position);
            }
        }
        units.retain(|unit| unit.has_entry || !unit.deployments.is_empty());
        let mut list: Vec<Service> = units
            .iter()
            .map(|unit| add_service(unit, &units, world, packages, components))
            .collect();
        list.sort_by(|left, right| left.id.cmp(&right.id).then_with(|| left.package.cmp(&right.package)));
        let mut of_package: BTreeMap<PackageIdx, Vec<usize>> = BTreeMap::new();
        for (position, service) in list.iter().enumerate() {
            of_package.entry(service.package).or_default().push(position);
        }
        let closures = list.iter().map(|service| packages.closure(service.package)).collect();
        Self {
            list,
            of_package,
            closures,
        }
    }

    pub(super) fn list(&self) -> &[Service] {
        &self.list
    }

    /// Positions of the services that the package builds.
    pub(super) fn of_package(&self, package: PackageIdx) -> &[usize] {
        self.of_package.get(&package).map_or(&[], Vec::as_slice)
    }

    /// Positions of the services that are built from the package.
    pub(super) fn linking(&self, package: PackageIdx) -> impl Iterator<Item = usize> {
        (0..self.list.len()).filter(move |position| self.closures[*position].contains(&package))
    }

    /// Positions of the services in which the entry lets work in.
    ///
    /// An entry in a library belongs to every service that links it. One in a package with several
    /// binaries belongs to the binary it names, else to the main one.
    pub(super) fn of_entry(&self, entry: &EntryInfo, packages: &Packages<'_>) -> Vec<usize> {
        let own = self.of_package(entry.package);
        if own.is_empty() {
            return self.linking(entry.package).collect();
        }
        let named: Vec<usize> = own
            .iter()
            .copied()
            .filter(|position| entry.binary.as_ref() == Some(&self.list[*position].binary))
            .collect();
        if !named.is_empty() {
            return named;
        }
        let package = &packages.get(entry.package).name;
        match own
            .iter()
            .find(|position| is_same(&self.list[**position].binary, package))
        {
            Some(main) => vec![*main],
            None => own.to_vec(),
        }
    }
}

fn units(program: &Program) -> Vec<Unit> {
    let mut units = Vec::new();
    for (idx, package) in (0..).zip(&program.packages) {
        if package.is_third_party {
            continue;
        }
        let binaries: Vec<&Name> = package
            .targets
            .iter()
            .filter(|target| target.kind == TargetKind::Binary)
            .map(|target| &target.name)
            .collect();
        let main = binaries
            .iter()
            .position(|binary| is_same(binary, &package.name))
            .unwrap_or(0);
        for (position, binary) in binaries.iter().enumerate() {
            let is_of = |entry: &&EntryInfo| match &entry.binary {
                Some(named) if binaries.contains(&named) => named == *binary,
                _ => position == main,
            };
            units.push(Unit {
                package: idx,
                binary: (*binary).clone(),
                is_only: binaries.len() == 1,
                has_entry: program
                    .entries
                    .iter()
                    .filter(|entry| entry.package == idx)
                    .any(|entry| is_of(&entry)),
                deployments: Vec::new(),
            });
        }
    }
    units
}

/// The unit that a deployment most likely runs.
fn best_unit(units: &[Unit], deployment: &Deployment, world: &DeclaredWorld, packages: &Packages<'_>) -> Option<usize> {
    let builds = deployment.build_context.is_some() || deployment.dockerfile.is_some();
    if !builds
        && deployment
            .image
            .as_ref()
            .is_some_and(|image| kind_of_image(image).is_some())
    {
        return None;
    }
    let mut best = None;
    let mut best_score = 0;
    for (position, unit) in units.iter().enumerate() {
        let score = score(unit, units, deployment, world, packages);
        if best_score < score {
            best = Some(position);
            best_score = score;
        }
    }
    best
}

/// How well a deployment fits a unit; 0 = not at all. A command says most, a shared build context least.
fn score(unit: &Unit, units: &[Unit], deployment: &Deployment, world: &DeclaredWorld, packages: &Packages<'_>) -> u32 {
    let package = packages.get(unit.package);
    let is_it = |name: &str| is_same(name, &unit.binary) || (unit.is_only && is_same(name, &package.name));
    let is_here = package.root == deployment.at.root;
    let mut score = 0;
    if deployment.command.iter().any(|word| is_it(base_of_path(word))) {
        score += 6;
    }
    if is_it(&deployment.name) {
        score += 5;
    }
    let dockerfile = deployment.dockerfile.as_ref().filter(|_| is_here);
    let built = world.dockerfiles.iter().find(|file| {
        file.at.root == deployment.at.root && dockerfile.is_some_and(|dockerfile| *dockerfile == file.at.file)
    });
    if let Some(file) = built
        && file.builds.iter().any(|name| is_it(name))
    {
        // A file that builds several says little of which one runs here.
        score += if file.builds.len() == 1 { 4 } else { 2 };
    }
    let folders = [
        dockerfile.map(|file| folder(file)),
        deployment.build_context.as_deref().filter(|_| is_here),
    ];
    if !package.dir.is_empty() && folders.contains(&Some(&package.dir)) {
        score += 4;
    }
    if deployment
        .image
        .as_ref()
        .is_some_and(|image| is_it(base_of_image(image)))
    {
        score += 3;
    }
    let is_alone = || {
        units
            .iter()
            .filter(|other| packages.get(other.package).root == package.root)
            .count()
            == 1
    };
    if score == 0 && is_here && deployment.build_context.is_some() && is_alone() {
        score = 1;
    }
    score
}

fn add_service(
    unit: &Unit,
    units: &[Unit],
    world: &DeclaredWorld,
    packages: &Packages<'_>,
    components: &mut Components,
) -> Service {
    let package = packages.get(unit.package);
    let deployments: Vec<&Deployment> = unit
        .deployments
        .iter()
        .map(|position| &world.deployments[*position])
        .collect();
    let mut own_names: Vec<&Name> = deployments.iter().map(|deployment| &deployment.name).collect();
    own_names.extend([&unit.binary]);
    // The package's name means this unit only where no other unit of the package is meant by it.
    let siblings = units.iter().filter(|other| other.package == unit.package).count();
    if siblings == 1 || is_same(&unit.binary, &package.name) {
        own_names.push(&package.name);
    }
    let declared = world
        .services
        .iter()
        .find(|declared| names_one_of(declared, &own_names));
    let deployed = deployments
        .iter()
        .find(|deployment| is_same(&deployment.name, &unit.binary) || is_same(&deployment.name, &package.name))
        .or(deployments.first());
    let name = match (declared, deployed) {
        (Some(declared), _) => declared.name.clone(),
        (None, Some(deployment)) => deployment.name.clone(),
        (None, None) => unit.binary.clone(),
    };
    let (id, component) = components.add(ComponentKind::Service, &name);
    component.is_declared |= declared.is_some() || !deployments.is_empty();
    component.aliases.extend(own_names.iter().map(|name| (*name).clone()));
    if let Some(declared) = declared {
        component.tier = declared.tier;
        component.owner = declared.owner.clone();
        component.aliases.extend(declared.aliases.iter().cloned());
        add_evidence(component, evidence(&declared.at, "declared service"));
    }
    for deployment in &deployments {
        component.aliases.extend(deployment.aliases.iter().cloned());
        add_evidence(component, evidence(&deployment.at, &deployment.format));
    }
    add_evidence(
        component,
        evidence(
            &package.manifest,
            &format!("binary {} of package {}", unit.binary, package.name),
        ),
    );
    let mut runs: Vec<Run> = unit
        .deployments
        .iter()
        .map(|position| Run {
            scope: world.deployments[*position].name.clone(),
            deployment: Some(*position),
        })
        .collect();
    if runs.is_empty() {
        runs.push(Run {
            scope: name.clone(),
            deployment: None,
        });
    }
    Service {
        id,
        name,
        package: unit.package,
        binary: unit.binary.clone(),
        runs,
        deployments: unit.deployments.clone(),
    }
}

fn names_one_of(declared: &DeclaredService, names: &[&Name]) -> bool {
    let means = |wanted: &Name| names.iter().any(|name| is_same(wanted, name));
    if declared.packages.is_empty() {
        means(&declared.name)
    } else {
        declared.packages.iter().any(means)
    }
}

fn evidence(at: &crate::model::location::Location, reason: &str) -> Evidence {
    Evidence {
        at: at.clone(),
        reason: reason.to_owned(),
        function: None,
    }
}
