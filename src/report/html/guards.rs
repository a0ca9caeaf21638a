//! Guards of one or many calls as badges and as sentences with their places.

use crate::model::{
    guard::{Backoff, Guards, Presence, PresenceState, Retry, RetryPart, RetryState, Timeout, TimeoutState},
    system::{Call, Coverage, EdgeCoverage},
};
use crate::report::view;

use super::{
    badge::{Badge, Tone, tally},
    clean::clean,
    parts::Capped,
    words::{duration, number},
};

/// Different badges in one cell; more of them say only that the calls differ.
const MAX_BADGES: usize = 4;

/// One cell of a guard matrix.
pub(super) struct Cell {
    pub(super) label: &'static str,
    pub(super) badges: Capped<Badge>,
    /// Coverage in words, or nothing.
    pub(super) note: String,
}

impl Cell {
    fn new(label: &'static str, badges: impl Iterator<Item = Badge>, coverage: Option<&Coverage>) -> Self {
        Self {
            label,
            badges: Capped::new(tally(badges), MAX_BADGES),
            note: coverage.map(coverage_words).unwrap_or_default(),
        }
    }
}

/// The cells of a row that stands for these calls.
pub(super) fn cells(calls: &[&Call], coverage: Option<&EdgeCoverage>) -> Vec<Cell> {
    let guards = || calls.iter().map(|it| &it.guards);
    let shown = |of: fn(&EdgeCoverage) -> &Coverage| coverage.map(of);
    vec![
        Cell::new(
            "Timeout",
            guards().map(|it| timeout(&it.timeout)),
            shown(|it| &it.timeout),
        ),
        Cell::new("Retry", guards().map(|it| retry(&it.retry)), shown(|it| &it.retry)),
        Cell::new(
            "Breaker",
            guards().map(|it| presence(&it.breaker, String::new())),
            shown(|it| &it.breaker),
        ),
        Cell::new("Bulkhead", guards().map(bulkhead), shown(|it| &it.bulkhead)),
        Cell::new("Fallback", guards().map(fallback), shown(|it| &it.fallback)),
        Cell::new("Handling", calls.iter().map(|it| Badge::handling(it.handling)), None),
        Cell::new("Observed", calls.iter().map(|it| Badge::observed(it.observed)), None),
    ]
}

/// `3 of 4 paths`; nothing where no path was counted.
fn coverage_words(coverage: &Coverage) -> String {
    match coverage.total {
        0 => String::new(),
        total => format!(
            "{} paths",
            view::coverage_words(coverage.covered, total, coverage.undecided, coverage.is_exact)
        ),
    }
}

/// State, values and whether the call as a whole is bounded.
pub(super) fn timeout(timeout: &Timeout) -> Badge {
    let (tone, word) = match (timeout.state, timeout.bounds_call) {
        (TimeoutState::None, _) => (Tone::Worst, "none"),
        (TimeoutState::Unknown, _) => (Tone::Unknown, "unknown"),
        (TimeoutState::Conditional, Some(true)) => (Tone::Good, "conditional"),
        (TimeoutState::Conditional, _) => (Tone::Mild, "conditional"),
        (TimeoutState::Explicit, Some(true)) => (Tone::Good, "explicit"),
        (TimeoutState::Explicit, Some(false)) => (Tone::Bad, "explicit"),
        (TimeoutState::Explicit, None) => (Tone::Unknown, "explicit"),
        (TimeoutState::Default, Some(true)) => (Tone::Good, "default"),
        (TimeoutState::Default, Some(false)) => (Tone::Bad, "default"),
        (TimeoutState::Default, None) => (Tone::Unknown, "default"),
    };
    let mut parts: Vec<String> = timeout
        .parts
        .iter()
        .map(|it| match it.limit {
            Some(limit) => format!("{} {}", duration(limit.0), it.scope.as_str()),
            None => format!("{} of unknown length", it.scope.as_str()),
        })
        .collect();
    parts.dedup();
    if let (Some(why), TimeoutState::Unknown) = (&timeout.unknown, timeout.state) {
        parts.push(clean(why));
    }
    if !matches!(timeout.state, TimeoutState::None | TimeoutState::Unknown) {
        match timeout.bounds_call {
            Some(true) => {}
            Some(false) => parts.push("call not bounded".to_owned()),
            None => parts.push("bound not decided".to_owned()),
        }
    }
    Badge::new(tone, word).with_detail(parts.join(", "))
}

pub(super) fn retry(retry: &Retry) -> Badge {
    let without_backoff = retry.layers.iter().any(|it| it.backoff == Backoff::None);
    let (tone, word) = match retry.state {
        RetryState::None => (Tone::Neutral, "none"),
        RetryState::Bounded if without_backoff => (Tone::Mild, "bounded"),
        RetryState::Bounded => (Tone::Good, "bounded"),
        RetryState::Unbounded => (Tone::Worst, "unbounded"),
        RetryState::Conditional => (Tone::Mild, "conditional"),
        RetryState::Unknown => (Tone::Unknown, "unknown"),
    };
    // One try is what "none" says already.
    let attempts = retry.attempts.filter(|_| retry.state != RetryState::None);
    let mut parts: Vec<String> = attempts.map(tries_words).into_iter().collect();
    if let [layer] = retry.layers.as_slice() {
        parts.push(backoff_words(layer));
    } else if !retry.layers.is_empty() {
        parts.push(format!("{} layers", retry.layers.len()));
    }
    if let (Some(why), RetryState::Unknown) = (&retry.unknown, retry.state) {
        parts.push(clean(why));
    }
    Badge::new(tone, word).with_detail(parts.join(", "))
}

fn tries_words(n: u64) -> String {
    if n == 1 {
        "1 try".to_owned()
    } else {
        format!("{} tries", number(n))
    }
}

fn backoff_words(layer: &RetryPart) -> String {
    let backoff = match layer.backoff {
        Backoff::None => "no backoff",
        Backoff::Fixed => "fixed backoff",
        Backoff::Exponential => "exponential backoff",
        Backoff::Unknown => "backoff unknown",
    };
    let jitter = match layer.jitter {
        Some(true) => ", jitter",
        Some(false) => ", no jitter",
        None => ", jitter unknown",
    };
    // Without a pause there is nothing to jitter.
    format!("{backoff}{}", if layer.backoff == Backoff::None { "" } else { jitter })
}

fn bulkhead(guards: &Guards) -> Badge {
    let limit = guards.bulkhead_limit.map(|it| format!("{} at once", number(it)));
    presence(&guards.bulkhead, limit.unwrap_or_default())
}

fn fallback(guards: &Guards) -> Badge {
    let target = guards.fallback_target.as_ref().map(|it| format!("asks {}", clean(it)));
    presence(&guards.fallback, target.unwrap_or_default())
}

fn presence(presence: &Presence, detail: String) -> Badge {
    let (tone, word) = match presence.state {
        PresenceState::Present => (Tone::Good, "present"),
        PresenceState::None => (Tone::Neutral, "none"),
        PresenceState::Conditional => (Tone::Mild, "conditional"),
        PresenceState::Unknown => (Tone::Unknown, "unknown"),
    };
    Badge::new(tone, word).with_detail(detail)
}

/// Guards of one call with the badge of each kind; used where one call is shown on its own.
pub(super) fn of_call(guards: &Guards) -> Vec<(&'static str, Badge)> {
    vec![
        ("timeout", timeout(&guards.timeout)),
        ("retry", retry(&guards.retry)),
        ("breaker", presence(&guards.breaker, String::new())),
        ("bulkhead", bulkhead(guards)),
        ("fallback", fallback(guards)),
    ]
}

/// One retry layer in words: `3 tries, exponential backoff, jitter, on connect, 5xx (wrapper)`.
pub(super) fn layer_words(layer: &RetryPart) -> String {
    let tries = match (layer.is_unbounded, layer.attempts) {
        (true, _) => "no limit on tries".to_owned(),
        (false, Some(n)) => tries_words(n),
        (false, None) => "tries unknown".to_owned(),
    };
    let on = if layer.on.is_empty() {
        String::new()
    } else {
        format!(
            ", on {}",
            layer.on.iter().map(|it| clean(it)).collect::<Vec<_>>().join(", ")
        )
    };
    format!("{tries}, {}{on} ({})", backoff_words(layer), layer.source.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        guard::{Scope, Source, TimeoutPart},
        term::Millis,
    };

    fn part(scope: Scope, ms: u64) -> TimeoutPart {
        TimeoutPart {
            scope,
            limit: Some(Millis(ms)),
            source: Source::Client,
            at: None,
        }
    }

    #[test]
    fn a_connect_timeout_alone_is_not_shown_as_good() {
        let partial = Timeout {
            state: TimeoutState::Explicit,
            unknown: None,
            parts: vec![part(Scope::Connect, 2_000)],
            bounds_call: Some(false),
        };
        let badge = timeout(&partial);
        assert_eq!(
            (badge.tone, badge.word.as_str(), badge.detail.as_str()),
            (Tone::Bad, "explicit", "2 s connect, call not bounded")
        );
        let whole = Timeout {
            bounds_call: Some(true),
            parts: vec![part(Scope::Total, 500)],
            ..partial
        };
        assert_eq!(
            (timeout(&whole).tone, timeout(&whole).detail.as_str()),
            (Tone::Good, "500 ms total")
        );
    }

    #[test]
    fn unknown_is_its_own_state_everywhere() {
        for (kind, badge) in of_call(&Guards::default()) {
            assert_eq!((badge.tone, badge.word.as_str()), (Tone::Unknown, "unknown"), "{kind}");
        }
    }

    #[test]
    fn coverage_says_when_it_is_a_bound() {
        let coverage = Coverage {
            covered: 3,
            total: 4,
            undecided: 1,
            is_exact: false,
            witness: Vec::new(),
        };
        assert_eq!(coverage_words(&coverage), "3 known of 4 paths");
        assert_eq!(coverage_words(&Coverage::default()), "");
    }
}
