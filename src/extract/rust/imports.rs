//! `use` and `extern crate`.

use super::{Lowering, attributes, spans, types};
use crate::model::{Name, fact::Import, location::Span};

impl Lowering<'_> {
    /// One fact for each name or glob of the tree.
    pub(super) fn import(&mut self, item: &syn::ItemUse) {
        let template = Import {
            scope: self.scope.clone(),
            path: Vec::new(),
            alias: Name::default(),
            is_glob: false,
            is_reexport: !matches!(item.vis, syn::Visibility::Inherited),
            is_test: self.is_test || attributes::is_test(&item.attrs),
            span: spans::at(item.use_token.span),
        };
        self.import_tree(&item.tree, &mut Vec::new(), &template);
    }

    fn import_tree(&mut self, tree: &syn::UseTree, prefix: &mut Vec<Name>, template: &Import) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(types::name(&path.ident));
                self.import_tree(&path.tree, prefix, template);
                prefix.pop();
            }
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.import_tree(item, prefix, template);
                }
            }
            syn::UseTree::Name(name) => self.imported(&name.ident, None, prefix, template),
            syn::UseTree::Rename(rename) => self.imported(&rename.ident, Some(&rename.rename), prefix, template),
            syn::UseTree::Glob(glob) => {
                let span = spans::at(glob.star_token.span);
                self.facts.imports.push(Import {
                    path: prefix.clone(),
                    is_glob: true,
                    span,
                    ..template.clone()
                });
            }
        }
    }

    fn imported(&mut self, ident: &syn::Ident, alias: Option<&syn::Ident>, prefix: &[Name], template: &Import) {
        let mut path = prefix.to_vec();
        // `a::{self}` names `a`; a leading `self` is a place.
        if ident != "self" || path.is_empty() {
            path.push(types::name(ident));
        }
        let alias = alias
            .map(types::name)
            .or_else(|| path.last().cloned())
            .unwrap_or_default();
        let span: Span = spans::at(ident.span());
        self.facts.imports.push(Import {
            path,
            alias,
            span,
            ..template.clone()
        });
    }

    /// `extern crate name as alias;`
    pub(super) fn extern_crate(&mut self, item: &syn::ItemExternCrate) {
        let name = types::name(&item.ident);
        let alias = item
            .rename
            .as_ref()
            .map_or_else(|| name.clone(), |(_, alias)| types::name(alias));
        self.facts.imports.push(Import {
            scope: self.scope.clone(),
            path: vec![name],
            alias,
            is_glob: false,
            is_reexport: !matches!(item.vis, syn::Visibility::Inherited),
            is_test: self.is_test || attributes::is_test(&item.attrs),
            span: spans::at(item.ident.span()),
        });
    }
}
