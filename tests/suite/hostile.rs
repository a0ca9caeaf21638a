//! Trees that are broken, absurd or malicious: a clear word about each, everything else still analysed, nothing run, nothing written.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{failmap, run, scan_json};

const MANIFEST: &str =
    "[package]\nname = \"victim\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nreqwest = \"0.12\"\n";
const CALL: &str = "pub async fn fetch() -> Result<(), reqwest::Error> {\n    reqwest::get(\"https://alive.example/x\").await?;\n    Ok(())\n}\n";

/// A package with one call, and more files.
fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (path, bytes) in [("Cargo.toml", MANIFEST.as_bytes()), ("src/lib.rs", CALL.as_bytes())]
        .iter()
        .chain(files)
    {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

#[track_caller]
fn assert_alive(report: &Value) {
    let endpoints: Vec<&Value> = report["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["endpoint"])
        .collect();
    assert!(
        endpoints.iter().any(|it| *it == "https://alive.example/x"),
        "the good file is lost: {endpoints:?}"
    );
}

/// The blind spot about a file.
#[track_caller]
fn blind_spot<'a>(report: &'a Value, file: &str) -> &'a Value {
    let spots = report["scan"]["blind_spots"].as_array().unwrap();
    spots
        .iter()
        .find(|it| it["file"] == file)
        .unwrap_or_else(|| panic!("no word about {file}: {spots:#?}"))
}

#[test]
fn a_file_that_does_not_parse_is_named() {
    let dir = tree(&[("src/broken.rs", b"pub fn {")]);
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "src/broken.rs")["kind"], "unparsable");
}

#[test]
fn a_file_that_is_not_utf8_is_named() {
    let dir = tree(&[("src/latin.rs", b"// caf\xe9\npub fn a() {}\n")]);
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "src/latin.rs")["kind"], "not-utf8");
}

#[test]
fn a_file_of_50_mb_is_named() {
    let dir = tree(&[("src/huge.rs", b"")]);
    fs::OpenOptions::new()
        .write(true)
        .open(dir.path().join("src/huge.rs"))
        .unwrap()
        .set_len(50 << 20)
        .unwrap();
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "src/huge.rs")["kind"], "over-limit");
}

#[test]
fn five_thousand_nested_parentheses_are_named() {
    let deep = format!(
        "pub fn deep() -> u32 {{ {}1{} }}\n",
        "(".repeat(5_000),
        ")".repeat(5_000)
    );
    let dir = tree(&[("src/deep.rs", deep.as_bytes())]);
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "src/deep.rs")["kind"], "over-limit");
}

#[test]
fn deep_nesting_without_brackets_does_not_end_the_process() {
    let minus = format!("pub fn minus() -> i32 {{ {}1 }}\n", "-".repeat(20_000));
    let not = format!("pub fn not() -> bool {{ {}true }}\n", "!".repeat(20_000));
    let chain = format!("pub fn chain(x: X) {{ x{} }}\n", ".a()".repeat(20_000));
    let sum = format!("pub fn sum() -> u64 {{ 1{} }}\n", " + 1".repeat(20_000));
    let types = format!("pub fn ty(_: {}u8) {{}}\n", "&".repeat(20_000));
    let elses = format!(
        "pub fn elses(x: u32) {{ if x == 0 {{}} {} }}\n",
        "else if x == 1 {}".repeat(5_000)
    );
    let files = [
        ("a", &minus),
        ("b", &not),
        ("c", &chain),
        ("d", &sum),
        ("e", &types),
        ("f", &elses),
    ];
    for (name, text) in files {
        let dir = tree(&[(&format!("src/{name}.rs"), text.as_bytes())]);
        assert_alive(&scan_json(dir.path()));
    }
}

#[test]
fn a_broken_manifest_is_named() {
    let dir = tree(&[
        ("other/Cargo.toml", b"[package\nname = "),
        ("other/src/lib.rs", b"pub fn a() {}\n"),
    ]);
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "other/Cargo.toml")["kind"], "manifest");
}

#[test]
fn a_broken_compose_file_is_named() {
    let dir = tree(&[("compose.yaml", b"services: [\n  - : :\n\t{")]);
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "compose.yaml")["kind"], "manifest");
}

#[cfg(unix)]
#[test]
fn links_that_loop_or_leave_the_root_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = tree(&[(
        "src/secret.rs",
        b"pub async fn leak() { reqwest::get(\"https://secret.example\").await; }\n",
    )]);
    let dir = tree(&[]);
    symlink("..", dir.path().join("src/loop")).unwrap();
    symlink(outside.path().join("src"), dir.path().join("src/outside")).unwrap();
    symlink(outside.path().join("src/secret.rs"), dir.path().join("src/secret.rs")).unwrap();
    let report = scan_json(dir.path());
    assert_alive(&report);
    assert_eq!(report["calls"].as_array().unwrap().len(), 1);
    assert!(!report.to_string().contains("secret.example"));
    assert_eq!(blind_spot(&report, "src/secret.rs")["kind"], "symlink");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tree(&[("closed/a.rs", b"pub fn a() {}\n")]);
    let closed = dir.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        eprintln!("skipped: this user (root) can read every folder");
        return;
    }
    let report = scan_json(dir.path());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    assert_alive(&report);
    assert_eq!(blind_spot(&report, "closed")["kind"], "unreadable");
}

#[test]
fn an_empty_folder_is_never_clean() {
    let dir = TempDir::new().unwrap();
    let output = run(failmap().arg("check").arg(dir.path()));
    assert_ne!(
        output.status.code(),
        Some(0),
        "nothing was read: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    let output = run(failmap().arg("scan").arg(dir.path()));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).to_lowercase();
    assert!(text.contains("no file") || text.contains("nothing"), "{text}");
}

#[test]
fn a_missing_path_is_named() {
    for command in ["scan", "check"] {
        let output = run(failmap().args([command, "/no/such/folder"]));
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/folder"));
    }
}

#[test]
fn a_broken_configuration_stops_the_run() {
    for text in ["levels = [", "no-such-key = 1\n"] {
        let dir = tree(&[("failmap.toml", text.as_bytes())]);
        let output = run(failmap().arg("scan").arg(dir.path()));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}: {message}");
        assert!(message.contains("failmap.toml"), "{message}");
    }
}

/// Every file below, with its content and the time of its last change.
fn snapshot(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let changed = fs::metadata(&path).unwrap().modified().unwrap();
                files.insert(path.clone(), (fs::read(path).unwrap(), changed));
            }
        }
    }
    files
}

#[cfg(unix)]
#[test]
fn nothing_of_a_hostile_repo_is_run_and_nothing_written_to_it() {
    use std::{os::unix::fs::PermissionsExt, process::Command};

    let marks = TempDir::new().unwrap();
    let mark = marks.path().join("was-run");
    let script = marks.path().join("trap.sh");
    fs::write(
        &script,
        format!("#!/bin/sh\necho \"$0 $@\" >> '{}'\nexit 1\n", mark.display()),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let trap = script.display();
    let cargo = format!(
        "[build]\nrustc = \"{trap}\"\nrustc-wrapper = \"{trap}\"\n[env]\nRUSTC = \"{trap}\"\n[alias]\nmetadata = [\"run\"]\n[target.x86_64-unknown-linux-gnu]\nlinker = \"{trap}\"\n"
    );
    let toolchain = format!("[toolchain]\npath = \"{}\"\n", marks.path().display());
    let build = format!("fn main() {{ std::process::Command::new(\"{trap}\").status().unwrap(); }}\n");
    let dir = tree(&[
        (".cargo/config.toml", cargo.as_bytes()),
        ("rust-toolchain.toml", toolchain.as_bytes()),
        ("build.rs", build.as_bytes()),
        ("Makefile", format!("all:\n\t{trap}\n").as_bytes()),
    ]);
    fs::create_dir_all(marks.path().join("bin")).unwrap();
    for program in ["rustc", "cargo"] {
        fs::copy(&script, marks.path().join("bin").join(program)).unwrap();
    }

    // The trap works: without this the test could not fail.
    Command::new(&script).status().unwrap();
    assert!(mark.exists());
    fs::remove_file(&mark).unwrap();

    let git = |arguments: &[&str]| {
        let status = Command::new("git").arg("-C").arg(dir.path()).args(arguments).output();
        status.is_ok_and(|output| output.status.success())
    };
    if git(&["init", "-q"]) {
        git(&["add", "."]);
        git(&[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
            "commit",
            "-qm",
            "x",
        ]);
        for key in [
            "core.fsmonitor",
            "diff.external",
            "core.sshCommand",
            "core.pager",
            "filter.x.smudge",
        ] {
            git(&["config", key, script.to_str().unwrap()]);
        }
        git(&["config", "core.hooksPath", marks.path().to_str().unwrap()]);
        let _ = fs::remove_file(&mark);
    } else {
        eprintln!("git is not installed: only the Cargo traps are set");
    }

    let before = snapshot(dir.path());
    let target = TempDir::new().unwrap();
    for arguments in [
        vec!["scan", "--format", "json"],
        vec!["check"],
        vec!["report", "--output", target.path().to_str().unwrap()],
    ] {
        let output = run(failmap().args(&arguments).arg(dir.path()));
        assert_ne!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        // Started inside the repo is how most people start it.
        let output = run(failmap().args(&arguments).arg(".").current_dir(dir.path()));
        assert_ne!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert!(
        !mark.exists(),
        "something was run: {}",
        fs::read_to_string(&mark).unwrap_or_default()
    );
    assert!(before == snapshot(dir.path()), "the scanned tree has changed");
    assert_alive(&scan_json(dir.path()));
}

#[test]
fn strings_of_the_code_are_data_in_every_format() {
    let code = r#"
pub async fn a() -> Result<(), reqwest::Error> {
    reqwest::get("https://admin:hunter2secret@evil.example/a?token=topsecrettoken&x=<script>alert(1)</script>").await?;
    reqwest::get("https://evil.example/\u{1b}[31mred\u{7}\u{202e}").await?;
    reqwest::get("https://evil.example/\"'></script><img src=x onerror=alert(2)>|`*_[x](javascript:alert(3))").await?;
    let key = std::env::var("EVIL_<b>_\u{1b}[0m_URL");
    reqwest::get(key.unwrap_or_default()).await?;
    Ok(())
}
"#;
    let compose = "services:\n  \"victim\\\"><script>alert(4)</script>\":\n    build: .\n    environment:\n      DSN: postgres://app:hunter2secret@db.example/app\n";
    let dir = tree(&[("src/evil.rs", code.as_bytes()), ("compose.yaml", compose.as_bytes())]);
    fs::write(dir.path().join("src/lib.rs"), format!("pub mod evil;\n{CALL}")).unwrap();
    let main = "#[tokio::main]\nasync fn main() {\n    victim::evil::a().await.unwrap();\n}\n";
    fs::write(dir.path().join("src/main.rs"), main).unwrap();
    for format in ["terminal", "json", "dot", "html", "markdown"] {
        let output = run(failmap().arg("scan").arg(dir.path()).args(["--format", format]));
        assert!(
            output.status.success(),
            "{format}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            text.contains("evil.example"),
            "{format}: the call is gone, so this proves nothing"
        );
        for secret in ["hunter2secret", "topsecrettoken"] {
            assert!(!text.contains(secret), "{format}: {secret}");
        }
        for control in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!text.contains(control), "{format}: {control:?}");
        }
        if matches!(format, "html" | "markdown") {
            for raw in ["<script>alert", "<img src=x", "\"'></script>"] {
                assert!(!text.contains(raw), "{format}: {raw}");
            }
        }
    }
}
