//! What deployment files declare: services, their images, addresses, environment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Name,
    call::ComponentKind,
    location::{Location, RepoPath},
    term::Binding,
};

/// Everything that is declared about the system outside its code: input of `link`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredWorld {
    pub deployments: Vec<Deployment>,
    /// Values of `.env` and application configuration files; those of `Deployment::environment` need not be repeated here.
    pub bindings: Vec<Binding>,
    pub dockerfiles: Vec<Dockerfile>,
    /// Services that `failmap.toml` names.
    pub services: Vec<DeclaredService>,
    /// Targets that `failmap.toml` names.
    pub targets: Vec<DeclaredTarget>,
}

/// What a Dockerfile builds and starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dockerfile {
    /// The file; its `file` is what `Deployment::dockerfile` names.
    pub at: Location,
    /// Names of packages (`-p checkout`) and binaries (`--bin checkout`, `target/release/checkout`, entry point), sorted.
    pub builds: Vec<Name>,
}

/// A service as `failmap.toml` declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredService {
    pub name: Name,
    pub at: Location,
    /// Packages or binaries that it consists of; empty = those of its name.
    pub packages: Vec<Name>,
    pub aliases: Vec<Name>,
    pub tier: Option<u8>,
    pub owner: Option<Name>,
}

/// A target as `failmap.toml` declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredTarget {
    pub name: Name,
    pub at: Location,
    pub kind: ComponentKind,
    /// Hosts that lead to it, lower case; `*.example.com` = every host below.
    pub hosts: Vec<Name>,
    /// Environment variables or configuration keys that hold its address.
    pub keys: Vec<Name>,
    pub tier: Option<u8>,
    pub owner: Option<Name>,
}

/// One deployed thing: a compose service, a Kubernetes workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The service name: the DNS name that others reach it by.
    pub name: Name,
    pub at: Location,
    /// `compose service`, `Deployment`, ….
    pub format: Name,
    /// The overlay (`prod`) that alone deploys it; `None` = it also runs without one.
    pub overlay: Option<Name>,
    pub image: Option<Name>,
    /// Build context, relative to the root.
    pub build_context: Option<RepoPath>,
    pub dockerfile: Option<RepoPath>,
    pub command: Vec<Name>,
    /// Environment values with their place. A value may hold `${OTHER}`.
    pub environment: BTreeMap<Name, (Name, Location)>,
    /// Ports that it listens on (container side).
    pub ports: Vec<u16>,
    pub depends_on: Vec<Name>,
    pub aliases: Vec<Name>,
    pub replicas: Option<u32>,
}
