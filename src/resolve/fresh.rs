//! Clients that are made for one call: built anew each time in the function that calls.

use crate::{
    catalog::schema::Role,
    model::{
        expr::{ExprId, ExprKind},
        location::Location,
    },
};

use super::{
    bodies::{At, BodyRef},
    effects::Primitive,
    infer::Callee,
    values::{Carrier, Context, Flow, Value},
};

/// What clients, and what builds them, are called. Requests and queries are made for one call by nature.
const CLIENTS: &[&str] = &[
    "Agent",
    "AgentBuilder",
    "Client",
    "ClientBuilder",
    "ConnectOptions",
    "Pool",
    "PoolOptions",
    "Producer",
    "Transport",
];

impl<'a> Flow<'_, 'a> {
    /// Where the client of a call is built, if the function that calls builds it each time.
    pub(crate) fn client_per_call(&self, primitive: &Primitive<'a>) -> Option<Location> {
        let context = Context::of(primitive.at.body);
        let values = match self.client_of(primitive, &context) {
            Value::Any(values) => values,
            other => vec![other],
        };
        let mut made: Option<Location> = None;
        for value in &values {
            let Value::Carrier(carrier) = value else { return None };
            if !is_client(carrier) || !self.is_fresh(primitive, &carrier.made) {
                return None;
            }
            made.get_or_insert_with(|| carrier.made.clone());
        }
        made
    }

    /// Built in the same run of the function: not in code that runs once, not before a loop round the call.
    fn is_fresh(&self, primitive: &Primitive<'a>, made: &Location) -> bool {
        let BodyRef::Function(id) = primitive.at.body else {
            return false;
        };
        let own = self.bodies.typed(primitive.at.body);
        let Some(sites) = own.sites.as_ref() else { return false };
        let file = self.bodies.world.function(id).file;
        let is_it = |expr: &ExprId| {
            let span = self.span(At {
                body: primitive.at.body,
                expr: *expr,
            });
            self.bodies.world.location(file, span) == *made
        };
        let makers = own.typed.callees.iter().filter_map(|(expr, callee)| match callee {
            Callee::Catalog { entry, .. } if entry.function.role == Role::Constructor => Some(*expr),
            _ => None,
        });
        let Some(maker) = makers.into_iter().find(is_it) else {
            return false;
        };
        let kind = |expr: ExprId| {
            self.bodies.kind(At {
                body: primitive.at.body,
                expr,
            })
        };
        let call = primitive.at.expr;
        let is_amortised = sites
            .ancestors(call)
            .any(|up| matches!(kind(up), ExprKind::Loop { .. }) && !sites.is_inside(maker, up));
        let runs_once = sites
            .ancestors(maker)
            .any(|up| matches!(kind(up), ExprKind::Closure { .. }) && !sites.is_inside(call, up));
        !is_amortised && !runs_once
    }
}

fn is_client(carrier: &Carrier) -> bool {
    let last = carrier.of.rsplit("::").next().unwrap_or_default();
    CLIENTS.iter().any(|end| last.ends_with(end))
}
