//! Which entry of a service answers a call, as far as the call's code says it.

use crate::model::{
    call::{EntryKind, Transport},
    system::{Call, Entry},
};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Does the call, by what its code says, ask exactly for this entry?
pub(crate) fn names(call: &Call, entry: &Entry) -> bool {
    match entry.kind {
        EntryKind::Grpc => {
            let bare = |name: &str| {
                name.rsplit(['/', '.', ' '])
                    .next()
                    .unwrap_or(name)
                    .replace('_', "")
                    .to_lowercase()
            };
            call.transport == Transport::Grpc && bare(&call.operation) == bare(&entry.name)
        }
        EntryKind::Http => {
            let (method, route) = entry.name.split_once(' ').unwrap_or(("", &entry.name));
            let operation = call.operation.to_uppercase();
            let same_method =
                !METHODS.contains(&operation.as_str()) || !METHODS.contains(&method) || operation == method;
            let mut endpoints = call
                .alternatives
                .iter()
                .map(|alternative| &alternative.endpoint)
                .chain([&call.endpoint]);
            same_method && endpoints.any(|endpoint| path_of(endpoint).is_some_and(|path| is_route(route, path)))
        }
        EntryKind::Consumer | EntryKind::Schedule | EntryKind::Main => false,
    }
}

/// The path of an address; `None` where it has none that says anything.
fn path_of(endpoint: &str) -> Option<&str> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let path = rest.find('/').map(|at| &rest[at..])?;
    let path = path.split(['?', '#']).next().unwrap_or(path);
    (path.len() > 1).then_some(path)
}

fn is_route(route: &str, path: &str) -> bool {
    let segments = |text: &'_ str| text.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let is_open = |segment: &str| segment.starts_with([':', '<', '*']) || segment.contains('{');
    let (route, path) = (segments(route), segments(path));
    route.len() == path.len()
        && route
            .iter()
            .zip(&path)
            .all(|(route, path)| route == path || is_open(route) || is_open(path))
}

#[cfg(test)]
mod tests {
    use crate::analyze::{network::Network, notation, routes::Routes};

    #[track_caller]
    fn check(call: &str, expected: &[&str]) {
        let text = format!(
            "{call}\nentry service b GET /items\nentry service b GET /items/{{id}}\nentry service b POST /items\n\
             entry service b rpc shop.Items/ListAll\nentry service b consume orders"
        );
        let system = notation::read(&text);
        let network = Network::of(&system, &Routes::of(&system));
        let set = network.links[0]
            .callees
            .map_or(&[][..], |set| &network.callee_sets[set as usize]);
        let names: Vec<&str> = set
            .iter()
            .map(|node| network.nodes[*node as usize].entry.expect("an entry"))
            .map(|entry| system.entries[entry as usize].name.as_str())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_call_asks_for_the_entry_that_it_names() {
        check("service a main -> service b/items", &["GET /items"]);
        check("service a main -> service b/items/17?x=1", &["GET /items/{id}"]);
        check("service a main -> service b/items op=POST", &["POST /items"]);
        check(
            "service a main -> service b transport=grpc op=list_all",
            &["rpc shop.Items/ListAll"],
        );
    }

    #[test]
    fn a_call_that_names_none_may_mean_every_answering_entry() {
        let all = ["GET /items", "GET /items/{id}", "POST /items", "rpc shop.Items/ListAll"];
        check("service a main -> service b", &all);
        check("service a main -> service b/other", &all);
        check("service a main -> service b transport=queue", &[]);
    }
}
