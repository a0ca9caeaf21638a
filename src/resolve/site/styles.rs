//! How failures travel in languages other than Rust: thrown, returned beside the value, or kept in a promise.

use std::collections::BTreeSet;

use super::{
    Polarity, Sites,
    flow::{Tested, Walker},
    way::{End, Way},
};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, Literal, Pattern},
    fact::Language,
};

/// How a call tells of its failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FailureStyle {
    /// A value that has to be looked at: `Result`.
    #[default]
    Value,
    /// The last of several values: `resp, err := …`.
    Pair,
    /// An exception; asynchronous calls keep it until they are awaited.
    Thrown,
}

impl FailureStyle {
    /// The style of a language.
    pub(crate) const fn of(language: Language) -> Self {
        match language {
            Language::Rust | Language::Other => Self::Value,
            Language::Go => Self::Pair,
            Language::Python
            | Language::TypeScript
            | Language::JavaScript
            | Language::Java
            | Language::Kotlin
            | Language::CSharp
            | Language::Ruby
            | Language::Php => Self::Thrown,
        }
    }
}

/// Methods of promises that take the failure's place: with the code that runs then.
const CATCHING: &[&str] = &[
    "catch",
    "exceptionally",
    "onErrorComplete",
    "onErrorResume",
    "onErrorReturn",
];

/// Members that wait for a promise in place.
const WAITING: &[&str] = &["GetAwaiter", "Result", "Wait", "block", "get", "join"];

/// Functions that end the process.
const ENDING: &[&str] = &["Exit", "FailFast", "Fatal", "Fatalf", "Fatalln", "panic"];

impl Sites<'_> {
    /// The same body in another style; `futures` are the calls that start something to be awaited.
    #[must_use]
    pub(crate) fn with_style(mut self, style: FailureStyle, futures: BTreeSet<ExprId>) -> Self {
        self.style = style;
        self.futures = futures;
        self
    }

    /// Started by the call itself, and nobody waits: a promise that is dropped.
    #[must_use]
    pub(crate) fn is_unawaited(&self, id: ExprId) -> bool {
        if self.style != FailureStyle::Thrown || !self.futures.contains(&id) {
            return false;
        }
        let mut below = id;
        for up in self.ancestors(id) {
            match self.kind(up) {
                ExprKind::Method { receiver, method, .. } if *receiver == below => {
                    if WAITING.contains(&method.as_str()) {
                        return false;
                    }
                }
                ExprKind::Unary { .. } => {}
                ExprKind::Block { stmts, has_tail, .. } => return !*has_tail || stmts.last() != Some(&below),
                ExprKind::Bind { pattern, .. } => {
                    let mut names = Vec::new();
                    pattern.names(&mut names);
                    return names.iter().all(|name| self.uses_after(up, name).is_empty());
                }
                _ => return false,
            }
            below = up;
        }
        false
    }

    /// A returned value that tells of failure beside the result: its last part is neither nothing nor a plain literal.
    pub(super) fn returns_error(&self, value: ExprId) -> bool {
        if self.style != FailureStyle::Pair {
            return false;
        }
        let last = match self.kind(value) {
            ExprKind::List(items) => items.last().copied(),
            _ => Some(value),
        };
        last.is_some_and(|last| !matches!(self.kind(last), ExprKind::Literal(_)))
    }

    /// A call that ends the process.
    pub(super) fn ends_process(&self, id: ExprId) -> bool {
        self.style == FailureStyle::Pair && self.called(id).is_some_and(|name| ENDING.contains(&name.as_str()))
    }
}

impl Walker<'_, '_> {
    /// Begin at the call that may fail.
    pub(super) fn start(&mut self, id: ExprId) {
        match self.sites.style {
            FailureStyle::Thrown if self.sites.futures.contains(&id) => self.promise(id),
            FailureStyle::Thrown => self.thrown(id),
            FailureStyle::Value | FailureStyle::Pair => self.on(id, Way::default()),
        }
    }

    /// An exception goes to the nearest handler around, through the code that runs the closures it passes.
    fn thrown(&mut self, id: ExprId) {
        let mut below = id;
        for up in self.sites.ancestors(id) {
            match self.sites.kind(up) {
                ExprKind::TryCatch { body, catches, .. } if *body == below && !catches.is_empty() => {
                    let end = End::Split {
                        success: vec![*body],
                        failure: catches.iter().map(|arm| arm.body).collect(),
                        is_option: false,
                    };
                    self.end(up, end, Way::default());
                    return;
                }
                ExprKind::Method {
                    receiver, method, args, ..
                } if *receiver == below && CATCHING.contains(&method.as_str()) => {
                    let closure = args.last().map(|arg| arg.value);
                    self.end(up, End::Defaulted { closure }, Way::default());
                    return;
                }
                ExprKind::Spawn(_) => {
                    self.end(up, End::Dropped, Way::default());
                    return;
                }
                _ => {}
            }
            below = up;
        }
        self.end(id, End::Escapes { to: None }, Way::default());
    }

    /// A promise keeps the failure until it is awaited, caught, handed on or dropped.
    fn promise(&mut self, id: ExprId) {
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Some(up) = self.sites.parent(id) else {
                self.end(id, End::Escapes { to: None }, Way::default());
                continue;
            };
            match self.sites.kind(up) {
                ExprKind::Await(_) => self.thrown(up),
                ExprKind::Return(_) => self.end(up, End::Escapes { to: None }, Way::default()),
                ExprKind::Field { name, .. } if WAITING.contains(&name.as_str()) => self.thrown(up),
                ExprKind::Method {
                    receiver, method, args, ..
                } if *receiver == id => {
                    let second = args.get(1).filter(|_| method == "then");
                    let handler = if CATCHING.contains(&method.as_str()) {
                        args.last()
                    } else {
                        second
                    };
                    match handler {
                        Some(handler) => {
                            let closure = Some(handler.value);
                            self.end(up, End::Defaulted { closure }, Way::default());
                        }
                        None if WAITING.contains(&method.as_str()) => self.thrown(up),
                        None => open.push(up),
                    }
                }
                ExprKind::Block { stmts, has_tail, .. } => {
                    if *has_tail && stmts.last() == Some(&id) {
                        open.push(up);
                    } else {
                        self.end(id, End::Dropped, Way::default());
                    }
                }
                ExprKind::Unary { .. } | ExprKind::Spawn(_) => self.end(up, End::Dropped, Way::default()),
                ExprKind::Bind { pattern, .. } => {
                    let mut names = Vec::new();
                    pattern.names(&mut names);
                    let uses: Vec<ExprId> = names.iter().flat_map(|name| self.sites.uses_after(up, name)).collect();
                    if uses.is_empty() {
                        self.end(up, End::Dropped, Way::default());
                    }
                    open.extend(uses);
                }
                ExprKind::Assign { .. } | ExprKind::Struct { .. } => self.end(up, End::Moved, Way::default()),
                _ => open.push(up),
            }
        }
    }

    /// `value, err := …`: the failure is in the last name.
    pub(super) fn pair(&mut self, at: ExprId, pattern: &Pattern, way: Way) -> bool {
        let (FailureStyle::Pair, Pattern::Tuple(items)) = (self.sites.style, pattern) else {
            return false;
        };
        let mut names = Vec::new();
        items.iter().rev().take(1).for_each(|last| last.names(&mut names));
        self.error_in(at, names.first(), way);
        true
    }

    /// `value, err = …`.
    pub(super) fn assigned_pair(&mut self, at: ExprId, target: ExprId, way: Way) -> bool {
        let (FailureStyle::Pair, ExprKind::List(items)) = (self.sites.style, self.sites.kind(target)) else {
            return false;
        };
        let name = items.last().and_then(|last| self.sites.name(*last)).cloned();
        self.error_in(at, name.as_ref(), way);
        true
    }

    fn error_in(&mut self, at: ExprId, name: Option<&Name>, way: Way) {
        let uses = match name {
            Some(name) if name != "_" => self.sites.uses_after(at, name),
            _ => Vec::new(),
        };
        if uses.is_empty() {
            self.end(at, End::Dropped, way);
        }
        for used in uses {
            self.on(used, way);
        }
    }

    /// `err != nil`: a test for failure.
    pub(super) fn null_test(&mut self, test: ExprId, way: Way) -> bool {
        let ExprKind::Binary { op, left, right } = self.sites.kind(test) else {
            return false;
        };
        let is_null = |id: &ExprId| matches!(self.sites.kind(*id), ExprKind::Literal(Literal::Null));
        let found = match op.as_str() {
            "!=" => Polarity::Failure,
            "==" => Polarity::Success,
            _ => return false,
        };
        if self.sites.style != FailureStyle::Pair || !(is_null(left) || is_null(right)) {
            return false;
        }
        self.condition(test, found, Tested::of_error(), way);
        true
    }
}
