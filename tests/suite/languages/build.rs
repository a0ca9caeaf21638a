//! A small builder of facts: what a front end of some language would hand over, written by hand.
//!
//! Expressions are trees of [`Node`]s that are written into a body's arena; each node takes a line of its own.

use failmap::model::{
    Name,
    expr::{Arg, Arm, Body, Collects, Expr, ExprId, ExprKind, Literal, LoopKind, Param, Path, Pattern, TypeRef},
    fact::{
        Attribute, Constant, FieldDef, FileFacts, FileRole, Function, Impl, Import, Language, Owner, TypeDef, TypeKind,
    },
    location::Span,
};

type Make = Box<dyn FnOnce(&mut Writer) -> ExprId>;

/// An expression still to be written, perhaps a named argument.
pub struct Node {
    name: Option<Name>,
    make: Make,
}

/// A body that is being written.
pub struct Writer {
    body: Body,
    line: u32,
}

impl Writer {
    fn push(&mut self, kind: ExprKind) -> ExprId {
        self.line += 1;
        let line = self.line;
        let span = Span {
            line,
            column: 1,
            start: line,
            end: line,
        };
        self.body.exprs.push(Expr { kind, span });
        ExprId(u32::try_from(self.body.exprs.len() - 1).unwrap())
    }

    fn write(&mut self, node: Node) -> ExprId {
        (node.make)(self)
    }

    fn all(&mut self, nodes: Vec<Node>) -> Vec<ExprId> {
        nodes.into_iter().map(|node| self.write(node)).collect()
    }

    fn args(&mut self, nodes: Vec<Node>) -> Vec<Arg> {
        nodes
            .into_iter()
            .map(|mut node| Arg {
                name: node.name.take(),
                value: self.write(node),
            })
            .collect()
    }
}

fn node(make: impl FnOnce(&mut Writer) -> ExprId + 'static) -> Node {
    Node {
        name: None,
        make: Box::new(make),
    }
}

fn leaf(kind: ExprKind) -> Node {
    node(move |w| w.push(kind))
}

fn segments(text: &str) -> Vec<Name> {
    text.split("::").map(Name::new).collect()
}

fn path_of(text: &str) -> Path {
    Path {
        segments: if text.is_empty() { Vec::new() } else { segments(text) },
        ..Path::default()
    }
}

/// `net/http::Client`, `Promise<Geo>`.
pub fn ty(text: &str) -> TypeRef {
    let (head, args) = match text.split_once('<') {
        Some((head, rest)) => (head, vec![ty(rest.trim_end_matches('>'))]),
        None => (text, Vec::new()),
    };
    TypeRef::Named {
        segments: segments(head),
        args,
        bindings: Vec::new(),
    }
}

/// A name or path.
pub fn path(text: &str) -> Node {
    leaf(ExprKind::Path(path_of(text)))
}

pub fn text(text: &str) -> Node {
    leaf(ExprKind::Literal(Literal::Str(Name::new(text))))
}

pub fn int(number: i64) -> Node {
    leaf(ExprKind::Literal(Literal::Int(number)))
}

pub fn null() -> Node {
    leaf(ExprKind::Literal(Literal::Null))
}

pub fn field(base: Node, name: &str) -> Node {
    let name = Name::new(name);
    node(move |w| {
        let base = w.write(base);
        w.push(ExprKind::Field { base, name })
    })
}

/// `function(args)`.
pub fn call<const N: usize>(function: &str, args: [Node; N]) -> Node {
    let callee = path(function);
    let args = Vec::from(args);
    node(move |w| {
        let callee = w.write(callee);
        let args = w.args(args);
        w.push(ExprKind::Call { callee, args })
    })
}

/// `receiver.method(args)`.
pub fn method<const N: usize>(receiver: Node, method: &str, args: [Node; N]) -> Node {
    method_of(receiver, method, &[], args)
}

/// `receiver.method<T>(args)`.
pub fn method_of<const N: usize>(receiver: Node, method: &str, generics: &[&str], args: [Node; N]) -> Node {
    let method = Name::new(method);
    let generics = generics.iter().map(|text| ty(text)).collect();
    let args = Vec::from(args);
    node(move |w| {
        let receiver = w.write(receiver);
        let args = w.args(args);
        w.push(ExprKind::Method {
            receiver,
            method,
            generics,
            args,
        })
    })
}

/// A named argument.
pub fn named(name: &str, value: Node) -> Node {
    Node {
        name: Some(Name::new(name)),
        make: value.make,
    }
}

/// `**value`.
pub fn spread(value: Node) -> Node {
    named("**", value)
}

/// `Type{field: value}`, or an object literal where the type is empty.
pub fn object<const N: usize>(of: &str, fields: [(&str, Node); N]) -> Node {
    let path = path_of(of);
    let fields: Vec<(Name, Node)> = fields
        .into_iter()
        .map(|(name, value)| (Name::new(name), value))
        .collect();
    node(move |w| {
        let fields = fields.into_iter().map(|(name, value)| (name, w.write(value))).collect();
        w.push(ExprKind::Struct {
            path,
            fields,
            rest: None,
        })
    })
}

pub fn list<const N: usize>(items: [Node; N]) -> Node {
    let items = Vec::from(items);
    node(move |w| {
        let items = w.all(items);
        w.push(ExprKind::List(items))
    })
}

pub fn binary(op: &str, left: Node, right: Node) -> Node {
    let op = Name::new(op);
    node(move |w| {
        let (left, right) = (w.write(left), w.write(right));
        w.push(ExprKind::Binary { op, left, right })
    })
}

/// A function literal.
pub fn lambda(params: &[&str], body: Node) -> Node {
    let params: Vec<Param> = params.iter().map(|name| param(name, None)).collect();
    node(move |w| {
        let body = w.write(body);
        w.push(ExprKind::Closure {
            params,
            ret: None,
            body,
            is_async: false,
        })
    })
}

pub fn await_(of: Node) -> Node {
    node(move |w| {
        let of = w.write(of);
        w.push(ExprKind::Await(of))
    })
}

pub fn throw(of: Node) -> Node {
    node(move |w| {
        let of = w.write(of);
        w.push(ExprKind::Throw(of))
    })
}

pub fn ret(value: Node) -> Node {
    node(move |w| {
        let value = w.write(value);
        w.push(ExprKind::Return(Some(value)))
    })
}

/// The first assignment of a name.
pub fn let_(name: &str, init: Node) -> Node {
    bind(Pattern::name(name), init)
}

/// The first assignment of several names; `_` takes nothing.
pub fn let_all(names: &[&str], init: Node) -> Node {
    let one = |name: &&str| {
        if *name == "_" {
            Pattern::Wild
        } else {
            Pattern::name(name)
        }
    };
    bind(Pattern::Tuple(names.iter().map(one).collect()), init)
}

fn bind(pattern: Pattern, init: Node) -> Node {
    node(move |w| {
        let init = Some(w.write(init));
        w.push(ExprKind::Bind {
            pattern,
            ty: None,
            init,
            otherwise: None,
        })
    })
}

pub fn assign(target: Node, value: Node) -> Node {
    node(move |w| {
        let (target, value) = (w.write(target), w.write(value));
        w.push(ExprKind::Assign {
            target,
            value,
            op: None,
        })
    })
}

/// Statements without a value.
pub fn block<const N: usize>(stmts: [Node; N]) -> Node {
    stmts_of(Vec::from(stmts))
}

fn stmts_of(stmts: Vec<Node>) -> Node {
    node(move |w| {
        let stmts = w.all(stmts);
        w.push(ExprKind::Block {
            stmts,
            has_tail: false,
            is_async: false,
        })
    })
}

pub fn when(cond: Node, then: Node) -> Node {
    node(move |w| {
        let (cond, then) = (w.write(cond), w.write(then));
        w.push(ExprKind::If {
            cond,
            then,
            otherwise: None,
        })
    })
}

/// `try { body } catch (name) { handler }`.
pub fn try_catch(body: Node, name: &str, handler: Node) -> Node {
    let pattern = Pattern::name(name);
    node(move |w| {
        let body = w.write(body);
        let handler = w.write(handler);
        let arm = Arm {
            pattern,
            guard: None,
            scrutinee: None,
            body: handler,
        };
        w.push(ExprKind::TryCatch {
            body,
            catches: vec![arm],
            finally: None,
        })
    })
}

/// A loop that counts: `for i := from; i < to; i++`.
pub fn count(name: &str, from: i64, to: i64, body: Node) -> Node {
    let pattern = Some(Pattern::name(name));
    node(move |w| {
        let (start, end) = (w.write(int(from)), w.write(int(to)));
        let head = w.push(ExprKind::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        });
        let body = w.write(body);
        w.push(ExprKind::Loop {
            kind: LoopKind::For,
            pattern,
            head: Some(head),
            body,
            label: None,
        })
    })
}

fn param(name: &str, of: Option<&str>) -> Param {
    Param {
        pattern: Pattern::name(name),
        ty: of.map(ty),
        default: None,
        attributes: Vec::new(),
        collects: Collects::One,
    }
}

/// An annotation with literal arguments: `("timeout", "5s")`, the name empty for a bare value.
pub fn annotation(of: &str, args: &[(&str, &str)]) -> Attribute {
    let literal = |text: &str| match text.parse() {
        Ok(number) => Literal::Int(number),
        Err(_) => Literal::Str(Name::new(text)),
    };
    Attribute {
        path: path_of(of),
        args: args
            .iter()
            .map(|(name, value)| ((!name.is_empty()).then(|| Name::new(name)), Some(literal(value))))
            .collect(),
        ..Attribute::default()
    }
}

/// A function that is being described.
pub struct Fun {
    function: Function,
    decorators: Vec<Node>,
    body: Option<Vec<Node>>,
}

impl Fun {
    pub fn new(name: &str) -> Self {
        Self {
            function: Function {
                scope: Vec::new(),
                name: Name::new(name),
                owner: Owner::None,
                generics: Vec::new(),
                params: Vec::new(),
                has_self: false,
                ret: None,
                is_async: false,
                is_public: true,
                is_test: false,
                attributes: Vec::new(),
                body: None,
                span: Span::default(),
            },
            decorators: Vec::new(),
            body: None,
        }
    }

    /// A method: the first parameter is `self`.
    pub fn method(name: &str) -> Self {
        let mut fun = Self::new(name);
        fun.function.has_self = true;
        fun.function.params.push(param("self", Some("Self")));
        fun
    }

    pub fn param(mut self, name: &str, of: &str) -> Self {
        self.function.params.push(param(name, (!of.is_empty()).then_some(of)));
        self
    }

    /// A parameter with an annotation.
    pub fn annotated_param(mut self, name: &str, of: &str, annotation: Attribute) -> Self {
        self = self.param(name, of);
        self.function.params.last_mut().unwrap().attributes.push(annotation);
        self
    }

    /// `**name`.
    pub fn named_rest(mut self, name: &str) -> Self {
        self = self.param(name, "");
        self.function.params.last_mut().unwrap().collects = Collects::Named;
        self
    }

    pub fn ret(mut self, of: &str) -> Self {
        self.function.ret = Some(ty(of));
        self
    }

    pub fn asynchronous(mut self) -> Self {
        self.function.is_async = true;
        self
    }

    pub fn annotation(mut self, annotation: Attribute) -> Self {
        self.function.attributes.push(annotation);
        self
    }

    /// A decorator with any expression.
    pub fn decorator(mut self, of: Node) -> Self {
        self.decorators.push(of);
        self
    }

    pub fn body<const N: usize>(mut self, stmts: [Node; N]) -> Self {
        self.body = Some(Vec::from(stmts));
        self
    }

    fn finish(mut self, owner: Owner, line: &mut u32) -> Function {
        *line += 1;
        self.function.owner = owner;
        self.function.span = Span {
            line: *line,
            column: 1,
            start: *line,
            end: *line,
        };
        let Some(stmts) = self.body else { return self.function };
        let mut writer = Writer {
            body: Body::default(),
            line: *line,
        };
        for decorator in self.decorators {
            let call = Some(writer.write(decorator));
            let attribute = Attribute {
                call,
                ..Attribute::default()
            };
            self.function.attributes.push(attribute);
        }
        let root = writer.write(stmts_of(stmts));
        writer.body.root = Some(root);
        *line = writer.line;
        self.function.body = Some(writer.body);
        self.function
    }
}

/// A class, struct or interface that is being described.
pub struct Class {
    def: TypeDef,
    methods: Vec<Fun>,
}

impl Class {
    pub fn new(name: &str) -> Self {
        Self {
            def: TypeDef {
                scope: Vec::new(),
                name: Name::new(name),
                kind: TypeKind::Struct,
                generics: Vec::new(),
                fields: Vec::new(),
                variants: Vec::new(),
                bases: Vec::new(),
                alias: None,
                associated: Vec::new(),
                attributes: Vec::new(),
                derives: Vec::new(),
                is_test: false,
                is_public: true,
                span: Span::default(),
            },
            methods: Vec::new(),
        }
    }

    pub fn interface(name: &str) -> Self {
        let mut class = Self::new(name);
        class.def.kind = TypeKind::Trait;
        class
    }

    /// A field; an empty type is one that is not written.
    pub fn field(mut self, name: &str, of: &str) -> Self {
        self.def.fields.push(FieldDef {
            name: Name::new(name),
            ty: if of.is_empty() { TypeRef::Infer } else { ty(of) },
            attributes: Vec::new(),
            is_public: false,
            span: Span::default(),
        });
        self
    }

    /// A field with an annotation.
    pub fn annotated_field(mut self, name: &str, of: &str, annotation: Attribute) -> Self {
        self = self.field(name, of);
        self.def.fields.last_mut().unwrap().attributes.push(annotation);
        self
    }

    pub fn base(mut self, of: &str) -> Self {
        self.def.bases.push(ty(of));
        self
    }

    pub fn annotation(mut self, annotation: Attribute) -> Self {
        self.def.attributes.push(annotation);
        self
    }

    pub fn method(mut self, method: Fun) -> Self {
        self.methods.push(method);
        self
    }
}

/// A file that is being described.
pub struct File {
    facts: FileFacts,
    line: u32,
}

impl File {
    pub fn new(language: Language, file: &str) -> Self {
        Self {
            facts: FileFacts {
                root: Name::new("shop"),
                file: file.into(),
                language,
                n_lines: 0,
                namespace: None,
                role: FileRole::Source,
                modules: Vec::new(),
                imports: Vec::new(),
                types: Vec::new(),
                impls: Vec::new(),
                functions: Vec::new(),
                constants: Vec::new(),
                macros: Vec::new(),
                problems: Vec::new(),
            },
            line: 0,
        }
    }

    pub fn namespace(mut self, name: &str) -> Self {
        self.facts.namespace = Some(Name::new(name));
        self
    }

    /// An import of `path` under its last name.
    pub fn import(self, path: &str) -> Self {
        let alias = path.rsplit("::").next().unwrap_or(path).to_owned();
        self.import_as(path, alias.rsplit('/').next().unwrap_or_default())
    }

    pub fn import_as(mut self, path: &str, alias: &str) -> Self {
        self.facts.imports.push(Import {
            scope: Vec::new(),
            path: segments(path),
            alias: Name::new(alias),
            is_glob: false,
            is_reexport: false,
            is_test: false,
            span: Span::default(),
        });
        self
    }

    /// All names of `path`.
    pub fn import_all(mut self, path: &str) -> Self {
        self = self.import_as(path, "");
        self.facts.imports.last_mut().unwrap().is_glob = true;
        self
    }

    /// A value of the module.
    pub fn global(mut self, name: &str, value: Node) -> Self {
        let mut writer = Writer {
            body: Body::default(),
            line: self.line,
        };
        writer.body.root = Some(writer.write(value));
        self.line = writer.line;
        self.facts.constants.push(Constant {
            scope: Vec::new(),
            name: Name::new(name),
            owner: Owner::None,
            ty: None,
            value: writer.body,
            is_static: true,
            is_test: false,
            span: Span::default(),
        });
        self
    }

    pub fn function(mut self, function: Fun) -> Self {
        let function = function.finish(Owner::None, &mut self.line);
        self.facts.functions.push(function);
        self
    }

    /// A type whose methods stand in it: classes, interfaces.
    pub fn class(mut self, class: Class) -> Self {
        let owner = Owner::Type(u32::try_from(self.facts.types.len()).unwrap());
        self.facts.types.push(class.def);
        for method in class.methods {
            let method = method.finish(owner, &mut self.line);
            self.facts.functions.push(method);
        }
        self
    }

    /// A type whose methods stand beside it: structs of Go.
    pub fn structure(mut self, class: Class) -> Self {
        let owner = Owner::Impl(u32::try_from(self.facts.impls.len()).unwrap());
        self.facts.impls.push(Impl {
            scope: Vec::new(),
            self_ty: ty(&class.def.name),
            trait_ref: None,
            generics: Vec::new(),
            associated: Vec::new(),
            attributes: Vec::new(),
            is_test: false,
            span: Span::default(),
        });
        self.facts.types.push(class.def);
        for method in class.methods {
            let method = method.finish(owner, &mut self.line);
            self.facts.functions.push(method);
        }
        self
    }

    pub fn facts(self) -> FileFacts {
        self.facts
    }
}
