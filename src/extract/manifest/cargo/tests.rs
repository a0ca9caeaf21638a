//! Manifests in, packages as lines out.

use super::*;
use crate::model::package::Dependency;

/// Split `//- path` sections.
fn sections(text: &str) -> Vec<(RepoPath, String)> {
    let mut files: Vec<(RepoPath, String)> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("//- ") {
            files.push((path.into(), String::new()));
        } else if let Some((_, body)) = files.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    files
}

fn input(text: &str) -> CargoInput<'static> {
    let mut input = CargoInput {
        root: "shop".into(),
        root_path: Path::new("/root"),
        manifests: Vec::new(),
        locks: Vec::new(),
        sources: BTreeSet::new(),
    };
    for (path, body) in sections(text) {
        if path.ends_with("Cargo.toml") {
            let role = if path.starts_with("examples/") {
                FileRole::Example
            } else {
                FileRole::Source
            };
            input.manifests.push((path, role, body));
        } else if path.ends_with("Cargo.lock") {
            input.locks.push((path, body));
        } else {
            input.sources.insert(path);
        }
    }
    input
}

fn dependency_line(it: &Dependency) -> String {
    let mut line = format!("  {:?} {}", it.kind, it.alias).to_lowercase();
    if it.alias != it.package.replace('-', "_") {
        line += &format!(" = {}", it.package);
    }
    for (mark, value) in [(" ", &it.requirement), (" @", &it.locked), (" #", &it.checksum)] {
        line += &value.as_ref().map_or(String::new(), |value| format!("{mark}{value}"));
    }
    line += &it.path.as_ref().map_or(String::new(), |path| format!(" path:{path}"));
    line += if it.is_optional { " optional" } else { "" };
    line += if it.default_features { "" } else { " bare" };
    line + &it
        .features
        .iter()
        .map(|feature| format!(" +{feature}"))
        .collect::<String>()
}

fn lines(packages: &[Package]) -> Vec<String> {
    let mut lines = Vec::new();
    for package in packages {
        let version = package.version.as_deref().unwrap_or("?");
        let features: String = package.default_features.iter().map(|it| format!(" +{it}")).collect();
        lines.push(format!("{} {version} in {:?}{features}", package.name, &*package.dir));
        lines.extend(
            package
                .targets
                .iter()
                .map(|it| format!("  {} {} {}", format!("{:?}", it.kind).to_lowercase(), it.name, it.path)),
        );
        lines.extend(package.dependencies.iter().map(dependency_line));
    }
    lines
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let input = input(text);
    let (packages, problems) = CargoManifests::parse(&input).packages(&[]);
    assert_eq!(lines(&packages), expected);
    assert_eq!(problems, []);
}

#[test]
fn workspace_inheritance_renames_and_paths() {
    check(
        r#"
//- Cargo.toml
[workspace]
members = ["crates/*"]
[workspace.package]
version = "2.1.0"
edition = "2024"
[workspace.dependencies]
reqwest = { version = "0.12", default-features = false, features = ["json"] }
geo = { path = "crates/geo" }
http-old = { package = "http", version = "0.2" }
//- crates/api/Cargo.toml
[package]
name = "shop-api"
version.workspace = true
edition.workspace = true
[dependencies]
reqwest = { workspace = true, features = ["gzip"] }
geo.workspace = true
http = "1"
http-old = { workspace = true, optional = true }
[target.'cfg(unix)'.dependencies]
nix = "0.29"
[dev-dependencies]
mock = { git = "https://host/mock" }
[build-dependencies]
up = { path = "../../../outside" }
[features]
default = ["tls", "http-old"]
tls = ["dep:rustls", "fast"]
fast = []
slow = []
//- crates/api/src/main.rs
//- crates/api/build.rs
//- crates/geo/Cargo.toml
[package]
name = "geo"
version = "0.1.0"
edition = "2021"
//- crates/geo/src/lib.rs
"#,
        &[
            "shop-api 2.1.0 in \"crates/api\" +fast +http-old +tls",
            "  binary shop-api crates/api/src/main.rs",
            "  buildscript build-script-build crates/api/build.rs",
            "  normal geo path:crates/geo",
            "  normal http ^1",
            "  normal http_old = http ^0.2 optional",
            "  normal nix ^0.29",
            "  normal reqwest ^0.12 bare +gzip +json",
            "  dev mock",
            "  build up",
            "geo 0.1.0 in \"crates/geo\"",
            "  library geo crates/geo/src/lib.rs",
        ],
    );
}

#[test]
fn targets_written_and_found() {
    check(
        r#"
//- Cargo.toml
[package]
name = "many-targets"
version = "1.0.0"
edition = "2021"
build = false
autobenches = false
[lib]
name = "core_lib"
path = "lib/core.rs"
[[bin]]
name = "server"
path = "src/main.rs"
[[bin]]
name = "tool"
//- src/main.rs
//- src/bin/tool.rs
//- src/bin/worker/main.rs
//- src/bin/worker/part.rs
//- src/bin/other.rs
//- build.rs
//- tests/api.rs
//- tests/common/mod.rs
//- examples/demo/main.rs
//- benches/b.rs
"#,
        &[
            "many-targets 1.0.0 in \"\"",
            "  library core_lib lib/core.rs",
            "  binary other src/bin/other.rs",
            "  binary server src/main.rs",
            "  binary tool src/bin/tool.rs",
            "  binary worker src/bin/worker/main.rs",
            "  example demo examples/demo/main.rs",
            "  test api tests/api.rs",
        ],
    );
}

#[test]
fn the_edition_of_2015_does_not_look_beside_written_targets() {
    check(
        r#"
//- Cargo.toml
[package]
name = "old"
version = "0.1.0"
[[bin]]
name = "a"
[lib]
proc-macro = true
//- src/lib.rs
//- src/bin/a.rs
//- src/bin/b.rs
"#,
        &[
            "old 0.1.0 in \"\"",
            "  procmacro old src/lib.rs",
            "  binary a src/bin/a.rs",
        ],
    );
}

#[test]
fn locked_versions_by_the_packages_own_list() {
    check(
        r#"
//- Cargo.toml
[package]
name = "app"
version = "0.1.0"
[dependencies]
http = "1"
http02 = { package = "http", version = "0.2" }
serde = "1"
gone = "3"
//- Cargo.lock
version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["http 0.2.12", "http 1.3.1", "serde"]
[[package]]
name = "http"
version = "0.2.12"
source = "registry+https://index"
checksum = "aa"
[[package]]
name = "http"
version = "1.3.1"
source = "registry+https://index"
checksum = "bb"
[[package]]
name = "serde"
version = "1.0.200"
source = "registry+https://index"
checksum = "cc"
[[package]]
name = "gone"
version = "3.0.0"
source = "registry+https://index"
"#,
        &[
            "app 0.1.0 in \"\"",
            "  normal gone ^3",
            "  normal http ^1 @1.3.1 #bb",
            "  normal http02 = http ^0.2 @0.2.12 #aa",
            "  normal serde ^1 @1.0.200 #cc",
        ],
    );
}

#[test]
fn lockfiles_of_version_one_and_of_strangers() {
    check(
        r#"
//- Cargo.toml
[package]
name = "app"
version = "0.1.0"
[dependencies]
log = "0.4"
//- Cargo.lock
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["log 0.4.1 (registry+https://index)"]
[[package]]
name = "log"
version = "0.4.1"
source = "registry+https://index"
[metadata]
"checksum log 0.4.1 (registry+https://index)" = "dd"
//- inner/Cargo.toml
[package]
name = "stranger"
version = "0.1.0"
[dependencies]
log = "0.4"
"#,
        &[
            "app 0.1.0 in \"\"",
            "  normal log ^0.4 @0.4.1 #dd",
            "stranger 0.1.0 in \"inner\"",
            "  normal log ^0.4 @0.4.1 #dd",
        ],
    );
}

#[test]
fn patches_with_a_path_are_packages_of_the_repo() {
    check(
        r#"
//- Cargo.toml
[package]
name = "app"
version = "0.1.0"
[dependencies]
sdk = "2"
[patch.crates-io]
sdk = { path = "forks/sdk" }
"#,
        &["app 0.1.0 in \"\"", "  normal sdk ^2 path:forks/sdk"],
    );
}

#[test]
fn binaries_of_examples_are_no_binaries() {
    check(
        r#"
//- examples/demo/Cargo.toml
[package]
name = "demo"
version = "0.1.0"
//- examples/demo/src/main.rs
"#,
        &[
            "demo 0.1.0 in \"examples/demo\"",
            "  example demo examples/demo/src/main.rs",
        ],
    );
}

#[test]
fn workspaces_are_asked_once_and_excluded_packages_alone() {
    let input = input(
        r#"
//- Cargo.toml
[workspace]
exclude = ["tools"]
//- a/Cargo.toml
[package]
name = "a"
//- b/Cargo.toml
[package]
name = "b"
workspace = "../w"
//- w/Cargo.toml
[workspace]
//- tools/x/Cargo.toml
[package]
name = "x"
//- examples/demo/Cargo.toml
[package]
name = "demo"
"#,
    );
    let workspaces = CargoManifests::parse(&input).workspaces();
    let workspaces: Vec<&str> = workspaces.iter().map(|path| &**path).collect();
    assert_eq!(workspaces, ["Cargo.toml", "tools/x/Cargo.toml", "w/Cargo.toml"]);
}

#[test]
fn broken_manifests_name_file_and_line_and_spare_the_others() {
    let input = input(
        r#"
//- Cargo.lock
[[package]
//- a/Cargo.toml
[package]
name = "a"
version = = 1
//- b/Cargo.toml
[package]
name = "b"
[dependencies]
x = 7
//- c/Cargo.toml

[package]
version = "1.0.0"
"#,
    );
    let answers = [("Cargo.toml".into(), Err("cargo is not installed".to_owned()))];
    let (packages, problems) = CargoManifests::parse(&input).packages(&answers);
    assert_eq!(lines(&packages), ["b 0.0.0 in \"b\"", "  normal x"]);
    let problems: Vec<String> = problems
        .iter()
        .map(|it| {
            format!(
                "{}:{} {}",
                it.at.file,
                it.at.line,
                it.reason.split(&[',', '`'][..]).next().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        problems,
        [
            "Cargo.lock:1 not valid TOML: unclosed array table",
            "Cargo.toml:0 cargo is not installed; read from Cargo.toml and Cargo.lock themselves",
            "a/Cargo.toml:3 not valid TOML: extra ",
            "c/Cargo.toml:2 ",
        ]
    );
}
