//! Units, scopes and kinds of the catalogue as those of the model.

use crate::{
    catalog::schema,
    model::{
        guard::{Backoff, Scope},
        term::{Millis, Term, Unit},
    },
};

use super::values::{Value, as_term, union};

/// A number as a duration of a unit.
pub(crate) fn timed(value: &Value, unit: Unit) -> Value {
    match value {
        Value::Term(Term::Count(count)) => Value::Term(Term::Duration(unit.to_millis(*count))),
        Value::Term(Term::Text(text)) if text.parse::<f64>().is_ok() => {
            let number = text.parse::<f64>().unwrap_or_default();
            let thousandths = (number * 1000.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be small and positive"
            )]
            let thousandths = if (0.0..9.0e15).contains(&thousandths) {
                thousandths as u64
            } else {
                0
            };
            Value::Term(Term::Duration(Millis(unit.to_millis(thousandths).0 / 1000)))
        }
        Value::Term(Term::Absent) => Value::Term(Term::Absent),
        Value::Any(values) => union(values.iter().map(|value| timed(value, unit))),
        other => Value::Term(Term::Timed {
            value: Box::new(as_term(other)),
            unit,
        }),
    }
}

/// Fixed numbers of the catalogue are milliseconds.
pub(super) fn as_duration(term: Term) -> Term {
    match term {
        Term::Count(count) => Term::Duration(Millis(count)),
        other => other,
    }
}

pub(crate) fn unit_of(unit: Option<schema::Unit>) -> Unit {
    match unit {
        Some(schema::Unit::Nanos) => Unit::Nanos,
        Some(schema::Unit::Micros) => Unit::Micros,
        Some(schema::Unit::Millis) | None => Unit::Millis,
        Some(schema::Unit::Seconds) => Unit::Seconds,
        Some(schema::Unit::Minutes) => Unit::Minutes,
        Some(schema::Unit::Hours) => Unit::Hours,
        Some(schema::Unit::Days) => Unit::Days,
    }
}

pub(crate) fn scope_of(scope: Option<schema::Scope>) -> Scope {
    match scope {
        Some(schema::Scope::Connect) => Scope::Connect,
        Some(schema::Scope::Acquire) => Scope::Acquire,
        Some(schema::Scope::Headers) => Scope::Headers,
        Some(schema::Scope::Read) => Scope::Read,
        Some(schema::Scope::Attempt) => Scope::Attempt,
        Some(schema::Scope::Operation) => Scope::Operation,
        Some(schema::Scope::Total) | None => Scope::Total,
        Some(schema::Scope::Ambient) => Scope::Ambient,
    }
}

pub(crate) fn backoff_of(backoff: Option<schema::Backoff>) -> Backoff {
    match backoff {
        Some(schema::Backoff::None) => Backoff::None,
        Some(schema::Backoff::Fixed) => Backoff::Fixed,
        Some(schema::Backoff::Exponential) => Backoff::Exponential,
        None => Backoff::Unknown,
    }
}
