//! Policy objects: the retries that a chain of settings describes, as one layer.

use crate::model::{
    guard::{Backoff, Layer, LayerKind, RetryLayer, Source},
    term::Term,
};

use super::values::Value;

/// Why a setting that says nothing of the number of tries knows none.
pub(crate) const NO_NUMBER: &str = "the number of tries is not written";

/// The layers that a policy object carries, as set by another source.
pub(crate) fn policy_layers(policy: &Value, source: Source) -> Vec<Layer> {
    match policy {
        Value::Carrier(carrier) => carrier
            .layers
            .iter()
            .cloned()
            .map(|layer| Layer { source, ..layer })
            .collect(),
        Value::Any(values) => {
            let stacks: Vec<Vec<Layer>> = values.iter().map(|value| policy_layers(value, source)).collect();
            one_of(&stacks).unwrap_or_else(|| {
                let mut layers: Vec<Layer> = stacks.into_iter().flatten().collect();
                for layer in &mut layers {
                    layer.is_conditional = true;
                }
                layers
            })
        }
        _ => Vec::new(),
    }
}

/// Several policies, each one retry and nothing else: a retry with one of their numbers.
fn one_of(stacks: &[Vec<Layer>]) -> Option<Vec<Layer>> {
    let mut policies = stacks.iter().map(|stack| match stack.as_slice() {
        [layer] => match &layer.kind {
            LayerKind::Retry(retry) => Some((layer, retry)),
            _ => None,
        },
        _ => None,
    });
    let (first, mut joined) = policies.next()?.map(|(layer, retry)| (layer, retry.clone()))?;
    for policy in policies {
        let (layer, retry) = policy?;
        if layer.is_conditional || retry.max_elapsed != joined.max_elapsed {
            return None;
        }
        joined.attempts = match (joined.attempts.take(), &retry.attempts) {
            (Some(left), Some(right)) => Some(Term::any([left, right.clone()])),
            _ => None,
        };
        if retry.backoff != joined.backoff {
            joined.backoff = Backoff::Unknown;
        }
        if retry.jitter != joined.jitter {
            joined.jitter = None;
        }
    }
    Some(vec![Layer {
        kind: LayerKind::Retry(joined),
        ..first.clone()
    }])
}

/// Settings on top of those that an object has: one object describes one retry.
pub(crate) fn add_settings(layers: &mut Vec<Layer>, settings: &[Layer]) {
    for setting in settings {
        let last = layers.iter_mut().rev().find_map(|layer| match &mut layer.kind {
            LayerKind::Retry(retry) if layer.source == setting.source && !setting.is_conditional => Some(retry),
            _ => None,
        });
        match (&setting.kind, last) {
            (LayerKind::Retry(set), Some(retry)) => set_retry(retry, set),
            _ => layers.push(setting.clone()),
        }
    }
}

/// Fill a retry layer from the policy object; later settings win. One that is not known changes nothing.
pub(crate) fn apply_policy(policy: &Value, retry: &mut RetryLayer) {
    match policy {
        Value::Carrier(carrier) => {
            for layer in &carrier.layers {
                if let LayerKind::Retry(set) = &layer.kind {
                    set_retry(retry, set);
                }
            }
        }
        Value::List(items) => retry.attempts = Some(Term::Count(items.len() as u64 + 1)),
        Value::Any(values) => values.iter().for_each(|value| apply_policy(value, retry)),
        _ => {}
    }
}

/// Set what a setting tells.
fn set_retry(retry: &mut RetryLayer, set: &RetryLayer) {
    match &set.attempts {
        Some(Term::Unknown(reason)) if reason == NO_NUMBER => {}
        Some(attempts) => retry.attempts = Some(attempts.clone()),
        // A limit on the time in all takes none from the number.
        None if set.max_elapsed.is_some() && retry.attempts.is_some() => {}
        None => retry.attempts = None,
    }
    if set.max_elapsed.is_some() {
        retry.max_elapsed.clone_from(&set.max_elapsed);
    }
    if set.backoff != Backoff::Unknown {
        retry.backoff = set.backoff;
    }
    if set.jitter.is_some() {
        retry.jitter = set.jitter;
    }
    if !set.on.is_empty() {
        retry.on.clone_from(&set.on);
    }
    if set.idempotent.is_some() {
        retry.idempotent = set.idempotent;
    }
}
