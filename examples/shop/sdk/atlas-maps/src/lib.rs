//! Client of the Atlas Maps API, version 1.

use serde::Deserialize;

const BASE_URL: &str = "https://api.atlas-maps.example";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("rate limit of the Atlas Maps plan reached")]
    RateLimited,
    #[error("Atlas Maps did not answer: {0}")]
    Transport(#[from] reqwest::Error),
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Position {
    pub lat: f64,
    pub lon: f64,
}

/// Cheap to clone: the connection pool is shared.
#[derive(Clone)]
pub struct AtlasClient {
    http: reqwest::Client,
    key: String,
}

impl AtlasClient {
    pub fn new(key: impl Into<String>) -> Self {
        Self { http: reqwest::Client::new(), key: key.into() }
    }

    /// The best match of a free-text address.
    pub async fn geocode(&self, address: &str) -> Result<Position, Error> {
        let url = format!("{BASE_URL}/v1/geocode");
        let response = self
            .http
            .get(url)
            .query(&[("q", address), ("key", self.key.as_str())])
            .send()
            .await?;
        if response.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
            return Err(Error::RateLimited);
        }
        Ok(response.error_for_status()?.json().await?)
    }
}
