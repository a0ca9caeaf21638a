//! Expressions. Each kind has its own small function: their frames add up, as deep as the code is nested.

use proc_macro2::Span as Place;

use super::{Lowering, attributes, patterns, spans, types};
use crate::model::{
    Name,
    expr::{Arg, Arm, ExprId, ExprKind, Literal, LoopKind, Path},
    location::Span,
};

/// A literal token.
pub(super) fn literal(lit: &syn::Lit) -> Literal {
    match lit {
        syn::Lit::Str(text) => Literal::Str(Name::from(text.value())),
        syn::Lit::Bool(value) => Literal::Bool(value.value),
        syn::Lit::Float(value) => value.base10_parse().map_or(Literal::Other, Literal::Float),
        syn::Lit::Int(value) => {
            // `u64::MAX` spelled out means "no limit": it saturates.
            let wide = value.base10_parse::<u128>().unwrap_or(u128::MAX);
            Literal::Int(i64::try_from(wide).unwrap_or(i64::MAX))
        }
        _ => Literal::Other,
    }
}

impl Lowering<'_> {
    pub(super) fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.body.push(kind, span)
    }

    /// Add an expression whose extent holds its children too.
    pub(super) fn push_over(&mut self, kind: ExprKind, span: Span, children: &[ExprId]) -> ExprId {
        let span = spans::cover(span, &self.body, children.iter().copied());
        self.body.push(kind, span)
    }

    /// Lower one expression and all below it.
    pub(super) fn expr(&mut self, expr: &syn::Expr) -> ExprId {
        match expr {
            syn::Expr::Paren(it) => self.expr(&it.expr),
            syn::Expr::Group(it) => self.expr(&it.expr),
            syn::Expr::Reference(it) => self.expr(&it.expr),
            syn::Expr::RawAddr(it) => self.expr(&it.expr),
            syn::Expr::Cast(it) => self.expr(&it.expr),
            syn::Expr::Unary(it) => self.unary(it),
            syn::Expr::Block(it) => self.block(&it.block, false),
            syn::Expr::Unsafe(it) => self.block(&it.block, false),
            syn::Expr::Const(it) => self.block(&it.block, false),
            syn::Expr::TryBlock(it) => self.block(&it.block, false),
            syn::Expr::Async(it) => self.block(&it.block, true),
            syn::Expr::Path(it) => self.path(it),
            syn::Expr::Lit(it) => self.push(ExprKind::Literal(literal(&it.lit)), spans::at(it.lit.span())),
            syn::Expr::Field(it) => self.field(it),
            syn::Expr::Index(it) => self.index(it),
            syn::Expr::Call(it) => self.call(it),
            syn::Expr::MethodCall(it) => self.method(it),
            syn::Expr::Macro(it) => self.macro_call(&it.mac),
            syn::Expr::Struct(it) => self.structure_literal(it),
            syn::Expr::Closure(it) => self.closure(it),
            syn::Expr::Await(it) => self.wrap(&it.base, it.await_token.span, ExprKind::Await),
            syn::Expr::Try(it) => self.wrap(&it.expr, it.question_token.span, ExprKind::Try),
            syn::Expr::Let(it) => self.condition(it),
            syn::Expr::Assign(it) => self.assign(&it.left, &it.right, None),
            syn::Expr::Binary(it) => self.binary(it),
            syn::Expr::Array(it) => self.list(it.elems.iter(), spans::delimited(&it.bracket_token.span)),
            syn::Expr::Tuple(it) => self.tuple(it),
            syn::Expr::Repeat(it) => {
                let span = spans::delimited(&it.bracket_token.span);
                self.repeat(&it.expr, &it.len, span)
            }
            syn::Expr::Range(it) => self.range(it),
            _ => self.control_flow(expr),
        }
    }

    fn control_flow(&mut self, expr: &syn::Expr) -> ExprId {
        match expr {
            syn::Expr::If(it) => self.branch(it),
            syn::Expr::Match(it) => self.choice(it),
            syn::Expr::ForLoop(it) => self.for_loop(it),
            syn::Expr::While(it) => self.while_loop(it),
            syn::Expr::Loop(it) => {
                let body = self.block(&it.body, false);
                let label = it.label.as_ref().map(label_name);
                let kind = ExprKind::Loop {
                    kind: LoopKind::Loop,
                    pattern: None,
                    head: None,
                    body,
                    label,
                };
                self.push_over(kind, spans::at(it.loop_token.span), &[body])
            }
            syn::Expr::Break(it) => {
                let value = it.expr.as_ref().map(|value| self.expr(value));
                let label = it.label.as_ref().map(lifetime_name);
                let kind = ExprKind::Break { value, label };
                self.push_over(kind, spans::at(it.break_token.span), value.as_slice())
            }
            syn::Expr::Continue(it) => {
                let label = it.label.as_ref().map(lifetime_name);
                self.push(ExprKind::Continue { label }, spans::at(it.continue_token.span))
            }
            syn::Expr::Return(it) => {
                let value = it.expr.as_ref().map(|value| self.expr(value));
                self.push_over(
                    ExprKind::Return(value),
                    spans::at(it.return_token.span),
                    value.as_slice(),
                )
            }
            syn::Expr::Yield(it) => {
                let value = it.expr.as_ref().map(|value| self.expr(value));
                let args = value
                    .iter()
                    .map(|value| Arg {
                        name: None,
                        value: *value,
                    })
                    .collect();
                let kind = ExprKind::Macro {
                    path: Path::of(&["yield"]),
                    args,
                    text: Name::default(),
                };
                self.push_over(kind, spans::at(it.yield_token.span), value.as_slice())
            }
            syn::Expr::Infer(it) => self.push(
                ExprKind::Path(Path::of(&["_"])),
                spans::at(it.underscore_token.spans[0]),
            ),
            _ => self.push(ExprKind::Opaque { path: Path::default() }, Span::default()),
        }
    }

    fn wrap(&mut self, inner: &syn::Expr, name: Place, kind: fn(ExprId) -> ExprKind) -> ExprId {
        let inner = self.expr(inner);
        self.push_over(kind(inner), spans::at(name), &[inner])
    }

    fn unary(&mut self, it: &syn::ExprUnary) -> ExprId {
        let (op, place) = match &it.op {
            syn::UnOp::Not(token) => ("!", token.spans[0]),
            syn::UnOp::Neg(token) => ("-", token.spans[0]),
            _ => return self.expr(&it.expr),
        };
        let value = self.expr(&it.expr);
        self.push_over(
            ExprKind::Unary {
                op: Name::new_static(op),
                value,
            },
            spans::at(place),
            &[value],
        )
    }

    fn path(&mut self, it: &syn::ExprPath) -> ExprId {
        let first = it
            .path
            .segments
            .first()
            .map_or_else(Place::call_site, |first| first.ident.span());
        let last = it.path.segments.last().map_or(first, |last| last.ident.span());
        let span = Span {
            start: spans::at(first).start,
            ..spans::at(last)
        };
        self.push(ExprKind::Path(types::qualified_path(it.qself.as_ref(), &it.path)), span)
    }

    fn field(&mut self, it: &syn::ExprField) -> ExprId {
        let base = self.expr(&it.base);
        let place = match &it.member {
            syn::Member::Named(ident) => ident.span(),
            syn::Member::Unnamed(index) => index.span,
        };
        self.push_over(
            ExprKind::Field {
                base,
                name: patterns::member(&it.member),
            },
            spans::at(place),
            &[base],
        )
    }

    fn index(&mut self, it: &syn::ExprIndex) -> ExprId {
        let base = self.expr(&it.expr);
        let index = self.expr(&it.index);
        self.push_over(
            ExprKind::Index { base, index },
            spans::delimited(&it.bracket_token.span),
            &[base],
        )
    }

    pub(super) fn args<'a>(&mut self, args: impl IntoIterator<Item = &'a syn::Expr>) -> Vec<Arg> {
        args.into_iter()
            .map(|arg| Arg {
                name: None,
                value: self.expr(arg),
            })
            .collect()
    }

    fn call(&mut self, it: &syn::ExprCall) -> ExprId {
        let callee = self.expr(&it.func);
        let args = self.args(&it.args);
        let close = spans::at(it.paren_token.span.close());
        let name = self.body.get(callee).span;
        let span = Span {
            end: name.end.max(close.end),
            ..name
        };
        self.push(ExprKind::Call { callee, args }, span)
    }

    fn method(&mut self, it: &syn::ExprMethodCall) -> ExprId {
        let receiver = self.expr(&it.receiver);
        let generics = it
            .turbofish
            .as_ref()
            .map(|args| types::type_arguments(args).0)
            .unwrap_or_default();
        let args = self.args(&it.args);
        let span = spans::through(it.method.span(), it.paren_token.span.close());
        let method = types::name(&it.method);
        self.push_over(
            ExprKind::Method {
                receiver,
                method,
                generics,
                args,
            },
            span,
            &[receiver],
        )
    }

    fn structure_literal(&mut self, it: &syn::ExprStruct) -> ExprId {
        let fields = it
            .fields
            .iter()
            .map(|field| (patterns::member(&field.member), self.expr(&field.expr)))
            .collect();
        let rest = it.rest.as_ref().map(|rest| self.expr(rest));
        let path = types::qualified_path(it.qself.as_ref(), &it.path);
        let name = it
            .path
            .segments
            .last()
            .map_or(it.brace_token.span.open(), |last| last.ident.span());
        let span = spans::through(name, it.brace_token.span.close());
        self.push(ExprKind::Struct { path, fields, rest }, span)
    }

    fn closure(&mut self, it: &syn::ExprClosure) -> ExprId {
        let params = it.inputs.iter().map(patterns::closure_param).collect();
        let body = self.expr(&it.body);
        let ret = types::returned(&it.output);
        let kind = ExprKind::Closure {
            params,
            ret,
            body,
            is_async: it.asyncness.is_some(),
        };
        self.push_over(kind, spans::at(it.inputs_begin.spans[0]), &[body])
    }

    fn condition(&mut self, it: &syn::ExprLet) -> ExprId {
        let value = self.expr(&it.expr);
        let pattern = patterns::lower(&it.pat);
        self.push_over(ExprKind::Let { pattern, value }, spans::at(it.let_token.span), &[value])
    }

    fn assign(&mut self, left: &syn::Expr, right: &syn::Expr, op: Option<&'static str>) -> ExprId {
        let target = self.expr(left);
        let value = self.expr(right);
        let op = op.map(Name::new_static);
        let span = self.body.get(target).span;
        self.push_over(ExprKind::Assign { target, value, op }, span, &[value])
    }

    fn binary(&mut self, it: &syn::ExprBinary) -> ExprId {
        let op = operator(&it.op);
        if op.ends_with('=') && !matches!(op, "==" | "!=" | "<=" | ">=") {
            return self.assign(&it.left, &it.right, Some(op));
        }
        let left = self.expr(&it.left);
        let right = self.expr(&it.right);
        let span = self.body.get(left).span;
        self.push_over(
            ExprKind::Binary {
                op: Name::new_static(op),
                left,
                right,
            },
            span,
            &[right],
        )
    }

    pub(super) fn list<'a>(&mut self, items: impl Iterator<Item = &'a syn::Expr>, span: Span) -> ExprId {
        let items = items.map(|item| self.expr(item)).collect();
        self.push(ExprKind::List(items), span)
    }

    fn tuple(&mut self, it: &syn::ExprTuple) -> ExprId {
        let span = spans::delimited(&it.paren_token.span);
        if it.elems.is_empty() {
            return self.push(ExprKind::Literal(Literal::Unit), span);
        }
        self.list(it.elems.iter(), span)
    }

    /// `[value; length]`: one element; a length that may do something is kept beside it.
    pub(super) fn repeat(&mut self, value: &syn::Expr, length: &syn::Expr, span: Span) -> ExprId {
        let mut items = vec![self.expr(value)];
        if !matches!(length, syn::Expr::Lit(_) | syn::Expr::Path(_)) {
            items.push(self.expr(length));
        }
        self.push(ExprKind::List(items), span)
    }

    fn range(&mut self, it: &syn::ExprRange) -> ExprId {
        let start = it.start.as_ref().map(|start| self.expr(start));
        let end = it.end.as_ref().map(|end| self.expr(end));
        let (inclusive, place) = match &it.limits {
            syn::RangeLimits::HalfOpen(token) => (false, token.spans[0]),
            syn::RangeLimits::Closed(token) => (true, token.spans[0]),
        };
        let span = spans::cover(spans::at(place), &self.body, start.into_iter().chain(end));
        self.push(ExprKind::Range { start, end, inclusive }, span)
    }

    fn branch(&mut self, it: &syn::ExprIf) -> ExprId {
        let cond = self.expr(&it.cond);
        let then = self.block(&it.then_branch, false);
        let otherwise = it.else_branch.as_ref().map(|(_, otherwise)| self.expr(otherwise));
        let span = spans::cover(
            spans::at(it.if_token.span),
            &self.body,
            [then].into_iter().chain(otherwise),
        );
        self.push(ExprKind::If { cond, then, otherwise }, span)
    }

    fn choice(&mut self, it: &syn::ExprMatch) -> ExprId {
        let scrutinee = self.expr(&it.expr);
        let mut arms = Vec::new();
        for arm in it.arms.iter().filter(|arm| !attributes::is_test(&arm.attrs)) {
            let guard = patterns::guard(&arm.pat).map(|guard| self.expr(guard));
            let body = self.expr(&arm.body);
            arms.push(Arm {
                pattern: patterns::lower(&arm.pat),
                guard,
                scrutinee: None,
                body,
            });
        }
        let span = spans::through(it.match_token.span, it.brace_token.span.close());
        self.push(ExprKind::Match { scrutinee, arms }, span)
    }

    fn for_loop(&mut self, it: &syn::ExprForLoop) -> ExprId {
        let head = Some(self.expr(&it.expr));
        let body = self.block(&it.body, false);
        let label = it.label.as_ref().map(label_name);
        let kind = ExprKind::Loop {
            kind: LoopKind::For,
            pattern: Some(patterns::lower(&it.pat)),
            head,
            body,
            label,
        };
        self.push_over(kind, spans::at(it.for_token.span), &[body])
    }

    fn while_loop(&mut self, it: &syn::ExprWhile) -> ExprId {
        let head = Some(self.expr(&it.cond));
        let body = self.block(&it.body, false);
        let label = it.label.as_ref().map(label_name);
        let kind = ExprKind::Loop {
            kind: LoopKind::While,
            pattern: None,
            head,
            body,
            label,
        };
        self.push_over(kind, spans::at(it.while_token.span), &[body])
    }
}

fn label_name(label: &syn::Label) -> Name {
    lifetime_name(&label.name)
}

fn lifetime_name(lifetime: &syn::Lifetime) -> Name {
    types::name(&lifetime.ident)
}

/// The operator as written.
fn operator(op: &syn::BinOp) -> &'static str {
    match op {
        syn::BinOp::Add(_) => "+",
        syn::BinOp::Sub(_) => "-",
        syn::BinOp::Mul(_) => "*",
        syn::BinOp::Div(_) => "/",
        syn::BinOp::Rem(_) => "%",
        syn::BinOp::And(_) => "&&",
        syn::BinOp::Or(_) => "||",
        syn::BinOp::BitXor(_) => "^",
        syn::BinOp::BitAnd(_) => "&",
        syn::BinOp::BitOr(_) => "|",
        syn::BinOp::Shl(_) => "<<",
        syn::BinOp::Shr(_) => ">>",
        syn::BinOp::Eq(_) => "==",
        syn::BinOp::Lt(_) => "<",
        syn::BinOp::Le(_) => "<=",
        syn::BinOp::Ne(_) => "!=",
        syn::BinOp::Ge(_) => ">=",
        syn::BinOp::Gt(_) => ">",
        syn::BinOp::AddAssign(_) => "+=",
        syn::BinOp::SubAssign(_) => "-=",
        syn::BinOp::MulAssign(_) => "*=",
        syn::BinOp::DivAssign(_) => "/=",
        syn::BinOp::RemAssign(_) => "%=",
        syn::BinOp::BitXorAssign(_) => "^=",
        syn::BinOp::BitAndAssign(_) => "&=",
        syn::BinOp::BitOrAssign(_) => "|=",
        syn::BinOp::ShlAssign(_) => "<<=",
        syn::BinOp::ShrAssign(_) => ">>=",
        _ => "?",
    }
}
