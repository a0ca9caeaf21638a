//! Whether a failure gets back to the caller: only then can a retry further up repeat the call because of it.

use crate::{
    catalog::schema::Completes,
    model::{
        call::{Delivery, Handling},
        guard::{Layer, LayerKind},
    },
};

use super::{
    bodies::{At, BodyRef},
    effects::{CallSite, Primitive},
    handling::{Shape, call_shape, site_shape},
    ty::Ty,
    values::Flow,
};

impl<'a> Flow<'_, 'a> {
    /// Whether the failure of an external call stays in its function.
    pub(crate) fn keeps_failure(&self, primitive: &Primitive<'a>) -> bool {
        (primitive.entry.function.completes != Some(Completes::Stream) && self.cannot_fail(primitive.at))
            || self.is_kept(primitive.at, &call_shape(self, primitive))
    }

    /// Whether a call's type is known, and has no place for an error.
    fn cannot_fail(&self, at: At) -> bool {
        let mut ty = self.bodies.typed(at.body).typed.ty(at.expr);
        while let Ty::Future(of) = ty {
            ty = of;
        }
        matches!(ty, Ty::Ext(path, _) if !path.starts_with("std::"))
    }

    /// Whether the failure of a function of ours, called at that site, stays in the caller.
    pub(crate) fn keeps_failure_of(&self, site: &CallSite) -> bool {
        !site.is_reference && self.is_kept(site.at, &site_shape(self, site))
    }

    fn is_kept(&self, at: At, shape: &Shape) -> bool {
        let own = self.bodies.typed(at.body);
        let Some(sites) = &own.sites else { return false };
        if shape.delivery == Delivery::Detached || sites.is_fed_by_message(at.expr) {
            return true;
        }
        let ends_here = matches!(
            shape.handling,
            Handling::Swallowed | Handling::Logged | Handling::Panics
        );
        ends_here && !self.may_tell_otherwise(at.body)
    }

    /// Whether a function can tell its caller of a failure other than by a `Result`: a flag, nothing found, a state of its own.
    fn may_tell_otherwise(&self, body: BodyRef) -> bool {
        let BodyRef::Function(id) = body else { return true };
        let mut ret = &self.bodies.world.function(id).signature.ret;
        while let Ty::Future(of) = ret {
            ret = of;
        }
        match ret {
            Ty::Prim(name) => name == "bool",
            Ty::Ext(path, _) => path == "std::Option" || path == "std::Poll" || path == "std::ControlFlow",
            Ty::Tuple(items) => !items.is_empty(),
            Ty::Never => false,
            Ty::Unknown | Ty::Adt(..) | Ty::Foreign(_) | Ty::Param(_) | Ty::Future(_) | Ty::Fn(..) | Ty::Dyn(_) => true,
        }
    }
}

/// Layers outside a place that failures do not leave: what repeats on failure does not count there.
pub(crate) fn unless_kept(layers: &[Layer], is_kept: bool) -> Vec<Layer> {
    layers
        .iter()
        .filter(|layer| !is_kept || !matches!(layer.kind, LayerKind::Retry(_)))
        .cloned()
        .collect()
}
