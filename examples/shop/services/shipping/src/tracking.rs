//! Tells the parcel tracker about quotes. Nobody waits for it, nobody learns when it fails.

use crate::carriers::Quote;

pub struct Tracking {
    http: reqwest::Client,
}

impl Tracking {
    pub fn new() -> Self {
        Self { http: reqwest::Client::new() }
    }

    pub fn announce(&self, quote: &Quote) {
        let request = self.http.post("https://hooks.parceltrack.example/v1/events").json(quote);
        tokio::spawn(async move {
            let _ = request.send().await;
        });
    }
}
