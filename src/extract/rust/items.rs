//! Modules, types, impls, constants and macro definitions.

use super::{Lowering, attributes, patterns, spans, types};
use crate::model::{
    Name,
    expr::{Body, TypeRef},
    fact::{Constant, FieldDef, Impl, MacroDef, Module, Owner, TypeDef, TypeKind, Variant},
    location::Span,
};

fn is_public(vis: &syn::Visibility) -> bool {
    !matches!(vis, syn::Visibility::Inherited)
}

/// What all kinds of type declarations have.
struct Declaration<'a> {
    attrs: &'a [syn::Attribute],
    vis: &'a syn::Visibility,
    ident: &'a syn::Ident,
    generics: &'a syn::Generics,
    kind: TypeKind,
    end: proc_macro2::Span,
}

impl Lowering<'_> {
    pub(super) fn items(&mut self, items: &[syn::Item]) {
        for item in items {
            self.item(item);
        }
    }

    /// One item, of a file, a module or a function's body.
    pub(super) fn item(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Use(it) => self.import(it),
            syn::Item::ExternCrate(it) => self.extern_crate(it),
            syn::Item::Mod(it) => self.module(it),
            syn::Item::Fn(it) => {
                self.function((&it.attrs, &it.vis), &it.sig, Some(&it.block), Owner::None);
            }
            syn::Item::Impl(it) => self.implementation(it),
            syn::Item::Trait(it) => self.trait_definition(it),
            syn::Item::Struct(it) => self.structure(it),
            syn::Item::Enum(it) => self.enumeration(it),
            syn::Item::Union(it) => self.union(it),
            syn::Item::Type(it) => self.alias(it),
            syn::Item::TraitAlias(it) => self.trait_alias(it),
            syn::Item::Const(it) => {
                let owner = Owner::None;
                self.constant(&it.attrs, &it.ident, (&it.ty, &it.expr), owner, false);
            }
            syn::Item::Static(it) => self.constant(&it.attrs, &it.ident, (&it.ty, &it.expr), Owner::None, true),
            syn::Item::ForeignMod(it) => self.foreign(it),
            syn::Item::Macro(it) => self.item_macro(it),
            _ => {}
        }
    }

    fn module(&mut self, item: &syn::ItemMod) {
        let is_test = self.is_test || attributes::is_test(&item.attrs);
        let name = types::name(&item.ident);
        let span = match &item.content {
            Some((brace, _)) => spans::through(item.ident.span(), brace.span.close()),
            None => spans::at(item.ident.span()),
        };
        self.facts.modules.push(Module {
            scope: self.scope.clone(),
            name: name.clone(),
            is_inline: item.content.is_some(),
            path_attribute: attributes::string_value(&item.attrs, "path"),
            is_test,
            is_public: is_public(&item.vis),
            span,
        });
        if let Some((_, items)) = &item.content {
            self.scoped(name, is_test, |inside| inside.items(items));
        }
    }

    fn declare(&mut self, it: &Declaration, fill: impl FnOnce(&mut TypeDef)) -> u32 {
        let mut def = TypeDef {
            scope: self.scope.clone(),
            name: types::name(it.ident),
            kind: it.kind,
            generics: types::generics(it.generics),
            fields: Vec::new(),
            variants: Vec::new(),
            bases: Vec::new(),
            alias: None,
            associated: Vec::new(),
            attributes: attributes::lower(it.attrs),
            derives: attributes::derives(it.attrs),
            is_test: self.is_test || attributes::is_test(it.attrs),
            is_public: is_public(it.vis),
            span: spans::through(it.ident.span(), it.end),
        };
        fill(&mut def);
        self.facts.types.push(def);
        spans::number(self.facts.types.len() - 1)
    }

    fn structure(&mut self, item: &syn::ItemStruct) {
        let end = match &item.fields {
            syn::Fields::Named(fields) => fields.brace_token.span.close(),
            syn::Fields::Unnamed(fields) => fields.paren_token.span.close(),
            syn::Fields::Unit => item.ident.span(),
        };
        let kind = TypeKind::Struct;
        let (attrs, vis, ident, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
        let it = Declaration {
            attrs,
            vis,
            ident,
            generics,
            kind,
            end,
        };
        self.declare(&it, |def| def.fields = fields(&item.fields));
    }

    fn union(&mut self, item: &syn::ItemUnion) {
        let (kind, end) = (TypeKind::Struct, item.fields.brace_token.span.close());
        let (attrs, vis, ident, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
        let it = Declaration {
            attrs,
            vis,
            ident,
            generics,
            kind,
            end,
        };
        self.declare(&it, |def| def.fields = fields(&syn::Fields::Named(item.fields.clone())));
    }

    fn enumeration(&mut self, item: &syn::ItemEnum) {
        let (kind, end) = (TypeKind::Enum, item.brace_token.span.close());
        let (attrs, vis, ident, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
        let it = Declaration {
            attrs,
            vis,
            ident,
            generics,
            kind,
            end,
        };
        self.declare(&it, |def| {
            let variants = item.variants.iter().map(|variant| Variant {
                name: types::name(&variant.ident),
                fields: fields(&variant.fields),
                attributes: attributes::lower(&variant.attrs),
            });
            def.variants = variants.collect();
        });
    }

    fn alias(&mut self, item: &syn::ItemType) {
        let (kind, end) = (TypeKind::Alias, item.semi_token.span);
        let (attrs, vis, ident, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
        let it = Declaration {
            attrs,
            vis,
            ident,
            generics,
            kind,
            end,
        };
        self.declare(&it, |def| def.alias = Some(types::lower(&item.ty)));
    }

    fn trait_alias(&mut self, item: &syn::ItemTraitAlias) {
        let (kind, end) = (TypeKind::Trait, item.semi_token.span);
        let (attrs, vis, ident, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
        let it = Declaration {
            attrs,
            vis,
            ident,
            generics,
            kind,
            end,
        };
        self.declare(&it, |def| def.bases = types::bounds(&item.bounds));
    }

    fn trait_definition(&mut self, item: &syn::ItemTrait) {
        let (kind, end) = (TypeKind::Trait, item.brace_token.span.close());
        let (attrs, vis, ident, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
        let it = Declaration {
            attrs,
            vis,
            ident,
            generics,
            kind,
            end,
        };
        let owner = Owner::Type(self.declare(&it, |def| {
            def.bases = types::bounds(&item.supertraits);
            def.associated = item.items.iter().filter_map(associated_type).collect();
        }));
        let was_test = self.is_test;
        self.is_test |= attributes::is_test(&item.attrs);
        for inner in &item.items {
            match inner {
                syn::TraitItem::Fn(it) => {
                    self.function((&it.attrs, &item.vis), &it.sig, it.default.as_ref(), owner);
                }
                syn::TraitItem::Const(it) => {
                    if let Some((_, value)) = &it.default {
                        self.constant(&it.attrs, &it.ident, (&it.ty, value), owner, false);
                    }
                }
                syn::TraitItem::Macro(it) => self.unread_macro(&it.mac),
                _ => {}
            }
        }
        self.is_test = was_test;
    }

    fn implementation(&mut self, item: &syn::ItemImpl) {
        let is_test = self.is_test || attributes::is_test(&item.attrs);
        let associated = item.items.iter().filter_map(|inner| match inner {
            syn::ImplItem::Type(it) => Some((types::name(&it.ident), types::lower(&it.ty))),
            _ => None,
        });
        self.facts.impls.push(Impl {
            scope: self.scope.clone(),
            self_ty: types::lower(&item.self_ty),
            trait_ref: item.trait_.as_ref().map(|(path, _)| types::named(path)),
            generics: types::generics(&item.generics),
            associated: associated.collect(),
            attributes: attributes::lower(&item.attrs),
            is_test,
            span: spans::through(item.impl_token.span, item.brace_token.span.close()),
        });
        let owner = Owner::Impl(spans::number(self.facts.impls.len() - 1));
        let was_test = std::mem::replace(&mut self.is_test, is_test);
        for inner in &item.items {
            match inner {
                syn::ImplItem::Fn(it) => {
                    self.function((&it.attrs, &it.vis), &it.sig, Some(&it.block), owner);
                }
                syn::ImplItem::Const(it) => {
                    self.constant(&it.attrs, &it.ident, (&it.ty, &it.expr), owner, false);
                }
                syn::ImplItem::Macro(it) => self.unread_macro(&it.mac),
                _ => {}
            }
        }
        self.is_test = was_test;
    }

    fn foreign(&mut self, item: &syn::ItemForeignMod) {
        for inner in &item.items {
            if let syn::ForeignItem::Fn(it) = inner {
                self.function((&it.attrs, &it.vis), &it.sig, None, Owner::None);
            }
        }
    }

    /// A constant or static with its value.
    pub(super) fn constant(
        &mut self,
        attrs: &[syn::Attribute],
        ident: &syn::Ident,
        (ty, value): (&syn::Type, &syn::Expr),
        owner: Owner,
        is_static: bool,
    ) {
        let is_test = self.is_test || attributes::is_test(attrs);
        let name = types::name(ident);
        let mut body = Body::default();
        self.scoped(name.clone(), is_test, |inside| {
            body = inside.fresh_body(|inside| inside.expr(value))
        });
        let span = spans::cover(spans::at(ident.span()), &body, body.root);
        self.facts.constants.push(Constant {
            scope: self.scope.clone(),
            name,
            owner,
            ty: Some(types::lower(ty)),
            value: body,
            is_static,
            is_test,
            span,
        });
    }

    /// `macro_rules! name`, or a call of a macro that stands for items.
    fn item_macro(&mut self, item: &syn::ItemMacro) {
        if let Some(ident) = &item.ident {
            let span = spans::through(ident.span(), item.mac.delimiter.span().close());
            self.facts.macros.push(MacroDef {
                scope: self.scope.clone(),
                name: types::name(ident),
                span,
            });
            return;
        }
        let was_test = self.is_test;
        self.is_test |= attributes::is_test(&item.attrs);
        if !self.items_of_macro(&item.mac) {
            self.unread_macro(&item.mac);
        }
        self.is_test = was_test;
    }

    fn unread_macro(&mut self, mac: &syn::Macro) {
        let path = types::path(&mac.path);
        let span = mac
            .path
            .segments
            .last()
            .map_or_else(Span::default, |last| spans::at(last.ident.span()));
        self.opaque_problem(
            span,
            format!("what the macro {}! declares is not read", path.segments.join("::")),
        );
    }
}

fn associated_type(item: &syn::TraitItem) -> Option<(Name, Option<TypeRef>)> {
    let syn::TraitItem::Type(it) = item else { return None };
    let default = it.default.as_ref().map(|(_, ty)| types::lower(ty));
    let bounds = types::bounds(&it.bounds);
    Some((
        types::name(&it.ident),
        default.or((!bounds.is_empty()).then_some(TypeRef::Impl(bounds))),
    ))
}

fn fields(fields: &syn::Fields) -> Vec<FieldDef> {
    let named = fields.iter().zip(fields.members());
    named
        .map(|(field, member)| FieldDef {
            name: patterns::member(&member),
            ty: types::lower(&field.ty),
            attributes: attributes::lower(&field.attrs),
            is_public: is_public(&field.vis),
            span: field
                .ident
                .as_ref()
                .map_or_else(Span::default, |ident| spans::at(ident.span())),
        })
        .collect()
}
