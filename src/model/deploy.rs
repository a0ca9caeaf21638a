//! What deployment files declare: services, their images, addresses, environment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Name, location::{Location, RepoPath}};

/// One deployed thing: a compose service, a Kubernetes workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// The service name: the DNS name that others reach it by.
    pub name: Name,
    pub at: Location,
    /// `compose service`, `Deployment`, ….
    pub format: Name,
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
