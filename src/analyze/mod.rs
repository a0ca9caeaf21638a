//! From the linked system to results: who fails with whom, single points of failure, findings.
//!
//! A pure function of [`System`], rules and settings. Knows nothing of languages, files or output formats.
//! `network` and `outcome` hold the failure semantics, `propagate` the fixpoint; everything else reads them.

mod budget;
mod detectors;
mod domains;
mod network;
#[cfg(test)]
mod notation;
#[cfg(test)]
mod oracle;
mod outcome;
mod propagate;
mod radius;
mod retries;
mod routes;
mod spof;
mod timing;
mod weight;

use std::collections::BTreeMap;

use self::{detectors::Context, network::Network, routes::Routes};
use crate::{
    catalog::rules::Rule,
    model::{Name, analysis::Analysis, finding::Level, system::System},
};

/// What the user wants of the analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnalyzeSettings {
    /// Levels that differ from the rules' own, by rule id.
    pub levels: BTreeMap<Name, Level>,
    /// Whether external targets are declared at all; until then none is called undeclared.
    pub has_declared_targets: bool,
}

/// Everything that follows from the system. Rules whose detector is not known here find nothing.
#[must_use]
pub fn analyze(system: &System, settings: &AnalyzeSettings, rules: &[Rule]) -> Analysis {
    let routes = Routes::of(system);
    let network = Network::of(system, &routes);
    let radii = radius::blast_radii(&network);
    let single_points = spof::single_points(system, &radii);
    let context = Context {
        system,
        routes: &routes,
        network: &network,
        radii: &radii,
        single_points: &single_points,
    };
    Analysis {
        findings: detectors::findings(&context, rules, settings),
        failure_domains: domains::failure_domains(system, &radii),
        retry_products: retries::retry_products(&network),
        timeout_budgets: budget::timeout_budgets(&network),
        blast_radius: radii,
        single_points_of_failure: single_points,
    }
}
