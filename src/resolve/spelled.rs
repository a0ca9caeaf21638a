//! What annotations stand for, spelled out in the facts before anything is resolved: guards put around a method,
//! values that a framework fills in, bodies that it generates for declarations.
//!
//! Only file-local: an annotation's full name comes from the file's imports, and the catalogue says what it does.

use crate::{
    catalog::{
        compile::Catalog,
        ecosystems::prefix,
        lookup::FunctionRef,
        schema::{GuardKind, Role},
    },
    model::{
        Name,
        expr::{Arg, Body, ExprId, ExprKind, Literal, Path, Pattern, Piece},
        fact::{Attribute, FileFacts, Function, Owner, TypeDef, TypeKind},
        location::Span,
        package::Ecosystem,
    },
};

/// The macro that stands for a value of the configuration: key, default.
pub(crate) const CONFIG: &str = "$config";

/// Spell out the annotations of one file.
pub(crate) fn spell_out(facts: &mut FileFacts, ecosystem: Ecosystem, catalog: &Catalog) {
    let names = Names::of(facts, ecosystem, catalog);
    let types = std::mem::take(&mut facts.types);
    for function in &mut facts.functions {
        let owner = match function.owner {
            Owner::Type(idx) => types.get(idx as usize),
            Owner::Impl(_) | Owner::None => None,
        };
        if let Some(owner) = owner {
            if function.body.is_none() && owner.kind == TypeKind::Trait {
                function.body = names.generated(&owner.attributes, function);
            }
            let own = function.attributes.clone();
            let inherited = owner
                .attributes
                .iter()
                .filter(|of| own.iter().all(|own| own.path != of.path));
            function.attributes.extend(inherited.cloned());
            if function.name == "new" {
                fill_fields(function, &names.filled_fields(owner));
            }
        }
        names.fill_params(function);
        names.give_calls(function);
    }
    for (idx, owner) in types.iter().enumerate() {
        let idx = u32::try_from(idx).unwrap_or(u32::MAX);
        let has_new = |function: &Function| function.owner == Owner::Type(idx) && function.name == "new";
        if owner.kind == TypeKind::Trait || facts.functions.iter().any(has_new) {
            continue;
        }
        let filled = names.filled_fields(owner);
        if !filled.is_empty() {
            let mut function = constructor(idx, owner.span, &owner.scope);
            fill_fields(&mut function, &filled);
            facts.functions.push(function);
        }
    }
    facts.types = types;
}

/// Full names of the annotations of a file.
struct Names<'c> {
    catalog: &'c Catalog,
    named: Vec<(Name, Vec<Name>)>,
    globs: Vec<Vec<Name>>,
}

impl<'c> Names<'c> {
    fn of(facts: &FileFacts, ecosystem: Ecosystem, catalog: &'c Catalog) -> Self {
        let (globs, named): (Vec<_>, Vec<_>) = facts.imports.iter().partition(|import| import.is_glob);
        let prefix = prefix(ecosystem);
        let outside = |path: &[Name]| {
            let mut path = path.to_vec();
            if let Some(first) = path.first_mut() {
                *first = Name::from(format!("{prefix}{first}"));
            }
            path
        };
        Self {
            catalog,
            named: named
                .into_iter()
                .map(|import| (import.alias.clone(), outside(&import.path)))
                .collect(),
            globs: globs.into_iter().map(|import| outside(&import.path)).collect(),
        }
    }

    fn full(&self, path: &Path) -> Option<Vec<Name>> {
        let (first, rest) = path.segments.split_first()?;
        if let Some((_, target)) = self.named.iter().find(|(alias, _)| alias == first) {
            return Some(target.iter().chain(rest).cloned().collect());
        }
        self.globs
            .iter()
            .map(|glob| glob.iter().chain(&path.segments).cloned().collect::<Vec<Name>>())
            .find(|full| self.catalog.is_named(full))
    }

    fn entry(&self, attribute: &Attribute) -> Option<(FunctionRef<'c>, Vec<Name>)> {
        let full = self.full(&attribute.path)?;
        let entry = self.catalog.function(&full, attribute.args.len(), &|_| None)?;
        Some((entry, full))
    }

    /// The fields that a framework fills from configuration, each with the annotation that says so.
    fn filled_fields<'t>(&self, owner: &'t TypeDef) -> Vec<(Name, &'t Attribute)> {
        owner
            .fields
            .iter()
            .flat_map(|field| field.attributes.iter().map(|of| (field.name.clone(), of)))
            .filter(|(_, of)| self.is_config(of))
            .collect()
    }

    fn is_config(&self, attribute: &Attribute) -> bool {
        self.entry(attribute)
            .is_some_and(|(entry, _)| entry.function.role == Role::ConfigRead)
    }

    /// Annotations with literal arguments that guard a function become calls, the innermost last as with decorators.
    fn give_calls(&self, function: &mut Function) {
        let Some(body) = &mut function.body else { return };
        let mut guards: Vec<(usize, u8)> = Vec::new();
        for (idx, attribute) in function.attributes.iter_mut().enumerate() {
            if attribute.call.is_some() {
                continue;
            }
            let Some((entry, full)) = self.entry(attribute) else {
                continue;
            };
            if entry.function.role == Role::Guard {
                attribute.call = Some(call_of(body, attribute, full, function.span));
                guards.push((idx, order(&entry)));
            }
        }
        // Aspects nest in a fixed order, whatever the order in which they are written.
        let mut sorted = guards.clone();
        sorted.sort_by_key(|(idx, order)| (std::cmp::Reverse(*order), *idx));
        let calls: Vec<Option<ExprId>> = sorted.iter().map(|(idx, _)| function.attributes[*idx].call).collect();
        for ((idx, _), call) in guards.into_iter().zip(calls) {
            function.attributes[idx].call = call;
        }
    }

    /// `new(@Value("${key:default}") int limit)`: the parameter has that value.
    fn fill_params(&self, function: &mut Function) {
        let span = function.span;
        let filled: Vec<(Name, Attribute)> = function
            .params
            .iter()
            .filter_map(|param| {
                let attribute = param.attributes.iter().find(|of| self.is_config(of))?;
                let Pattern::Bind { name, .. } = &param.pattern else {
                    return None;
                };
                Some((name.clone(), attribute.clone()))
            })
            .collect();
        let Some(body) = &mut function.body else { return };
        let mut stmts = Vec::new();
        for (name, attribute) in &filled {
            if let Some(value) = config_value(body, attribute, span) {
                let bind = ExprKind::Bind {
                    pattern: Pattern::name(name),
                    ty: None,
                    init: Some(value),
                    otherwise: None,
                };
                stmts.push(body.push(bind, span));
            }
        }
        put_first(body, stmts, span);
    }

    /// The body that a framework makes of an interface's method: the call of the client that the interface's
    /// annotation describes, with the method's annotation as what it calls.
    fn generated(&self, of: &[Attribute], function: &Function) -> Option<Body> {
        let (client, client_path) = of
            .iter()
            .filter_map(|attribute| Some((attribute, self.entry(attribute)?)))
            .find(|(_, (entry, _))| entry.function.role == Role::Constructor)
            .map(|(attribute, (_, path))| (attribute, path))?;
        let owner = client_path.iter().map(Name::as_str).collect::<Vec<_>>().join("::");
        let operation = function.attributes.iter().find(|attribute| {
            let name = attribute.path.last().map_or("", Name::as_str);
            self.catalog
                .method(&owner, name, attribute.args.len(), &|_| None)
                .is_some()
        })?;
        let span = function.span;
        let mut body = Body::default();
        let receiver = call_of(&mut body, client, client_path, span);
        let args = args_of(&mut body, operation, span);
        let call = ExprKind::Method {
            receiver,
            method: operation.path.last()?.clone(),
            generics: Vec::new(),
            args,
        };
        let call = body.push(call, span);
        let block = ExprKind::Block {
            stmts: vec![call],
            has_tail: true,
            is_async: false,
        };
        body.root = Some(body.push(block, span));
        Some(body)
    }
}

/// From the inside out: bulkhead, timeout, breaker, retry, fallback.
fn order(entry: &FunctionRef<'_>) -> u8 {
    match entry.function.guard.as_ref().map(|guard| guard.kind) {
        Some(GuardKind::Bulkhead) => 0,
        Some(GuardKind::Timeout) | None => 1,
        Some(GuardKind::Breaker) => 2,
        Some(GuardKind::Retry | GuardKind::Policy) => 3,
        Some(GuardKind::Fallback) => 4,
    }
}

fn constructor(of: u32, span: Span, scope: &[Name]) -> Function {
    let mut body = Body::default();
    let empty = ExprKind::Struct {
        path: Path::of(&["Self"]),
        fields: Vec::new(),
        rest: None,
    };
    let empty = body.push(empty, span);
    let bind = ExprKind::Bind {
        pattern: Pattern::name("self"),
        ty: None,
        init: Some(empty),
        otherwise: None,
    };
    let stmts = vec![body.push(bind, span)];
    let block = ExprKind::Block {
        stmts,
        has_tail: false,
        is_async: false,
    };
    body.root = Some(body.push(block, span));
    Function {
        scope: scope.to_vec(),
        name: Name::new("new"),
        owner: Owner::Type(of),
        generics: Vec::new(),
        params: Vec::new(),
        has_self: false,
        ret: None,
        is_async: false,
        is_public: true,
        is_test: false,
        attributes: Vec::new(),
        body: Some(body),
        span,
    }
}

/// The fields that a framework fills are assigned in the constructor.
fn fill_fields(function: &mut Function, filled: &[(Name, &Attribute)]) {
    let span = function.span;
    let Some(body) = &mut function.body else { return };
    let mut stmts = Vec::new();
    for (name, attribute) in filled {
        let Some(value) = config_value(body, attribute, span) else {
            continue;
        };
        let base = body.push(ExprKind::Path(Path::of(&["self"])), span);
        let target = body.push(
            ExprKind::Field {
                base,
                name: name.clone(),
            },
            span,
        );
        stmts.push(body.push(
            ExprKind::Assign {
                target,
                value,
                op: None,
            },
            span,
        ));
    }
    put_last(body, stmts, span);
}

fn put_first(body: &mut Body, stmts: Vec<ExprId>, span: Span) {
    if let (Some(root), false) = (body.root, stmts.is_empty()) {
        let stmts = stmts.into_iter().chain([root]).collect();
        body.root = Some(body.push(block(stmts), span));
    }
}

/// Behind the binding of `self`, which is a constructor's first statement.
fn put_last(body: &mut Body, added: Vec<ExprId>, span: Span) {
    let Some(root) = body.root else { return };
    match &mut body.exprs[root.idx()].kind {
        ExprKind::Block { stmts, .. } => {
            let at = stmts.len().min(1);
            stmts.splice(at..at, added);
        }
        _ => put_first(body, added, span),
    }
}

fn block(stmts: Vec<ExprId>) -> ExprKind {
    ExprKind::Block {
        stmts,
        has_tail: true,
        is_async: false,
    }
}

fn call_of(body: &mut Body, attribute: &Attribute, full: Vec<Name>, span: Span) -> ExprId {
    let path = Path {
        segments: full,
        ..Path::default()
    };
    let callee = body.push(ExprKind::Path(path), span);
    let args = args_of(body, attribute, span);
    body.push(ExprKind::Call { callee, args }, span)
}

fn args_of(body: &mut Body, attribute: &Attribute, span: Span) -> Vec<Arg> {
    let mut args = Vec::new();
    for (name, value) in &attribute.args {
        let value = match value {
            Some(Literal::Str(text)) => text_value(body, text, span),
            Some(other) => body.push(ExprKind::Literal(other.clone()), span),
            None => continue,
        };
        args.push(Arg {
            name: name.clone(),
            value,
        });
    }
    args
}

fn config_value(body: &mut Body, attribute: &Attribute, span: Span) -> Option<ExprId> {
    attribute.args.iter().find_map(|(_, value)| match value {
        Some(Literal::Str(text)) => Some(text_value(body, text, span)),
        _ => None,
    })
}

/// A text in which `${key:default}` stands for a value of the configuration.
fn text_value(body: &mut Body, text: &str, span: Span) -> ExprId {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        if 0 < start {
            pieces.push(Piece::Text(Name::new(&rest[..start])));
        }
        let inner = &rest[start + 2..start + length];
        let (key, default) = match inner.split_once(':') {
            Some((key, default)) => (key, Some(default)),
            None => (inner, None),
        };
        let args = [Some(key), default]
            .into_iter()
            .flatten()
            .map(|part| Arg {
                name: None,
                value: body.push(ExprKind::Literal(Literal::Str(Name::new(part))), span),
            })
            .collect();
        let config = ExprKind::Macro {
            path: Path::of(&[CONFIG]),
            args,
            text: Name::default(),
        };
        pieces.push(Piece::Hole(body.push(config, span)));
        rest = &rest[start + length + 1..];
    }
    match pieces.as_slice() {
        [] => body.push(ExprKind::Literal(Literal::Str(Name::new(text))), span),
        [Piece::Hole(only)] if rest.is_empty() => *only,
        _ => {
            if !rest.is_empty() {
                pieces.push(Piece::Text(Name::new(rest)));
            }
            body.push(ExprKind::Template(pieces), span)
        }
    }
}
