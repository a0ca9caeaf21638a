//! Systems as text, for tests: one line a call, site, entry or edge.
//!
//! ```text
//! service a GET /x -> external b timeout=500 retry=3 handling=swallowed
//! service a main -> service c/path transport=http fn=geo::lookup
//! entry service c GET /path shows=closed tier=1
//! site a::GET_/x -> geo::lookup condition=branch
//! topic orders runs-on broker kafka
//! ```
//! `x=?` is an unknown guard, `x=~` a conditional one, `x=yes` one that is there. What is not said is absent, and
//! the call is an awaited, checked read that always happens and hands its error on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::{
        ComponentKind, Condition, Confidence, Delivery, Effect, EntryKind, FailureShowsAs, Handling, Phase,
        StatusCheck, Transport,
    },
    fact::Language,
    guard::{
        Backoff, Guards, Presence, PresenceState, Retry, RetryPart, RetryState, Scope, Source, Timeout, TimeoutPart,
        TimeoutState,
    },
    location::{Evidence, Location, Span},
    system::{Call, Component, Edge, EdgeKind, Entry, MatchKind, Site, System},
    term::Millis,
};

type Attributes<'t> = BTreeMap<&'t str, &'t str>;

/// Read a vocabulary's word, or panic with it.
macro_rules! word {
    ($kind:ty, $text:expr) => {{
        let text: &str = $text;
        serde_json::from_value::<$kind>(serde_json::Value::from(text))
            .unwrap_or_else(|_| panic!("{text:?} is no {}", stringify!($kind)))
    }};
}

/// The system that `text` describes.
pub(crate) fn read(text: &str) -> System {
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.first().is_some_and(|word| !word.starts_with("//")))
        .collect();
    let mut system = System {
        components: components(&lines),
        ..System::default()
    };
    system.entries = entries(&lines, &system);
    for (line, words) in (1..).zip(&lines) {
        let attributes = attributes(words);
        if words[0] == "site" {
            system.sites.push(site(line, words, &attributes));
        } else if let Some(arrow) = words.iter().position(|word| *word == "->") {
            let call = call(line, words, arrow, &attributes, &system);
            system.calls.push(call);
        }
    }
    add_reaches(&mut system);
    system.edges = edges(&lines, &system);
    system
}

fn attributes<'t>(words: &[&'t str]) -> Attributes<'t> {
    words.iter().filter_map(|word| word.split_once('=')).collect()
}

/// `service a` of a line, the path of the target cut off.
fn component_id(kind: &str, name: &str) -> String {
    format!("{kind}:{}", name.split('/').next().unwrap_or(name))
}

/// Where a line names components: positions of the kind word.
fn mentions(words: &[&str]) -> Vec<usize> {
    match words {
        ["site" | "tier", ..] => Vec::new(),
        ["entry", ..] => vec![1],
        _ => std::iter::once(0)
            .chain(
                words
                    .iter()
                    .position(|word| matches!(*word, "->" | "runs-on" | "depends-on"))
                    .map(|idx| idx + 1),
            )
            .collect(),
    }
}

fn components(lines: &[Vec<&str>]) -> Vec<Component> {
    let ids: BTreeSet<(String, &str)> = lines
        .iter()
        .flat_map(|words| {
            mentions(words)
                .into_iter()
                .map(|at| (component_id(words[at], words[at + 1]), words[at]))
        })
        .filter(|(id, _)| !id.starts_with('?'))
        .collect();
    let evidence = |id: &str| {
        vec![Evidence {
            at: place(0),
            reason: id.to_owned(),
            function: None,
        }]
    };
    ids.into_iter()
        .map(|(id, kind)| Component {
            kind: word!(ComponentKind, kind),
            name: Name::new(&id[kind.len() + 1..]),
            tier: None,
            owner: None,
            aliases: Vec::new(),
            environments: Vec::new(),
            evidence: evidence(&id),
            is_declared: false,
        })
        .collect()
}

/// The position of the component with that id.
pub(crate) fn component(system: &System, id: &str) -> u32 {
    let found = system.components.iter().position(|component| component.id() == id);
    u32::try_from(found.unwrap_or_else(|| panic!("no component {id}"))).expect("few components")
}

fn place(line: u32) -> Location {
    Location {
        root: Name::new("r"),
        file: "f.rs".into(),
        line,
        column: u32::from(line != 0),
    }
}

/// The words that name an entry: between the service's name and the arrow or the first attribute.
fn entry_name(words: &[&str]) -> Option<(String, String)> {
    let at = usize::from(words[0] == "entry");
    if !matches!(words[at], "service" | "job") {
        return None;
    }
    let rest: Vec<&str> = words[at + 2..]
        .iter()
        .take_while(|word| !matches!(**word, "->" | "runs-on" | "depends-on") && !word.contains('='))
        .copied()
        .collect();
    (!rest.is_empty()).then(|| (component_id(words[at], words[at + 1]), rest.join(" ")))
}

fn entries(lines: &[Vec<&str>], system: &System) -> Vec<Entry> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for (line, words) in (1..).zip(lines) {
        if words[0] == "site" {
            continue;
        }
        let Some((service, name)) = entry_name(words) else {
            continue;
        };
        let attributes = attributes(words);
        let id = format!("{service} {name}");
        let entry = entries.entry(id.clone()).or_insert_with(|| Entry {
            id: Name::from(id),
            service: component(system, &service),
            kind: match name.split(' ').next() {
                Some("main") => EntryKind::Main,
                Some("consume") => EntryKind::Consumer,
                Some("every") => EntryKind::Schedule,
                Some("rpc") => EntryKind::Grpc,
                _ => EntryKind::Http,
            },
            handler: Name::from(format!(
                "{}::{}",
                words[words.iter().position(|w| *w == "service" || *w == "job").unwrap_or(0) + 1],
                name.replace(' ', "_")
            )),
            name: Name::new(&name),
            tier: None,
            failure_shows_as: FailureShowsAs::Status,
            at: place(line),
        });
        if let Some(shows) = attributes.get("shows") {
            entry.failure_shows_as = word!(FailureShowsAs, shows);
        }
        if let Some(tier) = attributes.get("tier") {
            entry.tier = Some(tier.parse().expect("a tier"));
        }
    }
    entries.into_values().collect()
}

fn site(line: u32, words: &[&str], attributes: &Attributes<'_>) -> Site {
    let get = |key, default| attributes.get(key).copied().unwrap_or(default);
    Site {
        at: place(line),
        span: Span {
            line,
            column: 1,
            start: line,
            end: line,
        },
        function: Name::new(words[1]),
        package: Name::new("p"),
        callee: Name::new(words[3]),
        callees: vec![Name::new(words[3])],
        reaches: Vec::new(),
        guards: Guards::default(),
        local: Guards::default(),
        condition: word!(Condition, get("condition", "always")),
        delivery: word!(Delivery, get("delivery", "awaited")),
        handling: word!(Handling, get("handling", "propagated")),
        observed: get("observed", "no") == "yes",
    }
}

/// A site reaches the calls of its callee and of everything below.
fn add_reaches(system: &mut System) {
    for _ in 0..system.sites.len() {
        for idx in 0..system.sites.len() {
            let callee = system.sites[idx].callee.clone();
            let mut reaches: BTreeSet<u32> = (0..)
                .zip(&system.calls)
                .filter(|(_, call)| call.function == callee)
                .map(|(idx, _)| idx)
                .collect();
            for other in system.sites.iter().filter(|other| other.function == callee) {
                reaches.extend(&other.reaches);
            }
            system.sites[idx].reaches = reaches.into_iter().collect();
        }
    }
}

fn call(line: u32, words: &[&str], arrow: usize, attributes: &Attributes<'_>, system: &System) -> Call {
    let get = |key, default| attributes.get(key).copied().unwrap_or(default);
    let (kind, name) = (words[arrow + 1], words.get(arrow + 2).copied().unwrap_or_default());
    let target = (kind != "?").then(|| component(system, &component_id(kind, name)));
    let entry = entry_name(&words[..arrow]).map(|(service, name)| format!("{service} {name}"));
    let entry = entry.and_then(|id| system.entries.iter().position(|entry| entry.id == id));
    let service = matches!(words[0], "service" | "job").then(|| component(system, &component_id(words[0], words[1])));
    let default_transport = match kind {
        "datastore" => "sql",
        "cache" => "cache",
        "topic" | "broker" => "queue",
        "object-store" => "object-store",
        "mail" => "smtp",
        _ => "http",
    };
    let path = name
        .split_once('/')
        .map_or(String::new(), |(_, path)| format!("/{path}"));
    let function = match (attributes.get("fn"), entry) {
        (Some(function), _) => Name::new(function),
        (None, Some(entry)) => system.entries[entry].handler.clone(),
        (None, None) => Name::from(format!("{}::run", words[1])),
    };
    Call {
        hash: Name::from(format!("{line:016x}")),
        at: place(line),
        span: Span {
            line,
            column: 1,
            start: line,
            end: line,
        },
        language: Language::Rust,
        package: Name::new("p"),
        path: vec![Evidence {
            at: place(line),
            reason: "the call".to_owned(),
            function: Some(function.clone()),
        }],
        function,
        services: service.into_iter().collect(),
        entries: entry.and_then(|entry| u32::try_from(entry).ok()).into_iter().collect(),
        library: Name::new("reqwest"),
        library_version: None,
        operation: Name::new(get("op", "GET")),
        transport: word!(Transport, get("transport", default_transport)),
        effect: word!(Effect, get("effect", "read")),
        target,
        endpoint: if target.is_some() {
            format!("http://{}{path}", name.split('/').next().unwrap_or_default())
        } else {
            "dynamic".to_owned()
        },
        unresolved: None,
        condition: word!(Condition, get("condition", "always")),
        phase: word!(Phase, get("phase", "serve")),
        delivery: word!(Delivery, get("delivery", "awaited")),
        status: word!(StatusCheck, get("status", "checked")),
        guards: guards(line, attributes),
        alternatives: Vec::new(),
        handling: word!(Handling, get("handling", "propagated")),
        observed: get("observed", "no") == "yes",
        client_made: attributes.get("made").map(|at| place(at.parse().expect("a line"))),
        is_named: get("named", "yes") == "yes",
        confidence: word!(Confidence, get("confidence", "high")),
    }
}

fn guards(line: u32, attributes: &Attributes<'_>) -> Guards {
    let presence = |key| {
        let (state, at) = match attributes.get(key).copied() {
            None => (PresenceState::None, None),
            Some("?") => (PresenceState::Unknown, None),
            Some("~") => (PresenceState::Conditional, None),
            Some("yes") => (PresenceState::Present, Some(place(line))),
            Some(at) => (
                PresenceState::Present,
                at.parse().ok().map(place).or_else(|| Some(place(line))),
            ),
        };
        Presence { state, at }
    };
    let fallback = presence("fallback");
    Guards {
        timeout: timeout(line, attributes),
        retry: retry(line, attributes),
        breaker: presence("breaker"),
        bulkhead: presence("bulkhead"),
        bulkhead_limit: None,
        fallback_target: attributes
            .get("fallback")
            .filter(|value| value.contains(':'))
            .map(Name::new),
        fallback,
    }
}

/// `timeout=500` bounds the call, `attempt=`, `wrap=`, `connect=`, `readlimit=` set the part of that name.
fn timeout(line: u32, attributes: &Attributes<'_>) -> Timeout {
    let state = match attributes.get("timeout").copied() {
        Some("?") => return Timeout::default(),
        Some("~") => TimeoutState::Conditional,
        _ => TimeoutState::Explicit,
    };
    let part = |key, scope, source| {
        let limit = attributes.get(key)?.parse().ok().map(Millis);
        Some(TimeoutPart {
            scope,
            limit,
            source,
            at: Some(place(line)),
        })
    };
    let parts: Vec<_> = [
        part("connect", Scope::Connect, Source::Client),
        part("readlimit", Scope::Read, Source::Client),
        part("attempt", Scope::Attempt, Source::Client),
        part("timeout", Scope::Total, Source::Client),
        part("wrap", Scope::Total, Source::Wrapper),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return Timeout {
            state: TimeoutState::None,
            unknown: None,
            parts,
            bounds_call: Some(false),
        };
    }
    let bounds = state != TimeoutState::Conditional && parts.iter().any(|part| Scope::Attempt <= part.scope);
    Timeout {
        state,
        unknown: None,
        parts,
        bounds_call: Some(bounds),
    }
}

/// `retry=3`, `retry=forever`, `retry=?`; `inner=2` is a second layer below. `backoff`, `jitter`, `idempotent`, `on`.
fn retry(line: u32, attributes: &Attributes<'_>) -> Retry {
    let get = |key| attributes.get(key).copied();
    let yes = |key| get(key).map(|value| value == "yes");
    let layer = |value: &str, source| RetryPart {
        attempts: value.parse().ok(),
        is_unbounded: value == "forever",
        backoff: match get("backoff") {
            Some("none") => Backoff::None,
            Some("fixed") => Backoff::Fixed,
            Some("exponential") => Backoff::Exponential,
            _ => Backoff::Unknown,
        },
        jitter: yes("jitter"),
        on: get("on").map(Name::new).into_iter().collect(),
        idempotent: yes("idempotent"),
        source,
        at: Some(place(line)),
    };
    let layers: Vec<_> = get("inner")
        .map(|value| layer(value, Source::Client))
        .into_iter()
        .chain(
            get("retry")
                .filter(|value| *value != "?")
                .map(|value| layer(value, Source::Wrapper)),
        )
        .collect();
    let state = match get("retry") {
        Some("?") => RetryState::Unknown,
        Some("forever") => RetryState::Unbounded,
        _ if layers.is_empty() => RetryState::None,
        _ => RetryState::Bounded,
    };
    let attempts = layers
        .iter()
        .map(|layer| layer.attempts)
        .try_fold(1_u64, |product, n| Some(product * n?));
    Retry {
        state,
        unknown: None,
        attempts,
        layers,
    }
}

fn edges(lines: &[Vec<&str>], system: &System) -> Vec<Edge> {
    let mut edges: BTreeMap<(u32, u32, EdgeKind), (Vec<u32>, u32)> = BTreeMap::new();
    for (line, words) in (1..).zip(lines) {
        let declared = [("runs-on", EdgeKind::RunsOn), ("depends-on", EdgeKind::DependsOn)];
        for (verb, kind) in declared {
            if let Some(at) = words.iter().position(|word| *word == verb) {
                let from = component(system, &component_id(words[0], words[1]));
                let to = component(system, &component_id(words[at + 1], words[at + 2]));
                edges.insert((from, to, kind), (Vec::new(), line));
            }
        }
    }
    for (idx, call) in (0..).zip(&system.calls) {
        let kind = if call.effect == Effect::Publish {
            EdgeKind::Publishes
        } else {
            EdgeKind::Calls
        };
        for (from, to) in call.services.iter().zip(call.target) {
            edges
                .entry((*from, to, kind))
                .or_insert((Vec::new(), call.at.line))
                .0
                .push(idx);
        }
    }
    edges
        .into_iter()
        .map(|((from, to, kind), (calls, line))| Edge {
            from,
            to,
            kind,
            transport: None,
            matched_by: MatchKind::LiteralHost,
            confidence: Confidence::High,
            environments: Vec::new(),
            calls,
            via: Vec::new(),
            coverage: None,
            evidence: vec![Evidence {
                at: place(line),
                reason: kind.as_str().to_owned(),
                function: None,
            }],
        })
        .collect()
}
