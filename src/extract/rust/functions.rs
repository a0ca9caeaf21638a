//! Functions: their signatures, and bodies as blocks.

use super::{Lowering, attributes, patterns, spans, types};
use crate::model::{
    expr::{ExprId, ExprKind},
    fact::{Function, Owner},
};

impl Lowering<'_> {
    /// A function with or without body; items nested in it get its name as one more scope.
    pub(super) fn function(
        &mut self,
        (attrs, vis): (&[syn::Attribute], &syn::Visibility),
        sig: &syn::Signature,
        block: Option<&syn::Block>,
        owner: Owner,
    ) {
        let is_test = self.is_test || attributes::is_test(attrs);
        let name = types::name(&sig.ident);
        let mut body = None;
        if let Some(block) = block {
            self.scoped(name.clone(), is_test, |inside| {
                body = Some(inside.fresh_body(|inside| inside.block(block, false)));
            });
        }
        let close = block.map_or_else(|| sig.paren_token.span.close(), |block| block.brace_token.span.close());
        let function = Function {
            scope: self.scope.clone(),
            name,
            owner,
            generics: types::generics(&sig.generics),
            params: sig.inputs.iter().map(patterns::param).collect(),
            has_self: sig.receiver().is_some(),
            ret: types::returned(&sig.output),
            is_async: sig.asyncness.is_some(),
            is_public: !matches!(vis, syn::Visibility::Inherited),
            is_test,
            attributes: attributes::lower(attrs),
            body,
            span: spans::through(sig.ident.span(), close),
        };
        self.facts.functions.push(function);
    }

    /// A block of statements; nested items become facts of their own.
    pub(super) fn block(&mut self, block: &syn::Block, is_async: bool) -> ExprId {
        let (stmts, has_tail) = self.statements(&block.stmts);
        let span = spans::delimited(&block.brace_token.span);
        self.body.push(
            ExprKind::Block {
                stmts,
                has_tail,
                is_async,
            },
            span,
        )
    }

    /// Lowered statements, and whether the last is the value of the whole. Statements for tests only are left out.
    pub(super) fn statements(&mut self, stmts: &[syn::Stmt]) -> (Vec<ExprId>, bool) {
        let mut out = Vec::new();
        let mut has_tail = false;
        for stmt in stmts {
            has_tail = false;
            match stmt {
                syn::Stmt::Item(item) => self.item(item),
                syn::Stmt::Local(local) if !attributes::is_test(&local.attrs) => out.push(self.local(local)),
                syn::Stmt::Expr(expr, semi) if !attributes::is_test(statement_attributes(expr)) => {
                    out.push(self.expr(expr));
                    has_tail = semi.is_none();
                }
                syn::Stmt::Macro(it) if self.statics_of_macro(&it.mac) => {}
                syn::Stmt::Macro(it) if !attributes::is_test(&it.attrs) => {
                    out.push(self.macro_call(&it.mac));
                    has_tail = it.semi_token.is_none();
                }
                _ => {}
            }
        }
        (out, has_tail)
    }

    fn local(&mut self, local: &syn::Local) -> ExprId {
        let (pattern, ty) = patterns::typed(&local.pat);
        let init = local.init.as_ref().map(|init| self.expr(&init.expr));
        let diverge = local.init.as_ref().and_then(|init| init.diverge.as_ref());
        let otherwise = diverge.map(|(_, otherwise)| self.expr(otherwise));
        let span = spans::through(local.let_token.span, local.semi_token.span);
        self.body.push(
            ExprKind::Bind {
                pattern,
                ty,
                init,
                otherwise,
            },
            span,
        )
    }
}

/// The attributes of the kinds of expressions that are used as statements.
fn statement_attributes(expr: &syn::Expr) -> &[syn::Attribute] {
    match expr {
        syn::Expr::Block(it) => &it.attrs,
        syn::Expr::If(it) => &it.attrs,
        syn::Expr::Match(it) => &it.attrs,
        syn::Expr::ForLoop(it) => &it.attrs,
        syn::Expr::While(it) => &it.attrs,
        syn::Expr::Loop(it) => &it.attrs,
        syn::Expr::Call(it) => &it.attrs,
        syn::Expr::MethodCall(it) => &it.attrs,
        syn::Expr::Macro(it) => &it.attrs,
        syn::Expr::Assign(it) => &it.attrs,
        syn::Expr::Return(it) => &it.attrs,
        syn::Expr::Await(it) => &it.attrs,
        syn::Expr::Try(it) => &it.attrs,
        _ => &[],
    }
}
