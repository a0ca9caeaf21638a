//! What a catalogued call makes of a client: the guards, address and operation that it sets.

use std::sync::Arc;

use crate::{
    catalog::{
        lookup::FunctionRef,
        schema::{self, GuardKind, Role},
    },
    model::{
        Name,
        expr::{Arg, ExprId},
        guard::{Layer, LayerKind, RetryLayer, Source},
        term::Term,
    },
};

use super::{
    amounts::{as_duration, backoff_of, scope_of, unit_of},
    policies::{NO_NUMBER, add_settings, apply_policy, policy_layers},
    ty::Ty,
    values::{Carrier, Context, Flow, Value, as_term, union},
};

impl<'a> Flow<'_, 'a> {
    pub(super) fn eval_builder(
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
