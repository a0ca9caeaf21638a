//! From the pipeline's outcome to the contract: positions become ids, names become cleaned text.

use crate::{
    model::{
        analysis::{self, Analysis},
        finding, guard,
        location::{Evidence, Location, Span},
        outcome::{Outcome, Scan},
        system::{self, ComponentIdx, System},
    },
    report::{json::v1, text::Text},
};

impl From<&Outcome> for v1::Report {
    fn from(outcome: &Outcome) -> Self {
        let ids = Ids::new(&outcome.system);
        let Analysis {
            findings,
            blast_radius,
            failure_domains,
            single_points_of_failure,
            retry_products,
            timeout_budgets,
        } = &outcome.analysis;
        Self {
            schema: Text::new(v1::SCHEMA),
            tool: v1::Tool {
                name: Text::new("failmap"),
                version: Text::new(env!("CARGO_PKG_VERSION")),
            },
            scan: scan(outcome),
            components: outcome
                .system
                .components
                .iter()
                .zip(&ids.components)
                .map(component)
                .collect(),
            entries: outcome.system.entries.iter().map(|entry| ids.entry(entry)).collect(),
            edges: outcome.system.edges.iter().map(|edge| ids.edge(edge)).collect(),
            calls: outcome
                .system
                .calls
                .iter()
                .zip(0..)
                .map(|(call, idx)| ids.call(call, idx))
                .collect(),
            sites: outcome.system.sites.iter().map(site).collect(),
            findings: findings.iter().map(|finding| ids.finding(finding)).collect(),
            blast_radius: blast_radius.iter().map(|radius| ids.blast_radius(radius)).collect(),
            failure_domains: failure_domains
                .iter()
                .map(|domain| ids.failure_domain(domain))
                .collect(),
            single_points_of_failure: single_points_of_failure
                .iter()
                .map(|point| ids.single_point(point))
                .collect(),
            retry_products: retry_products
                .iter()
                .map(|product| ids.retry_product(product))
                .collect(),
            timeout_budgets: timeout_budgets.iter().map(timeout_budget).collect(),
        }
    }
}

/// The ids that stand for positions.
struct Ids {
    components: Vec<Text>,
    entries: Vec<Text>,
}

impl Ids {
    fn new(system: &System) -> Self {
        Self {
            components: system
                .components
                .iter()
                .map(|component| Text::from(&component.id()))
                .collect(),
            entries: system.entries.iter().map(|entry| Text::from(&entry.id)).collect(),
        }
    }

    fn component(&self, idx: ComponentIdx) -> Text {
        self.components[idx as usize].clone()
    }

    fn components(&self, idxs: &[ComponentIdx]) -> Vec<Text> {
        idxs.iter().map(|&idx| self.component(idx)).collect()
    }

    fn entries(&self, idxs: &[u32]) -> Vec<Text> {
        idxs.iter().map(|&idx| self.entries[idx as usize].clone()).collect()
    }

    fn entry(&self, entry: &system::Entry) -> v1::Entry {
        v1::Entry {
            id: Text::from(&entry.id),
            service: self.component(entry.service),
            kind: entry.kind,
            name: Text::from(&entry.name),
            handler: Text::from(&entry.handler),
            tier: entry.tier,
            failure_shows_as: entry.failure_shows_as,
            root: Text::from(&entry.at.root),
            file: Text::new(&entry.at.file),
            line: known(entry.at.line),
        }
    }

    fn edge(&self, edge: &system::Edge) -> v1::Edge {
        v1::Edge {
            from: self.component(edge.from),
            to: self.component(edge.to),
            kind: edge.kind,
            transport: edge.transport,
            matched_by: edge.matched_by,
            confidence: edge.confidence,
            environments: edge.environments.iter().map(Text::from).collect(),
            calls: call_ids(&edge.calls),
            via: self.components(&edge.via),
            coverage: edge.coverage.as_ref().map(|all| v1::EdgeCoverage {
                timeout: coverage(&all.timeout),
                retry: coverage(&all.retry),
                breaker: coverage(&all.breaker),
                bulkhead: coverage(&all.bulkhead),
                fallback: coverage(&all.fallback),
            }),
            evidence: hops(&edge.evidence),
        }
    }

    fn call(&self, call: &system::Call, idx: u32) -> v1::Call {
        v1::Call {
            id: call_id(idx),
            hash: Text::from(&call.hash),
            root: Text::from(&call.at.root),
            file: Text::new(&call.at.file),
            line: known(call.at.line),
            column: known(call.at.column),
            span: lines(call.span),
            language: call.language,
            package: Text::from(&call.package),
            function: Text::from(&call.function),
            services: self.components(&call.services),
            entries: self.entries(&call.entries),
            library: Text::from(&call.library),
            library_version: call.library_version.as_ref().map(Text::from),
            operation: Text::from(&call.operation),
            transport: call.transport,
            effect: call.effect,
            target: call.target.map(|target| self.component(target)),
            endpoint: Text::from(&call.endpoint),
            unresolved: call.unresolved.as_ref().map(Text::from),
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
            failure: v1::Failure {
                handling: call.handling,
                observed: call.observed,
            },
            path: hops(&call.path),
            confidence: call.confidence,
        }
    }

    fn alternative(&self, alternative: &system::Alternative) -> v1::Alternative {
        let v1::Guards {
            timeout,
            retry,
            breaker,
            bulkhead,
            fallback,
        } = guards(&alternative.guards);
        v1::Alternative {
            when: Text::from(&alternative.when),
            timeout,
            retry,
            breaker,
            bulkhead,
            fallback,
            endpoint: Text::from(&alternative.endpoint),
            entries: self.entries(&alternative.entries),
            paths: alternative.n_paths,
            exact: alternative.is_exact,
            witness: hops(&alternative.witness),
        }
    }

    fn finding(&self, finding: &finding::Finding) -> v1::Finding {
        v1::Finding {
            rule: Text::from(&finding.rule),
            level: finding.level,
            confidence: finding.confidence,
            status: finding.status,
            message: Text::from(&finding.message),
            root: Text::from(&finding.at.root),
            file: Text::new(&finding.at.file),
            line: known(finding.at.line),
            component: finding.component.map(|component| self.component(component)),
            call: finding.call.map(call_id),
            path: hops(&finding.path),
            fix: Text::from(&finding.fix),
            hash: Text::from(&finding.hash),
        }
    }

    fn blast_radius(&self, radius: &analysis::BlastRadius) -> v1::BlastRadius {
        let entry = |entry: &analysis::AffectedEntry| v1::AffectedEntry {
            id: self.entries[entry.entry as usize].clone(),
            best: entry.best,
            worst: entry.worst,
            latency_ms: entry.latency_ms,
            slots: entry.slots,
        };
        let affected = |affected: &analysis::Affected| v1::Affected {
            component: self.component(affected.component),
            best: affected.best,
            worst: affected.worst,
            entries: affected.entries.iter().map(entry).collect(),
            path: hops(&affected.path),
        };
        v1::BlastRadius {
            component: self.component(radius.component),
            mode: radius.mode,
            best: state_counts(radius.best),
            worst: state_counts(radius.worst),
            affected: radius.affected.iter().map(affected).collect(),
            depends_on_unknown: call_ids(&radius.depends_on_unknown),
        }
    }

    fn failure_domain(&self, domain: &analysis::FailureDomain) -> v1::FailureDomain {
        v1::FailureDomain {
            shared: self.components(&domain.shared),
            members: self.components(&domain.members),
            why: Text::from(&domain.why),
            cut: call_ids(&domain.cut),
        }
    }

    fn single_point(&self, point: &analysis::SinglePoint) -> v1::SinglePoint {
        v1::SinglePoint {
            component: self.component(point.component),
            mode: point.mode,
            best: point.best,
            worst: point.worst,
            entries: self.entries(&point.entries),
            services: self.components(&point.services),
            path: hops(&point.path),
        }
    }

    fn retry_product(&self, product: &analysis::RetryProduct) -> v1::RetryProduct {
        v1::RetryProduct {
            target: self.component(product.target),
            best: product.best,
            worst: product.worst,
            layers: product.layers.iter().map(retry_layer).collect(),
            path: hops(&product.path),
        }
    }
}

fn scan(outcome: &Outcome) -> v1::Scan {
    let Scan {
        roots,
        n_read,
        n_skipped,
        n_lines,
        by_language,
        dependencies,
        // Only the verdict asks for them.
        clients: _,
        statistics,
    } = &outcome.scan;
    v1::Scan {
        roots: roots
            .iter()
            .map(|root| v1::Root {
                name: Text::from(&root.name),
                revision: root.revision.as_ref().map(Text::from),
            })
            .collect(),
        files: v1::Files {
            read: *n_read,
            skipped: *n_skipped,
            lines: *n_lines,
            by_language: by_language
                .iter()
                .map(|(language, n_files)| (Text::new(language.as_str()), *n_files))
                .collect(),
        },
        dependencies: dependencies
            .iter()
            .map(|dependency| v1::Dependency {
                root: Text::new(&dependency.root),
                checksum: dependency.checksum.as_ref().map(Text::from),
                read: dependency.is_read,
            })
            .collect(),
        blind_spots: outcome
            .problems
            .iter()
            .map(|problem| v1::BlindSpot {
                kind: problem.kind,
                root: Text::from(&problem.at.root),
                file: Text::new(&problem.at.file),
                line: known(problem.at.line),
                reason: Text::from(&problem.reason),
                hides: problem.hides,
            })
            .collect(),
        resolution: v1::Resolution {
            call_expressions: statistics.n_call_expressions,
            internal: statistics.n_internal,
            outside: statistics.n_outside,
            unresolved: statistics.n_unresolved,
            functions: statistics.n_functions,
            largest_cycle: statistics.largest_cycle,
        },
        narrowed_to: Vec::new(),
    }
}

fn component((component, id): (&system::Component, &Text)) -> v1::Component {
    v1::Component {
        id: id.clone(),
        kind: component.kind,
        name: Text::from(&component.name),
        tier: component.tier,
        owner: component.owner.as_ref().map(Text::from),
        aliases: component.aliases.iter().map(Text::from).collect(),
        environments: component.environments.iter().map(Text::from).collect(),
        declared: component.is_declared,
        evidence: hops(&component.evidence),
    }
}

fn site(site: &system::Site) -> v1::Site {
    v1::Site {
        root: Text::from(&site.at.root),
        file: Text::new(&site.at.file),
        line: known(site.at.line),
        column: known(site.at.column),
        span: lines(site.span),
        package: Text::from(&site.package),
        function: Text::from(&site.function),
        callee: Text::from(&site.callee),
        callees: site.callees.iter().map(Text::from).collect(),
        reaches: call_ids(&site.reaches),
        guards: guards(&site.guards),
        local: guards(&site.local),
        condition: site.condition,
        delivery: site.delivery,
        failure: v1::Failure {
            handling: site.handling,
            observed: site.observed,
        },
    }
}

fn timeout_budget(budget: &analysis::TimeoutBudget) -> v1::TimeoutBudget {
    v1::TimeoutBudget {
        caller: call_id(budget.caller),
        budget_ms: budget.budget_ms,
        needed_ms: budget.needed_ms,
        exact: budget.is_exact,
        path: hops(&budget.path),
    }
}

fn guards(guards: &guard::Guards) -> v1::Guards {
    v1::Guards {
        timeout: v1::Timeout {
            state: guards.timeout.state,
            unknown: guards.timeout.unknown.as_ref().map(Text::from),
            parts: guards.timeout.parts.iter().map(timeout_part).collect(),
            bounds_call: guards.timeout.bounds_call,
        },
        retry: v1::Retry {
            state: guards.retry.state,
            unknown: guards.retry.unknown.as_ref().map(Text::from),
            attempts: guards.retry.attempts,
            layers: guards.retry.layers.iter().map(retry_layer).collect(),
        },
        breaker: v1::Breaker {
            state: guards.breaker.state,
            at: guards.breaker.at.as_ref().map(location),
        },
        bulkhead: v1::Bulkhead {
            state: guards.bulkhead.state,
            limit: guards.bulkhead_limit,
            at: guards.bulkhead.at.as_ref().map(location),
        },
        fallback: v1::Fallback {
            state: guards.fallback.state,
            target: guards.fallback_target.as_ref().map(Text::from),
            at: guards.fallback.at.as_ref().map(location),
        },
    }
}

fn timeout_part(part: &guard::TimeoutPart) -> v1::TimeoutPart {
    v1::TimeoutPart {
        scope: part.scope,
        ms: part.limit.map(|limit| limit.0),
        source: part.source,
        at: part.at.as_ref().map(location),
    }
}

fn retry_layer(layer: &guard::RetryPart) -> v1::RetryLayer {
    v1::RetryLayer {
        attempts: layer.attempts,
        unbounded: layer.is_unbounded,
        backoff: layer.backoff,
        jitter: layer.jitter,
        on: layer.on.iter().map(Text::from).collect(),
        idempotent: layer.idempotent,
        source: layer.source,
        at: layer.at.as_ref().map(location),
    }
}

fn coverage(coverage: &system::Coverage) -> v1::Coverage {
    v1::Coverage {
        covered: coverage.covered,
        total: coverage.total,
        undecided: coverage.undecided,
        exact: coverage.is_exact,
        witness: hops(&coverage.witness),
    }
}

fn state_counts(counts: analysis::StateCounts) -> v1::StateCounts {
    v1::StateCounts {
        degraded: counts.degraded,
        failing: counts.failing,
        hanging: counts.hanging,
    }
}

fn call_id(idx: u32) -> Text {
    Text::new(&format!("c{}", u64::from(idx) + 1))
}

fn call_ids(idxs: &[u32]) -> Vec<Text> {
    idxs.iter().map(|&idx| call_id(idx)).collect()
}

fn hops(evidence: &[Evidence]) -> Vec<v1::Hop> {
    evidence
        .iter()
        .map(|evidence| v1::Hop {
            root: Text::from(&evidence.at.root),
            file: Text::new(&evidence.at.file),
            line: known(evidence.at.line),
            column: known(evidence.at.column),
            reason: Text::from(&evidence.reason),
            function: evidence.function.as_ref().map(Text::from),
        })
        .collect()
}

fn location(location: &Location) -> v1::Location {
    v1::Location {
        root: Text::from(&location.root),
        file: Text::new(&location.file),
        line: known(location.line),
        column: known(location.column),
    }
}

fn lines(span: Span) -> v1::Lines {
    v1::Lines {
        start: span.start,
        end: span.end,
    }
}

/// Lines and columns count from 1; the model says 0 for "only the file is known".
fn known(number: u32) -> Option<u32> {
    (0 < number).then_some(number)
}
