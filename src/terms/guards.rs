//! The effective guards of a call: a stack of layers, evaluated.

use crate::model::{
    guard::{Guards, Layer, LayerKind, Presence, PresenceState},
    term::Term,
};

use super::{
    bind::{Bindings, Context},
    evaluate::value,
    retries::Retries,
    timeouts::timeout,
};

/// The guards that `layers` put in force, innermost layer first.
///
/// Within the library's own stack (request, client, URL, library default) the most specific source of a
/// scope replaces the others, and explicit nothing removes the limit; wrappers, frameworks and meshes add
/// to what is inside. A guard that a configuration may leave out is `conditional`; a value that is not known
/// counts as set where its setter was seen (`Layer::at`), and as undecided where nothing was seen.
/// Empty guards are none: a limit of zero or of a century, one try, no try.
#[must_use]
pub fn guards(layers: &[Layer], bindings: &Bindings, context: Context<'_>) -> Guards {
    let retries = Retries::of(layers, bindings, context);
    let timeout = timeout(layers, &retries, bindings, context);
    let mut bulkhead_limit = None;
    let mut fallback_target = None;
    for layer in layers {
        match &layer.kind {
            LayerKind::Bulkhead { limit } => {
                let most = value(limit, bindings, context)
                    .known
                    .iter()
                    .filter_map(|value| value.as_count())
                    .max();
                bulkhead_limit = bulkhead_limit.max(most);
            }
            LayerKind::Fallback { target: Some(target) } if fallback_target.is_none() => {
                fallback_target = Some(target.clone());
            }
            _ => {}
        }
    }
    Guards {
        timeout,
        retry: retries.into_guard(),
        breaker: presence(layers, |kind| matches!(kind, LayerKind::Breaker)),
        bulkhead: presence(
            layers,
            |kind| matches!(kind, LayerKind::Bulkhead { limit } if *limit != Term::Absent),
        ),
        bulkhead_limit,
        fallback: presence(layers, |kind| matches!(kind, LayerKind::Fallback { .. })),
        fallback_target,
    }
}

/// Whether some layer of that kind is there, and the one to show: an unconditional one where there is one.
fn presence(layers: &[Layer], is_wanted: impl Fn(&LayerKind) -> bool) -> Presence {
    let wanted = || layers.iter().filter(|layer| is_wanted(&layer.kind));
    match wanted().find(|layer| !layer.is_conditional) {
        Some(layer) => Presence {
            state: PresenceState::Present,
            at: layer.at.clone(),
        },
        None => match wanted().next() {
            Some(layer) => Presence {
                state: PresenceState::Conditional,
                at: layer.at.clone(),
            },
            None => Presence {
                state: PresenceState::None,
                at: None,
            },
        },
    }
}

#[cfg(test)]
mod tests;
