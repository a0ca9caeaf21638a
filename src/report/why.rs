//! Why does a service depend on a target: every path, hop by hop, with the guards on the way.
//!
//! Rebuilt from the report alone (entries, sites, calls), so that a fresh scan and a report from disk
//! give the same answer.

mod paths;
mod render;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    model::call::ComponentKind,
    report::{
        json::v1::{Call, Component, Edge, Entry, Report, Site},
        lookup::{self, LookupError},
        view::View,
        why::paths::CodeGraph,
    },
};

pub use self::render::render;

/// The answer.
#[derive(Debug)]
pub struct Explanation<'r> {
    view: View<'r>,
    pub from: &'r Component,
    /// What was asked for, as an id.
    pub to: &'r str,
    /// One link where the service calls the target itself, several across other components, none where no way was seen.
    pub links: Vec<Link<'r>>,
}

/// One dependency on the way.
#[derive(Debug)]
pub struct Link<'r> {
    pub from: &'r str,
    pub to: &'r str,
    /// Absent where a single call was asked for.
    pub edge: Option<&'r Edge>,
    pub calls: Vec<CallPaths<'r>>,
}

/// The paths to one call, shortest first.
#[derive(Debug)]
pub struct CallPaths<'r> {
    pub call: &'r Call,
    pub paths: Vec<CodePath<'r>>,
    /// Paths that were found and are not among [`Self::paths`].
    pub n_more: usize,
    /// False where counting stopped at its bound: there may be still more.
    pub is_exact: bool,
}

/// Entry → site → … → call.
#[derive(Clone, Debug, PartialEq)]
pub struct CodePath<'r> {
    /// `None` where no entry was seen: the path begins at a function without callers.
    pub entry: Option<&'r Entry>,
    /// In order; the last one's callee holds the call. Empty where the entry's handler makes the call itself.
    pub sites: Vec<&'r Site>,
}

/// What the paths lead to.
#[derive(Clone, Copy)]
enum Goal<'r> {
    Component(&'r Component),
    Call(&'r Call),
}

/// Explain why `service` depends on `target`, with at most `limit` paths for each call.
///
/// # Errors
/// When `service` or `target` names nothing, or several things.
pub fn explain<'r>(
    report: &'r Report,
    service: &str,
    target: &str,
    limit: usize,
) -> Result<Explanation<'r>, LookupError> {
    let from = lookup::component(report, service)?;
    let goal = match call_named(report, target) {
        Some(call) => Goal::Call(call),
        None => Goal::Component(lookup::component(report, target)?),
    };
    let view = View::new(report);
    let graph = CodeGraph::new(report);
    let links = match goal {
        Goal::Call(call) => {
            let to = call.target.as_deref().unwrap_or(&call.endpoint);
            vec![Link {
                from: &from.id,
                to,
                edge: None,
                calls: vec![graph.paths(from, call, limit)],
            }]
        }
        Goal::Component(to) => component_links(&view, &graph, from, to, limit),
    };
    let to = match goal {
        Goal::Component(to) => &*to.id,
        Goal::Call(call) => &*call.id,
    };
    Ok(Explanation { view, from, to, links })
}

/// A call by its short id, the beginning of its hash (four characters at least), or `file:line`.
fn call_named<'r>(report: &'r Report, query: &str) -> Option<&'r Call> {
    if let Some(call) = report.calls.iter().find(|call| call.id == *query) {
        return Some(call);
    }
    if let Some((file, line)) = query.rsplit_once(':')
        && let Ok(line) = line.parse::<u32>()
    {
        let covers = |call: &&Call| call.file == *file && call.span.start <= line && line <= call.span.end;
        return report
            .calls
            .iter()
            .filter(covers)
            .min_by_key(|call| call.line.map_or(u32::MAX, |at| at.abs_diff(line)));
    }
    let is_hash = 4 <= query.len() && query.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut fits = report
        .calls
        .iter()
        .filter(|call| is_hash && call.hash.starts_with(query));
    match (fits.next(), fits.next()) {
        (Some(call), None) => Some(call),
        _ => None,
    }
}

fn component_links<'r>(
    view: &View<'r>,
    graph: &CodeGraph<'r>,
    from: &'r Component,
    to: &'r Component,
    limit: usize,
) -> Vec<Link<'r>> {
    let direct = link(view, graph, from, to, limit);
    if !direct.calls.is_empty() {
        return vec![direct];
    }
    let chain = shortest_chain(view.report, &from.id, &to.id);
    chain
        .into_iter()
        .filter_map(|edge| {
            Some(link(
                view,
                graph,
                view.component(&edge.from)?,
                view.component(&edge.to)?,
                limit,
            ))
        })
        .collect()
}

/// The calls of `from` that reach `to`, or lie in `to` where that is a library.
fn link<'r>(view: &View<'r>, graph: &CodeGraph<'r>, from: &'r Component, to: &'r Component, limit: usize) -> Link<'r> {
    let edge = view
        .report
        .edges
        .iter()
        .find(|edge| edge.from == from.id && edge.to == to.id);
    let belongs = |call: &&Call| match from.kind {
        ComponentKind::Library => call.package == from.name,
        _ => call.services.contains(&from.id),
    };
    let reaches = |call: &&Call| match to.kind {
        ComponentKind::Library => call.package == to.name,
        _ => call.target.as_ref() == Some(&to.id),
    };
    let calls = view.report.calls.iter().filter(belongs).filter(reaches);
    let mut calls: Vec<_> = calls.map(|call| graph.paths(from, call, limit)).collect();
    calls.sort_by_key(|paths| paths.paths.first().map_or(usize::MAX, |path| path.sites.len()));
    Link {
        from: &from.id,
        to: &to.id,
        edge,
        calls,
    }
}

/// The edges of the shortest way between two components; empty where there is none.
fn shortest_chain<'r>(report: &'r Report, from: &str, to: &str) -> Vec<&'r Edge> {
    let mut by_source: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    for edge in &report.edges {
        by_source.entry(&edge.from).or_default().push(edge);
    }
    let mut reached_by: BTreeMap<&str, &Edge> = BTreeMap::new();
    let mut seen = BTreeSet::from([from]);
    let mut queue = VecDeque::from([from]);
    while let Some(source) = queue.pop_front() {
        for &edge in by_source.get(source).into_iter().flatten() {
            if seen.insert(&edge.to) {
                reached_by.insert(&edge.to, edge);
                queue.push_back(&edge.to);
            }
        }
    }
    let mut chain = Vec::new();
    let mut end = to;
    while end != from {
        let Some(&edge) = reached_by.get(end) else {
            return Vec::new();
        };
        chain.push(edge);
        end = &edge.from;
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, sample};

    fn answer(service: &str, target: &str, limit: usize) -> String {
        let report = Report::from(&sample::outcome());
        let explanation = explain(&report, service, target, limit).expect("both names are known");
        anstream::adapter::strip_str(&render(&explanation, 120)).to_string()
    }

    #[test]
    fn every_path_shortest_first() {
        let text = answer("checkout", "maps.example.com", 10);
        insta::assert_snapshot!(text, @r##"
        service:checkout → external:maps.example.com
          1 call; 2 paths; timeout on 1 of 2 paths; through library:geo

          c1  GET https://***@maps.example.com/v1?token=***  libs/geo/src/client.rs:41
              reqwest 0.12.9, read, awaited, always; errors propagated, observed nowhere; error status checked
              timeout none; retry none; breaker none; bulkhead none; fallback none

            path 1 of 2, from POST /checkout
              checkout::routes::buy  services/checkout/src/routes.rs:10  → geo::Client::geocode
              geo::Client::geocode   libs/geo/src/client.rs:41           → GET https://***@maps.example.com/v1?token=***

            path 2 of 2, from POST /checkout
              checkout::routes::buy  …s/checkout/src/routes.rs:9  → checkout::quote            timeout 1.5s total, retry 3 tries
              checkout::quote        …s/checkout/src/quote.rs:88  → geo::Client::geocode
              geo::Client::geocode   libs/geo/src/client.rs:41    → GET https://***@maps.exa…
        "##);
    }

    #[test]
    fn the_rest_is_counted() {
        let text = answer("checkout", "maps", 1);
        assert!(text.contains("1 more path,"), "{text}");
        assert!(!text.contains("path 2"), "{text}");
    }

    #[test]
    fn a_report_from_disk_answers_the_same() {
        let report = json::read(&json::print(&Report::from(&sample::outcome()))).expect("it is a report");
        let explanation = explain(&report, "checkout", "maps", 10).expect("both names are known");
        let text = anstream::adapter::strip_str(&render(&explanation, 120)).to_string();
        assert_eq!(text, answer("checkout", "maps", 10));
    }

    #[test]
    fn calls_by_id_hash_and_place() {
        let report = Report::from(&sample::outcome());
        for query in ["c1", "0000000000000029", "libs/geo/src/client.rs:40"] {
            assert_eq!(call_named(&report, query).map(|call| &*call.id), Some("c1"), "{query}");
        }
        assert_eq!(call_named(&report, "0000"), None, "several fit");
    }

    #[test]
    fn a_library_is_explained_by_the_calls_in_it() {
        let report = Report::from(&sample::outcome());
        let explanation = explain(&report, "checkout", "library:geo", 10).expect("both names are known");
        assert_eq!(explanation.links.len(), 1);
        assert!(explanation.links[0].edge.is_some());
    }

    #[test]
    fn no_way_is_an_answer() {
        let text = answer("orders", "maps", 10);
        assert!(
            text.contains("no path from datastore:orders to external:maps.example.com was seen"),
            "{text}"
        );
        assert!(text.contains("service:checkout"), "who does reach it: {text}");
    }
}
