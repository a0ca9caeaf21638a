//! Delivery prices.

mod carriers;
mod tracking;

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use carriers::{Carriers, Quote};
use geo::Geo;
use serde::Deserialize;

struct App {
    carriers: Carriers,
    geo: Geo,
    tracking: tracking::Tracking,
}

#[derive(Deserialize)]
struct Parcel {
    address: String,
    grams: u32,
}

#[tokio::main]
async fn main() {
    let app = Arc::new(App {
        carriers: Carriers::new(),
        geo: Geo::from_env(),
        tracking: tracking::Tracking::new(),
    });
    let routes = Router::new().route("/quotes", post(quote)).with_state(app);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.expect("port 8080 is free");
    axum::serve(listener, routes).await.expect("server runs");
}

async fn quote(State(app): State<Arc<App>>, Json(parcel): Json<Parcel>) -> Result<Json<Quote>, StatusCode> {
    let point = app.geo.locate(&parcel.address).await.map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    let quote = app.carriers.price(point, parcel.grams).await;
    app.tracking.announce(&quote);
    Ok(Json(quote))
}
