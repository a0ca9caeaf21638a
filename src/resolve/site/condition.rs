//! When a call happens inside its function.

use super::{Polarity, Sites, polarity};
use crate::model::{
    Name,
    call::Condition,
    expr::{Arm, ExprId, ExprKind, Literal, LoopKind, Pattern},
};

/// Methods whose closure runs on failure or absence only.
const ON_ERROR: &[&str] = &["map_err", "or_else", "or_try_else", "unwrap_or_else"];

/// Methods whose closure fills a cache or cell.
const ON_MISS: &[&str] = &[
    "get_or_init",
    "get_or_insert_with",
    "get_or_try_init",
    "get_with",
    "optionally_get_with",
    "or_insert_with",
    "or_try_insert_with",
    "try_get_with",
];

/// Methods whose closure runs for each element, or for a value that may be absent.
const MAYBE: &[&str] = &[
    "and_then",
    "filter",
    "filter_map",
    "flat_map",
    "fold",
    "for_each",
    "for_each_concurrent",
    "is_some_and",
    "map",
    "map_or",
    "map_or_else",
    "then",
    "try_for_each",
    "try_for_each_concurrent",
];

impl Sites<'_> {
    /// When the expression at `id` is evaluated, as far as the shape of its function tells.
    ///
    /// The most special word wins: on error, then cache miss, then flag, then any branch.
    #[must_use]
    pub(crate) fn condition(&self, id: ExprId) -> Condition {
        let mut strongest = Condition::Always;
        let mut below = id;
        for up in self.ancestors(id) {
            let next = self.condition_in(up, below);
            if rank(strongest) < rank(next) {
                strongest = next;
            }
            below = up;
        }
        strongest
    }

    fn condition_in(&self, up: ExprId, below: ExprId) -> Condition {
        match self.kind(up) {
            ExprKind::If { cond, then, .. } if *cond != below => self.of_test(*cond, *then == below),
            ExprKind::Match { scrutinee, arms } if *scrutinee != below => self.of_arm(*scrutinee, arms, below),
            ExprKind::Bind {
                pattern,
                init: Some(init),
                otherwise,
                ..
            } if *otherwise == Some(below) => self.of_pattern(pattern, *init, false),
            ExprKind::Binary { op, right, .. } if *right == below && (op == "&&" || op == "||") => Condition::Branch,
            ExprKind::Loop { kind, head, body, .. } if *body == below => self.of_loop(*kind, *head),
            ExprKind::Select(arms) if arms.iter().any(|arm| arm.body == below) => Condition::Branch,
            ExprKind::TryCatch { catches, .. } if catches.iter().any(|arm| arm.body == below) => Condition::OnError,
            ExprKind::Method { receiver, method, .. } if *receiver != below => {
                self.of_closure(*receiver, method, below)
            }
            ExprKind::Block { stmts, .. } => self.after_exits(stmts, below),
            _ => Condition::Always,
        }
    }

    fn of_closure(&self, receiver: ExprId, method: &str, argument: ExprId) -> Condition {
        if !matches!(
            self.kind(argument),
            ExprKind::Closure { .. } | ExprKind::Block { is_async: true, .. }
        ) {
            return Condition::Always;
        }
        match method {
            _ if ON_MISS.contains(&method) => Condition::CacheMiss,
            _ if ON_ERROR.contains(&method) && self.is_lookup(receiver, true) => Condition::CacheMiss,
            _ if ON_ERROR.contains(&method) => Condition::OnError,
            _ if MAYBE.contains(&method) => Condition::Branch,
            _ => Condition::Always,
        }
    }

    fn of_loop(&self, kind: LoopKind, head: Option<ExprId>) -> Condition {
        let head = head.map(|head| self.kind(head));
        match (kind, head) {
            (LoopKind::Loop, _)
            | (LoopKind::For, Some(ExprKind::Range { .. }))
            | (LoopKind::While, Some(ExprKind::Literal(Literal::Bool(true)))) => Condition::Always,
            _ => Condition::Branch,
        }
    }

    fn of_arm(&self, scrutinee: ExprId, arms: &[Arm], body: ExprId) -> Condition {
        let Some(arm) = arms.iter().find(|arm| arm.body == body || arm.guard == Some(body)) else {
            return Condition::Branch;
        };
        if arms.len() == 1 {
            return Condition::Always;
        }
        let rest = |wanted: Polarity| arms.iter().any(|other| polarity(&other.pattern) == wanted);
        match polarity(&arm.pattern) {
            // A catch-all beside `Ok` or `Some` is what is left of it.
            Polarity::Any if rest(Polarity::Success) && !rest(Polarity::Failure) => {
                let success = arms.iter().find(|other| polarity(&other.pattern) == Polarity::Success);
                success.map_or(Condition::Branch, |success| {
                    self.of_pattern(&success.pattern, scrutinee, false)
                })
            }
            _ => self.of_pattern(&arm.pattern, scrutinee, true),
        }
    }

    /// Code that runs where `pattern` matches (or does not match) a value.
    fn of_pattern(&self, pattern: &Pattern, value: ExprId, matched: bool) -> Condition {
        let is_option = mentions(pattern, "Some") || mentions(pattern, "None");
        let failed = match (polarity(pattern), matched) {
            (Polarity::Failure, matched) => matched,
            (Polarity::Success, matched) => !matched,
            _ => return Condition::Branch,
        };
        match (failed, is_option) {
            // What follows success is on the way that `?` takes, too.
            (false, false) => Condition::Always,
            (false, true) => Condition::Branch,
            (true, _) if self.is_lookup(value, is_option) => Condition::CacheMiss,
            (true, true) if !mentions(pattern, "Ok") && !mentions(pattern, "Err") => Condition::Branch,
            (true, _) => Condition::OnError,
        }
    }

    /// Code under a condition that held (or did not hold).
    fn of_test(&self, cond: ExprId, held: bool) -> Condition {
        match self.kind(cond) {
            ExprKind::Unary { op, value } if op == "!" => self.of_test(*value, !held),
            ExprKind::Let { pattern, value } => self.of_pattern(pattern, *value, held),
            ExprKind::Method { receiver, method, .. } => match (method.as_str(), held) {
                ("is_err", true) | ("is_ok", false) => Condition::OnError,
                ("is_none", true) | ("is_some", false) if self.is_lookup(*receiver, true) => Condition::CacheMiss,
                _ if is_flag(method) => Condition::Flag,
                _ => Condition::Branch,
            },
            ExprKind::Binary { op, left, right } if op == "&&" || op == "||" => {
                let (left, right) = (self.of_test(*left, held), self.of_test(*right, held));
                let stronger = if rank(left) < rank(right) { right } else { left };
                if stronger == Condition::Always {
                    Condition::Branch
                } else {
                    stronger
                }
            }
            ExprKind::Macro { path, .. } if path.last().is_some_and(|name| name == "cfg") => Condition::Flag,
            ExprKind::Path(path) if path.last().is_some_and(|name| is_flag(name)) => Condition::Flag,
            ExprKind::Field { base, name } if is_flag(name) || self.is_configuration(*base) => Condition::Flag,
            ExprKind::Call { .. } if self.called(cond).is_some_and(|name| is_flag(name)) => Condition::Flag,
            _ => Condition::Branch,
        }
    }

    /// Earlier statements of a block that return early leave the rest to the other case.
    fn after_exits(&self, stmts: &[ExprId], below: ExprId) -> Condition {
        let mut strongest = Condition::Always;
        for stmt in stmts.iter().take_while(|stmt| **stmt != below) {
            let ExprKind::If {
                cond,
                then,
                otherwise: None,
            } = self.kind(*stmt)
            else {
                continue;
            };
            // An exit by error is like `?`: what follows is the normal way.
            if !self.returns_success(*then) {
                continue;
            }
            let next = match self.of_test(*cond, false) {
                Condition::Always => Condition::Branch,
                other => other,
            };
            if rank(strongest) < rank(next) {
                strongest = next;
            }
        }
        strongest
    }

    fn returns_success(&self, region: ExprId) -> bool {
        let ExprKind::Block { stmts, .. } = self.kind(region) else {
            return false;
        };
        stmts.last().is_some_and(|last| match self.kind(*last) {
            ExprKind::Return(Some(value)) => self.called(*value).is_none_or(|name| name != "Err"),
            ExprKind::Return(None) | ExprKind::Continue { .. } => true,
            _ => false,
        })
    }

    /// `cache.get(key)`, `find_cached(…)`, through `await` and `?`, or a name that was bound to one. A plain `get` is a
    /// lookup only where it gives an `Option`.
    fn is_lookup(&self, value: ExprId, is_option: bool) -> bool {
        let is_lookup_name =
            |name: &str| name.contains("cache") || (is_option && matches!(name, "get" | "lookup" | "peek" | "get_mut"));
        let mut id = value;
        let mut is_named = false;
        loop {
            match self.kind(id) {
                ExprKind::Await(inner) | ExprKind::Try(inner) => id = *inner,
                ExprKind::Method { receiver, method, .. } => {
                    if is_lookup_name(method) || self.is_cache(*receiver) {
                        return true;
                    }
                    if !matches!(
                        method.as_str(),
                        "as_deref" | "as_ref" | "clone" | "cloned" | "copied" | "flatten" | "ok"
                    ) {
                        return false;
                    }
                    id = *receiver;
                }
                ExprKind::Call { .. } => return self.called(id).is_some_and(|name| is_lookup_name(name)),
                ExprKind::Path(path) => {
                    if path.last().is_some_and(|name| name.contains("cached")) {
                        return true;
                    }
                    match self.name(id).and_then(|name| self.binding(id, name)) {
                        Some(init) if !is_named => {
                            is_named = true;
                            id = init;
                        }
                        _ => return false,
                    }
                }
                _ => return false,
            }
        }
    }

    fn is_cache(&self, receiver: ExprId) -> bool {
        let name = match self.kind(receiver) {
            ExprKind::Path(path) => path.last(),
            ExprKind::Field { name, .. } => Some(name),
            _ => None,
        };
        name.is_some_and(|name| name.to_lowercase().contains("cache"))
    }

    fn is_configuration(&self, base: ExprId) -> bool {
        let name = match self.kind(base) {
            ExprKind::Path(path) => path.last().map(Name::as_str),
            ExprKind::Field { name, .. } => Some(name.as_str()),
            ExprKind::Method { method, .. } => Some(method.as_str()),
            _ => None,
        };
        name.is_some_and(|name| {
            matches!(
                name,
                "args" | "cfg" | "conf" | "config" | "configuration" | "opts" | "options" | "settings"
            )
        })
    }
}

fn is_flag(name: &str) -> bool {
    let name = name.to_lowercase();
    let has = |word: &str| name.contains(word);
    has("enable") || has("disable") || has("flag") || has("feature") || has("dry_run") || name.starts_with("use_")
}

fn mentions(pattern: &Pattern, wanted: &str) -> bool {
    match pattern {
        Pattern::TupleStruct { path, items } => {
            path.last().is_some_and(|name| name == wanted) || items.iter().any(|item| mentions(item, wanted))
        }
        Pattern::Path(path) => path.last().is_some_and(|name| name == wanted),
        Pattern::Tuple(items) | Pattern::Or(items) => items.iter().any(|item| mentions(item, wanted)),
        Pattern::Typed { pattern, .. } => mentions(pattern, wanted),
        _ => false,
    }
}

const fn rank(condition: Condition) -> u8 {
    match condition {
        Condition::Always => 0,
        Condition::Branch => 1,
        Condition::Flag => 2,
        Condition::CacheMiss => 3,
        Condition::OnError => 4,
    }
}
