//! What files are for, from where they stand: source, test, example, bench, build script.

use std::collections::BTreeSet;

use crate::{
    discover::{InventoryFile, classify::FileKind, walk::FoundFile},
    model::fact::{FileRole, Language},
};

/// Turn the files of one walk into files of root number `root`, with roles.
pub(super) fn assign(root: usize, files: Vec<FoundFile>) -> Vec<InventoryFile> {
    let packages: BTreeSet<String> = files
        .iter()
        .filter(|file| file.kind == FileKind::CargoManifest)
        .map(|file| {
            file.path
                .rsplit_once('/')
                .map_or(String::new(), |(folder, _)| folder.to_owned())
        })
        .collect();
    files
        .into_iter()
        .map(|file| {
            let role = match of_place(&file.path, file.kind, &packages) {
                FileRole::Source => file.role,
                role => role,
            };
            InventoryFile {
                root,
                path: file.path.into(),
                kind: file.kind,
                role,
                size: file.size,
            }
        })
        .collect()
}

/// The role that a path gives. `packages` are the folders with a Cargo manifest.
fn of_place(path: &str, kind: FileKind, packages: &BTreeSet<String>) -> FileRole {
    let role = of_cargo_place(path, packages);
    if role != FileRole::Source {
        return role;
    }
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    match kind {
        // `src/tests/` and `tests.rs` are test code only where a `#[cfg(test)]` says so, which resolve knows.
        FileKind::Source(Language::Rust) if !is_fixture(folders) => FileRole::Source,
        FileKind::Source(Language::Rust) => FileRole::Test,
        FileKind::Source(language) => of_convention(folders, name, language),
        FileKind::FailmapConfig => FileRole::Source,
        FileKind::CargoManifest | FileKind::CargoLock => {
            if is_fixture(folders) {
                FileRole::Test
            } else {
                FileRole::Source
            }
        }
        FileKind::Compose | FileKind::Dockerfile | FileKind::EnvFile => of_declaration(folders, name),
    }
}

/// Cargo's own layout: `tests/`, `benches/`, `examples/` and `build.rs` directly in a package's folder. A package that
/// lies inside such a folder of an outer package is test code as a whole.
fn of_cargo_place(path: &str, packages: &BTreeSet<String>) -> FileRole {
    let mut package_end = Some(0).filter(|_| packages.contains(""));
    let bounds = path.match_indices('/').map(|(index, _)| index);
    for end in bounds {
        // The part of the path below the innermost package seen so far.
        if let Some(start) = package_end {
            match path[start..end].trim_start_matches('/') {
                "tests" => return FileRole::Test,
                "benches" => return FileRole::Bench,
                "examples" => return FileRole::Example,
                _ => {}
            }
        }
        if packages.contains(&path[..end]) {
            package_end = Some(end);
        }
    }
    match package_end {
        Some(start) if path[start..].trim_start_matches('/') == "build.rs" => FileRole::Build,
        _ => FileRole::Source,
    }
}

fn is_fixture(folders: &str) -> bool {
    const FIXTURES: [&str; 7] = [
        "fixtures",
        "__fixtures__",
        "testdata",
        "test-data",
        "test_data",
        "test-fixtures",
        "test_fixtures",
    ];
    folders.split('/').any(|folder| FIXTURES.contains(&folder))
}

fn of_convention(folders: &str, name: &str, language: Language) -> FileRole {
    let has = |wanted: &[&str]| folders.split('/').any(|folder| wanted.contains(&folder));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_test = match language {
        Language::Go => stem.ends_with("_test") || has(&["testdata"]),
        Language::Python => {
            stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest" || has(&["test", "tests"])
        }
        Language::TypeScript | Language::JavaScript => {
            let is_spec = [".test", ".spec", ".e2e", ".cy"]
                .iter()
                .any(|suffix| stem.ends_with(suffix));
            is_spec || has(&["__tests__", "__mocks__", "test", "tests", "e2e", "cypress"])
        }
        Language::Java | Language::Kotlin => {
            const SETS: [&str; 5] = [
                "src/test/",
                "src/androidTest/",
                "src/integrationTest/",
                "src/testFixtures/",
                "src/it/",
            ];
            let folders = format!("/{folders}/");
            SETS.iter().any(|set| folders.contains(&format!("/{set}")))
        }
        Language::CSharp => {
            let suffixes = [".Tests", ".Test", ".UnitTests", ".IntegrationTests"];
            folders
                .split('/')
                .any(|folder| suffixes.iter().any(|suffix| folder.ends_with(suffix)))
                || stem.ends_with("Tests")
                || has(&["test", "tests"])
        }
        Language::Ruby => stem.ends_with("_spec") || stem.ends_with("_test") || has(&["spec", "test"]),
        Language::Php => stem.ends_with("Test") || has(&["tests", "test"]),
        Language::Rust | Language::Other => false,
    };
    if is_test || is_fixture(folders) {
        FileRole::Test
    } else if has(&["examples", "example", "samples"]) {
        FileRole::Example
    } else if has(&["benches", "benchmark", "benchmarks"]) {
        FileRole::Bench
    } else {
        FileRole::Source
    }
}

/// Compose files, Dockerfiles and environment files of test set-ups say so in a folder's or their own name.
fn of_declaration(folders: &str, name: &str) -> FileRole {
    const TESTS: [&str; 8] = [
        "test",
        "tests",
        "testing",
        "e2e",
        "integration-tests",
        "ci",
        "__tests__",
        "spec",
    ];
    let is_test_word = |word: &str| matches!(word, "test" | "tests" | "testing" | "e2e" | "ci");
    let lower = name.to_ascii_lowercase();
    let in_name = lower.split(['-', '.', '_']).any(is_test_word);
    let in_folder = folders.split('/').any(|folder| {
        let folder = folder.to_ascii_lowercase();
        TESTS.contains(&folder.as_str()) || folder.split(['-', '_']).any(is_test_word)
    });
    if in_name || in_folder || is_fixture(folders) {
        FileRole::Test
    } else if folders
        .split('/')
        .any(|folder| matches!(folder, "examples" | "example" | "samples"))
    {
        FileRole::Example
    } else {
        FileRole::Source
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::classify::{Class, classify};

    #[track_caller]
    fn check(path: &str, expected: FileRole) {
        let packages: BTreeSet<String> = ["", "crates/geo", "tests/e2e", "examples/demo"]
            .into_iter()
            .map(str::to_owned)
            .collect();
        let name = path.rsplit('/').next().expect("a name");
        let Class::Known(kind) = classify(name) else {
            panic!("{path} is of no known kind")
        };
        assert_eq!(of_place(path, kind, &packages), expected, "{path}");
    }

    #[test]
    fn cargo_layout() {
        check("src/main.rs", FileRole::Source);
        check("tests/api.rs", FileRole::Test);
        check("crates/geo/tests/api/main.rs", FileRole::Test);
        check("crates/geo/benches/b.rs", FileRole::Bench);
        check("crates/geo/examples/e.rs", FileRole::Example);
        check("crates/geo/build.rs", FileRole::Build);
        check("crates/geo/src/build.rs", FileRole::Source);
        check("crates/geo/src/tests/one.rs", FileRole::Source);
        check("crates/geo/src/tests.rs", FileRole::Source);
        check("tests/e2e/src/main.rs", FileRole::Test);
        check("examples/demo/src/main.rs", FileRole::Example);
        check("examples/demo/Cargo.toml", FileRole::Example);
        check("crates/tests/src/lib.rs", FileRole::Source);
        check("crates/geo/src/testdata/a.rs", FileRole::Test);
    }

    #[test]
    fn conventions_of_other_languages() {
        check("pkg/client_test.go", FileRole::Test);
        check("pkg/client.go", FileRole::Source);
        check("app/src/test/java/A.java", FileRole::Test);
        check("app/src/main/java/test/A.java", FileRole::Source);
        check("app/test_views.py", FileRole::Test);
        check("app/views.py", FileRole::Source);
        check("web/src/a.spec.ts", FileRole::Test);
        check("web/src/__tests__/a.ts", FileRole::Test);
        check("web/src/a.ts", FileRole::Source);
        check("Shop.Tests/Orders.cs", FileRole::Test);
        check("Shop/Orders.cs", FileRole::Source);
        check("web/examples/a.ts", FileRole::Example);
    }

    #[test]
    fn declarations() {
        check("docker-compose.yml", FileRole::Source);
        check("deploy/docker-compose.override.yml", FileRole::Source);
        check("server/testing-docker-compose.yml", FileRole::Test);
        check("client-integration-tests/docker-compose.yml", FileRole::Test);
        check("latest/docker-compose.yml", FileRole::Source);
        check("example/compose.yaml", FileRole::Example);
    }
}
