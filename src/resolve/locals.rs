//! Values of locals and parameters: where they are bound, what is assigned to them, what callers hand over.

use crate::model::{
    Name,
    expr::{ExprId, ExprKind},
    term::Term,
};

use super::{
    bodies::{At, BodyRef, passes_result},
    infer::{LocalId, Origin, Source, Step},
    ty::FnId,
    values::{Context, Flow, MAX_CALLERS, Value, element, union},
};

impl Flow<'_, '_> {
    /// The values of a local: where it is bound, then its reassignments in order.
    pub(crate) fn eval_local(&self, context: &Context, id: LocalId) -> Value {
        let pinned = self
            .overrides
            .borrow()
            .iter()
            .rev()
            .find(|(body, local, _)| *body == context.body && *local == id)
            .map(|(_, _, value)| value.clone());
        if let Some(value) = pinned {
            return value;
        }
        let own = self.bodies.typed(context.body);
        let local = own.typed.local(id);
        let mut value = self.eval_source(context, &local.source);
        let mut steps: Vec<ExprId> = local.assigned.clone();
        if let Some(mutations) = own.mutations.get(&id) {
            steps.extend(mutations);
        }
        steps.sort();
        for step in steps {
            self.overrides.borrow_mut().push((context.body, id, value.clone()));
            let next = self.eval(context, step);
            self.overrides.borrow_mut().pop();
            value = if self.is_unconditional(context.body, id, step) {
                next
            } else {
                union([value, next])
            };
        }
        value
    }

    /// Whether a reassignment happens whenever the binding does: in the same block, under no branch or loop.
    fn is_unconditional(&self, body_ref: BodyRef, id: LocalId, step: ExprId) -> bool {
        let own = self.bodies.typed(body_ref);
        let Some(body) = self.bodies.body(body_ref) else {
            return false;
        };
        let binder = match own.typed.local(id).source.origin {
            Origin::Expr(expr) => own.parent(expr).and_then(|bind| own.parent(bind)),
            Origin::Param(_) => body.root,
            _ => None,
        };
        let mut at = own.parent(step);
        while let Some(here) = at {
            if Some(here) == binder {
                return true;
            }
            match &body.get(here).kind {
                ExprKind::Block { .. } | ExprKind::Assign { .. } => at = own.parent(here),
                kind if passes_result(kind) => at = own.parent(here),
                _ => return false,
            }
        }
        false
    }

    fn eval_source(&self, context: &Context, source: &Source) -> Value {
        match source.origin {
            Origin::Expr(expr) => {
                if let [Step::Field(Some(of), name), rest @ ..] = source.steps.as_slice() {
                    let direct = self.literal_field(context, expr, name);
                    let value = direct.unwrap_or_else(|| self.field_value(*of, name));
                    return self.follow(value, rest);
                }
                self.follow(self.eval(context, expr), &source.steps)
            }
            Origin::Param(idx) => {
                if let [Step::Field(Some(of), name), rest @ ..] = source.steps.as_slice() {
                    return self.follow(self.param_field(context, idx, *of, name), rest);
                }
                self.follow(self.eval_param(context, idx), &source.steps)
            }
            Origin::Element(expr) => {
                let value = match self.eval(context, expr) {
                    Value::List(items) => union(items),
                    other => other,
                };
                self.follow(value, &source.steps)
            }
            Origin::ClosureParam(closure, idx) => self.follow(self.closure_param(context, closure, idx), &source.steps),
            Origin::Unknown => Value::Unknown(Name::new("a binding without value")),
        }
    }

    /// Steps from a value into a part of it.
    pub(super) fn follow(&self, value: Value, steps: &[Step]) -> Value {
        let mut value = value;
        for step in steps {
            value = match step {
                Step::Payload(name, _) if name == "Err" => Value::Unknown(Name::new("an error value")),
                // `Some(x)` and `Ok(x)` are transparent; extractors and newtypes too.
                Step::Payload(..) => match value {
                    Value::Term(Term::Absent) => Value::Nothing,
                    Value::Any(values) => union(values.into_iter().filter(|of| *of != Value::Term(Term::Absent))),
                    other => other,
                },
                Step::Tuple(idx) => element(value, *idx as usize),
                Step::Field(Some(of), name) => self.field_of_objects(*of, name, || value),
                Step::Field(None, _) => Value::Unknown(Name::new("a field of an unknown type")),
            };
        }
        value
    }

    /// A parameter: from the frame's call, or joined over all production callers.
    pub(crate) fn eval_param(&self, context: &Context, idx: u32) -> Value {
        let BodyRef::Function(id) = context.body else {
            return Value::Unknown(Name::new("no parameter here"));
        };
        if context.frame.is_some() {
            return match self.handed_over(context, idx) {
                Some((outer, arg)) => self.eval(&outer, arg),
                None => Value::Unknown(Name::new("an argument that is not written")),
            };
        }
        *self.touched.borrow_mut() = true;
        let callers = &self.bodies.callers[id.0 as usize];
        if callers.is_empty() {
            return self
                .injected(id, idx)
                .unwrap_or_else(|| Value::Unknown(Name::new("a parameter that nobody in the scanned code sets")));
        }
        if MAX_CALLERS < callers.len() {
            return Value::Unknown(Name::new("a parameter with too many callers"));
        }
        union(callers.iter().map(|site| match self.argument(*site, id, idx) {
            Some(arg) => self.eval(&Context::of(site.body), arg),
            None => Value::Unknown(Name::new("an argument that is not written")),
        }))
    }

    /// What the frame's call hands over for a parameter, and where that is evaluated.
    pub(super) fn handed_over(&self, context: &Context, idx: u32) -> Option<(Context, ExprId)> {
        let frame = context.frame.as_ref()?;
        let BodyRef::Function(id) = context.body else {
            return None;
        };
        let outer = Context {
            body: frame.site.body,
            frame: frame.outer.clone(),
        };
        Some((outer, self.argument(frame.site, id, idx)?))
    }

    /// The expression that a call hands over for a parameter.
    pub(crate) fn argument(&self, site: At, callee: FnId, idx: u32) -> Option<ExprId> {
        let def = self.bodies.world.function(callee).def;
        match self.bodies.kind(site) {
            ExprKind::Method { receiver, args, .. } => match (def.has_self, idx) {
                (true, 0) => Some(*receiver),
                (true, idx) => args.get(idx as usize - 1).map(|arg| arg.value),
                (false, idx) => args.get(idx as usize).map(|arg| arg.value),
            },
            ExprKind::Call { args, .. } => {
                let wanted = def.params.get(idx as usize).and_then(|param| match &param.pattern {
                    crate::model::expr::Pattern::Bind { name, .. } => Some(name),
                    _ => None,
                });
                let named = args
                    .iter()
                    .find(|arg| arg.name.is_some() && arg.name.as_ref() == wanted);
                named
                    .or_else(|| args.get(idx as usize).filter(|arg| arg.name.is_none()))
                    .map(|arg| arg.value)
            }
            _ => None,
        }
    }

    /// What a closure's parameter holds when a container or future hands it over: `opt.map(|x| …)`.
    pub(super) fn closure_param(&self, context: &Context, closure: ExprId, idx: u32) -> Value {
        let own = self.bodies.typed(context.body);
        let Some(parent) = own.parent(closure) else {
            return Value::Unknown(Name::new("a closure's parameter"));
        };
        match self.bodies.kind(At {
            body: context.body,
            expr: parent,
        }) {
            ExprKind::Method { receiver, method, .. } => match method.as_str() {
                "map" | "and_then" | "map_or" | "map_or_else" | "inspect" | "for_each" | "filter_map" | "flat_map"
                | "then" | "is_some_and" | "is_ok_and" | "tap" | "pipe" | "apply_if_some" | "map_ok" | "filter"
                    if idx == 0 =>
                {
                    match self.eval(context, *receiver) {
                        Value::List(items) => union(items),
                        Value::Term(Term::Absent) => Value::Nothing,
                        Value::Any(values) => union(values.into_iter().filter(|of| *of != Value::Term(Term::Absent))),
                        other => other,
                    }
                }
                _ => Value::Unknown(Name::new("a closure's parameter")),
            },
            _ => Value::Unknown(Name::new("a closure's parameter")),
        }
    }
}
