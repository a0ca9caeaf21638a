//! What becomes of an external call's answer and error where it is made.

use crate::model::call::{Condition, Delivery, Handling, StatusCheck};

use super::{
    effects::{CallSite, Primitive},
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

pub(crate) fn call_shape(_flow: &Flow<'_, '_>, _primitive: &Primitive<'_>) -> Shape {
    Shape {
        condition: Condition::Always,
        delivery: Delivery::Awaited,
        status: StatusCheck::Unknown,
        handling: Handling::Propagated,
        observed: false,
    }
}

pub(crate) fn site_shape(_flow: &Flow<'_, '_>, _site: &CallSite) -> Shape {
    Shape {
        condition: Condition::Always,
        delivery: Delivery::Awaited,
        status: StatusCheck::Unknown,
        handling: Handling::Propagated,
        observed: false,
    }
}
