//! Blast radius: for each component and mode, who is affected and by which path.

use std::collections::BTreeMap;

use super::{
    network::Network,
    outcome::Interval,
    propagate::{Cause, Scenario},
};
use crate::{
    graph::{
        search::Search,
        storage::{Direction, Graph, NodeIdx},
    },
    model::{
        analysis::{Affected, AffectedEntry, BlastRadius, Mode, State, StateCounts},
        call::ComponentKind,
        location::Evidence,
        system::{Call, ComponentIdx, System},
    },
};

/// A path shows so many hops. It explains a result and never decides one, and long chains would make the
/// output quadratic.
const MAX_HOPS: usize = 8;

/// All radii, sorted by component and mode. Components that nobody depends on have none.
pub(crate) fn blast_radii(network: &Network<'_>) -> Vec<BlastRadius> {
    let mut scenario = Scenario::new(network);
    let mut change = ChangeSearch::of(network.system);
    let mut radii = Vec::new();
    for (component, kind) in (0..).zip(network.system.components.iter().map(|component| component.kind)) {
        radii.extend(change.radius(component));
        // A library is part of whoever uses it: it does not fail by itself.
        if kind == ComponentKind::Library {
            continue;
        }
        let is_used = !network.links_to[component as usize].is_empty();
        for mode in [Mode::Error, Mode::Hang, Mode::Overload] {
            scenario.run(component, mode);
            let radius = failure_radius(network, &scenario, component, mode);
            if is_used || !radius.affected.is_empty() {
                radii.push(radius);
            }
        }
    }
    radii
}

fn failure_radius(
    network: &Network<'_>,
    scenario: &Scenario<'_, '_>,
    component: ComponentIdx,
    mode: Mode,
) -> BlastRadius {
    let mut by_service: BTreeMap<ComponentIdx, Vec<u32>> = BTreeMap::new();
    for node in scenario.affected() {
        by_service
            .entry(network.nodes[node as usize].service)
            .or_default()
            .push(node);
    }
    let (mut best, mut worst) = (StateCounts::default(), StateCounts::default());
    let mut affected = Vec::with_capacity(by_service.len());
    for (service, nodes) in by_service {
        let one = affected_service(network, scenario, service, &nodes, mode);
        count(&mut best, one.best);
        count(&mut worst, one.worst);
        affected.push(one);
    }
    BlastRadius {
        component,
        mode,
        best,
        worst,
        affected,
        depends_on_unknown: scenario.undecided(),
    }
}

fn count(counts: &mut StateCounts, state: State) {
    match state {
        State::Ok => {}
        State::Degraded => counts.degraded += 1,
        State::Failing => counts.failing += 1,
        State::Hanging => counts.hanging += 1,
    }
}

fn affected_service(
    network: &Network<'_>,
    scenario: &Scenario<'_, '_>,
    service: ComponentIdx,
    nodes: &[u32],
    mode: Mode,
) -> Affected {
    let state = |node: &u32| scenario.condition(*node).state;
    let worst = nodes.iter().map(|node| state(node).worst).max().unwrap_or(State::Ok);
    let witness = nodes
        .iter()
        .find(|node| state(node).worst == worst)
        .expect("an affected service has a node");
    let entry = |node: &u32| {
        let condition = scenario.condition(*node);
        let Interval { best, worst } = condition.state;
        let is_silence = mode == Mode::Hang && worst < State::Hanging;
        Some(AffectedEntry {
            entry: network.nodes[*node as usize].entry?,
            best,
            worst,
            latency_ms: condition.latency_ms.filter(|_| is_silence),
            slots: None,
        })
    };
    Affected {
        component: service,
        best: nodes.iter().map(|node| state(node).best).max().unwrap_or(State::Ok),
        worst,
        entries: nodes.iter().filter_map(entry).collect(),
        path: path(network, scenario, *witness),
    }
}

/// Hop by hop from the node to what fails.
fn path(network: &Network<'_>, scenario: &Scenario<'_, '_>, start: u32) -> Vec<Evidence> {
    let mut path = Vec::new();
    let mut node = start;
    while path.len() < MAX_HOPS {
        let condition = scenario.condition(node);
        let used = match condition.cause {
            None | Some(Cause::Fails) => break,
            Some(Cause::Use(used)) => used,
            Some(Cause::Sibling(holder)) => {
                let call = &network.system.calls[network.uses[holder as usize].call as usize];
                let reason = format!(
                    "may wait for what the call to {} holds",
                    target_name(network.system, call)
                );
                path.push(Evidence {
                    at: call.at.clone(),
                    reason,
                    function: Some(call.function.clone()),
                });
                break;
            }
        };
        let used = &network.uses[used as usize];
        let Some(link) = used.link.map(|link| &network.links[link as usize]) else {
            break;
        };
        let call = &network.system.calls[used.call as usize];
        path.push(hop(network.system, call, link.target, condition.state.worst));
        let Some(set) = link.callees.filter(|_| !scenario.has_failed(link.target)) else {
            break;
        };
        let callees = network.callee_sets[set as usize].iter().copied();
        let Some(next) = callees.max_by_key(|callee| scenario.condition(*callee).state.worst) else {
            break;
        };
        node = next;
    }
    path
}

fn hop(system: &System, call: &Call, target: ComponentIdx, state: State) -> Evidence {
    let consequence = match state {
        State::Ok => "is not harmed",
        State::Degraded => "goes on without it",
        State::Failing => "fails with it",
        State::Hanging => "waits without limit",
    };
    Evidence {
        at: call.at.clone(),
        reason: format!("calls {} and {consequence}", system.components[target as usize].id()),
        function: Some(call.function.clone()),
    }
}

/// What the call's target is called in a sentence.
pub(crate) fn target_name(system: &System, call: &Call) -> String {
    match call.target {
        Some(target) => system.components[target as usize].id().to_string(),
        None => format!("an unresolved {} target ({})", call.transport.as_str(), call.endpoint),
    }
}

/// Who depends on a component, in whatever way: the libraries on the way of an edge know its target, too.
struct ChangeSearch<'s> {
    system: &'s System,
    graph: Graph,
    /// For each edge of the graph the edge of the system that it stands for.
    stands_for: Vec<usize>,
    search: Search,
}

impl<'s> ChangeSearch<'s> {
    fn of(system: &'s System) -> Self {
        let (mut ends, mut stands_for) = (Vec::new(), Vec::new());
        for (idx, edge) in system.edges.iter().enumerate() {
            for from in edge.via.iter().chain([&edge.from]) {
                if *from != edge.to {
                    ends.push((NodeIdx(*from), NodeIdx(edge.to)));
                    stands_for.push(idx);
                }
            }
        }
        let n_nodes = u32::try_from(system.components.len()).expect("fewer than 2^32 components");
        let graph = Graph::new(n_nodes, ends);
        Self {
            system,
            search: Search::of(&graph),
            graph,
            stands_for,
        }
    }

    fn radius(&mut self, component: ComponentIdx) -> Option<BlastRadius> {
        self.search.run(&self.graph, NodeIdx(component), Direction::Backward);
        let mut reached: Vec<ComponentIdx> = self.search.reached().iter().map(|node| node.0).collect();
        reached.sort_unstable();
        let affected = |from: ComponentIdx| Affected {
            component: from,
            best: State::Ok,
            worst: State::Ok,
            entries: Vec::new(),
            path: self.path(from),
        };
        let affected: Vec<Affected> = reached.into_iter().map(affected).collect();
        (!affected.is_empty()).then(|| BlastRadius {
            component,
            mode: Mode::Change,
            best: StateCounts::default(),
            worst: StateCounts::default(),
            affected,
            depends_on_unknown: Vec::new(),
        })
    }

    /// One hop for a library, whose next hop stands with the next library; the whole way for what is deployed.
    fn path(&self, from: ComponentIdx) -> Vec<Evidence> {
        let is_library = self.system.components[from as usize].kind == ComponentKind::Library;
        let max_hops = if is_library { 1 } else { MAX_HOPS };
        let (mut path, mut at) = (Vec::new(), from);
        while path.len() < max_hops
            && let Some((edge, NodeIdx(to))) = self.search.step(NodeIdx(at))
        {
            let edge = &self.system.edges[self.stands_for[edge.idx()]];
            if let Some(evidence) = edge.evidence.first() {
                let reason = format!("{} {}", edge.kind.as_str(), self.system.components[to as usize].id());
                path.push(Evidence {
                    reason,
                    ..evidence.clone()
                });
            }
            at = to;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::blast_radii;
    use crate::{
        analyze::{network::Network, notation, routes::Routes},
        model::{
            analysis::{Mode, StateCounts},
            system::System,
        },
    };

    fn counts(counts: StateCounts) -> String {
        format!("{}/{}/{}", counts.degraded, counts.failing, counts.hanging)
    }

    /// Each line: mode, degraded/failing/hanging services at best and at worst, then who is affected and how.
    #[track_caller]
    fn check(text: &str, component: &str, expected: &[&str]) {
        check_system(&notation::read(text), component, expected);
    }

    #[track_caller]
    fn check_system(system: &System, component: &str, expected: &[&str]) {
        let network = Network::of(system, &Routes::of(system));
        let component = notation::component(system, component);
        let mut lines = Vec::new();
        for radius in blast_radii(&network)
            .iter()
            .filter(|radius| radius.component == component)
        {
            let mut line = radius.mode.as_str().to_owned();
            if radius.mode != Mode::Change {
                line += &format!(" {}..{}", counts(radius.best), counts(radius.worst));
            }
            for affected in &radius.affected {
                line += &format!(", {}", system.components[affected.component as usize].name);
                for entry in &affected.entries {
                    let name = &system.entries[entry.entry as usize].name;
                    line += &format!(" [{name} {}..{}", entry.best.as_str(), entry.worst.as_str());
                    line += &entry.latency_ms.map_or(String::from("]"), |ms| format!(" {ms} ms]"));
                }
            }
            lines.push(line);
        }
        assert_eq!(lines, expected, "\n{}", lines.join("\n"));
    }

    #[test]
    fn a_chain_without_timeouts_hangs_to_the_top() {
        check(
            "service a GET /a -> service b/b\nservice b GET /b -> external x",
            "external:x",
            &[
                "change, a, b",
                "error 0/2/0..0/2/0, a [GET /a failing..failing], b [GET /b failing..failing]",
                "hang 0/0/2..0/0/2, a [GET /a hanging..hanging], b [GET /b hanging..hanging]",
                "overload 0/2/0..0/2/0, a [GET /a failing..failing], b [GET /b failing..failing]",
            ],
        );
    }

    #[test]
    fn a_timeout_turns_hanging_into_failing_and_the_wait_travels_up() {
        check(
            "service a GET /a -> service b/b timeout=9000\nservice b GET /b -> external x timeout=500 retry=3",
            "external:x",
            &[
                "change, a, b",
                "error 0/2/0..0/2/0, a [GET /a failing..failing], b [GET /b failing..failing]",
                "hang 0/2/0..0/2/0, a [GET /a failing..failing 1500 ms], b [GET /b failing..failing 1500 ms]",
                "overload 0/2/0..0/2/0, a [GET /a failing..failing], b [GET /b failing..failing]",
            ],
        );
    }

    #[test]
    fn a_fallback_ends_the_chain_and_unknown_gives_an_interval() {
        check(
            "service a GET /a -> service b/b timeout=?\nservice b GET /b -> external x timeout=500 fallback=yes\n\
             service c GET /c -> external x timeout=? handling=unknown",
            "external:x",
            &[
                "change, a, b, c",
                "error 2/0/0..1/1/0, b [GET /b degraded..degraded], c [GET /c degraded..failing]",
                "hang 2/0/0..1/0/1, b [GET /b degraded..degraded 500 ms], c [GET /c degraded..hanging]",
                "overload 2/0/0..1/1/0, b [GET /b degraded..degraded], c [GET /c degraded..failing]",
            ],
        );
    }

    #[test]
    fn a_fallback_to_something_that_fails_too_is_none() {
        check(
            "service a GET /a -> cache c fallback=datastore:d timeout=10\nservice a GET /a -> datastore d condition=on-error timeout=10\n\
             cache c runs-on infrastructure node\ndatastore d runs-on infrastructure node",
            "infrastructure:node",
            &[
                "change, c, d, a",
                "error 0/1/0..0/1/0, a [GET /a failing..failing]",
                "hang 0/1/0..0/1/0, a [GET /a failing..failing 10 ms]",
                "overload 0/1/0..0/1/0, a [GET /a failing..failing]",
            ],
        );
    }

    #[test]
    fn siblings_hang_only_through_a_shared_bounded_thing() {
        let text = "service a GET /slow -> external x bulkhead=1\nservice a GET /fast -> external y";
        let line = "hang 0/0/1..0/0/1, a [GET /slow hanging..hanging]";
        check(
            text,
            "external:x",
            &[
                "change, a",
                "error 0/1/0..0/1/0, a [GET /slow failing..failing]",
                line,
                "overload 0/1/0..0/1/0, a [GET /slow failing..failing]",
            ],
        );
        let both = "hang 0/0/1..0/0/1, a [GET /fast ok..hanging] [GET /slow hanging..hanging]";
        check(
            &format!("{text} bulkhead=1"),
            "external:x",
            &[
                "change, a",
                "error 0/1/0..0/1/0, a [GET /slow failing..failing]",
                both,
                "overload 0/1/0..0/1/0, a [GET /slow failing..failing]",
            ],
        );
    }

    #[test]
    fn libraries_and_topics_change_but_consumers_do_not_fail() {
        check(
            "library geo depends-on library http\nservice a depends-on library geo\nservice a main -> external x",
            "library:http",
            &["change, geo, a"],
        );
        check(
            "service a POST /o -> topic orders effect=publish handling=swallowed timeout=10\n\
             service b consume orders -> datastore d\ntopic orders runs-on broker k",
            "broker:k",
            &[
                "change, a, orders",
                "error 1/0/0..1/0/0, a [POST /o degraded..degraded]",
                "hang 1/0/0..1/0/0, a [POST /o degraded..degraded 10 ms]",
                "overload 1/0/0..1/0/0, a [POST /o degraded..degraded]",
            ],
        );
    }

    #[test]
    fn a_shared_client_reaches_several_targets_but_a_request_only_one() {
        let mut system = notation::read("service a GET /a -> external x timeout=10\nservice b GET /b -> external y");
        let mut edge = system.edges[0].clone();
        edge.to = notation::component(&system, "external:y");
        system.edges.push(edge);
        let affected = |a: &str, b: &str| format!("a [GET /a {a}], b [GET /b {b}]");
        check_system(
            &system,
            "external:y",
            &[
                "change, a, b",
                &format!("error 0/1/0..0/2/0, {}", affected("ok..failing", "failing..failing")),
                "hang 0/0/1..0/1/1, a [GET /a ok..failing 10 ms], b [GET /b hanging..hanging]",
                &format!("overload 0/1/0..0/2/0, {}", affected("ok..failing", "failing..failing")),
            ],
        );
    }

    #[test]
    fn a_swallow_above_the_call_counts() {
        check(
            "service a GET /a -> external x fn=geo::look timeout=10\nsite a::GET_/a -> geo::look handling=swallowed",
            "external:x",
            &[
                "change, a",
                "error 1/0/0..1/0/0, a [GET /a degraded..degraded]",
                "hang 1/0/0..1/0/0, a [GET /a degraded..degraded 10 ms]",
                "overload 1/0/0..1/0/0, a [GET /a degraded..degraded]",
            ],
        );
    }
}
