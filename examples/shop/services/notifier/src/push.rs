//! Push messages. The vendor is flaky, so we insist.

use std::time::Duration;

use crate::Placed;

pub struct Push {
    http: reqwest::Client,
}

impl Push {
    pub fn new() -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .expect("TLS backend starts");
        Self { http }
    }

    pub async fn order_placed(&self, placed: &Placed) {
        loop {
            let sent = self
                .http
                .post("https://push.pingwave.example/v3/messages")
                .json(&placed.order)
                .send()
                .await
                .and_then(reqwest::Response::error_for_status);
            match sent {
                Ok(_) => return,
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }
}
