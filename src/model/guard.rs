//! Guards: what bounds, repeats, cuts or replaces a call. First as terms (layers), then evaluated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Name,
    location::Location,
    term::{Millis, Term},
};

/// What part of a call a timeout bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Connect,
    /// Waiting for a pooled connection.
    Acquire,
    /// Until the response's head has arrived.
    Headers,
    /// One socket read.
    Read,
    /// One try of several.
    Attempt,
    /// One operation, as the library counts it.
    Operation,
    /// The whole call, body included.
    Total,
    /// A deadline that came in with the request (context, propagated deadline).
    Ambient,
}

impl Scope {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Acquire => "acquire",
            Self::Headers => "headers",
            Self::Read => "read",
            Self::Attempt => "attempt",
            Self::Operation => "operation",
            Self::Total => "total",
            Self::Ambient => "ambient",
        }
    }
}

/// Who set a guard; the order is the order of precedence (the first wins).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Request,
    Client,
    /// Part of the connection URL.
    Url,
    Wrapper,
    Framework,
    Mesh,
    LibraryDefault,
}

impl Source {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Client => "client",
            Self::Url => "url",
            Self::Wrapper => "wrapper",
            Self::Framework => "framework",
            Self::Mesh => "mesh",
            Self::LibraryDefault => "library-default",
        }
    }
}

/// One guard as the code sets it, its numbers still terms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Layer {
    pub kind: LayerKind,
    pub source: Source,
    /// Where it is set; `None` for a library default.
    pub at: Option<Location>,
    /// Only in some configurations or on some branches (`if let Some(t) = timeout { b = b.timeout(t) }`).
    pub is_conditional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LayerKind {
    /// `limit` is a duration; [`Term::Absent`] means "explicitly none" and removes what an outer source of the same scope set.
    Timeout {
        scope: Scope,
        limit: Term,
    },
    /// `attempts` counts tries, the first included; [`Term::Absent`] = retries switched off; `Unbounded` = `None`.
    Retry(RetryLayer),
    Breaker,
    /// `limit` = how many at once.
    Bulkhead {
        limit: Term,
    },
    /// A local substitute, or another component that is asked instead.
    Fallback {
        target: Option<Name>,
    },
}

/// One layer that repeats a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RetryLayer {
    /// Tries, the first included; `None` = no limit on their number.
    pub attempts: Option<Term>,
    /// A limit on the elapsed time that also ends the retries.
    pub max_elapsed: Option<Term>,
    pub backoff: Backoff,
    pub jitter: Option<bool>,
    /// What is retried: `connect`, `5xx`, `status:429`, `any`; empty = not known.
    pub on: Vec<Name>,
    /// Whether repeating is safe, where it is known.
    pub idempotent: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
    None,
    Fixed,
    Exponential,
    Unknown,
}

impl Backoff {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fixed => "fixed",
            Self::Exponential => "exponential",
            Self::Unknown => "unknown",
        }
    }
}

// ---- evaluated -------------------------------------------------------------------------------

/// The evaluated guards of one call (or of one configuration of it).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    pub timeout: Timeout,
    pub retry: Retry,
    pub breaker: Presence,
    pub bulkhead: Presence,
    /// Most conservative limit for a bulkhead that is present.
    pub bulkhead_limit: Option<u64>,
    pub fallback: Presence,
    pub fallback_target: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeoutState {
    Explicit,
    Default,
    None,
    /// Some paths or configurations only.
    Conditional,
    #[default]
    Unknown,
}

impl TimeoutState {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Default => "default",
            Self::None => "none",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    pub state: TimeoutState,
    /// Why the state is unknown, where it is.
    pub unknown: Option<Name>,
    /// Sorted by scope, then limit.
    pub parts: Vec<TimeoutPart>,
    /// Whether the call as a whole ends in bounded time; `None` = not decided.
    pub bounds_call: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeoutPart {
    pub scope: Scope,
    /// `None` = set, but its length is not known.
    pub limit: Option<Millis>,
    pub source: Source,
    pub at: Option<Location>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RetryState {
    None,
    Bounded,
    Unbounded,
    Conditional,
    #[default]
    Unknown,
}

impl RetryState {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bounded => "bounded",
            Self::Unbounded => "unbounded",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    pub state: RetryState,
    /// Why the state is unknown, where it is.
    pub unknown: Option<Name>,
    /// Product of all layers' tries; `None` = unknown or unbounded.
    pub attempts: Option<u64>,
    /// Innermost first.
    pub layers: Vec<RetryPart>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RetryPart {
    pub attempts: Option<u64>,
    pub is_unbounded: bool,
    pub backoff: Backoff,
    pub jitter: Option<bool>,
    pub on: Vec<Name>,
    pub idempotent: Option<bool>,
    pub source: Source,
    pub at: Option<Location>,
}

/// Breaker, bulkhead, fallback: there or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub state: PresenceState,
    pub at: Option<Location>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PresenceState {
    Present,
    None,
    Conditional,
    #[default]
    Unknown,
}

impl PresenceState {
    /// The name in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::None => "none",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
        }
    }
}
