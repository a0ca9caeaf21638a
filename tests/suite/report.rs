//! What `failmap report` writes, read by the programs that will read it.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{failmap, run};

/// The report of the example, in a folder of its own.
pub(crate) fn shop_report() -> TempDir {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    let dir = TempDir::new().unwrap();
    let output = run(failmap().arg("report").arg(shop).arg("--output").arg(dir.path()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    dir
}

/// A tool that is not there: the test says what it skipped; in CI it fails.
pub(crate) fn skip(tool: &str) {
    assert!(std::env::var_os("FAILMAP_CI").is_none(), "{tool} is not installed");
    eprintln!("skipped: {tool} is not installed");
}

#[test]
fn the_json_is_what_the_schema_promises() {
    let dir = shop_report();
    let report: Value = serde_json::from_slice(&fs::read(dir.path().join("report.json")).unwrap()).unwrap();
    let output = run(failmap().arg("schema"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .take(10)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(
        !validator.is_valid(&serde_json::json!({ "schema": "failmap/1" })),
        "the schema accepts anything"
    );
}

#[test]
fn the_page_stands_alone() {
    let dir = shop_report();
    let page = fs::read_to_string(dir.path().join("index.html")).unwrap();
    // A reference inside the page itself loads nothing.
    let page = page.replace("url(#", "").replace("url(data:", "");
    for needle in [
        " src=",
        "<link",
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
        "<iframe",
        "<object",
    ] {
        let place = page
            .find(needle)
            .map(|at| page[at..].chars().take(80).collect::<String>());
        assert!(place.is_none(), "the page loads something: {place:?}");
    }
    assert!(page.contains("api.atlas-maps.example"));
    assert!(page.contains("@media print"), "no style for paper");
}

#[test]
fn graphviz_accepts_the_graph() {
    if Command::new("dot").arg("-V").stderr(Stdio::null()).status().is_err() {
        return skip("graphviz (dot)");
    }
    let dir = shop_report();
    let output = run(Command::new("dot").arg("-Tsvg").arg(dir.path().join("graph.dot")));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && !message.contains("syntax error"),
        "{message}"
    );
    // Graphviz writes hyphens as entities.
    assert!(String::from_utf8_lossy(&output.stdout).contains("atlas&#45;maps"));
}
