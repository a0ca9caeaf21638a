//! The system as the propagation sees it: nodes that have a state, and the uses that pass it on.
//!
//! A *node* is an entry, or a service's work that no known entry reaches. A *use* is one call at one node, with
//! its outcomes worked out once for everything that can be seen of the target. Built once, shared by all scenarios.

use rustc_hash::FxHashMap;

use super::{
    callees::names,
    outcome::{Outcomes, Passage, Truth},
    routes::{Routes, Way, ways},
    timing,
};
use crate::model::{
    call::{ComponentKind, EntryKind, FailureShowsAs, Phase, Transport},
    guard::Guards,
    location::Location,
    system::{Call, ComponentIdx, Edge, EdgeKind, System},
};

/// Something that has a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) service: ComponentIdx,
    /// Position in [`System::entries`]; `None` for work that no known entry reaches.
    pub(crate) entry: Option<u32>,
    pub(crate) shows_as: FailureShowsAs,
}

/// One call with one of its targets: a client that several callers share may reach several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) call: u32,
    pub(crate) target: ComponentIdx,
    /// The set of nodes that may answer.
    pub(crate) callees: Option<u32>,
}

/// One call at one node.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) call: u32,
    /// `None` where the target is not known.
    pub(crate) link: Option<u32>,
    /// The call has no other target in this service.
    pub(crate) is_only_target: bool,
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
    /// Sorted by call and target.
    pub(crate) links: Vec<Link>,
    pub(crate) uses_of_link: Vec<Vec<u32>>,
    /// Links by their target.
    pub(crate) links_to: Vec<Vec<u32>>,
    /// Which nodes may answer a call: different calls share a set.
    pub(crate) callee_sets: Vec<Vec<u32>>,
    pub(crate) sets_with: Vec<Vec<u32>>,
    pub(crate) links_of_set: Vec<Vec<u32>>,
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
            links: Vec::new(),
            uses_of_link: Vec::new(),
            links_to: vec![Vec::new(); n_components],
            callee_sets: Vec::new(),
            sets_with: Vec::new(),
            links_of_set: Vec::new(),
            fallback_of: fallback_targets(system),
            fallbacks_to: vec![Vec::new(); n_components],
            pools: Vec::new(),
            tenants: vec![Vec::new(); n_components],
        };
        network.add_nodes();
        let targets = targets(system);
        network.add_links(&targets);
        network.add_uses(routes, &targets);
        for edge in system.edges.iter().filter(|edge| edge.kind == EdgeKind::RunsOn) {
            network.tenants[edge.to as usize].push(edge.from);
        }
        network
    }

    /// The calls to a component, sorted.
    pub(crate) fn calls_to(&self, component: ComponentIdx) -> Vec<u32> {
        self.links_to[component as usize]
            .iter()
            .map(|link| self.links[*link as usize].call)
            .collect()
    }

    /// All nodes that may answer a call, whichever of its targets is meant.
    pub(crate) fn callees_of(&self, call: u32) -> impl Iterator<Item = u32> {
        let start = self.links.partition_point(|link| link.call < call);
        let mine = self.links[start..].iter().take_while(move |link| link.call == call);
        mine.filter_map(|link| link.callees)
            .flat_map(|set| self.callee_sets[set as usize].iter().copied())
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

    fn add_links(&mut self, targets: &[CallTarget]) {
        let mut sets: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let mut pairs: Vec<(u32, ComponentIdx)> = targets.iter().map(|target| (target.call, target.to)).collect();
        pairs.dedup();
        for (call, target) in pairs {
            let link = u32::try_from(self.links.len()).expect("fewer than 2^32 links");
            let nodes = self.callees(&self.system.calls[call as usize], target);
            let callees = (!nodes.is_empty()).then(|| {
                let next = u32::try_from(sets.len()).expect("fewer than 2^32 sets");
                *sets.entry(nodes).or_insert_with_key(|nodes| {
                    for &node in nodes {
                        self.sets_with[node as usize].push(next);
                    }
                    self.callee_sets.push(nodes.clone());
                    self.links_of_set.push(Vec::new());
                    next
                })
            });
            if let Some(set) = callees {
                self.links_of_set[set as usize].push(link);
            }
            self.links_to[target as usize].push(link);
            self.links.push(Link { call, target, callees });
            self.uses_of_link.push(Vec::new());
        }
    }

    fn add_uses(&mut self, routes: &Routes<'_>, targets: &[CallTarget]) {
        let system = self.system;
        let known_ways = ways_of_calls(system, routes);
        let mut pools: FxHashMap<(ComponentIdx, &Location), u32> = FxHashMap::default();
        // What runs at boot does nothing to the requests of now.
        for (call_idx, call) in (0..).zip(&system.calls).filter(|(_, call)| call.phase != Phase::Boot) {
            let entries = call.entries.iter().copied().zip(&known_ways[call_idx as usize]);
            let mut nodes: Vec<(u32, Way)> = entries.map(|(entry, way)| (entry, *way)).collect();
            let has_entry = |service| {
                call.entries
                    .iter()
                    .any(|entry| system.entries[*entry as usize].service == service)
            };
            let alone = call.services.iter().filter(|service| !has_entry(**service));
            nodes.extend(
                alone
                    .filter_map(|service| self.own_node(*service))
                    .map(|own| (own, Way::UNKNOWN)),
            );
            for (node, way) in nodes {
                let service = self.nodes[node as usize].service;
                let pool = call.guards.bulkhead.at.as_ref().map(|at| {
                    let next = u32::try_from(pools.len()).expect("fewer than 2^32 pools");
                    *pools.entry((service, at)).or_insert(next)
                });
                let links = self.links_of(targets, call_idx, service);
                // Which of several targets a request reaches is not known: at best another one.
                let is_only_target = links.len() <= 1;
                let way = if is_only_target {
                    way
                } else {
                    Way {
                        best: Passage::NotTaken,
                        ..way
                    }
                };
                let entry = self.nodes[node as usize].entry;
                let used = use_of(call, call_idx, node, entry, way, self.fallback_of[call_idx as usize]);
                let used = Use {
                    pool,
                    is_only_target,
                    ..used
                };
                if links.is_empty() {
                    self.uses.push(used);
                } else {
                    self.uses.extend(links.into_iter().map(|link| Use {
                        link: Some(link),
                        ..used.clone()
                    }));
                }
            }
        }
        self.pools = vec![Vec::new(); pools.len()];
        for (idx, used) in (0..).zip(&self.uses) {
            if let Some(link) = used.link {
                self.uses_of_link[link as usize].push(idx);
            }
            if let Some(pool) = used.pool {
                self.pools[pool as usize].push(idx);
            }
            if let Some((component, _)) = used.without_fallback {
                self.fallbacks_to[component as usize].push(idx);
            }
        }
    }

    /// The links of a call in one service, or all of them where no edge tells services apart.
    fn links_of(&self, targets: &[CallTarget], call: u32, service: ComponentIdx) -> Vec<u32> {
        let start = targets.partition_point(|target| target.call < call);
        let mine = targets[start..].iter().take_while(|target| target.call == call);
        let here = mine.filter(|target| target.from.is_none_or(|from| from == service));
        let first = self.links.partition_point(|link| link.call < call);
        let link_to = |target: ComponentIdx| {
            let at = self.links[first..].iter().position(|link| link.target == target)?;
            u32::try_from(first + at).ok()
        };
        here.filter_map(|target| link_to(target.to)).collect()
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

/// A target of a call, seen from one service; from `None` where only the call itself tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CallTarget {
    call: u32,
    to: ComponentIdx,
    from: Option<ComponentIdx>,
}

/// Sorted. The edges know best: one call of a shared client goes elsewhere in every service.
fn targets(system: &System) -> Vec<CallTarget> {
    let mut targets = Vec::new();
    let mut has_edge = vec![false; system.calls.len()];
    let is_call = |edge: &&Edge| matches!(edge.kind, EdgeKind::Calls | EdgeKind::Publishes);
    for edge in system.edges.iter().filter(is_call) {
        for &call in &edge.calls {
            has_edge[call as usize] = true;
            targets.push(CallTarget {
                call,
                to: edge.to,
                from: Some(edge.from),
            });
        }
    }
    let calls = (0..).zip(&system.calls).filter(|(call, _)| !has_edge[*call as usize]);
    targets.extend(calls.filter_map(|(call, linked)| {
        Some(CallTarget {
            call,
            to: linked.target?,
            from: None,
        })
    }));
    targets.sort_unstable();
    targets.dedup();
    targets
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
        link: None,
        is_only_target: true,
        node,
        outcomes: outcomes(true),
        without_fallback: fallback.map(|component| (component, outcomes(false))),
        pool: None,
        wait_ms: waits.and_then(|waits| waits.into_iter().max()),
    }
}
