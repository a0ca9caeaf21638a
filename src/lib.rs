//! failmap maps how systems fail before they do: every call that leaves a process, its path, its
//! guards, and what breaks when its target fails. It reads source and manifests only; nothing of the
//! scanned tree is run.
//!
//! # The flow
//!
//! ```text
//! discover ─► extract (per file) ─► resolve (per package) ─► link (across packages and services)
//!          ─► analyze ─► gate ─► report
//! ```
//!
//! A file's facts depend on its bytes and language alone. Everything after `extract` is a pure
//! function of sorted facts: same input, same bytes, with any number of threads.
//!
//! # The rooms, from the bottom up
//!
//! * [`model`]: the plain data that all rooms share. No behaviour, no imports.
//! * [`catalog`]: what failmap knows of libraries and rules, as TOML files; user files load by the same path.
//! * [`terms`]: the one evaluator of endpoints and guards over configuration.
//! * [`graph`]: reach, cycles, dominators, paths and coverage on graphs of a million nodes.
//! * [`config`]: `failmap.toml`, from written keys to settings.
//! * [`discover`]: finds repos and files; the only reader of the scanned tree.
//! * [`extract`]: what one file says, as facts; one lowering for each language.
//! * [`resolve`]: names, types, values, guards and paths, inside packages and across them.
//! * [`link`]: services, targets, calls and edges of one system, with their evidence.
//! * [`analyze`]: failure propagation, single points of failure, retries, budgets, the detectors of the rules.
//! * [`pipeline`]: the only place where stages meet.
//! * [`gate`]: from an outcome to a verdict.
//! * [`report`]: the formats, each a pure function of the public JSON contract.
//! * [`cli`]: arguments, exit codes, everything that is printed or written.
//!
//! Which room may import which is a table in `tests/suite/layers.rs`; `ARCHITECTURE.md` explains it.

pub mod analyze;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod discover;
pub mod extract;
pub mod gate;
pub mod graph;
pub mod link;
pub mod model;
pub mod pipeline;
pub mod report;
pub mod resolve;
pub mod terms;
