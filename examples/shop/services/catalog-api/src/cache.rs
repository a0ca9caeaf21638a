//! Products in Redis. A cache that fails is a cache that misses.

use redis::{aio::MultiplexedConnection, AsyncCommands, RedisError};
use serde_json::Value;

const KEEP_SECONDS: u64 = 300;

pub struct ProductCache {
    connection: MultiplexedConnection,
}

impl ProductCache {
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(url)?;
        Ok(Self { connection: client.get_multiplexed_async_connection().await? })
    }

    pub async fn get(&self, id: i64) -> Option<Value> {
        let mut connection = self.connection.clone();
        let text: Option<String> = connection.get(format!("product:{id}")).await.ok()?;
        serde_json::from_str(&text?).ok()
    }

    pub async fn put(&self, id: i64, product: &Value) {
        let mut connection = self.connection.clone();
        let stored: Result<(), RedisError> =
            connection.set_ex(format!("product:{id}"), product.to_string(), KEEP_SECONDS).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "product not cached");
        }
    }
}
