//! Guards that stand on a function: annotations and decorators whose library puts something around every call of it.

use crate::{
    catalog::{lookup::FunctionRef, schema::Role},
    model::{
        expr::{Arg, ExprKind},
        guard::{Layer, Source},
    },
};

use super::{
    bodies::{At, BodyRef},
    infer::Callee,
    symbols::Def,
    values::{Context, Flow},
};

impl<'a> Flow<'_, 'a> {
    /// The layers that a function's own annotations put around its body, innermost first.
    pub(crate) fn declared_layers(&self, context: &Context) -> Vec<Layer> {
        let BodyRef::Function(id) = context.body else {
            return Vec::new();
        };
        let data = self.bodies.world.function(id);
        let own = self.bodies.typed(context.body);
        let mut layers = Vec::new();
        // The last decorator is the innermost one; annotations were brought into that order.
        for attribute in data.def.attributes.iter().rev() {
            let Some(call) = attribute.call else { continue };
            let (entry, args): (FunctionRef<'a>, &[Arg]) = match own.typed.callees.get(&call) {
                Some(Callee::Catalog { entry, .. }) => {
                    let at = At {
                        body: context.body,
                        expr: call,
                    };
                    match self.bodies.kind(at) {
                        ExprKind::Call { args, .. } | ExprKind::Method { args, .. } => (*entry, args),
                        _ => continue,
                    }
                }
                _ => match own.typed.names.get(&call) {
                    Some(Def::Extern(path)) => {
                        let world = self.bodies.world;
                        let version = |library| world.library_version(data.package, library);
                        match world.catalog.function(path, 0, &version) {
                            Some(entry) => (entry, &[]),
                            None => continue,
                        }
                    }
                    _ => continue,
                },
            };
            if entry.function.role == Role::Guard {
                let span = self.bodies.body(context.body).map(|body| body.get(call).span);
                let at = self.bodies.world.location(data.file, span.unwrap_or(data.def.span));
                layers.extend(self.layers_of(context, &entry, args, Source::Wrapper, &at));
            }
        }
        layers
    }
}
