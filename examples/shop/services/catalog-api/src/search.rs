//! Full-text search, at most sixteen queries at once.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    Json,
};
use serde_json::{json, Value};
use tokio::sync::Semaphore;

use crate::App;

pub struct Search {
    base: String,
    http: reqwest::Client,
    slots: Semaphore,
}

impl Search {
    pub fn new(base: String) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(800))
            .build()
            .expect("TLS backend starts");
        Self { base, http, slots: Semaphore::new(16) }
    }

    async fn query(&self, words: &str) -> Result<Value, reqwest::Error> {
        let _slot = self.slots.acquire().await.expect("semaphore is never closed");
        let query = json!({ "query": { "match": { "title": words } } });
        let url = format!("{}/products/_search", self.base);
        self.http.post(url).json(&query).send().await?.error_for_status()?.json().await
    }
}

pub async fn search(State(app): State<Arc<App>>, Path(words): Path<String>) -> Result<Json<Value>, StatusCode> {
    match app.search.query(&words).await {
        Ok(hits) => Ok(Json(hits)),
        Err(error) => {
            telemetry::failure("search", &error);
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
