//! How often a retry tries.
//!
//! A counter's value at its check follows from three places: where it is changed (I), where it is checked (C), where
//! the call stands (X). With a start `s`, a limit `k` and one step each turn, the loop is left after
//! `k - s - [I before C] + [X before C]` calls.

use super::{
    Attempts, Sites,
    schedule::{is_asked, turns},
};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, Literal, LoopKind, Pattern},
};

/// Tries of a loop, and whether nothing ends it but success.
pub(super) fn limit(sites: &Sites, around: ExprId, id: ExprId) -> (Option<Attempts>, bool) {
    let ExprKind::Loop { kind, head, .. } = sites.kind(around) else {
        return (None, false);
    };
    if *kind == LoopKind::For {
        let attempts = head.and_then(|head| turns(sites, head));
        let is_open = head.is_some_and(|head| matches!(sites.kind(head), ExprKind::Range { end: None, .. }));
        if attempts.is_some() || !is_open {
            return (attempts, false);
        }
    }
    let here = sites.below_here(around);
    let checks = here.iter().filter_map(|it| Check::of(sites, *it, around));
    let mut attempts: Vec<Attempts> = checks.filter_map(|check| check.attempts(sites, around, id)).collect();
    attempts.sort_by_key(|it| (it.count, it.plus));
    if let Some(first) = attempts.first() {
        return (Some(*first), false);
    }
    (None, !here.iter().any(|it| is_other_bound(sites, *it, around, id)))
}

/// A number that is written there.
pub(super) fn integer(sites: &Sites, id: ExprId) -> Option<i64> {
    match sites.kind(id) {
        ExprKind::Literal(Literal::Int(value)) => Some(*value),
        _ => None,
    }
}

/// The name by which a counter is known: a local or a field.
fn counter_name<'s>(sites: &'s Sites, id: ExprId) -> Option<&'s Name> {
    match sites.kind(id) {
        ExprKind::Field { name, .. } => Some(name),
        _ => sites.name(id),
    }
}

/// A comparison of something that the loop counts, in a place that decides about leaving.
struct Check {
    at: ExprId,
    counter: ExprId,
    limit: ExprId,
    /// The comparison, counter first, under which the loop is left.
    leaves_if: &'static str,
    /// Where the counter is changed, and whether downwards.
    step: ExprId,
    is_down: bool,
}

impl Check {
    fn of(sites: &Sites, at: ExprId, around: ExprId) -> Option<Self> {
        let ExprKind::Binary { op, left, right } = sites.kind(at) else {
            return None;
        };
        let (counter, limit, op, (step, is_down)) = match step_of(sites, *left, around) {
            Some(step) => (*left, *right, compare(op)?, step),
            None => (*right, *left, flipped(compare(op)?), step_of(sites, *right, around)?),
        };
        if is_begun_inside(sites, counter_name(sites, counter)?, around) {
            return None;
        }
        let leaves_if = if leaves_when_true(sites, at, around)? {
            op
        } else {
            negated(op)
        };
        Some(Self {
            at,
            counter,
            limit,
            leaves_if,
            step,
            is_down,
        })
    }

    fn attempts(&self, sites: &Sites, around: ExprId, id: ExprId) -> Option<Attempts> {
        let order = i64::from(id < self.at) - i64::from(self.step < self.at);
        let name = counter_name(sites, self.counter)?;
        let init = sites.binding(around, name);
        if self.is_down {
            let last = integer(sites, self.limit)?;
            let shift = match self.leaves_if {
                "==" | "<=" => 0,
                "<" => 1,
                _ => return None,
            };
            let plus = order - last + shift;
            return Some(match init.and_then(|init| integer(sites, init)) {
                Some(start) => Attempts {
                    count: None,
                    plus: start + plus,
                },
                None => Attempts {
                    count: Some(init.unwrap_or(self.counter)),
                    plus,
                },
            });
        }
        let start = match init {
            Some(init) => integer(sites, init)?,
            None => 0,
        };
        let shift = match self.leaves_if {
            ">=" | "==" => 0,
            ">" => 1,
            _ => return None,
        };
        Some(Attempts {
            count: Some(self.limit),
            plus: shift - start + order,
        })
    }
}

/// Whether a counter is made, or set anew, inside the loop: then it does not count the loop's turns.
fn is_begun_inside(sites: &Sites, name: &Name, around: ExprId) -> bool {
    let writes = sites.writes.get(name).into_iter().flatten().copied();
    writes
        .filter(|write| sites.is_inside(*write, around))
        .any(|write| match sites.kind(write) {
            ExprKind::Bind { .. } => true,
            ExprKind::Assign { value, op: None, .. } => {
                let is_own = |it: &ExprId| counter_name(sites, *it) == Some(name);
                !sites.below_here(*value).iter().any(is_own)
            }
            _ => false,
        })
}

/// Where the loop adds to a counter, or takes from it.
fn step_of(sites: &Sites, id: ExprId, around: ExprId) -> Option<(ExprId, bool)> {
    let name = counter_name(sites, id)?;
    sites.below_here(around).into_iter().find_map(|it| {
        let ExprKind::Assign { target, value, op } = sites.kind(it) else {
            return None;
        };
        if counter_name(sites, *target)? != name {
            return None;
        }
        let changes = |value: ExprId| match sites.kind(value) {
            ExprKind::Binary { op, left, .. } if counter_name(sites, *left) == Some(name) => Some(op.as_str()),
            ExprKind::Method { receiver, method, .. } if counter_name(sites, *receiver) == Some(name) => {
                Some(if method.ends_with("_sub") { "-" } else { "+" })
            }
            _ => None,
        };
        match op.as_deref().or_else(|| changes(*value))? {
            "+=" | "+" => Some((it, false)),
            "-=" | "-" => Some((it, true)),
            _ => None,
        }
    })
}

fn compare(op: &str) -> Option<&'static str> {
    ["<", "<=", ">", ">=", "==", "!="].into_iter().find(|it| *it == op)
}

fn flipped(op: &'static str) -> &'static str {
    match op {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}

fn negated(op: &'static str) -> &'static str {
    match op {
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        "==" => "!=",
        _ => "==",
    }
}

/// Whether the loop is left where that comparison holds (or where it does not); `None` = it decides nothing of the sort.
pub(super) fn leaves_when_true(sites: &Sites, at: ExprId, around: ExprId) -> Option<bool> {
    decides(sites, at, around, MAX_NAMES)
}

/// Named conditions that are followed from one to the next.
const MAX_NAMES: usize = 3;

fn decides(sites: &Sites, at: ExprId, around: ExprId, names: usize) -> Option<bool> {
    let mut below = at;
    let mut is_negated = false;
    for up in sites.ancestors(at) {
        let leaves = |region: ExprId| sites.always_leaves(region, Some(around));
        let holds = match sites.kind(up) {
            ExprKind::Unary { op, .. } if op == "!" => {
                is_negated = !is_negated;
                below = up;
                continue;
            }
            ExprKind::Binary { op, .. } => {
                is_negated ^= op == "!=";
                below = up;
                continue;
            }
            ExprKind::Let { .. } => {
                below = up;
                continue;
            }
            ExprKind::Loop { head: Some(head), .. } if *head == below => (up == around).then_some(false),
            // `let is_last = 3 <= n;`
            ExprKind::Bind {
                pattern: Pattern::Bind { name, .. },
                ..
            } => {
                let names = names.checked_sub(1)?;
                let mut uses = sites.uses_after(up, name).into_iter();
                uses.find_map(|used| decides(sites, used, around, names))
            }
            ExprKind::If { cond, then, otherwise } if *cond == below => {
                if leaves(*then) {
                    Some(true)
                } else if otherwise.is_some_and(leaves)
                    || sites.rest_leaves(up, around)
                    || sites.may_leave(*then, around)
                {
                    Some(!sites.continues(*then, around) && sites.may_leave(*then, around))
                } else {
                    None
                }
            }
            ExprKind::Match { arms, .. } => arms
                .iter()
                .find(|arm| arm.guard == Some(below))
                .map(|arm| leaves(arm.body)),
            _ => None,
        };
        return holds.map(|holds| holds != is_negated);
    }
    None
}

/// Something else that ends the loop: elapsed time, a schedule that runs out, a policy that is asked.
fn is_other_bound(sites: &Sites, id: ExprId, around: ExprId, call: ExprId) -> bool {
    let has_word = |name: &str, words: &[&str]| words.iter().any(|word| name.contains(word));
    match sites.kind(id) {
        ExprKind::Binary { .. } => {
            let is_about = is_about_end(sites, id) || is_counted(sites, id, around);
            is_about && leaves_when_true(sites, id, around).is_some()
        }
        ExprKind::If { cond, then, .. } if sites.may_leave(*then, around) => asks_policy(sites, *cond),
        ExprKind::Match { arms, .. } => {
            let is_decided = arms.iter().any(|arm| sites.may_leave(arm.body, around));
            is_decided
                && arms
                    .iter()
                    .filter_map(|arm| arm.guard)
                    .any(|guard| asks_policy(sites, guard))
        }
        // A policy object that makes the tries itself: its own limit holds.
        ExprKind::Method { receiver, .. }
            if counter_name(sites, *receiver).is_some_and(|name| has_word(name, &["retry", "retries"])) =>
        {
            true
        }
        ExprKind::Method { .. } => is_asked(sites, id, call),
        _ => false,
    }
}

/// Whether a comparison is about something that is counted inside the loop.
fn is_counted(sites: &Sites, id: ExprId, around: ExprId) -> bool {
    let ExprKind::Binary { op, left, right } = sites.kind(id) else {
        return false;
    };
    compare(op).is_some()
        && [*left, *right]
            .iter()
            .any(|side| step_of(sites, *side, around).is_some())
}

/// Whether something is said of the tries or of the time that they take.
fn is_about_end(sites: &Sites, id: ExprId) -> bool {
    let words = ["elapsed", "now", "deadline", "attempt", "retries", "tries"];
    sites.below_here(id).into_iter().any(|it| {
        let name = sites.called(it).or_else(|| counter_name(sites, it));
        name.is_some_and(|name| words.iter().any(|word| name.contains(word)))
    })
}

/// Whether a decision is about the number of tries, or about the time that they take.
pub(super) fn is_bound(sites: &Sites, decision: ExprId, around: ExprId) -> bool {
    let (ExprKind::If { cond: test, .. } | ExprKind::Match { scrutinee: test, .. }) = sites.kind(decision) else {
        return false;
    };
    is_about_end(sites, *test)
        || asks_policy(sites, *test)
        || sites
            .below_here(*test)
            .into_iter()
            .any(|it| Check::of(sites, it, around).is_some() || is_asked(sites, it, decision))
}

/// Whether a condition asks something that knows how often is enough.
fn asks_policy(sites: &Sites, cond: ExprId) -> bool {
    let words = [
        "should_retry",
        "can_retry",
        "exhausted",
        "give_up",
        "max_",
        "limit",
        "deadline",
        "elapsed",
        "expired",
        "exceeded",
        "timed_out",
    ];
    sites
        .below_here(cond)
        .into_iter()
        .filter_map(|it| sites.called(it))
        .any(|name| words.iter().any(|word| name.contains(word)))
}

/// Tries of a function that calls itself at `again`.
pub(super) fn recursion_limit(sites: &Sites, again: ExprId, root: ExprId, params: &[Name]) -> (Option<Attempts>, bool) {
    let args = sites.arguments(again);
    let is_flag = args
        .iter()
        .any(|arg| matches!(sites.kind(*arg), ExprKind::Literal(Literal::Bool(_))));
    if is_flag {
        return (Some(Attempts { count: None, plus: 2 }), false);
    }
    let counted = args.iter().find_map(|arg| match sites.kind(*arg) {
        ExprKind::Binary { op, left, .. } if op == "+" || op == "-" => sites
            .name(*left)
            .filter(|name| params.contains(*name))
            .map(|name| (name, op == "-")),
        _ => None,
    });
    let Some((name, is_down)) = counted else {
        return (None, true);
    };
    let checks = sites.below(root).into_iter().filter_map(|it| match sites.kind(it) {
        ExprKind::Binary { op, left, right } if sites.name(*left) == Some(name) => Some((compare(op)?, *left, *right)),
        ExprKind::Binary { op, left, right } if sites.name(*right) == Some(name) => {
            Some((flipped(compare(op)?), *right, *left))
        }
        _ => None,
    });
    // Counted downwards, the parameter's first value is the number of further tries.
    let attempts = checks.into_iter().find_map(|(op, counter, limit)| match (op, is_down) {
        (_, true) => Some(Attempts {
            count: Some(counter),
            plus: 1,
        }),
        // Counted from zero: again while `n < k`, or not once `n >= k`.
        ("<" | ">=" | "==", false) => Some(Attempts {
            count: Some(limit),
            plus: 1,
        }),
        ("<=" | ">", false) => Some(Attempts {
            count: Some(limit),
            plus: 2,
        }),
        _ => None,
    });
    (attempts, attempts.is_none())
}
