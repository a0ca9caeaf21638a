//! What becomes of an external call's answer and error where it is made.

use crate::{
    catalog::schema::{Role, Status},
    model::{
        call::{Condition, Delivery, Handling, StatusCheck},
        expr::ExprId,
    },
};

use super::{
    bodies::{At, BodyRef},
    effects::{CallSite, Primitive},
    infer::Callee,
    site::Observe,
    ty::Ty,
    values::Flow,
};

/// The attributes of one call or site.
pub(crate) struct Shape {
    pub(crate) condition: Condition,
    pub(crate) delivery: Delivery,
    pub(crate) status: StatusCheck,
    pub(crate) handling: Handling,
    pub(crate) observed: bool,
}

/// The attributes of an external call.
pub(crate) fn call_shape(flow: &Flow<'_, '_>, primitive: &Primitive<'_>) -> Shape {
    let mut shape = shape(flow, primitive.at);
    shape.status = match primitive.entry.function.status {
        Some(Status::Ignored) => shape.status,
        Some(Status::Checked) | None => StatusCheck::Checked,
    };
    shape
}

/// The attributes of a call of our own functions.
pub(crate) fn site_shape(flow: &Flow<'_, '_>, site: &CallSite) -> Shape {
    shape(flow, site.at)
}

fn shape(flow: &Flow<'_, '_>, at: At) -> Shape {
    let own = flow.bodies.typed(at.body);
    let Some(sites) = &own.sites else {
        return Shape {
            condition: Condition::Always,
            delivery: Delivery::Awaited,
            status: StatusCheck::Unknown,
            handling: Handling::Unknown,
            observed: false,
        };
    };
    let role = |expr: ExprId| match own.typed.callees.get(&expr) {
        Some(Callee::Catalog { entry, .. }) => Some(entry.function.role),
        _ => None,
    };
    let observes = |expr: ExprId| match role(expr) {
        Some(Role::Observe) => Observe::Loudly,
        Some(Role::ObserveQuietly) => Observe::Quietly,
        _ => Observe::No,
    };
    let is_spawn = |expr: ExprId| role(expr) == Some(Role::Spawn);
    let (handling, observed) = sites.handling(at.expr, &observes, returns_result(flow, at.body));
    Shape {
        condition: sites.condition(at.expr),
        delivery: sites.delivery(at.expr, &is_spawn),
        status: sites.status_checked(at.expr),
        handling,
        observed,
    }
}

/// Whether what the function returns can tell of a failure.
fn returns_result(flow: &Flow<'_, '_>, body: BodyRef) -> bool {
    let BodyRef::Function(id) = body else { return true };
    let ret = &flow.bodies.world.function(id).signature.ret;
    let mut at = ret.clone();
    while let Ty::Future(of) = &at {
        at = of.as_ref().clone();
    }
    !matches!(at, Ty::Prim(_) | Ty::Never)
}
