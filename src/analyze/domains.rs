//! Failure domains: the services that one shared thing takes down together.

use std::{cmp::Reverse, collections::BTreeMap};

use super::network::Network;
use crate::model::{
    analysis::{BlastRadius, FailureDomain, Mode, State},
    system::ComponentIdx,
};

/// A domain needs so many services: one that only takes down a single one is its single point of failure.
const MIN_MEMBERS: usize = 2;

/// From the radii of all components; things that take down the same services are one domain. The largest first.
pub(crate) fn failure_domains(network: &Network<'_>, radii: &[BlastRadius]) -> Vec<FailureDomain> {
    let mut by_members: BTreeMap<Vec<ComponentIdx>, Vec<ComponentIdx>> = BTreeMap::new();
    for radii in radii.chunk_by(|one, other| one.component == other.component) {
        let fatal = radii
            .iter()
            .filter(|radius| matches!(radius.mode, Mode::Error | Mode::Hang));
        let down = fatal
            .flat_map(|radius| &radius.affected)
            .filter(|affected| State::Failing <= affected.worst);
        let mut members: Vec<ComponentIdx> = down.map(|affected| affected.component).collect();
        members.sort_unstable();
        members.dedup();
        if MIN_MEMBERS <= members.len() {
            by_members.entry(members).or_default().push(radii[0].component);
        }
    }
    let mut domains: Vec<FailureDomain> = by_members
        .into_iter()
        .map(|(members, shared)| domain(network, shared, members))
        .collect();
    domains.sort_by(|one, other| {
        (Reverse(one.members.len()), &one.shared).cmp(&(Reverse(other.members.len()), &other.shared))
    });
    domains
}

fn domain(network: &Network<'_>, shared: Vec<ComponentIdx>, members: Vec<ComponentIdx>) -> FailureDomain {
    let system = network.system;
    let mut cut: Vec<u32> = shared.iter().flat_map(|target| network.calls_to(*target)).collect();
    let is_of_member = |service: &ComponentIdx| members.binary_search(service).is_ok();
    cut.retain(|call| system.calls[*call as usize].services.iter().any(is_of_member));
    cut.sort_unstable();
    cut.dedup();
    let names: Vec<String> = shared
        .iter()
        .map(|idx| system.components[*idx as usize].id().to_string())
        .collect();
    let why = match names.as_slice() {
        [one] => format!("{} services fail or hang when {one} does", members.len()),
        _ => format!(
            "{} services fail or hang when any one of {} does",
            members.len(),
            names.join(", ")
        ),
    };
    FailureDomain {
        shared,
        members,
        why,
        cut,
    }
}

#[cfg(test)]
mod tests {
    use super::failure_domains;
    use crate::analyze::{network::Network, notation, radius, routes::Routes};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let system = notation::read(text);
        let network = Network::of(&system, &Routes::of(&system));
        let domains = failure_domains(&network, &radius::blast_radii(&network));
        let ids = |list: &[u32]| {
            list.iter()
                .map(|idx| system.components[*idx as usize].id().to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let lines: Vec<String> = domains
            .iter()
            .map(|domain| {
                format!(
                    "{} -> {} by {:?}",
                    ids(&domain.shared),
                    ids(&domain.members),
                    domain.cut
                )
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn equal_sets_merge_and_single_ones_are_left_out() {
        check(
            "service a main -> datastore d\nservice b main -> datastore d\nservice a main -> cache c\n\
             service b main -> cache c timeout=10\nservice a main -> external x",
            &["cache:c datastore:d -> service:a service:b by [0, 1, 2, 3]"],
        );
    }

    #[test]
    fn who_only_loses_content_is_no_member() {
        check(
            "service a main -> datastore d\nservice b main -> datastore d timeout=10 fallback=yes",
            &[],
        );
    }

    #[test]
    fn what_depends_indirectly_belongs_to_it() {
        check(
            "service a GET /a -> service b/b\nservice b GET /b -> datastore d",
            &["datastore:d -> service:a service:b by [1]"],
        );
    }
}
