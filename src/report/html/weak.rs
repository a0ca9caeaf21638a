//! Weak points of the whole system: single points of failure, failure domains, retry products, timeout budgets.

use askama::{Template, filters::HtmlSafe};

use crate::model::analysis::{FailureDomain, RetryProduct, SinglePoint, TimeoutBudget};

use super::{
    badge::{Badge, Tone},
    clean::clean,
    guards,
    lookup::Lookup,
    parts::{Capped, Node, Path, Place},
    words,
};

/// Rows of each table.
const MAX_ROWS: usize = 100;
/// Components or entries named in one cell.
const MAX_NAMES: usize = 10;

#[derive(Template)]
#[template(path = "report/weak.html", whitespace = "minimize")]
pub(super) struct WeakPoints {
    spofs: Capped<SpofRow>,
    domains: Capped<DomainRow>,
    retries: Capped<RetryRow>,
    budgets: Capped<BudgetRow>,
}

impl HtmlSafe for WeakPoints {}

struct SpofRow {
    component: Node,
    mode: &'static str,
    state: Badge,
    services: Capped<Node>,
    n_entries: usize,
    entries: Capped<String>,
    path: Path,
}

struct DomainRow {
    shared: Vec<Node>,
    members: Capped<Node>,
    why: String,
    n_cut: usize,
    cut: Capped<(Option<String>, Place)>,
}

struct RetryRow {
    target: Node,
    tries: String,
    badge: Badge,
    layers: Vec<String>,
    path: Path,
}

struct BudgetRow {
    place: Place,
    function: String,
    anchor: Option<String>,
    target: Option<Node>,
    budget: String,
    needed: String,
    badge: Badge,
    path: Path,
}

impl WeakPoints {
    pub(super) fn new(lookup: &Lookup<'_>) -> Self {
        let analysis = &lookup.outcome.analysis;
        let mut spofs: Vec<_> = analysis.single_points_of_failure.iter().collect();
        spofs.sort_by_key(|it| {
            (
                std::cmp::Reverse((it.services.len(), it.entries.len(), it.worst, it.best)),
                it.component,
            )
        });
        let mut domains: Vec<_> = analysis.failure_domains.iter().collect();
        domains.sort_by_key(|it| std::cmp::Reverse(it.members.len()));
        let mut retries: Vec<_> = analysis.retry_products.iter().collect();
        retries.sort_by_key(|it| (std::cmp::Reverse((it.worst.unwrap_or(u64::MAX), it.best)), it.target));
        let mut budgets: Vec<_> = analysis.timeout_budgets.iter().collect();
        budgets.sort_by_key(|it| (std::cmp::Reverse(it.needed_ms.saturating_sub(it.budget_ms)), it.caller));
        Self {
            spofs: Capped::new(spofs.into_iter().map(|it| SpofRow::new(lookup, it)), MAX_ROWS),
            domains: Capped::new(domains.into_iter().map(|it| DomainRow::new(lookup, it)), MAX_ROWS),
            retries: Capped::new(retries.into_iter().map(|it| RetryRow::new(lookup, it)), MAX_ROWS),
            budgets: Capped::new(budgets.into_iter().map(|it| BudgetRow::new(lookup, it)), MAX_ROWS),
        }
    }
}

impl SpofRow {
    fn new(lookup: &Lookup<'_>, spof: &SinglePoint) -> Self {
        let entries = spof
            .entries
            .iter()
            .filter_map(|it| lookup.entry(*it))
            .map(|it| clean(&it.id));
        Self {
            component: lookup.node(spof.component),
            mode: spof.mode.as_str(),
            state: Badge::states(spof.best, spof.worst),
            services: Capped::new(lookup.nodes(&spof.services), MAX_NAMES),
            n_entries: spof.entries.len(),
            entries: Capped::new(entries, MAX_NAMES),
            path: lookup.path(&spof.path),
        }
    }
}

impl DomainRow {
    fn new(lookup: &Lookup<'_>, domain: &FailureDomain) -> Self {
        let cut = domain.cut.iter().filter_map(|it| {
            let call = lookup.call(*it as usize)?;
            Some((lookup.call_anchor(*it as usize), lookup.place(&call.at)))
        });
        Self {
            shared: lookup.nodes(&domain.shared),
            members: Capped::new(lookup.nodes(&domain.members), MAX_NAMES),
            why: clean(&domain.why),
            n_cut: domain.cut.len(),
            cut: Capped::new(cut, MAX_NAMES),
        }
    }
}

impl RetryRow {
    fn new(lookup: &Lookup<'_>, product: &RetryProduct) -> Self {
        let best = words::number(product.best);
        let (tone, tries) = match product.worst {
            None => (Tone::Worst, format!("{best} to no limit")),
            Some(worst) if worst == product.best => (Tone::Mild, best),
            Some(worst) => (Tone::Mild, format!("{best} to {}", words::number(worst))),
        };
        Self {
            target: lookup.node(product.target),
            badge: Badge::new(
                tone,
                if product.worst.is_none() {
                    "unbounded"
                } else {
                    "bounded"
                },
            ),
            tries,
            layers: product.layers.iter().map(guards::layer_words).collect(),
            path: lookup.path(&product.path),
        }
    }
}

impl BudgetRow {
    fn new(lookup: &Lookup<'_>, budget: &TimeoutBudget) -> Self {
        let call = lookup.call(budget.caller as usize);
        let is_inverted = budget.budget_ms < budget.needed_ms;
        let at_least = if budget.is_exact { "" } else { "at least " };
        Self {
            place: call.map_or_else(
                || Place {
                    text: "unknown place".to_owned(),
                },
                |it| lookup.place(&it.at),
            ),
            function: call.map(|it| clean(&it.function)).unwrap_or_default(),
            anchor: lookup.call_anchor(budget.caller as usize),
            target: call.and_then(|it| it.target).map(|it| lookup.node(it)),
            budget: words::duration(budget.budget_ms),
            needed: format!("{at_least}{}", words::duration(budget.needed_ms)),
            badge: if is_inverted {
                Badge::new(Tone::Bad, "inverted")
            } else {
                Badge::new(Tone::Good, "fits")
            },
            path: lookup.path(&budget.path),
        }
    }
}
