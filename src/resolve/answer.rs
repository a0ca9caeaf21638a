//! What happens to the answer of a call that returns with its head: whether its body is read afterwards.

use crate::{
    catalog::schema::Role,
    model::expr::{ExprId, ExprKind},
};

use super::{
    bodies::{At, BodyRef, TypedBody},
    infer::Callee,
    ty::Ty,
    values::{Context, Flow},
};

/// Macros that print or test their arguments.
const LOOKING_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug",
    "debug_assert",
    "error",
    "eprintln",
    "info",
    "matches",
    "println",
    "trace",
    "warn",
];

impl Flow<'_, '_> {
    /// Whether the body of the answer is read after the call has returned, here or by somebody that is handed
    /// the answer. Where the answer's type is not known it is taken to be read.
    pub(crate) fn answer_is_read(&self, context: &Context, call: ExprId) -> bool {
        let own = self.bodies.typed(context.body);
        let Some(answer) = answer_type(own.typed.ty(call)) else {
            return true;
        };
        let BodyRef::Function(id) = context.body else {
            return true;
        };
        if mentions(&self.bodies.world.function(id).signature.ret, answer) {
            return true;
        }
        let Some(body) = self.bodies.body(context.body) else {
            return true;
        };
        body.iter().any(|(expr, found)| {
            if answer_type(own.typed.ty(expr)) == Some(answer) {
                return self.is_read_by_parent(context, own, expr);
            }
            // An answer whose type was lost on the way is known by what is called on it.
            match &found.kind {
                ExprKind::Method {
                    receiver, method, args, ..
                } => own.typed.ty(*receiver).is_unknown() && self.reads_body(context, answer, method, args.len()),
                _ => false,
            }
        })
    }

    /// Whether a method of the answer's type reads its body, by the catalogue.
    fn reads_body(&self, context: &Context, answer: &str, method: &str, n_args: usize) -> bool {
        let world = self.bodies.world;
        let package = self.package_of(context.body);
        let version = |library| world.library_version(package, library);
        world
            .catalog
            .method(answer, method, n_args, &version)
            .is_some_and(|entry| match entry.function.role {
                Role::Call | Role::Step => true,
                Role::StatusRead => entry.function.is_async,
                _ => false,
            })
    }

    /// Whether the expression around one that holds the answer reads its body or gives it away.
    fn is_read_by_parent(&self, context: &Context, own: &TypedBody<'_>, expr: ExprId) -> bool {
        let Some(parent) = own.parent(expr) else { return false };
        // A future that is handed on has no answer yet: whoever runs it gives the answer back.
        if is_future(own, expr) {
            return false;
        }
        let kind = self.bodies.kind(At {
            body: context.body,
            expr: parent,
        });
        match kind {
            ExprKind::Method { receiver, .. } if *receiver == expr => match own.typed.callees.get(&parent) {
                Some(Callee::Catalog { entry, .. }) => match entry.function.role {
                    Role::StatusRead => {
                        matches!(own.typed.ty(parent).as_std(), Some(("Result", _))) || is_future(own, parent)
                    }
                    Role::Call | Role::Step => answer_type(own.typed.ty(parent)) != answer_type(own.typed.ty(expr)),
                    _ => false,
                },
                Some(Callee::Own { .. }) => true,
                // Combinators of `Result` and `Option` hand the answer on, and a closure's parameter is typed like it.
                _ => false,
            },
            ExprKind::Method { .. } | ExprKind::Call { .. } => {
                let is_wrapper = matches!(
                    own.typed.callees.get(&parent),
                    Some(Callee::Outside(path)) if path.ends_with("Ok") || path.ends_with("Some")
                );
                let is_guard = matches!(
                    own.typed.callees.get(&parent),
                    Some(Callee::Catalog { entry, .. })
                        if matches!(entry.function.role, Role::Guard | Role::Run | Role::StatusCheck)
                );
                !(is_wrapper || is_guard)
            }
            ExprKind::Macro { path, .. } => !path.last().is_some_and(|last| LOOKING_MACROS.contains(&last.as_str())),
            ExprKind::Struct { .. } | ExprKind::List(_) => true,
            _ => false,
        }
    }
}

fn is_future(own: &TypedBody<'_>, expr: ExprId) -> bool {
    matches!(own.typed.ty(expr), Ty::Future(_))
}

/// The outside type inside futures and results.
fn answer_type(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Future(of) => answer_type(of),
        Ty::Ext(path, args) if matches!(path.as_str(), "std::Result" | "std::Option") => answer_type(args.first()?),
        Ty::Ext(path, _) if !path.starts_with("std::") => Some(path),
        _ => None,
    }
}

fn mentions(ty: &Ty, answer: &str) -> bool {
    match ty {
        Ty::Ext(path, args) => path == answer || args.iter().any(|of| mentions(of, answer)),
        Ty::Adt(_, args) | Ty::Tuple(args) => args.iter().any(|of| mentions(of, answer)),
        Ty::Future(of) => mentions(of, answer),
        _ => false,
    }
}
