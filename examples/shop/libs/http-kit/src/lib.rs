//! How our services call each other: one client with limits, one way to try again.

mod client;
mod retry;

pub use client::{HttpError, ServiceClient};
pub use retry::{retry, RetryPolicy};
