//! Call sites on the way to an external call, with what guards hold there.

use std::collections::BTreeSet;

use crate::{
    model::{
        Name,
        guard::{Guards, Layer, LayerKind},
        program::{Program, SiteTerm},
        system::Site,
        term::Term,
    },
    terms::{
        bind::{Bindings, Context},
        guards::guards,
        meet::meet,
    },
};

use super::{calls::LinkedCalls, cases::contexts, services::Services};

/// All sites, in the order of the system.
pub(super) fn sites(program: &Program, bindings: &Bindings, services: &Services, linked: &LinkedCalls) -> Vec<Site> {
    let mut sites: Vec<Site> = program
        .sites
        .iter()
        .map(|site| evaluate(site, program, bindings, services, linked))
        .collect();
    sites.sort_by(|left, right| {
        (&left.at, left.span, &left.callee, &left.reaches).cmp(&(&right.at, right.span, &right.callee, &right.reaches))
    });
    sites
}

fn evaluate(
    site: &SiteTerm,
    program: &Program,
    bindings: &Bindings,
    services: &Services,
    linked: &LinkedCalls,
) -> Site {
    let of_services: BTreeSet<usize> = site
        .reaches
        .iter()
        .filter_map(|call| linked.services.get(*call as usize))
        .flatten()
        .copied()
        .collect();
    let name = |function: &u32| {
        program
            .functions
            .get(*function as usize)
            .map(|function| function.name.clone())
    };
    let function = program.functions.get(site.function as usize);
    let mut callees: Vec<Name> = site.callees.iter().filter_map(name).collect();
    callees.sort();
    callees.dedup();
    let reaches: BTreeSet<u32> = site
        .reaches
        .iter()
        .filter_map(|call| linked.positions.get(*call as usize))
        .copied()
        .collect();
    let evaluate = |layers: &[Layer]| -> Vec<Guards> {
        // Most stacks hang on no configuration: then all services have the same guards.
        if of_services.is_empty() || !layers.iter().any(hangs_on_configuration) {
            return vec![guards(layers, bindings, Context::default())];
        }
        let contexts = of_services
            .iter()
            .flat_map(|service| contexts(Some(&services.list()[*service])));
        contexts.map(|context| guards(layers, bindings, context)).collect()
    };
    let package = function.and_then(|function| program.packages.get(function.package as usize));
    Site {
        at: site.at.clone(),
        span: site.span,
        function: function.map(|function| function.name.clone()).unwrap_or_default(),
        package: package.map(|package| package.name.clone()).unwrap_or_default(),
        callee: callees.first().cloned().unwrap_or_default(),
        callees,
        reaches: reaches.into_iter().collect(),
        guards: meet(site.variants.iter().flat_map(|layers| evaluate(layers))),
        local: meet(evaluate(&site.local)),
        condition: site.condition,
        delivery: site.delivery,
        handling: site.handling,
        observed: site.observed,
    }
}

fn hangs_on_configuration(layer: &Layer) -> bool {
    match &layer.kind {
        LayerKind::Timeout { limit, .. } | LayerKind::Bulkhead { limit } => has_key(limit),
        LayerKind::Retry(retry) => retry.attempts.iter().chain(&retry.max_elapsed).any(has_key),
        LayerKind::Breaker | LayerKind::Fallback { .. } => false,
    }
}

fn has_key(term: &Term) -> bool {
    match term {
        Term::Config { .. } => true,
        Term::Concat(parts) | Term::Sum(parts) | Term::Product(parts) | Term::Any(parts) => parts.iter().any(has_key),
        Term::Timed { value, .. } => has_key(value),
        Term::Text(_)
        | Term::Duration(_)
        | Term::Count(_)
        | Term::Bool(_)
        | Term::Absent
        | Term::Param(_)
        | Term::Unknown(_) => false,
    }
}
