//! The report as Markdown: for pull requests and wikis. Every name of scanned code is quoted.

use std::fmt::Write as _;

use crate::{
    model::{analysis::Mode, call::Transport},
    report::{
        dependency::dependency_rows,
        json::v1::Report,
        text::markdown as quoted,
        view::{View, interval, place, service_share},
    },
};

/// Rows of the risk table at most.
const N_RISKS: usize = 50;
/// Blind spots shown for one kind at most.
const N_SPOTS: usize = 5;

/// The whole page.
#[must_use]
pub fn render(report: &Report) -> String {
    let view = View::new(report);
    let mut out = String::new();
    summary(&mut out, &view);
    risks(&mut out, &view);
    services(&mut out, &view);
    blast(&mut out, &view);
    not_seen(&mut out, &view);
    out
}

/// One table row; cells are quoted already.
fn row(out: &mut String, cells: &[&str]) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn head(out: &mut String, titles: &[&str]) {
    row(out, titles);
    row(out, &vec!["---"; titles.len()]);
}

fn more(out: &mut String, n_all: usize, n_most: usize) {
    if n_most < n_all {
        let _ = writeln!(out, "\n{} more, see `--format json`.", n_all - n_most);
    }
}

fn summary(out: &mut String, view: &View) {
    let scan = &view.report.scan;
    let figures = view.figures();
    let roots: Vec<_> = scan.roots.iter().map(|root| quoted(&root.name)).collect();
    let _ = writeln!(out, "# Failure map of {}\n", roots.join(", "));
    if !scan.narrowed_to.is_empty() {
        let filters: Vec<_> = scan.narrowed_to.iter().map(|filter| quoted(filter)).collect();
        let _ = writeln!(out, "Narrowed to {}.\n", filters.join(", "));
    }
    head(out, &["What", "Count"]);
    let rows = [
        ("files read", scan.files.read),
        ("files skipped", scan.files.skipped),
        ("services", figures.n_services as u64),
        ("libraries", figures.n_libraries as u64),
        ("targets", figures.n_targets as u64),
        ("entries", figures.n_entries as u64),
        ("calls that leave a process", figures.n_calls as u64),
        ("… with a known target", figures.n_calls_resolved as u64),
        ("… without deadline", figures.n_calls_unbounded as u64),
        ("… deadline undecided", figures.n_calls_undecided as u64),
        ("errors", figures.n_errors as u64),
        ("warnings", figures.n_warnings as u64),
        ("advice", figures.n_advice as u64),
        ("accepted findings", figures.n_accepted as u64),
    ];
    for (what, count) in rows {
        row(out, &[what, &count.to_string()]);
    }
}

fn risks(out: &mut String, view: &View) {
    let risks = view.risks();
    out.push_str("\n## Risks\n\n");
    if risks.is_empty() {
        out.push_str("No findings in what was seen. What was not seen is listed below.\n");
        return;
    }
    head(
        out,
        &[
            "Level",
            "Rule",
            "About",
            "N",
            "Services down",
            "Entries",
            "First at",
            "What to do",
        ],
    );
    for risk in risks.iter().take(N_RISKS) {
        let first = risk.findings[0];
        let (down, entries) = match risk.mode {
            Some(mode) if 0 < risk.impact => (
                format!("{} on {}", service_share(view, risk.impact), mode.as_str()),
                risk.n_entries.to_string(),
            ),
            _ => ("-".to_owned(), "-".to_owned()),
        };
        row(
            out,
            &[
                risk.level.as_str(),
                &quoted(risk.rule),
                &quoted(risk.target.unwrap_or("-")),
                &risk.findings.len().to_string(),
                &down,
                &entries,
                &quoted(&place(view.report, &first.root, &first.file, first.line)),
                &quoted(&first.fix),
            ],
        );
    }
    more(out, risks.len(), N_RISKS);
}

fn services(out: &mut String, view: &View) {
    out.push_str("\n## What each service calls\n");
    for service in view.services() {
        let rows = dependency_rows(view, &service.id);
        let n_unresolved = view.unresolved_calls(&service.id).count();
        let _ = writeln!(out, "\n### {}\n", quoted(&service.name));
        if rows.is_empty() && n_unresolved == 0 {
            out.push_str("No external call seen.\n");
            continue;
        }
        if !rows.is_empty() {
            head(
                out,
                &[
                    "Target",
                    "By",
                    "Timeout",
                    "Retry",
                    "Breaker",
                    "Bulkhead",
                    "Fallback",
                    "Timed paths",
                    "If it fails",
                ],
            );
        }
        for dependency in &rows {
            row(
                out,
                &[
                    &quoted(dependency.target),
                    dependency.transport.map_or("-", Transport::as_str),
                    &dependency.timeout,
                    &dependency.retry,
                    dependency.breaker,
                    dependency.bulkhead,
                    dependency.fallback,
                    &dependency.timed_paths,
                    &dependency.when_it_fails,
                ],
            );
        }
        if 0 < n_unresolved {
            let _ = writeln!(out, "\nCalls with unknown target: {n_unresolved}.");
        }
    }
    let n_orphans = view.calls_without_service().len();
    if 0 < n_orphans {
        let _ = writeln!(out, "\nCalls in code that no service was seen to run: {n_orphans}.");
    }
}

fn blast(out: &mut String, view: &View) {
    let radii = view
        .report
        .blast_radius
        .iter()
        .filter(|radius| radius.mode != Mode::Change && !radius.affected.is_empty());
    let radii: Vec<_> = radii.collect();
    if radii.is_empty() {
        return;
    }
    out.push_str("\n## Blast radius\n\n");
    head(out, &["When it fails", "How", "Services"]);
    for radius in radii {
        let services: Vec<_> = radius
            .affected
            .iter()
            .map(|affected| {
                format!(
                    "{} ({})",
                    quoted(&affected.component),
                    interval(affected.best, affected.worst)
                )
            })
            .collect();
        row(
            out,
            &[&quoted(&radius.component), radius.mode.as_str(), &services.join(", ")],
        );
    }
}

fn not_seen(out: &mut String, view: &View) {
    out.push_str("\n## Not seen\n\nNone of this counts as safe.\n\n");
    let ledger = view.ledger();
    if ledger.is_empty() {
        out.push_str("The ledger of blind spots is empty.\n");
        return;
    }
    head(out, &["Kind", "Hides", "Where", "Why"]);
    for kind in &ledger {
        for spot in kind.spots.iter().take(N_SPOTS) {
            row(
                out,
                &[
                    kind.kind.as_str(),
                    &spot.hides.to_string(),
                    &quoted(&place(view.report, &spot.root, &spot.file, spot.line)),
                    &quoted(&spot.reason),
                ],
            );
        }
        if N_SPOTS < kind.spots.len() {
            row(
                out,
                &[
                    kind.kind.as_str(),
                    "",
                    &format!("{} more places", kind.spots.len() - N_SPOTS),
                    "",
                ],
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_whole_page() {
        let page = render(&Report::from(&sample::outcome()));
        insta::assert_snapshot!(page, @r##"
        # Failure map of shop

        | What | Count |
        | --- | --- |
        | files read | 12 |
        | files skipped | 2 |
        | services | 1 |
        | libraries | 1 |
        | targets | 3 |
        | entries | 1 |
        | calls that leave a process | 3 |
        | … with a known target | 3 |
        | … without deadline | 2 |
        | … deadline undecided | 0 |
        | errors | 1 |
        | warnings | 1 |
        | advice | 0 |
        | accepted findings | 0 |

        ## Risks

        | Level | Rule | About | N | Services down | Entries | First at | What to do |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | error | call-without-timeout | external:maps.example.com | 1 | 1 of 1 on hang | 1 | libs/geo/src/client.rs:41 | set a timeout on the client |
        | warn | failure-swallowed | external:evil"&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}\[31m\|\`x\`\\N | 1 | - | - | services/checkout/src/evil.rs:5 | handle the error |

        ## What each service calls

        ### checkout

        | Target | By | Timeout | Retry | Breaker | Bulkhead | Fallback | Timed paths | If it fails |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | external:maps.example.com | http | none | none | none | none | none | 1 of 2 | degraded to hanging |
        | datastore:orders | http | 1.5s total | 3 tries | none | none | none | 1 of 1 | degraded to failing |
        | external:evil"&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}\[31m\|\`x\`\\N | http | none | none | none | none | none | 0 of 1 | - |

        ## Blast radius

        | When it fails | How | Services |
        | --- | --- | --- |
        | datastore:orders | error | service:checkout (degraded to failing) |
        | external:maps.example.com | error | service:checkout (degraded to failing) |
        | external:maps.example.com | hang | service:checkout (degraded to hanging) |

        ## Not seen

        None of this counts as safe.

        | Kind | Hides | Where | Why |
        | --- | --- | --- | --- |
        | unresolved-target | 41 | services/checkout/src/evil.rs:9 | the host comes from a request\\u{1b}\[2J |
        "##);
    }
}
