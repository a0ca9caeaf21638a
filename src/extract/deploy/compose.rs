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
mod tests {
    use super::*;

    fn input(text: &str) -> ComposeInput {
        let mut input = ComposeInput {
            root: "shop".into(),
            files: Vec::new(),
            env_files: BTreeMap::new(),
        };
        for section in text.split("//- ").skip(1) {
            let (path, body) = section.split_once('\n').expect("a path");
            if path.contains(".env") {
                input.env_files.insert(path.into(), body.to_owned());
            } else {
                input.files.push((path.into(), body.to_owned()));
            }
        }
        input
    }

    fn show(it: &Deployment) -> String {
        let mut line = format!("{} {}:{}", it.name, it.at.file, it.at.line);
        line += &it
            .image
            .as_ref()
            .map_or(String::new(), |image| format!(" image:{image}"));
        line += &it
            .build_context
            .as_ref()
            .map_or(String::new(), |context| format!(" build:{context:?}"));
        line += &it
            .dockerfile
            .as_ref()
            .map_or(String::new(), |file| format!(" by:{file}"));
        line += &it
            .environment
            .iter()
            .map(|(key, (value, at))| format!(" {key}={value}@{}", at.line))
            .collect::<String>();
        line += &it.ports.iter().map(|port| format!(" :{port}")).collect::<String>();
        line += &it.depends_on.iter().map(|name| format!(" >{name}")).collect::<String>();
        line += &it.aliases.iter().map(|name| format!(" ={name}")).collect::<String>();
        line += &it.replicas.map_or(String::new(), |count| format!(" x{count}"));
        line + &it.command.iter().map(|word| format!(" ${word}")).collect::<String>()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) -> Compose {
        let compose = read(&input(text));
        assert_eq!(compose.deployments.iter().map(show).collect::<Vec<_>>(), expected);
        compose
    }

    #[test]
    fn short_and_long_forms() {
        let compose = check(
            r#"
//- deploy/compose.yaml
services:
  api:
    build: ..
    environment:
      - URL=http://db:5432
      - FROM_SHELL
    ports: ["127.0.0.1:8080:80/tcp", "9000", "7000-7001:7100-7101", 5000]
    expose: [81]
    depends_on: [db, bus]
    command: serve --port 80
  db:
    image: postgres:${PG:-17}
    environment: { POSTGRES_DB: orders, EMPTY: "", NUMBER: 5 }
    depends_on:
      bus: { condition: service_healthy }
    deploy: { replicas: 3 }
    hostname: primary
    networks:
      back: { aliases: [database] }
  bus:
    build: { context: ../bus, dockerfile: ci/Dockerfile }
    ports: [{ target: 4222, published: 14222 }]
    entrypoint: ["/bin/sh", "-c"]
    command: ["nats --js"]
"#,
            &[
                "api deploy/compose.yaml:2 build:\"\" by:Dockerfile FROM_SHELL=${FROM_SHELL}@6 URL=http://db:5432@5 :80 \
                 :81 :5000 :7100 :7101 :9000 >bus >db $serve $--port $80",
                "bus deploy/compose.yaml:20 build:\"bus\" by:bus/ci/Dockerfile :4222 $/bin/sh $-c $nats $--js",
                "db deploy/compose.yaml:11 image:postgres:17 EMPTY=@13 NUMBER=5@13 POSTGRES_DB=orders@13 >bus \
                 =database =primary x3",
            ],
        );
        assert_eq!(compose.problems, []);
    }

    #[test]
    fn env_files_and_interpolation() {
        let compose = check(
            r#"
//- a/compose.yaml
services:
  api:
    image: shop/api:${TAG:-latest}
    env_file: [./api.env, { path: missing.env, required: false }, gone.env]
    environment:
      TAGGED: ${TAG}
      OWN: compose
      OPEN: ${UNSET}
//- a/.env
TAG=v2
//- a/api.env
OWN=file
OTHER=http://other
"#,
            &["api a/compose.yaml:2 image:shop/api:v2 OPEN=${UNSET}@8 OTHER=http://other@2 OWN=compose@7 TAGGED=v2@6"],
        );
        let problems: Vec<_> = compose
            .problems
            .iter()
            .map(|it| (it.at.line, it.reason.as_str()))
            .collect();
        assert_eq!(
            problems,
            [(4, "env_file `gone.env` was not seen: its values are unknown")]
        );
    }

    #[test]
    fn overrides_are_part_of_the_base_and_overlays_are_further_values() {
        let compose = check(
            r#"
//- compose.prod.yaml
services:
  api:
    environment: { URL: "http://prod", SAME: a }
    deploy: { replicas: 2 }
  extra: { image: extra }
//- compose.override.yaml
services:
  api:
    environment: { DEBUG: 1 }
//- compose.yaml
services:
  api:
    image: api
    environment: { URL: "http://dev", SAME: a }
"#,
            &[
                "api compose.yaml:2 image:api DEBUG=1@3 SAME=a@4 URL=http://dev@4 x2",
                "extra compose.prod.yaml:5 image:extra",
            ],
        );
        let overlays: Vec<_> = compose
            .overlays
            .iter()
            .map(|it| {
                (
                    it.key.name.as_str(),
                    it.value.as_str(),
                    it.scope.as_deref(),
                    it.environment.as_deref(),
                )
            })
            .collect();
        assert_eq!(overlays, [("URL", "http://prod", Some("api"), Some("prod"))]);
    }

    #[test]
    fn extends_anchors_and_broken_files() {
        let compose = check(
            r#"
//- compose.yaml
x-env: &env { LOG: info }
services:
  base:
    image: base
    environment: *env
  api:
    extends: { service: base }
    environment: { <<: *env, OWN: 1 }
  far:
    extends: { service: common, file: shared/compose.yaml }
  lost:
    extends: nobody
  loop:
    extends: loop
//- shared/compose.yaml
services:
  common: { image: common }
//- other/compose.yaml
services: [
"#,
            &[
                "api compose.yaml:6 image:base LOG=info@1 OWN=1@8",
                "base compose.yaml:3 image:base LOG=info@1",
                "far compose.yaml:9 image:common",
                "loop compose.yaml:13",
                "lost compose.yaml:11",
                "common shared/compose.yaml:2 image:common",
            ],
        );
        let problems: Vec<_> = compose
            .problems
            .iter()
            .map(|it| (&*it.at.file, it.reason.as_str()))
            .collect();
        assert_eq!(problems[0], ("compose.yaml", "extends `nobody`, which was not seen"));
        assert_eq!(problems[1].0, "other/compose.yaml");
        assert_eq!(problems.len(), 2);
    }

    #[test]
    fn layers_by_name() {
        assert_eq!(Layer::of("a/docker-compose.yml"), Layer::Base);
        assert_eq!(Layer::of("docker-compose.override.yaml"), Layer::Override);
        assert_eq!(Layer::of("docker-compose.prod.yml"), Layer::Overlay);
        assert_eq!(environment("x/docker-compose.prod.yml").as_deref(), Some("prod"));
        assert_eq!(environment("compose-eu.yml").as_deref(), Some("eu"));
        assert_eq!(environment("compose.yml"), None);
    }
}
