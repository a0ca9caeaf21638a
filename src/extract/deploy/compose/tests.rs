//! Compose files of all sorts: text in, deployments as lines out.

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
