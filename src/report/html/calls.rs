//! Single calls: the register of a target's calls, each with its guards, their places, and its path.

use askama::{Template, filters::HtmlSafe};

use crate::model::{
    guard::{Guards, PresenceState},
    system::{Alternative, Call, ComponentIdx},
};

use super::{
    badge::Badge,
    clean::clean,
    guards,
    lookup::Lookup,
    parts::{Capped, Command, Node, Path, Place},
    words,
};

/// Configurations or paths of one call that are printed.
const MAX_ALTERNATIVES: usize = 6;
/// Services named for one call.
const MAX_SERVICES: usize = 8;

/// The calls that reach one target, or none that is known.
#[derive(Template)]
#[template(path = "report/calls.html", whitespace = "minimize")]
pub(super) struct CallList {
    pub(super) calls: Capped<CallItem>,
}

impl HtmlSafe for CallList {}

pub(super) struct CallItem {
    anchor: String,
    place: Place,
    summary: String,
    function: String,
    timeout: Badge,
    attributes: String,
    guards: Vec<(String, Badge, Vec<String>)>,
    handling: Badge,
    observed: Badge,
    services: Capped<Node>,
    unresolved: String,
    alternatives: Capped<AlternativeRow>,
    path: Path,
    why: Option<Command>,
}

struct AlternativeRow {
    when: String,
    endpoint: String,
    guards: Vec<(&'static str, Badge)>,
    paths: String,
}

impl CallList {
    pub(super) fn of_target(lookup: &Lookup<'_>, target: ComponentIdx) -> Self {
        Self::new(lookup, lookup.calls_of(target).to_vec())
    }

    /// The calls whose target is not known.
    pub(super) fn without_target(lookup: &Lookup<'_>) -> Self {
        let calls = &lookup.outcome.system.calls;
        Self::new(
            lookup,
            (0..calls.len()).filter(|it| calls[*it].target.is_none()).collect(),
        )
    }

    fn new(lookup: &Lookup<'_>, mut idxs: Vec<usize>) -> Self {
        lookup.rank_calls(&mut idxs);
        let n_all = idxs.len();
        let items: Vec<_> = idxs.into_iter().filter_map(|idx| CallItem::new(lookup, idx)).collect();
        let n_more = n_all - items.len();
        Self {
            calls: Capped { items, n_more },
        }
    }
}

impl CallItem {
    fn new(lookup: &Lookup<'_>, idx: usize) -> Option<Self> {
        let anchor = lookup.call_anchor(idx)?;
        let call = lookup.call(idx)?;
        Some(Self {
            anchor,
            place: lookup.place(&call.at),
            summary: format!("{} {}", clean(&call.operation), clean(&call.endpoint)),
            function: clean(&call.function),
            timeout: guards::timeout(&call.guards.timeout),
            attributes: attributes(call),
            guards: guard_rows(lookup, &call.guards),
            handling: Badge::handling(call.handling),
            observed: Badge::observed(call.observed),
            services: Capped::new(lookup.nodes(&call.services), MAX_SERVICES),
            unresolved: call.unresolved.as_deref().map(clean).unwrap_or_default(),
            alternatives: Capped::new(call.alternatives.iter().map(AlternativeRow::new), MAX_ALTERNATIVES),
            path: lookup.path(&call.path),
            why: why(lookup, call),
        })
    }
}

impl AlternativeRow {
    fn new(alternative: &Alternative) -> Self {
        let bound = if alternative.is_exact { "" } else { " at most" };
        Self {
            when: clean(&alternative.when),
            endpoint: clean(&alternative.endpoint),
            guards: guards::of_call(&alternative.guards)
                .into_iter()
                .filter(|(_, it)| it.word != "none")
                .collect(),
            paths: format!("{}{bound}", words::number(alternative.n_paths)),
        }
    }
}

fn attributes(call: &Call) -> String {
    let version = call.library_version.as_ref().map(|it| format!(" {}", clean(it)));
    [
        format!(
            "{}{} in package {}",
            clean(&call.library),
            version.unwrap_or_default(),
            clean(&call.package)
        ),
        call.transport.as_str().to_owned(),
        call.effect.as_str().to_owned(),
        format!("condition {}", call.condition.as_str()),
        format!("phase {}", call.phase.as_str()),
        call.delivery.as_str().to_owned(),
        format!("error status {}", call.status.as_str()),
        format!("reached by {}", words::count(call.entries.len(), "entry", "entries")),
        format!("confidence {}", call.confidence.as_str()),
    ]
    .join(" · ")
}

/// Each guard with the places where it is set; those about which there is nothing to say share a row.
fn guard_rows(lookup: &Lookup<'_>, guards: &Guards) -> Vec<(String, Badge, Vec<String>)> {
    let mut rows: Vec<(String, Badge, Vec<String>)> = Vec::new();
    for (kind, badge) in guards::of_call(guards) {
        let places = guard_places(lookup, kind, guards);
        match rows
            .iter_mut()
            .skip(1)
            .find(|(_, other, set)| *other == badge && set.is_empty() && places.is_empty())
        {
            Some((kinds, ..)) => *kinds = format!("{kinds}, {kind}"),
            None => rows.push((kind.to_owned(), badge, places)),
        }
    }
    rows
}

/// Where each part of a guard is set.
fn guard_places(lookup: &Lookup<'_>, kind: &str, guards: &Guards) -> Vec<String> {
    let place = |at: &Option<_>| {
        at.as_ref()
            .map(|it| format!(" at {}", lookup.place(it).text))
            .unwrap_or_default()
    };
    match kind {
        "timeout" => {
            let parts = guards.timeout.parts.iter();
            parts
                .map(|it| format!("{}: set by {}{}", it.scope.as_str(), it.source.as_str(), place(&it.at)))
                .collect()
        }
        "retry" => {
            let layers = guards.retry.layers.iter();
            layers
                .map(|it| format!("{}{}", guards::layer_words(it), place(&it.at)))
                .collect()
        }
        _ => {
            let presence = match kind {
                "breaker" => &guards.breaker,
                "bulkhead" => &guards.bulkhead,
                _ => &guards.fallback,
            };
            let is_shown = matches!(presence.state, PresenceState::Present | PresenceState::Conditional);
            let set = presence.at.as_ref().filter(|_| is_shown);
            set.map(|it| format!("set at {}", lookup.place(it).text))
                .into_iter()
                .collect()
        }
    }
}

/// The command that prints every path of the call's first service to its target.
fn why(lookup: &Lookup<'_>, call: &Call) -> Option<Command> {
    let service = lookup.component(*call.services.first()?)?;
    let target = lookup.component(call.target?)?;
    Some(Command::new("why", &[&service.id(), &target.id()]))
}
