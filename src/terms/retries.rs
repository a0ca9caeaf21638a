//! Retry layers: which repeat the call, how often, and whether they end.

use crate::model::guard::{Layer, LayerKind, Retry, RetryLayer, RetryPart, RetryState, Scope};

use super::{
    bind::{Bindings, Context},
    evaluate::{Values, value},
    slot::{Filled, Outcome, Slot, by_precedence, is_own_stack, undecided},
};

/// As many tries or more never end in practice: `u32::MAX` and the like stand for "forever".
const ENDLESS_ATTEMPTS: u64 = 1_000_000;

/// The retries around a call.
pub(super) struct Retries {
    /// Innermost first.
    slots: Vec<Slot<RetryPart>>,
}

impl Retries {
    pub(super) fn of(layers: &[Layer], bindings: &Bindings, context: Context<'_>) -> Self {
        let mut own = Vec::new();
        let mut slots = Vec::new();
        for (position, layer) in layers.iter().enumerate() {
            let LayerKind::Retry(retry) = &layer.kind else { continue };
            if is_own_stack(layer.source) {
                own.push((position, layer));
            } else {
                let mut outcome = outcome(layer, retry, bindings, context);
                // Tries without number end all the same where a limit stands around them.
                if outcome.parts.iter().any(|part| part.is_unbounded)
                    && is_cut_off(&layers[position + 1..], bindings, context)
                {
                    outcome.parts.iter_mut().for_each(|part| part.is_unbounded = false);
                }
                slots.push(Slot::settle(position, [outcome]));
            }
        }
        if let Some(&(position, _)) = own.last() {
            by_precedence(&mut own);
            let outcomes = own.iter().filter_map(|(_, layer)| match &layer.kind {
                LayerKind::Retry(retry) => Some(outcome(layer, retry, bindings, context)),
                _ => None,
            });
            slots.push(Slot::settle(position, outcomes));
        }
        slots.sort_by_key(|slot| slot.position);
        Self { slots }
    }

    /// Whether a layer that may repeat the call stands outside `position`.
    pub(super) fn is_repeated_outside(&self, position: usize) -> bool {
        self.slots
            .iter()
            .any(|slot| position < slot.position && !slot.parts.is_empty())
    }

    /// Whether the retries outside `position` end; all of them without one. `None` = not decided.
    pub(super) fn end(&self, position: Option<usize>) -> Option<bool> {
        let slots = || {
            self.slots
                .iter()
                .filter(|slot| position.is_none_or(|position| position < slot.position))
        };
        if slots().flat_map(|slot| &slot.parts).any(|part| part.is_unbounded) {
            return Some(false);
        }
        if slots().any(|slot| slot.undecided.is_some()) {
            None
        } else {
            Some(true)
        }
    }

    /// The evaluated guard.
    pub(super) fn into_guard(self) -> Retry {
        let is = |filled: Filled| self.slots.iter().any(|slot| slot.filled() == filled);
        let is_unbounded_always = self
            .slots
            .iter()
            .any(|slot| slot.filled() == Filled::Always && slot.parts.iter().any(|part| part.is_unbounded));
        let is_unbounded_sometimes = self
            .slots
            .iter()
            .flat_map(|slot| &slot.parts)
            .any(|part| part.is_unbounded);
        let unknown = self.slots.iter().find_map(|slot| slot.undecided.clone());
        let state = if is_unbounded_always {
            RetryState::Unbounded
        } else if is(Filled::Undecided) {
            RetryState::Unknown
        } else if is_unbounded_sometimes {
            RetryState::Conditional
        } else if is(Filled::Always) {
            RetryState::Bounded
        } else if is(Filled::Sometimes) {
            RetryState::Conditional
        } else {
            RetryState::None
        };
        let attempts = match state {
            RetryState::Unknown | RetryState::Unbounded => None,
            RetryState::None | RetryState::Bounded | RetryState::Conditional => self.max_attempts(),
        };
        let layers = self.slots.into_iter().flat_map(|slot| slot.parts).collect();
        let unknown = unknown.filter(|_| state == RetryState::Unknown);
        Retry {
            state,
            unknown,
            attempts,
            layers,
        }
    }

    /// The largest number of tries over all configurations.
    fn max_attempts(&self) -> Option<u64> {
        let mut product = 1_u64;
        for slot in self.slots.iter().filter(|slot| !slot.parts.is_empty()) {
            let attempts: Option<Vec<u64>> = slot.parts.iter().map(|part| part.attempts).collect();
            product = product.saturating_mul(attempts?.into_iter().max().unwrap_or(1));
        }
        Some(product)
    }
}

fn outcome(layer: &Layer, retry: &RetryLayer, bindings: &Bindings, context: Context<'_>) -> Outcome<RetryPart> {
    let part = |attempts, is_unbounded| RetryPart {
        attempts,
        is_unbounded,
        backoff: retry.backoff,
        jitter: retry.jitter,
        on: retry.on.clone(),
        idempotent: retry.idempotent,
        source: layer.source,
        at: layer.at.clone(),
    };
    let mut res = Outcome {
        parts: Vec::new(),
        can_be_none: false,
        is_conditional: layer.is_conditional,
        undecided: None,
    };
    let is_timed = retry
        .max_elapsed
        .as_ref()
        .is_some_and(|term| ends(&value(term, bindings, context)));
    let Some(attempts) = &retry.attempts else {
        res.parts.push(part(None, !is_timed));
        return res;
    };
    let values = value(attempts, bindings, context);
    res.undecided = undecided(layer, &values);
    let mut most = Some(0);
    let mut is_endless = false;
    for value in &values.known {
        match value.as_count() {
            _ if value.is_absent() => res.can_be_none = true,
            Some(0 | 1) => res.can_be_none = true,
            Some(count) if ENDLESS_ATTEMPTS <= count => is_endless = true,
            Some(count) => most = most.map(|most: u64| most.max(count)),
            None => most = None,
        }
    }
    if values.unknown.is_some() && res.undecided.is_none() {
        most = None;
    }
    match most {
        _ if is_endless => res.parts.push(part(None, !is_timed)),
        Some(0) => {}
        most => res.parts.push(part(most, false)),
    }
    res
}

/// Whether one of the layers around surely cuts off what goes on inside.
fn is_cut_off(outer: &[Layer], bindings: &Bindings, context: Context<'_>) -> bool {
    outer.iter().any(|layer| match &layer.kind {
        LayerKind::Timeout {
            scope: Scope::Total | Scope::Operation,
            limit,
        } if !is_own_stack(layer.source) && !layer.is_conditional => {
            let values = value(limit, bindings, context);
            !values.known.is_empty() && ends(&values) || (values.known.is_empty() && layer.at.is_some())
        }
        _ => false,
    })
}

/// Whether a limit on the elapsed time is surely there.
fn ends(values: &Values) -> bool {
    values
        .known
        .iter()
        .all(|value| !value.is_absent() && value.as_duration().is_none_or(|limit| limit.0 != 0))
}
