//! One small package for each idiom that decides right from wrong, with look-alikes beside the calls.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use crate::{
    program::scan_json,
    truth::{self, Tally},
};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rust");
    let mut fixtures: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    fixtures.sort();
    fixtures
}

#[test]
fn the_truth_of_each_fixture_stands_in_its_sources() {
    let mut broken = Vec::new();
    for dir in fixtures() {
        let expected = truth::load(&dir);
        assert!(expected.idea.is_some(), "{}: no idea", dir.display());
        broken.extend(truth::broken_anchors(&dir, &expected));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Scan and compare some of the fixtures.
fn tally(fixtures: &[PathBuf]) -> Tally {
    let mut tally = Tally::default();
    for dir in fixtures {
        let mut one = truth::compare(dir, &truth::load(dir), &scan_json(dir));
        let name = dir.file_name().unwrap().to_str().unwrap();
        for deviation in &mut one.deviations {
            *deviation = format!("{name}: {deviation}");
        }
        tally.add(one);
    }
    tally
}

#[test]
fn every_idiom_is_understood_or_a_known_miss() {
    let fixtures = fixtures();
    let (left, right) = fixtures.split_at(fixtures.len() / 2);
    let mut all = thread::scope(|scope| {
        let other = scope.spawn(|| tally(left));
        let mut all = tally(right);
        all.add(other.join().expect("comparison does not panic"));
        all
    });
    all.deviations.sort();
    eprintln!("{} fixtures; {}", fixtures.len(), all.summary());
    assert!(
        all.deviations.is_empty(),
        "{} deviations\n  {}",
        all.deviations.len(),
        all.deviations.join("\n  ")
    );
}
