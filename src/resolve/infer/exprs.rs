//! Types of the shapes of expressions: one row for each.

use crate::{
    model::expr::{Body, ExprId, ExprKind, Literal, Piece},
    resolve::ty::Ty,
};

use super::Inferer;

impl<'a> Inferer<'_, 'a> {
    pub(super) fn infer_kind(&mut self, id: ExprId, expected: &Ty) -> Ty {
        let body: &'a Body = self.body;
        match &body.get(id).kind {
            ExprKind::Path(path) => self.infer_path(id, path),
            ExprKind::Field { base, name } => {
                let base = self.infer(*base, &Ty::Unknown);
                self.field_type(id, &base, name)
            }
            ExprKind::Index { base, index } => self.infer_index(*base, *index),
            ExprKind::Literal(literal) => literal_type(literal),
            ExprKind::Template(pieces) => self.infer_template(pieces),
            ExprKind::Call { callee, args } => self.infer_call(id, *callee, args, expected),
            ExprKind::Method {
                receiver,
                method,
                generics,
                args,
            } => {
                let ty = self.infer_method(id, *receiver, method, generics, args, expected);
                self.note_registration(id, generics);
                ty
            }
            ExprKind::Struct { path, fields, rest } => self.infer_struct(id, path, fields, *rest),
            ExprKind::Closure { .. } => self.infer_closure(id, expected),
            ExprKind::Await(of) => {
                let wanted = if expected.is_unknown() {
                    Ty::Unknown
                } else {
                    Ty::future(expected.clone())
                };
                let ty = self.infer(*of, &wanted);
                self.await_of(&ty)
            }
            ExprKind::Try(of) => {
                // `?` on an option takes an option as well: only what is held is used of it.
                let wanted = if expected.is_unknown() {
                    Ty::Unknown
                } else {
                    Ty::result(expected.clone(), Ty::Unknown)
                };
                self.infer(*of, &wanted).unwrapped()
            }
            ExprKind::Throw(of) => {
                self.infer(*of, &Ty::Unknown);
                Ty::Never
            }
            ExprKind::Block {
                stmts,
                has_tail,
                is_async,
            } => self.infer_block(stmts, *has_tail, *is_async, expected),
            ExprKind::Bind {
                pattern,
                ty,
                init,
                otherwise,
            } => {
                self.infer_bind(pattern, ty.as_ref(), *init, *otherwise);
                Ty::prim("()")
            }
            ExprKind::Assign { target, value, .. } => {
                let ty = self.infer_assign(*target, *value);
                self.note_setter(id, *target);
                ty
            }
            ExprKind::Let { pattern, value } => self.infer_let(pattern, *value),
            ExprKind::If { cond, then, otherwise } => self.infer_if(*cond, *then, *otherwise, expected),
            ExprKind::Match { scrutinee, arms } => self.infer_match(*scrutinee, arms, expected),
            ExprKind::Loop {
                pattern,
                head,
                body,
                label,
                ..
            } => self.infer_loop(pattern.as_ref(), *head, *body, label.as_ref(), expected),
            ExprKind::Break { value, label } => self.infer_break(*value, label.as_ref()),
            ExprKind::Return(value) => {
                let wanted = self.returns.last().cloned().unwrap_or_default();
                if let Some(value) = value {
                    self.infer(*value, &wanted);
                }
                Ty::Never
            }
            ExprKind::Continue { .. } => Ty::Never,
            ExprKind::Binary { op, left, right } => self.infer_binary(op, *left, *right),
            ExprKind::Unary { value, .. } => self.infer(*value, expected),
            ExprKind::List(items) => self.infer_list(items, expected),
            ExprKind::Range { start, end, .. } => self.infer_range(*start, *end),
            ExprKind::TryCatch { body, catches, finally } => self.infer_try_catch(*body, catches, *finally, expected),
            ExprKind::Select(arms) => self.infer_select(arms, expected),
            ExprKind::Join(items) => self.infer_join(items),
            ExprKind::Spawn(of) => {
                self.infer(*of, &Ty::Unknown);
                Ty::Unknown
            }
            ExprKind::Macro { path, args, .. } => self.infer_macro(id, path, args, expected),
            ExprKind::Opaque { .. } => Ty::Unknown,
        }
    }

    fn infer_index(&mut self, base: ExprId, index: ExprId) -> Ty {
        let base = self.infer(base, &Ty::Unknown);
        self.infer(index, &Ty::Unknown);
        match (base.as_std(), &self.body.get(index).kind) {
            (_, ExprKind::Range { .. }) => base,
            (Some(("HashMap" | "BTreeMap", _)), _) => base.arg(1),
            _ => self.element_of(&base),
        }
    }

    fn infer_template(&mut self, pieces: &[Piece]) -> Ty {
        for piece in pieces {
            if let Piece::Hole(hole) = piece {
                self.infer(*hole, &Ty::Unknown);
            }
        }
        Ty::ext("std::String", &[])
    }

    fn infer_binary(&mut self, op: &str, left: ExprId, right: ExprId) -> Ty {
        let left = self.infer(left, &Ty::Unknown);
        self.infer(right, &Ty::Unknown);
        match op {
            "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||" => Ty::prim("bool"),
            _ => left,
        }
    }

    fn infer_range(&mut self, start: Option<ExprId>, end: Option<ExprId>) -> Ty {
        let mut of = Ty::Unknown;
        for bound in [start, end].into_iter().flatten() {
            let bound = self.infer(bound, &Ty::Unknown);
            of = of.or(|| bound);
        }
        Ty::ext("std::Range", &[of])
    }

    fn infer_join(&mut self, items: &[ExprId]) -> Ty {
        let items: Vec<Ty> = items
            .iter()
            .map(|item| {
                let ty = self.infer(*item, &Ty::Unknown);
                self.await_of(&ty)
            })
            .collect();
        Ty::Tuple(items.into())
    }

    pub(super) fn infer_list(&mut self, items: &[ExprId], expected: &Ty) -> Ty {
        let wanted = match expected {
            Ty::Tuple(_) => Ty::Unknown,
            other => other.element(),
        };
        let types: Vec<Ty> = items
            .iter()
            .enumerate()
            .map(|(idx, item)| match expected {
                Ty::Tuple(parts) => self.infer(*item, &parts.get(idx).cloned().unwrap_or_default()),
                _ => self.infer(*item, &wanted),
            })
            .collect();
        // A tuple and an array have the same shape in the facts: equal types are taken for an array only where one is wanted.
        match expected.as_std() {
            Some(("Vec", _)) => Ty::ext("std::Vec", &[types.into_iter().next().unwrap_or(wanted)]),
            _ if types.len() > 1 => Ty::Tuple(types.into()),
            _ => Ty::ext("std::Vec", &[types.into_iter().next().unwrap_or_default()]),
        }
    }
}

fn literal_type(literal: &Literal) -> Ty {
    match literal {
        Literal::Str(_) => Ty::ext("std::String", &[]),
        Literal::Int(_) => Ty::prim("int"),
        Literal::Float(_) => Ty::prim("f64"),
        Literal::Bool(_) => Ty::prim("bool"),
        Literal::Unit => Ty::prim("()"),
        Literal::Null | Literal::Other => Ty::Unknown,
    }
}
