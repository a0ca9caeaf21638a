//! Blocks, bindings, branches, loops, and what they give.

use rustc_hash::FxHashMap;

use crate::{
    model::{
        Name,
        expr::{Arm, ExprId, Pattern, TypeRef},
    },
    resolve::ty::Ty,
};

use super::{Inferer, LoopFrame, Origin, Source};

impl<'a> Inferer<'_, 'a> {
    pub(super) fn infer_block(&mut self, stmts: &[ExprId], has_tail: bool, is_async: bool, expected: &Ty) -> Ty {
        self.scopes.push(FxHashMap::default());
        let mut ty = Ty::prim("()");
        let wanted = match expected {
            Ty::Future(of) if is_async => of.as_ref().clone(),
            other => other.clone(),
        };
        if is_async {
            self.returns.push(wanted.clone());
        }
        for (idx, stmt) in stmts.iter().enumerate() {
            let is_tail = has_tail && idx + 1 == stmts.len();
            let stmt_ty = self.infer(*stmt, if is_tail { &wanted } else { &Ty::Unknown });
            if is_tail {
                ty = stmt_ty;
            } else if stmt_ty == Ty::Never {
                ty = Ty::Never;
            }
        }
        self.scopes.pop();
        if is_async {
            self.returns.pop();
            return Ty::future(ty.or(|| wanted));
        }
        ty
    }

    pub(super) fn infer_bind(
        &mut self,
        pattern: &Pattern,
        ty: Option<&TypeRef>,
        init: Option<ExprId>,
        otherwise: Option<ExprId>,
    ) {
        let declared = ty.map(|ty| self.world.lower(ty, &self.scope())).unwrap_or_default();
        let actual = init.map(|init| self.infer(init, &declared)).unwrap_or_default();
        if let Some(otherwise) = otherwise {
            self.infer(otherwise, &Ty::Unknown);
        }
        let ty = if has_hole(&declared) {
            actual.or(|| declared.clone())
        } else {
            declared.or(|| actual)
        };
        let origin = init.map_or(Origin::Unknown, Origin::Expr);
        self.bind(pattern, &ty, &Source::of(origin));
    }

    fn infer_arms(&mut self, arms: &'a [Arm], ty: &Ty, source: &Source, expected: &Ty) -> Ty {
        let mut result = Ty::Unknown;
        for arm in arms {
            self.scopes.push(FxHashMap::default());
            self.bind(&arm.pattern, ty, source);
            let arm_ty = self.infer_bound_arm(arm, expected);
            result = result.or(|| arm_ty);
        }
        result
    }

    pub(super) fn infer_select(&mut self, arms: &'a [Arm], expected: &Ty) -> Ty {
        let mut result = Ty::Unknown;
        for arm in arms {
            self.scopes.push(FxHashMap::default());
            if let Some(future) = arm.scrutinee {
                let ty = self.infer(future, &Ty::Unknown);
                let ty = self.await_of(&ty);
                self.bind(&arm.pattern, &ty, &Source::of(Origin::Expr(future)));
            }
            let arm_ty = self.infer_bound_arm(arm, expected);
            result = result.or(|| arm_ty);
        }
        result
    }

    /// The rest of an arm whose names are bound in the innermost scope, which ends with it.
    fn infer_bound_arm(&mut self, arm: &'a Arm, expected: &Ty) -> Ty {
        if let Some(guard) = arm.guard {
            self.infer(guard, &Ty::Unknown);
        }
        let ty = self.infer(arm.body, expected);
        self.scopes.pop();
        ty
    }

    pub(super) fn infer_loop(
        &mut self,
        pattern: Option<&Pattern>,
        head: Option<ExprId>,
        body: ExprId,
        label: Option<&Name>,
        expected: &Ty,
    ) -> Ty {
        self.scopes.push(FxHashMap::default());
        if let Some(head) = head {
            let ty = self.infer(head, &Ty::Unknown);
            if let Some(pattern) = pattern {
                let element = self.element_of(&ty);
                self.bind(pattern, &element, &Source::of(Origin::Element(head)));
            }
        }
        self.loops.push(LoopFrame {
            label: label.cloned(),
            wanted: if head.is_none() { expected.clone() } else { Ty::Unknown },
            given: Ty::Unknown,
        });
        self.infer(body, &Ty::Unknown);
        let given = self.loops.pop().map(|frame| frame.given).unwrap_or_default();
        self.scopes.pop();
        if head.is_none() { given } else { Ty::prim("()") }
    }

    pub(super) fn infer_break(&mut self, value: Option<ExprId>, label: Option<&Name>) -> Ty {
        let frame = self
            .loops
            .iter()
            .rposition(|frame| label.is_none() || frame.label.as_ref() == label);
        let wanted = frame.map(|idx| self.loops[idx].wanted.clone()).unwrap_or_default();
        if let Some(value) = value {
            let ty = self.infer(value, &wanted);
            if let Some(idx) = frame {
                let given = std::mem::take(&mut self.loops[idx].given);
                self.loops[idx].given = given.or(|| ty);
            }
        }
        Ty::Never
    }

    pub(super) fn infer_assign(&mut self, target: ExprId, value: ExprId) -> Ty {
        let target_ty = self.infer(target, &Ty::Unknown);
        let value_ty = self.infer(value, &target_ty);
        if let Some(local) = self.out.uses.get(&target).copied() {
            let local = &mut self.out.locals[local.0 as usize];
            local.assigned.push(value);
            if local.ty.is_unknown() {
                local.ty = value_ty;
            }
        }
        Ty::prim("()")
    }

    /// `let pattern = value` as a condition: what it binds is seen by the branch.
    pub(super) fn infer_let(&mut self, pattern: &Pattern, value: ExprId) -> Ty {
        let ty = self.infer(value, &Ty::Unknown);
        self.bind(pattern, &ty, &Source::of(Origin::Expr(value)));
        Ty::prim("bool")
    }

    pub(super) fn infer_if(&mut self, cond: ExprId, then: ExprId, otherwise: Option<ExprId>, expected: &Ty) -> Ty {
        self.scopes.push(FxHashMap::default());
        self.infer(cond, &Ty::Unknown);
        let ty = self.infer(then, expected);
        self.scopes.pop();
        match otherwise {
            Some(otherwise) => {
                let other = self.infer(otherwise, expected);
                ty.or(|| other)
            }
            None => Ty::prim("()"),
        }
    }

    pub(super) fn infer_match(&mut self, scrutinee: ExprId, arms: &'a [Arm], expected: &Ty) -> Ty {
        let ty = self.infer(scrutinee, &Ty::Unknown);
        self.infer_arms(arms, &ty, &Source::of(Origin::Expr(scrutinee)), expected)
    }

    pub(super) fn infer_try_catch(
        &mut self,
        body: ExprId,
        catches: &'a [Arm],
        finally: Option<ExprId>,
        expected: &Ty,
    ) -> Ty {
        let ty = self.infer(body, expected);
        self.infer_arms(catches, &Ty::Unknown, &Source::of(Origin::Unknown), expected);
        if let Some(finally) = finally {
            self.infer(finally, &Ty::Unknown);
        }
        ty
    }
}

fn has_hole(ty: &Ty) -> bool {
    match ty {
        Ty::Unknown => true,
        Ty::Adt(_, args) | Ty::Ext(_, args) | Ty::Tuple(args) => args.iter().any(has_hole),
        Ty::Future(of) => has_hole(of),
        _ => false,
    }
}
