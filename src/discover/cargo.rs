//! `cargo metadata`, run so that nothing of the scanned repo is executed or written.
//!
//! Cargo runs in the file system's root folder, so it reads neither the repo's `.cargo/config.toml` (which may name a
//! `rustc` or a wrapper) nor its `rust-toolchain.toml`. `--no-deps` resolves nothing: no lockfile is written, no
//! compiler asked. `--offline`, and no automatic installation of toolchains: no connection.

use std::{
    io::Read,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use cargo_metadata::MetadataCommand;

/// How long cargo may take for one workspace. A workspace of 500 members takes about a second; a manifest that is a
/// pipe would take forever.
const MAX_DURATION: Duration = Duration::from_secs(20);
/// How often the end of cargo is looked for.
const POLL: Duration = Duration::from_millis(4);
/// Largest answer that is read: some 20,000 packages.
const MAX_OUTPUT_BYTES: u64 = 64 << 20;

/// The JSON of `cargo metadata --no-deps` for the manifest at `manifest`, relative to `root`.
///
/// # Errors
///
/// Why there is none, as a fragment for the ledger: cargo missing, failing, silent for too long. Names no path of this
/// machine.
pub fn metadata(root: &Path, manifest: &str) -> Result<String, String> {
    let neutral = root.ancestors().last().unwrap_or(root);
    if neutral == root {
        return Err("the root is the file system's own, so there is no neutral folder to run cargo in".to_owned());
    }
    let mut command = MetadataCommand::new()
        .no_deps()
        .manifest_path(root.join(manifest))
        .current_dir(neutral)
        .other_options(["--offline".to_owned()])
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TERM_COLOR", "never")
        .env("RUSTUP_AUTO_INSTALL", "0")
        .env_remove("RUSTC")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .cargo_command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "cargo is not installed".to_owned(),
        _ => "cargo cannot be started".to_owned(),
    })?;
    let answer = wait(child)?;
    if answer.is_success {
        return String::from_utf8(answer.stdout)
            .map_err(|_| "cargo answered with something else than UTF-8".to_owned());
    }
    Err(failure(&String::from_utf8_lossy(&answer.stderr), root))
}

struct Answer {
    is_success: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn wait(mut child: Child) -> Result<Answer, String> {
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let deadline = Instant::now() + MAX_DURATION;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
            // Past the deadline, or lost: both end it.
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("cargo metadata took longer than {} s", MAX_DURATION.as_secs()));
            }
        }
    };
    let join = |reader: Option<thread::JoinHandle<Vec<u8>>>| reader.and_then(|it| it.join().ok()).unwrap_or_default();
    Ok(Answer {
        is_success: status.success(),
        stdout: join(stdout),
        stderr: join(stderr),
    })
}

/// Read a pipe in a thread of its own, so that a full pipe never blocks cargo.
fn collect(pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What arrived before an error is kept; an incomplete answer then fails to parse.
        let _ = pipe.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes);
        bytes
    })
}

/// The first and the last line of cargo's message, without paths of this machine.
fn failure(stderr: &str, root: &Path) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let Some(first) = lines.iter().find(|line| line.starts_with("error")) else {
        return "cargo metadata failed without a message".to_owned();
    };
    let first = first.trim_start_matches("error:").trim();
    let last = lines
        .last()
        .copied()
        .unwrap_or_default()
        .trim_start_matches("error:")
        .trim();
    let message = if first == last {
        first.to_owned()
    } else {
        format!("{first}: {last}")
    };
    let inside = message.replace(&format!("{}/", root.display()), "");
    let words: Vec<String> = inside.split(' ').map(without_machine_path).collect();
    format!("cargo metadata failed: {}", words.join(" "))
}

fn without_machine_path(word: &str) -> String {
    let bare = word.trim_start_matches(['`', '"', '\'', '(']);
    match (Path::new(bare).is_absolute(), bare.rsplit('/').next()) {
        (true, Some(name)) => format!("{}…/{name}", &word[..word.len() - bare.len()]),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_name_no_machine_path() {
        let stderr = "error: failed to load manifest for workspace member `/w/repo/a`\n\nCaused by:\n  failed to read \
                      `/elsewhere/b/Cargo.toml`\n";
        assert_eq!(
            failure(stderr, Path::new("/w/repo")),
            "cargo metadata failed: failed to load manifest for workspace member `a`: failed to read `…/Cargo.toml`"
        );
        assert_eq!(failure("", Path::new("/w")), "cargo metadata failed without a message");
    }

    #[cfg(unix)]
    mod unix {
        use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

        use super::*;
        use crate::discover::{DiscoverSettings, discover, read};

        /// A repo that tries to run a program of its own through everything that cargo, rustup and git read.
        fn hostile(root: &Path) -> PathBuf {
            let marker = root.join("ran");
            let write = |path: &str, text: &str| {
                let path = root.join(path);
                fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
                fs::write(path, text).expect("a file");
            };
            let script = format!("#!/bin/sh\ntouch '{}'\nexit 1\n", marker.display());
            for program in ["trap.sh", "toolchain/bin/cargo", "toolchain/bin/rustc"] {
                write(program, &script);
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(root.join(program), mode).expect("an executable");
            }
            let trap = root.join("trap.sh").display().to_string();
            write(
                "Cargo.toml",
                "[package]\nname = \"bait\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
            );
            write("src/main.rs", "fn main() {}\n");
            write("build.rs", "fn main() {}\n");
            let config = format!(
                "[build]\nrustc = \"{trap}\"\nrustc-wrapper = \"{trap}\"\nrustc-workspace-wrapper = \"{trap}\"\n"
            );
            write(".cargo/config.toml", &config);
            write(
                "rust-toolchain.toml",
                &format!("[toolchain]\npath = \"{}/toolchain\"\n", root.display()),
            );
            write(".git/HEAD", "ref: refs/heads/main\n");
            write(
                ".git/config",
                &format!("[core]\nfsmonitor = {trap}\nhooksPath = {trap}\n[diff]\nexternal = {trap}\n"),
            );
            marker
        }

        #[test]
        fn nothing_of_a_hostile_repo_runs_and_nothing_is_written() {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let root = fs::canonicalize(dir.path()).expect("a real path");
            let marker = hostile(&root);

            let settings = DiscoverSettings {
                excludes: Vec::new(),
                languages: Vec::new(),
            };
            let inventory = discover(std::slice::from_ref(&root), &settings).expect("an inventory");
            for file in &inventory.files {
                read::read(&inventory, file).expect("its text");
            }
            match metadata(&root, "Cargo.toml") {
                Ok(json) => assert!(json.contains("\"bait\""), "{json}"),
                Err(reason) => assert_eq!(reason, "cargo is not installed"),
            }
            assert!(!marker.exists(), "a program of the scanned repo was run");
            assert!(!root.join("Cargo.lock").exists(), "a lockfile was written");

            // The trap works: run inside the repo, cargo or rustup steps on it.
            let mut inside = Command::new("cargo");
            inside
                .args(["metadata", "--offline", "--format-version", "1"])
                .current_dir(&root);
            inside.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC");
            if inside.output().is_ok() {
                assert!(marker.exists(), "the trap of this test does not work");
            }
        }
    }
}
