//! `select!`: the first of several futures.

use syn::Token;
use syn::parse::{Parse, ParseStream};

use super::{Lowering, patterns};
use crate::model::{
    expr::{Arm, ExprId, ExprKind, Pattern},
    location::Span,
};

/// `pattern = future, if guard => body`; an `else`, `default` or `complete` arm has neither pattern nor future.
struct SelectArm {
    waits: Option<(syn::Pat, syn::Expr)>,
    guard: Option<syn::Expr>,
    body: syn::Expr,
}

struct SelectArms(Vec<SelectArm>);

impl Parse for SelectArms {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if is_word(input, "biased") && input.peek2(Token![;]) {
            input.parse::<syn::Ident>()?;
            input.parse::<Token![;]>()?;
        }
        let mut arms = Vec::new();
        while !input.is_empty() {
            let mut guard = None;
            let is_rest = input.peek(Token![else]) || is_word(input, "default") || is_word(input, "complete");
            let waits = if is_rest && input.peek2(Token![=>]) {
                input.parse::<proc_macro2::TokenTree>()?;
                None
            } else {
                let pat = input.call(syn::Pat::parse_multi_with_leading_vert)?;
                input.parse::<Token![=]>()?;
                let future = input.parse()?;
                if input.parse::<Option<Token![,]>>()?.is_some() {
                    input.parse::<Token![if]>()?;
                    guard = Some(input.parse()?);
                }
                Some((pat, future))
            };
            input.parse::<Token![=>]>()?;
            let body = input.call(syn::Expr::parse_with_earlier_boundary_rule)?;
            input.parse::<Option<Token![,]>>()?;
            arms.push(SelectArm { waits, guard, body });
        }
        Ok(Self(arms))
    }
}

fn is_word(input: ParseStream, word: &str) -> bool {
    input.fork().parse::<syn::Ident>().is_ok_and(|ident| ident == word)
}

impl Lowering<'_> {
    pub(super) fn select_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let SelectArms(raw) = mac.parse_body().ok()?;
        let mut arms = Vec::new();
        for arm in &raw {
            let scrutinee = arm.waits.as_ref().map(|(_, future)| self.expr(future));
            let guard = arm.guard.as_ref().map(|guard| self.expr(guard));
            let body = self.expr(&arm.body);
            let pattern = arm
                .waits
                .as_ref()
                .map_or(Pattern::Wild, |(pat, _)| patterns::lower(pat));
            arms.push(Arm {
                pattern,
                guard,
                scrutinee,
                body,
            });
        }
        Some(self.push(ExprKind::Select(arms), span))
    }
}
