//! The system as the propagation sees it: nodes that have a state, and the uses that pass it on.
//!
//! A *node* is an entry, or a service's work that no known entry reaches. A *use* is one call at one node, with
//! its outcomes worked out once for everything that can be seen of the target. Built once, shared by all scenarios.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{
    outcome::{Outcomes, Passage, Truth},
    routes::{Routes, Way, ways},
    timing,
};
use crate::model::{
    call::{ComponentKind, EntryKind, FailureShowsAs, Phase, Transport},
    guard::Guards,
    location::Location,
    system::{Call, ComponentIdx, EdgeKind, Entry, System},
};

/// Something that has a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) service: ComponentIdx,
    /// Position in [`System::entries`]; `None` for work that no known entry reaches.
    pub(crate) entry: Option<u32>,
    pub(crate) shows_as: FailureShowsAs,
}

/// One call at one node.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) call: u32,
    pub(crate) node: u32,
    pub(crate) outcomes: Outcomes,
    /// The outcomes while the fallback's component is not well, and that component.
    pub(crate) without_fallback: Option<(ComponentIdx, Outcomes)>,
    /// The bounded thing that the call holds while it waits, shared with other uses.
    pub(crate) pool: Option<u32>,
    /// How long it waits at most, where that is bounded and known.
    pub(crate) wait_ms: Option<u64>,
}

/// See the module.
pub(crate) struct Network<'s> {
    pub(crate) system: &'s System,
    pub(crate) nodes: Vec<Node>,
    pub(crate) nodes_of: Vec<Vec<u32>>,
    /// Sorted by call.
    pub(crate) uses: Vec<Use>,
    uses_of: Vec<Range<usize>>,
    /// Calls by their target.
    pub(crate) calls_to: Vec<Vec<u32>>,
    /// Which nodes may answer a call: different calls share a set.
    pub(crate) callee_sets: Vec<Vec<u32>>,
    pub(crate) callees_of: Vec<Option<u32>>,
    pub(crate) sets_with: Vec<Vec<u32>>,
    pub(crate) calls_of_set: Vec<Vec<u32>>,
    /// For each call the component that its fallback asks instead, where that is known.
    pub(crate) fallback_of: Vec<Option<ComponentIdx>>,
    /// Uses whose fallback is that component.
    pub(crate) fallbacks_to: Vec<Vec<u32>>,
    /// Uses by the pool that they share.
    pub(crate) pools: Vec<Vec<u32>>,
    /// Components that run on that one.
    pub(crate) tenants: Vec<Vec<ComponentIdx>>,
}

impl<'s> Network<'s> {
    pub(crate) fn of(system: &'s System, routes: &Routes<'_>) -> Self {
        let n_components = system.components.len();
        let mut network = Self {
            system,
            nodes: Vec::new(),
            nodes_of: vec![Vec::new(); n_components],
            uses: Vec::new(),
            uses_of: Vec::with_capacity(system.calls.len()),
            calls_to: vec![Vec::new(); n_components],
            callee_sets: Vec::new(),
            callees_of: Vec::new(),
            sets_with: Vec::new(),
            calls_of_set: Vec::new(),
            fallback_of: fallback_targets(system),
            fallbacks_to: vec![Vec::new(); n_components],
            pools: Vec::new(),
            tenants: vec![Vec::new(); n_components],
        };
        network.add_nodes();
        network.add_uses(routes);
        network.add_callees();
        for edge in system.edges.iter().filter(|edge| edge.kind == EdgeKind::RunsOn) {
            network.tenants[edge.to as usize].push(edge.from);
        }
        network
    }

    /// The uses of a call.
    pub(crate) fn uses_of(&self, call: u32) -> Range<usize> {
        self.uses_of[call as usize].clone()
    }

    fn add_nodes(&mut self) {
        for (idx, entry) in (0..).zip(&self.system.entries) {
            self.push_node(Node {
                service: entry.service,
                entry: Some(idx),
                shows_as: entry.failure_shows_as,
            });
        }
        let mut has_own_node = vec![false; self.system.components.len()];
        for call in &self.system.calls {
            for &service in &call.services {
                if !call
                    .entries
                    .iter()
                    .any(|entry| self.system.entries[*entry as usize].service == service)
                    && !std::mem::replace(&mut has_own_node[service as usize], true)
                {
                    self.push_node(Node {
                        service,
                        entry: None,
                        shows_as: FailureShowsAs::Unknown,
                    });
                }
            }
        }
    }

    fn push_node(&mut self, node: Node) -> u32 {
        let idx = u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes");
        self.nodes_of[node.service as usize].push(idx);
        self.nodes.push(node);
        self.sets_with.push(Vec::new());
        idx
    }

    /// The node of a service's work that no entry reaches comes last among its nodes.
    fn own_node(&self, service: ComponentIdx) -> Option<u32> {
        let last = *self.nodes_of[service as usize].last()?;
        self.nodes[last as usize].entry.is_none().then_some(last)
    }

    fn add_uses(&mut self, routes: &Routes<'_>) {
        let system = self.system;
        let known_ways = ways_of_calls(system, routes);
        let mut pools: FxHashMap<(ComponentIdx, &Location), u32> = FxHashMap::default();
        for (call_idx, call) in (0..).zip(&system.calls) {
            let start = self.uses.len();
            if let Some(target) = call.target {
                self.calls_to[target as usize].push(call_idx);
            }
            // What runs at boot does nothing to the requests of now.
            if call.phase != Phase::Boot {
                let entries = call.entries.iter().copied().zip(&known_ways[call_idx as usize]);
                let mut nodes: Vec<(u32, Way)> = entries.map(|(entry, way)| (entry, *way)).collect();
                for &service in &call.services {
                    if !call
                        .entries
                        .iter()
                        .any(|entry| system.entries[*entry as usize].service == service)
                        && let Some(own) = self.own_node(service)
                    {
                        nodes.push((own, Way::UNKNOWN));
                    }
                }
                for (node, way) in nodes {
                    let fallback = self.fallback_of[call_idx as usize];
                    let mut used = use_of(call, call_idx, node, self.nodes[node as usize].entry, way, fallback);
                    if let Some(at) = call.guards.bulkhead.at.as_ref() {
                        let key = (self.nodes[node as usize].service, at);
                        let next = u32::try_from(pools.len()).expect("fewer than 2^32 pools");
                        used.pool = Some(*pools.entry(key).or_insert(next));
                    }
                    self.uses.push(used);
                }
            }
            self.uses_of.push(start..self.uses.len());
        }
        self.pools = vec![Vec::new(); pools.len()];
        for (idx, used) in (0..).zip(&self.uses) {
            if let Some(pool) = used.pool {
                self.pools[pool as usize].push(idx);
            }
            if let Some((component, _)) = used.without_fallback {
                self.fallbacks_to[component as usize].push(idx);
            }
        }
    }

    fn add_callees(&mut self) {
        let mut known: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        for (call_idx, call) in (0..).zip(&self.system.calls) {
            let callees = call.target.map(|target| self.callees(call, target)).unwrap_or_default();
            if callees.is_empty() {
                self.callees_of.push(None);
                continue;
            }
            let next = u32::try_from(known.len()).expect("fewer than 2^32 sets");
            let set = *known.entry(callees).or_insert_with_key(|callees| {
                for &node in callees {
                    self.sets_with[node as usize].push(next);
                }
                self.callee_sets.push(callees.clone());
                self.calls_of_set.push(Vec::new());
                next
            });
            self.calls_of_set[set as usize].push(call_idx);
            self.callees_of.push(Some(set));
        }
    }

    /// The nodes of `target` that may answer: the entry that the call names, or else all that it could mean.
    fn callees(&self, call: &Call, target: ComponentIdx) -> Vec<u32> {
        let is_service = matches!(
            self.system.components[target as usize].kind,
            ComponentKind::Service | ComponentKind::Job
        );
        // Whoever reads from a queue answers nobody.
        if !is_service || call.transport == Transport::Queue {
            return Vec::new();
        }
        let nodes = &self.nodes_of[target as usize];
        let entry_of = |node: &u32| {
            self.nodes[*node as usize]
                .entry
                .map(|idx| &self.system.entries[idx as usize])
        };
        let answering: Vec<u32> = nodes
            .iter()
            .copied()
            .filter(|node| match entry_of(node) {
                Some(entry) => matches!(entry.kind, EntryKind::Http | EntryKind::Grpc),
                None => false,
            })
            .collect();
        let named: Vec<u32> = answering
            .iter()
            .copied()
            .filter(|node| entry_of(node).is_some_and(|entry| names(call, entry)))
            .collect();
        match (named.is_empty(), answering.is_empty()) {
            (false, _) => named,
            (true, false) => answering,
            (true, true) => nodes.clone(),
        }
    }
}

/// For each call, the ways to its entries, in their order.
fn ways_of_calls(system: &System, routes: &Routes<'_>) -> Vec<Vec<Way>> {
    let mut by_function: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
    for (idx, call) in system.calls.iter().enumerate() {
        if let Some(function) = routes.function(&call.function) {
            by_function.entry(function).or_default().push(idx);
        }
    }
    let mut groups: Vec<(u32, Vec<usize>)> = by_function.into_iter().collect();
    groups.sort_unstable();
    let handler = |entry: &u32| {
        routes
            .function(&system.entries[*entry as usize].handler)
            .unwrap_or(u32::MAX)
    };
    let ends_of = |calls: &Vec<usize>| {
        let mut ends: Vec<u32> = calls
            .iter()
            .flat_map(|idx| system.calls[*idx].entries.iter().map(handler))
            .collect();
        ends.sort_unstable();
        ends.dedup();
        ends.retain(|end| *end != u32::MAX);
        ends
    };
    let starts: Vec<u32> = groups.iter().map(|(function, _)| *function).collect();
    let ends: Vec<Vec<u32>> = groups.iter().map(|(_, calls)| ends_of(calls)).collect();
    let found = ways(routes, &starts, &ends);
    let mut result = vec![Vec::new(); system.calls.len()];
    for (((_, calls), ends), found) in groups.iter().zip(&ends).zip(&found) {
        for &idx in calls {
            let call = &system.calls[idx];
            let way_to = |entry| {
                let above = ends
                    .binary_search(&handler(entry))
                    .ok()
                    .and_then(|at| found[at])
                    .unwrap_or(Way::UNKNOWN);
                let own = |best| Passage::of_step(call.condition, call.delivery, call.handling, best);
                Way {
                    best: own(true).max(above.best),
                    worst: own(false).max(above.worst),
                }
            };
            result[idx] = call.entries.iter().map(way_to).collect();
        }
    }
    result
}

/// For each call the component that its fallback asks instead, where that is known.
fn fallback_targets(system: &System) -> Vec<Option<ComponentIdx>> {
    let mut by_name = FxHashMap::default();
    for (idx, component) in (0..).zip(&system.components) {
        by_name.insert(component.id(), idx);
        for name in component.aliases.iter().chain([&component.name]) {
            by_name.entry(name.clone()).or_insert(idx);
        }
    }
    let target = |call: &Call| by_name.get(call.guards.fallback_target.as_ref()?).copied();
    system.calls.iter().map(target).collect()
}

fn use_of(call: &Call, call_idx: u32, node: u32, entry: Option<u32>, way: Way, fallback: Option<ComponentIdx>) -> Use {
    let mine: Vec<&Guards> = call
        .alternatives
        .iter()
        .filter(|alternative| entry.is_some_and(|entry| alternative.entries.contains(&entry)))
        .map(|alternative| &alternative.guards)
        .collect();
    let mine = if mine.is_empty() { vec![&call.guards] } else { mine };
    let outcomes = |is_well: bool| {
        let one = |guards: &&Guards| {
            let has_fallback = if is_well {
                Truth::of_presence(guards.fallback.state)
            } else {
                Truth::No
            };
            Outcomes::of(call, guards, way.best, way.worst, has_fallback)
        };
        mine.iter()
            .map(one)
            .reduce(Outcomes::or)
            .expect("at least one stack of guards")
    };
    let waits: Option<Vec<u64>> = mine.iter().map(|guards| timing::wait_ms(guards)).collect();
    Use {
        call: call_idx,
        node,
        outcomes: outcomes(true),
        without_fallback: fallback.map(|component| (component, outcomes(false))),
        pool: None,
        wait_ms: waits.and_then(|waits| waits.into_iter().max()),
    }
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Does the call, by what its code says, ask exactly for this entry?
fn names(call: &Call, entry: &Entry) -> bool {
    match entry.kind {
        EntryKind::Grpc => {
            let bare = |name: &str| {
                name.rsplit(['/', '.', ' '])
                    .next()
                    .unwrap_or(name)
                    .replace('_', "")
                    .to_lowercase()
            };
            call.transport == Transport::Grpc && bare(&call.operation) == bare(&entry.name)
        }
        EntryKind::Http => {
            let (method, route) = entry.name.split_once(' ').unwrap_or(("", &entry.name));
            let operation = call.operation.to_uppercase();
            let same_method =
                !METHODS.contains(&operation.as_str()) || !METHODS.contains(&method) || operation == method;
            same_method && path_of(&call.endpoint).is_some_and(|path| is_route(route, path))
        }
        EntryKind::Consumer | EntryKind::Schedule | EntryKind::Main => false,
    }
}

/// The path of an address; `None` where it has none that says anything.
fn path_of(endpoint: &str) -> Option<&str> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let path = rest.find('/').map(|at| &rest[at..])?;
    let path = path.split(['?', '#']).next().unwrap_or(path);
    (path.len() > 1).then_some(path)
}

fn is_route(route: &str, path: &str) -> bool {
    let segments = |text: &'_ str| text.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let is_open = |segment: &str| segment.starts_with([':', '<', '*']) || segment.contains('{');
    let (route, path) = (segments(route), segments(path));
    route.len() == path.len()
        && route
            .iter()
            .zip(&path)
            .all(|(route, path)| route == path || is_open(route) || is_open(path))
}

#[cfg(test)]
mod tests {
    use super::{Network, Routes};
    use crate::analyze::notation;

    #[track_caller]
    fn check(call: &str, expected: &[&str]) {
        let text = format!(
            "{call}\nentry service b GET /items\nentry service b GET /items/{{id}}\nentry service b POST /items\n\
             entry service b rpc shop.Items/ListAll\nentry service b consume orders"
        );
        let system = notation::read(&text);
        let network = Network::of(&system, &Routes::of(&system));
        let set = network.callees_of[0].map_or(&[][..], |set| &network.callee_sets[set as usize]);
        let names: Vec<&str> = set
            .iter()
            .map(|node| network.nodes[*node as usize].entry.expect("an entry"))
            .map(|entry| system.entries[entry as usize].name.as_str())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_call_asks_for_the_entry_that_it_names() {
        check("service a main -> service b/items", &["GET /items"]);
        check("service a main -> service b/items/17?x=1", &["GET /items/{id}"]);
        check("service a main -> service b/items op=POST", &["POST /items"]);
        check(
            "service a main -> service b transport=grpc op=list_all",
            &["rpc shop.Items/ListAll"],
        );
    }

    #[test]
    fn a_call_that_names_none_may_mean_every_answering_entry() {
        let all = ["GET /items", "GET /items/{id}", "POST /items", "rpc shop.Items/ListAll"];
        check("service a main -> service b", &all);
        check("service a main -> service b/other", &all);
        check("service a main -> service b transport=queue", &[]);
    }
}
