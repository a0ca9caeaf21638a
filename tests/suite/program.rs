//! Starts the built program.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// The built program, away from any repo, without ambient settings.
pub(crate) fn failmap() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failmap"));
    command.current_dir(std::env::temp_dir());
    for name in [
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "RUST_LOG",
        "RAYON_NUM_THREADS",
    ] {
        command.env_remove(name);
    }
    // What this machine's cargo has fetched is no part of a test's input.
    command.env("CARGO_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("FAILMAP_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

#[track_caller]
pub(crate) fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("failmap does not start: {error}"))
}

/// The JSON report of a scan.
#[track_caller]
pub(crate) fn scan_json(dir: &Path) -> Value {
    let output = run(failmap().arg("scan").arg(dir).args(["--format", "json"]));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "scan {}: {}\n{message}",
        dir.display(),
        output.status
    );
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("scan {}: {error}\n{message}", dir.display()))
}
