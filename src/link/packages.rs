//! Packages: which depend on which, and the libraries among them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::ComponentKind,
    location::Evidence,
    package::{DependencyKind, Ecosystem, Package, TargetKind},
    program::{PackageIdx, Program},
};

use super::{
    ComponentId,
    components::{Components, add_evidence},
    names::normalize,
    services::Services,
};

/// The packages of the scanned repos and the dependencies between them.
pub(super) struct Packages<'p> {
    list: &'p [Package],
    /// Normal dependencies on scanned packages, sorted.
    dependencies: Vec<BTreeSet<PackageIdx>>,
    /// Package of a function, by its name.
    of_function: BTreeMap<&'p Name, PackageIdx>,
}

impl<'p> Packages<'p> {
    pub(super) fn of(program: &'p Program) -> Self {
        let mut by_name: BTreeMap<(Ecosystem, String), Vec<PackageIdx>> = BTreeMap::new();
        for (idx, package) in (0..).zip(&program.packages) {
            if !package.is_third_party {
                by_name
                    .entry((package.ecosystem, normalize(&package.name)))
                    .or_default()
                    .push(idx);
            }
        }
        let dependencies = program
            .packages
            .iter()
            .map(|package| {
                let normal = package
                    .dependencies
                    .iter()
                    .filter(|dependency| dependency.kind == DependencyKind::Normal);
                normal
                    .filter_map(|dependency| {
                        let same_name = by_name.get(&(package.ecosystem, normalize(&dependency.package)))?;
                        let near = same_name
                            .iter()
                            .find(|idx| program.packages[**idx as usize].root == package.root);
                        near.or(same_name.first()).copied()
                    })
                    .filter(|idx| program.packages[*idx as usize] != *package)
                    .collect()
            })
            .collect();
        let of_function = program
            .functions
            .iter()
            .map(|function| (&function.name, function.package))
            .collect();
        Self {
            list: &program.packages,
            dependencies,
            of_function,
        }
    }

    pub(super) fn get(&self, idx: PackageIdx) -> &'p Package {
        &self.list[idx as usize]
    }

    /// The scanned packages that `idx` depends on directly, sorted.
    pub(super) fn dependencies(&self, idx: PackageIdx) -> &BTreeSet<PackageIdx> {
        &self.dependencies[idx as usize]
    }

    /// The scanned packages that `idx` depends on, itself included.
    pub(super) fn closure(&self, idx: PackageIdx) -> BTreeSet<PackageIdx> {
        let mut seen = BTreeSet::from([idx]);
        let mut open = vec![idx];
        while let Some(package) = open.pop() {
            open.extend(
                self.dependencies(package)
                    .iter()
                    .filter(|dependency| seen.insert(**dependency)),
            );
        }
        seen
    }

    pub(super) fn of_function(&self, name: &Name) -> Option<PackageIdx> {
        self.of_function.get(name).copied()
    }

    /// Make a library of every scanned package that is no service.
    pub(super) fn add_libraries(&self, program: &Program, services: &Services, components: &mut Components) {
        for (idx, package) in (0..).zip(&program.packages) {
            let is_library = |kind| matches!(kind, TargetKind::Library | TargetKind::ProcMacro);
            let has_library =
                package.targets.is_empty() || package.targets.iter().any(|target| is_library(target.kind));
            if !package.is_third_party && has_library && services.of_package(idx).is_empty() {
                self.add_library(idx, components);
            }
        }
    }

    /// The library that the package is.
    pub(super) fn add_library(&self, idx: PackageIdx, components: &mut Components) -> ComponentId {
        let package = self.get(idx);
        let (id, component) = components.add(ComponentKind::Library, &package.name);
        let reason = if package.is_third_party {
            "third-party package"
        } else {
            "package"
        };
        add_evidence(
            component,
            Evidence {
                at: package.manifest.clone(),
                reason: reason.to_owned(),
                function: None,
            },
        );
        id
    }
}
