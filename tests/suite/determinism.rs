//! Same input, same bytes: run twice, with any number of threads, from anywhere, roots in any order.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::program::{failmap, run};

const FORMATS: [&str; 5] = ["terminal", "json", "dot", "html", "markdown"];

fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop")
}

#[track_caller]
fn scan(arguments: &[&str], dir: &Path) -> Vec<u8> {
    let output = run(failmap().arg("scan").args(arguments).current_dir(dir));
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[track_caller]
fn assert_same(left: &[u8], right: &[u8], what: &str) {
    let (left, right) = (String::from_utf8_lossy(left), String::from_utf8_lossy(right));
    let first = left.lines().zip(right.lines()).find(|(left, right)| left != right);
    assert!(left == right, "{what}: the first difference is {first:?}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn twice_with_one_and_two_threads() {
    let shop = shop();
    let shop = shop.to_str().unwrap();
    for format in FORMATS {
        let first = scan(&[shop, "--format", format], Path::new("/"));
        for jobs in ["1", "2", "7"] {
            let other = scan(&[shop, "--format", format, "--jobs", jobs], Path::new("/"));
            assert_same(&first, &other, &format!("{format} with {jobs} threads"));
        }
    }
}

#[test]
fn from_another_folder_and_in_another_place() {
    let (left, right) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    copy(&shop(), &left.path().join("shop"));
    copy(&shop(), &right.path().join("deep/down/shop"));
    let absolute = left.path().join("shop");
    let first = scan(&[absolute.to_str().unwrap(), "--format", "json"], Path::new("/"));
    assert_same(
        &first,
        &scan(&["shop", "--format", "json"], left.path()),
        "relative path",
    );
    assert_same(&first, &scan(&[".", "--format", "json"], &absolute), "from inside");
    assert_same(
        &first,
        &scan(&["down/shop", "--format", "json"], &right.path().join("deep")),
        "copied elsewhere",
    );
    let text = String::from_utf8(first).unwrap();
    assert!(
        !text.contains(left.path().to_str().unwrap()),
        "a path of this machine is in the report"
    );
}

#[test]
fn roots_in_any_order() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rust");
    let first = scan(
        &["client-in-field", "handling", "retry-loop", "--format", "json"],
        &fixtures,
    );
    let other = scan(
        &["retry-loop", "client-in-field", "handling", "--format", "json"],
        &fixtures,
    );
    assert_same(&first, &other, "roots shuffled");
}

#[test]
fn line_ends_do_not_matter() {
    let dir = TempDir::new().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rust/handling"),
        &dir.path().join("handling"),
    );
    let first = scan(&["handling", "--format", "json"], dir.path());
    let path = dir.path().join("handling/src/lib.rs");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    assert_same(&first, &scan(&["handling", "--format", "json"], dir.path()), "CRLF");
}
