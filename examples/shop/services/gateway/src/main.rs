//! The storefront's backend: the only thing that browsers talk to.

mod products;
mod recommendations;

use std::{env, sync::Arc};

use axum::{
    extract::State,
    http::StatusCode,
    routing::{get, post},
    Json, Router,
};
use http_kit::ServiceClient;
use serde_json::Value;

pub struct App {
    catalog: ServiceClient,
    checkout: ServiceClient,
    shown: tokio::sync::RwLock<Value>,
    recommendations: recommendations::Recommendations,
}

#[tokio::main]
async fn main() {
    let catalog = env::var("CATALOG_URL").unwrap_or_else(|_| "http://localhost:8081".to_owned());
    let checkout = env::var("CHECKOUT_URL").unwrap_or_else(|_| "http://localhost:8082".to_owned());
    let app = Arc::new(App {
        catalog: ServiceClient::new(catalog),
        checkout: ServiceClient::new(checkout),
        shown: tokio::sync::RwLock::new(Value::Array(Vec::new())),
        recommendations: recommendations::Recommendations::new(),
    });
    let routes = Router::new()
        .route("/products/{id}", get(products::show))
        .route("/products/{id}/similar", get(recommendations::similar))
        .route("/checkout", post(buy))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.expect("port 8080 is free");
    axum::serve(listener, routes).await.expect("server runs");
}

async fn buy(State(app): State<Arc<App>>, Json(cart): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let receipt = app.checkout.post_json("/checkout", &cart).await.map_err(|error| {
        telemetry::failure("checkout", &error);
        StatusCode::BAD_GATEWAY
    })?;
    Ok(Json(receipt))
}
