//! From the linked system to results: who fails with whom, single points of failure, findings.
//!
//! A pure function of [`System`], rules and settings. Knows nothing of languages, files or output formats.
//! `network` and `outcome` hold the failure semantics, `propagate` the fixpoint; everything else reads them.

mod budget;
mod callees;
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
    /// Numbers that differ from the rules' own, by rule id and parameter.
    pub parameters: BTreeMap<Name, BTreeMap<Name, u64>>,
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
    let none = BTreeMap::new();
    let context = Context {
        system,
        routes: &routes,
        network: &network,
        radii: &radii,
        single_points: &single_points,
        parameters: &none,
    };
    Analysis {
        findings: detectors::findings(&context, rules, settings),
        failure_domains: domains::failure_domains(&network, &radii),
        retry_products: retries::retry_products(&network),
        timeout_budgets: budget::timeout_budgets(&network),
        blast_radius: radii,
        single_points_of_failure: single_points,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{AnalyzeSettings, analyze, notation};
    use crate::catalog::compile::Catalog;

    /// 400 services of 5 entries in layers, 1,600 things outside, 10,000 calls.
    fn large() -> String {
        let mut text = String::new();
        for idx in 0..10_000_u32 {
            let (service, entry) = (idx % 400, idx / 400 % 5);
            let from = format!("service s{service} GET /e{entry}");
            let guards = ["timeout=500 retry=3", "timeout=?", "", "timeout=900 handling=swallowed"][idx as usize % 4];
            // Every third call goes to a service of a lower layer.
            let to = if idx % 3 == 0 && service < 360 {
                format!("service s{}/e{}", service + 1 + idx % 40, idx % 5)
            } else {
                format!("external x{}", idx.wrapping_mul(2_654_435_761) % 1_600)
            };
            writeln!(text, "{from} -> {to} {guards}").expect("writing to a string");
        }
        text
    }

    #[test]
    #[ignore = "takes a minute to build its input; run with --ignored --nocapture"]
    fn large_systems_take_seconds() {
        let system = notation::read(&large());
        let start = std::time::Instant::now();
        let analysis = analyze(&system, &AnalyzeSettings::default(), Catalog::builtin().rules());
        let n_affected: usize = analysis.blast_radius.iter().map(|radius| radius.affected.len()).sum();
        println!(
            "{} components, {n_affected} affected, {:?}",
            system.components.len(),
            start.elapsed()
        );
    }
}
