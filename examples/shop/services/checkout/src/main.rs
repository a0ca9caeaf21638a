//! Takes an order: address, delivery price, money, database, event.

mod breaker;
mod payments;

use std::{env, sync::Arc};

use axum::{extract::State, http::StatusCode, routing::post, Json, Router};
use events::EventBus;
use geo::Geo;
use http_kit::ServiceClient;
use payments::Payments;
use serde::{Deserialize, Serialize};
use store::Store;

struct App {
    bus: EventBus,
    geo: Geo,
    payments: Payments,
    shipping: ServiceClient,
    store: Store,
}

#[derive(Deserialize)]
struct Cart {
    customer: i64,
    address: String,
    cents: i64,
}

#[derive(Deserialize)]
struct Quote {
    cents: i64,
}

#[derive(Serialize)]
struct Receipt {
    order: i64,
    cents: i64,
}

#[tokio::main]
async fn main() {
    let database = env::var("DATABASE_URL").expect("DATABASE_URL is set");
    let bus = env::var("NATS_URL").expect("NATS_URL is set");
    let shipping = env::var("SHIPPING_URL").expect("SHIPPING_URL is set");
    let app = Arc::new(App {
        bus: EventBus::connect(&bus).await.expect("event bus answers"),
        geo: Geo::from_env(),
        payments: Payments::new(),
        shipping: ServiceClient::new(shipping),
        store: Store::connect(&database).await.expect("database answers"),
    });
    let routes = Router::new().route("/checkout", post(buy)).with_state(app);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await.expect("port 8080 is free");
    axum::serve(listener, routes).await.expect("server runs");
}

async fn buy(State(app): State<Arc<App>>, Json(cart): Json<Cart>) -> Result<Json<Receipt>, StatusCode> {
    let point = app.geo.locate(&cart.address).await.map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    let quote: Quote = app.shipping.post_json("/quotes", &point).await.map_err(|error| {
        telemetry::failure("shipping", &error);
        StatusCode::BAD_GATEWAY
    })?;
    let cents = cart.cents + quote.cents;
    app.payments.charge(cart.customer, cents).await.map_err(|error| {
        telemetry::failure("payments", &error);
        StatusCode::PAYMENT_REQUIRED
    })?;
    let order = app.store.insert_order(cart.customer, cents).await.map_err(|error| {
        telemetry::failure("orders", &error);
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    let receipt = Receipt { order, cents };
    if let Err(error) = app.bus.order_placed(&receipt).await {
        tracing::error!(%error, order, "customer will get no mail");
    }
    Ok(Json(receipt))
}
