//! Enumerates simple paths through the functions of a report, shortest first, within a bound.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
};

use crate::{
    model::call::ComponentKind,
    report::{
        json::v1::{Call, Component, Entry, Report, Site},
        why::{CallPaths, CodePath},
    },
};

/// Partial paths looked at for one call. Their number grows exponentially with the depth of the code;
/// past this bound the answer says "at least".
const MAX_STEPS: usize = 50_000;

/// Functions and the sites between them, by name.
#[derive(Debug)]
pub(super) struct CodeGraph<'r> {
    report: &'r Report,
    sites_of: BTreeMap<&'r str, Vec<&'r Site>>,
    callers_of: BTreeMap<&'r str, Vec<&'r Site>>,
}

/// One partial path; its beginning is found by following `parent`.
struct Partial<'r> {
    function: &'r str,
    site: Option<&'r Site>,
    entry: Option<&'r Entry>,
    parent: Option<usize>,
    length: usize,
}

impl<'r> CodeGraph<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        let mut sites_of: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
        let mut callers_of: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
        for site in &report.sites {
            sites_of.entry(&site.function).or_default().push(site);
            for callee in callees(site) {
                callers_of.entry(callee).or_default().push(site);
            }
        }
        Self {
            report,
            sites_of,
            callers_of,
        }
    }

    /// The paths from the entries of `from` to `call`; without an entry that leads there, from functions without callers.
    pub(super) fn paths(&self, from: &Component, call: &'r Call, limit: usize) -> CallPaths<'r> {
        let distances = self.distances(call);
        let starts = self.starts(from, call, &distances);
        let mut partials: Vec<Partial> = Vec::new();
        let mut queue = BinaryHeap::new();
        for (function, entry) in starts {
            let Some(&distance) = distances.get(function) else {
                continue;
            };
            queue.push(Reverse((distance, partials.len())));
            partials.push(Partial {
                function,
                site: None,
                entry,
                parent: None,
                length: 0,
            });
        }
        let mut found = Vec::new();
        let mut n_found = 0;
        while let Some(Reverse((_, idx))) = queue.pop() {
            if partials[idx].function == &*call.function {
                n_found += 1;
                if found.len() < limit {
                    found.push(complete(&partials, idx));
                }
                continue;
            }
            if MAX_STEPS <= partials.len() {
                queue.push(Reverse((0, idx)));
                break;
            }
            self.extend(idx, call, &distances, &mut partials, &mut queue);
        }
        CallPaths {
            call,
            n_more: n_found - found.len(),
            paths: found,
            is_exact: queue.is_empty(),
        }
    }

    fn extend(
        &self,
        idx: usize,
        call: &Call,
        distances: &BTreeMap<&'r str, usize>,
        partials: &mut Vec<Partial<'r>>,
        queue: &mut BinaryHeap<Reverse<(usize, usize)>>,
    ) {
        let (function, length) = (partials[idx].function, partials[idx].length + 1);
        for &site in self.sites_of.get(function).into_iter().flatten() {
            if !site.reaches.contains(&call.id) {
                continue;
            }
            for callee in callees(site) {
                let Some(&distance) = distances.get(callee) else {
                    continue;
                };
                if is_visited(partials, idx, callee) {
                    continue;
                }
                queue.push(Reverse((length + distance, partials.len())));
                partials.push(Partial {
                    function: callee,
                    site: Some(site),
                    entry: None,
                    parent: Some(idx),
                    length,
                });
            }
        }
    }

    /// Least number of sites between each function and the one that holds the call.
    fn distances(&self, call: &'r Call) -> BTreeMap<&'r str, usize> {
        let mut distances = BTreeMap::from([(&*call.function, 0)]);
        let mut queue = VecDeque::from([&*call.function]);
        while let Some(function) = queue.pop_front() {
            let distance = distances[function] + 1;
            for &site in self.callers_of.get(function).into_iter().flatten() {
                if site.reaches.contains(&call.id) && !distances.contains_key(&*site.function) {
                    distances.insert(&site.function, distance);
                    queue.push_back(&site.function);
                }
            }
        }
        distances
    }

    fn starts(
        &self,
        from: &Component,
        call: &Call,
        distances: &BTreeMap<&'r str, usize>,
    ) -> Vec<(&'r str, Option<&'r Entry>)> {
        if from.kind != ComponentKind::Library {
            let leads_there = |entry: &&Entry| entry.service == from.id && distances.contains_key(&*entry.handler);
            let entries: Vec<_> = self
                .report
                .entries
                .iter()
                .filter(leads_there)
                .map(|entry| (&*entry.handler, Some(entry)))
                .collect();
            if !entries.is_empty() {
                return entries;
            }
        }
        let has_caller = |function: &str| {
            let callers = self.callers_of.get(function);
            callers.is_some_and(|sites| {
                sites
                    .iter()
                    .any(|site| site.reaches.contains(&call.id) && site.function != *function)
            })
        };
        let roots: Vec<_> = distances
            .keys()
            .filter(|function| !has_caller(function))
            .map(|&function| (function, None))
            .collect();
        // A cycle without a way in has no root; every function of it is as good a beginning as any other.
        if roots.is_empty() {
            distances.keys().map(|&function| (function, None)).collect()
        } else {
            roots
        }
    }
}

/// All that the site may call.
fn callees(site: &Site) -> impl Iterator<Item = &str> {
    let single = site.callees.is_empty().then_some(&*site.callee);
    site.callees.iter().map(|callee| &**callee).chain(single)
}

fn is_visited(partials: &[Partial], idx: usize, function: &str) -> bool {
    let mut at = Some(idx);
    while let Some(idx) = at {
        if partials[idx].function == function {
            return true;
        }
        at = partials[idx].parent;
    }
    false
}

fn complete<'r>(partials: &[Partial<'r>], idx: usize) -> CodePath<'r> {
    let mut sites = Vec::new();
    let mut idx = idx;
    loop {
        let partial = &partials[idx];
        sites.extend(partial.site);
        let Some(parent) = partial.parent else {
            sites.reverse();
            return CodePath {
                entry: partial.entry,
                sites,
            };
        };
        idx = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::outcome::Outcome,
        report::sample::{self, site_between},
    };

    /// A report whose only sites are `caller -> callee`, all of which reach the sample's first call.
    fn report(edges: &[(&str, &str)]) -> Report {
        let mut outcome: Outcome = sample::outcome();
        outcome.system.sites = edges
            .iter()
            .zip(1..)
            .map(|((caller, callee), line)| site_between(caller, callee, line))
            .collect();
        Report::from(&outcome)
    }

    fn lines(report: &Report, limit: usize) -> (Vec<String>, usize, bool) {
        let graph = CodeGraph::new(report);
        let from = report
            .components
            .iter()
            .find(|component| component.id == "service:checkout")
            .expect("the service");
        let answer = graph.paths(from, &report.calls[0], limit);
        let line = |path: &CodePath| {
            path.sites
                .iter()
                .map(|site| format!("{}>", site.function))
                .collect::<String>()
        };
        (answer.paths.iter().map(line).collect(), answer.n_more, answer.is_exact)
    }

    const BUY: &str = "checkout::routes::buy";
    const GEOCODE: &str = "geo::Client::geocode";

    #[test]
    fn shortest_first_and_counted() {
        let report = report(&[(BUY, "a"), ("a", "b"), ("b", GEOCODE), (BUY, "b"), (BUY, GEOCODE)]);
        let (paths, n_more, is_exact) = lines(&report, 2);
        assert_eq!(paths, [format!("{BUY}>"), format!("{BUY}>b>")]);
        assert_eq!((n_more, is_exact), (1, true));
    }

    #[test]
    fn cycles_are_walked_once() {
        let report = report(&[(BUY, "a"), ("a", "b"), ("b", "a"), ("b", GEOCODE)]);
        assert_eq!(lines(&report, 9), (vec![format!("{BUY}>a>b>")], 0, true));
    }

    #[test]
    fn without_an_entry_the_path_begins_where_nobody_calls() {
        let report = report(&[("lonely", "a"), ("a", GEOCODE)]);
        assert_eq!(lines(&report, 9), (vec!["lonely>a>".to_owned()], 0, true));
    }

    #[test]
    fn a_ladder_of_many_paths_stays_within_the_bound() {
        let mut edges = vec![(BUY.to_owned(), "n0".to_owned())];
        for rung in 0..40 {
            for side in ["l", "r"] {
                edges.push((format!("n{rung}"), format!("{side}{rung}")));
                edges.push((format!("{side}{rung}"), format!("n{}", rung + 1)));
            }
        }
        edges.push(("n40".to_owned(), GEOCODE.to_owned()));
        let edges: Vec<_> = edges.iter().map(|(caller, callee)| (&**caller, &**callee)).collect();
        let (paths, _, is_exact) = lines(&report(&edges), 3);
        assert!(paths.len() <= 3);
        assert!(!is_exact);
    }
}
