//! From the linked system to results: who fails with whom, single points of failure, findings.
//!
//! A pure function of [`System`] and settings. Knows nothing of languages, files or output formats.
//! [`network`] and [`outcome`] hold the failure semantics, `propagate` the fixpoint; everything else reads them.

mod domains;
mod network;
#[cfg(test)]
mod notation;
#[cfg(test)]
mod oracle;
mod outcome;
mod propagate;
mod radius;
mod routes;
mod spof;
mod timing;
mod weight;

use self::{network::Network, routes::Routes};
use crate::model::{analysis::Analysis, system::System};

/// Everything that follows from the system.
#[must_use]
pub fn analyze(system: &System) -> Analysis {
    let routes = Routes::of(system);
    let network = Network::of(system, &routes);
    let blast_radius = radius::blast_radii(&network);
    Analysis {
        findings: Vec::new(),
        failure_domains: domains::failure_domains(system, &blast_radius),
        single_points_of_failure: spof::single_points(system, &blast_radius),
        blast_radius,
        retry_products: Vec::new(),
        timeout_budgets: Vec::new(),
    }
}
