//! External calls and call sites of every production function, with the guards that stand right there.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::{
    catalog::{lookup::FunctionRef, schema::Role},
    model::{Name, call::EvidenceClass, expr::ExprKind},
};

use super::{
    bodies::{At, Bodies, BodyRef},
    infer::Callee,
    ty::{FnId, Ty},
};

/// One place where control leaves the process.
pub(crate) struct Primitive<'a> {
    pub(crate) at: At,
    pub(crate) function: FnId,
    pub(crate) entry: FunctionRef<'a>,
    pub(crate) path: Name,
    pub(crate) of: Name,
    pub(crate) class: EvidenceClass,
}

/// One call of functions of the scanned packages.
pub(crate) struct CallSite {
    pub(crate) at: At,
    pub(crate) caller: FnId,
    pub(crate) callees: Vec<FnId>,
    pub(crate) class: EvidenceClass,
    /// Handed over as a value, or called back: parameters are not known.
    pub(crate) is_reference: bool,
}

impl<'w, 'a> Bodies<'w, 'a> {
    /// All external calls of production functions, by function and place.
    pub(crate) fn primitives(&self) -> Vec<Primitive<'a>> {
        let world = self.world;
        let mut found: Vec<Primitive<'a>> = (0..world.functions.len())
            .into_par_iter()
            .flat_map_iter(|idx| {
                let id = FnId(u32::try_from(idx).unwrap_or(u32::MAX));
                self.primitives_of(id)
            })
            .collect();
        let calling: BTreeSet<FnId> = found.iter().map(|primitive| primitive.function).collect();
        found.retain(|primitive| self.fills_outside(primitive, &calling));
        found
    }

    /// Whether taking something from a pool can leave the process: a pool that the scanned code fills itself
    /// does so only where what fills it makes a call.
    fn fills_outside(&self, primitive: &Primitive<'a>, calling: &BTreeSet<FnId>) -> bool {
        let ExprKind::Method { receiver, .. } = self.kind(primitive.at) else {
            return true;
        };
        if !primitive.of.ends_with("::Pool") {
            return true;
        }
        let mut pool = self.typed(primitive.at.body).typed.ty(*receiver).clone();
        while let Some(inner) = pool.deref() {
            pool = inner;
        }
        let Ty::Adt(manager, _) = pool.arg(0) else {
            return true;
        };
        let impls = self.world.impls_for_type.get(&manager);
        let filling: Vec<FnId> = impls
            .into_iter()
            .flatten()
            .flat_map(|imp| self.world.impls[*imp as usize].functions.values().copied())
            .collect();
        filling.is_empty() || filling.iter().any(|id| calling.contains(id))
    }

    fn primitives_of(&self, id: FnId) -> Vec<Primitive<'a>> {
        let data = self.world.function(id);
        if data.is_test {
            return Vec::new();
        }
        let own = &self.functions[id.0 as usize];
        let mut found: Vec<Primitive<'a>> = own
            .typed
            .callees
            .iter()
            .filter_map(|(expr, callee)| match callee {
                Callee::Catalog { entry, path, of, class } if entry.function.role == Role::Call => {
                    let library = self.world.catalog.library(entry.library);
                    library.transport.or(entry.function.transport)?;
                    Some(Primitive {
                        at: At {
                            body: BodyRef::Function(id),
                            expr: *expr,
                        },
                        function: id,
                        entry: *entry,
                        path: path.clone(),
                        of: of.clone(),
                        class: *class,
                    })
                }
                _ => None,
            })
            .collect();
        found.sort_by_key(|primitive| primitive.at);
        found
    }

    /// All call sites of production functions, by caller and place. `is_entry` tells handlers that a
    /// framework calls: naming them is no call.
    pub(crate) fn sites(&self, is_entry: &dyn Fn(At) -> bool) -> Vec<CallSite> {
        let mut sites = Vec::new();
        for (idx, data) in self.world.functions.iter().enumerate() {
            if data.is_test || data.def.body.is_none() {
                continue;
            }
            let caller = FnId(u32::try_from(idx).unwrap_or(u32::MAX));
            let own = &self.functions[idx];
            let body = BodyRef::Function(caller);
            let mut here: Vec<CallSite> = Vec::new();
            for (expr, callee) in &own.typed.callees {
                if let Callee::Own { ids, class } = callee {
                    let at = At { body, expr: *expr };
                    here.push(CallSite {
                        at,
                        caller,
                        callees: ids.clone(),
                        class: *class,
                        is_reference: false,
                    });
                }
            }
            for (expr, ids) in &own.typed.references {
                let at = At { body, expr: *expr };
                let is_callee = own.parent(*expr).is_some_and(|parent| {
                    matches!(self.kind(At { body, expr: parent }), ExprKind::Call { callee, .. } if callee == expr)
                });
                if !is_callee && !is_entry(at) {
                    here.push(CallSite {
                        at,
                        caller,
                        callees: ids.clone(),
                        class: EvidenceClass::Path,
                        is_reference: true,
                    });
                }
            }
            here.extend(self.callbacks(caller));
            here.sort_by_key(|site| (site.at, site.is_reference));
            sites.extend(here);
        }
        sites
    }

    /// Making a value whose type implements an outside trait lets the framework call those methods.
    fn callbacks(&self, caller: FnId) -> Vec<CallSite> {
        let own = &self.functions[caller.0 as usize];
        let body = BodyRef::Function(caller);
        let literals = own.typed.literals.iter().map(|(expr, of)| (*expr, *of));
        let tuples = own
            .typed
            .constructs
            .iter()
            .filter(|(_, (_, variant))| variant.is_none());
        let mut sites = Vec::new();
        for (expr, of) in literals.chain(tuples.map(|(expr, (of, _))| (*expr, *of))) {
            let mut callees: Vec<FnId> = Vec::new();
            for imp in self.world.impls_for_type.get(&of).into_iter().flatten() {
                let imp = &self.world.impls[*imp as usize];
                let is_framework = match &imp.trait_ty {
                    Some(Ty::Ext(path, _)) => !path.starts_with("std::") && !is_plain_trait(path),
                    Some(Ty::Unknown) => true,
                    _ => false,
                };
                if is_framework && !imp.is_test {
                    callees.extend(imp.functions.values().filter(|id| **id != caller));
                }
            }
            callees.sort();
            if !callees.is_empty() {
                sites.push(CallSite {
                    at: At { body, expr },
                    caller,
                    callees,
                    class: EvidenceClass::Heuristic,
                    is_reference: true,
                });
            }
        }
        sites
    }
}

/// Outside traits that describe data, not work.
fn is_plain_trait(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    matches!(
        last,
        "Serialize"
            | "Deserialize"
            | "Error"
            | "Display"
            | "Debug"
            | "Clone"
            | "Default"
            | "JsonSchema"
            | "Arbitrary"
            | "Zeroize"
            | "Validate"
            | "ToSchema"
            | "FromRow"
            | "Type"
            | "Encode"
            | "Decode"
            | "Message"
            | "Visitor"
    )
}
