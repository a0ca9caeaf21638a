//! Tells customers that their order arrived: by mail and on their phone.

mod mail;
mod push;

use std::env;

use events::EventBus;
use futures::StreamExt;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Placed {
    pub order: i64,
    pub cents: i64,
}

#[tokio::main]
async fn main() {
    let url = env::var("NATS_URL").expect("NATS_URL is set");
    let bus = EventBus::connect(&url).await.expect("event bus answers");
    let mailer = mail::Mailer::new();
    let push = push::Push::new();
    let mut orders = bus.placed_orders("notifier").await.expect("subscription is accepted");
    while let Some(message) = orders.next().await {
        let Ok(placed) = serde_json::from_slice::<Placed>(&message.payload) else {
            tracing::error!("event is no order");
            continue;
        };
        mailer.order_placed(&placed).await;
        push.order_placed(&placed).await;
    }
}
