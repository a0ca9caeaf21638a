//! Products: from the cache, else from the database; and the search.

mod cache;
mod search;

use std::{env, sync::Arc};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use serde_json::Value;
use store::Store;

pub struct App {
    cache: cache::ProductCache,
    search: search::Search,
    store: Store,
}

#[tokio::main]
async fn main() {
    let database = env::var("DATABASE_URL").expect("DATABASE_URL is set");
    let redis = env::var("REDIS_URL").expect("REDIS_URL is set");
    let search = env::var("SEARCH_URL").expect("SEARCH_URL is set");
    let app = Arc::new(App {
        cache: cache::ProductCache::connect(&redis).await.expect("cache answers"),
        search: search::Search::new(search),
        store: Store::connect(&database).await.expect("database answers"),
    });
    let routes = Router::new()
        .route("/products/{id}", get(product))
        .route("/search/{words}", get(search::search))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.expect("port 8080 is free");
    axum::serve(listener, routes).await.expect("server runs");
}

async fn product(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Result<Json<Value>, StatusCode> {
    if let Some(cached) = app.cache.get(id).await {
        return Ok(Json(cached));
    }
    let product = app.store.product(id).await.map_err(|error| {
        telemetry::failure("products", &error);
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    let product = product.ok_or(StatusCode::NOT_FOUND)?;
    let value = serde_json::to_value(&product).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    app.cache.put(id, &value).await;
    Ok(Json(value))
}
