//! Once a minute: which open orders did the payment provider settle?

use std::{env, time::Duration};

use store::Store;

const SETTLED_URL: &str = "https://api.paystream.example/v1/settlements/today";
const FLAGS_URL: &str = "https://flags.toggleworks.example/v1/flags/orders-worker";

#[tokio::main]
async fn main() {
    let database = env::var("DATABASE_URL").expect("DATABASE_URL is set");
    let store = Store::connect(&database).await.expect("database answers");
    let flags = load_flags().await.expect("flags are served");
    tracing::info!(%flags, "started");
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        if let Err(error) = reconcile(&store).await {
            tracing::warn!(%error, "next try in a minute");
        }
    }
}

async fn load_flags() -> Result<String, reqwest::Error> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    http.get(FLAGS_URL).send().await?.error_for_status()?.text().await
}

async fn reconcile(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
    let settled = reqwest::get(SETTLED_URL).await?.text().await?;
    for order in store.unpaid_orders().await? {
        if settled.lines().any(|line| line == order.to_string()) {
            store.mark_paid(order).await?;
        }
    }
    Ok(())
}
