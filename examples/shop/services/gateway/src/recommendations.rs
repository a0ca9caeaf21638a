//! Similar products, from a vendor. The page must never wait for them.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    Json,
};

use crate::App;

pub struct Recommendations {
    http: reqwest::Client,
}

impl Recommendations {
    pub fn new() -> Self {
        Self { http: reqwest::Client::new() }
    }

    async fn fetch(&self, product: i64) -> Result<Vec<i64>, reqwest::Error> {
        let url = format!("https://recs.lumenshop.example/v1/similar/{product}");
        self.http.get(url).send().await?.error_for_status()?.json().await
    }
}

pub async fn similar(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Json<Vec<i64>> {
    let request = app.recommendations.fetch(id);
    let answer = tokio::time::timeout(Duration::from_millis(250), request).await;
    Json(answer.ok().and_then(Result::ok).unwrap_or_default())
}
