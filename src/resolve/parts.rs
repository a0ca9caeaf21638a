//! Values of fields: of the object that is at hand where it is known, else all that is ever written to them.

use crate::model::{
    Name,
    expr::{ExprId, ExprKind},
    term::Term,
};

use super::{
    bodies::At,
    infer::Origin,
    ty::TypeId,
    values::{Context, Flow, Question, Value, element, union},
};

impl Flow<'_, '_> {
    pub(super) fn eval_field(&self, context: &Context, expr: ExprId, base: ExprId, name: &Name) -> Value {
        let typed = &self.bodies.typed(context.body).typed;
        match typed.fields.get(&expr) {
            Some(of) => match self.literal_field(context, base, name) {
                Some(value) => value,
                None => self.field_of_objects(*of, name, || self.eval(context, base)),
            },
            None => match name.parse::<usize>() {
                Ok(idx) => element(self.eval(context, base), idx),
                Err(_) => self.outside_field(context, base, name),
            },
        }
    }

    /// A field of the objects that `base` can be, where that tells more than all that is ever written to it.
    pub(super) fn field_of_objects(&self, of: TypeId, name: &Name, base: impl FnOnce() -> Value) -> Value {
        let anywhere = self.field_value(of, name);
        let differs = match &anywhere {
            Value::Any(values) => values.iter().any(|value| !matches!(value, Value::Term(Term::Absent))),
            Value::Unknown(_) => true,
            _ => false,
        };
        if !differs || self.is_assigned_later(of, name) {
            return anywhere;
        }
        self.object_field(&base(), of, name).unwrap_or(anywhere)
    }

    /// The field in every object that a value can be; `None` where one of them does not tell.
    fn object_field(&self, object: &Value, of: TypeId, name: &Name) -> Option<Value> {
        match object {
            Value::Object(at, frame) => {
                let ExprKind::Struct { fields, rest, .. } = self.bodies.kind(*at) else {
                    return None;
                };
                if self.bodies.typed(at.body).typed.literals.get(&at.expr) != Some(&of) {
                    return None;
                }
                let context = Context {
                    body: at.body,
                    frame: frame.clone(),
                };
                match (fields.iter().find(|(known, _)| known == name), rest) {
                    (Some((_, value)), _) => Some(self.eval(&context, *value)),
                    (None, Some(rest)) => self.object_field(&self.eval(&context, *rest), of, name),
                    (None, None) => None,
                }
            }
            Value::Any(objects) => {
                let fields: Option<Vec<Value>> = objects
                    .iter()
                    .map(|object| self.object_field(object, of, name))
                    .collect();
                Some(union(fields?))
            }
            _ => None,
        }
    }

    /// Whether the field is written to anywhere but in a struct literal.
    fn is_assigned_later(&self, of: TypeId, name: &Name) -> bool {
        let key = (of, name.clone());
        self.bodies.writes.get(&key).into_iter().flatten().any(|at| {
            let parent = self.bodies.typed(at.body).parent(at.expr);
            parent.is_none_or(|expr| !matches!(self.bodies.kind(At { body: at.body, expr }), ExprKind::Struct { .. }))
        })
    }

    /// A field of an outside type: the configuration stays with the value it is part of.
    fn outside_field(&self, context: &Context, base: ExprId, name: &Name) -> Value {
        match self.eval(context, base) {
            Value::Carrier(carrier) => Value::Carrier(carrier),
            _ => Value::Unknown(Name::from(format!("field {name} of a type that is not known"))),
        }
    }

    /// The field of a struct that is written out where the base comes from: more precise than all writes.
    pub(super) fn literal_field(&self, context: &Context, base: ExprId, name: &Name) -> Option<Value> {
        let (context, literal) = self.literal_of(context, base, 0)?;
        match self.bodies.kind(At {
            body: context.body,
            expr: literal,
        }) {
            ExprKind::Struct { fields, rest, .. } => {
                let written = fields.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
                match (written, rest) {
                    (Some(value), _) => Some(self.eval(&context, value)),
                    (None, _) => None,
                }
            }
            _ => None,
        }
    }

    /// Follow a value back to the one struct literal it is, through locals and frames.
    fn literal_of(&self, context: &Context, expr: ExprId, depth: usize) -> Option<(Context, ExprId)> {
        if 8 < depth {
            return None;
        }
        let at = At {
            body: context.body,
            expr,
        };
        match self.bodies.kind(at) {
            ExprKind::Struct { .. } => Some((context.clone(), expr)),
            ExprKind::Path(_) => {
                let typed = &self.bodies.typed(context.body).typed;
                let local = typed.local(*typed.uses.get(&expr)?);
                if !local.assigned.is_empty() || !local.source.steps.is_empty() {
                    return None;
                }
                match local.source.origin {
                    Origin::Expr(init) => self.literal_of(context, init, depth + 1),
                    Origin::Param(idx) => {
                        let (outer, arg) = self.handed_over(context, idx)?;
                        self.literal_of(&outer, arg, depth + 1)
                    }
                    _ => None,
                }
            }
            ExprKind::Await(of) | ExprKind::Try(of) => self.literal_of(context, *of, depth + 1),
            _ => None,
        }
    }

    pub(super) fn param_field(&self, context: &Context, idx: u32, of: TypeId, name: &Name) -> Value {
        let direct = self
            .handed_over(context, idx)
            .and_then(|(outer, arg)| self.literal_field(&outer, arg, name));
        direct.unwrap_or_else(|| self.field_value(of, name))
    }

    /// All values ever written to a field in production code; configuration structs read theirs from outside.
    pub(crate) fn field_value(&self, of: TypeId, name: &Name) -> Value {
        let key = (of, name.clone());
        if let Some(value) = self.fields.borrow().get(&key) {
            return value.clone();
        }
        let before = *self.touched.borrow();
        let pinned = self.overrides.take();
        let answer = self.ask(Question::Field(of, name.clone()), || self.written_to(of, name));
        self.overrides.replace(pinned);
        // What was joined inside belongs to the object, not to the asking function's parameters.
        *self.touched.borrow_mut() = before;
        let Some((value, _, is_whole)) = answer else {
            return Value::Nothing;
        };
        if is_whole {
            self.fields.borrow_mut().insert(key, value.clone());
        }
        value
    }

    fn written_to(&self, of: TypeId, name: &Name) -> Value {
        let key = (of, name.clone());
        let mut values: Vec<Value> = Vec::new();
        for at in self.bodies.writes.get(&key).into_iter().flatten() {
            values.push(self.eval(&Context::of(at.body), at.expr));
        }
        if let Some(configured) = self.configured_field(of, name) {
            // What `Default` and literals write is what holds where nothing is configured.
            match (configured, union(std::mem::take(&mut values))) {
                (Value::Term(Term::Config { key, default: None }), Value::Term(written)) => {
                    values.push(Value::Term(Term::Config {
                        key,
                        default: Some(Box::new(written)),
                    }));
                }
                (configured, written) => values.extend([written, configured]),
            }
        }
        if values.is_empty() {
            Value::Unknown(Name::from(format!("nothing in the scanned code sets field {name}")))
        } else {
            union(values)
        }
    }
}
