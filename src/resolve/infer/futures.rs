//! Combinators of futures: types flow through them.

use crate::{
    catalog::schema::Role,
    model::{
        Name,
        call::EvidenceClass,
        expr::{Arg, ExprId},
    },
    resolve::ty::Ty,
};

use super::{Callee, Inferer};

impl<'a> Inferer<'_, 'a> {
    /// Combinators of futures: types flow through them.
    pub(super) fn future_method(
        &mut self,
        id: ExprId,
        own: &Ty,
        method: &'a Name,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let out = own.awaited();
        let ty = match method.as_str() {
            "map" | "then" | "and_then" | "map_ok" | "map_err" | "or_else" | "inspect" | "inspect_err"
            | "inspect_ok" => {
                let held = out.arg(0);
                let param = match method.as_str() {
                    "map" | "then" | "inspect" => out.clone(),
                    "map_err" | "or_else" | "inspect_err" => out.arg(1),
                    _ => held.clone(),
                };
                let ret = self.closure_arg(args, 0, &[param], &Ty::Unknown);
                match method.as_str() {
                    "map" => Ty::future(ret),
                    "then" | "and_then" => Ty::future(self.await_of(&ret)),
                    "map_ok" => Ty::future(Ty::result(ret, out.arg(1))),
                    "map_err" => Ty::future(Ty::result(held, ret)),
                    _ => own.clone(),
                }
            }
            "boxed"
            | "boxed_local"
            | "fuse"
            | "shared"
            | "instrument"
            | "in_current_span"
            | "bind_hub"
            | "with_context"
            | "left_future"
            | "right_future"
            | "catch_unwind"
            | "into_future"
            | "with_current_subscriber" => {
                self.infer_args(args);
                own.clone()
            }
            "block_on" | "now_or_never" | "wait" => out,
            _ => {
                let world = self.world;
                let version = |library| world.library_version(self.package, library);
                let (of, entry) = world.catalog.trait_methods(method).iter().find_map(|of| {
                    let entry = world.catalog.trait_method(of, args.len(), &version)?;
                    (entry.function.role == Role::Guard).then_some((of, entry))
                })?;
                self.catalog_call(&entry, own, args, expected);
                let path = Name::from(format!("{}::{method}", of.trait_path));
                let class = EvidenceClass::InScopeTrait;
                self.calls_catalog(id, entry, path, of.trait_path.clone(), class);
                return Some(Ty::future(Ty::result(out, Ty::Unknown)));
            }
        };
        self.out
            .callees
            .insert(id, Callee::Outside(Name::from(format!("std::Future::{method}"))));
        Some(ty)
    }
}
