//! Charges cards at the payment provider.

use std::time::Duration;

use serde::Serialize;

use crate::breaker::{Breaker, BreakerError};

const CHARGES_URL: &str = "https://api.paystream.example/v1/charges";

#[derive(Serialize)]
struct Charge {
    customer: i64,
    cents: i64,
}

pub struct Payments {
    http: reqwest::Client,
    breaker: Breaker,
}

impl Payments {
    pub fn new() -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .build()
            .expect("TLS backend starts");
        Self { http, breaker: Breaker::default() }
    }

    pub async fn charge(&self, customer: i64, cents: i64) -> Result<(), BreakerError<reqwest::Error>> {
        self.breaker.call(self.post_charge(Charge { customer, cents })).await
    }

    async fn post_charge(&self, charge: Charge) -> Result<(), reqwest::Error> {
        self.http.post(CHARGES_URL).json(&charge).send().await?.error_for_status()?;
        Ok(())
    }
}
