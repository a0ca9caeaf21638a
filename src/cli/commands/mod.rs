//! One module a command: arguments in, report made, text out.

pub(super) mod blast;
pub(super) mod check;
pub(super) mod explain;
pub(super) mod report;
pub(super) mod rules;
pub(super) mod scan;
pub(super) mod schema;
pub(super) mod why;
