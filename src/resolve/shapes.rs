//! Guards by shape: hand-written retry loops, selects against a clock.

use crate::model::{
    expr::{Arm, ExprId},
    guard::Layer,
};

use super::values::{Context, Flow};

/// The retry layer that a loop puts around a call, if it is re-entered on the call's failure.
pub(crate) fn retry_loop(_flow: &Flow<'_, '_>, _context: &Context, _at: ExprId, _call: ExprId) -> Option<Layer> {
    None
}

/// The timeout that a select puts around the future in one of its arms.
pub(crate) fn select_deadline(
    _flow: &Flow<'_, '_>,
    _context: &Context,
    _arms: &[Arm],
    _select: ExprId,
    _child: ExprId,
) -> Option<Layer> {
    None
}
