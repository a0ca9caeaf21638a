//! The command line from outside: what it prints and which code it leaves with.

use std::path::Path;

use serde_json::Value;

use crate::program::{failmap, run};

fn shop() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/shop")
        .to_str()
        .unwrap()
        .to_owned()
}

/// Run, check the exit code, return what was printed (stdout, stderr).
#[track_caller]
fn expect(arguments: &[&str], code: i32) -> (String, String) {
    let output = run(failmap().args(arguments));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

#[track_caller]
fn assert_contains(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "no `{needle}` in:\n{text}");
    }
}

const COMMANDS: [&str; 8] = ["scan", "report", "check", "why", "blast", "rules", "explain", "schema"];

#[test]
fn help_names_every_command() {
    let (help, _) = expect(&["--help"], 0);
    assert_contains(&help, &COMMANDS);
    for command in COMMANDS {
        let (help, _) = expect(&[command, "--help"], 0);
        assert_contains(&help, &["Usage: failmap"]);
    }
    let (version, _) = expect(&["--version"], 0);
    assert_eq!(version, format!("failmap {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_leaves_with_2() {
    for arguments in [
        vec![],
        vec!["no-such-command"],
        vec!["scan", "--no-such-option", "."],
        vec!["scan", ".", "--format", "no-such-format"],
        vec!["explain", "no-such-rule"],
        vec!["blast", "external:a.example", "--mode", "no-such-mode"],
    ] {
        let (_, message) = expect(&arguments, 2);
        assert!(!message.is_empty(), "{arguments:?}: no word about it");
    }
}

#[test]
fn findings_fail_a_check_but_no_scan() {
    expect(&["scan", &shop()], 0);
    let (text, _) = expect(&["check", &shop()], 1);
    assert_contains(&text, &["call-without-timeout", "sdk/atlas-maps/src/lib.rs"]);
    let guarded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rust/durations");
    expect(&["check", guarded.to_str().unwrap()], 0);
}

#[test]
fn narrowing_the_view_changes_no_verdict() {
    let (text, _) = expect(&["check", &shop(), "--service", "catalog-api"], 1);
    assert!(!text.contains("pingwave"), "another service is shown:\n{text}");
    expect(&["check", &shop(), "--package", "telemetry"], 1);
}

#[test]
fn why_walks_the_path_through_every_library() {
    let (text, _) = expect(&["why", "checkout", "api.atlas-maps.example", "--root", &shop()], 0);
    assert_contains(
        &text,
        &[
            "checkout/src/main.rs",
            "libs/geo/src/lib.rs",
            "sdk/atlas-maps/src/lib.rs",
            "geocode",
            "timeout",
        ],
    );
    let (_, message) = expect(
        &["why", "no-such-service", "api.atlas-maps.example", "--root", &shop()],
        2,
    );
    assert_contains(&message, &["no-such-service"]);
}

#[test]
fn blast_names_who_is_taken_down() {
    let (text, _) = expect(
        &[
            "blast",
            "external:api.atlas-maps.example",
            "--mode",
            "hang",
            "--root",
            &shop(),
        ],
        0,
    );
    assert_contains(&text, &["checkout", "shipping", "gateway", "hanging"]);
    assert!(!text.contains("notifier"), "{text}");
}

#[test]
fn a_report_answers_like_the_sources() {
    let dir = tempfile::TempDir::new().unwrap();
    let out = dir.path().to_str().unwrap();
    expect(&["report", &shop(), "--output", out], 0);
    for file in ["index.html", "graph.dot", "report.json"] {
        assert!(dir.path().join(file).is_file(), "{file} is missing");
    }
    let json = dir.path().join("report.json");
    let json = json.to_str().unwrap();
    for question in [
        vec!["why", "checkout", "api.atlas-maps.example"],
        vec!["blast", "datastore:orders-db"],
    ] {
        let (from_sources, _) = expect(&[question.as_slice(), &["--root", &shop()]].concat(), 0);
        let (from_report, _) = expect(&[question.as_slice(), &["--from", json]].concat(), 0);
        assert_eq!(from_sources, from_report, "{question:?}");
    }
}

#[test]
fn rules_and_their_explanations() {
    let (rules, _) = expect(&["rules"], 0);
    let spine = [
        "call-without-timeout",
        "call-without-breaker",
        "retry-without-backoff",
        "failure-swallowed",
        "error-status-unchecked",
        "undeclared-external-endpoint",
        "single-point-of-failure",
        "dependency-cycle",
    ];
    assert_contains(&rules, &spine);
    for rule in spine {
        let (text, _) = expect(&["explain", rule], 0);
        assert_contains(&text, &[rule]);
    }
}

#[test]
fn output_goes_to_a_file_on_request() {
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("scan.json");
    let (stdout, _) = expect(
        &["scan", &shop(), "--format", "json", "--output", file.to_str().unwrap()],
        0,
    );
    assert!(stdout.is_empty(), "{stdout}");
    let report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(report["schema"], "failmap/1");
}
