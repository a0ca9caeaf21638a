//! Tries again with exponential backoff and full jitter.

use std::{fmt::Display, future::Future, time::Duration};

#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The first try included.
    pub max_attempts: u32,
    pub base_delay: Duration,
}

impl RetryPolicy {
    pub const fn standard() -> Self {
        Self { max_attempts: 3, base_delay: Duration::from_millis(100) }
    }
}

pub async fn retry<T, E, F, Fut>(policy: RetryPolicy, mut operation: F) -> Result<T, E>
where
    E: Display,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut attempt = 1;
    loop {
        match operation().await {
            Ok(value) => return Ok(value),
            Err(error) if attempt < policy.max_attempts => {
                let ceiling = policy.base_delay * 2_u32.pow(attempt - 1);
                let delay = ceiling.mul_f64(rand::random::<f64>());
                tracing::warn!(%error, attempt, "trying again");
                tokio::time::sleep(delay).await;
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
