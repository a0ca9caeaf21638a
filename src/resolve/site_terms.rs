//! The call sites of own functions, as they are handed on.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::model::{
    guard::{Layer, LayerKind},
    program::SiteTerm,
};

use super::{
    around::joined,
    emit::{Known, MAX_VARIANTS},
    failing::unless_kept,
    handling,
    summary::Effect,
    ty::FnId,
};

impl Known<'_, '_, '_> {
    /// The sites, and for each whether its callees return nothing that tells of a failure.
    pub(super) fn site_terms(
        &self,
        calls: &FxHashMap<u32, u32>,
        numbers: &FxHashMap<FnId, u32>,
    ) -> (Vec<SiteTerm>, Vec<bool>) {
        let world = self.flow.bodies.world;
        let mut terms = Vec::new();
        for (idx, site) in self.sites.iter().enumerate() {
            let reached = &self.summaries.reached[idx];
            let reaches: BTreeSet<u32> = reached
                .iter()
                .filter_map(|effect| calls.get(&effect.call).copied())
                .collect();
            if reaches.is_empty() {
                continue;
            }
            let caller = world.function(site.caller);
            let shape = handling::site_shape(self.flow, site);
            let mut callees: Vec<u32> = site.callees.iter().filter_map(|id| numbers.get(id).copied()).collect();
            callees.sort_unstable();
            callees.dedup();
            let is_mute = !site.is_reference && !self.flow.tells_failure(site);
            let term = SiteTerm {
                at: world.location(caller.file, self.flow.span(site.at)),
                span: self.flow.span(site.at),
                function: numbers[&site.caller],
                callees,
                reaches: reaches.into_iter().collect(),
                variants: self.site_stacks(u32::try_from(idx).unwrap_or(u32::MAX), reached),
                local: self.summaries.local[idx].clone(),
                condition: shape.condition,
                delivery: shape.delivery,
                handling: shape.handling,
                observed: shape.observed,
                evidence_class: site.class,
            };
            terms.push((term, is_mute));
        }
        terms.sort_by(|(a, _), (b, _)| (&a.at, &a.callees).cmp(&(&b.at, &b.callees)));
        terms.dedup_by(|(a, _), (b, _)| a.at == b.at && a.callees == b.callees);
        terms.into_iter().unzip()
    }

    /// The guards of a site, one stack for each variant. Retries are those of the calls whose failures get to it.
    fn site_stacks(&self, site: u32, reached: &[Effect]) -> Vec<Vec<Layer>> {
        let caller = self.sites[site as usize].caller;
        let is_kept = self.summaries.keeps[site as usize];
        let failing = reached.iter().find(|effect| !effect.is_kept);
        let mut below: Vec<Vec<Layer>> = Vec::new();
        for effect in reached {
            let stack = match failing {
                Some(failing) if effect.is_kept => with_retries_of(&effect.stack, &failing.stack),
                _ => effect.stack.to_vec(),
            };
            if !below.contains(&stack) {
                below.push(stack);
            }
        }
        let mut stacks: Vec<Vec<Layer>> = Vec::new();
        for inner in below {
            for above in self.above(caller) {
                let is_kept = is_kept || failing.is_none();
                let mut stack = inner.clone();
                stack.extend(unless_kept(&above.stack, is_kept));
                if stacks.contains(&stack) {
                    continue;
                }
                if stacks.len() < MAX_VARIANTS {
                    stacks.push(stack);
                } else if let Some(last) = stacks.last_mut() {
                    *last = joined(&[last.clone(), stack]);
                }
            }
        }
        stacks
    }
}

/// A stack whose retries are those of another.
fn with_retries_of(stack: &[Layer], other: &[Layer]) -> Vec<Layer> {
    let retries = other
        .iter()
        .filter(|layer| matches!(layer.kind, LayerKind::Retry(_)))
        .cloned();
    unless_kept(stack, true).into_iter().chain(retries).collect()
}
