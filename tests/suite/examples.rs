//! The example system against its truth.

use std::path::Path;

use crate::{program::scan_json, truth};

fn shop() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop")
}

#[test]
fn the_truth_of_the_shop_stands_in_its_sources() {
    let broken = truth::broken_anchors(&shop(), &truth::load(&shop()));
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_shop_is_understood() {
    let tally = truth::compare(&shop(), &truth::load(&shop()), &scan_json(&shop()));
    eprintln!("shop; {}", tally.summary());
    assert!(
        tally.deviations.is_empty(),
        "{} deviations\n  {}",
        tally.deviations.len(),
        tally.deviations.join("\n  ")
    );
}
