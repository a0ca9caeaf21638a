//! Stops calling a target that keeps failing, for a while.

use std::{
    future::Future,
    sync::Mutex,
    time::{Duration, Instant},
};

const MAX_FAILURES: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum BreakerError<E> {
    #[error("circuit is open")]
    Open,
    #[error("{0}")]
    Inner(E),
}

#[derive(Default)]
struct State {
    failures: u32,
    opened_at: Option<Instant>,
}

#[derive(Default)]
pub struct Breaker {
    state: Mutex<State>,
}

impl Breaker {
    pub async fn call<T, E, F>(&self, operation: F) -> Result<T, BreakerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        if self.is_open() {
            return Err(BreakerError::Open);
        }
        let result = operation.await;
        let mut state = self.state.lock().expect("breaker lock is not poisoned");
        match result {
            Ok(value) => {
                state.failures = 0;
                state.opened_at = None;
                Ok(value)
            }
            Err(error) => {
                state.failures += 1;
                if state.failures >= MAX_FAILURES {
                    state.opened_at = Some(Instant::now());
                }
                Err(BreakerError::Inner(error))
            }
        }
    }

    fn is_open(&self) -> bool {
        let state = self.state.lock().expect("breaker lock is not poisoned");
        state.opened_at.is_some_and(|opened_at| opened_at.elapsed() < OPEN_FOR)
    }
}
