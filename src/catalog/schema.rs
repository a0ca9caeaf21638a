//! The shape of a catalogue file, as written in TOML. Unknown keys are refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::catalog::scalar::{ArgumentValue, ConfigValue, OneOrMany, Value};

/// One client library, guard library or framework: `libraries/ECO/LIB.toml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// `rust/reqwest`: the path below `libraries/`, without suffix.
    pub id: String,
    /// The name that users know: `reqwest`.
    pub name: String,
    /// The first path segments by which code names it (`reqwest`, `aws_sdk_*`); `*` at the end matches any rest.
    pub crates: Vec<String>,
    /// Package names in manifests, where they differ from `crates` with `_` for `-`.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Versions that were checked, as a semver requirement; outside it a finding's confidence is lower.
    #[serde(default)]
    pub versions: Option<String>,
    /// How its calls leave the process; none for pure guards and helpers.
    #[serde(default)]
    pub transport: Option<Transport>,
    /// What its target is when nothing else tells.
    #[serde(default)]
    pub target: Option<TargetKind>,
    /// The product it speaks to: `postgres`, `redis`, `kafka`.
    #[serde(default)]
    pub technology: Option<String>,
    /// The host of a SaaS SDK: `api.stripe.com`.
    #[serde(default)]
    pub host: Option<String>,
    pub confidence: Provenance,
    /// Where the facts were read.
    pub source: String,
    /// What a reviewer should know; printed by `failmap explain`.
    #[serde(default)]
    pub notes: Option<String>,
    #[serde(default, rename = "type")]
    pub types: Vec<Type>,
    #[serde(default, rename = "function")]
    pub functions: Vec<Function>,
    /// Guards in force when nothing sets them.
    #[serde(default, rename = "default")]
    pub defaults: Vec<Default>,
    #[serde(default, rename = "entry")]
    pub entries: Vec<Entry>,
    #[serde(default, rename = "sample")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    Http,
    Grpc,
    Sql,
    Cache,
    Queue,
    ObjectStore,
    Smtp,
    Dns,
    Tcp,
    Websocket,
    Process,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    External,
    Datastore,
    Cache,
    Broker,
    ObjectStore,
    Mail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// Read in the library's source.
    Verified,
    /// Read in its documentation.
    Documented,
    /// From memory: findings that rest on it have low confidence.
    Recalled,
}

/// A type of the library that matters: a client, builder, request, policy.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Type {
    /// Full path: `reqwest::Client`.
    pub path: String,
    /// Other paths of the same type: `reqwest::async_impl::client::Client`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The type that it dereferences to, in terms of its generic arguments (`$0`): `bb8::PooledConnection` → `$0::Connection`.
    #[serde(default)]
    pub deref: Option<String>,
    /// A trait: its methods apply where it is in scope.
    #[serde(default)]
    pub is_trait: bool,
    /// Traits of the catalogue whose methods it has: `redis::AsyncCommands`.
    #[serde(default)]
    pub traits: Vec<String>,
    /// Paths of globs that bring a trait into scope besides its own path (`diesel::prelude`).
    #[serde(default)]
    pub preludes: Vec<String>,
    /// It holds the process-outside effect until awaited or iterated (`sqlx::query::Query` does not; a row stream does).
    #[serde(default)]
    pub is_stream: bool,
    /// What it speaks to is in the process or on its disk (`SqliteConnection`, a store in memory): no external call.
    #[serde(default)]
    pub is_local: bool,
}

/// A function, method or macro of the library (macros share the namespace: `sqlx::query`, `tracing::error`).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Function {
    /// Full paths `crate::module::Type::method` or `crate::function`. The type may be `*` (any type of the
    /// crate, also one not listed), the method may be `*` (any not listed otherwise).
    pub path: OneOrMany,
    pub role: Role,
    /// Return type in the language's syntax, `Self` and `$0` (generic argument of the receiver) allowed,
    /// `@N` = the output type of argument N (awaited or called). Absent: some type of the same crate.
    #[serde(default)]
    pub returns: Option<String>,
    /// It returns a future: nothing happens before it is awaited.
    #[serde(default)]
    pub is_async: bool,
    /// Only when called with exactly so many arguments (receiver not counted).
    #[serde(default)]
    pub arguments: Option<u32>,
    /// Only for these versions.
    #[serde(default)]
    pub versions: Option<String>,
    /// `GET`, `fetch_one`; default: the method's name.
    #[serde(default)]
    pub operation: Option<String>,
    /// The operation is the method's name as a command: upper case, no underscores (`set_ex` → `SETEX`).
    #[serde(default)]
    pub command: bool,
    /// The path names a field: `config.read_timeout = value` and `Config { read_timeout: value }` count as a
    /// method call with one argument.
    #[serde(default)]
    pub field: bool,
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Which argument holds the address (URL, host, DSN, queue name); `receiver` values go along by themselves.
    #[serde(default)]
    pub endpoint: Option<u32>,
    /// The address is a field of that argument: `baseURL`.
    #[serde(default)]
    pub endpoint_field: Option<String>,
    /// What is done when the awaited call returns: only the `headers` (the body is read later), or the whole `operation`.
    #[serde(default)]
    pub completes: Option<Completes>,
    /// Whether an error answer makes the call fail by itself.
    #[serde(default)]
    pub status: Option<Status>,
    /// For `setter`, `constructor`, `guard`: what is set.
    #[serde(default)]
    pub guard: Option<Guard>,
    /// More than one guard set at once.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// For `guard`, `spawn`: which argument (closure or future) is guarded or run; absent = the receiver.
    #[serde(default)]
    pub of: Option<u32>,
    /// Which argument hands its whole configuration on to the result (`ClientBuilder::new(inner)`).
    #[serde(default)]
    pub inherit: Option<u32>,
    /// Names of the parameters, in languages whose calls may name them: a named argument counts at its position,
    /// and a guard whose argument is not written is not set.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// All arguments from that position on are options: the guards that they carry hold for what this makes or guards
    /// (`grpc.NewClient(addr, opts...)`, `retry(stop=..., wait=...)`).
    #[serde(default)]
    pub options: Option<u32>,
    /// Which argument is a function that sets up its first parameter; what it sets holds for the result.
    #[serde(default)]
    pub configure: Option<u32>,
    /// The type of that parameter.
    #[serde(default)]
    pub configured_type: Option<String>,
    /// A registration in a container: objects of this type that the registered type (`$0`, the first type argument)
    /// gets handed in are configured so.
    #[serde(default)]
    pub injects: Option<String>,
    /// Which argument names the operation (`NewRequest("GET", url)`).
    #[serde(default)]
    pub operation_from: Option<u32>,
    /// For `duration`: the unit of argument 0. For `config-read`: none.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// For `config-read`: which argument is the key (default 0).
    #[serde(default)]
    pub key: Option<u32>,
    /// Overrides of the library's own, for libraries that speak to several things.
    #[serde(default)]
    pub transport: Option<Transport>,
    #[serde(default)]
    pub target: Option<TargetKind>,
    #[serde(default)]
    pub technology: Option<String>,
}

/// What a function does to the analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Makes a fresh carrier of configuration (client, builder, policy). Does no I/O.
    Constructor,
    /// Derives a value that keeps the receiver's configuration (`client.get(url)`, `.header(..)`, `.build()`, `.clone()`).
    Step,
    /// As `step`, and sets a guard.
    Setter,
    /// Leaves the process. May also be the constructor of a client (`Client::connect(url)`): then its result carries on.
    Call,
    /// Runs argument `of` under a guard.
    Guard,
    /// Runs argument `of` without the caller waiting for it.
    Spawn,
    /// Runs argument `of` (closure or future) here, unguarded: combinators, `block_on`, `join_all`, `get_or_init`.
    Run,
    /// Waits for a time: argument 0.
    Sleep,
    /// Records an event, metric or error: the failure is observed here.
    Observe,
    /// Records at a level that is no failure report (`debug!`, `trace!`).
    ObserveQuietly,
    /// Makes a duration of argument 0 with `unit`.
    Duration,
    /// Reads an environment variable or configuration key.
    ConfigRead,
    /// Turns an error answer into an error (`error_for_status`).
    StatusCheck,
    /// Reads the answer's status or body (`status()`, `text()`).
    StatusRead,
    /// Nothing that matters, but its return type does.
    Plain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    Read,
    Write,
    Publish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Completes {
    Headers,
    Operation,
    Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Checked,
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Nanos,
    Micros,
    Millis,
    Seconds,
    Minutes,
    Hours,
    Days,
}

/// A guard that a setter, constructor, wrapper or default puts in force.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Guard {
    pub kind: GuardKind,
    /// Timeouts: which part of the call.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Timeouts: the limit. Bulkheads: how many at once.
    #[serde(default)]
    pub limit: Option<Value>,
    /// Retries: tries, the first included.
    #[serde(default)]
    pub attempts: Option<Value>,
    /// Retries: no limit on their number.
    #[serde(default)]
    pub unbounded: bool,
    /// Retries: limit on the elapsed time.
    #[serde(default)]
    pub max_elapsed: Option<Value>,
    #[serde(default)]
    pub backoff: Option<Backoff>,
    #[serde(default)]
    pub jitter: Option<bool>,
    /// Retries: on what (`connect`, `5xx`, `any`).
    #[serde(default)]
    pub on: Vec<String>,
    #[serde(default)]
    pub idempotent: Option<bool>,
    /// Guards taken from the carrier (policy object) in that argument.
    #[serde(default)]
    pub policy: Option<u32>,
    /// The policy is a field of that argument: `signal` of `fetch(url, { signal })`.
    #[serde(default)]
    pub field: Option<String>,
    /// Guards taken from the receiver: `policy.ExecuteAsync(f)`.
    #[serde(default)]
    pub receiver: bool,
    /// Only where that argument is written.
    #[serde(default)]
    pub when: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GuardKind {
    Timeout,
    Retry,
    Breaker,
    Bulkhead,
    Fallback,
    /// All that the policy argument carries.
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Connect,
    Acquire,
    Headers,
    Read,
    Attempt,
    Operation,
    Total,
    Ambient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backoff {
    None,
    Fixed,
    Exponential,
}

/// A guard that holds when nothing sets it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Default {
    /// Paths of the calls or client types it holds for, with `*`; absent = all calls of the library.
    #[serde(default)]
    pub on: Vec<String>,
    #[serde(default)]
    pub versions: Option<String>,
    pub kind: GuardKind,
    /// Timeouts: which part of the call.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Timeouts: milliseconds. Bulkheads: how many at once; absent = depends on the machine.
    #[serde(default)]
    pub limit: Option<u64>,
    /// Retries: tries, the first included.
    #[serde(default)]
    pub attempts: Option<u64>,
    #[serde(default)]
    pub unbounded: bool,
    /// Retries: limit on the elapsed time, milliseconds.
    #[serde(default)]
    pub max_elapsed: Option<u64>,
    #[serde(default)]
    pub backoff: Option<Backoff>,
    #[serde(default)]
    pub jitter: Option<bool>,
    /// Retries: on what (`connect`, `5xx`, `any`).
    #[serde(default)]
    pub on_failure: Vec<String>,
}

/// Where a framework lets work in: a route registration, an attribute, a trait.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    pub kind: EntryKind,
    /// A registering call: `axum::Router::route`.
    #[serde(default)]
    pub function: Option<String>,
    /// A registering attribute or macro: `actix_web::get`.
    #[serde(default)]
    pub attribute: Option<String>,
    /// A trait whose implementations are handlers: `tonic::*` services, `lapin::ConsumerDelegate`.
    #[serde(default)]
    pub implements: Option<String>,
    /// Which argument holds the route, topic or schedule.
    #[serde(default)]
    pub name: Option<u32>,
    /// Which argument holds the handler (function, closure, or a call like `get(handler)`).
    #[serde(default)]
    pub handler: Option<u32>,
    /// HTTP method, where the registering name tells.
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub failure_shows_as: Option<FailureShowsAs>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    Http,
    Grpc,
    Consumer,
    Schedule,
    Main,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureShowsAs {
    Status,
    OkBody,
    Closed,
}

/// Every entry proves itself, both ways: code, and the calls that must be found in it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sample {
    /// A whole source file.
    pub code: String,
    /// The locked version to assume; absent = the newest that `versions` admits, or none.
    #[serde(default)]
    pub version: Option<String>,
    /// One line a call, in order: `LINE operation endpoint; timeout STATE [scope=ms …]; retry STATE [attempts]`.
    /// Empty: nothing leaves the process here.
    pub expect: Vec<String>,
}
