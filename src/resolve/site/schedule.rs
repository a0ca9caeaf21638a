//! The pauses that a retry goes through: how many there are, and what is asked for the next one.

use super::{Attempts, Schedule, Sites, retry::integer};
use crate::model::expr::{ExprId, ExprKind, LoopKind};

/// Turns of a `for`; follows names back to what they were bound to.
pub(super) fn turns(sites: &Sites, head: ExprId) -> Option<Attempts> {
    for it in sites.below_here(head) {
        match sites.kind(it) {
            ExprKind::Range {
                start,
                end: Some(end),
                inclusive,
            } => {
                let start = match start {
                    Some(start) => integer(sites, *start)?,
                    None => 0,
                };
                return Some(Attempts {
                    count: Some(*end),
                    plus: i64::from(*inclusive).saturating_sub(start),
                });
            }
            ExprKind::Method { method, args, .. } if method == "take" => {
                return args.first().map(|arg| Attempts {
                    count: Some(arg.value),
                    plus: 0,
                });
            }
            ExprKind::List(items) => {
                return Some(Attempts {
                    count: None,
                    plus: i64::try_from(items.len()).unwrap_or(i64::MAX),
                });
            }
            _ => {}
        }
    }
    let root = list_of(sites, head)?;
    match sites.name(root).and_then(|name| sites.binding(root, name)) {
        Some(init) if init < head => turns(sites, init),
        _ => Some(Attempts {
            count: Some(root),
            plus: 0,
        }),
    }
}

/// What is gone through: `delays` in `delays.iter().enumerate()`.
fn list_of(sites: &Sites, head: ExprId) -> Option<ExprId> {
    let mut at = head;
    loop {
        match sites.kind(at) {
            ExprKind::Method { receiver, method, .. } if is_adapter(method) => at = *receiver,
            ExprKind::Unary { value, .. } => at = *value,
            ExprKind::Path(_) | ExprKind::Field { .. } | ExprKind::List(_) | ExprKind::Macro { .. } => return Some(at),
            _ => return None,
        }
    }
}

/// Steps of an iterator that keep the number of its elements.
fn is_adapter(method: &str) -> bool {
    matches!(
        method,
        "iter"
            | "into_iter"
            | "iter_mut"
            | "copied"
            | "cloned"
            | "enumerate"
            | "map"
            | "rev"
            | "peekable"
            | "fuse"
            | "clone"
            | "by_ref"
            | "as_slice"
            | "as_ref"
            | "inspect"
    )
}

/// What a loop asks for its next pause, if it asks something.
pub(super) fn schedule(sites: &Sites, around: ExprId, id: ExprId) -> Option<Schedule> {
    if let ExprKind::Loop {
        kind: LoopKind::For,
        head: Some(head),
        ..
    } = sites.kind(around)
    {
        return Some(Schedule { of: *head, plus: 0 });
    }
    let asked = sites
        .below_here(around)
        .into_iter()
        .find(|it| is_asked(sites, *it, id))?;
    let ExprKind::Method { receiver, .. } = sites.kind(asked) else {
        return None;
    };
    let root = list_of(sites, *receiver)?;
    let of = sites
        .name(root)
        .and_then(|name| sites.binding(root, name))
        .map_or(root, |init| list_of(sites, init).unwrap_or(init));
    Some(Schedule {
        of,
        plus: u64::from(id < asked),
    })
}

/// `delays.next()`: asked for the next pause, not for work to do.
pub(super) fn is_asked(sites: &Sites, it: ExprId, id: ExprId) -> bool {
    let ExprKind::Method { method, .. } = sites.kind(it) else {
        return false;
    };
    let is_schedule = matches!(
        method.as_str(),
        "next" | "next_backoff" | "next_delay" | "next_interval" | "next_back_off"
    );
    let is_awaited = sites
        .parent(it)
        .is_some_and(|up| matches!(sites.kind(up), ExprKind::Await(_)));
    is_schedule && !is_awaited && !sites.is_inside(it, id)
}
