//! Value flow: which client objects, texts, durations and counts reach an expression.
//!
//! Demand-driven, flow-insensitive inside a body except for reassigned builders, field-based between
//! functions. A parameter is what its caller hands over where a frame says which caller; else the union
//! over all production callers.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use rustc_hash::FxHashMap;

use crate::{
    catalog::lookup::LibraryIdx,
    model::{
        Name,
        expr::{ExprId, ExprKind, Literal, Piece},
        guard::Layer,
        location::Location,
        term::Term,
    },
};

use super::{
    bodies::{At, Bodies, BodyRef},
    infer::LocalId,
    symbols::Def,
    ty::{FnId, TypeId},
};

/// Nested evaluations followed.
const MAX_DEPTH: usize = 48;
/// Callers whose arguments are joined for one parameter.
pub(super) const MAX_CALLERS: usize = 48;
/// Expressions evaluated for one question; more are "too much to follow".
const MAX_STEPS: usize = 60_000;
/// Different values kept; more are "many different values".
const MAX_VALUES: usize = 12;

/// An abstract value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing reaches here (yet): the neutral element of the union.
    Nothing,
    Unknown(Name),
    Term(Term),
    Carrier(Arc<Carrier>),
    /// A tuple or list with known elements.
    List(Vec<Value>),
    /// A closure where it is written, or a function.
    Closure(At, Option<Frame>),
    Function(FnId),
    /// A struct of the scanned code where it is written out.
    Object(At, Option<Frame>),
    Any(Vec<Value>),
}

/// A client, builder, request or policy with the configuration gathered so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Carrier {
    pub(crate) library: LibraryIdx,
    /// The type path it was made as.
    pub(crate) of: Name,
    /// In the order they were set.
    pub(crate) layers: Vec<Layer>,
    pub(crate) endpoint: Option<Term>,
    pub(crate) operation: Option<Name>,
    /// Why the configuration that it started with is not known.
    pub(crate) unknown: Option<Name>,
    /// Where it was made.
    pub(crate) made: Location,
}

/// Which call a function's parameters come from.
pub(crate) type Frame = Arc<Call>;

/// A call with the frame of the function around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) site: At,
    pub(crate) outer: Option<Frame>,
}

/// Where an expression is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Context {
    pub(crate) body: BodyRef,
    pub(crate) frame: Option<Frame>,
}

impl Context {
    pub(crate) fn of(body: BodyRef) -> Self {
        Self { body, frame: None }
    }
}

/// One thing that is being evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// An expression under a frame, by the frame's address.
    Expr(At, usize),
    Field(TypeId, Name),
    Made(Name),
}

/// The engine: memo tables and the state of the running evaluation.
pub(crate) struct Flow<'w, 'a> {
    pub(crate) bodies: &'w Bodies<'w, 'a>,
    memo: RefCell<FxHashMap<At, (Value, bool)>>,
    pub(super) fields: RefCell<FxHashMap<(TypeId, Name), Value>>,
    /// What is being evaluated, to cut cycles.
    stack: RefCell<Vec<Question>>,
    /// Answers under frames, and partial ones: good until the outermost question is answered.
    scratch: RefCell<FxHashMap<(At, usize), (Value, bool)>>,
    /// One frame for one call under one outer frame, kept alive as long as `scratch`.
    frames: RefCell<FxHashMap<(At, usize), Frame>>,
    /// The outermost question that the running one came back to: until that is answered the value is partial.
    lowest: Cell<usize>,
    steps: Cell<usize>,
    /// Where objects of outside types are made, and what all of them are, joined.
    makers: std::collections::BTreeMap<Name, Vec<At>>,
    made: RefCell<FxHashMap<Name, Option<Value>>>,
    /// Values of locals while their reassignments are followed.
    pub(super) overrides: RefCell<Vec<(BodyRef, LocalId, Value)>>,
    /// Hand-written breakers by call.
    pub(crate) breakers: RefCell<FxHashMap<At, Option<Layer>>>,
    /// A parameter was joined over callers since this was last cleared.
    pub(crate) touched: RefCell<bool>,
    /// What containers hand to constructors.
    pub(crate) registrations: super::objects::Registrations,
    /// What code sets on values of modules.
    pub(crate) settings: super::objects::Settings,
}

impl<'w, 'a> Flow<'w, 'a> {
    pub(crate) fn new(bodies: &'w Bodies<'w, 'a>) -> Self {
        Self {
            bodies,
            makers: super::clients::makers(bodies),
            made: RefCell::default(),
            memo: RefCell::default(),
            fields: RefCell::default(),
            stack: RefCell::default(),
            scratch: RefCell::default(),
            frames: RefCell::default(),
            lowest: Cell::new(usize::MAX),
            steps: Cell::default(),
            overrides: RefCell::default(),
            breakers: RefCell::default(),
            touched: RefCell::default(),
            registrations: super::objects::registrations(bodies),
            settings: super::objects::settings(bodies),
        }
    }

    /// The value of an expression.
    pub(crate) fn eval(&self, context: &Context, expr: ExprId) -> Value {
        let at = At {
            body: context.body,
            expr,
        };
        let is_free = self.overrides.borrow().is_empty();
        let can_memo = is_free && context.frame.is_none();
        let frame_id = context.frame.as_ref().map_or(0, |frame| Arc::as_ptr(frame) as usize);
        if can_memo && let Some((value, touched)) = self.memo.borrow().get(&at) {
            *self.touched.borrow_mut() |= *touched;
            return value.clone();
        }
        if is_free && let Some((value, touched)) = self.scratch.borrow().get(&(at, frame_id)) {
            *self.touched.borrow_mut() |= *touched;
            return value.clone();
        }
        let Some(answer) = self.ask(Question::Expr(at, frame_id), || self.eval_kind(context, expr)) else {
            return Value::Nothing;
        };
        let (value, touched, is_whole) = answer;
        if can_memo && is_whole {
            self.memo.borrow_mut().insert(at, (value.clone(), touched));
        } else if is_free && !self.stack.borrow().is_empty() {
            self.scratch
                .borrow_mut()
                .insert((at, frame_id), (value.clone(), touched));
        }
        if self.stack.borrow().is_empty() {
            self.scratch.borrow_mut().clear();
            self.frames.borrow_mut().clear();
        }
        value
    }

    /// The frame of a call under an outer frame: the same one for the whole of a question.
    pub(crate) fn frame(&self, site: At, outer: Option<&Frame>) -> Frame {
        let outer_id = outer.map_or(0, |frame| Arc::as_ptr(frame) as usize);
        let mut frames = self.frames.borrow_mut();
        let frame = frames.entry((site, outer_id)).or_insert_with(|| {
            Arc::new(Call {
                site,
                outer: outer.cloned(),
            })
        });
        Arc::clone(frame)
    }

    /// Answer a question with its cycles and its cost bounded: `None` where it is being answered already. Also
    /// tells whether a parameter was joined, and whether the answer is whole: one that came back to a question
    /// further out, or was cut off, must not be remembered.
    pub(super) fn ask(&self, question: Question, answer: impl FnOnce() -> Value) -> Option<(Value, bool, bool)> {
        let depth = self.stack.borrow().len();
        if depth == 0 {
            self.steps.set(0);
        }
        self.steps.set(self.steps.get() + 1);
        if MAX_DEPTH < depth || MAX_STEPS < self.steps.get() {
            self.lowest.set(0);
            return Some((Value::Unknown(Name::new("too much to follow")), false, false));
        }
        let can_cycle = self.overrides.borrow().is_empty();
        let known = self.stack.borrow().iter().position(|known| *known == question);
        if let (true, Some(known)) = (can_cycle, known) {
            self.lowest.set(self.lowest.get().min(known));
            return None;
        }
        self.stack.borrow_mut().push(question);
        let outer = self.lowest.replace(usize::MAX);
        let before = self.touched.replace(false);
        let value = answer();
        let touched = *self.touched.borrow();
        *self.touched.borrow_mut() = touched || before;
        self.stack.borrow_mut().pop();
        let lowest = self.lowest.get();
        let is_whole = depth <= lowest || depth == 0;
        self.lowest.set(if is_whole { outer } else { outer.min(lowest) });
        Some((value, touched, is_whole))
    }

    fn eval_kind(&self, context: &Context, expr: ExprId) -> Value {
        let at = At {
            body: context.body,
            expr,
        };
        match self.bodies.kind(at) {
            ExprKind::Path(_) => self.eval_path(context, expr),
            ExprKind::Field { base, name } => self.eval_field(context, expr, *base, name),
            ExprKind::Literal(literal) => literal_value(literal),
            ExprKind::Template(pieces) => self.eval_template(context, pieces),
            ExprKind::Call { .. } | ExprKind::Method { .. } | ExprKind::Macro { .. } => self.eval_call(context, expr),
            ExprKind::Closure { .. } => Value::Closure(at, context.frame.clone()),
            ExprKind::Await(of) | ExprKind::Try(of) => self.eval(context, *of),
            ExprKind::Block {
                stmts, has_tail: true, ..
            } => match stmts.last() {
                Some(tail) => self.eval(context, *tail),
                None => Value::Nothing,
            },
            ExprKind::If { then, otherwise, .. } => match otherwise {
                Some(otherwise) => union([self.eval(context, *then), self.eval(context, *otherwise)]),
                None => Value::Nothing,
            },
            ExprKind::Match { arms, .. } => union(arms.iter().map(|arm| self.eval(context, arm.body))),
            ExprKind::TryCatch { body, .. } => self.eval(context, *body),
            ExprKind::Binary { op, left, right } => self.eval_binary(context, op, *left, *right),
            ExprKind::Unary { value, .. } => self.eval(context, *value),
            ExprKind::List(items) => Value::List(items.iter().map(|item| self.eval(context, *item)).collect()),
            ExprKind::Index { base, .. } => match self.eval(context, *base) {
                Value::List(items) => union(items),
                other => other,
            },
            ExprKind::Break { .. } | ExprKind::Return(_) | ExprKind::Continue { .. } | ExprKind::Throw(_) => {
                Value::Nothing
            }
            ExprKind::Struct { .. } => self
                .outside_literal(context, expr)
                .unwrap_or_else(|| Value::Object(at, context.frame.clone())),
            ExprKind::Assign { .. } => self
                .assigned_object(context, expr)
                .unwrap_or_else(|| Value::Unknown(Name::new("not followed"))),
            ExprKind::Loop { .. } => Value::Unknown(Name::new("the result of a loop")),
            ExprKind::Select(arms) => union(arms.iter().map(|arm| self.eval(context, arm.body))),
            ExprKind::Block { .. }
            | ExprKind::Bind { .. }
            | ExprKind::Let { .. }
            | ExprKind::Range { .. }
            | ExprKind::Join(_)
            | ExprKind::Spawn(_)
            | ExprKind::Opaque { .. } => Value::Unknown(Name::new("not followed")),
        }
    }

    fn eval_path(&self, context: &Context, expr: ExprId) -> Value {
        let typed = &self.bodies.typed(context.body).typed;
        if let Some(local) = typed.uses.get(&expr) {
            return self.eval_local(context, *local);
        }
        if let Some(ids) = typed.references.get(&expr) {
            return union(ids.iter().map(|id| Value::Function(*id)));
        }
        match typed.names.get(&expr) {
            Some(Def::Const(id)) => self.eval_constant(*id),
            Some(Def::Extern(path)) => match path.last().map(Name::as_str) {
                Some("None") => Value::Term(Term::Absent),
                Some("MAX") if path.iter().any(|part| part == "Duration") => Value::Term(Term::Absent),
                Some("ZERO") if path.iter().any(|part| part == "Duration") => {
                    Value::Term(Term::Duration(crate::model::term::Millis(0)))
                }
                _ => self
                    .outside_value(context, expr, path)
                    .unwrap_or_else(|| Value::Unknown(Name::from(format!("the value of {}", path.join("::"))))),
            },
            Some(Def::Variant(..)) | Some(Def::Type(_)) => Value::Unknown(Name::new("a variant of the scanned code")),
            _ => Value::Unknown(Name::new("a name that is not bound")),
        }
    }

    pub(crate) fn eval_constant(&self, id: super::ty::ConstId) -> Value {
        let data = self.bodies.world.constant(id);
        match data.def.value.root {
            Some(root) => {
                let value = self.eval(&Context::of(BodyRef::Constant(id)), root);
                self.with_settings(id, value)
            }
            None => Value::Unknown(Name::new("a constant without value")),
        }
    }

    /// All objects of an outside type that production code makes, joined.
    pub(crate) fn made_of_type(&self, path: &Name) -> Option<Value> {
        if let Some(value) = self.made.borrow().get(path) {
            return value.clone();
        }
        let places = self.makers.get(path)?;
        let before = *self.touched.borrow();
        let pinned = self.overrides.take();
        // A maker that asks for its own type is cut off.
        let answer = self.ask(Question::Made(path.clone()), || {
            union(
                places
                    .iter()
                    .take(MAX_CALLERS)
                    .map(|at| self.eval(&Context::of(at.body), at.expr)),
            )
        });
        self.overrides.replace(pinned);
        *self.touched.borrow_mut() = before;
        let (value, _, is_whole) = answer?;
        let carriers = match value {
            Value::Carrier(_) => Some(value),
            Value::Any(values) => {
                let known: Vec<Value> = values
                    .into_iter()
                    .filter(|value| matches!(value, Value::Carrier(_)))
                    .collect();
                (!known.is_empty()).then(|| union(known))
            }
            _ => None,
        };
        if is_whole {
            self.made.borrow_mut().insert(path.clone(), carriers.clone());
        }
        carriers
    }

    fn eval_template(&self, context: &Context, pieces: &[Piece]) -> Value {
        let parts = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Term::Text(text.clone()),
                Piece::Hole(hole) => self.term(context, *hole),
            })
            .collect();
        Value::Term(Term::Concat(parts))
    }

    fn eval_binary(&self, context: &Context, op: &str, left: ExprId, right: ExprId) -> Value {
        let (left, right) = (self.eval(context, left), self.eval(context, right));
        match op {
            "+" => match (as_term(&left), as_term(&right)) {
                (Term::Text(_) | Term::Concat(_), _) | (_, Term::Text(_) | Term::Concat(_)) => {
                    Value::Term(Term::Concat(vec![as_term(&left), as_term(&right)]))
                }
                (left, right) => Value::Term(Term::Sum(vec![left, right])),
            },
            "*" => Value::Term(Term::Product(vec![as_term(&left), as_term(&right)])),
            _ => Value::Unknown(Name::from(format!("the result of `{op}`"))),
        }
    }

    /// The value of an expression as a term; carriers and code are unknown terms.
    pub(crate) fn term(&self, context: &Context, expr: ExprId) -> Term {
        as_term(&self.eval(context, expr))
    }
}

/// A value as a term.
pub(crate) fn as_term(value: &Value) -> Term {
    match value {
        Value::Term(term) => term.clone(),
        Value::Any(values) => Term::any(values.iter().map(as_term)),
        Value::Carrier(carrier) => carrier
            .endpoint
            .clone()
            .unwrap_or_else(|| Term::unknown("a client object")),
        Value::Unknown(reason) => Term::Unknown(reason.clone()),
        Value::Nothing => Term::unknown("no value reaches this place"),
        Value::List(_) => Term::unknown("a list"),
        Value::Closure(..) | Value::Function(_) => Term::unknown("code"),
        Value::Object(..) => Term::unknown("a struct of the scanned code"),
    }
}

/// The union of values: flat, without repeats; nothing is neutral.
pub(crate) fn union(values: impl IntoIterator<Item = Value>) -> Value {
    let mut flat: Vec<Value> = Vec::new();
    let mut add = |value: Value| {
        if !flat.contains(&value) {
            flat.push(value);
        }
    };
    for value in values {
        match value {
            Value::Nothing => {}
            Value::Any(inner) => inner.into_iter().for_each(&mut add),
            other => add(other),
        }
    }
    // Something known beside a bare "not followed" stays an alternative: it may be set, or not.
    match flat.len() {
        0 => Value::Nothing,
        1 => flat.swap_remove(0),
        n if MAX_VALUES < n => Value::Unknown(Name::new("many different values reach this place")),
        _ => Value::Any(flat),
    }
}

pub(super) fn element(value: Value, idx: usize) -> Value {
    match value {
        Value::List(mut items) if idx < items.len() => items.swap_remove(idx),
        Value::Any(values) => union(values.into_iter().map(|value| element(value, idx))),
        // A newtype or pair around a client keeps it in sight.
        Value::Carrier(carrier) => Value::Carrier(carrier),
        Value::Nothing => Value::Nothing,
        _ => Value::Unknown(Name::new("a part of a value that is not known")),
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Str(text) => Value::Term(Term::Text(text.clone())),
        Literal::Int(number) => match u64::try_from(*number) {
            Ok(number) => Value::Term(Term::Count(number)),
            Err(_) => Value::Unknown(Name::new("a negative number")),
        },
        Literal::Bool(flag) => Value::Term(Term::Bool(*flag)),
        Literal::Null => Value::Term(Term::Absent),
        Literal::Float(number) => float_value(*number),
        Literal::Unit | Literal::Other => Value::Unknown(Name::new("a literal of another kind")),
    }
}

/// A float as thousandths: `1.5` seconds are 1,500 ms.
fn float_value(number: f64) -> Value {
    if (0.0..9.0e12).contains(&number) {
        let whole = Name::from(format!("{number}"));
        match whole.parse::<u64>() {
            Ok(count) => Value::Term(Term::Count(count)),
            Err(_) => Value::Term(Term::Text(whole)),
        }
    } else {
        Value::Unknown(Name::new("a number out of range"))
    }
}
