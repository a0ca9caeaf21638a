//! Timeout layers: which parts of a call they bound, and whether the call as a whole ends.

use std::collections::BTreeMap;

use crate::model::{
    guard::{Layer, LayerKind, Scope, Source, Timeout, TimeoutPart, TimeoutState},
    term::{Millis, Term},
};

use super::{
    bind::{Bindings, Context},
    evaluate::value,
    retries::Retries,
    slot::{Filled, Outcome, Slot, by_precedence, is_own_stack, undecided},
};

/// A hundred years: such a limit (`Duration::MAX` and the like) is none.
const NEVER: Millis = Millis(100 * 365 * 86_400_000);

/// The effective timeouts of a stack of layers, innermost first.
pub(super) fn timeout(layers: &[Layer], retries: &Retries, bindings: &Bindings, context: Context<'_>) -> Timeout {
    let slots = slots(layers, retries, bindings, context);
    let mut bounds_call = Some(false);
    for slot in &slots {
        bounds_call = either(bounds_call, slot.bounds_call(retries));
    }
    let state = state(&slots);
    let unknown = slots.iter().find_map(|slot| slot.slot.undecided.clone());
    let mut parts: Vec<TimeoutPart> = slots.into_iter().flat_map(|slot| slot.slot.parts).collect();
    parts.sort();
    parts.dedup();
    Timeout {
        state,
        unknown: unknown.filter(|_| state == TimeoutState::Unknown),
        parts,
        bounds_call,
    }
}

/// A place for a timeout: one for each scope of the library's own stack, one for each layer around it.
struct TimeoutSlot {
    slot: Slot<TimeoutPart>,
    scope: Scope,
    is_own_stack: bool,
}

impl TimeoutSlot {
    /// Whether this slot alone makes the call end; `None` = not decided.
    fn bounds_call(&self, retries: &Retries) -> Option<bool> {
        let ends = match self.scope {
            Scope::Connect | Scope::Acquire | Scope::Headers | Scope::Read => Some(false),
            Scope::Total | Scope::Operation | Scope::Ambient => Some(true),
            Scope::Attempt if self.is_own_stack => retries.end(None),
            Scope::Attempt => retries.end(Some(self.slot.position)),
        };
        match self.slot.filled() {
            _ if self.slot.can_be_none => Some(false),
            Filled::Always => ends,
            Filled::Undecided if ends != Some(false) => None,
            _ => Some(false),
        }
    }
}

fn slots(layers: &[Layer], retries: &Retries, bindings: &Bindings, context: Context<'_>) -> Vec<TimeoutSlot> {
    let mut own: BTreeMap<Scope, Vec<(usize, &Layer)>> = BTreeMap::new();
    let mut slots = Vec::new();
    for (position, layer) in layers.iter().enumerate() {
        let LayerKind::Timeout { scope, limit } = &layer.kind else {
            continue;
        };
        if is_own_stack(layer.source) {
            own.entry(*scope).or_default().push((position, layer));
            continue;
        }
        let scope = match scope {
            Scope::Total | Scope::Operation if retries.is_repeated_outside(position) => Scope::Attempt,
            other => *other,
        };
        let slot = Slot::settle(position, [outcome(layer, scope, limit, bindings, context)]);
        slots.push(TimeoutSlot {
            slot,
            scope,
            is_own_stack: false,
        });
    }
    for (scope, mut candidates) in own {
        by_precedence(&mut candidates);
        let position = candidates.iter().map(|(position, _)| *position).max().unwrap_or(0);
        let outcomes = candidates.iter().filter_map(|(_, layer)| match &layer.kind {
            LayerKind::Timeout { limit, .. } => Some(outcome(layer, scope, limit, bindings, context)),
            _ => None,
        });
        slots.push(TimeoutSlot {
            slot: Slot::settle(position, outcomes),
            scope,
            is_own_stack: true,
        });
    }
    slots
}

fn outcome(
    layer: &Layer,
    scope: Scope,
    limit: &Term,
    bindings: &Bindings,
    context: Context<'_>,
) -> Outcome<TimeoutPart> {
    let values = value(limit, bindings, context);
    let undecided = undecided(layer, &values);
    let part = |limit| TimeoutPart {
        scope,
        limit,
        source: layer.source,
        at: layer.at.clone(),
    };
    let mut parts = Vec::new();
    let mut can_be_none = false;
    for value in &values.known {
        match value.as_duration() {
            _ if value.is_absent() => can_be_none = true,
            Some(limit) if limit == Millis(0) || NEVER <= limit => can_be_none = true,
            limit => parts.push(part(limit)),
        }
    }
    if values.unknown.is_some() && undecided.is_none() {
        parts.push(part(None));
    }
    Outcome {
        parts,
        can_be_none,
        is_conditional: layer.is_conditional,
        undecided,
    }
}

fn state(slots: &[TimeoutSlot]) -> TimeoutState {
    let is = |filled: Filled| slots.iter().any(|slot| slot.slot.filled() == filled);
    let is_default = |part: &TimeoutPart| part.source == Source::LibraryDefault;
    let is_explicit =
        |slot: &TimeoutSlot| slot.slot.filled() == Filled::Always && !slot.slot.parts.iter().any(is_default);
    if slots.iter().any(is_explicit) {
        TimeoutState::Explicit
    } else if is(Filled::Undecided) {
        TimeoutState::Unknown
    } else if is(Filled::Sometimes) {
        TimeoutState::Conditional
    } else if is(Filled::Always) {
        TimeoutState::Default
    } else {
        TimeoutState::None
    }
}

/// Two limits at once: one that bounds is enough, one that is not decided may be.
const fn either(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        (Some(false), Some(false)) => Some(false),
    }
}
