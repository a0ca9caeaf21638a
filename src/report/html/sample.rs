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

mod analysis;
mod system;

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
        client_made: None,
        path: Vec::new(),
        is_named: true,
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
        undecided: 0,
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
        system: system::system(),
        analysis: analysis::analysis(),
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
        clients: Vec::new(),
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
