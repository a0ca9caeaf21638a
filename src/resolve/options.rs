//! Arguments by position or name, option objects, named arguments that are handed on, and what options carry.

use crate::{
    catalog::{
        lookup::FunctionRef,
        schema::{ArgumentValue, ConfigValue, Function, Guard},
    },
    model::{
        Name,
        expr::{Arg, Collects, ExprId, ExprKind, Literal, Pattern},
        guard::{Layer, LayerKind, Scope, Source},
        term::{ConfigKey, ConfigKind, Term},
    },
};

use super::{
    amounts::{scope_of, timed, unit_of},
    bodies::{At, BodyRef},
    infer::{Callee, LocalId, Origin},
    policies::{apply_policy, policy_layers},
    symbols::Def,
    ty::FnId,
    values::{Context, Flow, Value, as_term, union},
};

/// Variables, functions and hand-overs followed for one option.
const MAX_HOPS: usize = 12;

/// Where a named argument or a field of an option object is written, over all ways to the place.
#[derive(Default)]
struct Found {
    values: Vec<(Context, ExprId)>,
    /// On some way it is not written.
    is_missing: bool,
    /// Some way could not be followed.
    unknown: Option<Name>,
}

impl Found {
    fn lost(&mut self, reason: &str) {
        self.unknown.get_or_insert_with(|| Name::new(reason));
    }
}

impl<'a> Flow<'_, 'a> {
    /// What a function of the catalogue gets as its argument `idx`; nothing where it is not written.
    pub(crate) fn given(&self, context: &Context, function: &Function, args: &[Arg], idx: u32) -> Option<Value> {
        let Some(name) = function.parameters.get(idx as usize) else {
            return args.get(idx as usize).map(|arg| self.eval(context, arg.value));
        };
        if let Some(arg) = args.iter().find(|arg| arg.name.as_ref().is_some_and(|of| of == name)) {
            return Some(self.eval(context, arg.value));
        }
        let by_position = args.iter().take_while(|arg| arg.name.is_none()).nth(idx as usize);
        if let Some(arg) = by_position {
            return Some(self.eval(context, arg.value));
        }
        let spread = args.iter().find(|arg| arg.name.as_ref().is_some_and(|of| of == "**"))?;
        self.field_given(context, spread.value, name)
    }

    /// The value of a field of an option object; nothing where it is not written.
    pub(crate) fn field_given(&self, context: &Context, object: ExprId, name: &str) -> Option<Value> {
        let mut found = Found::default();
        self.find_field(context, object, name, 0, &mut found);
        let mut values: Vec<Value> = found
            .values
            .iter()
            .map(|(context, expr)| self.eval(context, *expr))
            .collect();
        if values.is_empty() && found.unknown.is_none() {
            return None;
        }
        if found.is_missing {
            values.push(Value::Term(Term::Absent));
        }
        values.extend(found.unknown.map(Value::Unknown));
        Some(union(values))
    }

    fn find_field(&self, context: &Context, expr: ExprId, name: &str, hops: usize, found: &mut Found) {
        if MAX_HOPS < hops {
            found.lost("options handed on too often to follow");
            return;
        }
        let at = At {
            body: context.body,
            expr,
        };
        let typed = &self.bodies.typed(context.body).typed;
        match self.bodies.kind(at) {
            ExprKind::Struct { fields, rest, .. } => match fields.iter().rev().find(|(known, _)| known == name) {
                Some((_, value)) => found.values.push((context.clone(), *value)),
                None => match rest {
                    Some(rest) => self.find_field(context, *rest, name, hops + 1, found),
                    None => found.is_missing = true,
                },
            },
            ExprKind::Literal(Literal::Null) => found.is_missing = true,
            ExprKind::Await(of) | ExprKind::Try(of) => self.find_field(context, *of, name, hops + 1, found),
            ExprKind::If { then, otherwise, .. } => {
                self.find_field(context, *then, name, hops + 1, found);
                match otherwise {
                    Some(otherwise) => self.find_field(context, *otherwise, name, hops + 1, found),
                    None => found.is_missing = true,
                }
            }
            ExprKind::Block {
                stmts, has_tail: true, ..
            } => match stmts.last() {
                Some(tail) => self.find_field(context, *tail, name, hops + 1, found),
                None => found.is_missing = true,
            },
            ExprKind::Path(_) => match (typed.uses.get(&expr), typed.names.get(&expr)) {
                (Some(local), _) => self.find_in_local(context, *local, name, hops, found),
                (None, Some(Def::Const(id))) => match self.bodies.world.constant(*id).def.value.root {
                    Some(root) => {
                        self.find_field(&Context::of(BodyRef::Constant(*id)), root, name, hops + 1, found);
                    }
                    None => found.lost("a constant without value"),
                },
                _ => found.lost("options from outside the scanned code"),
            },
            ExprKind::Call { .. } | ExprKind::Method { .. } => match typed.callees.get(&expr) {
                Some(Callee::Own { ids, .. }) => {
                    for id in ids {
                        let inner = Context {
                            body: BodyRef::Function(*id),
                            frame: Some(self.frame(at, context.frame.as_ref())),
                        };
                        for value in &self.bodies.typed(inner.body).returns {
                            self.find_field(&inner, *value, name, hops + 1, found);
                        }
                    }
                }
                _ => found.lost("options that a call makes"),
            },
            _ => found.lost("options that are put together elsewhere"),
        }
    }

    fn find_in_local(&self, context: &Context, id: LocalId, name: &str, hops: usize, found: &mut Found) {
        let local = self.bodies.typed(context.body).typed.local(id);
        for value in &local.assigned {
            self.find_field(context, *value, name, hops + 1, found);
        }
        if !local.source.steps.is_empty() {
            found.lost("options that are part of something else");
            return;
        }
        match (local.source.origin, context.body) {
            (Origin::Expr(init), _) => self.find_field(context, init, name, hops + 1, found),
            (Origin::Param(idx), BodyRef::Function(function)) => {
                self.find_in_param(context, function, idx, name, hops, found);
            }
            _ => found.lost("options whose origin is not known"),
        }
    }

    fn find_in_param(&self, context: &Context, function: FnId, idx: u32, name: &str, hops: usize, found: &mut Found) {
        if let Some(frame) = &context.frame {
            let outer = Context {
                body: frame.site.body,
                frame: frame.outer.clone(),
            };
            self.find_in_site(&outer, frame.site, function, idx, name, hops, found);
            return;
        }
        *self.touched.borrow_mut() = true;
        let callers = &self.bodies.callers[function.0 as usize];
        if callers.is_empty() {
            found.lost("options that nobody in the scanned code hands over");
        }
        for site in callers.iter().take(MAX_HOPS) {
            self.find_in_site(&Context::of(site.body), *site, function, idx, name, hops, found);
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of find_in_param with its whole state"
    )]
    fn find_in_site(
        &self,
        outer: &Context,
        site: At,
        function: FnId,
        idx: u32,
        name: &str,
        hops: usize,
        found: &mut Found,
    ) {
        let def = self.bodies.world.function(function).def;
        let collects = def.params.get(idx as usize).map(|param| param.collects);
        if collects != Some(Collects::Named) {
            match self.argument(site, function, idx) {
                Some(arg) => self.find_field(outer, arg, name, hops + 1, found),
                None => found.is_missing = true,
            }
            return;
        }
        let (ExprKind::Call { args, .. } | ExprKind::Method { args, .. }) = self.bodies.kind(site) else {
            found.lost("a function that is handed over as a value");
            return;
        };
        let is_declared = def
            .params
            .iter()
            .any(|param| matches!(&param.pattern, Pattern::Bind { name: own, .. } if own == name));
        let named = |wanted: &str| args.iter().find(|arg| arg.name.as_ref().is_some_and(|of| of == wanted));
        match (named(name), named("**")) {
            (Some(arg), _) if !is_declared => found.values.push((outer.clone(), arg.value)),
            (_, Some(spread)) => self.find_field(outer, spread.value, name, hops + 1, found),
            _ => found.is_missing = true,
        }
    }

    /// A number of the catalogue that an argument holds; nothing where the language lets it be left out, and it is.
    pub(crate) fn argument_value(
        &self,
        context: &Context,
        function: &Function,
        value: &ArgumentValue,
        args: &[Arg],
    ) -> Option<Term> {
        let given = match &value.field {
            Some(field) => args
                .get(value.argument as usize)
                .and_then(|object| self.field_given(context, object.value, field)),
            None => self.given(context, function, args, value.argument),
        };
        let can_be_left_out = value.field.is_some() || !function.parameters.is_empty();
        let given = match (given, value.default) {
            (Some(given), _) => given,
            (None, Some(default)) => return Some(Term::Count(default.saturating_add(value.plus))),
            (None, None) if can_be_left_out => return None,
            (None, None) => return Some(Term::unknown("an argument that is not written")),
        };
        let given = match (value.element, given) {
            (Some(idx), Value::List(items)) => items.into_iter().nth(idx as usize)?,
            (_, given) => given,
        };
        // A schedule: as many tries as it has entries.
        let given = match given {
            Value::List(items) => Value::Term(Term::Count(items.len() as u64)),
            other => other,
        };
        let term = match value.unit {
            Some(unit) if has_unit(&given) => as_term(&timed(&given, unit_of(Some(unit)))),
            _ => as_term(&given),
        };
        Some(if value.plus == 0 {
            term
        } else {
            Term::Sum(vec![term, Term::Count(value.plus)])
        })
    }

    /// A number that a configuration file holds.
    pub(crate) fn config_value(
        &self,
        context: &Context,
        function: &Function,
        value: &ConfigValue,
        args: &[Arg],
    ) -> Term {
        let mut key = value.config.clone();
        if key.contains("{0}") {
            match self.given(context, function, args, 0).map(|given| as_term(&given)) {
                Some(Term::Text(text)) => key = key.replace("{0}", &text),
                _ => return Term::unknown("a configuration key that is not literal"),
            }
        }
        let term = Term::Config {
            key: ConfigKey {
                kind: ConfigKind::Key,
                name: Name::from(key),
            },
            default: value.default.map(|number| Box::new(Term::Count(number))),
        };
        match value.unit {
            Some(unit) => Term::Timed {
                value: Box::new(term),
                unit: unit_of(Some(unit)),
            },
            None => term,
        }
    }

    /// The address that an argument holds, or a field of it.
    pub(crate) fn address_given(&self, context: &Context, function: &Function, args: &[Arg]) -> Option<Value> {
        let idx = function.endpoint?;
        match &function.endpoint_field {
            Some(field) => self.field_given(context, args.get(idx as usize)?.value, field),
            None => self.given(context, function, args, idx),
        }
    }

    /// The policy object that a guard takes its settings from.
    pub(crate) fn policy_of(
        &self,
        context: &Context,
        function: &Function,
        guard: &Guard,
        args: &[Arg],
    ) -> Option<Value> {
        let idx = guard.policy?;
        match &guard.field {
            Some(field) => self.field_given(context, args.get(idx as usize)?.value, field),
            None => self.given(context, function, args, idx),
        }
    }

    /// Where a policy that may bound the call is not known, that is said.
    pub(crate) fn unknown_policy(&self, guard: &Guard, policy: &Value, source: Source) -> Option<Layer> {
        let (Some(scope), Value::Unknown(reason)) = (guard.scope, policy) else {
            return None;
        };
        let scope: Scope = scope_of(Some(scope));
        Some(Layer {
            kind: LayerKind::Timeout {
                scope,
                limit: Term::Unknown(reason.clone()),
            },
            source,
            at: None,
            is_conditional: false,
        })
    }

    /// Add what options carry to the guards that a function sets: `retry(stop=…, wait=…)`, `NewClient(addr, opts...)`.
    pub(crate) fn add_options(
        &self,
        context: &Context,
        function: &Function,
        args: &[Arg],
        source: Source,
        layers: &mut Vec<Layer>,
    ) {
        let Some(from) = function.options else { return };
        // Of several policies the last is the innermost.
        for (idx, arg) in args.iter().enumerate().rev() {
            if idx < from as usize && arg.name.is_none() {
                continue;
            }
            let option = self.eval(context, arg.value);
            let mut is_merged = false;
            for layer in layers.iter_mut() {
                if let LayerKind::Retry(retry) = &mut layer.kind {
                    apply_policy(&option, retry);
                    is_merged = true;
                }
            }
            let carried = policy_layers(&option, source).into_iter();
            layers.extend(carried.filter(|layer| !(is_merged && matches!(layer.kind, LayerKind::Retry(_)))));
        }
    }

    /// The guards that a call's receiver carries: `policy.ExecuteAsync(f)`.
    pub(crate) fn receiver_layers(&self, context: &Context, here: ExprId, entry: &FunctionRef<'a>) -> Vec<Layer> {
        let mut guards = entry.function.guard.iter().chain(&entry.function.guards);
        let at = At {
            body: context.body,
            expr: here,
        };
        match self.bodies.kind(at) {
            ExprKind::Method { receiver, .. } if guards.any(|guard| guard.receiver) => {
                policy_layers(&self.eval(context, *receiver), Source::Wrapper)
            }
            _ => Vec::new(),
        }
    }
}

/// A bare number takes the unit; a duration has its own.
fn has_unit(value: &Value) -> bool {
    !matches!(
        value,
        Value::Term(Term::Duration(_) | Term::Timed { .. } | Term::Product(_))
    )
}
