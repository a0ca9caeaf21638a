//! A small system made by hand, for the tests of all formats: a service that reaches an unguarded map
//! API through a library, a database with guards, and names that try to break every format.

use std::sync::Arc;

use crate::model::{
    Name,
    analysis::{Affected, AffectedEntry, Analysis, BlastRadius, Mode, SinglePoint, State, StateCounts},
    call::{
        ComponentKind, Condition, Confidence, Delivery, Effect, EntryKind, FailureShowsAs, Handling, Phase,
        StatusCheck, Transport,
    },
    fact::Language,
    finding::{Finding, FindingStatus, Level},
    guard::{
        Backoff, Guards, Presence, PresenceState, Retry, RetryPart, RetryState, Scope, Source, Timeout, TimeoutPart,
        TimeoutState,
    },
    location::{Evidence, Location, Span},
    outcome::{Outcome, Scan, ScannedDependency, ScannedRoot},
    problem::{Problem, ProblemKind},
    program::Statistics,
    system::{Call, Component, Coverage, Edge, EdgeCoverage, EdgeKind, Entry, MatchKind, Site, System},
    term::Millis,
};

/// A name that no format may let through raw.
pub(crate) const HOSTILE: &str = "evil\"><script>alert(1)</script>\u{1b}[31m|`x`\\N";

const CHECKOUT: u32 = 4;
const GEO: u32 = 3;
const MAPS: u32 = 2;
const EVIL: u32 = 1;
const ORDERS: u32 = 0;

pub(crate) fn at(file: &str, line: u32) -> Location {
    Location {
        root: Name::new("shop"),
        file: Arc::from(file),
        line,
        column: 9,
    }
}

pub(crate) fn hop(file: &str, line: u32, reason: &str, function: &str) -> Evidence {
    Evidence {
        at: at(file, line),
        reason: reason.to_owned(),
        function: Some(Name::new(function)),
    }
}

fn component(kind: ComponentKind, name: &str) -> Component {
    Component {
        kind,
        name: Name::new(name),
        tier: (name == "checkout").then_some(0),
        owner: None,
        aliases: if name == "checkout" {
            vec![Name::new("checkout.svc.local")]
        } else {
            Vec::new()
        },
        environments: Vec::new(),
        evidence: vec![Evidence {
            at: at("compose.yaml", 3),
            reason: "compose service".to_owned(),
            function: None,
        }],
        is_declared: kind == ComponentKind::Service,
    }
}

fn no_guards() -> Guards {
    Guards {
        timeout: Timeout {
            state: TimeoutState::None,
            unknown: None,
            parts: Vec::new(),
            bounds_call: Some(false),
        },
        retry: Retry {
            state: RetryState::None,
            ..Retry::default()
        },
        breaker: Presence {
            state: PresenceState::None,
            at: None,
        },
        bulkhead: Presence {
            state: PresenceState::None,
            at: None,
        },
        bulkhead_limit: None,
        fallback: Presence {
            state: PresenceState::None,
            at: None,
        },
        fallback_target: None,
    }
}

fn database_guards() -> Guards {
    let part = TimeoutPart {
        scope: Scope::Total,
        limit: Some(Millis(1_500)),
        source: Source::Wrapper,
        at: Some(at("services/checkout/src/store.rs", 12)),
    };
    let layer = RetryPart {
        attempts: Some(3),
        is_unbounded: false,
        backoff: Backoff::Exponential,
        jitter: Some(true),
        on: vec![Name::new("connect")],
        idempotent: Some(true),
        source: Source::Wrapper,
        at: Some(at("services/checkout/src/store.rs", 10)),
    };
    Guards {
        timeout: Timeout {
            state: TimeoutState::Explicit,
            unknown: None,
            parts: vec![part],
            bounds_call: Some(true),
        },
        retry: Retry {
            state: RetryState::Bounded,
            unknown: None,
            attempts: Some(3),
            layers: vec![layer],
        },
        ..no_guards()
    }
}

fn call(file: &str, line: u32, function: &str, target: u32, guards: Guards) -> Call {
    Call {
        hash: Name::from(format!("{line:016x}")),
        at: at(file, line),
        span: Span {
            line,
            column: 9,
            start: line - 1,
            end: line + 1,
        },
        language: Language::Rust,
        package: Name::new("geo"),
        function: Name::new(function),
        services: vec![CHECKOUT],
        entries: vec![0],
        library: Name::new("reqwest"),
        library_version: Some(Name::new("0.12.9")),
        operation: Name::new("GET"),
        transport: Transport::Http,
        effect: Effect::Read,
        target: Some(target),
        endpoint: "https://user:pass@maps.example.com/v1?token=abc".to_owned(),
        unresolved: None,
        condition: Condition::Always,
        phase: Phase::Serve,
        delivery: Delivery::Awaited,
        status: StatusCheck::Checked,
        guards,
        alternatives: Vec::new(),
        handling: Handling::Propagated,
        observed: false,
        client_made: None,
        path: vec![
            hop(
                "services/checkout/src/routes.rs",
                7,
                "POST /checkout",
                "checkout::routes::buy",
            ),
            hop(file, line, "GET https://user:pass@maps.example.com/v1", function),
        ],
        is_named: true,
        confidence: Confidence::High,
    }
}

fn site(file: &str, line: u32, function: &str, callees: &[&str], reaches: &[u32], local: Guards) -> Site {
    Site {
        at: at(file, line),
        span: Span {
            line,
            column: 9,
            start: line,
            end: line,
        },
        function: Name::new(function),
        package: Name::new("checkout"),
        callee: Name::new(callees[0]),
        callees: callees.iter().map(Name::new).collect(),
        reaches: reaches.to_vec(),
        guards: local.clone(),
        local,
        condition: Condition::Always,
        delivery: Delivery::Awaited,
        handling: Handling::Propagated,
        observed: false,
    }
}

/// A site of `caller` that calls `callee` and reaches the first call.
pub(crate) fn site_between(caller: &str, callee: &str, line: u32) -> Site {
    site(
        "services/checkout/src/made_up.rs",
        line,
        caller,
        &[callee],
        &[0],
        no_guards(),
    )
}

fn edge(from: u32, to: u32, kind: EdgeKind, calls: &[u32], timed: (u64, u64)) -> Edge {
    let coverage = |covered| Coverage {
        covered,
        total: timed.1,
        undecided: 0,
        is_exact: true,
        witness: if covered < timed.1 {
            vec![hop("libs/geo/src/client.rs", 41, "GET", "geo::Client::geocode")]
        } else {
            Vec::new()
        },
    };
    Edge {
        from,
        to,
        kind,
        transport: (kind == EdgeKind::Calls).then_some(Transport::Http),
        matched_by: MatchKind::LiteralHost,
        confidence: Confidence::High,
        environments: Vec::new(),
        calls: calls.to_vec(),
        via: if to == MAPS { vec![GEO] } else { Vec::new() },
        coverage: (kind == EdgeKind::Calls).then(|| EdgeCoverage {
            timeout: coverage(timed.0),
            retry: coverage(0),
            breaker: coverage(0),
            bulkhead: coverage(0),
            fallback: coverage(0),
        }),
        evidence: vec![hop(
            "libs/geo/src/client.rs",
            41,
            "GET https://maps.example.com/v1",
            "geo::Client::geocode",
        )],
    }
}

fn system() -> System {
    let handler = "checkout::routes::buy";
    System {
        components: vec![
            component(ComponentKind::Datastore, "orders"),
            component(ComponentKind::External, HOSTILE),
            component(ComponentKind::External, "maps.example.com"),
            component(ComponentKind::Library, "geo"),
            component(ComponentKind::Service, "checkout"),
        ],
        entries: vec![Entry {
            id: Name::new("service:checkout POST /checkout"),
            service: CHECKOUT,
            kind: EntryKind::Http,
            name: Name::new("POST /checkout"),
            handler: Name::new(handler),
            tier: None,
            failure_shows_as: FailureShowsAs::Status,
            at: at("services/checkout/src/routes.rs", 7),
        }],
        edges: vec![
            edge(CHECKOUT, ORDERS, EdgeKind::Calls, &[2], (1, 1)),
            edge(CHECKOUT, EVIL, EdgeKind::Calls, &[1], (0, 1)),
            edge(CHECKOUT, MAPS, EdgeKind::Calls, &[0], (1, 2)),
            edge(CHECKOUT, GEO, EdgeKind::DependsOn, &[], (0, 0)),
        ],
        calls: vec![
            call("libs/geo/src/client.rs", 41, "geo::Client::geocode", MAPS, no_guards()),
            call("services/checkout/src/evil.rs", 5, "checkout::evil", EVIL, no_guards()),
            call(
                "services/checkout/src/store.rs",
                12,
                "checkout::store::save",
                ORDERS,
                database_guards(),
            ),
        ],
        sites: vec![
            site(
                "services/checkout/src/quote.rs",
                88,
                "checkout::quote",
                &["geo::Client::geocode"],
                &[0],
                no_guards(),
            ),
            site(
                "services/checkout/src/routes.rs",
                9,
                handler,
                &["checkout::quote"],
                &[0],
                database_guards(),
            ),
            site(
                "services/checkout/src/routes.rs",
                10,
                handler,
                &["geo::Client::geocode"],
                &[0],
                no_guards(),
            ),
            site(
                "services/checkout/src/routes.rs",
                11,
                handler,
                &["checkout::store::save"],
                &[2],
                no_guards(),
            ),
        ],
    }
}

fn analysis() -> Analysis {
    let radius = |component, mode, worst| BlastRadius {
        component,
        mode,
        best: StateCounts::default(),
        worst: StateCounts {
            degraded: 0,
            failing: u32::from(worst == State::Failing),
            hanging: u32::from(worst == State::Hanging),
        },
        affected: vec![Affected {
            component: CHECKOUT,
            best: State::Degraded,
            worst,
            entries: vec![AffectedEntry {
                entry: 0,
                best: State::Degraded,
                worst,
                latency_ms: None,
                slots: None,
            }],
            path: vec![hop("libs/geo/src/client.rs", 41, "GET", "geo::Client::geocode")],
        }],
        depends_on_unknown: vec![1],
    };
    Analysis {
        findings: vec![
            Finding {
                rule: Name::new("call-without-timeout"),
                level: Level::Error,
                confidence: Confidence::High,
                status: FindingStatus::New,
                message: "GET maps.example.com has no timeout".to_owned(),
                at: at("libs/geo/src/client.rs", 41),
                component: Some(CHECKOUT),
                call: Some(0),
                path: vec![hop("libs/geo/src/client.rs", 41, "GET", "geo::Client::geocode")],
                fix: "set a timeout on the client".to_owned(),
                hash: Name::new("00000000000000aa"),
            },
            Finding {
                rule: Name::new("failure-swallowed"),
                level: Level::Warn,
                confidence: Confidence::High,
                status: FindingStatus::New,
                message: format!("the failure of {HOSTILE} is dropped"),
                at: at("services/checkout/src/evil.rs", 5),
                component: Some(CHECKOUT),
                call: Some(1),
                path: Vec::new(),
                fix: "handle the error".to_owned(),
                hash: Name::new("00000000000000ab"),
            },
        ],
        blast_radius: vec![
            radius(ORDERS, Mode::Error, State::Failing),
            radius(MAPS, Mode::Error, State::Failing),
            radius(MAPS, Mode::Hang, State::Hanging),
        ],
        single_points_of_failure: vec![SinglePoint {
            component: MAPS,
            mode: Mode::Hang,
            best: State::Failing,
            worst: State::Hanging,
            entries: vec![0],
            services: vec![CHECKOUT],
            path: Vec::new(),
        }],
        ..Analysis::default()
    }
}

/// The system as the pipeline would hand it over.
pub(crate) fn outcome() -> Outcome {
    Outcome {
        scan: Scan {
            roots: vec![ScannedRoot {
                name: Name::new("shop"),
                revision: Some(Name::new("4fc0cfb1234567")),
            }],
            n_read: 12,
            n_skipped: 2,
            n_lines: 1_234,
            by_language: vec![(Language::Rust, 12)],
            clients: Vec::new(),
            dependencies: vec![ScannedDependency {
                root: Arc::from("dep:cargo/reqwest@0.12.9"),
                checksum: Some(Name::new("00ff")),
                is_read: false,
            }],
            statistics: Statistics {
                n_call_expressions: 100,
                n_internal: 60,
                n_outside: 33,
                n_unresolved: 7,
                largest_cycle: 1,
                n_functions: 40,
            },
        },
        system: system(),
        analysis: analysis(),
        problems: vec![Problem {
            kind: ProblemKind::UnresolvedTarget,
            at: at("services/checkout/src/evil.rs", 9),
            reason: "the host comes from a request\u{1b}[2J".to_owned(),
            hides: 41,
        }],
    }
}
