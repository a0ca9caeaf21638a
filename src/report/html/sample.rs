//! A made-up system for the tests of the page: a shop whose checkout reaches a geocoding API that its team
//! does not know, through a library of its own; a clean twin beside it; and names that are out to do harm.

use crate::model::{
    Name,
    analysis::{
        Affected, AffectedEntry, Analysis, BlastRadius, FailureDomain, Mode, RetryProduct, SinglePoint, State,
        StateCounts, TimeoutBudget,
    },
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
    system::{Alternative, Call, Component, Coverage, Edge, EdgeCoverage, EdgeKind, Entry, MatchKind, System},
    term::Millis,
};

/// What a hostile repo may put into any text.
pub(super) const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>\u{1b}[31m\u{202e}user:s3cret@host";

pub(super) fn at(file: &str, line: u32) -> Location {
    Location {
        root: "shop".into(),
        file: file.into(),
        line,
        column: 9,
    }
}

pub(super) fn hop(file: &str, line: u32, function: &str, reason: &str) -> Evidence {
    Evidence {
        at: at(file, line),
        reason: reason.to_owned(),
        function: (!function.is_empty()).then(|| function.into()),
    }
}

pub(super) fn component(kind: ComponentKind, name: &str, tier: Option<u8>, owner: &str) -> Component {
    Component {
        kind,
        name: name.into(),
        tier,
        owner: (!owner.is_empty()).then(|| owner.into()),
        aliases: Vec::new(),
        environments: Vec::new(),
        evidence: vec![hop("deploy/compose.yaml", 12, "", "compose service")],
        is_declared: kind == ComponentKind::Service,
    }
}

pub(super) fn entry(service: u32, service_name: &str, kind: EntryKind, name: &str, handler: &str) -> Entry {
    Entry {
        id: Name::from(format!("service:{service_name} {name}")),
        service,
        kind,
        name: name.into(),
        handler: handler.into(),
        tier: None,
        failure_shows_as: FailureShowsAs::Status,
        at: at("services/checkout/src/routes.rs", 31),
    }
}

/// No guard at all, known to be so.
pub(super) fn unguarded() -> Guards {
    let none = Presence {
        state: PresenceState::None,
        at: None,
    };
    Guards {
        timeout: Timeout {
            state: TimeoutState::None,
            unknown: None,
            parts: Vec::new(),
            bounds_call: Some(false),
        },
        retry: Retry {
            state: RetryState::None,
            unknown: None,
            attempts: Some(1),
            layers: Vec::new(),
        },
        breaker: none.clone(),
        bulkhead: none.clone(),
        bulkhead_limit: None,
        fallback: none,
        fallback_target: None,
    }
}

fn timeout(scope: Scope, ms: u64, source: Source, bounds_call: bool) -> Timeout {
    let part = TimeoutPart {
        scope,
        limit: Some(Millis(ms)),
        source,
        at: Some(at("libs/http-kit/src/lib.rs", 20)),
    };
    Timeout {
        state: TimeoutState::Explicit,
        unknown: None,
        parts: vec![part],
        bounds_call: Some(bounds_call),
    }
}

fn retry(attempts: u64, backoff: Backoff) -> Retry {
    let layer = RetryPart {
        attempts: Some(attempts),
        is_unbounded: false,
        backoff,
        jitter: Some(backoff == Backoff::Exponential),
        on: vec!["connect".into(), "5xx".into()],
        idempotent: Some(true),
        source: Source::Wrapper,
        at: Some(at("libs/http-kit/src/retry.rs", 44)),
    };
    Retry {
        state: RetryState::Bounded,
        unknown: None,
        attempts: Some(attempts),
        layers: vec![layer],
    }
}

fn guarded() -> Guards {
    let present = |line| Presence {
        state: PresenceState::Present,
        at: Some(at("libs/http-kit/src/lib.rs", line)),
    };
    Guards {
        timeout: timeout(Scope::Total, 2_500, Source::Client, true),
        retry: retry(3, Backoff::Exponential),
        breaker: present(51),
        bulkhead: present(60),
        bulkhead_limit: Some(64),
        ..unguarded()
    }
}

pub(super) fn call(hash: &str, file: &str, line: u32, function: &str, target: Option<u32>, guards: Guards) -> Call {
    let package = function.split("::").next().unwrap_or_default();
    Call {
        hash: hash.into(),
        at: at(file, line),
        span: Span {
            line,
            column: 9,
            start: line,
            end: line,
        },
        language: Language::Rust,
        package: package.into(),
        function: function.into(),
        services: Vec::new(),
        entries: Vec::new(),
        library: "reqwest".into(),
        library_version: Some("0.12.9".into()),
        operation: "GET".into(),
        transport: Transport::Http,
        effect: Effect::Read,
        target,
        endpoint: String::new(),
        unresolved: None,
        condition: Condition::Always,
        phase: Phase::Serve,
        delivery: Delivery::Awaited,
        status: StatusCheck::Checked,
        guards,
        alternatives: Vec::new(),
        handling: Handling::Propagated,
        observed: false,
        path: Vec::new(),
        confidence: Confidence::High,
    }
}

pub(super) fn edge(from: u32, to: u32, kind: EdgeKind, calls: &[u32], via: &[u32]) -> Edge {
    Edge {
        from,
        to,
        kind,
        transport: (kind != EdgeKind::DependsOn).then_some(Transport::Http),
        matched_by: MatchKind::LiteralHost,
        confidence: Confidence::High,
        environments: Vec::new(),
        calls: calls.to_vec(),
        via: via.to_vec(),
        coverage: None,
        evidence: vec![hop("libs/geo/src/client.rs", 12, "", "literal host")],
    }
}

fn coverage(covered: u64, total: u64, witness: &[Evidence]) -> Coverage {
    Coverage {
        covered,
        total,
        is_exact: true,
        witness: if covered < total { witness.to_vec() } else { Vec::new() },
    }
}

fn finding(rule: &str, level: Level, call: Option<u32>, component: Option<u32>, message: &str, fix: &str) -> Finding {
    Finding {
        rule: rule.into(),
        level,
        confidence: Confidence::High,
        status: FindingStatus::New,
        message: message.to_owned(),
        at: at("libs/geo/src/client.rs", 41),
        component,
        call,
        path: geo_path(),
        fix: fix.to_owned(),
        hash: "00000000000000aa".into(),
    }
}

fn geo_path() -> Vec<Evidence> {
    vec![
        hop(
            "services/checkout/src/routes.rs",
            31,
            "checkout::routes::buy",
            "entry POST /checkout",
        ),
        hop(
            "services/checkout/src/quote.rs",
            88,
            "checkout::quote::delivery_quote",
            "calls geo::Client::geocode",
        ),
        hop(
            "libs/geo/src/client.rs",
            33,
            "geo::Client::geocode",
            "calls geo::Client::fetch",
        ),
        hop(
            "libs/geo/src/client.rs",
            41,
            "geo::Client::fetch",
            "GET https://maps.example.com/v1/geocode",
        ),
    ]
}

fn affected(component: u32, best: State, worst: State, entry: u32, latency_ms: Option<u64>) -> Affected {
    let entries = vec![AffectedEntry {
        entry,
        best,
        worst,
        latency_ms,
        slots: None,
    }];
    Affected {
        component,
        best,
        worst,
        entries,
        path: geo_path(),
    }
}

pub(super) fn radius(component: u32, mode: Mode, affected: Vec<Affected>) -> BlastRadius {
    let count = |of: fn(&Affected) -> State| {
        let n = |state| u32::try_from(affected.iter().filter(|it| of(it) == state).count()).unwrap_or(u32::MAX);
        StateCounts {
            degraded: n(State::Degraded),
            failing: n(State::Failing),
            hanging: n(State::Hanging),
        }
    };
    let (best, worst) = (count(|it| it.best), count(|it| it.worst));
    BlastRadius {
        component,
        mode,
        best,
        worst,
        affected,
        depends_on_unknown: vec![3],
    }
}

pub(super) fn problem(kind: ProblemKind, file: &str, line: u32, reason: &str, hides: u32) -> Problem {
    Problem {
        kind,
        at: at(file, line),
        reason: reason.to_owned(),
        hides,
    }
}

/// Positions of the components below.
pub(super) const MAPS: u32 = 2;
pub(super) const GEO: u32 = 4;
pub(super) const CHECKOUT: u32 = 7;
const SESSIONS: u32 = 0;
const ORDERS_DB: u32 = 1;
const PAY: u32 = 3;
const HTTP_KIT: u32 = 5;
const PLACED: u32 = 10;
const DELIVERY: u32 = 8;
const STOREFRONT: u32 = 9;
const NOTIFIER: u32 = 6;

/// The geocoding story.
pub(super) fn shop() -> Outcome {
    Outcome {
        scan: scan(),
        system: system(),
        analysis: analysis(),
        problems: problems(),
    }
}

fn scan() -> Scan {
    Scan {
        roots: vec![ScannedRoot {
            name: "shop".into(),
            revision: Some("4fc0cfb2a1d97e3355aa01c2b8d6f7e0912c44de".into()),
        }],
        n_read: 812,
        n_skipped: 9,
        n_lines: 148_201,
        by_language: vec![(Language::Rust, 741), (Language::Go, 71)],
        dependencies: vec![
            ScannedDependency {
                root: "dep:cargo/reqwest@0.12.9".into(),
                checksum: None,
                is_read: true,
            },
            ScannedDependency {
                root: "dep:cargo/geocoder-sdk@0.3.1".into(),
                checksum: None,
                is_read: false,
            },
        ],
        statistics: Statistics {
            n_call_expressions: 41_220,
            n_internal: 12_911,
            n_outside: 25_307,
            n_unresolved: 3_002,
            largest_cycle: 38,
            n_functions: 4_410,
        },
    }
}

fn system() -> System {
    use ComponentKind::{Cache, Datastore, External, Library, Service, Topic};
    let mut components = vec![
        component(Cache, "sessions", None, ""),
        component(Datastore, "orders", None, "orders"),
        component(External, "maps.example.com", None, ""),
        component(External, "api.pay.example.com", None, "payments"),
        component(Library, "geo", None, "maps"),
        component(Library, "http-kit", None, "platform"),
        component(Service, "notifier", Some(2), "growth"),
        component(Service, "checkout", Some(0), "payments"),
        component(Service, "delivery", Some(1), "logistics"),
        component(Service, "storefront", Some(0), "web"),
        component(Topic, "orders-placed", None, "orders"),
    ];
    components[CHECKOUT as usize].aliases = vec!["checkout.svc.local".into()];
    components[CHECKOUT as usize].environments = vec!["prod".into(), "staging".into()];
    let entries = vec![
        entry(
            CHECKOUT,
            "checkout",
            EntryKind::Http,
            "GET /cart",
            "checkout::routes::cart",
        ),
        entry(
            CHECKOUT,
            "checkout",
            EntryKind::Http,
            "POST /checkout",
            "checkout::routes::buy",
        ),
        entry(
            DELIVERY,
            "delivery",
            EntryKind::Http,
            "GET /slots",
            "delivery::routes::slots",
        ),
        entry(
            NOTIFIER,
            "notifier",
            EntryKind::Consumer,
            "consume orders-placed",
            "notifier::worker::handle",
        ),
        entry(
            STOREFRONT,
            "storefront",
            EntryKind::Http,
            "GET /",
            "storefront::pages::home",
        ),
    ];
    System {
        components,
        entries,
        edges: edges(),
        calls: calls(),
        sites: Vec::new(),
    }
}

fn calls() -> Vec<Call> {
    let mut maps = call(
        "8a14c0ffee31b2d7",
        "libs/geo/src/client.rs",
        41,
        "geo::Client::fetch",
        Some(MAPS),
        unguarded(),
    );
    maps.services = vec![CHECKOUT, DELIVERY];
    maps.entries = vec![1, 2];
    maps.endpoint = "https://maps.example.com/v1/geocode".to_owned();
    maps.path = geo_path();
    maps.status = StatusCheck::Ignored;
    maps.alternatives = vec![Alternative {
        when: "called from delivery::slots::plan".to_owned(),
        guards: guarded(),
        endpoint: maps.endpoint.clone(),
        entries: vec![2],
        n_paths: 2,
        is_exact: true,
        witness: Vec::new(),
    }];
    let mut pay = call(
        "51d0b7e6aa90c3f4",
        "services/checkout/src/pay.rs",
        57,
        "checkout::pay::charge",
        Some(PAY),
        guarded(),
    );
    pay.services = vec![CHECKOUT];
    pay.operation = "POST".into();
    pay.effect = Effect::Write;
    pay.endpoint = "config:PAY_URL".to_owned();
    pay.observed = true;
    pay.path = vec![
        geo_path()[0].clone(),
        hop(
            "services/checkout/src/pay.rs",
            57,
            "checkout::pay::charge",
            "POST config:PAY_URL",
        ),
    ];
    let mut sql = call(
        "c0de5a1100ff2e9b",
        "services/checkout/src/store.rs",
        102,
        "checkout::store::insert",
        Some(ORDERS_DB),
        Guards {
            timeout: timeout(Scope::Acquire, 30_000, Source::LibraryDefault, false),
            ..unguarded()
        },
    );
    sql.services = vec![CHECKOUT];
    sql.library = "sqlx".into();
    sql.operation = "INSERT orders".into();
    sql.transport = Transport::Sql;
    sql.endpoint = "config:DATABASE_URL".to_owned();
    sql.handling = Handling::Logged;
    sql.observed = true;
    let mut cache = call(
        "0b5e55ed00aa17c2",
        "services/checkout/src/session.rs",
        23,
        "checkout::session::load",
        Some(SESSIONS),
        Guards {
            retry: retry(5, Backoff::None),
            ..Guards::default()
        },
    );
    cache.services = vec![CHECKOUT, STOREFRONT];
    cache.library = "redis".into();
    cache.operation = "GET".into();
    cache.endpoint = "redis://app:hunter2@sessions:6379/0".to_owned();
    cache.handling = Handling::Swallowed;
    let mut publish = call(
        "9e3779b97f4a7c15",
        "services/checkout/src/events.rs",
        18,
        "checkout::events::placed",
        Some(PLACED),
        unguarded(),
    );
    publish.services = vec![CHECKOUT];
    publish.operation = "publish".into();
    publish.effect = Effect::Publish;
    publish.delivery = Delivery::Detached;
    publish.handling = Handling::Swallowed;
    publish.endpoint = "orders-placed".to_owned();
    let mut home = call(
        "1f83d9abfb41bd6b",
        "services/storefront/src/pages.rs",
        64,
        "storefront::pages::home",
        Some(CHECKOUT),
        guarded(),
    );
    home.services = vec![STOREFRONT];
    home.endpoint = "http://checkout.svc.local/cart".to_owned();
    let mut lost = call(
        "5be0cd19137e2179",
        "services/notifier/src/hook.rs",
        77,
        "notifier::hook::post",
        None,
        Guards::default(),
    );
    lost.services = vec![NOTIFIER];
    lost.endpoint = "dynamic".to_owned();
    lost.unresolved = Some("the URL comes from a database row".to_owned());
    vec![maps, pay, sql, cache, publish, home, lost]
}

fn edges() -> Vec<Edge> {
    let path = geo_path();
    let mut checkout_maps = edge(CHECKOUT, MAPS, EdgeKind::Calls, &[0], &[GEO, HTTP_KIT]);
    checkout_maps.coverage = Some(EdgeCoverage {
        timeout: coverage(0, 3, &path),
        retry: coverage(0, 3, &path),
        breaker: coverage(0, 3, &path),
        bulkhead: coverage(0, 3, &path),
        fallback: coverage(0, 3, &path),
    });
    let mut delivery_maps = edge(DELIVERY, MAPS, EdgeKind::Calls, &[0], &[GEO, HTTP_KIT]);
    delivery_maps.coverage = Some(EdgeCoverage {
        timeout: coverage(2, 3, &path),
        ..EdgeCoverage::default()
    });
    vec![
        edge(NOTIFIER, PLACED, EdgeKind::Consumes, &[], &[]),
        edge(CHECKOUT, SESSIONS, EdgeKind::Calls, &[3], &[]),
        edge(CHECKOUT, ORDERS_DB, EdgeKind::Calls, &[2], &[]),
        checkout_maps,
        edge(CHECKOUT, PAY, EdgeKind::Calls, &[1], &[HTTP_KIT]),
        edge(CHECKOUT, GEO, EdgeKind::DependsOn, &[], &[]),
        edge(CHECKOUT, PLACED, EdgeKind::Publishes, &[4], &[]),
        delivery_maps,
        edge(STOREFRONT, SESSIONS, EdgeKind::Calls, &[3], &[]),
        edge(STOREFRONT, CHECKOUT, EdgeKind::Calls, &[5], &[HTTP_KIT]),
        edge(STOREFRONT, DELIVERY, EdgeKind::Calls, &[5], &[HTTP_KIT]),
    ]
}

fn analysis() -> Analysis {
    use State::{Degraded, Failing, Hanging, Ok};
    let maps_down = |worst| {
        vec![
            affected(CHECKOUT, Failing, worst, 1, None),
            affected(DELIVERY, Degraded, Failing, 2, Some(7_500)),
            affected(STOREFRONT, Ok, Degraded, 4, None),
        ]
    };
    let db_down = vec![
        affected(CHECKOUT, Failing, Failing, 1, Some(30_000)),
        affected(STOREFRONT, Degraded, Degraded, 4, None),
    ];
    let mut weak = finding(
        "failure-swallowed",
        Level::Warn,
        Some(4),
        Some(CHECKOUT),
        "the error of publishing to orders-placed is dropped: an order can be lost without a trace",
        "log it and return it, or publish from an outbox",
    );
    weak.at = at("services/checkout/src/events.rs", 18);
    let mut waived = finding(
        "call-without-timeout",
        Level::Error,
        Some(2),
        Some(CHECKOUT),
        "INSERT orders has no statement timeout",
        "set statement_timeout",
    );
    waived.status = FindingStatus::Waived;
    Analysis {
        findings: vec![
            finding(
                "call-without-timeout",
                Level::Error,
                Some(0),
                Some(CHECKOUT),
                "GET https://maps.example.com/v1/geocode has no timeout, and nothing up the path bounds it",
                "set a total timeout on the client in geo::Client::new",
            ),
            finding(
                "call-without-timeout",
                Level::Error,
                Some(0),
                Some(DELIVERY),
                "GET https://maps.example.com/v1/geocode has no timeout on one of three paths",
                "set a total timeout on the client in geo::Client::new",
            ),
            waived,
            weak,
            finding(
                "error-status-unchecked",
                Level::Warn,
                Some(0),
                Some(GEO),
                "an answer with an error status counts as success",
                "call error_for_status() before reading the body",
            ),
            finding(
                "call-without-breaker",
                Level::Advice,
                Some(2),
                Some(CHECKOUT),
                "nothing stops calls to orders while it is down",
                "wrap the pool in a breaker",
            ),
        ],
        blast_radius: vec![
            radius(ORDERS_DB, Mode::Error, db_down.clone()),
            radius(ORDERS_DB, Mode::Hang, db_down),
            radius(
                MAPS,
                Mode::Change,
                vec![
                    affected(GEO, Ok, Ok, 0, None),
                    affected(CHECKOUT, Ok, Ok, 1, None),
                    affected(DELIVERY, Ok, Ok, 2, None),
                ],
            ),
            radius(MAPS, Mode::Error, maps_down(Failing)),
            radius(MAPS, Mode::Hang, maps_down(Hanging)),
            radius(MAPS, Mode::Overload, maps_down(Failing)),
            radius(
                GEO,
                Mode::Change,
                vec![affected(CHECKOUT, Ok, Ok, 1, None), affected(DELIVERY, Ok, Ok, 2, None)],
            ),
            radius(
                CHECKOUT,
                Mode::Error,
                vec![affected(STOREFRONT, Failing, Failing, 4, None)],
            ),
            radius(
                CHECKOUT,
                Mode::Hang,
                vec![affected(STOREFRONT, Failing, Failing, 4, Some(7_500))],
            ),
        ],
        failure_domains: vec![FailureDomain {
            shared: vec![MAPS],
            members: vec![CHECKOUT, DELIVERY],
            why: "both call maps.example.com through geo with one client".to_owned(),
            cut: vec![0],
        }],
        single_points_of_failure: vec![
            SinglePoint {
                component: MAPS,
                mode: Mode::Hang,
                best: Failing,
                worst: Hanging,
                entries: vec![1, 2],
                services: vec![CHECKOUT, DELIVERY],
                path: geo_path(),
            },
            SinglePoint {
                component: ORDERS_DB,
                mode: Mode::Error,
                best: Failing,
                worst: Failing,
                entries: vec![1],
                services: vec![CHECKOUT],
                path: Vec::new(),
            },
        ],
        retry_products: vec![RetryProduct {
            target: PAY,
            best: 9,
            worst: Some(27),
            layers: retry(3, Backoff::Exponential)
                .layers
                .into_iter()
                .chain(retry(9, Backoff::Fixed).layers)
                .collect(),
            path: geo_path(),
        }],
        timeout_budgets: vec![TimeoutBudget {
            caller: 5,
            budget_ms: 2_500,
            needed_ms: 7_500,
            is_exact: false,
            path: geo_path(),
        }],
    }
}

fn problems() -> Vec<Problem> {
    vec![
        problem(
            ProblemKind::LibraryNotInCatalogue,
            "Cargo.toml",
            31,
            "legacy-soap opens connections and is not in the catalogue; add it with --catalog",
            12,
        ),
        problem(
            ProblemKind::UnresolvedTarget,
            "services/notifier/src/hook.rs",
            77,
            "the URL comes from a database row",
            1,
        ),
        problem(
            ProblemKind::UnknownGuard,
            "services/checkout/src/session.rs",
            23,
            "the pool's timeout comes from a file that was not seen",
            1,
        ),
        problem(
            ProblemKind::Unparsable,
            "services/notifier/src/broken.rs",
            9,
            "expected `;`",
            1,
        ),
        problem(
            ProblemKind::DependencyNotSeen,
            "Cargo.lock",
            0,
            "source of geocoder-sdk 0.3.1 is not on disk; run cargo fetch",
            1,
        ),
    ]
}
