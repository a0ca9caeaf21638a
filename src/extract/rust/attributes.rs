//! Attributes and their arguments, derives, and which of them mark test code.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Token, ext::IdentExt};

use super::{exprs, types};
use crate::model::{Name, expr::Literal, fact::Attribute};

/// All attributes but documentation and derives; those inside `cfg_attr` count as written.
pub(super) fn lower(attrs: &[syn::Attribute]) -> Vec<Attribute> {
    let mut out = Vec::new();
    each_meta(attrs, &mut |meta| {
        let path = types::path(meta.path());
        let is_doc = path
            .as_name()
            .is_some_and(|name| name == "doc" || name == "derive" || name == "cfg_attr");
        if !is_doc {
            let (args, text) = arguments(meta);
            out.push(Attribute {
                path,
                args,
                text,
                call: None,
            });
        }
    });
    out
}

/// The last segments of all derived paths.
pub(super) fn derives(attrs: &[syn::Attribute]) -> Vec<Name> {
    let mut out = Vec::new();
    each_meta(attrs, &mut |meta| {
        if let syn::Meta::List(list) = meta
            && list.path.is_ident("derive")
            && let Ok(paths) =
                list.parse_args_with(syn::punctuated::Punctuated::<syn::Path, Token![,]>::parse_terminated)
        {
            out.extend(paths.iter().filter_map(|path| types::path(path).segments.pop()));
        }
    });
    out
}

/// The literal of `#[name = "…"]`.
pub(super) fn string_value(attrs: &[syn::Attribute], name: &str) -> Option<Name> {
    let mut found = None;
    each_meta(attrs, &mut |meta| {
        if let syn::Meta::NameValue(pair) = meta
            && pair.path.is_ident(name)
            && let Some(Literal::Str(text)) = literal(&pair.value)
        {
            found = Some(text);
        }
    });
    found
}

/// Whether what they stand on is test code: a test function, or compiled for tests only.
pub(super) fn is_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list
            .parse_args::<syn::Meta>()
            .is_ok_and(|meta| is_test_condition(&meta)),
        meta => meta.path().segments.last().is_some_and(|segment| {
            let name = segment.ident.to_string();
            matches!(
                name.as_str(),
                "test" | "rstest" | "test_case" | "bench" | "quickcheck" | "wasm_bindgen_test"
            )
        }),
    })
}

/// Whether a condition holds in test builds only. A feature counts by its name: `testing`, `test-utils`, `mocks`.
fn is_test_condition(meta: &syn::Meta) -> bool {
    match meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::NameValue(pair) => {
            let value = literal(&pair.value);
            pair.path.is_ident("feature")
                && matches!(&value, Some(Literal::Str(name)) if name.starts_with("test") || name.starts_with("mock"))
        }
        syn::Meta::List(list) => {
            let parser = syn::punctuated::Punctuated::<syn::Meta, Token![,]>::parse_terminated;
            let Ok(inner) = list.parse_args_with(parser) else {
                return false;
            };
            if list.path.is_ident("all") {
                inner.iter().any(is_test_condition)
            } else {
                list.path.is_ident("any") && !inner.is_empty() && inner.iter().all(is_test_condition)
            }
        }
    }
}

fn each_meta(attrs: &[syn::Attribute], see: &mut dyn FnMut(&syn::Meta)) {
    for attr in attrs {
        see_meta(&attr.meta, see);
    }
}

/// `cfg_attr(condition, attributes…)`: the attributes are seen too, whatever the condition.
fn see_meta(meta: &syn::Meta, see: &mut dyn FnMut(&syn::Meta)) {
    see(meta);
    if let syn::Meta::List(list) = meta
        && list.path.is_ident("cfg_attr")
        && let Ok(inner) = list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, Token![,]>::parse_terminated)
        && inner.first().is_some_and(|condition| !is_test_condition(condition))
    {
        for meta in inner.iter().skip(1) {
            see_meta(meta, see);
        }
    }
}

type Args = Vec<(Option<Name>, Option<Literal>)>;

fn arguments(meta: &syn::Meta) -> (Args, Name) {
    match meta {
        syn::Meta::Path(_) => (Vec::new(), Name::default()),
        syn::Meta::NameValue(pair) => match literal(&pair.value) {
            Some(Literal::Str(text)) => (vec![(None, Some(Literal::Str(text.clone())))], text),
            value => (vec![(None, value)], Name::default()),
        },
        syn::Meta::List(list) => {
            let parse = |input: ParseStream| {
                let mut args = Vec::new();
                read_arguments(input, "", &mut args)?;
                Ok(args)
            };
            let args = parse.parse2(list.tokens.clone()).unwrap_or_default();
            (args, written(&list.tokens))
        }
    }
}

/// The tokens as written where the source is at hand, else as printed.
fn written(tokens: &TokenStream) -> Name {
    let mut trees = tokens.clone().into_iter();
    let first = trees.next().map(|tree| tree.span());
    let last = trees.last().map(|tree| tree.span()).or(first);
    let joined = first
        .zip(last)
        .and_then(|(first, last)| first.join(last))
        .and_then(|span| span.source_text());
    Name::from(joined.unwrap_or_else(|| tokens.to_string()))
}

/// `name = value`, `name(nested…)` (as `name.nested`), a literal or a word; anything else is skipped.
fn read_arguments(input: ParseStream, prefix: &str, out: &mut Args) -> syn::Result<()> {
    while !input.is_empty() {
        if input.peek(syn::Ident::peek_any) {
            let path = input.call(syn::Path::parse_mod_style)?;
            let name = format!("{prefix}{}", types::path(&path).segments.join("::"));
            if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                let value = input.parse::<syn::Expr>().ok().as_ref().and_then(literal);
                out.push((Some(Name::from(name)), value));
            } else if input.peek(syn::token::Paren) {
                let inner;
                syn::parenthesized!(inner in input);
                let n_before = out.len();
                let nested = read_arguments(&inner, &format!("{name}."), out);
                if nested.is_err() || out.len() == n_before {
                    out.push((Some(Name::from(name)), None));
                }
            } else {
                out.push((Some(Name::from(name)), None));
            }
        } else if let Ok(value) = syn::Lit::parse(input) {
            out.push((None, Some(exprs::literal(&value))));
        }
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<proc_macro2::TokenTree>()?;
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn literal(expr: &syn::Expr) -> Option<Literal> {
    match expr {
        syn::Expr::Lit(lit) => Some(exprs::literal(&lit.lit)),
        syn::Expr::Group(group) => literal(&group.expr),
        syn::Expr::Paren(paren) => literal(&paren.expr),
        _ => None,
    }
}
