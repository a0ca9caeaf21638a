//! Hidden egress: a service reaches an external host through a third-party package whose sources are on this disk.
//!
//! `tests/fixtures/third-party` holds a workspace of two packages and, in `sources`, the packages that it uses. Each
//! test lays them out as cargo or `cargo vendor` would.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{failmap, run};

const PACKAGES: [&str; 3] = ["pigeon-sdk-0.9.0", "pigeon-types-0.9.0", "postal-lookup-1.4.2"];
const BUREAU: &str = "external:codes.postal-bureau.example";
const LOOKUP: &str = "dep:cargo/postal-lookup@1.4.2";
const RULE: &str = "hidden-egress-in-dependency";

/// The repo, a home of cargo and a cache, each in a folder of its own.
struct Machine {
    dir: TempDir,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fixture = fixture();
        for part in ["Cargo.toml", "Cargo.lock", "app", "address"] {
            copy(&fixture.join(part), &dir.path().join("repo").join(part));
        }
        for folder in ["home", "cache"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        Self { dir }
    }

    /// The same, with the sources that `cargo fetch` unpacks.
    fn fetched() -> Self {
        let machine = Self::new();
        for package in PACKAGES {
            machine.fetch(package);
        }
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn fetch(&self, package: &str) {
        let place = format!("home/registry/src/index.crates.io-1949cf8c6b5b557f/{package}");
        copy(&fixture().join("sources").join(package), &self.path(&place));
    }

    fn failmap(&self) -> Command {
        let mut command = failmap();
        command
            .env("CARGO_HOME", self.path("home"))
            .env("FAILMAP_CACHE_DIR", self.path("cache"));
        command
    }

    fn output(&self, args: &[&str]) -> String {
        let output = run(self.failmap().arg("scan").arg(self.path("repo")).args(args));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn scan(&self, args: &[&str]) -> Value {
        let text = self.output(&[&["--format", "json"], args].concat());
        serde_json::from_str(&text).unwrap()
    }

    fn cached(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut open = vec![self.path("cache")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path)
                } else {
                    files.push(path)
                }
            }
        }
        files.sort();
        files
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/third-party")
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

fn list<'a>(report: &'a Value, key: &str) -> Vec<&'a Value> {
    report[key].as_array().unwrap().iter().collect()
}

/// `root/file:line target` of every call in third-party code.
fn outside_calls(report: &Value) -> Vec<String> {
    let calls = list(report, "calls");
    let outside = calls
        .iter()
        .filter(|call| call["root"].as_str().unwrap().starts_with("dep:"));
    outside
        .map(|call| {
            let text = |key: &str| call[key].as_str().unwrap_or("none").to_owned();
            format!("{}/{}:{} {}", text("root"), text("file"), call["line"], text("target"))
        })
        .collect()
}

fn findings<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    list(report, "findings")
        .into_iter()
        .filter(|finding| finding["rule"] == rule)
        .collect()
}

fn unseen(report: &Value) -> Vec<&str> {
    let spots = report["scan"]["blind_spots"].as_array().unwrap().iter();
    spots
        .filter(|spot| spot["kind"] == "dependency-not-seen")
        .map(|spot| spot["reason"].as_str().unwrap())
        .collect()
}

/// What must be true wherever the sources were found.
#[track_caller]
fn check_story(report: &Value) {
    assert_eq!(
        outside_calls(report),
        [
            "dep:cargo/pigeon-sdk@0.9.0/src/lib.rs:29 external:push.pigeon.example",
            "dep:cargo/postal-lookup@1.4.2/src/remote.rs:21 external:codes.postal-bureau.example",
        ],
        "what nobody calls (`refresh`) is no call of this system"
    );
    let calls = list(report, "calls");
    let call = calls.iter().find(|call| call["target"] == BUREAU).unwrap();
    assert_eq!(call["package"], "postal-lookup");
    assert_eq!(call["services"], serde_json::json!(["service:app"]));
    assert_eq!(call["entries"], serde_json::json!(["service:app POST /orders"]));
    assert_eq!(call["guards"]["timeout"]["state"], "none");
    assert_eq!(call["status"], "checked");

    let edges = list(report, "edges");
    let edge = edges.iter().find(|edge| edge["to"] == BUREAU).unwrap();
    assert_eq!(
        edge["via"],
        serde_json::json!(["library:address", "library:postal-lookup"])
    );

    let found = findings(report, RULE);
    assert_eq!(found.len(), 1, "the gateway is named by the service itself: {found:#?}");
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("codes.postal-bureau.example"), "{message}");
    assert!(message.contains("without a timeout"), "{message}");
    assert_eq!(found[0]["file"], "address/src/lib.rs", "the last own place");
    assert_eq!(found[0]["component"], "service:app");
    for finding in list(report, "findings") {
        let root = finding["root"].as_str().unwrap();
        assert!(!root.starts_with("dep:"), "nobody here can change it: {finding:#}");
    }
}

#[test]
fn fetched_sources_are_read_and_the_path_goes_package_by_package() {
    let machine = Machine::fetched();
    let report = machine.scan(&[]);
    check_story(&report);
    let dependencies = report["scan"]["dependencies"].as_array().unwrap();
    let read: Vec<&str> = dependencies
        .iter()
        .filter(|dependency| dependency["read"] == true)
        .map(|dependency| dependency["root"].as_str().unwrap())
        .collect();
    assert_eq!(
        read,
        ["dep:cargo/pigeon-sdk@0.9.0", LOOKUP],
        "`pigeon-types` can reach nothing"
    );
    assert_eq!(unseen(&report), Vec::<&str>::new());

    let output = run(machine
        .failmap()
        .args(["why", "app", "postal-bureau", "--root"])
        .arg(machine.path("repo")));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut last = 0;
    for step in [
        "through library:address, library:postal-lookup",
        "POST /orders",
        "app::place",
        "address::Book::zone",
        "postal_lookup::Lookup::code",
        "Bureau::ask", // cut to the width
    ] {
        let at = text[last..].find(step);
        last += at.unwrap_or_else(|| panic!("`{step}` is missing or in the wrong place:\n{text}"));
    }
}

#[test]
fn vendored_sources_are_read_and_never_cached() {
    let machine = Machine::new();
    for package in PACKAGES {
        let name = package.rsplit_once('-').unwrap().0;
        copy(
            &fixture().join("sources").join(package),
            &machine.path("repo/vendor").join(name),
        );
    }
    check_story(&machine.scan(&[]));
    assert_eq!(machine.cached(), Vec::<PathBuf>::new());
}

#[test]
fn without_sources_the_ledger_names_what_was_not_seen() {
    let machine = Machine::new();
    let report = machine.scan(&[]);
    assert_eq!(outside_calls(&report), Vec::<String>::new());
    let [reason] = unseen(&report)[..] else {
        panic!("one row: {:?}", unseen(&report))
    };
    assert!(
        reason.contains("pigeon-sdk (by reqwest), postal-lookup (by reqwest)"),
        "{reason}"
    );
    assert!(
        !reason.contains("pigeon-types"),
        "it cannot leave the process: {reason}"
    );
    assert!(reason.contains("cargo fetch"), "{reason}");

    let not_asked = Machine::fetched().scan(&["--dependencies", "none"]);
    assert_eq!(outside_calls(&not_asked), Vec::<String>::new());
    assert!(
        unseen(&not_asked)[0].contains("postal-lookup"),
        "{:?}",
        unseen(&not_asked)
    );
}

#[test]
fn the_cache_changes_nothing_even_when_it_is_damaged() {
    let machine = Machine::fetched();
    let first = machine.output(&["--format", "json"]);
    let files = machine.cached();
    assert_eq!(files.len(), 2, "one file for each package that was read: {files:?}");
    let whole: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(machine.output(&["--format", "json"]), first, "from the cache");

    fs::write(&files[0], b"failmap\x01 is not this").unwrap();
    let mut flipped = whole[1].clone();
    *flipped.last_mut().unwrap() ^= 0x55;
    fs::write(&files[1], &flipped).unwrap();
    assert_eq!(machine.output(&["--format", "json"]), first, "damaged");
    let repaired: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(repaired, whole, "written anew");

    // The facts come from the cache, not from the disk.
    let file = machine.path("home/registry/src/index.crates.io-1949cf8c6b5b557f/postal-lookup-1.4.2/src/remote.rs");
    fs::write(file, "").unwrap();
    assert_eq!(machine.output(&["--format", "json"]), first);
    let uncached = machine.scan(&["--no-cache"]);
    assert_eq!(outside_calls(&uncached).len(), 1, "the emptied file holds no call");
}

#[test]
fn names_in_a_lockfile_lead_nowhere_else() {
    let machine = Machine::new();
    copy(
        &fixture().join("sources/postal-lookup-1.4.2"),
        &machine.path("secret-1.0.0"),
    );
    let lock = machine.path("repo/Cargo.lock");
    let text = fs::read_to_string(&lock).unwrap();
    let escape = "../../../../secret";
    fs::write(&lock, text.replace("postal-lookup", escape).replace("1.4.2", "1.0.0")).unwrap();
    let manifest = machine.path("repo/address/Cargo.toml");
    let name = format!("\npostal-lookup = {{ package = \"{escape}\", version = \"1\" }}\n");
    fs::write(
        &manifest,
        fs::read_to_string(&manifest)
            .unwrap()
            .replace("\npostal-lookup = \"1.4\"\n", &name),
    )
    .unwrap();
    fs::create_dir_all(machine.path("home/registry/src/index.crates.io-1949cf8c6b5b557f")).unwrap();
    let report = machine.scan(&[]);
    assert_eq!(outside_calls(&report), Vec::<String>::new());
    assert!(unseen(&report)[0].contains("postal-lookup") || unseen(&report)[0].contains("secret"));
}

#[test]
fn nothing_is_written_to_the_tree_or_to_cargos_home() {
    let machine = Machine::fetched();
    let before = (tree(&machine.path("repo")), tree(&machine.path("home/registry")));
    machine.scan(&[]);
    assert_eq!(
        (tree(&machine.path("repo")), tree(&machine.path("home/registry"))),
        before
    );
}

fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            files.push(path);
        }
    }
    files.sort();
    files
}
