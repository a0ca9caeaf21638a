//! Values of calls: builder chains of catalogued libraries, wrappers of std, own constructors and accessors.

use std::sync::Arc;

use crate::{
    catalog::{
        lookup::FunctionRef,
        schema::{self, GuardKind, Role},
    },
    model::{
        Name,
        expr::{Arg, ExprId, ExprKind},
        guard::{Backoff, Layer, LayerKind, RetryLayer, Scope, Source},
        term::{ConfigKey, ConfigKind, Millis, Term, Unit},
    },
};

use super::{
    bodies::{At, BodyRef},
    infer::Callee,
    policies::{NO_NUMBER, add_settings, apply_policy, policy_layers},
    ty::{FnId, Ty},
    values::{Carrier, Context, Flow, Value, as_term, union},
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

    fn eval_builder(
        &self,
        context: &Context,
        expr: ExprId,
        entry: &FunctionRef<'a>,
        of: &Name,
        receiver: Option<ExprId>,
        args: &[Arg],
    ) -> Value {
        let function = entry.function;
        let world = self.bodies.world;
        let file = self.file_of(context.body);
        let span = self
            .bodies
            .body(context.body)
            .expect("evaluated in a body")
            .get(expr)
            .span;
        let at = world.location(file, span);
        let fresh = || Carrier {
            library: entry.library,
            of: of.clone(),
            layers: Vec::new(),
            endpoint: None,
            operation: None,
            unknown: None,
            made: at.clone(),
        };
        // `Type::method(receiver, …)` hands the receiver over as first argument.
        // `None` hands nothing on.
        let inherited = function
            .inherit
            .and_then(|idx| args.get(idx as usize))
            .map(|arg| self.eval(context, arg.value))
            .filter(|value| *value != Value::Term(Term::Absent));
        let base = match (function.role, receiver, inherited) {
            (_, _, Some(inner)) => {
                let own = receiver.map(|receiver| self.eval(context, receiver));
                match own {
                    Some(Value::Carrier(outer)) => add_layers(&inner, &outer),
                    _ => inner,
                }
            }
            (Role::Constructor, _, None) => Value::Carrier(Arc::new(fresh())),
            (_, Some(receiver), None) => self.client_value(context, receiver),
            (_, None, None) => Value::Carrier(Arc::new(fresh())),
        };
        let source = if of
            .rsplit("::")
            .next()
            .is_some_and(|last| last.contains("Request") || last.contains("Query"))
        {
            Source::Request
        } else {
            Source::Client
        };
        let layers = self.layers_of(context, entry, args, source, &at);
        let endpoint = self.address_given(context, function, args).map(|given| as_term(&given));
        let operation = self.operation_of(context, function, args);
        let wants_change = !layers.is_empty() || endpoint.is_some() || operation.is_some();
        if !wants_change {
            return base;
        }
        // What this call sets holds whatever the client was: only its start is not known.
        let base = known_or_unknown(base, &|reason| Carrier {
            unknown: Some(reason),
            ..fresh()
        });
        map_carriers(&base, &|carrier| {
            let mut changed = carrier.clone();
            add_settings(&mut changed.layers, &layers);
            if let Some(endpoint) = &endpoint {
                changed.endpoint = Some(join_endpoint(changed.endpoint.take(), endpoint.clone()));
            }
            if let Some(operation) = &operation {
                changed.operation = Some(operation.clone());
            }
            changed
        })
    }

    /// The operation that a function's description or argument names.
    pub(crate) fn operation_of(&self, context: &Context, function: &schema::Function, args: &[Arg]) -> Option<Name> {
        if let Some(operation) = &function.operation {
            return Some(Name::new(operation));
        }
        match self.given(context, function, args, function.operation_from?)? {
            Value::Term(Term::Text(text)) => Some(text),
            Value::Carrier(carrier) => carrier.operation.clone(),
            _ => None,
        }
    }

    /// A named value of an outside library: a unit of time, a client that is there from the start.
    pub(crate) fn outside_value(&self, context: &Context, expr: ExprId, path: &[Name]) -> Option<Value> {
        let world = self.bodies.world;
        let package = self.package_of(context.body);
        let version = |library| world.library_version(package, library);
        let entry = world.catalog.function(path, 0, &version)?;
        match entry.function.role {
            Role::Duration => Some(Value::Term(Term::Duration(unit_of(entry.function.unit).to_millis(1)))),
            Role::Constructor => {
                let of = match self.bodies.typed(context.body).typed.ty(expr) {
                    Ty::Ext(of, _) => of.clone(),
                    _ => Name::default(),
                };
                Some(self.eval_catalog(context, expr, &entry, &of))
            }
            _ => None,
        }
    }

    pub(crate) fn file_of(&self, body: BodyRef) -> usize {
        match body {
            BodyRef::Function(id) => self.bodies.world.function(id).file,
            BodyRef::Constant(id) => self.bodies.world.constant(id).file,
        }
    }

    /// The guards that a catalogued function sets, with values from its arguments.
    pub(crate) fn layers_of(
        &self,
        context: &Context,
        entry: &FunctionRef<'a>,
        args: &[Arg],
        source: Source,
        at: &crate::model::location::Location,
    ) -> Vec<Layer> {
        let mut layers = Vec::new();
        for guard in entry.function.guard.iter().chain(&entry.function.guards) {
            if guard
                .when
                .is_some_and(|idx| self.given(context, entry.function, args, idx).is_none())
            {
                continue;
            }
            let function = entry.function;
            let policy = self.policy_of(context, function, guard, args);
            let mut is_left_out = false;
            let mut value = |value: &schema::Value| {
                let given = self.guard_value(context, function, value, args);
                is_left_out |= given.is_none();
                given.unwrap_or(Term::Absent)
            };
            let kind = match guard.kind {
                GuardKind::Timeout => {
                    let limit = guard
                        .limit
                        .as_ref()
                        .map_or_else(|| Term::unknown("its length is not written"), &mut value);
                    LayerKind::Timeout {
                        scope: scope_of(guard.scope),
                        limit: as_duration(limit),
                    }
                }
                GuardKind::Retry => {
                    let mut retry = RetryLayer {
                        attempts: if guard.unbounded || (guard.attempts.is_none() && guard.max_elapsed.is_some()) {
                            None
                        } else {
                            Some(
                                guard
                                    .attempts
                                    .as_ref()
                                    .map_or_else(|| Term::unknown(NO_NUMBER), &mut value),
                            )
                        },
                        max_elapsed: guard.max_elapsed.as_ref().map(|limit| as_duration(value(limit))),
                        backoff: backoff_of(guard.backoff),
                        jitter: guard.jitter,
                        on: guard.on.iter().map(Name::new).collect(),
                        idempotent: guard.idempotent,
                    };
                    if let Some(policy) = &policy {
                        apply_policy(policy, &mut retry);
                    }
                    LayerKind::Retry(retry)
                }
                GuardKind::Breaker => LayerKind::Breaker,
                GuardKind::Bulkhead => LayerKind::Bulkhead {
                    limit: guard
                        .limit
                        .as_ref()
                        .map_or_else(|| Term::unknown("its size is not written"), &mut value),
                },
                GuardKind::Fallback => LayerKind::Fallback { target: None },
                GuardKind::Policy => {
                    if let Some(policy) = &policy {
                        layers.extend(policy_layers(policy, source));
                        layers.extend(self.unknown_policy(guard, policy, source));
                    }
                    continue;
                }
            };
            if is_left_out {
                continue;
            }
            layers.push(Layer {
                kind,
                source,
                at: Some(at.clone()),
                is_conditional: false,
            });
        }
        self.add_options(context, entry.function, args, source, &mut layers);
        let code = entry.function.configure.and_then(|idx| args.get(idx as usize));
        layers.extend(
            code.into_iter()
                .flat_map(|code| self.configured_layers(context, code.value)),
        );
        layers
    }

    /// A number of the catalogue; nothing where it may be left out, and is.
    fn guard_value(
        &self,
        context: &Context,
        function: &schema::Function,
        value: &schema::Value,
        args: &[Arg],
    ) -> Option<Term> {
        match value {
            schema::Value::Fixed(number) => Some(Term::Count(*number)),
            schema::Value::Argument(argument) => self.argument_value(context, function, argument, args),
            schema::Value::Config(config) => Some(self.config_value(context, function, config, args)),
        }
    }
}

/// A client that is not known, as a carrier that says so.
fn known_or_unknown(value: Value, fresh: &dyn Fn(Name) -> Carrier) -> Value {
    match value {
        Value::Unknown(reason) => Value::Carrier(Arc::new(fresh(reason))),
        Value::Object(..) => Value::Carrier(Arc::new(fresh(Name::new("a client of the scanned code's own")))),
        Value::Any(values) => union(values.into_iter().map(|value| known_or_unknown(value, fresh))),
        other => other,
    }
}

/// Change every carrier in a value.
pub(crate) fn map_carriers(value: &Value, change: &dyn Fn(&Carrier) -> Carrier) -> Value {
    match value {
        Value::Carrier(carrier) => Value::Carrier(Arc::new(change(carrier))),
        Value::Any(values) => union(values.iter().map(|value| map_carriers(value, change))),
        Value::List(items) => Value::List(items.iter().map(|value| map_carriers(value, change)).collect()),
        other => other.clone(),
    }
}

/// An inner client seen through an outer builder: the inner configuration first.
fn add_layers(inner: &Value, outer: &Carrier) -> Value {
    match inner {
        Value::Carrier(_) | Value::Any(_) => map_carriers(inner, &|carrier| {
            let mut joined = carrier.clone();
            joined.layers.extend(outer.layers.iter().cloned());
            joined
        }),
        _ => Value::Carrier(Arc::new(outer.clone())),
    }
}

/// A relative path after a base address joins it; a full address replaces it.
pub(crate) fn join_endpoint(base: Option<Term>, next: Term) -> Term {
    let starts_path = match &next {
        Term::Text(text) => text.starts_with('/'),
        Term::Concat(parts) => matches!(parts.first(), Some(Term::Text(text)) if text.starts_with('/')),
        _ => false,
    };
    match base {
        Some(base) if starts_path => Term::Concat(vec![base, next]),
        _ => next,
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

/// A number as a duration of a unit.
pub(crate) fn timed(value: &Value, unit: Unit) -> Value {
    match value {
        Value::Term(Term::Count(count)) => Value::Term(Term::Duration(unit.to_millis(*count))),
        Value::Term(Term::Text(text)) if text.parse::<f64>().is_ok() => {
            let number = text.parse::<f64>().unwrap_or_default();
            let thousandths = (number * 1000.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be small and positive"
            )]
            let thousandths = if (0.0..9.0e15).contains(&thousandths) {
                thousandths as u64
            } else {
                0
            };
            Value::Term(Term::Duration(Millis(unit.to_millis(thousandths).0 / 1000)))
        }
        Value::Term(Term::Absent) => Value::Term(Term::Absent),
        Value::Any(values) => union(values.iter().map(|value| timed(value, unit))),
        other => Value::Term(Term::Timed {
            value: Box::new(as_term(other)),
            unit,
        }),
    }
}

/// Fixed numbers of the catalogue are milliseconds.
fn as_duration(term: Term) -> Term {
    match term {
        Term::Count(count) => Term::Duration(Millis(count)),
        other => other,
    }
}

pub(crate) fn unit_of(unit: Option<schema::Unit>) -> Unit {
    match unit {
        Some(schema::Unit::Nanos) => Unit::Nanos,
        Some(schema::Unit::Micros) => Unit::Micros,
        Some(schema::Unit::Millis) | None => Unit::Millis,
        Some(schema::Unit::Seconds) => Unit::Seconds,
        Some(schema::Unit::Minutes) => Unit::Minutes,
        Some(schema::Unit::Hours) => Unit::Hours,
        Some(schema::Unit::Days) => Unit::Days,
    }
}

pub(crate) fn scope_of(scope: Option<schema::Scope>) -> Scope {
    match scope {
        Some(schema::Scope::Connect) => Scope::Connect,
        Some(schema::Scope::Acquire) => Scope::Acquire,
        Some(schema::Scope::Headers) => Scope::Headers,
        Some(schema::Scope::Read) => Scope::Read,
        Some(schema::Scope::Attempt) => Scope::Attempt,
        Some(schema::Scope::Operation) => Scope::Operation,
        Some(schema::Scope::Total) | None => Scope::Total,
        Some(schema::Scope::Ambient) => Scope::Ambient,
    }
}

pub(crate) fn backoff_of(backoff: Option<schema::Backoff>) -> Backoff {
    match backoff {
        Some(schema::Backoff::None) => Backoff::None,
        Some(schema::Backoff::Fixed) => Backoff::Fixed,
        Some(schema::Backoff::Exponential) => Backoff::Exponential,
        None => Backoff::Unknown,
    }
}
