//! Facts as readable lines, one for each fact, for tests.

use crate::model::{
    Name,
    expr::{Arg, Arm, Body, ExprId, ExprKind, Literal, LoopKind, Param, Path, Pattern, Piece, TypeRef},
    fact::{Attribute, FieldDef, FileFacts, Generic, Owner},
};

/// All facts of a file, in the order of [`FileFacts`]' fields.
pub(crate) fn facts(facts: &FileFacts) -> Vec<String> {
    let mut out = Vec::new();
    declarations(facts, &mut out);
    types(facts, &mut out);
    code(facts, &mut out);
    let macros = facts
        .macros
        .iter()
        .map(|it| format!("macro {}", scoped(&it.scope, &it.name)));
    out.extend(macros);
    let problems = facts.problems.iter();
    out.extend(problems.map(|it| {
        format!(
            "problem {} {}:{}: {}",
            it.kind.as_str(),
            it.at.line,
            it.at.column,
            it.reason
        )
    }));
    out
}

fn declarations(facts: &FileFacts, out: &mut Vec<String>) {
    for it in &facts.modules {
        let kind = if it.is_inline { "mod" } else { "mod file" };
        let path = it
            .path_attribute
            .as_ref()
            .map(|path| format!(" path={path}"))
            .unwrap_or_default();
        out.push(format!(
            "{kind} {}{path}{}",
            scoped(&it.scope, &it.name),
            flags(&[("test", it.is_test), ("pub", it.is_public)])
        ));
    }
    for it in &facts.imports {
        let what = if it.is_glob {
            "*".to_owned()
        } else {
            format!("as {}", it.alias)
        };
        let flags = flags(&[("test", it.is_test), ("pub", it.is_reexport)]);
        out.push(format!("use {}{} {what}{flags}", prefix(&it.scope), it.path.join("::")));
    }
}

fn types(facts: &FileFacts, out: &mut Vec<String>) {
    for it in &facts.types {
        let mut line = format!(
            "{:?} {}{}",
            it.kind,
            scoped(&it.scope, &it.name),
            generics(&it.generics)
        )
        .to_lowercase_first();
        line.push_str(&joined(" : ", " + ", it.bases.iter().map(ty)));
        line.push_str(&joined(" { ", ", ", it.fields.iter().map(field)));
        let variants = it.variants.iter().map(|variant| {
            let fields = joined(" ", ", ", variant.fields.iter().map(field));
            format!("{}{}{fields}", attributes(&variant.attributes), variant.name)
        });
        line.push_str(&joined(" = ", " | ", variants));
        line.push_str(&joined(" = ", "", it.alias.iter().map(ty)));
        line.push_str(&joined(
            " type ",
            ", ",
            it.associated
                .iter()
                .map(|(name, ty_)| format!("{name}{}", joined(" = ", "", ty_.iter().map(ty)))),
        ));
        line.push_str(&joined(" derive ", ",", it.derives.iter().map(Name::to_string)));
        out.push(format!(
            "{}{line}{}",
            attributes(&it.attributes),
            flags(&[("test", it.is_test), ("pub", it.is_public)])
        ));
    }
    for it in &facts.impls {
        let of = it
            .trait_ref
            .as_ref()
            .map(|it| format!("{} for ", ty(it)))
            .unwrap_or_default();
        let associated = joined(
            " type ",
            ", ",
            it.associated.iter().map(|(name, it)| format!("{name} = {}", ty(it))),
        );
        out.push(format!(
            "impl{} {}{of}{}{associated}{}",
            generics(&it.generics),
            prefix(&it.scope),
            ty(&it.self_ty),
            flags(&[("test", it.is_test)])
        ));
    }
}

fn code(facts: &FileFacts, out: &mut Vec<String>) {
    for it in &facts.functions {
        let flags = flags(&[
            ("async", it.is_async),
            ("self", it.has_self),
            ("pub", it.is_public),
            ("test", it.is_test),
        ]);
        let params = it.params.iter().map(param).collect::<Vec<_>>().join(", ");
        let ret = joined(" -> ", "", it.ret.iter().map(ty));
        let name = scoped(&it.scope, &it.name);
        let body = it
            .body
            .as_ref()
            .map(|body| format!(" {}", body_text(body)))
            .unwrap_or_default();
        out.push(format!(
            "{}fn {}{name}{}({params}){ret}{flags}{body}",
            attributes(&it.attributes),
            owner(it.owner),
            generics(&it.generics)
        ));
    }
    for it in &facts.constants {
        let kind = if it.is_static { "static" } else { "const" };
        let ty = joined(": ", "", it.ty.iter().map(ty));
        let name = scoped(&it.scope, &it.name);
        out.push(format!(
            "{kind} {}{name}{ty} = {}{}",
            owner(it.owner),
            body_text(&it.value),
            flags(&[("test", it.is_test)])
        ));
    }
}

trait LowerFirst {
    fn to_lowercase_first(&self) -> String;
}

impl LowerFirst for String {
    fn to_lowercase_first(&self) -> String {
        let mut chars = self.chars();
        chars
            .next()
            .map(|first| first.to_lowercase().collect::<Self>() + chars.as_str())
            .unwrap_or_default()
    }
}

fn flags(flags: &[(&str, bool)]) -> String {
    joined(
        " #",
        "#",
        flags.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned()),
    )
}

fn joined(before: &str, between: &str, items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        String::new()
    } else {
        format!("{before}{}", items.join(between))
    }
}

fn prefix(scope: &[Name]) -> String {
    if scope.is_empty() {
        String::new()
    } else {
        format!("[{}] ", scope.join("::"))
    }
}

fn scoped(scope: &[Name], name: &str) -> String {
    format!("{}{name}", prefix(scope))
}

fn owner(owner: Owner) -> String {
    match owner {
        Owner::None => String::new(),
        Owner::Impl(idx) => format!("impl#{idx} "),
        Owner::Type(idx) => format!("type#{idx} "),
    }
}

fn attributes(attributes: &[Attribute]) -> String {
    let one = |it: &Attribute| {
        let args = it.args.iter().map(|(name, value)| match (name, value) {
            (Some(name), Some(value)) => format!("{name} = {}", literal(value)),
            (Some(name), None) => name.to_string(),
            (None, Some(value)) => literal(value),
            (None, None) => "-".to_owned(),
        });
        format!("#[{}{}] ", path(&it.path), joined(" ", ", ", args))
    };
    attributes.iter().map(one).collect()
}

fn generics(generics: &[Generic]) -> String {
    let items = generics
        .iter()
        .map(|it| format!("{}{}", it.name, joined(": ", " + ", it.bounds.iter().map(ty))));
    let text = joined("<", ", ", items);
    if text.is_empty() { text } else { text + ">" }
}

fn field(it: &FieldDef) -> String {
    format!("{}{}: {}", attributes(&it.attributes), it.name, ty(&it.ty))
}

fn param(it: &Param) -> String {
    format!(
        "{}{}{}",
        attributes(&it.attributes),
        pattern(&it.pattern),
        joined(": ", "", it.ty.iter().map(ty))
    )
}

/// A type in Rust's syntax.
pub(crate) fn ty(it: &TypeRef) -> String {
    let list = |items: &[TypeRef]| items.iter().map(ty).collect::<Vec<_>>().join(", ");
    let plus = |items: &[TypeRef]| items.iter().map(ty).collect::<Vec<_>>().join(" + ");
    match it {
        TypeRef::Named {
            segments,
            args,
            bindings,
        } => {
            let bindings = bindings.iter().map(|(name, value)| format!("{name} = {}", ty(value)));
            let args = joined("<", ", ", args.iter().map(ty).chain(bindings));
            format!(
                "{}{args}{}",
                segments.join("::"),
                if args.is_empty() { "" } else { ">" }
            )
        }
        TypeRef::Projection { base, trait_ref, name } => {
            format!(
                "<{}{}>::{name}",
                ty(base),
                joined(" as ", "", trait_ref.iter().map(|it| ty(it)))
            )
        }
        TypeRef::Tuple(items) => format!("({})", list(items)),
        TypeRef::Slice(item) => format!("[{}]", ty(item)),
        TypeRef::Fn { params, ret } => format!(
            "fn({}){}",
            list(params),
            joined(" -> ", "", ret.iter().map(|it| ty(it)))
        ),
        TypeRef::Dyn(items) => format!("dyn {}", plus(items)),
        TypeRef::Impl(items) => format!("impl {}", plus(items)),
        TypeRef::Never => "!".to_owned(),
        TypeRef::Infer => "_".to_owned(),
    }
}

fn path(it: &Path) -> String {
    let qself = it
        .qself
        .as_ref()
        .map(|qself| format!("<{}>", ty(qself)))
        .unwrap_or_default();
    let generics = joined("<", ", ", it.generics.iter().map(ty));
    format!(
        "{qself}{}{generics}{}",
        it.segments.join("::"),
        if generics.is_empty() { "" } else { ">" }
    )
}

fn pattern(it: &Pattern) -> String {
    let list = |items: &[Pattern]| items.iter().map(pattern).collect::<Vec<_>>().join(", ");
    match it {
        Pattern::Wild => "_".to_owned(),
        Pattern::Bind { name, sub: None } => name.to_string(),
        Pattern::Bind { name, sub: Some(sub) } => format!("{name} @ {}", pattern(sub)),
        Pattern::Tuple(items) => format!("({})", list(items)),
        Pattern::TupleStruct { path: it, items } => format!("{}({})", path(it), list(items)),
        Pattern::Struct { path: it, fields } => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", pattern(field)));
            format!("{}{{{}}}", path(it), fields.collect::<Vec<_>>().join(", "))
        }
        Pattern::Or(items) => items.iter().map(pattern).collect::<Vec<_>>().join(" | "),
        Pattern::Slice(items) => format!("[{}]", list(items)),
        Pattern::Typed { pattern: it, ty: of } => format!("{}: {}", pattern(it), ty(of)),
        // A constant or variant, told apart from a binding.
        Pattern::Path(it) => format!("={}", path(it)),
        Pattern::Literal(it) => literal(it),
        Pattern::Other => "?".to_owned(),
    }
}

fn literal(it: &Literal) -> String {
    match it {
        Literal::Str(text) => format!("{text:?}"),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::Bool(value) => value.to_string(),
        Literal::Unit => "()".to_owned(),
        Literal::Null => "null".to_owned(),
        Literal::Other => "'?'".to_owned(),
    }
}

fn body_text(body: &Body) -> String {
    body.root.map(|root| expr(body, root)).unwrap_or_default()
}

fn args(body: &Body, args: &[Arg]) -> String {
    let one = |arg: &Arg| match &arg.name {
        Some(name) => format!("{name} = {}", expr(body, arg.value)),
        None => expr(body, arg.value),
    };
    args.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn arms(body: &Body, arms: &[Arm]) -> String {
    let one = |arm: &Arm| {
        let waits = joined(" = ", "", arm.scrutinee.iter().map(|it| expr(body, *it)));
        let guard = joined(" if ", "", arm.guard.iter().map(|it| expr(body, *it)));
        format!("{}{waits}{guard} => {}", pattern(&arm.pattern), expr(body, arm.body))
    };
    arms.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// An expression in a syntax close to Rust's.
pub(crate) fn expr(body: &Body, id: ExprId) -> String {
    let sub = |id: &ExprId| expr(body, *id);
    let list = |ids: &[ExprId]| ids.iter().map(sub).collect::<Vec<_>>().join(", ");
    match &body.get(id).kind {
        ExprKind::Path(it) => path(it),
        ExprKind::Field { base, name } => format!("{}.{name}", sub(base)),
        ExprKind::Index { base, index } => format!("{}[{}]", sub(base), sub(index)),
        ExprKind::Literal(it) => literal(it),
        ExprKind::Template(pieces) => {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => text.to_string(),
                Piece::Hole(hole) => format!("{{{}}}", sub(hole)),
            });
            format!("t\"{}\"", pieces.collect::<String>())
        }
        ExprKind::Call { callee, args: list } => format!("{}({})", sub(callee), args(body, list)),
        ExprKind::Method {
            receiver,
            method,
            generics,
            args: list,
        } => {
            let generics = joined("<", ", ", generics.iter().map(ty));
            let close = if generics.is_empty() { "" } else { ">" };
            format!("{}.{method}{generics}{close}({})", sub(receiver), args(body, list))
        }
        ExprKind::Struct { path: it, fields, rest } => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", sub(value)));
            let rest = rest.iter().map(|rest| format!("..{}", sub(rest)));
            format!("{}{{{}}}", path(it), fields.chain(rest).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Closure {
            params,
            ret,
            body: inner,
            is_async,
        } => {
            let params = params.iter().map(param).collect::<Vec<_>>().join(", ");
            let ret = joined(" -> ", "", ret.iter().map(ty));
            format!(
                "{}|{params}|{ret} {}",
                if *is_async { "async " } else { "" },
                sub(inner)
            )
        }
        ExprKind::Await(it) => format!("{}.await", sub(it)),
        ExprKind::Try(it) => format!("{}?", sub(it)),
        ExprKind::Throw(it) => format!("throw {}", sub(it)),
        ExprKind::Block {
            stmts,
            has_tail,
            is_async,
        } => {
            let stmts = stmts.iter().map(sub).collect::<Vec<_>>().join("; ");
            let end = if *has_tail || stmts.is_empty() { "" } else { ";" };
            format!("{}{{{stmts}{end}}}", if *is_async { "async " } else { "" })
        }
        ExprKind::List(items) => format!("[{}]", list(items)),
        ExprKind::Range { start, end, inclusive } => {
            let dots = if *inclusive { "..=" } else { ".." };
            format!(
                "{}{dots}{}",
                joined("", "", start.iter().map(sub)),
                joined("", "", end.iter().map(sub))
            )
        }
        ExprKind::TryCatch {
            body: inner,
            catches,
            finally,
        } => {
            format!(
                "try {} {{{}}}{}",
                sub(inner),
                arms(body, catches),
                joined(" finally ", "", finally.iter().map(sub))
            )
        }
        ExprKind::Select(list) => format!("select {{{}}}", arms(body, list)),
        ExprKind::Join(items) => format!("join({})", list(items)),
        ExprKind::Spawn(it) => format!("spawn {}", sub(it)),
        ExprKind::Macro {
            path: it, args: list, ..
        } => format!("{}!({})", path(it), args(body, list)),
        ExprKind::Opaque { path: it } => format!("opaque {}", path(it)),
        _ => statement(body, id),
    }
}

fn statement(body: &Body, id: ExprId) -> String {
    let sub = |id: &ExprId| expr(body, *id);
    match &body.get(id).kind {
        ExprKind::Bind {
            pattern: it,
            ty: of,
            init,
            otherwise,
        } => format!(
            "let {}{}{}{}",
            pattern(it),
            joined(": ", "", of.iter().map(ty)),
            joined(" = ", "", init.iter().map(sub)),
            joined(" else ", "", otherwise.iter().map(sub)),
        ),
        ExprKind::Assign { target, value, op } => {
            format!("{} {} {}", sub(target), op.as_deref().unwrap_or("="), sub(value))
        }
        ExprKind::Let { pattern: it, value } => format!("let {} = {}", pattern(it), sub(value)),
        ExprKind::If { cond, then, otherwise } => {
            format!(
                "if {} {}{}",
                sub(cond),
                sub(then),
                joined(" else ", "", otherwise.iter().map(sub))
            )
        }
        ExprKind::Match { scrutinee, arms: list } => format!("match {} {{{}}}", sub(scrutinee), arms(body, list)),
        ExprKind::Loop {
            kind,
            pattern: it,
            head,
            body: inner,
            label,
        } => {
            let label = label.as_ref().map(|label| format!("'{label}: ")).unwrap_or_default();
            let head = head.as_ref().map(sub).unwrap_or_default();
            match kind {
                LoopKind::Loop => format!("{label}loop {}", sub(inner)),
                LoopKind::While => format!("{label}while {head} {}", sub(inner)),
                LoopKind::For => format!(
                    "{label}for {} in {head} {}",
                    joined("", "", it.iter().map(pattern)),
                    sub(inner)
                ),
            }
        }
        ExprKind::Break { value, label } => {
            let label = label.as_ref().map(|label| format!(" '{label}")).unwrap_or_default();
            format!("break{label}{}", joined(" ", "", value.iter().map(sub)))
        }
        ExprKind::Continue { label } => format!("continue{}", joined(" '", "", label.iter().map(Name::to_string))),
        ExprKind::Return(value) => format!("return{}", joined(" ", "", value.iter().map(sub))),
        ExprKind::Binary { op, left, right } => format!("({} {op} {})", sub(left), sub(right)),
        ExprKind::Unary { op, value } => format!("{op}{}", sub(value)),
        other => format!("{other:?}"),
    }
}
