//! Objects of outside types that are set up by their fields, by a function that gets them, or by a container.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    catalog::{lookup::FunctionRef, schema::Role},
    model::{
        Name,
        expr::{Arg, ExprId, ExprKind},
        guard::{Layer, Source},
        package::Ecosystem,
    },
};

use super::{
    bodies::{At, Bodies, BodyRef},
    infer::{Callee, Origin},
    symbols::Def,
    ty::{ConstId, FnId, Ty, TypeId},
    values::{Carrier, Context, Flow, Value, union},
};

/// Which objects a container hands to which type, by the registering calls.
pub(crate) type Registrations = BTreeMap<(TypeId, Name), Vec<At>>;

/// The registrations of all production code.
pub(crate) fn registrations(bodies: &Bodies<'_, '_>) -> Registrations {
    let mut out = Registrations::new();
    for (idx, data) in bodies.world.functions.iter().enumerate() {
        if data.is_test {
            continue;
        }
        let own = &bodies.functions[idx];
        let body = BodyRef::Function(FnId(u32::try_from(idx).unwrap_or(u32::MAX)));
        for (expr, of, injected) in &own.typed.registrations {
            // The whole chain counts: `AddHttpClient<T>().AddPolicyHandler(..)`.
            let mut whole = *expr;
            while let Some(parent) = own.parent(whole)
                && matches!(bodies.kind(At { body, expr: parent }), ExprKind::Method { receiver, .. } if *receiver == whole)
            {
                whole = parent;
            }
            let places = out.entry((*of, injected.clone())).or_default();
            places.push(At { body, expr: whole });
        }
    }
    out
}

/// Places where code sets something on a value of a module.
pub(crate) type Settings = BTreeMap<ConstId, Vec<At>>;

/// The settings of all production code outside Rust.
pub(crate) fn settings(bodies: &Bodies<'_, '_>) -> Settings {
    let mut out = Settings::new();
    for (idx, data) in bodies.world.functions.iter().enumerate() {
        if data.is_test || bodies.world.ecosystem(data.module) == Ecosystem::Cargo {
            continue;
        }
        let typed = &bodies.functions[idx].typed;
        let body = BodyRef::Function(FnId(u32::try_from(idx).unwrap_or(u32::MAX)));
        let is_setter = |callee: &Callee<'_>| matches!(callee, Callee::Catalog { entry, .. } if entry.function.role == Role::Setter);
        let calls = typed
            .callees
            .iter()
            .filter(|(_, callee)| is_setter(callee))
            .map(|(expr, _)| *expr);
        for expr in calls.chain(typed.setters.keys().copied()) {
            let at = At { body, expr };
            let base = match bodies.kind(at) {
                ExprKind::Method { receiver, .. } => *receiver,
                ExprKind::Assign { target, .. } => match bodies.kind(At { expr: *target, ..at }) {
                    ExprKind::Field { base, .. } => *base,
                    _ => continue,
                },
                _ => continue,
            };
            if let Some(Def::Const(id)) = typed.names.get(&base) {
                out.entry(*id).or_default().push(at);
            }
        }
    }
    out
}

impl<'a> Flow<'_, 'a> {
    /// A module's value with what code sets on it later.
    pub(crate) fn with_settings(&self, id: ConstId, value: Value) -> Value {
        let mut value = value;
        for at in self.settings.get(&id).into_iter().flatten() {
            let context = Context::of(at.body);
            let typed = &self.bodies.typed(at.body).typed;
            let layers = match (
                self.bodies.kind(*at),
                typed.callees.get(&at.expr),
                typed.setters.get(&at.expr),
            ) {
                (ExprKind::Method { args, .. }, Some(Callee::Catalog { entry, .. }), _) => self.layers_of(
                    &context,
                    entry,
                    args,
                    Source::Client,
                    &self.location_of(&context, at.expr),
                ),
                (ExprKind::Assign { value, .. }, _, Some((entry, _))) => {
                    let args = [Arg {
                        name: None,
                        value: *value,
                    }];
                    self.layers_of(
                        &context,
                        entry,
                        &args,
                        Source::Client,
                        &self.location_of(&context, at.expr),
                    )
                }
                _ => continue,
            };
            value = super::builders::map_carriers(&value, &|carrier| {
                let mut changed = carrier.clone();
                changed.layers.extend(layers.iter().cloned());
                changed
            });
        }
        value
    }

    /// `Client{Timeout: t}`: a fresh object, or the one that it is a copy of, with its fields as settings.
    pub(crate) fn outside_literal(&self, context: &Context, expr: ExprId) -> Option<Value> {
        let Ty::Ext(of, _) = self.bodies.typed(context.body).typed.ty(expr) else {
            return None;
        };
        let at = At {
            body: context.body,
            expr,
        };
        let ExprKind::Struct { fields, rest, .. } = self.bodies.kind(at) else {
            return None;
        };
        let world = self.bodies.world;
        let library = world.catalog.type_info(of)?.library;
        let made = self.location_of(context, expr);
        let mut value = match rest {
            Some(rest) => self.eval(context, *rest),
            None => Value::Carrier(Arc::new(Carrier {
                library,
                of: of.clone(),
                layers: Vec::new(),
                endpoint: None,
                operation: None,
                unknown: None,
                made,
            })),
        };
        let package = self.package_of(context.body);
        let version = |library| world.library_version(package, library);
        for (name, field) in fields {
            let Some(entry) = world.catalog.method(of, name, 1, &version) else {
                continue;
            };
            if entry.function.field {
                value = self.with_field(context, value, &entry, of, *field);
            }
        }
        Some(value)
    }

    /// `client.Timeout = t`: the object as it is afterwards.
    pub(crate) fn assigned_object(&self, context: &Context, expr: ExprId) -> Option<Value> {
        let (entry, of) = self.bodies.typed(context.body).typed.setters.get(&expr)?;
        let at = At {
            body: context.body,
            expr,
        };
        let ExprKind::Assign { target, value, .. } = self.bodies.kind(at) else {
            return None;
        };
        let ExprKind::Field { base, .. } = self.bodies.kind(At { expr: *target, ..at }) else {
            return None;
        };
        let before = self.eval(context, *base);
        Some(self.with_field(context, before, entry, of, *value))
    }

    fn with_field(&self, context: &Context, before: Value, entry: &FunctionRef<'a>, of: &Name, value: ExprId) -> Value {
        let at = self.location_of(context, value);
        let args = [Arg { name: None, value }];
        let layers = self.layers_of(context, entry, &args, Source::Client, &at);
        let endpoint = entry.function.endpoint.map(|_| self.term(context, value));
        // What is not known of the object does not hide what is set here.
        let before = match before {
            Value::Unknown(reason) => Value::Carrier(Arc::new(Carrier {
                library: entry.library,
                of: of.clone(),
                layers: Vec::new(),
                endpoint: None,
                operation: None,
                unknown: Some(reason),
                made: at,
            })),
            known => known,
        };
        super::builders::map_carriers(&before, &|carrier| {
            let mut changed = carrier.clone();
            changed.layers.extend(layers.iter().cloned());
            if let Some(endpoint) = &endpoint {
                changed.endpoint = Some(endpoint.clone());
            }
            changed
        })
    }

    fn location_of(&self, context: &Context, expr: ExprId) -> crate::model::location::Location {
        let span = self
            .bodies
            .body(context.body)
            .map(|body| body.get(expr).span)
            .unwrap_or_default();
        self.bodies.world.location(self.file_of(context.body), span)
    }

    /// What a function that sets up its first parameter sets: `ConfigureHttpClient(c => c.Timeout = t)`.
    pub(crate) fn configured_layers(&self, context: &Context, code: ExprId) -> Vec<Layer> {
        let Value::Closure(at, frame) = self.eval(context, code) else {
            return Vec::new();
        };
        let inner = Context { body: at.body, frame };
        let own = self.bodies.typed(at.body);
        let is_param = |expr: ExprId| {
            let mut root = expr;
            while let ExprKind::Field { base, .. } | ExprKind::Method { receiver: base, .. } = self.bodies.kind(At {
                body: at.body,
                expr: root,
            }) {
                root = *base;
            }
            let local = own.typed.uses.get(&root).map(|local| own.typed.local(*local));
            local.is_some_and(|local| local.source.origin == Origin::ClosureParam(at.expr, 0))
        };
        let mut layers = Vec::new();
        for (expr, (entry, _)) in &own.typed.setters {
            if let ExprKind::Assign { target, value, .. } = self.bodies.kind(At {
                body: at.body,
                expr: *expr,
            }) && is_param(*target)
            {
                let args = [Arg {
                    name: None,
                    value: *value,
                }];
                let place = self.location_of(&inner, *expr);
                layers.extend(self.layers_of(&inner, entry, &args, Source::Client, &place));
            }
        }
        for (expr, callee) in &own.typed.callees {
            let Callee::Catalog { entry, .. } = callee else {
                continue;
            };
            if let ExprKind::Method { receiver, args, .. } = self.bodies.kind(At {
                body: at.body,
                expr: *expr,
            }) && entry.function.role == Role::Setter
                && is_param(*receiver)
            {
                let place = self.location_of(&inner, *expr);
                layers.extend(self.layers_of(&inner, entry, args, Source::Client, &place));
            }
        }
        layers
    }

    /// What a container hands to a constructor that no scanned code calls.
    pub(crate) fn injected(&self, id: FnId, idx: u32) -> Option<Value> {
        let world = self.bodies.world;
        let data = world.function(id);
        if data.def.name != "new" || world.ecosystem(data.module) == Ecosystem::Cargo {
            return None;
        }
        let Ty::Ext(wanted, _) = data.signature.params.get(idx as usize)? else {
            return None;
        };
        let owner = match &world.impls[data.imp? as usize].self_ty {
            Ty::Adt(of, _) => *of,
            _ => return None,
        };
        let own = self.registrations.get(&(owner, wanted.clone()));
        match own {
            Some(places) => Some(union(places.iter().map(|at| self.eval(&Context::of(at.body), at.expr)))),
            None => self.made_of_type(wanted),
        }
    }
}
