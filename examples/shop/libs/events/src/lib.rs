//! The event bus: JSON over NATS.

use serde::Serialize;

pub const ORDER_PLACED: &str = "orders.placed";

#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("cannot reach the event bus: {0}")]
    Connect(#[from] async_nats::ConnectError),
    #[error("event not published: {0}")]
    Publish(#[from] async_nats::PublishError),
    #[error("cannot subscribe: {0}")]
    Subscribe(#[from] async_nats::SubscribeError),
    #[error("event is no JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

#[derive(Clone)]
pub struct EventBus {
    client: async_nats::Client,
}

impl EventBus {
    pub async fn connect(url: &str) -> Result<Self, BusError> {
        Ok(Self { client: async_nats::connect(url).await? })
    }

    pub async fn order_placed<T: Serialize>(&self, event: &T) -> Result<(), BusError> {
        let payload = serde_json::to_vec(event)?;
        self.client.publish(ORDER_PLACED, payload.into()).await?;
        Ok(())
    }

    pub async fn placed_orders(&self, group: &str) -> Result<async_nats::Subscriber, BusError> {
        Ok(self.client.queue_subscribe(ORDER_PLACED, group.to_owned()).await?)
    }
}
