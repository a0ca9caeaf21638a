//! Deployment files: which services run, from which image or build, under which names and with which environment.
//!
//! Secrets are data here like any other value; they are redacted where values leave failmap.

pub mod compose;
pub mod dockerfile;
pub mod env;
mod interpolate;
mod service;
pub mod yaml;
