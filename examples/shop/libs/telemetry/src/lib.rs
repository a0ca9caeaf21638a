//! Counters that the platform scrapes; nothing leaves the process from here.

use std::sync::atomic::{AtomicU64, Ordering};

static FAILURES: AtomicU64 = AtomicU64::new(0);

/// Count a failed call and log it.
pub fn failure(target: &str, error: &dyn std::fmt::Display) {
    FAILURES.fetch_add(1, Ordering::Relaxed);
    tracing::error!(target_name = target, %error, "call failed");
}

pub fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}
