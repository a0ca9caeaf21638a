//! Limits on how many calls run at once that stand in the code around a call: permits held across it, pools of
//! workers, counters of what is in flight.

use crate::model::{
    Name,
    expr::ExprId,
    guard::{Layer, LayerKind, Source},
    term::Term,
};

use super::{
    bodies::{At, BodyRef},
    infer::{LocalId, Origin},
    ty::Ty,
    values::{Context, Flow, Value},
};

/// Types whose values let their holder in, by the end of their name.
const PERMITS: &[&str] = &["Permit", "SemaphoreGuard", "SemaphoreGuardArc"];

impl Flow<'_, '_> {
    /// The limits on concurrency around the call at `call` in its own body, nearest first.
    pub(crate) fn bulkheads(&self, context: &Context, call: ExprId) -> Vec<Layer> {
        let own = self.bodies.typed(context.body);
        let Some(sites) = own.sites.as_ref() else {
            return Vec::new();
        };
        let mut layers = Vec::new();
        for held in sites.held(call) {
            let local = own.typed.locals.iter().find(|local| {
                local.name == held.name && matches!(local.source.origin, Origin::Expr(init) if init == held.init)
            });
            let Some((is_permit, is_optional)) = local.map(|local| permit(&local.ty)) else {
                continue;
            };
            if is_permit {
                let limit = slots(&self.eval(context, held.init));
                layers.push(self.bulkhead(context, held.init, limit, is_optional));
            }
        }
        if layers.is_empty() {
            layers.extend(self.handed_permit(context));
        }
        if let Some(end) = sites.workers(call) {
            layers.push(self.bulkhead(context, end, self.term(context, end), false));
        }
        if let Some(counted) = sites.counted(call) {
            let limit = self.term(context, counted.limit);
            layers.push(self.bulkhead(context, counted.test, limit, false));
        }
        layers
    }

    /// A permit that the function was handed: it is given back when the function ends.
    fn handed_permit(&self, context: &Context) -> Option<Layer> {
        let BodyRef::Function(id) = context.body else {
            return None;
        };
        let data = self.bodies.world.function(id);
        let at = data.signature.params.iter().position(|ty| permit(ty).0)?;
        let own = self.bodies.typed(context.body);
        let local = own
            .typed
            .locals
            .iter()
            .position(|local| matches!(local.source.origin, Origin::Param(idx) if idx as usize == at))?;
        let limit = slots(&self.eval_local(context, LocalId(u32::try_from(local).ok()?)));
        Some(Layer {
            kind: LayerKind::Bulkhead { limit },
            source: Source::Wrapper,
            at: Some(self.bodies.world.location(data.file, data.def.span)),
            is_conditional: permit(&data.signature.params[at]).1,
        })
    }

    fn bulkhead(&self, context: &Context, at: ExprId, limit: Term, is_conditional: bool) -> Layer {
        let span = self.span(At {
            body: context.body,
            expr: at,
        });
        Layer {
            kind: LayerKind::Bulkhead { limit },
            source: Source::Wrapper,
            at: Some(self.bodies.world.location(self.file_of(context.body), span)),
            is_conditional,
        }
    }
}

/// Whether a type is a permit, and whether it may be absent.
fn permit(ty: &Ty) -> (bool, bool) {
    let mut at = ty.clone();
    let mut is_optional = false;
    for _ in 0..4 {
        at = match &at {
            Ty::Future(of) => of.as_ref().clone(),
            Ty::Ext(path, _) if path == "std::Result" => at.unwrapped(),
            Ty::Ext(path, _) if path == "std::Option" => {
                is_optional = true;
                at.unwrapped()
            }
            _ => match at.deref() {
                Some(inner) => inner,
                None => break,
            },
        };
    }
    let is_permit = match &at {
        Ty::Ext(path, _) | Ty::Foreign(path) => PERMITS.iter().any(|end| path.ends_with(end)),
        _ => false,
    };
    (is_permit, is_optional)
}

/// The size of the semaphore that a permit is of.
fn slots(value: &Value) -> Term {
    let unknown = || Term::unknown("the size of the semaphore is not known");
    match value {
        Value::Carrier(carrier) => carrier
            .layers
            .iter()
            .find_map(|layer| match &layer.kind {
                LayerKind::Bulkhead { limit } => Some(limit.clone()),
                _ => None,
            })
            .unwrap_or_else(unknown),
        Value::Any(values) => Term::any(values.iter().map(slots)),
        Value::Unknown(reason) => Term::Unknown(Name::from(reason.to_string())),
        _ => unknown(),
    }
}
