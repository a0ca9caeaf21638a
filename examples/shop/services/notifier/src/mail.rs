//! Mail through the relay.

use lettre::{
    message::Mailbox, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
};

use crate::Placed;

pub struct Mailer {
    from: Mailbox,
    relay: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    pub fn new() -> Self {
        let relay = AsyncSmtpTransport::<Tokio1Executor>::relay("smtp.mailroom.example")
            .expect("relay name is valid")
            .build();
        Self { from: "shop@shop.example".parse().expect("address is valid"), relay }
    }

    pub async fn order_placed(&self, placed: &Placed) {
        let mail = Message::builder()
            .from(self.from.clone())
            .to(self.from.clone())
            .subject(format!("Order {}", placed.order))
            .body(format!("{} cents", placed.cents))
            .expect("message is complete");
        let _ = self.relay.send(mail).await;
    }
}
