//! Addresses to coordinates, remembered in the process.

use std::collections::HashMap;

use atlas_maps::{AtlasClient, Position};
use tokio::sync::RwLock;

#[derive(Debug, thiserror::Error)]
#[error("address not found: {address}")]
pub struct GeoError {
    address: String,
    #[source]
    source: atlas_maps::Error,
}

#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Point {
    pub lat: f64,
    pub lon: f64,
}

impl From<Position> for Point {
    fn from(position: Position) -> Self {
        Self { lat: position.lat, lon: position.lon }
    }
}

/// Looks addresses up once.
pub struct Geo {
    atlas: AtlasClient,
    known: RwLock<HashMap<String, Point>>,
}

impl Geo {
    pub fn from_env() -> Self {
        let key = std::env::var("ATLAS_KEY").unwrap_or_default();
        Self { atlas: AtlasClient::new(key), known: RwLock::new(HashMap::new()) }
    }

    pub async fn locate(&self, address: &str) -> Result<Point, GeoError> {
        if let Some(point) = self.known.read().await.get(address) {
            return Ok(*point);
        }
        let position = self
            .atlas
            .geocode(address)
            .await
            .map_err(|source| GeoError { address: address.to_owned(), source })?;
        let point = Point::from(position);
        self.known.write().await.insert(address.to_owned(), point);
        Ok(point)
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_sandbox_answers() {
        let body = reqwest::get("https://sandbox.atlas-maps.example/v1/geocode?q=x").await;
        assert!(body.is_ok());
    }
}
