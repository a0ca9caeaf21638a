//! The catalogue's words in the words of the model.

use crate::{
    catalog::schema,
    model::call::{ComponentKind, Effect as CallEffect, Transport},
};

/// How a call leaves the process.
pub(crate) fn transport_of(transport: Option<schema::Transport>) -> Transport {
    match transport {
        Some(schema::Transport::Grpc) => Transport::Grpc,
        Some(schema::Transport::Sql) => Transport::Sql,
        Some(schema::Transport::Cache) => Transport::Cache,
        Some(schema::Transport::Queue) => Transport::Queue,
        Some(schema::Transport::ObjectStore) => Transport::ObjectStore,
        Some(schema::Transport::Smtp) => Transport::Smtp,
        Some(schema::Transport::Dns) => Transport::Dns,
        Some(schema::Transport::Tcp) => Transport::Tcp,
        Some(schema::Transport::Websocket) => Transport::Websocket,
        Some(schema::Transport::Process) => Transport::Process,
        Some(schema::Transport::Http) | None => Transport::Http,
    }
}

/// What sort of thing a call's target is.
pub(crate) fn kind_of(target: Option<schema::TargetKind>) -> ComponentKind {
    match target {
        Some(schema::TargetKind::Datastore) => ComponentKind::Datastore,
        Some(schema::TargetKind::Cache) => ComponentKind::Cache,
        Some(schema::TargetKind::Broker) => ComponentKind::Broker,
        Some(schema::TargetKind::ObjectStore) => ComponentKind::ObjectStore,
        Some(schema::TargetKind::Mail) => ComponentKind::Mail,
        Some(schema::TargetKind::External) | None => ComponentKind::External,
    }
}

/// What a call does at its target: what the catalogue says, else what its operation's name says.
pub(crate) fn effect_of(function: &schema::Function, method: &str, operation: Option<&str>) -> CallEffect {
    match function.effect {
        Some(schema::Effect::Read) => return CallEffect::Read,
        Some(schema::Effect::Write) => return CallEffect::Write,
        Some(schema::Effect::Publish) => return CallEffect::Publish,
        None => {}
    }
    match operation {
        Some("GET" | "HEAD" | "OPTIONS") => return CallEffect::Read,
        Some("POST" | "PUT" | "PATCH" | "DELETE") => return CallEffect::Write,
        _ => {}
    }
    let writes = [
        "insert", "update", "delete", "save", "set", "put", "write", "execute", "publish", "send", "create", "del",
    ];
    if method != "send" && writes.iter().any(|word| method.starts_with(word)) {
        CallEffect::Write
    } else {
        CallEffect::Read
    }
}
