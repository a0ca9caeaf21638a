//! Values over configuration: nothing becomes a number before `link` has bound the variables.

use serde::{Deserialize, Serialize};

use super::{Name, location::Location};

/// A duration in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Millis(pub u64);

/// A text, number or duration that may depend on configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Term {
    Text(Name),
    Duration(Millis),
    /// A whole number without unit.
    Count(u64),
    Bool(bool),
    /// Explicitly nothing: `None`, `null`, a timeout of zero that switches the guard off.
    Absent,
    /// An environment variable or configuration key.
    Config {
        key: ConfigKey,
        default: Option<Box<Term>>,
    },
    /// A text put together from parts.
    Concat(Vec<Term>),
    /// A number read as a duration: `value × unit`.
    Timed {
        value: Box<Term>,
        unit: Unit,
    },
    /// A sum: `timeout + grace`, `1 + retries`.
    Sum(Vec<Term>),
    /// A product: `5 * MINUTE`.
    Product(Vec<Term>),
    /// Different configurations or callers give different values; none is picked.
    Any(Vec<Term>),
    /// A parameter of a function that is not bound yet (inside summaries only).
    Param(u32),
    /// Not decided, with the reason.
    Unknown(Name),
}

impl Term {
    /// An undecided value with its reason.
    #[must_use]
    pub fn unknown(reason: &str) -> Self {
        Self::Unknown(Name::new(reason))
    }

    /// A literal text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Name::new(text))
    }

    /// The union of several values: flat, sorted, without repeats; a single one is itself.
    #[must_use]
    pub fn any(terms: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for term in terms {
            match term {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        match flat.len() {
            0 => Self::unknown("no value reaches this place"),
            1 => flat.swap_remove(0),
            _ => Self::Any(flat),
        }
    }
}

/// What a free variable is called in the scanned system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConfigKey {
    pub kind: ConfigKind,
    /// `PAYMENTS_URL`, `cache.ttl`.
    pub name: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigKind {
    /// An environment variable.
    Env,
    /// A key of a configuration file or struct (`Settings.redis_url`).
    Key,
    /// A command-line argument.
    Argument,
}

/// The unit of a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Nanos,
    Micros,
    Millis,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl Unit {
    /// `value` of this unit in whole milliseconds (rounded down, saturating).
    #[must_use]
    pub const fn to_millis(self, value: u64) -> Millis {
        Millis(match self {
            Self::Nanos => value / 1_000_000,
            Self::Micros => value / 1_000,
            Self::Millis => value,
            Self::Seconds => value.saturating_mul(1_000),
            Self::Minutes => value.saturating_mul(60_000),
            Self::Hours => value.saturating_mul(3_600_000),
            Self::Days => value.saturating_mul(86_400_000),
        })
    }
}

/// A value that deployment files give to a configuration key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Binding {
    pub key: ConfigKey,
    pub value: Name,
    /// The component (service name) that the value is given to; `None` for all.
    pub scope: Option<Name>,
    /// The environment or overlay (`prod`), where the file says so.
    pub environment: Option<Name>,
    pub at: Location,
}
