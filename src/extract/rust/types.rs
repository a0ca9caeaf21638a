//! Types, paths and generics as written.

use std::collections::BTreeMap;

use syn::ext::IdentExt;

use crate::model::{
    Name,
    expr::{Path, TypeRef},
    fact::Generic,
};

/// An identifier without `r#`.
pub(super) fn name(ident: &syn::Ident) -> Name {
    Name::from(ident.unraw().to_string())
}

/// A path without a qualified self type.
pub(super) fn path(path: &syn::Path) -> Path {
    qualified_path(None, path)
}

/// A path as expressions and patterns have it.
pub(super) fn qualified_path(qself: Option<&syn::QSelf>, path: &syn::Path) -> Path {
    let mut generics = Vec::new();
    for segment in &path.segments {
        match &segment.arguments {
            syn::PathArguments::AngleBracketed(args) => generics.extend(type_arguments(args).0),
            syn::PathArguments::Parenthesized(args) => generics.push(function_type(args)),
            syn::PathArguments::None => {}
        }
    }
    Path {
        segments: path.segments.iter().map(|segment| name(&segment.ident)).collect(),
        generics,
        qself: qself.map(|qself| Box::new(lower(&qself.ty))),
    }
}

/// Type arguments and associated type bindings; lifetimes and constants are left out.
pub(super) fn type_arguments(args: &syn::AngleBracketedGenericArguments) -> (Vec<TypeRef>, Vec<(Name, TypeRef)>) {
    let mut types = Vec::new();
    let mut bindings = Vec::new();
    for arg in &args.args {
        match arg {
            syn::GenericArgument::Type(ty) => types.push(lower(ty)),
            syn::GenericArgument::AssocType(assoc) => bindings.push((name(&assoc.ident), lower(&assoc.ty))),
            syn::GenericArgument::Constraint(constraint) => {
                bindings.push((name(&constraint.ident), TypeRef::Impl(bounds(&constraint.bounds))));
            }
            _ => {}
        }
    }
    (types, bindings)
}

/// A type; references and pointers are transparent.
pub(super) fn lower(ty: &syn::Type) -> TypeRef {
    match ty {
        syn::Type::Reference(reference) => lower(&reference.elem),
        syn::Type::Ptr(pointer) => lower(&pointer.elem),
        syn::Type::Paren(paren) => lower(&paren.elem),
        syn::Type::Group(group) => lower(&group.elem),
        syn::Type::Array(array) => TypeRef::Slice(Box::new(lower(&array.elem))),
        syn::Type::Slice(slice) => TypeRef::Slice(Box::new(lower(&slice.elem))),
        syn::Type::Tuple(tuple) => TypeRef::Tuple(tuple.elems.iter().map(lower).collect()),
        syn::Type::Never(_) => TypeRef::Never,
        syn::Type::ImplTrait(it) => TypeRef::Impl(bounds(&it.bounds)),
        syn::Type::TraitObject(object) => TypeRef::Dyn(bounds(&object.bounds)),
        syn::Type::FnPtr(pointer) => TypeRef::Fn {
            params: pointer.inputs.iter().map(|input| lower(&input.ty)).collect(),
            ret: returned(&pointer.output).map(Box::new),
        },
        syn::Type::Path(path) => match &path.qself {
            Some(qself) => projection(qself, &path.path),
            None => named(&path.path),
        },
        _ => TypeRef::Infer,
    }
}

/// The type after `->`.
pub(super) fn returned(output: &syn::ReturnType) -> Option<TypeRef> {
    match output {
        syn::ReturnType::Default => None,
        syn::ReturnType::Type(_, ty) => Some(lower(ty)),
    }
}

/// The traits of a bound list; lifetimes and `?Sized` are left out, `Fn(A) -> B` is a function type.
pub(super) fn bounds<'a>(bounds: impl IntoIterator<Item = &'a syn::TypeParamBound>) -> Vec<TypeRef> {
    bounds
        .into_iter()
        .filter_map(|bound| match bound {
            syn::TypeParamBound::Trait(bound) if bound.maybe.is_none() => Some(named(&bound.path)),
            _ => None,
        })
        .collect()
}

/// A trait or type path as a type.
pub(super) fn named(path: &syn::Path) -> TypeRef {
    let mut args = Vec::new();
    let mut bindings = Vec::new();
    for segment in &path.segments {
        match &segment.arguments {
            syn::PathArguments::AngleBracketed(arguments) => {
                let (types, assoc) = type_arguments(arguments);
                args.extend(types);
                bindings.extend(assoc);
            }
            syn::PathArguments::Parenthesized(arguments) => return function_type(arguments),
            syn::PathArguments::None => {}
        }
    }
    TypeRef::Named {
        segments: path.segments.iter().map(|segment| name(&segment.ident)).collect(),
        args,
        bindings,
    }
}

fn function_type(args: &syn::ParenthesizedGenericArguments) -> TypeRef {
    TypeRef::Fn {
        params: args.inputs.iter().map(|input| lower(&input.ty)).collect(),
        ret: returned(&args.output).map(Box::new),
    }
}

/// `<T as Trait>::Name`; of a longer path the last name.
fn projection(qself: &syn::QSelf, path: &syn::Path) -> TypeRef {
    let Some(last) = path.segments.last() else {
        return lower(&qself.ty);
    };
    let trait_ref = (0 < qself.position).then(|| {
        let segments = path.segments.iter().take(qself.position).cloned().collect();
        Box::new(named(&syn::Path {
            leading_colon: None,
            segments,
        }))
    });
    TypeRef::Projection {
        base: Box::new(lower(&qself.ty)),
        trait_ref,
        name: name(&last.ident),
    }
}

/// Type parameters with all their bounds. Bounds on other types than parameters (`T::Item: X`) are kept under that name.
pub(super) fn generics(generics: &syn::Generics) -> Vec<Generic> {
    let mut out: Vec<Generic> = generics
        .type_params()
        .map(|param| Generic {
            name: name(&param.ident),
            bounds: bounds(&param.bounds),
        })
        .collect();
    let positions: BTreeMap<Name, usize> = out.iter().map(|it| it.name.clone()).zip(0..).collect();
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    for predicate in predicates {
        let syn::WherePredicate::Type(predicate) = predicate else {
            continue;
        };
        let TypeRef::Named { segments, args, .. } = lower(&predicate.bounded_ty) else {
            continue;
        };
        let name = Name::from(segments.join("::"));
        match positions.get(&name) {
            Some(position) => out[*position].bounds.extend(bounds(&predicate.bounds)),
            None if args.is_empty() => out.push(Generic {
                name,
                bounds: bounds(&predicate.bounds),
            }),
            None => {}
        }
    }
    out
}
