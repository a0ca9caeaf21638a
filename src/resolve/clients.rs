//! The configurations that reach an external call: its client's, what the call itself sets, and the library's defaults.

use std::collections::BTreeMap;

use crate::{
    catalog::schema::{self, GuardKind, Role},
    model::{
        Name,
        expr::{ExprId, ExprKind},
        guard::{Layer, LayerKind, RetryLayer, Scope, Source},
        package::Ecosystem,
        term::{Millis, Term},
    },
};

use super::{
    amounts::{backoff_of, scope_of},
    bodies::{At, Bodies, BodyRef},
    builders::{join_endpoint, map_carriers},
    effects::Primitive,
    infer::Callee,
    ty::{ConstId, FnId, Ty},
    values::{Carrier, Context, Flow, Value, as_term},
};

/// One configuration that reaches a call: what its client, request and library set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inner {
    pub(crate) layers: Vec<Layer>,
    pub(crate) endpoint: Term,
    pub(crate) operation: Option<Name>,
}

/// Programs that talk to the network when they are started.
const NETWORK_PROGRAMS: &[&str] = &[
    "git",
    "curl",
    "wget",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "psql",
    "pg_dump",
    "pg_restore",
    "pg_basebackup",
    "mysql",
    "mysqldump",
    "redis-cli",
    "kubectl",
    "helm",
    "docker",
    "podman",
    "aws",
    "gcloud",
    "gsutil",
    "az",
    "npm",
    "pip",
    "nc",
    "ping",
    "sendmail",
];

impl<'a> Flow<'_, 'a> {
    /// The configurations that reach an external call: its client's, and what the call itself sets.
    /// True where a parameter had to be joined over all callers.
    pub(crate) fn inner(&self, primitive: &Primitive<'a>, context: &Context) -> (Vec<Inner>, bool) {
        let before = self.touched.replace(false);
        let value = self.client_of(primitive, context);
        let mut found = Vec::new();
        let values = match value {
            Value::Any(values) => values,
            other => vec![other],
        };
        for value in values {
            found.extend(self.inner_of(primitive, context, &value));
        }
        let touched = *self.touched.borrow();
        *self.touched.borrow_mut() = touched || before;
        found.dedup();
        (found, touched)
    }

    /// The carrier that the call is made on: its receiver, or the argument that hands its configuration on.
    pub(crate) fn client_of(&self, primitive: &Primitive<'a>, context: &Context) -> Value {
        let (receiver, args) = match self.bodies.kind(primitive.at) {
            ExprKind::Method { receiver, args, .. } => (Some(*receiver), args.as_slice()),
            ExprKind::Call { args, .. } | ExprKind::Macro { args, .. } => (None, args.as_slice()),
            _ => (None, &[][..]),
        };
        let inherited = primitive
            .entry
            .function
            .inherit
            .and_then(|idx| args.get(idx as usize))
            .map(|arg| arg.value)
            .filter(|&expr| self.eval(context, expr) != Value::Term(Term::Absent));
        let Some(expr) = inherited.or(receiver) else {
            return Value::Nothing;
        };
        match self.client_value(context, expr) {
            Value::Nothing => {
                let ty = self.bodies.typed(context.body).typed.ty(expr).clone();
                self.made_as(&ty).unwrap_or(Value::Nothing)
            }
            value => value,
        }
    }

    /// A client's value; where flow cannot tell, types do: every object of the type was made somewhere in the
    /// scanned code.
    pub(crate) fn client_value(&self, context: &Context, expr: ExprId) -> Value {
        let value = self.eval(context, expr);
        if has_carrier(&value) || value == Value::Nothing {
            return value;
        }
        let ty = self.bodies.typed(context.body).typed.ty(expr).clone();
        self.made_as(&ty).unwrap_or(value)
    }

    fn inner_of(&self, primitive: &Primitive<'a>, context: &Context, value: &Value) -> Option<Inner> {
        let function = primitive.entry.function;
        let args = match self.bodies.kind(primitive.at) {
            ExprKind::Method { args, .. } | ExprKind::Call { args, .. } | ExprKind::Macro { args, .. } => {
                args.as_slice()
            }
            _ => &[],
        };
        let (carrier, reason) = match value {
            Value::Carrier(carrier) => (Some(carrier.as_ref()), None),
            Value::Unknown(reason) => (None, Some(reason.clone())),
            Value::Term(Term::Absent) => return None,
            _ => (None, None),
        };
        let mut layers = self.defaults(primitive);
        match carrier {
            Some(carrier) => {
                if !carrier.layers.iter().any(bounds_request) {
                    layers.extend(self.undecided(primitive, carrier.unknown.as_ref()));
                }
                layers.extend(carrier.layers.iter().cloned());
            }
            None => layers.extend(self.undecided(primitive, reason.as_ref())),
        }
        let body = self.bodies.body(context.body)?;
        let at = self
            .bodies
            .world
            .location(self.file_of(context.body), body.get(primitive.at.expr).span);
        layers.extend(self.layers_of(context, &primitive.entry, args, Source::Request, &at));
        let given = self.address_given(context, function, args);
        let requested = match &given {
            Some(Value::Carrier(request)) => request.operation.clone(),
            _ => None,
        };
        let endpoint = self.endpoint(primitive, given.map(|given| as_term(&given)), carrier, reason);
        let operation = carrier
            .and_then(|carrier| carrier.operation.clone())
            .or(requested)
            .or_else(|| self.operation_of(context, function, args));
        Some(Inner {
            layers,
            endpoint,
            operation,
        })
    }

    fn endpoint(
        &self,
        primitive: &Primitive<'a>,
        own: Option<Term>,
        carrier: Option<&Carrier>,
        reason: Option<Name>,
    ) -> Term {
        if let Some(own) = own {
            return join_endpoint(carrier.and_then(|carrier| carrier.endpoint.clone()), own);
        }
        if let Some(endpoint) = carrier.and_then(|carrier| carrier.endpoint.clone()) {
            return endpoint;
        }
        if let Some(host) = &self.bodies.world.catalog.library(primitive.entry.library).host {
            return Term::text(&format!("https://{host}"));
        }
        match reason {
            Some(reason) => Term::Unknown(reason),
            None => Term::unknown("the code gives the client no address"),
        }
    }

    /// The outside type of the argument that hands its configuration on.
    fn inherited_type(&self, primitive: &Primitive<'a>) -> Option<Name> {
        let idx = primitive.entry.function.inherit? as usize;
        let (ExprKind::Method { args, .. } | ExprKind::Call { args, .. } | ExprKind::Macro { args, .. }) =
            self.bodies.kind(primitive.at)
        else {
            return None;
        };
        let mut at = self
            .bodies
            .typed(primitive.at.body)
            .typed
            .ty(args.get(idx)?.value)
            .clone();
        while let Some(inner) = at.deref() {
            at = inner;
        }
        match at {
            Ty::Ext(path, _) => Some(path),
            _ => None,
        }
    }

    /// Guards in force when nothing sets them.
    fn defaults(&self, primitive: &Primitive<'a>) -> Vec<Layer> {
        let world = self.bodies.world;
        let package = world.function(primitive.function).package;
        let version = world.library_version(package, primitive.entry.library);
        let mut defaults = world
            .catalog
            .defaults(primitive.entry.library, &primitive.path, &primitive.of, version);
        // A pool or client that is handed over as an argument brings the defaults of its own type.
        if let Some(of) = self.inherited_type(primitive) {
            for default in world.catalog.defaults(primitive.entry.library, "", &of, version) {
                if !defaults.iter().any(|known| std::ptr::eq(*known, default)) {
                    defaults.push(default);
                }
            }
        }
        defaults
            .into_iter()
            .map(|default| {
                let kind = match default.kind {
                    GuardKind::Timeout => LayerKind::Timeout {
                        scope: scope_of(default.scope),
                        limit: default
                            .limit
                            .map_or(Term::Absent, |limit| Term::Duration(Millis(limit))),
                    },
                    GuardKind::Retry => LayerKind::Retry(RetryLayer {
                        // No number of tries: as many as fit in the time, where that is limited, else without end.
                        attempts: default.attempts.filter(|_| !default.unbounded).map(Term::Count),
                        max_elapsed: default.max_elapsed.map(|limit| Term::Duration(Millis(limit))),
                        backoff: backoff_of(default.backoff),
                        jitter: default.jitter,
                        on: default.on_failure.iter().map(Name::new).collect(),
                        idempotent: None,
                    }),
                    GuardKind::Breaker => LayerKind::Breaker,
                    GuardKind::Bulkhead => LayerKind::Bulkhead {
                        limit: default
                            .limit
                            .map_or_else(|| Term::unknown("its size is not known"), Term::Count),
                    },
                    GuardKind::Fallback | GuardKind::Policy => LayerKind::Fallback { target: None },
                };
                Layer {
                    kind,
                    source: Source::LibraryDefault,
                    at: None,
                    is_conditional: false,
                }
            })
            .collect()
    }

    /// What must be said when the client's configuration is not known: those limits that its library lets
    /// a client set and that would bound the call.
    fn undecided(&self, primitive: &Primitive<'a>, reason: Option<&Name>) -> Vec<Layer> {
        let Some(reason) = reason else { return Vec::new() };
        let library = self.bodies.world.catalog.library(primitive.entry.library);
        let scope: Option<Scope> = library
            .functions
            .iter()
            .filter(|function| function.role == Role::Setter || function.role == Role::Constructor)
            .flat_map(|function| function.guard.iter().chain(&function.guards))
            .filter(|guard| guard.kind == GuardKind::Timeout)
            .filter_map(|guard| guard.scope)
            .filter(|scope| {
                matches!(
                    scope,
                    schema::Scope::Total | schema::Scope::Operation | schema::Scope::Attempt
                )
            })
            .map(|scope| scope_of(Some(scope)))
            .min();
        scope
            .into_iter()
            .map(|scope| Layer {
                kind: LayerKind::Timeout {
                    scope,
                    limit: Term::Unknown(reason.clone()),
                },
                source: Source::Client,
                at: None,
                is_conditional: false,
            })
            .collect()
    }

    /// Whether a started program is known to use the network; other programs are no external call.
    pub(crate) fn is_network_process(&self, primitive: &Primitive<'a>, inner: &[Inner]) -> bool {
        let world = self.bodies.world;
        let library = world.catalog.library(primitive.entry.library);
        let transport = primitive.entry.function.transport.or(library.transport);
        if transport != Some(schema::Transport::Process) {
            return true;
        }
        inner.iter().any(|inner| match &inner.endpoint {
            Term::Text(program) => {
                let name = program.rsplit('/').next().unwrap_or(program);
                NETWORK_PROGRAMS.contains(&name)
            }
            _ => false,
        })
    }

    /// What all production code makes of a client type, joined; `None` where nothing makes one.
    fn made_as(&self, ty: &Ty) -> Option<Value> {
        let mut at = ty.clone();
        while let Some(inner) = at.deref() {
            at = inner;
        }
        let Ty::Ext(path, _) = &at else { return None };
        let catalog = self.bodies.world.catalog;
        let krate = path.split("::").next().unwrap_or(path);
        // Only a client's library: an address or a text of the same type is not the same address.
        catalog.library(catalog.knows_crate(krate)?).transport?;
        let made = self.made_of_type(path)?;
        // Several objects of the type share their limits at most; which of their addresses this one has is open.
        let Value::Any(values) = &made else { return Some(made) };
        let mut endpoints: Vec<&Option<Term>> = values
            .iter()
            .filter_map(|value| match value {
                Value::Carrier(carrier) => Some(&carrier.endpoint),
                _ => None,
            })
            .collect();
        endpoints.dedup();
        if endpoints.len() < 2 {
            return Some(made);
        }
        Some(map_carriers(&made, &|carrier| Carrier {
            endpoint: Some(Term::unknown("one of several clients of its type")),
            operation: None,
            ..carrier.clone()
        }))
    }
}

/// A limit that the request itself sets, whatever its client says.
fn bounds_request(layer: &Layer) -> bool {
    layer.source == Source::Request
        && !layer.is_conditional
        && matches!(
            layer.kind,
            LayerKind::Timeout {
                scope: Scope::Total | Scope::Operation,
                ..
            }
        )
}

fn has_carrier(value: &Value) -> bool {
    match value {
        Value::Carrier(_) => true,
        Value::Any(values) => values.iter().any(|value| matches!(value, Value::Carrier(_))),
        _ => false,
    }
}

/// Places in production code that make objects of outside types, by type path.
pub(crate) fn makers(bodies: &Bodies<'_, '_>) -> BTreeMap<Name, Vec<At>> {
    let mut makers: BTreeMap<Name, Vec<At>> = BTreeMap::new();
    let world = bodies.world;
    let functions = world.functions.iter().zip(&bodies.functions).enumerate();
    let functions = functions
        .filter(|(_, (data, _))| !data.is_test)
        .map(|(idx, (_, own))| (BodyRef::Function(FnId(u32::try_from(idx).unwrap_or(u32::MAX))), own));
    let constants = world.constants.iter().zip(&bodies.constants).enumerate();
    // Constants of other languages: values of modules, and what is written at classes.
    let constants = constants
        .filter(|(_, (data, _))| !data.is_test && world.ecosystem(data.module) != Ecosystem::Cargo)
        .map(|(idx, (_, own))| (BodyRef::Constant(ConstId(u32::try_from(idx).unwrap_or(u32::MAX))), own));
    for (body, own) in functions.chain(constants) {
        for (expr, callee) in &own.typed.callees {
            let Callee::Catalog { entry, .. } = callee else {
                continue;
            };
            let makes = matches!(
                entry.function.role,
                Role::Constructor | Role::Step | Role::Setter | Role::Call
            );
            let mut ty = own.typed.ty(*expr).clone();
            for _ in 0..4 {
                ty = match &ty {
                    Ty::Future(of) => of.as_ref().clone(),
                    Ty::Ext(path, _) if path == "std::Result" || path == "std::Option" => ty.unwrapped(),
                    _ => break,
                };
            }
            if let (true, Ty::Ext(path, _)) = (makes, ty)
                && !path.starts_with("std::")
            {
                makers.entry(path).or_default().push(At { body, expr: *expr });
            }
        }
    }
    for places in makers.values_mut() {
        places.sort();
    }
    makers
}

/// The value of an argument as a text term.
pub(crate) fn text_of(flow: &Flow<'_, '_>, context: &Context, expr: ExprId) -> Option<Name> {
    match as_term(&flow.eval(context, expr)) {
        Term::Text(text) => Some(text),
        _ => None,
    }
}
