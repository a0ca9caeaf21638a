//! The small expression form that function bodies of every language are lowered to.
//!
//! A body is an arena: expressions refer to each other by [`ExprId`]. References, dereferences,
//! parentheses and casts are transparent: a front end lowers `&mut (x as T)` to `x`.

use serde::{Deserialize, Serialize};

use super::{Name, location::Span};

/// Index of an expression inside its [`Body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExprId(pub u32);

impl ExprId {
    /// The position in [`Body::exprs`].
    #[must_use]
    pub const fn idx(self) -> usize {
        self.0 as usize
    }
}

/// The body of a function, or the value of a constant or static.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    pub exprs: Vec<Expr>,
    /// The outermost expression; `None` only for an empty body.
    pub root: Option<ExprId>,
}

impl Body {
    /// The expression with that id.
    ///
    /// # Panics
    /// When the id belongs to another body.
    #[must_use]
    pub fn get(&self, id: ExprId) -> &Expr {
        &self.exprs[id.idx()]
    }

    /// All ids with their expressions, in lowering order (children before parents).
    pub fn iter(&self) -> impl Iterator<Item = (ExprId, &Expr)> {
        self.exprs
            .iter()
            .enumerate()
            .map(|(idx, expr)| (ExprId(u32::try_from(idx).unwrap_or(u32::MAX)), expr))
    }

    /// Add an expression and return its id.
    pub fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        let id = ExprId(u32::try_from(self.exprs.len()).unwrap_or(u32::MAX));
        self.exprs.push(Expr { kind, span });
        id
    }
}

/// One expression with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// The shapes. Children are ids into the same body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// A name or path as written: `client`, `self`, `Client::new`, `reqwest::get`.
    Path(Path),
    /// `base.name`; a tuple field has its number as name.
    Field {
        base: ExprId,
        name: Name,
    },
    /// `base[index]`.
    Index {
        base: ExprId,
        index: ExprId,
    },
    Literal(Literal),
    /// A string with holes: `format!("{host}/v1")`, template literals, f-strings.
    Template(Vec<Piece>),
    /// `callee(args)`; the callee is most often a [`ExprKind::Path`].
    Call {
        callee: ExprId,
        args: Vec<Arg>,
    },
    /// `receiver.method::<generics>(args)`. The span's `line` is that of the method name.
    Method {
        receiver: ExprId,
        method: Name,
        generics: Vec<TypeRef>,
        args: Vec<Arg>,
    },
    /// `Path { field: value, ..rest }`; also object literals (empty path).
    Struct {
        path: Path,
        fields: Vec<(Name, ExprId)>,
        rest: Option<ExprId>,
    },
    Closure {
        params: Vec<Param>,
        ret: Option<TypeRef>,
        body: ExprId,
        is_async: bool,
    },
    /// `value.await`, `await value`.
    Await(ExprId),
    /// `value?`: the error leaves the function.
    Try(ExprId),
    /// `throw value`, `raise value`.
    Throw(ExprId),
    /// A statement block. With `has_tail` the last statement is the block's value.
    Block {
        stmts: Vec<ExprId>,
        has_tail: bool,
        is_async: bool,
    },
    /// `let pattern: ty = init else { otherwise }`; the first assignment of a name.
    Bind {
        pattern: Pattern,
        ty: Option<TypeRef>,
        init: Option<ExprId>,
        otherwise: Option<ExprId>,
    },
    /// `target = value`, `target += value` (with the operator).
    Assign {
        target: ExprId,
        value: ExprId,
        op: Option<Name>,
    },
    /// `let pattern = value` as a condition.
    Let {
        pattern: Pattern,
        value: ExprId,
    },
    If {
        cond: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
    },
    Match {
        scrutinee: ExprId,
        arms: Vec<Arm>,
    },
    /// `loop`, `while cond`, `for pattern in head`.
    Loop {
        kind: LoopKind,
        pattern: Option<Pattern>,
        head: Option<ExprId>,
        body: ExprId,
        label: Option<Name>,
    },
    Break {
        value: Option<ExprId>,
        label: Option<Name>,
    },
    Continue {
        label: Option<Name>,
    },
    Return(Option<ExprId>),
    /// `left op right`; `op` as written in Rust (`+`, `==`, `&&`, …).
    Binary {
        op: Name,
        left: ExprId,
        right: ExprId,
    },
    /// `!x`, `-x`.
    Unary {
        op: Name,
        value: ExprId,
    },
    /// A tuple, array, list or vector literal.
    List(Vec<ExprId>),
    /// `start..end`, `start..=end`.
    Range {
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
    },
    /// try/catch of languages with exceptions.
    TryCatch {
        body: ExprId,
        catches: Vec<Arm>,
        finally: Option<ExprId>,
    },
    /// The first of several futures: `tokio::select!`, Go `select`.
    Select(Vec<Arm>),
    /// All of several: `tokio::join!`, `tokio::try_join!`.
    Join(Vec<ExprId>),
    /// Work started without waiting by syntax (`go f()`); library spawns are calls.
    Spawn(ExprId),
    /// A macro call whose arguments parsed as expressions.
    Macro {
        path: Path,
        args: Vec<Arg>,
        text: Name,
    },
    /// A macro call, or other syntax, that the front end did not read.
    Opaque {
        path: Path,
    },
}

/// A call argument, named where the language names it. The name `*` stands for "its elements are the arguments",
/// `**` for "its fields are the named arguments".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arg {
    pub name: Option<Name>,
    pub value: ExprId,
}

/// One arm of a match, catch or select. For a select arm `scrutinee` is its future.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    pub pattern: Pattern,
    pub guard: Option<ExprId>,
    pub scrutinee: Option<ExprId>,
    pub body: ExprId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoopKind {
    Loop,
    While,
    For,
}

/// A piece of a template string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    Text(Name),
    Hole(ExprId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    Str(Name),
    Int(i64),
    Float(f64),
    Bool(bool),
    Unit,
    /// `null`, `nil`, `None` of languages where it is a literal.
    Null,
    /// Bytes, characters and other literals nobody asks about.
    Other,
}

/// A path as written, with the generic arguments of its last segment and, for `<T as Trait>::f`, the qualified type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Path {
    pub segments: Vec<Name>,
    /// Generic arguments written anywhere in the path (`Vec::<u8>::new`, `get::<Foo>`).
    pub generics: Vec<TypeRef>,
    /// The `T` of `<T as Trait>::f` or `<T>::f`; then `segments` is the trait's path and the name.
    pub qself: Option<Box<TypeRef>>,
}

impl Path {
    /// A path of plain segments.
    #[must_use]
    pub fn of(segments: &[&str]) -> Self {
        Self {
            segments: segments.iter().map(Name::new).collect(),
            ..Self::default()
        }
    }

    /// The last segment, or nothing for an empty path.
    #[must_use]
    pub fn last(&self) -> Option<&Name> {
        self.segments.last()
    }

    /// The only segment of a one-segment path.
    #[must_use]
    pub fn as_name(&self) -> Option<&Name> {
        match self.segments.as_slice() {
            [only] if self.qself.is_none() => Some(only),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pattern {
    Wild,
    Bind {
        name: Name,
        sub: Option<Box<Pattern>>,
    },
    Tuple(Vec<Pattern>),
    TupleStruct {
        path: Path,
        items: Vec<Pattern>,
    },
    Struct {
        path: Path,
        fields: Vec<(Name, Pattern)>,
    },
    Or(Vec<Pattern>),
    Slice(Vec<Pattern>),
    Typed {
        pattern: Box<Pattern>,
        ty: TypeRef,
    },
    /// A constant, unit variant or exception class.
    Path(Path),
    Literal(Literal),
    /// Ranges and others that bind nothing.
    Other,
}

impl Pattern {
    /// A plain name.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self::Bind {
            name: Name::new(name),
            sub: None,
        }
    }

    /// The names that the pattern binds, in order.
    pub fn names(&self, out: &mut Vec<Name>) {
        match self {
            Self::Bind { name, sub } => {
                out.push(name.clone());
                if let Some(sub) = sub {
                    sub.names(out);
                }
            }
            Self::Tuple(items) | Self::TupleStruct { items, .. } | Self::Or(items) | Self::Slice(items) => {
                for item in items {
                    item.names(out);
                }
            }
            Self::Struct { fields, .. } => {
                for (_, field) in fields {
                    field.names(out);
                }
            }
            Self::Typed { pattern, .. } => pattern.names(out),
            Self::Wild | Self::Path(_) | Self::Literal(_) | Self::Other => {}
        }
    }
}

/// A parameter of a function or closure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub pattern: Pattern,
    pub ty: Option<TypeRef>,
    pub default: Option<Literal>,
    pub attributes: Vec<super::fact::Attribute>,
    pub collects: Collects,
}

/// Which arguments a parameter takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Collects {
    /// Its own.
    #[default]
    One,
    /// All that are left, as a list: `args...`, `*args`.
    Rest,
    /// All named ones that are left: `**kwargs`.
    Named,
}

/// A type as written. References are transparent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeRef {
    /// `Arc<Client>`: the path `Arc` with one argument. `Self` is the path `Self`.
    Named {
        segments: Vec<Name>,
        args: Vec<TypeRef>,
        bindings: Vec<(Name, TypeRef)>,
    },
    /// `<T as Trait>::Name`, `T::Name` keeps the form `Named`.
    Projection {
        base: Box<TypeRef>,
        trait_ref: Option<Box<TypeRef>>,
        name: Name,
    },
    Tuple(Vec<TypeRef>),
    /// `[T]`, `[T; n]`.
    Slice(Box<TypeRef>),
    /// `fn(A) -> B`, `impl Fn(A) -> B` bounds.
    Fn {
        params: Vec<TypeRef>,
        ret: Option<Box<TypeRef>>,
    },
    /// `dyn A + B`.
    Dyn(Vec<TypeRef>),
    /// `impl A + B`.
    Impl(Vec<TypeRef>),
    Never,
    /// `_` and types that the front end did not read.
    Infer,
}

impl TypeRef {
    /// A plain named type.
    #[must_use]
    pub fn named(segments: &[&str]) -> Self {
        Self::Named {
            segments: segments.iter().map(Name::new).collect(),
            args: Vec::new(),
            bindings: Vec::new(),
        }
    }
}
