//! Patterns, and parameters of functions and closures.

use super::{attributes, exprs, types};
use crate::model::{
    Name,
    expr::{Collects, Literal, Param, Path, Pattern, TypeRef},
};

/// A pattern; references, `ref`, `mut` and guards are transparent.
pub(super) fn lower(pat: &syn::Pat) -> Pattern {
    match pat {
        syn::Pat::Wild(_) => Pattern::Wild,
        syn::Pat::Paren(paren) => lower(&paren.pat),
        syn::Pat::Reference(reference) => lower(&reference.pat),
        syn::Pat::Guard(guard) => lower(&guard.pat),
        syn::Pat::Ident(ident) => identifier(ident),
        syn::Pat::Lit(lit) => Pattern::Literal(exprs::literal(&lit.lit)),
        syn::Pat::Or(or) => Pattern::Or(or.cases.iter().map(lower).collect()),
        syn::Pat::Slice(slice) => Pattern::Slice(slice.elems.iter().map(lower).collect()),
        syn::Pat::Tuple(tuple) => Pattern::Tuple(tuple.elems.iter().map(lower).collect()),
        syn::Pat::Path(path) => Pattern::Path(types::qualified_path(path.qself.as_ref(), &path.path)),
        syn::Pat::TupleStruct(tuple) => Pattern::TupleStruct {
            path: types::qualified_path(tuple.qself.as_ref(), &tuple.path),
            items: tuple.elems.iter().map(lower).collect(),
        },
        syn::Pat::Struct(it) => Pattern::Struct {
            path: types::qualified_path(it.qself.as_ref(), &it.path),
            fields: it
                .fields
                .iter()
                .map(|field| (member(&field.member), lower(&field.pat)))
                .collect(),
        },
        syn::Pat::Type(typed) => Pattern::Typed {
            pattern: Box::new(lower(&typed.pat)),
            ty: types::lower(&typed.ty),
        },
        _ => Pattern::Other,
    }
}

/// A plain upper-case name is a constant or unit variant (`None`, `MAX`); only resolution could tell for sure, and
/// the compiler warns of bindings spelled so.
fn identifier(ident: &syn::PatIdent) -> Pattern {
    let name = types::name(&ident.ident);
    let is_plain = ident.by_ref.is_none() && ident.mutability.is_none() && ident.subpat.is_none();
    if is_plain && name.starts_with(char::is_uppercase) {
        return Pattern::Path(Path {
            segments: vec![name],
            ..Path::default()
        });
    }
    Pattern::Bind {
        name,
        sub: ident.subpat.as_ref().map(|(_, sub)| Box::new(lower(sub))),
    }
}

/// The name of a field; its number in a tuple.
pub(super) fn member(member: &syn::Member) -> Name {
    match member {
        syn::Member::Named(ident) => types::name(ident),
        syn::Member::Unnamed(index) => Name::from(index.index.to_string()),
    }
}

/// The guard of a match arm.
pub(super) fn guard(pat: &syn::Pat) -> Option<&syn::Expr> {
    match pat {
        syn::Pat::Guard(guard) => Some(&guard.guard),
        syn::Pat::Paren(paren) => guard(&paren.pat),
        _ => None,
    }
}

/// A pattern with the type that is written on it taken off.
pub(super) fn typed(pat: &syn::Pat) -> (Pattern, Option<TypeRef>) {
    match pat {
        syn::Pat::Type(typed) => (lower(&typed.pat), Some(types::lower(&typed.ty))),
        other => (lower(other), None),
    }
}

/// A closure's parameter.
pub(super) fn closure_param(pat: &syn::Pat) -> Param {
    let (pattern, ty) = typed(pat);
    Param {
        pattern,
        ty,
        default: None,
        attributes: Vec::new(),
        collects: Collects::One,
    }
}

/// A function's parameter; `self` has the type `Self` unless another is written.
pub(super) fn param(arg: &syn::FnArg) -> Param {
    let default: Option<Literal> = None;
    match arg {
        syn::FnArg::Receiver(receiver) => {
            let ty = match &receiver.kind {
                syn::ReceiverKind::Typed(_, ty) => types::lower(ty),
                _ => TypeRef::named(&["Self"]),
            };
            let attributes = attributes::lower(&receiver.attrs);
            Param {
                pattern: Pattern::name("self"),
                ty: Some(ty),
                default,
                attributes,
                collects: Collects::One,
            }
        }
        syn::FnArg::Typed(typed) => Param {
            pattern: lower(&typed.pat),
            ty: Some(types::lower(&typed.ty)),
            default,
            attributes: attributes::lower(&typed.attrs),
            collects: Collects::One,
        },
    }
}
