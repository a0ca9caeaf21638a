//! Durations and numbers written as text in configuration: `10s`, `500ms`, `1m30s`, `2 minutes`.

use crate::model::term::{Millis, Unit};

/// The duration that `text` spells, every number with its unit; `None` for anything else.
///
/// A bare number has no unit and is no duration. Parts add up, so `1m30s` is 90,000 ms.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Millis> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let n_number = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(n_number);
        let after = after.trim_start();
        let n_unit = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(n_unit);
        total = total.saturating_add(scale(number, parse_unit(unit)?)?.0);
        rest = after.trim_start();
    }
    Some(Millis(total))
}

/// `number` (whole or with a decimal point) of `unit`, in milliseconds.
///
/// Rounds down, but never to zero: half a millisecond is a limit, zero is none.
#[must_use]
pub fn scale(number: &str, unit: Unit) -> Option<Millis> {
    let number = number.trim();
    if let Ok(whole) = number.replace('_', "").parse::<u64>() {
        return Some(scale_whole(whole, unit));
    }
    let fraction: f64 = number.parse().ok()?;
    if !fraction.is_finite() || fraction < 0.0 {
        return None;
    }
    let nanos_per_unit: f64 = match unit {
        Unit::Nanos => 1.0,
        Unit::Micros => 1e3,
        Unit::Millis => 1e6,
        Unit::Seconds => 1e9,
        Unit::Minutes => 60e9,
        Unit::Hours => 3_600e9,
        Unit::Days => 86_400e9,
    };
    let nanos = (fraction * nanos_per_unit) as u64;
    Some(scale_whole(nanos, Unit::Nanos))
}

/// `value` of `unit` in milliseconds; rounds down, but never to zero.
#[must_use]
pub fn scale_whole(value: u64, unit: Unit) -> Millis {
    match unit.to_millis(value) {
        Millis(0) if value != 0 => Millis(1),
        millis => millis,
    }
}

fn parse_unit(unit: &str) -> Option<Unit> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "ns" | "nsec" | "nanos" | "nanosecond" | "nanoseconds" => Unit::Nanos,
        "us" | "µs" | "usec" | "micros" | "microsecond" | "microseconds" => Unit::Micros,
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => Unit::Millis,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Seconds,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minutes,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hours,
        "d" | "day" | "days" => Unit::Days,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_durations() {
        for (text, expected) in [
            ("10s", Some(10_000)),
            ("500ms", Some(500)),
            ("1m30s", Some(90_000)),
            (" 2 minutes ", Some(120_000)),
            ("1h 5min", Some(3_900_000)),
            ("0.5s", Some(500)),
            ("1.5m", Some(90_000)),
            ("300us", Some(1)),
            ("0s", Some(0)),
            ("1d", Some(86_400_000)),
            ("10", None),
            ("", None),
            ("s", None),
            ("10 parsecs", None),
            ("-5s", None),
            ("1..2s", None),
        ] {
            assert_eq!(parse_duration(text), expected.map(Millis), "{text:?}");
        }
    }

    #[test]
    fn overflow_saturates() {
        assert_eq!(parse_duration("18446744073709551615d"), Some(Millis(u64::MAX)));
    }
}
