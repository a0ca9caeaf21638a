//! Retry products: tries of several layers on one way to a target multiply.
//!
//! Layers multiply only where the outer one repeats what the inner one ends in: its conditions, and what the
//! failing entry between them shows. Ways of more than [`MAX_SERVICES`] services are cut, and none passes a service twice.

use std::cmp::Reverse;

use super::{
    network::Network,
    outcome::{Seen, Truth},
};
use crate::model::{
    Name,
    analysis::{RetryProduct, State},
    call::FailureShowsAs,
    guard::{Retry, RetryPart, RetryState},
    location::Evidence,
    system::Call,
};

/// The services on one way.
const MAX_SERVICES: usize = 8;
/// A product of one layer is no product.
const MIN_LAYERS: usize = 2;

/// How many tries; `worst` `None` = no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tries {
    best: u64,
    worst: Option<u64>,
}

const ONCE: Tries = Tries {
    best: 1,
    worst: Some(1),
};

impl Tries {
    fn of(retry: &Retry) -> Self {
        match retry.state {
            // Nothing says that there is a layer: it is in the ledger, and no claim is made of it.
            RetryState::None | RetryState::Unknown => ONCE,
            RetryState::Bounded => Self {
                best: retry.attempts.unwrap_or(1),
                worst: retry.attempts,
            },
            RetryState::Conditional => Self {
                best: 1,
                worst: retry.attempts,
            },
            RetryState::Unbounded => Self {
                best: retry.layers.iter().filter_map(|layer| layer.attempts).product(),
                worst: None,
            },
        }
    }

    fn times(self, other: Self) -> Self {
        let worst = self
            .worst
            .zip(other.worst)
            .map(|(one, other)| one.saturating_mul(other));
        Self {
            best: self.best.saturating_mul(other.best),
            worst,
        }
    }

    /// The larger product first.
    fn rank(self) -> (bool, u64, u64) {
        (self.worst.is_none(), self.worst.unwrap_or(u64::MAX), self.best)
    }
}

/// The way with the most tries that ends at a node.
#[derive(Clone, Debug)]
struct Way {
    tries: Tries,
    /// Uses, the outermost first.
    uses: Vec<u32>,
}

/// For each target the way with the largest product, sorted by the product (largest first), then target.
pub(crate) fn retry_products(network: &Network<'_>) -> Vec<RetryProduct> {
    let ways = ways_down(network);
    let mut best: Vec<Option<(Tries, RetryProduct)>> = vec![None; network.system.components.len()];
    for (used_idx, used) in (0..).zip(&network.uses) {
        let call = &network.system.calls[used.call as usize];
        let (Some(link), false) = (used.link, call.guards.retry.layers.is_empty()) else {
            continue;
        };
        let target = network.links[link as usize].target;
        // An error that the entry handles is not repeated from above.
        let is_let_out = State::Failing <= used.outcomes.worst(Some(Seen::Refused));
        let way = ways[used.node as usize].as_ref().filter(|_| is_let_out);
        let tries = way.map_or(ONCE, |way| way.tries).times(Tries::of(&call.guards.retry));
        let uses = way.map_or(&[][..], |way| &way.uses);
        if passes(network, uses, used.node, target) {
            continue;
        }
        let calls = || uses.iter().chain([&used_idx]).map(|used| call_of(network, *used));
        let layers: Vec<RetryPart> = calls()
            .rev()
            .flat_map(|call| call.guards.retry.layers.clone())
            .collect();
        let is_larger = best[target as usize]
            .as_ref()
            .is_none_or(|(old, _)| old.rank() < tries.rank());
        if MIN_LAYERS <= layers.len() && tries.worst != Some(1) && is_larger {
            let path = calls().map(|call| hop(network, call)).collect();
            let product = RetryProduct {
                target,
                best: tries.best,
                worst: tries.worst,
                layers,
                path,
            };
            best[target as usize] = Some((tries, product));
        }
    }
    let mut products: Vec<(Tries, RetryProduct)> = best.into_iter().flatten().collect();
    products.sort_by_key(|(tries, product)| (Reverse(tries.rank()), product.target));
    products.into_iter().map(|(_, product)| product).collect()
}

fn call_of<'s>(network: &Network<'s>, used: u32) -> &'s Call {
    &network.system.calls[network.uses[used as usize].call as usize]
}

fn hop(network: &Network<'_>, call: &Call) -> Evidence {
    let tries = Tries::of(&call.guards.retry);
    let target = super::radius::target_name(network.system, call);
    let reason = match (tries.best, tries.worst) {
        (1, Some(1)) => format!("calls {target} once"),
        (best, Some(worst)) if best == worst => format!("calls {target} up to {worst} times"),
        (best, Some(worst)) => format!("calls {target} up to {best} to {worst} times"),
        (_, None) => format!("calls {target} with no known limit on the tries"),
    };
    Evidence {
        at: call.at.clone(),
        reason,
        function: Some(call.function.clone()),
    }
}

/// For each node the way down to it with the most tries, where some layer on it repeats.
fn ways_down(network: &Network<'_>) -> Vec<Option<Way>> {
    let mut ways: Vec<Option<Way>> = vec![None; network.nodes.len()];
    for _ in 1..MAX_SERVICES {
        let before = ways.clone();
        let mut has_changed = false;
        for (used_idx, used) in (0..).zip(&network.uses) {
            let call = &network.system.calls[used.call as usize];
            let Some(set) = used.link.and_then(|link| network.links[link as usize].callees) else {
                continue;
            };
            let is_let_out = State::Failing <= used.outcomes.worst(Some(Seen::Refused));
            let above = before[used.node as usize].as_ref().filter(|_| is_let_out);
            let own = Tries::of(&call.guards.retry);
            if above.is_none() && call.guards.retry.layers.is_empty() {
                continue;
            }
            let callees = &network.callee_sets[set as usize];
            for &callee in callees {
                let down = match repeats(network, call, callee) {
                    Truth::No => continue,
                    Truth::Yes if callees.len() == 1 && used.is_only_target => own,
                    Truth::Yes | Truth::Maybe => Tries { best: 1, ..own },
                };
                let tries = above.map_or(ONCE, |way| way.tries).times(down);
                let is_larger = before[callee as usize]
                    .as_ref()
                    .is_none_or(|way| way.tries.rank() < tries.rank())
                    && ways[callee as usize]
                        .as_ref()
                        .is_none_or(|way| way.tries.rank() < tries.rank());
                let uses = above.map_or(&[][..], |way| &way.uses);
                if is_larger && !passes(network, uses, used.node, network.nodes[callee as usize].service) {
                    let uses = uses.iter().copied().chain([used_idx]).collect();
                    ways[callee as usize] = Some(Way { tries, uses });
                    has_changed = true;
                }
            }
        }
        if !has_changed {
            break;
        }
    }
    ways
}

/// Does the way pass that service already?
fn passes(network: &Network<'_>, uses: &[u32], node: u32, service: u32) -> bool {
    let nodes = uses.iter().map(|used| network.uses[*used as usize].node).chain([node]);
    nodes
        .map(|node| network.nodes[node as usize].service)
        .any(|passed| passed == service)
}

/// Does the call try again when the callee fails, as the callee shows it?
fn repeats(network: &Network<'_>, call: &Call, callee: u32) -> Truth {
    if call.guards.retry.layers.is_empty() {
        return Truth::Yes;
    }
    let shows_as = network.nodes[callee as usize].shows_as;
    let says = |words: &[&str], on: &Name| words.iter().any(|word| on.starts_with(word));
    let on: Vec<&Name> = call.guards.retry.layers.iter().flat_map(|layer| &layer.on).collect();
    if on.is_empty() || shows_as == FailureShowsAs::Unknown {
        return Truth::Maybe;
    }
    let words: &[&str] = match shows_as {
        FailureShowsAs::OkBody => return Truth::No,
        FailureShowsAs::Status => &["any", "5", "status", "error", "server"],
        FailureShowsAs::Closed | FailureShowsAs::Unknown => {
            &["any", "connect", "closed", "reset", "transport", "error"]
        }
    };
    if on.iter().any(|on| says(words, on)) {
        Truth::Yes
    } else {
        Truth::No
    }
}

#[cfg(test)]
mod tests {
    use super::retry_products;
    use crate::analyze::{network::Network, notation, routes::Routes};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let system = notation::read(text);
        let network = Network::of(&system, &Routes::of(&system));
        let lines: Vec<String> = retry_products(&network)
            .iter()
            .map(|product| {
                let worst = product.worst.map_or("unbounded".to_owned(), |worst| worst.to_string());
                let lines: Vec<u32> = product.path.iter().map(|hop| hop.at.line).collect();
                let target = system.components[product.target as usize].id();
                format!(
                    "{target} {}..{worst} {} layers by {lines:?}",
                    product.best,
                    product.layers.len()
                )
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn layers_of_one_call_multiply() {
        check(
            "service a main -> external x retry=3 inner=2",
            &["external:x 6..6 2 layers by [1]"],
        );
        check("service a main -> external x retry=3", &[]);
    }

    #[test]
    fn layers_of_services_multiply_where_the_outer_repeats_what_the_inner_shows() {
        let inner = "service b GET /b -> external x retry=4";
        check(
            &format!("service a main -> service b/b retry=3 on=5xx\n{inner}"),
            &["external:x 12..12 2 layers by [1, 2]"],
        );
        check(
            &format!("service a main -> service b/b retry=3\n{inner}"),
            &["external:x 4..12 2 layers by [1, 2]"],
        );
        check(
            &format!("service a main -> service b/b retry=3 on=connect\n{inner}"),
            &[],
        );
        check(
            &format!("service a main -> service b/b retry=3 on=5xx\n{inner} handling=swallowed"),
            &[],
        );
    }

    #[test]
    fn no_limit_multiplies_to_no_limit_and_circles_end() {
        check(
            "service a GET /a -> service b/b retry=2 on=5xx\nservice b GET /b -> service a/a retry=2 on=5xx\n\
             service b GET /b -> external x retry=forever",
            &["external:x 2..unbounded 2 layers by [1, 3]"],
        );
    }
}
