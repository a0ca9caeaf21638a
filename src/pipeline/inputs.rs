//! Reads what stands beside the code: manifests and lockfiles, deployment files, `.env` files.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::{
    config,
    discover::{Inventory, InventoryFile, cargo, classify::FileKind, read::read},
    extract::{
        deploy::{
            compose::{self, ComposeInput},
            dockerfile, env,
        },
        manifest::cargo::{CargoInput, CargoManifests},
    },
    model::{
        Name,
        deploy::DeclaredWorld,
        fact::{FileRole, Language},
        location::RepoPath,
        package::{LockedPackage, Package},
        problem::Problem,
    },
};

/// Everything but the source files.
pub(super) struct Inputs {
    /// Sorted by root, folder, name.
    pub(super) packages: Vec<Package>,
    /// What the lockfiles of each root picked from outside it.
    pub(super) locked: BTreeMap<Name, Vec<LockedPackage>>,
    pub(super) world: DeclaredWorld,
    pub(super) problems: Vec<Problem>,
}

/// Read the manifests and deployment files of all roots; `settings` adds what its user declared.
pub(super) fn inputs(inventory: &Inventory, settings: &config::Settings) -> Inputs {
    let world = DeclaredWorld {
        services: settings.services.clone(),
        targets: settings.targets.clone(),
        bindings: settings.values.clone(),
        ..DeclaredWorld::default()
    };
    let mut inputs = Inputs {
        packages: Vec::new(),
        locked: BTreeMap::new(),
        world,
        problems: Vec::new(),
    };
    for root in 0..inventory.roots.len() {
        inputs.read_root(inventory, root);
    }
    inputs
}

impl Inputs {
    fn read_root(&mut self, inventory: &Inventory, root: usize) {
        let files: Vec<_> = inventory.files.iter().filter(|file| file.root == root).collect();
        self.cargo(inventory, root, &files);
        self.deployments(inventory, root, &files);
    }

    fn cargo(&mut self, inventory: &Inventory, root: usize, files: &[&InventoryFile]) {
        let sources: BTreeSet<RepoPath> = files
            .iter()
            .filter(|file| file.kind == FileKind::Source(Language::Rust))
            .map(|file| file.path.clone())
            .collect();
        let manifests = self.texts(inventory, files, FileKind::CargoManifest);
        let locks = self.texts(inventory, files, FileKind::CargoLock);
        let input = CargoInput {
            root: inventory.roots[root].name.clone(),
            root_path: &inventory.roots[root].path,
            manifests: manifests
                .into_iter()
                .map(|(file, text)| (file.path.clone(), file.role, text))
                .collect(),
            locks: locks
                .into_iter()
                .map(|(file, text)| (file.path.clone(), text))
                .collect(),
            sources,
        };
        let manifests = CargoManifests::parse(&input);
        self.locked.insert(input.root.clone(), manifests.locked());
        // Each is a process that mostly waits for the disk; the order of the answers is that of the manifests.
        let answers: Vec<_> = manifests
            .workspaces()
            .into_par_iter()
            .map(|manifest| {
                let answer = cargo::metadata(input.root_path, &manifest);
                (manifest, answer)
            })
            .collect();
        let (mut packages, mut problems) = manifests.packages(&answers);
        self.packages.append(&mut packages);
        self.problems.append(&mut problems);
    }

    fn deployments(&mut self, inventory: &Inventory, root: usize, files: &[&InventoryFile]) {
        let name = &inventory.roots[root].name;
        let is_production =
            |file: &InventoryFile| !matches!(file.role, FileRole::Test | FileRole::Example | FileRole::Bench);
        let env_files = self.texts(inventory, files, FileKind::EnvFile);
        for (file, text) in env_files.iter().filter(|(file, _)| is_production(file)) {
            self.world.bindings.extend(env::bindings(name, &file.path, text));
        }
        for (file, text) in self.texts(inventory, files, FileKind::Dockerfile) {
            self.world.dockerfiles.push(dockerfile::read(name, &file.path, &text));
        }
        let compose_files = self.texts(inventory, files, FileKind::Compose);
        let input = ComposeInput {
            root: name.clone(),
            files: compose_files
                .into_iter()
                .filter(|(file, _)| is_production(file))
                .map(|(file, text)| (file.path.clone(), text))
                .collect(),
            env_files: env_files
                .into_iter()
                .map(|(file, text)| (file.path.clone(), text))
                .collect::<BTreeMap<_, _>>(),
        };
        let mut compose = compose::read(&input);
        self.world.deployments.append(&mut compose.deployments);
        self.world.bindings.append(&mut compose.overlays);
        self.problems.append(&mut compose.problems);
    }

    /// The readable files of one kind; the others become problems.
    fn texts<'f>(
        &mut self,
        inventory: &Inventory,
        files: &[&'f InventoryFile],
        kind: FileKind,
    ) -> Vec<(&'f InventoryFile, String)> {
        let mut texts = Vec::new();
        for &file in files.iter().filter(|file| file.kind == kind) {
            match read(inventory, file) {
                Ok(text) => texts.push((file, text)),
                Err(problem) => self.problems.push(problem),
            }
        }
        texts
    }
}
