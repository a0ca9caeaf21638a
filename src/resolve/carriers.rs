//! Values of calls: builder chains of catalogued libraries, wrappers of std, own constructors and accessors.

use std::sync::Arc;

use crate::{
    catalog::{lookup::FunctionRef, schema::Role},
    model::{
        Name,
        expr::{Arg, ExprId, ExprKind},
        term::{ConfigKey, ConfigKind, Term, Unit},
    },
};

use super::{
    amounts::{timed, unit_of},
    bodies::{At, BodyRef},
    infer::Callee,
    ty::{FnId, Ty},
    values::{Context, Flow, Value, as_term, union},
};

/// Accessors that hand on what they are called on, or what is inside it.
const TRANSPARENT: &[&str] = &[
    "clone",
    "to_owned",
    "to_string",
    "into",
    "try_into",
    "as_ref",
    "as_mut",
    "as_str",
    "as_deref",
    "as_deref_mut",
    "unwrap",
    "expect",
    "ok",
    "ok_or",
    "ok_or_else",
    "map_err",
    "context",
    "with_context",
    "wrap_err",
    "iter",
    "into_iter",
    "borrow",
    "borrow_mut",
    "lock",
    "read",
    "write",
    "load",
    "load_full",
    "get",
    "get_mut",
    "cloned",
    "copied",
    "take",
    "trim",
    "boxed",
    "deref",
    "deref_mut",
    "into_inner",
    "inner",
    "by_ref",
    "parse",
    "as_bytes",
    "into_owned",
    "inspect",
    "inspect_err",
    "first",
    "last",
    "next",
    "values",
    "fuse",
    "unwrap_unchecked",
    "get_ref",
    "downgrade",
    "upgrade",
    "to_vec",
    "flatten",
    "transpose",
    "as_secs",
    "as_millis",
    "into_string",
    "leak",
    "trim_end_matches",
    "trim_start_matches",
    "to_str",
    "filter",
    "unwrap_or_default",
    "or_insert_with",
    "expose_secret",
    "as_url",
    "to_lowercase",
    "shared",
    "instrument",
    "in_current_span",
    "await",
    "entry",
    "collect",
    "enumerate",
    "remove",
    "swap",
    "replace",
    "into_future",
    "to_string_lossy",
    "split",
    "split_whitespace",
    "lines",
    "chain",
    "peekable",
];

impl<'a> Flow<'_, 'a> {
    /// The value of a call, method call or macro.
    pub(crate) fn eval_call(&self, context: &Context, expr: ExprId) -> Value {
        let typed = &self.bodies.typed(context.body).typed;
        match typed.callees.get(&expr) {
            Some(Callee::Own { ids, .. }) => self.eval_own(context, expr, ids),
            Some(Callee::Catalog { entry, of, .. }) => self.eval_catalog(context, expr, entry, of),
            Some(Callee::Local(local)) => self.eval_closure(&self.eval_local(context, *local)),
            Some(Callee::Constructor) => self.eval_constructor(context, expr),
            Some(Callee::Outside(path)) => self.eval_outside(context, expr, path),
            Some(Callee::Unresolved(_)) | None => self.eval_outside(context, expr, &Name::default()),
        }
    }

    /// What a function of ours returns when called like this.
    fn eval_own(&self, context: &Context, expr: ExprId, ids: &[FnId]) -> Value {
        let site = At {
            body: context.body,
            expr,
        };
        // A recursion that comes back to the same call gives nothing that its first round does not.
        let mut frame = context.frame.as_ref();
        while let Some(call) = frame {
            if call.site == site {
                return Value::Nothing;
            }
            frame = call.outer.as_ref();
        }
        let frame = self.frame(site, context.frame.as_ref());
        union(ids.iter().map(|id| self.eval_returns(*id, Some(Arc::clone(&frame)))))
    }

    /// The union of what a function returns.
    pub(crate) fn eval_returns(&self, id: FnId, frame: Option<super::values::Frame>) -> Value {
        let body = BodyRef::Function(id);
        let inner = Context { body, frame };
        let own = self.bodies.typed(body);
        if own.returns.is_empty() {
            return Value::Unknown(Name::new("a function without body"));
        }
        // The callee's locals are its own: what is pinned here does not hold there.
        union(own.returns.iter().map(|value| self.eval(&inner, *value)))
    }

    /// What running a closure or function value gives.
    pub(crate) fn eval_closure(&self, code: &Value) -> Value {
        match code {
            Value::Closure(at, frame) => match self.bodies.kind(*at) {
                ExprKind::Closure { body, .. } => self.eval(
                    &Context {
                        body: at.body,
                        frame: frame.clone(),
                    },
                    *body,
                ),
                _ => Value::Nothing,
            },
            Value::Function(id) => self.eval_returns(*id, None),
            Value::Any(values) => union(values.iter().map(|value| self.eval_closure(value))),
            _ => Value::Unknown(Name::new("the result of code that is not known")),
        }
    }

    fn eval_constructor(&self, context: &Context, expr: ExprId) -> Value {
        match self.bodies.kind(At {
            body: context.body,
            expr,
        }) {
            // A newtype is as good as its content.
            ExprKind::Call { args, .. } if args.len() == 1 => self.eval(context, args[0].value),
            ExprKind::Call { args, .. } => Value::List(args.iter().map(|arg| self.eval(context, arg.value)).collect()),
            _ => Value::Nothing,
        }
    }

    fn args_of(&self, context: &Context, expr: ExprId) -> (Option<ExprId>, &'a [Arg]) {
        match self.bodies.kind(At {
            body: context.body,
            expr,
        }) {
            ExprKind::Call { args, .. } | ExprKind::Macro { args, .. } => (None, args),
            ExprKind::Method { receiver, args, .. } => (Some(*receiver), args),
            _ => (None, &[]),
        }
    }

    /// Calls outside the catalogue: std's wrappers and accessors by name.
    fn eval_outside(&self, context: &Context, expr: ExprId, path: &str) -> Value {
        let at = At {
            body: context.body,
            expr,
        };
        match self.bodies.kind(at) {
            ExprKind::Method {
                receiver, method, args, ..
            } => self.eval_accessor(context, expr, *receiver, method, args),
            ExprKind::Call { args, .. } => {
                let last = path.rsplit("::").next().unwrap_or_default();
                match (last, args.as_slice()) {
                    (
                        "new" | "pin" | "from" | "Some" | "Ok" | "clone" | "ready" | "from_str" | "parse" | "try_from"
                        | "as_ref" | "from_static" | "from_pointee" | "take" | "with_value" | "to_owned" | "from_ref"
                        | "new_unchecked" | "init" | "Right" | "Left" | "from_fn" | "pin_mut" | "boxed",
                        [only],
                    ) => {
                        let value = self.eval(context, only.value);
                        match &value {
                            Value::Closure(..) | Value::Function(_) if last != "Some" && last != "Ok" => {
                                self.eval_closure(&value)
                            }
                            _ => value,
                        }
                    }
                    ("default", []) => self.eval_default(context, expr),
                    ("Err", _) => Value::Nothing,
                    ("from_secs_f64" | "from_secs_f32", [only]) => {
                        timed(&self.eval(context, only.value), Unit::Seconds)
                    }
                    _ => Value::Unknown(Name::from(format!("the result of {path}"))),
                }
            }
            ExprKind::Macro { path, args, .. } => match path.last().map(Name::as_str) {
                Some("env" | "option_env") => match args.first().map(|arg| self.term(context, arg.value)) {
                    Some(Term::Text(name)) => Value::Term(Term::Config {
                        key: ConfigKey {
                            kind: ConfigKind::Env,
                            name,
                        },
                        default: None,
                    }),
                    _ => Value::Unknown(Name::new("a build-time variable")),
                },
                Some(super::spelled::CONFIG) => self.configured(context, args),
                Some("dbg" | "pin") => args.first().map_or(Value::Nothing, |arg| self.eval(context, arg.value)),
                Some("panic" | "bail" | "unreachable" | "todo") => Value::Nothing,
                _ => Value::Unknown(Name::new("the result of a macro")),
            },
            _ => Value::Unknown(Name::new("not followed")),
        }
    }

    /// A placeholder of a configuration file: key, default.
    fn configured(&self, context: &Context, args: &[Arg]) -> Value {
        let text = |idx: usize| args.get(idx).map(|arg| self.term(context, arg.value));
        match text(0) {
            Some(Term::Text(name)) => Value::Term(Term::Config {
                key: ConfigKey {
                    kind: ConfigKind::Key,
                    name,
                },
                default: text(1).map(Box::new),
            }),
            _ => Value::Unknown(Name::new("a configuration key that is not literal")),
        }
    }

    fn eval_default(&self, context: &Context, expr: ExprId) -> Value {
        let ty = self.bodies.typed(context.body).typed.ty(expr).clone();
        match ty {
            Ty::Ext(of, _) => {
                let package = self.package_of(context.body);
                let world = self.bodies.world;
                let version = |library| world.library_version(package, library);
                match world.catalog.method(&of, "default", 0, &version) {
                    Some(entry) => self.eval_catalog(context, expr, &entry, &of),
                    None => Value::Unknown(Name::from(format!("the default of {of}"))),
                }
            }
            _ => Value::Unknown(Name::new("a default value")),
        }
    }

    pub(crate) fn package_of(&self, body: BodyRef) -> usize {
        let world = self.bodies.world;
        match body {
            BodyRef::Function(id) => world.function(id).package,
            BodyRef::Constant(id) => world.crates[world.module(world.constant(id).module).krate].package,
        }
    }

    fn eval_accessor(&self, context: &Context, expr: ExprId, receiver: ExprId, method: &str, args: &[Arg]) -> Value {
        let first = |this: &Self| args.first().map_or(Value::Nothing, |arg| this.eval(context, arg.value));
        match method {
            "unwrap_or" | "or" => or_default(self.eval(context, receiver), first(self)),
            "unwrap_or_else" | "or_else" => {
                let default = self.eval_closure(&first(self));
                or_default(self.eval(context, receiver), default)
            }
            "unwrap_or_default" => self.eval(context, receiver),
            "map_or" => {
                let code = args.get(1).map_or(Value::Nothing, |arg| self.eval(context, arg.value));
                union([first(self), self.eval_closure(&code)])
            }
            "map_or_else" => {
                let code = args.get(1).map_or(Value::Nothing, |arg| self.eval(context, arg.value));
                union([self.eval_closure(&first(self)), self.eval_closure(&code)])
            }
            "map" | "and_then" | "then" | "map_ok" => {
                let held = self.eval(context, receiver);
                if held == Value::Term(Term::Absent) {
                    return held;
                }
                let made = self.apply(context, args.first().map(|arg| arg.value), &held);
                // What maps an optional value is optional too.
                let may_be_absent = matches!(&held, Value::Any(values) if values.contains(&Value::Term(Term::Absent)));
                if may_be_absent {
                    union([made, Value::Term(Term::Absent)])
                } else {
                    made
                }
            }
            "then_some" => union([first(self), Value::Term(Term::Absent)]),
            "get_or_init" | "get_or_try_init" | "get_or_insert_with" | "or_insert_with" | "try_insert_with" => {
                self.eval_closure(&first(self))
            }
            "saturating_mul" | "mul" | "checked_mul" | "mul_f64" | "mul_f32" => {
                Value::Term(Term::Product(vec![self.term(context, receiver), as_term(&first(self))]))
            }
            "saturating_add" | "add" | "checked_add" => {
                Value::Term(Term::Sum(vec![self.term(context, receiver), as_term(&first(self))]))
            }
            "join" => self.eval(context, receiver),
            _ if TRANSPARENT.contains(&method) => self.eval(context, receiver),
            _ => {
                let value = self.eval(context, receiver);
                match &value {
                    // A method that the catalogue does not list, on a configured object of the same library, hands it on:
                    // right for nearly all chain calls (performance notes).
                    Value::Carrier(_) if self.stays_in_crate(context, expr) => value,
                    _ => Value::Unknown(Name::from(format!("the result of .{method}()"))),
                }
            }
        }
    }

    fn is_transparent(&self, context: &Context, expr: ExprId) -> bool {
        let at = At {
            body: context.body,
            expr,
        };
        matches!(self.bodies.kind(at), ExprKind::Method { method, .. } if TRANSPARENT.contains(&method.as_str()))
    }

    fn stays_in_crate(&self, context: &Context, expr: ExprId) -> bool {
        !matches!(
            self.bodies.typed(context.body).typed.ty(expr),
            Ty::Prim(_) | Ty::Tuple(_) | Ty::Adt(..)
        )
    }

    /// Apply a closure or function to a held value: only durations and constructors matter.
    fn apply(&self, context: &Context, code: Option<ExprId>, held: &Value) -> Value {
        let Some(code) = code else { return held.clone() };
        let typed = &self.bodies.typed(context.body).typed;
        if let Some(super::symbols::Def::Extern(path)) = typed.names.get(&code) {
            let world = self.bodies.world;
            let package = self.package_of(context.body);
            let version = |library| world.library_version(package, library);
            if let Some(entry) = world.catalog.function(path, 1, &version)
                && entry.function.role == Role::Duration
            {
                return timed(held, unit_of(entry.function.unit));
            }
            return held.clone();
        }
        match self.eval(context, code) {
            value @ Value::Closure(..) => self.eval_closure(&value),
            Value::Function(_) => held.clone(),
            _ => held.clone(),
        }
    }

    /// The value of a catalogued call.
    pub(crate) fn eval_catalog(&self, context: &Context, expr: ExprId, entry: &FunctionRef<'a>, of: &Name) -> Value {
        let (receiver, args) = self.args_of(context, expr);
        let function = entry.function;
        let arg = |idx: u32| args.get(idx as usize).map(|arg| arg.value);
        match function.role {
            Role::Duration => match arg(0) {
                Some(value) => timed(&self.eval(context, value), unit_of(function.unit)),
                None => Value::Unknown(Name::new("a duration")),
            },
            Role::ConfigRead => self.config_read(context, function, args),
            // `map_err` and the like run their closure on the way and hand on what they are called on.
            Role::Run if receiver.is_some() && self.is_transparent(context, expr) => {
                receiver.map_or(Value::Nothing, |receiver| self.eval(context, receiver))
            }
            Role::Guard | Role::Run | Role::Spawn => {
                let inner = function.of.map_or(receiver, arg);
                match inner {
                    Some(inner) => {
                        let value = self.eval(context, inner);
                        match &value {
                            Value::Closure(..) | Value::Function(_) => self.eval_closure(&value),
                            _ => value,
                        }
                    }
                    None => Value::Nothing,
                }
            }
            Role::Constructor | Role::Step | Role::Setter | Role::Call | Role::StatusCheck => {
                self.eval_builder(context, expr, entry, of, receiver, args)
            }
            Role::Plain | Role::StatusRead => match receiver {
                Some(receiver) => match self.eval(context, receiver) {
                    value @ Value::Carrier(_) if self.stays_in_crate(context, expr) => value,
                    _ => Value::Unknown(Name::from(format!("the result of {of}"))),
                },
                None => Value::Unknown(Name::from(format!("the result of {of}"))),
            },
            Role::Sleep | Role::Observe | Role::ObserveQuietly => Value::Unknown(Name::new("no value")),
        }
    }

    pub(crate) fn file_of(&self, body: BodyRef) -> usize {
        match body {
            BodyRef::Function(id) => self.bodies.world.function(id).file,
            BodyRef::Constant(id) => self.bodies.world.constant(id).file,
        }
    }
}

/// A value or, where it is absent or unset, a default.
fn or_default(value: Value, default: Value) -> Value {
    match value {
        Value::Term(Term::Config { key, default: None }) => Value::Term(Term::Config {
            key,
            default: Some(Box::new(as_term(&default))),
        }),
        Value::Term(Term::Absent) => default,
        Value::Any(values) => {
            let present: Vec<Value> = values
                .into_iter()
                .filter(|of| *of != Value::Term(Term::Absent))
                .collect();
            union(present.into_iter().chain([default]))
        }
        Value::Term(term @ (Term::Text(_) | Term::Count(_) | Term::Duration(_) | Term::Timed { .. })) => {
            Value::Term(term)
        }
        other => union([other, default]),
    }
}
