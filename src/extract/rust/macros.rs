//! Macro calls: those that everybody uses by their own grammar, others as comma-separated expressions or statements.

use syn::parse::{Parse, ParseStream};
use syn::{Token, ext::IdentExt};

use super::{Lowering, attributes, exprs, spans, types};
use crate::model::{
    Name,
    expr::{Arg, ExprId, ExprKind, Literal},
    fact::Owner,
    location::Span,
};

/// One argument of a macro, with the name that `name = value` or `name: value` gives it.
pub(super) struct MacroArg {
    pub name: Option<Name>,
    pub value: syn::Expr,
}

/// Comma-separated [`MacroArg`]s; of a pair `key => value` both count.
pub(super) struct MacroArgs(pub Vec<MacroArg>);

impl Parse for MacroArgs {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut args: Vec<MacroArg> = Vec::new();
        while !input.is_empty() {
            let arg = MacroArg {
                name: argument_name(input),
                value: argument_value(input)?,
            };
            if matches!(arg.value, syn::Expr::Let(_)) {
                return Err(input.error("a statement, not an argument"));
            }
            args.push(arg);
            // Logging separates fields from the message by `;`; elsewhere it ends a statement.
            let is_fields = args.iter().all(|arg| arg.name.is_some());
            let is_pair = input.parse::<Option<Token![=>]>>()?.is_some();
            let ends = is_pair || input.is_empty();
            if !(ends || is_fields && input.parse::<Option<Token![;]>>()?.is_some()) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self(args))
    }
}

/// Consume `name =`, `a.b =`, `"name" =`, `name: ` if there is one.
fn argument_name(input: ParseStream) -> Option<Name> {
    use syn::parse::discouraged::Speculative;

    let ahead = input.fork();
    let mut name = match ahead.parse::<syn::LitStr>() {
        Ok(text) => text.value(),
        Err(_) => ahead.call(syn::Ident::parse_any).ok()?.unraw().to_string(),
    };
    while ahead.peek(Token![.]) && ahead.peek2(syn::Ident::peek_any) {
        ahead.parse::<Token![.]>().ok()?;
        name.push('.');
        name.push_str(&ahead.call(syn::Ident::parse_any).ok()?.to_string());
    }
    if ahead.peek(Token![:]) && !ahead.peek(Token![::]) {
        ahead.parse::<Token![:]>().ok()?;
        // `key:? = value`, `key:% = value`
        if (ahead.peek(Token![?]) || ahead.peek(Token![%])) && ahead.peek2(Token![=]) {
            ahead.parse::<proc_macro2::TokenTree>().ok()?;
            ahead.parse::<Token![=]>().ok()?;
        }
    } else if ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]) {
        ahead.parse::<Token![=]>().ok()?;
    } else {
        return None;
    }
    input.advance_to(&ahead);
    Some(Name::from(name))
}

/// An expression without the sigil that says how it is to be recorded.
fn argument_value(input: ParseStream) -> syn::Result<syn::Expr> {
    if input.peek(Token![%]) || input.peek(Token![?]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    input.parse()
}

/// `value; length` or values, as in `vec![…]`.
enum Elements {
    Repeat(Box<(syn::Expr, syn::Expr)>),
    Each(Vec<syn::Expr>),
}

impl Parse for Elements {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut items = Vec::new();
        while !input.is_empty() {
            let item = input.parse()?;
            if items.is_empty() && input.parse::<Option<Token![;]>>()?.is_some() {
                return Ok(Self::Repeat(Box::new((item, input.parse()?))));
            }
            items.push(item);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self::Each(items))
    }
}

/// The first expression; the rest (a pattern) is skipped.
struct Matched(syn::Expr);

impl Parse for Matched {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let value = input.parse()?;
        input.parse::<Token![,]>()?;
        input.parse::<proc_macro2::TokenStream>()?;
        Ok(Self(value))
    }
}

/// Statements without braces.
struct Statements(Vec<syn::Stmt>);

impl Parse for Statements {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        syn::Block::parse_within(input).map(Self)
    }
}

/// A JSON literal with expressions in it.
enum Json {
    Object(Vec<(Name, Json)>),
    List(Vec<Json>),
    Null,
    Value(Box<syn::Expr>),
}

impl Parse for Json {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(syn::token::Brace) {
            let inner;
            syn::braced!(inner in input);
            let mut fields = Vec::new();
            while !inner.is_empty() {
                let key = match inner.parse::<proc_macro2::TokenTree>()? {
                    proc_macro2::TokenTree::Literal(text) => text.to_string().trim_matches('"').to_owned(),
                    other => other.to_string(),
                };
                while !inner.peek(Token![:]) {
                    inner.parse::<proc_macro2::TokenTree>()?;
                }
                inner.parse::<Token![:]>()?;
                fields.push((Name::from(key), inner.parse()?));
                inner.parse::<Option<Token![,]>>()?;
            }
            return Ok(Self::Object(fields));
        }
        if input.peek(syn::token::Bracket) {
            let inner;
            syn::bracketed!(inner in input);
            let mut items = Vec::new();
            while !inner.is_empty() {
                items.push(inner.parse()?);
                inner.parse::<Option<Token![,]>>()?;
            }
            return Ok(Self::List(items));
        }
        let value: syn::Expr = input.parse()?;
        let is_null = matches!(&value, syn::Expr::Path(path) if path.path.is_ident("null"));
        Ok(if is_null {
            Self::Null
        } else {
            Self::Value(Box::new(value))
        })
    }
}

/// `static ref NAME: T = value;` of `lazy_static!`, and the same without `ref` of `thread_local!`.
struct Static {
    attrs: Vec<syn::Attribute>,
    ident: syn::Ident,
    ty: syn::Type,
    value: syn::Expr,
}

struct Statics(Vec<Static>);

impl Parse for Statics {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut out = Vec::new();
        while !input.is_empty() {
            let attrs = input.call(syn::Attribute::parse_outer)?;
            input.parse::<syn::Visibility>()?;
            input.parse::<Token![static]>()?;
            input.parse::<Option<Token![ref]>>()?;
            let ident = input.parse()?;
            input.parse::<Token![:]>()?;
            let ty = input.parse()?;
            input.parse::<Token![=]>()?;
            out.push(Static {
                attrs,
                ident,
                ty,
                value: input.parse()?,
            });
            input.parse::<Option<Token![;]>>()?;
        }
        Ok(Self(out))
    }
}

/// `if #[cfg(…)] { items } else if … else { items }`: each block with its attributes.
struct Configured(Vec<(Vec<syn::Attribute>, syn::File)>);

impl Parse for Configured {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut out = Vec::new();
        while !input.is_empty() {
            input.parse::<Option<Token![else]>>()?;
            let is_branch = input.parse::<Option<Token![if]>>()?.is_some();
            let attrs = if is_branch {
                input.call(syn::Attribute::parse_outer)?
            } else {
                Vec::new()
            };
            let inner;
            syn::braced!(inner in input);
            out.push((attrs, inner.parse()?));
        }
        Ok(Self(out))
    }
}

/// `predicate => { items } … _ => { items }` of `cfg_select!`: each block, and whether it is for tests only.
struct Selected(Vec<(bool, syn::File)>);

impl Parse for Selected {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut out = Vec::new();
        while !input.is_empty() {
            let mut predicate = String::new();
            while !input.peek(Token![=>]) {
                predicate.push_str(&input.parse::<proc_macro2::TokenTree>()?.to_string());
            }
            input.parse::<Token![=>]>()?;
            let inner;
            syn::braced!(inner in input);
            out.push((predicate == "test", inner.parse()?));
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self(out))
    }
}

impl Lowering<'_> {
    /// A macro call in place of an expression or statement.
    pub(super) fn macro_call(&mut self, mac: &syn::Macro) -> ExprId {
        let Some(last) = mac.path.segments.last() else {
            return self.push(
                ExprKind::Opaque {
                    path: types::path(&mac.path),
                },
                Span::default(),
            );
        };
        let name = types::name(&last.ident);
        let span = spans::through(last.ident.span(), mac.delimiter.span().close());
        let read = match name.as_str() {
            // Code that is not run here, but made.
            "quote" | "quote_spanned" | "parse_quote" | "stringify" => Some(self.push(
                ExprKind::Opaque {
                    path: types::path(&mac.path),
                },
                span,
            )),
            "format" | "format_args" => self.format_macro(mac, span),
            "concat" => self.concat_macro(mac, span),
            "vec" => self.vec_macro(mac, span),
            "matches" | "assert_matches" => self.matches_macro(mac, span),
            "select" | "select_biased" => self.select_macro(mac, span),
            "join" | "try_join" => self.join_macro(mac, span),
            "stream" | "try_stream" => self.stream_macro(mac, span),
            "json" => self.json_macro(mac, span),
            _ => None,
        };
        read.or_else(|| self.argument_macro(mac, span))
            .or_else(|| self.statement_macro(mac, span))
            .unwrap_or_else(|| {
                self.push(
                    ExprKind::Opaque {
                        path: types::path(&mac.path),
                    },
                    span,
                )
            })
    }

    fn push_macro(&mut self, mac: &syn::Macro, args: Vec<Arg>, text: Name, span: Span) -> ExprId {
        self.push(
            ExprKind::Macro {
                path: types::path(&mac.path),
                args,
                text,
            },
            span,
        )
    }

    fn argument_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let MacroArgs(raw) = mac.parse_body().ok()?;
        let (args, text) = self.message_args(&raw);
        Some(self.push_macro(mac, args, text, span))
    }

    fn statement_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let Statements(stmts) = mac.parse_body().ok()?;
        let (stmts, has_tail) = self.statements(&stmts);
        let value = self.push(
            ExprKind::Block {
                stmts,
                has_tail,
                is_async: false,
            },
            span,
        );
        Some(self.push_macro(mac, vec![Arg { name: None, value }], Name::default(), span))
    }

    fn vec_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        Some(match mac.parse_body().ok()? {
            Elements::Repeat(it) => self.repeat(&it.0, &it.1, span),
            Elements::Each(items) => self.list(items.iter(), span),
        })
    }

    fn matches_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let Matched(value) = mac.parse_body().ok()?;
        let args = self.args([&value]);
        Some(self.push_macro(mac, args, Name::default(), span))
    }

    fn join_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let Elements::Each(items) = mac.parse_body().ok()? else {
            return None;
        };
        let items = items.iter().map(|item| self.expr(item)).collect();
        Some(self.push(ExprKind::Join(items), span))
    }

    /// A generator: its body runs later, like an asynchronous block.
    fn stream_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let Statements(stmts) = mac.parse_body().ok()?;
        let (stmts, has_tail) = self.statements(&stmts);
        let value = self.push(
            ExprKind::Block {
                stmts,
                has_tail,
                is_async: true,
            },
            span,
        );
        Some(self.push_macro(mac, vec![Arg { name: None, value }], Name::default(), span))
    }

    fn json_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let json: Json = mac.parse_body().ok()?;
        let value = self.json(&json, span);
        Some(self.push_macro(mac, vec![Arg { name: None, value }], Name::default(), span))
    }

    fn json(&mut self, json: &Json, span: Span) -> ExprId {
        match json {
            Json::Null => self.push(ExprKind::Literal(Literal::Null), span),
            Json::Value(value) => self.expr(value),
            Json::List(items) => {
                let items = items.iter().map(|item| self.json(item, span)).collect();
                self.push(ExprKind::List(items), span)
            }
            Json::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), self.json(value, span)))
                    .collect();
                let path = crate::model::expr::Path::default();
                self.push(
                    ExprKind::Struct {
                        path,
                        fields,
                        rest: None,
                    },
                    span,
                )
            }
        }
    }

    /// Read a macro that stands for items; false when it is of another kind.
    pub(super) fn items_of_macro(&mut self, mac: &syn::Macro) -> bool {
        if self.statics_of_macro(mac) {
            return true;
        }
        if let Ok(Configured(branches)) = mac.parse_body()
            && !branches.is_empty()
        {
            for (attrs, file) in &branches {
                let was_test = self.is_test;
                self.is_test |= attributes::is_test(attrs);
                self.items(&file.items);
                self.is_test = was_test;
            }
            return true;
        }
        if let Ok(Selected(branches)) = mac.parse_body()
            && !branches.is_empty()
        {
            for (is_test, file) in &branches {
                let was_test = self.is_test;
                self.is_test |= is_test;
                self.items(&file.items);
                self.is_test = was_test;
            }
            return true;
        }
        match mac.parse_body::<syn::File>() {
            Ok(file) if !file.items.is_empty() => {
                self.items(&file.items);
                true
            }
            _ => false,
        }
    }

    /// Read `lazy_static!` and `thread_local!`; false when it is another macro.
    pub(super) fn statics_of_macro(&mut self, mac: &syn::Macro) -> bool {
        let is_known = mac
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "lazy_static" || last.ident == "thread_local");
        let Some(Statics(statics)) = is_known.then(|| mac.parse_body().ok()).flatten() else {
            return false;
        };
        for it in &statics {
            self.constant(&it.attrs, &it.ident, (&it.ty, &it.value), Owner::None, true);
        }
        true
    }
}

/// The text of a string literal.
pub(super) fn string(expr: &syn::Expr) -> Option<Name> {
    let syn::Expr::Lit(lit) = expr else { return None };
    match exprs::literal(&lit.lit) {
        Literal::Str(text) => Some(text),
        _ => None,
    }
}
