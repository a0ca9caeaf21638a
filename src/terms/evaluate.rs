//! The one evaluator: which values may a term have, given what configuration binds?

use std::collections::BTreeSet;

use crate::model::{
    Name,
    term::{ConfigKey, Millis, Term, Unit},
};

use super::{
    bind::{Bindings, Context, References, term_of_text},
    duration::{parse_duration, scale, scale_whole},
};

/// Combinations of values that are kept for one term; past it the rest is unknown. Real terms have a handful.
pub const MAX_VALUES: usize = 64;

/// Nesting of terms and of references between bindings that is followed.
const MAX_DEPTH: u32 = 64;

/// One concrete value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A text; parts that are not known stand as `{NAME}` or `{}`.
    Text(Name),
    Duration(Millis),
    Count(u64),
    Bool(bool),
    /// Explicitly nothing.
    Absent,
}

impl Value {
    /// The value where a duration is wanted: texts with units are read, bare numbers are not.
    #[must_use]
    pub fn as_duration(&self) -> Option<Millis> {
        match self {
            Self::Duration(millis) => Some(*millis),
            Self::Text(text) => parse_duration(text),
            Self::Count(0) => Some(Millis(0)),
            Self::Count(_) | Self::Bool(_) | Self::Absent => None,
        }
    }

    /// The value where a whole number is wanted.
    #[must_use]
    pub fn as_count(&self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(*count),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Duration(_) | Self::Bool(_) | Self::Absent => None,
        }
    }

    /// Whether it says "none": absent, `false`, or an empty text.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Absent | Self::Bool(false) => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Duration(_) | Self::Count(_) | Self::Bool(true) => false,
        }
    }
}

/// The values that a term may have. Both parts may be there: some known, others not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    pub known: BTreeSet<Value>,
    /// Why the known ones may not be all.
    pub unknown: Option<Name>,
}

impl Values {
    /// Exactly one value.
    #[must_use]
    pub fn of(value: Value) -> Self {
        Self {
            known: BTreeSet::from([value]),
            unknown: None,
        }
    }

    /// No value is known.
    #[must_use]
    pub fn unknown(reason: impl Into<Name>) -> Self {
        Self {
            known: BTreeSet::new(),
            unknown: Some(reason.into()),
        }
    }

    fn merge(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unknown = self.unknown.take().or(other.unknown);
    }

    fn map(self, f: impl Fn(&Value) -> Result<Value, Name>) -> Self {
        let mut res = Self {
            known: BTreeSet::new(),
            unknown: self.unknown,
        };
        for value in &self.known {
            match f(value) {
                Ok(value) => _ = res.known.insert(value),
                Err(reason) => res.unknown = res.unknown.take().or(Some(reason)),
            }
        }
        res
    }
}

/// The values that `term` may have in `context`.
///
/// A configuration key has the values that are bound to it, else its default, else none that is known.
#[must_use]
pub fn value(term: &Term, bindings: &Bindings, context: Context<'_>) -> Values {
    Evaluator { bindings, context }.term(term, 0)
}

struct Evaluator<'a> {
    bindings: &'a Bindings,
    context: Context<'a>,
}

impl Evaluator<'_> {
    fn term(&self, term: &Term, depth: u32) -> Values {
        if MAX_DEPTH <= depth {
            return Values::unknown("values refer to each other in a circle or too deeply");
        }
        let depth = depth + 1;
        match term {
            Term::Text(text) => Values::of(Value::Text(text.clone())),
            Term::Duration(millis) => Values::of(Value::Duration(*millis)),
            Term::Count(count) => Values::of(Value::Count(*count)),
            Term::Bool(is_true) => Values::of(Value::Bool(*is_true)),
            Term::Absent => Values::of(Value::Absent),
            Term::Config { key, default } => self.config(key, default.as_deref(), depth),
            Term::Concat(parts) => self.concat(parts, depth),
            Term::Timed { value, unit } => self.term(value, depth).map(|value| timed(value, *unit)),
            Term::Sum(parts) => self.fold(parts, depth, sum),
            Term::Product(parts) => self.fold(parts, depth, product),
            Term::Any(terms) => {
                let mut res = Values::default();
                for term in terms {
                    res.merge(self.term(term, depth));
                }
                res
            }
            Term::Param(_) => Values::unknown("a parameter that no caller binds"),
            Term::Unknown(reason) => Values::unknown(reason.clone()),
        }
    }

    fn config(&self, key: &ConfigKey, default: Option<&Term>, depth: u32) -> Values {
        let mut res = Values::default();
        for binding in self.bindings.get(key, self.context) {
            let bound = term_of_text(&binding.value, References::Shell);
            // `A: ${A}` hands the deployer's own variable through: it binds nothing.
            match &bound {
                Term::Config {
                    key: same,
                    default: None,
                } if same.name == key.name => {}
                _ => res.merge(self.term(&bound, depth)),
            }
        }
        if !res.known.is_empty() || res.unknown.is_some() {
            return res;
        }
        match default {
            Some(default) => self.term(default, depth),
            None => Values::unknown(format!("{} is not set in the scanned files", key.name)),
        }
    }

    fn concat(&self, parts: &[Term], depth: u32) -> Values {
        let mut texts = BTreeSet::from([String::new()]);
        for part in parts {
            let values = self.term(part, depth);
            let mut pieces: BTreeSet<String> = values.known.iter().map(show).collect();
            if values.unknown.is_some() || pieces.is_empty() {
                pieces.insert(match part {
                    Term::Config { key, .. } => format!("{{{}}}", key.name),
                    _ => "{}".to_owned(),
                });
            }
            texts = texts
                .iter()
                .flat_map(|text| pieces.iter().map(move |piece| format!("{text}{piece}")))
                .collect();
            if MAX_VALUES < texts.len() {
                return Values::unknown("too many combinations of values");
            }
        }
        Values {
            known: texts.into_iter().map(|text| Value::Text(Name::from(text))).collect(),
            unknown: None,
        }
    }

    /// Combine the values of `parts` pair by pair.
    fn fold(&self, parts: &[Term], depth: u32, combine: fn(&Value, &Value) -> Result<Value, Name>) -> Values {
        let mut parts = parts.iter();
        let Some(first) = parts.next() else {
            return Values::unknown("an empty sum or product");
        };
        let mut res = self.term(first, depth);
        for part in parts {
            let right = self.term(part, depth);
            let mut next = Values {
                known: BTreeSet::new(),
                unknown: res.unknown.or(right.unknown),
            };
            for left in &res.known {
                for right in &right.known {
                    match combine(left, right) {
                        Ok(value) => _ = next.known.insert(value),
                        Err(reason) => next.unknown = next.unknown.take().or(Some(reason)),
                    }
                }
            }
            if MAX_VALUES < next.known.len() {
                return Values::unknown("too many combinations of values");
            }
            res = next;
        }
        res
    }
}

fn timed(value: &Value, unit: Unit) -> Result<Value, Name> {
    match value {
        Value::Count(count) => Ok(Value::Duration(scale_whole(*count, unit))),
        Value::Duration(_) | Value::Absent => Ok(value.clone()),
        Value::Text(text) => scale(text, unit)
            .or_else(|| parse_duration(text))
            .map(Value::Duration)
            .ok_or_else(|| Name::new("a text that is no number where a duration is wanted")),
        Value::Bool(_) => Err(Name::new("a truth value where a duration is wanted")),
    }
}

fn sum(left: &Value, right: &Value) -> Result<Value, Name> {
    match (left, right) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(Value::Absent),
        (Value::Duration(_), _) | (_, Value::Duration(_)) => match (left.as_duration(), right.as_duration()) {
            (Some(left), Some(right)) => Ok(Value::Duration(Millis(left.0.saturating_add(right.0)))),
            _ => Err(Name::new("a sum of a duration and a bare number")),
        },
        _ => match (left.as_count(), right.as_count()) {
            (Some(left), Some(right)) => Ok(Value::Count(left.saturating_add(right))),
            _ => Err(Name::new("a sum of values that are no numbers")),
        },
    }
}

fn product(left: &Value, right: &Value) -> Result<Value, Name> {
    match (left, right) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(Value::Absent),
        (Value::Duration(_), Value::Duration(_)) => Err(Name::new("a product of two durations")),
        (Value::Duration(millis), factor) | (factor, Value::Duration(millis)) => match factor.as_count() {
            Some(factor) => Ok(Value::Duration(Millis(millis.0.saturating_mul(factor)))),
            None => Err(Name::new("a duration times a value that is no number")),
        },
        _ => match (left.as_count(), right.as_count()) {
            (Some(left), Some(right)) => Ok(Value::Count(left.saturating_mul(right))),
            _ => Err(Name::new("a product of values that are no numbers")),
        },
    }
}

/// A value as a part of a text.
fn show(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Duration(Millis(millis)) => format!("{millis}ms"),
        Value::Count(count) => count.to_string(),
        Value::Bool(is_true) => is_true.to_string(),
        Value::Absent => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        location::Location,
        term::{Binding, ConfigKind},
    };

    fn bindings() -> Bindings {
        let binding = |name: &str, value: &str| Binding {
            key: ConfigKey {
                kind: ConfigKind::Env,
                name: Name::new(name),
            },
            value: Name::new(value),
            scope: None,
            environment: None,
            at: Location::of_file(Name::new("shop"), ".env".into()),
        };
        Bindings::new(vec![
            binding("SECONDS", "5"),
            binding("TEXT", "1m30s"),
            binding("HOST", "geo"),
            binding("URL", "http://${HOST}:${PORT:-80}"),
            binding("THROUGH", "${THROUGH}"),
            binding("LOOP", "x${LOOP}"),
            binding("TWO", "a"),
            binding("TWO", "b"),
        ])
    }

    fn env(name: &str) -> Term {
        Term::Config {
            key: ConfigKey {
                kind: ConfigKind::Env,
                name: Name::new(name),
            },
            default: None,
        }
    }

    fn env_or(name: &str, default: Term) -> Term {
        match env(name) {
            Term::Config { key, .. } => Term::Config {
                key,
                default: Some(Box::new(default)),
            },
            other => other,
        }
    }

    #[track_caller]
    fn check(term: Term, expected: &str) {
        let values = value(&term, &bindings(), Context::default());
        let mut lines: Vec<String> = values
            .known
            .iter()
            .map(|value| match value {
                Value::Absent => "absent".to_owned(),
                other => show(other),
            })
            .collect();
        lines.extend(values.unknown.map(|reason| format!("? {reason}")));
        assert_eq!(lines.join(" | "), expected);
    }

    fn timed(value: Term, unit: Unit) -> Term {
        Term::Timed {
            value: Box::new(value),
            unit,
        }
    }

    #[test]
    fn configuration() {
        check(env("HOST"), "geo");
        check(env("MISSING"), "? MISSING is not set in the scanned files");
        check(env_or("MISSING", Term::text("x")), "x");
        check(env_or("HOST", Term::text("localhost")), "geo");
        check(env("TWO"), "a | b");
        check(env("URL"), "http://geo:80");
        check(env("THROUGH"), "? THROUGH is not set in the scanned files");
        check(env_or("THROUGH", Term::Count(2)), "2");
    }

    #[test]
    fn numbers_and_units() {
        check(timed(env("SECONDS"), Unit::Seconds), "5000ms");
        check(timed(Term::Count(2), Unit::Minutes), "120000ms");
        check(timed(Term::Count(500), Unit::Micros), "1ms");
        check(timed(Term::Count(0), Unit::Micros), "0ms");
        check(timed(Term::Absent, Unit::Seconds), "absent");
        check(
            timed(env("HOST"), Unit::Seconds),
            "? a text that is no number where a duration is wanted",
        );
        check(Term::Sum(vec![Term::Count(1), env("SECONDS")]), "6");
        check(Term::Product(vec![Term::Count(3), Term::Duration(Millis(20))]), "60ms");
        check(
            Term::Sum(vec![Term::Duration(Millis(1)), Term::Count(4)]),
            "? a sum of a duration and a bare number",
        );
        check(
            Term::Sum(vec![Term::Count(1), Term::Any(vec![Term::Count(1), Term::Absent])]),
            "2 | absent",
        );
    }

    #[test]
    fn texts_with_units_are_durations_where_one_is_wanted() {
        assert_eq!(Value::Text(Name::new("1m30s")).as_duration(), Some(Millis(90_000)));
        assert_eq!(Value::Count(5).as_duration(), None);
        assert_eq!(Value::Text(Name::new("3")).as_count(), Some(3));
    }

    #[test]
    fn holes_stay() {
        check(
            Term::Concat(vec![env("HOST"), Term::text("/"), Term::unknown("id")]),
            "geo/{}",
        );
        check(Term::Concat(vec![env("MISSING"), Term::text("/v1")]), "{MISSING}/v1");
        check(Term::Concat(vec![env("TWO"), env("TWO")]), "aa | ab | ba | bb");
    }

    #[test]
    fn several_values_and_the_limit_on_them() {
        check(Term::any([Term::Count(1), Term::unknown("b")]), "1 | ? b");
        check(Term::Concat(vec![env("TWO"); 6]).clone(), &{
            let mut all: Vec<String> = vec![String::new()];
            for _ in 0..6 {
                all = all
                    .iter()
                    .flat_map(|text| [format!("{text}a"), format!("{text}b")])
                    .collect();
            }
            all.join(" | ")
        });
        check(Term::Concat(vec![env("TWO"); 7]), "? too many combinations of values");
    }

    #[test]
    fn deep_terms_end() {
        let mut term = Term::Count(1);
        for _ in 0..200 {
            term = Term::Sum(vec![term]);
        }
        check(term, "? values refer to each other in a circle or too deeply");
        let looping = value(&env("LOOP"), &bindings(), Context::default());
        assert_eq!(looping.known.len(), 1);
    }
}
