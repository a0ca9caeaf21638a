//! Schema `failmap/1`: fields may be added; none may be renamed or dropped.
//!
//! Own types, so that a change of the model cannot change the contract by accident; only the closed
//! vocabularies (`model::call` and friends) are shared, whose words are the contract's. Every field is
//! always present, `null` means unknown. Times are milliseconds, lines and columns count from 1,
//! `attempts` count tries with the first included.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    model::{
        analysis::{Mode, State},
        call::{
            ComponentKind, Condition, Confidence, Delivery, Effect, EntryKind, FailureShowsAs, Handling, Phase,
            StatusCheck, Transport,
        },
        fact::Language,
        finding::{FindingStatus, Level},
        guard::{Backoff, PresenceState, RetryState, Scope, Source, TimeoutState},
        problem::ProblemKind,
        system::{EdgeKind, MatchKind},
    },
    report::text::Text,
};

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "failmap/1";

/// One run of failmap. Calls and sites are sorted by place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub schema: Text,
    pub tool: Tool,
    pub scan: Scan,
    /// Sorted by id.
    pub components: Vec<Component>,
    /// Sorted by id.
    pub entries: Vec<Entry>,
    /// Sorted by from, to, kind.
    pub edges: Vec<Edge>,
    pub calls: Vec<Call>,
    pub sites: Vec<Site>,
    /// Sorted by level, rule, place.
    pub findings: Vec<Finding>,
    /// Sorted by component, mode.
    pub blast_radius: Vec<BlastRadius>,
    pub failure_domains: Vec<FailureDomain>,
    pub single_points_of_failure: Vec<SinglePoint>,
    pub retry_products: Vec<RetryProduct>,
    pub timeout_budgets: Vec<TimeoutBudget>,
}

/// What wrote the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    pub name: Text,
    pub version: Text,
}

/// What was scanned, and what was not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scan {
    pub roots: Vec<Root>,
    pub files: Files,
    pub dependencies: Vec<Dependency>,
    /// Sorted by what they hide, most first.
    pub blind_spots: Vec<BlindSpot>,
    pub resolution: Resolution,
    /// The display filters in force (`service=checkout`); empty for a whole report.
    #[serde(default)]
    pub narrowed_to: Vec<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Root {
    pub name: Text,
    /// The commit that `HEAD` names.
    pub revision: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Files {
    pub read: u64,
    pub skipped: u64,
    /// Lines of the files that were read.
    pub lines: u64,
    pub by_language: BTreeMap<Text, u64>,
}

/// A third-party package whose source is, or should have been, input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dependency {
    /// `dep:cargo/reqwest@0.12.9`.
    pub root: Text,
    pub checksum: Option<Text>,
    pub read: bool,
}

/// Something that failmap could not read or decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlindSpot {
    pub kind: ProblemKind,
    pub root: Text,
    pub file: Text,
    pub line: Option<u32>,
    pub reason: Text,
    /// How many calls, files or targets it hides.
    pub hides: u32,
}

/// How well the code was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resolution {
    /// Call expressions in production code.
    pub call_expressions: u64,
    /// Of them, bound to a function of the scanned packages.
    pub internal: u64,
    /// Of them, bound to a library or the language.
    pub outside: u64,
    /// Of them, not bound.
    pub unresolved: u64,
    pub functions: u64,
    /// Functions in the largest cycle: a quality alarm past a tenth of all.
    pub largest_cycle: u64,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    pub root: Text,
    /// Relative to its root, forward slashes.
    pub file: Text,
    /// `null` where the whole file is meant.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// A place with the reason why it is named: one hop of a path, one piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    pub root: Text,
    pub file: Text,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub reason: Text,
    /// The function around it.
    pub function: Option<Text>,
}

/// First and last line of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lines {
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// `kind:name`.
    pub id: Text,
    pub kind: ComponentKind,
    pub name: Text,
    /// 0 = most critical; `null` until declared.
    pub tier: Option<u8>,
    pub owner: Option<Text>,
    pub aliases: Vec<Text>,
    pub environments: Vec<Text>,
    /// Declared in `failmap.toml` or in deployment files.
    pub declared: bool,
    pub evidence: Vec<Hop>,
}

/// Where work enters a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// `service:checkout POST /checkout`.
    pub id: Text,
    pub service: Text,
    pub kind: EntryKind,
    pub name: Text,
    /// The function that handles it.
    pub handler: Text,
    pub tier: Option<u8>,
    pub failure_shows_as: FailureShowsAs,
    pub root: Text,
    pub file: Text,
    pub line: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    pub from: Text,
    pub to: Text,
    pub kind: EdgeKind,
    pub transport: Option<Transport>,
    #[serde(rename = "match")]
    pub matched_by: MatchKind,
    pub confidence: Confidence,
    pub environments: Vec<Text>,
    /// Ids of calls.
    pub calls: Vec<Text>,
    /// The libraries that the path crosses, in order.
    pub via: Vec<Text>,
    pub coverage: Option<EdgeCoverage>,
    pub evidence: Vec<Hop>,
}

/// On how many of the paths each guard stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EdgeCoverage {
    pub timeout: Coverage,
    pub retry: Coverage,
    pub breaker: Coverage,
    pub bulkhead: Coverage,
    pub fallback: Coverage,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    pub covered: u64,
    pub total: u64,
    /// Paths on which it is not known whether the guard holds; they are not among `covered`.
    #[serde(default)]
    pub undecided: u64,
    /// False where the numbers are bounds.
    pub exact: bool,
    /// The shortest unguarded path; empty where every path is covered.
    pub witness: Vec<Hop>,
}

/// One place where control leaves the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// `c17`: holds within one report.
    pub id: Text,
    /// Holds across reports.
    pub hash: Text,
    pub root: Text,
    pub file: Text,
    /// Line of the operation's name.
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub span: Lines,
    pub language: Language,
    pub package: Text,
    pub function: Text,
    pub services: Vec<Text>,
    /// Ids of entries.
    pub entries: Vec<Text>,
    pub library: Text,
    pub library_version: Option<Text>,
    pub operation: Text,
    pub transport: Transport,
    pub effect: Effect,
    /// Id of a component; `null` when unresolved.
    pub target: Option<Text>,
    /// Literal, `config:NAME` or `dynamic`.
    pub endpoint: Text,
    /// Why there is no target.
    pub unresolved: Option<Text>,
    pub condition: Condition,
    pub phase: Phase,
    pub delivery: Delivery,
    pub status: StatusCheck,
    /// The meet over the production paths.
    pub guards: Guards,
    /// Where configurations, implementations or paths differ.
    pub alternatives: Vec<Alternative>,
    pub failure: Failure,
    /// The shortest path from an entry, the call last.
    pub path: Vec<Hop>,
    pub confidence: Confidence,
}

/// What happens to the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub handling: Handling,
    /// Logged, counted, traced or reported on that path; propagating alone is not.
    pub observed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guards {
    pub timeout: Timeout,
    pub retry: Retry,
    pub breaker: Breaker,
    pub bulkhead: Bulkhead,
    pub fallback: Fallback,
}

/// [`Guards`] under one configuration, implementation or group of paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    pub when: Text,
    pub timeout: Timeout,
    pub retry: Retry,
    pub breaker: Breaker,
    pub bulkhead: Bulkhead,
    pub fallback: Fallback,
    pub endpoint: Text,
    /// Ids of entries.
    pub entries: Vec<Text>,
    /// Number of paths.
    pub paths: u64,
    /// False where `paths` is a bound.
    pub exact: bool,
    pub witness: Vec<Hop>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeout {
    pub state: TimeoutState,
    /// Why the state is unknown.
    #[serde(default)]
    pub unknown: Option<Text>,
    pub parts: Vec<TimeoutPart>,
    /// Whether the call as a whole ends in bounded time.
    pub bounds_call: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeoutPart {
    pub scope: Scope,
    pub ms: Option<u64>,
    pub source: Source,
    pub at: Option<Location>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    pub state: RetryState,
    /// Why the state is unknown.
    #[serde(default)]
    pub unknown: Option<Text>,
    /// Product over the layers; `null` = unknown or unbounded.
    pub attempts: Option<u64>,
    /// Innermost first.
    pub layers: Vec<RetryLayer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetryLayer {
    pub attempts: Option<u64>,
    #[serde(default)]
    pub unbounded: bool,
    pub backoff: Backoff,
    pub jitter: Option<bool>,
    pub on: Vec<Text>,
    pub idempotent: Option<bool>,
    pub source: Source,
    pub at: Option<Location>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Breaker {
    pub state: PresenceState,
    pub at: Option<Location>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bulkhead {
    pub state: PresenceState,
    pub limit: Option<u64>,
    pub at: Option<Location>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fallback {
    pub state: PresenceState,
    pub target: Option<Text>,
    pub at: Option<Location>,
}

/// Another call expression that can end in a call of [`Report::calls`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Site {
    pub root: Text,
    pub file: Text,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub span: Lines,
    pub package: Text,
    pub function: Text,
    /// The most likely callee.
    pub callee: Text,
    /// All possible callees.
    #[serde(default)]
    pub callees: Vec<Text>,
    /// Ids of calls.
    pub reaches: Vec<Text>,
    /// What holds here, all layers merged.
    pub guards: Guards,
    /// What stands at this very site.
    pub local: Guards,
    pub condition: Condition,
    pub delivery: Delivery,
    pub failure: Failure,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Id of a rule: `failmap explain ID`.
    pub rule: Text,
    pub level: Level,
    pub confidence: Confidence,
    pub status: FindingStatus,
    pub message: Text,
    pub root: Text,
    pub file: Text,
    pub line: Option<u32>,
    pub component: Option<Text>,
    /// Id of a call.
    pub call: Option<Text>,
    pub path: Vec<Hop>,
    pub fix: Text,
    /// Holds across reports.
    pub hash: Text,
}

/// Number of services in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateCounts {
    pub degraded: u32,
    pub failing: u32,
    pub hanging: u32,
}

/// Who is affected when `component` fails in `mode`, or for `change`, who depends on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlastRadius {
    pub component: Text,
    pub mode: Mode,
    pub best: StateCounts,
    pub worst: StateCounts,
    pub affected: Vec<Affected>,
    /// Ids of calls whose unknowns widen the interval.
    pub depends_on_unknown: Vec<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Affected {
    pub component: Text,
    pub best: State,
    pub worst: State,
    pub entries: Vec<AffectedEntry>,
    pub path: Vec<Hop>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AffectedEntry {
    pub id: Text,
    pub best: State,
    pub worst: State,
    pub latency_ms: Option<u64>,
    pub slots: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailureDomain {
    pub shared: Vec<Text>,
    pub members: Vec<Text>,
    pub why: Text,
    /// Ids of the calls that tie the members to it.
    pub cut: Vec<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SinglePoint {
    pub component: Text,
    pub mode: Mode,
    pub best: State,
    pub worst: State,
    pub entries: Vec<Text>,
    pub services: Vec<Text>,
    pub path: Vec<Hop>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetryProduct {
    pub target: Text,
    pub best: u64,
    /// `null` = unbounded.
    pub worst: Option<u64>,
    pub layers: Vec<RetryLayer>,
    pub path: Vec<Hop>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeoutBudget {
    /// Id of a call.
    pub caller: Text,
    pub budget_ms: u64,
    pub needed_ms: u64,
    pub exact: bool,
    pub path: Vec<Hop>,
}
