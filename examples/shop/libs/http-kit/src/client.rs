//! A client for one internal service.

use std::time::Duration;

use serde::{de::DeserializeOwned, Serialize};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HttpError(#[from] reqwest::Error);

#[derive(Clone)]
pub struct ServiceClient {
    http: reqwest::Client,
    base: String,
}

impl ServiceClient {
    /// # Panics
    /// When the TLS backend cannot start.
    pub fn new(base: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .build()
            .expect("TLS backend starts");
        Self { http, base: base.into() }
    }

    pub async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, HttpError> {
        let url = format!("{}{path}", self.base);
        let response = self.http.get(url).send().await?.error_for_status()?;
        Ok(response.json().await?)
    }

    pub async fn post_json<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, HttpError> {
        let url = format!("{}{path}", self.base);
        let response = self.http.post(url).json(body).send().await?.error_for_status()?;
        Ok(response.json().await?)
    }
}
