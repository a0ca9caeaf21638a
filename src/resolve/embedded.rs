//! Calls that look like calls of a server and stay in the process or on its disk: embedded databases, stores in memory.

use crate::model::{
    expr::{ExprId, ExprKind},
    term::Term,
};

use super::{
    clients::Inner,
    effects::Primitive,
    ty::Ty,
    values::{Context, Flow, Value},
};

/// How addresses of databases begin that are files.
const SCHEMES: [&str; 2] = ["sqlite:", ":memory:"];

/// Generic arguments looked into.
const MAX_DEPTH: u32 = 6;

impl<'a> Flow<'_, 'a> {
    /// Whether an external call's client is of a type that speaks to nothing outside, in all its configurations.
    pub(crate) fn is_embedded(&self, primitive: &Primitive<'a>, context: &Context, inner: &[Inner]) -> bool {
        let is_file = |inner: &Inner| match &inner.endpoint {
            Term::Text(address) => SCHEMES.iter().any(|scheme| address.starts_with(scheme)),
            _ => false,
        };
        if !inner.is_empty() && inner.iter().all(is_file) {
            return true;
        }
        if self.is_local_path(&primitive.of) {
            return true;
        }
        let (receiver, args) = match self.bodies.kind(primitive.at) {
            ExprKind::Method { receiver, args, .. } => (Some(*receiver), args.as_slice()),
            ExprKind::Call { args, .. } | ExprKind::Macro { args, .. } => (None, args.as_slice()),
            _ => (None, &[][..]),
        };
        let inherited = primitive.entry.function.inherit.and_then(|idx| args.get(idx as usize));
        let mut clients = receiver.into_iter().chain(inherited.map(|arg| arg.value));
        clients.any(|client| self.is_local_client(context, client))
    }

    fn is_local_client(&self, context: &Context, client: ExprId) -> bool {
        let ty = self.bodies.typed(context.body).typed.ty(client);
        self.is_local_type(ty, 0) || self.is_made_local(&self.eval(context, client))
    }

    /// Whether a type, or what it is a pool or transaction of, is local.
    fn is_local_type(&self, ty: &Ty, depth: u32) -> bool {
        if MAX_DEPTH < depth {
            return false;
        }
        let mut inner: &[Ty] = &[];
        if let Ty::Ext(path, args) = ty {
            if self.is_local_path(path) {
                return true;
            }
            inner = args;
        }
        inner.iter().any(|ty| self.is_local_type(ty, depth + 1))
    }

    fn is_made_local(&self, value: &Value) -> bool {
        match value {
            Value::Carrier(carrier) => self.is_local_path(&carrier.of),
            Value::Any(values) => values.iter().all(|value| self.is_made_local(value)),
            _ => false,
        }
    }

    fn is_local_path(&self, path: &str) -> bool {
        let info = self.bodies.world.catalog.type_info(path);
        info.is_some_and(|info| info.is_local)
    }
}
