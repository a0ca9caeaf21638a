//! Environments: what runs always, and what only an overlay or a set-up beside the main one runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    deploy::{DeclaredWorld, Deployment},
};

use super::{names::folder, services::Services};

/// Root and folder of a deployment file: what is deployed together.
pub(super) type Project<'w> = (&'w str, &'w str);

/// The project that a deployment belongs to.
pub(super) fn project(deployment: &Deployment) -> Project<'_> {
    (&deployment.at.root, folder(&deployment.at.file))
}

/// The environment of each deployment, parallel to [`DeclaredWorld::deployments`]; `None` = it runs in all.
///
/// An overlay's own services belong to the overlay. A folder whose services are all deployed from a folder nearer
/// to the root as well (`deploy/` and `deploy/federation/`) is a further set-up of the same system: its name is
/// the environment's. Folders that deploy different services are parts of one system.
pub(super) fn environments(world: &DeclaredWorld, services: &Services) -> Vec<Option<Name>> {
    let mut mains = BTreeSet::new();
    let mut all = BTreeSet::new();
    for service in services.list() {
        let projects: BTreeSet<Project<'_>> = service
            .deployments
            .iter()
            .map(|position| &world.deployments[*position])
            .filter(|deployment| deployment.overlay.is_none())
            .map(project)
            .collect();
        mains.extend(
            projects
                .iter()
                .min_by_key(|(root, folder)| (depth(folder), *root, *folder)),
        );
        all.extend(projects);
    }
    let further: BTreeMap<Project<'_>, Name> = all
        .difference(&mains)
        .map(|(root, folder)| ((*root, *folder), last(folder)))
        .collect();
    world
        .deployments
        .iter()
        .map(|deployment| {
            deployment
                .overlay
                .clone()
                .or_else(|| further.get(&project(deployment)).cloned())
        })
        .collect()
}

fn depth(folder: &str) -> usize {
    folder.split('/').filter(|part| !part.is_empty()).count()
}

fn last(folder: &str) -> Name {
    Name::new(folder.rsplit('/').next().unwrap_or(folder))
}
