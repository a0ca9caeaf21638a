//! The one integration binary: everything that needs more than one room, or the built program.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub
)]

mod browser;
mod cli;
mod determinism;
mod examples;
mod hostile;
mod idioms;
mod languages;
mod layers;
mod program;
mod report;
mod samples;
mod third_party;
mod truth;
