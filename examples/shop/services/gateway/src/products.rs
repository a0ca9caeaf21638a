//! Product pages: tried three times, then the last page that was shown.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    Json,
};
use http_kit::{retry, RetryPolicy};
use serde_json::Value;

use crate::App;

pub async fn show(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Json<Value> {
    let path = format!("/products/{id}");
    let fresh = retry(RetryPolicy::standard(), || app.catalog.get_json::<Value>(&path)).await;
    match fresh {
        Ok(product) => {
            *app.shown.write().await = product.clone();
            Json(product)
        }
        Err(error) => {
            tracing::warn!(%error, "showing the last known product");
            Json(app.shown.read().await.clone())
        }
    }
}
