//! The names by which std, futures and everybody's wrappers are recognised.

/// Methods that end the process or task on failure.
pub(super) const PANICKING: &[&str] = &["expect", "unwrap", "unwrap_unchecked"];

/// Methods that put something else in the place of the failure.
pub(super) const DEFAULTING: &[&str] = &[
    "is_ok_and",
    "is_some_and",
    "map_or",
    "map_or_default",
    "map_or_else",
    "or_default",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
];

/// Those of them that take what is inside, where that may be a failure again.
pub(super) const REPLACING: &[&str] = &["unwrap_or", "unwrap_or_default", "unwrap_or_else"];

/// Methods that give a failure that lost its error a new one.
pub(super) const NAMING: &[&str] = &[
    "context",
    "ok_or",
    "ok_or_else",
    "with_context",
    "wrap_err",
    "wrap_err_with",
];

/// Methods whose closure never sees the error.
pub(super) const ON_SUCCESS: &[&str] = &["and_then", "inspect", "inspect_ok", "map", "map_ok"];

/// Functions that give a result of their own around their argument's.
pub(super) const NESTING: &[&str] = &["timeout", "timeout_at"];

/// Methods that tell only whether it failed.
pub(super) const TESTING: &[&str] = &["is_err", "is_none", "is_ok", "is_some"];

/// Functions whose result stands for their argument's.
pub(super) const WRAPPERS: &[&str] = &["Err", "Ok", "Some", "block_in_place", "block_on", "new", "pin"];

/// Macros of the same sort.
pub(super) const WRAPPER_MACROS: &[&str] = &["dbg", "pin", "poll", "ready", "tri", "unwrap_or_return"];

/// Macros and functions that never return.
pub(super) const DIVERGING: &[&str] = &["abort", "exit", "panic", "todo", "unimplemented", "unreachable"];

/// Macros that return an error from the function.
pub(super) const BAILING: &[&str] = &["bail", "ensure", "throw", "yeet"];

/// Functions and methods that ask a clock, or compare with one.
pub(super) const CLOCKS: &[&str] = &[
    "checked_duration_since",
    "duration_since",
    "elapsed",
    "now",
    "now_utc",
    "saturating_duration_since",
    "signed_duration_since",
    "timestamp",
    "unix_timestamp",
];

/// Functions and methods that wait for a time.
pub(super) const SLEEPS: &[&str] = &["delay_for", "sleep", "sleep_for", "sleep_ms", "sleep_until"];

/// Methods and functions that fetch the next piece of work.
pub(super) const TAKES_WORK: &[&str] = &[
    "accept",
    "changed",
    "dequeue",
    "lpop",
    "next",
    "next_message",
    "notified",
    "poll",
    "poll_next",
    "pop",
    "receive",
    "receive_message",
    "recv",
    "recv_many",
    "tick",
    "try_next",
    "try_recv",
    "wait_for_work",
    "xread",
    "xreadgroup",
];

/// Whether a name is in a list.
pub(super) fn is_in(list: &[&str], name: &str) -> bool {
    list.contains(&name)
}

/// Methods that take the next element out of a collection, queue or iterator.
pub(super) const TAKES_ITEM: &[&str] = &[
    "dequeue",
    "lpop",
    "next",
    "next_message",
    "poll_next",
    "pop",
    "pop_back",
    "pop_first",
    "pop_front",
    "pop_last",
    "receive",
    "receive_message",
    "recv",
    "recv_many",
    "recv_timeout",
    "try_next",
    "try_recv",
    "xread",
    "xreadgroup",
];

/// Methods that take a message from a queue which outlives the function.
pub(super) const TAKES_MESSAGE: &[&str] = &[
    "dequeue",
    "next_message",
    "receive",
    "receive_message",
    "recv",
    "recv_many",
    "try_recv",
];

/// Whether a name is that of a counter of tries.
pub(super) fn counts_tries(name: &str) -> bool {
    let name = name.to_lowercase();
    ["attempt", "retry", "retries", "tries", "trial"]
        .iter()
        .any(|word| name.contains(word))
        || name == "try_number"
        || name == "_"
}

/// Whether a condition with such a name asks for an error, or for whether trying again helps.
pub(super) fn tells_of_failure(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = [
        "retry",
        "retriable",
        "retryable",
        "transient",
        "recoverable",
        "server_error",
        "too_many",
        "unavailable",
        "rate_limit",
        "throttl",
        "bad_gateway",
        "gateway_timeout",
        "try_again",
    ];
    words.iter().any(|word| name.contains(word)) || matches!(name.as_str(), "is_err" | "is_error")
}
