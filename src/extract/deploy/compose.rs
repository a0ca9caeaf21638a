//! Compose files: the services of a folder, its overrides and overlays laid over them.
//!
//! `compose.override.yaml` is part of the base, as `docker compose up` reads it. Any other overlay
//! (`compose.prod.yaml`) is laid over only where somebody names it, so its values are further values of one
//! environment (`prod`), and its own services are services.

use std::collections::BTreeMap;

use crate::{
    extract::deploy::{
        env, service,
        yaml::{self, Key, Node},
    },
    model::{
        Name,
        deploy::Deployment,
        location::{Location, RepoPath},
        problem::{Problem, ProblemKind},
        term::{Binding, ConfigKey, ConfigKind},
    },
};

/// How many `extends` are followed from one service.
const MAX_EXTENDS: usize = 8;

/// The compose files of one root.
#[derive(Debug)]
pub struct ComposeInput {
    /// Name of the root.
    pub root: Name,
    /// Path and text of each compose file that describes production; those of tests are left out by the caller.
    pub files: Vec<(RepoPath, String)>,
    /// Path and text of every `.env` file of the root.
    pub env_files: BTreeMap<RepoPath, String>,
}

/// What compose files declare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compose {
    /// Sorted by folder, then name.
    pub deployments: Vec<Deployment>,
    /// What overlays say of services of the base; sorted.
    pub overlays: Vec<Binding>,
    /// Sorted.
    pub problems: Vec<Problem>,
}

/// Read all compose files of a root.
#[must_use]
pub fn read(input: &ComposeInput) -> Compose {
    let mut reader = Reader {
        input,
        trees: BTreeMap::new(),
        compose: Compose::default(),
    };
    reader.parse();
    let mut folders = BTreeMap::<&str, Vec<&RepoPath>>::new();
    for (path, _) in &input.files {
        folders.entry(service::folder(path)).or_default().push(path);
    }
    for mut paths in folders.into_values() {
        paths.sort_by_key(|path| (Layer::of(path), (*path).clone()));
        reader.folder(&paths);
    }
    let mut compose = reader.compose;
    compose
        .deployments
        .sort_by(|a, b| (service::folder(&a.at.file), &a.name).cmp(&(service::folder(&b.at.file), &b.name)));
    compose.overlays.sort();
    compose.overlays.dedup();
    compose.problems.sort();
    compose.problems.dedup();
    compose
}

/// Which part a file has in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Base,
    Override,
    Overlay,
}

impl Layer {
    fn of(path: &str) -> Self {
        match stem(path) {
            "compose" | "docker-compose" => Self::Base,
            stem if stem.ends_with(".override") || stem.ends_with("-override") => Self::Override,
            _ => Self::Overlay,
        }
    }
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.trim_end_matches(".yml").trim_end_matches(".yaml")
}

/// `prod` of `docker-compose.prod.yml`.
fn environment(path: &str) -> Option<Name> {
    let stem = stem(path).replace("docker-compose", "").replace("compose", "");
    let word = stem.trim_matches(['.', '-', '_']);
    (!word.is_empty()).then(|| word.into())
}

struct Reader<'a> {
    input: &'a ComposeInput,
    trees: BTreeMap<&'a str, Vec<Node>>,
    compose: Compose,
}

impl<'a> Reader<'a> {
    fn parse(&mut self) {
        for (path, text) in &self.input.files {
            let (documents, error) = yaml::parse(text);
            self.trees.insert(path, documents);
            if let Some(error) = error {
                let (line, column) = (error.line, error.column);
                let at = Location {
                    line,
                    column,
                    ..Location::of_file(self.input.root.clone(), path.clone())
                };
                let kind = ProblemKind::Manifest;
                self.compose.problems.push(Problem {
                    kind,
                    at,
                    reason: error.reason,
                    hides: 1,
                });
            }
        }
    }

    /// All files of one folder, the base first.
    fn folder(&mut self, paths: &[&'a RepoPath]) {
        let mut services = BTreeMap::<Name, Deployment>::new();
        for path in paths {
            let layer = Layer::of(path);
            for deployment in self.services(path) {
                match services.get_mut(&deployment.name) {
                    None => {
                        let overlay = (layer == Layer::Overlay).then(|| environment(path)).flatten();
                        services.insert(deployment.name.clone(), Deployment { overlay, ..deployment });
                    }
                    Some(base) if layer == Layer::Overlay => self.overlay(base, deployment, path),
                    Some(base) => service::lay_over(base, deployment),
                }
            }
        }
        self.compose.deployments.extend(services.into_values());
    }

    fn services(&mut self, path: &'a RepoPath) -> Vec<Deployment> {
        let values = self.variables(path);
        let nodes: Vec<(Key, Node)> = self.trees[&**path]
            .iter()
            .filter_map(|document| document.get("services"))
            .flat_map(Node::entries)
            .cloned()
            .collect();
        let mut deployments = Vec::new();
        for (name, node) in nodes {
            let mut deployment = self.service(path, &name, &node, &values);
            self.extend(&mut deployment, path, &node);
            deployments.push(deployment);
        }
        deployments
    }

    fn service(&mut self, path: &RepoPath, name: &Key, node: &Node, values: &BTreeMap<String, String>) -> Deployment {
        let context = service::Context {
            root: &self.input.root,
            file: path,
            values,
        };
        let mut deployment = context.deployment(name, node);
        for wanted in service::env_files(node) {
            let file = service::join(service::folder(path), &wanted.path);
            match file
                .as_deref()
                .and_then(|file| self.input.env_files.get_key_value(file))
            {
                Some((file, text)) => context.add_variables(&mut deployment, file, text),
                None if wanted.is_required => {
                    let reason = format!("env_file `{}` was not seen: its values are unknown", wanted.path);
                    let at = context.location(wanted.line, wanted.column);
                    self.compose.problems.push(Problem {
                        kind: ProblemKind::Manifest,
                        at,
                        reason,
                        hides: 1,
                    });
                }
                None => {}
            }
        }
        deployment
    }

    /// Lay the service over what it `extends`.
    fn extend(&mut self, deployment: &mut Deployment, path: &'a RepoPath, node: &Node) {
        let own = Key {
            text: deployment.name.to_string(),
            line: deployment.at.line,
            column: deployment.at.column,
        };
        let mut path = path;
        let mut node = node.clone();
        for _ in 0..MAX_EXTENDS {
            let Some(extends) = node.get("extends").cloned() else {
                return;
            };
            let name = extends
                .text()
                .or_else(|| extends.get("service")?.text())
                .unwrap_or_default()
                .to_owned();
            let base = match extends.get("file").and_then(Node::text) {
                None => Some(path),
                Some(file) => service::join(service::folder(path), file).and_then(|file| {
                    self.input
                        .files
                        .iter()
                        .map(|(path, _)| path)
                        .find(|path| ***path == *file)
                }),
            };
            let found = base.and_then(|base| {
                let documents = self.trees.get(&**base)?;
                let node = documents.iter().find_map(|it| it.get("services")?.get(&name))?;
                Some((base, node.clone()))
            });
            let Some((base, base_node)) = found else {
                let at = Location {
                    line: extends.line,
                    column: extends.column,
                    ..deployment.at.clone()
                };
                let reason = format!("extends `{name}`, which was not seen");
                self.compose.problems.push(Problem {
                    kind: ProblemKind::Manifest,
                    at,
                    reason,
                    hides: 1,
                });
                return;
            };
            let values = self.variables(base);
            let mut below = self.service(base, &own, &base_node, &values);
            below.at = deployment.at.clone();
            service::lay_over(&mut below, deployment.clone());
            *deployment = below;
            path = base;
            node = base_node;
        }
    }

    /// What an overlay says of a service of the base: further values, and what the base leaves open.
    fn overlay(&mut self, base: &mut Deployment, overlay: Deployment, path: &str) {
        for (key, (value, at)) in &overlay.environment {
            if base.environment.get(key).is_none_or(|(known, _)| known != value) {
                self.compose.overlays.push(Binding {
                    key: ConfigKey {
                        kind: ConfigKind::Env,
                        name: key.clone(),
                    },
                    value: value.clone(),
                    scope: Some(base.name.clone()),
                    environment: environment(path),
                    at: at.clone(),
                });
            }
        }
        let mut merged = Deployment {
            environment: BTreeMap::new(),
            ..overlay
        };
        let own = base.clone();
        merged.at = own.at.clone();
        merged.overlay.clone_from(&own.overlay);
        service::lay_over(&mut merged, own);
        *base = merged;
    }

    /// The `.env` beside a compose file, which compose reads for `${…}`.
    fn variables(&self, path: &str) -> BTreeMap<String, String> {
        let file = service::join(service::folder(path), ".env");
        let text = file.and_then(|file| self.input.env_files.get(file.as_str()));
        let variables = text.map(|text| env::parse(text)).unwrap_or_default();
        variables.into_iter().map(|it| (it.name, it.value)).collect()
    }
}

#[cfg(test)]
mod tests;
