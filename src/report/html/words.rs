//! Words for numbers, durations and closed vocabularies, and the glossary.

use crate::model::{analysis::StateCounts, call::ComponentKind, problem::ProblemKind};

/// One word of the glossary.
pub(super) struct Term {
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
}

/// The words of the report, in reading order.
pub(super) const GLOSSARY: &[Term] = &[
    Term {
        word: "component",
        meaning: "A node of the system: service, library, external endpoint, datastore, cache, topic, object store, mail relay or job.",
    },
    Term {
        word: "service",
        meaning: "A deployable unit: a binary with an entry, or what a deployment file starts.",
    },
    Term {
        word: "entry",
        meaning: "Where work enters a service: an HTTP route, a gRPC method, a queue consumer, a schedule, main.",
    },
    Term {
        word: "call",
        meaning: "One place in the code where control leaves the process.",
    },
    Term {
        word: "target",
        meaning: "The component that a call reaches.",
    },
    Term {
        word: "path",
        meaning: "From an entry, function by function, to the call; also across libraries.",
    },
    Term {
        word: "guard",
        meaning: "A timeout, retry, breaker, bulkhead or fallback, with its value, its source and its place.",
    },
    Term {
        word: "bounds the call",
        meaning: "The call as a whole ends in bounded time. A connect timeout alone does not bound it; nor does a read timeout.",
    },
    Term {
        word: "coverage",
        meaning: "Of all paths between a service and a target, how many pass a guard. Covered means every one of them.",
    },
    Term {
        word: "handling",
        meaning: "What happens to the error: propagated, logged, swallowed (dropped, or silently replaced by a default), or it panics.",
    },
    Term {
        word: "observed",
        meaning: "Somewhere on the path the failure is logged, counted, traced or reported. Passing it on is not observing it.",
    },
    Term {
        word: "ok, degraded, failing, hanging",
        meaning: "The state of an entry seen from outside: correct; success with lost content or effect; an error in time; no answer in time.",
    },
    Term {
        word: "error, hang, overload",
        meaning: "How a target fails: it refuses or answers an error; it does not answer; a share of tries fails or is late.",
    },
    Term {
        word: "change",
        meaning: "Not a failure: who depends on the component and must be looked at when it changes.",
    },
    Term {
        word: "best, worst",
        meaning: "The interval that undecided guards and conditions leave. With everything known both are the same.",
    },
    Term {
        word: "blast radius",
        meaning: "Who is degraded, failing or hanging when a component fails in a mode.",
    },
    Term {
        word: "failure domain",
        meaning: "The set of components that one shared thing takes down together.",
    },
    Term {
        word: "single point of failure",
        meaning: "A component whose failure alone makes an entry failing or hanging.",
    },
    Term {
        word: "tries",
        meaning: "Attempts at a call, the first included. Layers of retries multiply.",
    },
    Term {
        word: "unknown",
        meaning: "failmap could not decide. It is counted neither as safe nor as broken.",
    },
];

/// What a kind of component is called in the plural; kinds that are targets only.
pub(super) const fn kind_word(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::ObjectStore => "object store",
        _ => kind.as_str(),
    }
}

/// `1 call`, `2 calls`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n as u64), if n == 1 { one } else { many })
}

/// `12,345`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if 0 < idx && (digits.len() - idx).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Whole percent of `part` in `all`, never rounded up to 100 or down to 0.
pub(super) fn percent(part: u64, all: u64) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    let share = u128::from(part) * 100 / u128::from(all);
    if share == 0 && 0 < part {
        "under 1 %".to_owned()
    } else {
        format!("{share} %")
    }
}

/// `500 ms`, `1.5 s`, `2 min`, `1 h`, `7 d`.
pub(super) fn duration(ms: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    for (unit, name) in UNITS {
        if unit <= ms && ms.is_multiple_of(unit / 10) {
            let tenths = ms / (unit / 10);
            return match tenths % 10 {
                0 => format!("{} {name}", tenths / 10),
                tenth => format!("{}.{tenth} {name}", tenths / 10),
            };
        }
    }
    format!("{} ms", number(ms))
}

/// `1 failing, 2 hanging`, or `none`.
pub(super) fn states(counts: StateCounts) -> String {
    let parts: Vec<_> = [
        (counts.hanging, "hanging"),
        (counts.failing, "failing"),
        (counts.degraded, "degraded"),
    ]
    .into_iter()
    .filter(|(n, _)| 0 < *n)
    .map(|(n, word)| format!("{n} {word}"))
    .collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

/// What a blind spot of that kind means for a reader.
pub(super) const fn problem_meaning(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreadable => "A file or folder could not be opened: what is in it was not seen.",
        ProblemKind::NotUtf8 => "A file is not UTF-8 and was not read.",
        ProblemKind::Unparsable => "A file does not parse: its calls were not seen.",
        ProblemKind::OverLimit => "A file is over a size or nesting limit and was not read.",
        ProblemKind::Symlink => "A link leaves the root or loops, and was not followed.",
        ProblemKind::Skipped => "Skipped by rule: ignored, hidden, vendored or generated.",
        ProblemKind::LanguageNotRead => "A language or format that is not read: calls in it were not seen.",
        ProblemKind::Manifest => "A manifest or deployment file is broken or only partly read.",
        ProblemKind::OpaqueSyntax => "A macro or other syntax was not read: it may hide calls.",
        ProblemKind::UnresolvedTarget => "A call is known, but not what it reaches.",
        ProblemKind::UnknownGuard => "A guard may be there or not: neither counted as safe nor as missing.",
        ProblemKind::LibraryNotInCatalogue => {
            "A library leaves the process and is not in the catalogue: its calls were not seen."
        }
        ProblemKind::DependencyNotSeen => "The source of a dependency was not on disk: calls inside it were not seen.",
        ProblemKind::UnresolvedCall => "A call expression could not be bound to a function: a path may be missing.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_use_the_largest_unit_that_is_exact() {
        for (ms, shown) in [
            (0, "0 ms"),
            (500, "500 ms"),
            (1_500, "1.5 s"),
            (1_234, "1,234 ms"),
            (30_000, "30 s"),
            (90_000, "1.5 min"),
            (61_000, "61 s"),
            (3_600_000, "1 h"),
            (604_800_000, "7 d"),
        ] {
            assert_eq!(duration(ms), shown, "{ms}");
        }
    }

    #[test]
    fn percents_do_not_round_a_part_away() {
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(1, 1000), "under 1 %");
        assert_eq!(percent(0, 1000), "0 %");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn numbers_have_separators() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(123), "123");
    }
}
