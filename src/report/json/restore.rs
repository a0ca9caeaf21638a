//! From the contract back to an outcome: ids become positions again. What a narrowed report no longer
//! holds is left out of the lists that named it.
//!
//! For formats that are functions of an outcome, so that they show a narrowed report, or one from disk.

use std::collections::BTreeMap;

use crate::{
    model::{
        Name,
        analysis::{self, Analysis},
        finding, guard,
        location::{Evidence, Location, Span},
        outcome::{Outcome, Scan, ScannedDependency, ScannedRoot},
        problem::Problem,
        program::Statistics,
        system::{self, System},
        term::Millis,
    },
    report::{json::v1, text::Text},
};

impl From<&v1::Report> for Outcome {
    fn from(report: &v1::Report) -> Self {
        let positions = Positions::new(report);
        let findings = report.findings.iter().map(|finding| positions.finding(finding));
        let radii = report
            .blast_radius
            .iter()
            .filter_map(|radius| positions.blast_radius(radius));
        let domains = report
            .failure_domains
            .iter()
            .map(|domain| positions.failure_domain(domain));
        let points = report
            .single_points_of_failure
            .iter()
            .filter_map(|point| positions.single_point(point));
        let products = report
            .retry_products
            .iter()
            .filter_map(|product| positions.retry_product(product));
        let budgets = report
            .timeout_budgets
            .iter()
            .filter_map(|budget| positions.timeout_budget(budget));
        Self {
            scan: scan(&report.scan),
            system: System {
                components: report.components.iter().map(component).collect(),
                entries: report
                    .entries
                    .iter()
                    .filter_map(|entry| positions.entry(entry))
                    .collect(),
                edges: report.edges.iter().filter_map(|edge| positions.edge(edge)).collect(),
                calls: report.calls.iter().map(|call| positions.call(call)).collect(),
                sites: report.sites.iter().map(|site| positions.site(site)).collect(),
            },
            analysis: Analysis {
                findings: findings.collect(),
                blast_radius: radii.collect(),
                failure_domains: domains.collect(),
                single_points_of_failure: points.collect(),
                retry_products: products.collect(),
                timeout_budgets: budgets.collect(),
            },
            problems: report.scan.blind_spots.iter().map(problem).collect(),
        }
    }
}

/// Where each id stands.
struct Positions<'r> {
    components: BTreeMap<&'r str, u32>,
    entries: BTreeMap<&'r str, u32>,
    calls: BTreeMap<&'r str, u32>,
}

impl<'r> Positions<'r> {
    fn new(report: &'r v1::Report) -> Self {
        let components: BTreeMap<_, _> = report
            .components
            .iter()
            .map(|component| &*component.id)
            .zip(0..)
            .collect();
        // An entry without its service has no place in a system, so it takes no position either.
        let entries = report
            .entries
            .iter()
            .filter(|entry| components.contains_key(&*entry.service));
        let entries = entries.map(|entry| &*entry.id).zip(0..).collect();
        Self {
            components,
            entries,
            calls: report.calls.iter().map(|call| &*call.id).zip(0..).collect(),
        }
    }

    fn component(&self, id: &Text) -> Option<u32> {
        self.components.get(&**id).copied()
    }

    fn components(&self, ids: &[Text]) -> Vec<u32> {
        ids.iter().filter_map(|id| self.component(id)).collect()
    }

    fn entries(&self, ids: &[Text]) -> Vec<u32> {
        ids.iter().filter_map(|id| self.entries.get(&**id).copied()).collect()
    }

    fn calls(&self, ids: &[Text]) -> Vec<u32> {
        ids.iter().filter_map(|id| self.calls.get(&**id).copied()).collect()
    }

    fn entry(&self, entry: &v1::Entry) -> Option<system::Entry> {
        Some(system::Entry {
            id: entry.id.name(),
            service: self.component(&entry.service)?,
            kind: entry.kind,
            name: entry.name.name(),
            handler: entry.handler.name(),
            tier: entry.tier,
            failure_shows_as: entry.failure_shows_as,
            at: place(&entry.root, &entry.file, entry.line, None),
        })
    }

    fn edge(&self, edge: &v1::Edge) -> Option<system::Edge> {
        Some(system::Edge {
            from: self.component(&edge.from)?,
            to: self.component(&edge.to)?,
            kind: edge.kind,
            transport: edge.transport,
            matched_by: edge.matched_by,
            confidence: edge.confidence,
            environments: names(&edge.environments),
            calls: self.calls(&edge.calls),
            via: self.components(&edge.via),
            coverage: edge.coverage.as_ref().map(|all| system::EdgeCoverage {
                timeout: coverage(&all.timeout),
                retry: coverage(&all.retry),
                breaker: coverage(&all.breaker),
                bulkhead: coverage(&all.bulkhead),
                fallback: coverage(&all.fallback),
            }),
            evidence: evidence(&edge.evidence),
        })
    }

    fn call(&self, call: &v1::Call) -> system::Call {
        system::Call {
            hash: call.hash.name(),
            at: place(&call.root, &call.file, call.line, call.column),
            span: span(call.span, call.line, call.column),
            language: call.language,
            package: call.package.name(),
            function: call.function.name(),
            services: self.components(&call.services),
            entries: self.entries(&call.entries),
            library: call.library.name(),
            library_version: call.library_version.as_ref().map(Text::name),
            operation: call.operation.name(),
            transport: call.transport,
            effect: call.effect,
            target: call.target.as_ref().and_then(|target| self.component(target)),
            endpoint: call.endpoint.to_string(),
            unresolved: call.unresolved.as_ref().map(Text::to_string),
            condition: call.condition,
            phase: call.phase,
            delivery: call.delivery,
            status: call.status,
            guards: guards(&call.guards),
            alternatives: call
                .alternatives
                .iter()
                .map(|alternative| self.alternative(alternative))
                .collect(),
            handling: call.failure.handling,
            observed: call.failure.observed,
            client_made: None,
            path: evidence(&call.path),
            // Only detectors ask, and a report holds their findings already.
            is_named: true,
            confidence: call.confidence,
        }
    }

    fn alternative(&self, alternative: &v1::Alternative) -> system::Alternative {
        system::Alternative {
            when: alternative.when.to_string(),
            guards: guards(&alternative.guards()),
            endpoint: alternative.endpoint.to_string(),
            entries: self.entries(&alternative.entries),
            n_paths: alternative.paths,
            is_exact: alternative.exact,
            witness: evidence(&alternative.witness),
        }
    }

    fn site(&self, site: &v1::Site) -> system::Site {
        system::Site {
            at: place(&site.root, &site.file, site.line, site.column),
            span: span(site.span, site.line, site.column),
            function: site.function.name(),
            package: site.package.name(),
            callee: site.callee.name(),
            callees: names(&site.callees),
            reaches: self.calls(&site.reaches),
            guards: guards(&site.guards),
            local: guards(&site.local),
            condition: site.condition,
            delivery: site.delivery,
            handling: site.failure.handling,
            observed: site.failure.observed,
        }
    }

    fn finding(&self, finding: &v1::Finding) -> finding::Finding {
        finding::Finding {
            rule: finding.rule.name(),
            level: finding.level,
            confidence: finding.confidence,
            status: finding.status,
            message: finding.message.to_string(),
            at: place(&finding.root, &finding.file, finding.line, None),
            component: finding
                .component
                .as_ref()
                .and_then(|component| self.component(component)),
            call: finding.call.as_ref().and_then(|call| self.calls.get(&**call).copied()),
            path: evidence(&finding.path),
            fix: finding.fix.to_string(),
            hash: finding.hash.name(),
        }
    }

    fn blast_radius(&self, radius: &v1::BlastRadius) -> Option<analysis::BlastRadius> {
        let entry = |entry: &v1::AffectedEntry| {
            Some(analysis::AffectedEntry {
                entry: self.entries.get(&*entry.id).copied()?,
                best: entry.best,
                worst: entry.worst,
                latency_ms: entry.latency_ms,
                slots: entry.slots,
            })
        };
        let affected = |affected: &v1::Affected| {
            Some(analysis::Affected {
                component: self.component(&affected.component)?,
                best: affected.best,
                worst: affected.worst,
                entries: affected.entries.iter().filter_map(entry).collect(),
                path: evidence(&affected.path),
            })
        };
        Some(analysis::BlastRadius {
            component: self.component(&radius.component)?,
            mode: radius.mode,
            best: state_counts(radius.best),
            worst: state_counts(radius.worst),
            affected: radius.affected.iter().filter_map(affected).collect(),
            depends_on_unknown: self.calls(&radius.depends_on_unknown),
        })
    }

    fn failure_domain(&self, domain: &v1::FailureDomain) -> analysis::FailureDomain {
        analysis::FailureDomain {
            shared: self.components(&domain.shared),
            members: self.components(&domain.members),
            why: domain.why.to_string(),
            cut: self.calls(&domain.cut),
        }
    }

    fn single_point(&self, point: &v1::SinglePoint) -> Option<analysis::SinglePoint> {
        Some(analysis::SinglePoint {
            component: self.component(&point.component)?,
            mode: point.mode,
            best: point.best,
            worst: point.worst,
            entries: self.entries(&point.entries),
            services: self.components(&point.services),
            path: evidence(&point.path),
        })
    }

    fn retry_product(&self, product: &v1::RetryProduct) -> Option<analysis::RetryProduct> {
        Some(analysis::RetryProduct {
            target: self.component(&product.target)?,
            best: product.best,
            worst: product.worst,
            layers: product.layers.iter().map(retry_layer).collect(),
            path: evidence(&product.path),
        })
    }

    fn timeout_budget(&self, budget: &v1::TimeoutBudget) -> Option<analysis::TimeoutBudget> {
        Some(analysis::TimeoutBudget {
            caller: self.calls.get(&*budget.caller).copied()?,
            budget_ms: budget.budget_ms,
            needed_ms: budget.needed_ms,
            is_exact: budget.exact,
            path: evidence(&budget.path),
        })
    }
}

fn scan(scan: &v1::Scan) -> Scan {
    let root = |root: &v1::Root| ScannedRoot {
        name: root.name.name(),
        revision: root.revision.as_ref().map(Text::name),
    };
    let dependency = |dependency: &v1::Dependency| ScannedDependency {
        root: (&*dependency.root).into(),
        checksum: dependency.checksum.as_ref().map(Text::name),
        is_read: dependency.read,
    };
    let files = &scan.files;
    // A language that this version does not know is counted under no language.
    let by_language = files.by_language.iter().filter_map(|(name, &n_files)| {
        let language = serde_json::from_value(serde_json::Value::from(&**name)).ok()?;
        Some((language, n_files))
    });
    let mut by_language: Vec<_> = by_language.collect();
    by_language.sort();
    Scan {
        roots: scan.roots.iter().map(root).collect(),
        n_read: files.read,
        n_skipped: files.skipped,
        n_lines: files.lines,
        by_language,
        dependencies: scan.dependencies.iter().map(dependency).collect(),
        clients: Vec::new(),
        statistics: Statistics {
            n_call_expressions: scan.resolution.call_expressions,
            n_internal: scan.resolution.internal,
            n_outside: scan.resolution.outside,
            n_unresolved: scan.resolution.unresolved,
            largest_cycle: scan.resolution.largest_cycle,
            n_functions: scan.resolution.functions,
        },
    }
}

fn problem(spot: &v1::BlindSpot) -> Problem {
    Problem {
        kind: spot.kind,
        at: place(&spot.root, &spot.file, spot.line, None),
        reason: spot.reason.to_string(),
        hides: spot.hides,
    }
}

fn component(component: &v1::Component) -> system::Component {
    system::Component {
        kind: component.kind,
        name: component.name.name(),
        tier: component.tier,
        owner: component.owner.as_ref().map(Text::name),
        aliases: names(&component.aliases),
        environments: names(&component.environments),
        evidence: evidence(&component.evidence),
        is_declared: component.declared,
    }
}

fn guards(guards: &v1::Guards) -> guard::Guards {
    let v1::Guards {
        timeout,
        retry,
        breaker,
        bulkhead,
        fallback,
    } = guards;
    let part = |part: &v1::TimeoutPart| guard::TimeoutPart {
        scope: part.scope,
        limit: part.ms.map(Millis),
        source: part.source,
        at: part.at.as_ref().map(location),
    };
    let presence = |state, at: &Option<v1::Location>| guard::Presence {
        state,
        at: at.as_ref().map(location),
    };
    guard::Guards {
        timeout: guard::Timeout {
            state: timeout.state,
            unknown: timeout.unknown.as_ref().map(Text::name),
            parts: timeout.parts.iter().map(part).collect(),
            bounds_call: timeout.bounds_call,
        },
        retry: guard::Retry {
            state: retry.state,
            unknown: retry.unknown.as_ref().map(Text::name),
            attempts: retry.attempts,
            layers: retry.layers.iter().map(retry_layer).collect(),
        },
        breaker: presence(breaker.state, &breaker.at),
        bulkhead: presence(bulkhead.state, &bulkhead.at),
        bulkhead_limit: bulkhead.limit,
        fallback: presence(fallback.state, &fallback.at),
        fallback_target: fallback.target.as_ref().map(Text::name),
    }
}

fn retry_layer(layer: &v1::RetryLayer) -> guard::RetryPart {
    guard::RetryPart {
        attempts: layer.attempts,
        is_unbounded: layer.unbounded,
        backoff: layer.backoff,
        jitter: layer.jitter,
        on: names(&layer.on),
        idempotent: layer.idempotent,
        source: layer.source,
        at: layer.at.as_ref().map(location),
    }
}

fn coverage(coverage: &v1::Coverage) -> system::Coverage {
    system::Coverage {
        covered: coverage.covered,
        total: coverage.total,
        undecided: coverage.undecided,
        is_exact: coverage.exact,
        witness: evidence(&coverage.witness),
    }
}

fn state_counts(counts: v1::StateCounts) -> analysis::StateCounts {
    analysis::StateCounts {
        degraded: counts.degraded,
        failing: counts.failing,
        hanging: counts.hanging,
    }
}

fn names(texts: &[Text]) -> Vec<Name> {
    texts.iter().map(Text::name).collect()
}

fn evidence(hops: &[v1::Hop]) -> Vec<Evidence> {
    let evidence = |hop: &v1::Hop| Evidence {
        at: place(&hop.root, &hop.file, hop.line, hop.column),
        reason: hop.reason.to_string(),
        function: hop.function.as_ref().map(Text::name),
    };
    hops.iter().map(evidence).collect()
}

fn location(location: &v1::Location) -> Location {
    place(&location.root, &location.file, location.line, location.column)
}

fn place(root: &Text, file: &Text, line: Option<u32>, column: Option<u32>) -> Location {
    Location {
        root: root.name(),
        file: (&**file).into(),
        line: line.unwrap_or(0),
        column: column.unwrap_or(0),
    }
}

fn span(lines: v1::Lines, line: Option<u32>, column: Option<u32>) -> Span {
    Span {
        line: line.unwrap_or(0),
        column: column.unwrap_or(0),
        start: lines.start,
        end: lines.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        json::v1::Report,
        narrow::{Filter, narrow},
        sample,
    };

    #[test]
    fn there_and_back_gives_the_same_report() {
        let report = Report::from(&sample::outcome());
        assert_eq!(Report::from(&Outcome::from(&report)), report);
    }

    #[test]
    fn a_narrowed_report_keeps_its_own_lists_consistent() {
        let filter = Filter {
            packages: vec!["none".to_owned()],
            ..Filter::default()
        };
        let report = narrow(Report::from(&sample::outcome()), &filter).expect("the filter is well-formed");
        let outcome = Outcome::from(&report);
        assert!(outcome.system.calls.is_empty());
        // Converting again looks up every position.
        let again = Report::from(&outcome);
        assert_eq!(again.components, report.components);
    }
}
