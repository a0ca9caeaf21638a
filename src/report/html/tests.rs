//! The page as a whole: what must be in it, what must not, and how big it may get.

use std::collections::BTreeSet;

use crate::model::{
    analysis::{BlastRadius, Mode},
    call::{ComponentKind, EntryKind},
    outcome::{Outcome, Scan, ScannedRoot},
    problem::ProblemKind,
    system::{EdgeKind, System},
};

use super::{html, sample};

fn page(outcome: &Outcome) -> String {
    html(outcome).expect("templates render whatever the outcome is")
}

/// The values of an attribute, in page order.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    page.split(opening.as_str())
        .skip(1)
        .filter_map(|it| it.split('"').next())
        .collect()
}

/// The page without its own style and script.
fn body(page: &str) -> &str {
    page.split_once("<body").expect("a page has a body").1
}

#[track_caller]
fn check_structure(page: &str) {
    let body = body(page);
    let ids = attributes(body, "id");
    let unique: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id occurs twice: {ids:?}");
    for href in attributes(page, "href") {
        let anchor = href
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{href} leaves the page"));
        assert!(unique.contains(anchor), "{href} points nowhere");
    }
    assert!(attributes(page, "src").is_empty(), "the page loads something");
    for reference in attributes(page, "aria-labelledby")
        .into_iter()
        .chain(attributes(page, "aria-describedby"))
    {
        assert!(unique.contains(reference), "{reference} labels nothing");
    }
    for tag in [
        "table", "tr", "td", "th", "tbody", "details", "summary", "section", "div", "ul", "ol", "li", "dl", "p", "svg",
        "a",
    ] {
        let n_open = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
        assert_eq!(n_open, body.matches(&format!("</{tag}>")).count(), "unbalanced <{tag}>");
    }
    assert_eq!(
        body.matches("<table").count(),
        body.matches("<caption").count(),
        "a table lacks its caption"
    );
    assert!(!body.contains("<th>"), "a header cell lacks its scope");
    assert_eq!(
        attributes(page, "style"),
        Vec::<&str>::new(),
        "the page's own policy forbids style attributes"
    );
}

#[test]
fn the_story_is_told() {
    let page = page(&sample::shop());
    check_structure(&page);
    for said in [
        "How shop fails",
        "4fc0cfb2a1d97e3355aa01c2b8d6f7e0912c44de",
        "2 findings at level error.",
        "If maps.example.com stops answering, up to 2 of 4 services stop working.",
        "92 % of the call expressions were resolved, 1 call has no known target, the timeout of 2 calls could not be decided, and the ledger holds 5 blind spots.",
        "What checkout calls, and how each call is guarded",
        "Who calls maps.example.com, through which libraries, and how each call is guarded",
        "What takes checkout down",
        "What happens when maps.example.com fails or changes",
        "none of 3 paths",
        "2 of 3 paths",
        "Shortest path without a timeout:",
        "libs/geo/src/client.rs:41",
        "failmap why service:checkout external:maps.example.com",
        "failmap blast external:maps.example.com",
        "failmap explain call-without-timeout",
        "set a total timeout on the client in geo::Client::new",
        "3 tries, exponential backoff, jitter, on connect, 5xx (wrapper)",
        "30 s acquire, call not bounded",
        "the URL comes from a database row",
        "Single points of failure",
        "at least 7.5 s",
        "dep:cargo/geocoder-sdk@0.3.1",
    ] {
        assert!(page.contains(said), "the page does not say {said:?}");
    }
}

#[test]
fn two_findings_about_one_target_are_one_risk() {
    let page = page(&sample::shop());
    let risks = page
        .split_once("Risks, the worst first")
        .expect("a risk table")
        .1
        .split_once("</table>")
        .expect("its end")
        .0;
    assert_eq!(risks.matches(" data-filter").count(), 4);
    let first = risks.split("<tr data-filter>").nth(1).expect("a first risk");
    assert!(
        first.contains("maps.example.com") && first.contains("2 services failing or hanging"),
        "{first}"
    );
    assert!(
        first.contains("logistics, payments"),
        "the owners of both services: {first}"
    );
}

#[test]
fn waived_findings_are_listed_apart() {
    let page = page(&sample::shop());
    let accepted = page
        .split_once("Accepted findings: 1 waived")
        .expect("the accepted findings")
        .1;
    assert!(accepted.contains("INSERT orders has no statement timeout"));
}

#[test]
fn credentials_are_not_shown() {
    let page = page(&sample::shop());
    assert!(page.contains("***@sessions:6379") && !page.contains("hunter2"));
}

#[test]
fn the_same_outcome_gives_the_same_bytes() {
    assert_eq!(page(&sample::shop()), page(&sample::shop()));
}

/// Every text of the outcome replaced by one that attacks the page.
fn hostile() -> Outcome {
    let mut outcome = sample::shop();
    let text = || sample::HOSTILE.to_owned();
    for component in &mut outcome.system.components {
        component.name = format!("{}{}", component.name, sample::HOSTILE).into();
        component.owner = Some(text().into());
        component.aliases = vec![text().into()];
    }
    for entry in &mut outcome.system.entries {
        (entry.name, entry.handler, entry.id) = (text().into(), text().into(), text().into());
        entry.at.file = text().into();
    }
    for call in &mut outcome.system.calls {
        (call.endpoint, call.unresolved) = (text(), Some(text()));
        (call.function, call.operation, call.library, call.package) =
            (text().into(), text().into(), text().into(), text().into());
        call.hash = text().into();
        call.at.file = text().into();
        for hop in &mut call.path {
            (hop.reason, hop.function) = (text(), Some(text().into()));
        }
        for alternative in &mut call.alternatives {
            alternative.when = text();
        }
    }
    for finding in &mut outcome.analysis.findings {
        (finding.message, finding.fix, finding.rule) = (text(), text(), text().into());
    }
    for domain in &mut outcome.analysis.failure_domains {
        domain.why = text();
    }
    for problem in &mut outcome.problems {
        problem.reason = text();
        problem.at.root = text().into();
    }
    outcome.scan.roots = vec![ScannedRoot {
        name: text().into(),
        revision: Some(text().into()),
    }];
    outcome
}

#[test]
fn hostile_texts_stay_texts() {
    let page = page(&hostile());
    check_structure(&page);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("<img") && !page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert!(page.contains("&#60;script&#62;"), "the text itself is still readable");
}

#[test]
fn positions_that_point_nowhere_are_skipped() {
    let mut outcome = sample::shop();
    for edge in &mut outcome.system.edges {
        edge.calls.push(9_999);
        edge.via.push(9_999);
    }
    outcome
        .system
        .edges
        .push(sample::edge(9_999, 1, EdgeKind::Calls, &[], &[]));
    outcome
        .system
        .edges
        .push(sample::edge(1, 9_999, EdgeKind::Calls, &[], &[]));
    outcome.system.calls[0].target = Some(9_999);
    outcome.system.entries[0].service = 9_999;
    outcome.analysis.findings[0].call = Some(9_999);
    outcome.analysis.timeout_budgets[0].caller = 9_999;
    outcome.analysis.single_points_of_failure[0].entries = vec![9_999];
    outcome.analysis.blast_radius.push(BlastRadius {
        component: 9_999,
        ..outcome.analysis.blast_radius[0].clone()
    });
    check_structure(&page(&outcome));
}

#[test]
fn nothing_seen_is_not_called_clean() {
    let page = page(&Outcome::default());
    check_structure(&page);
    assert!(page.contains("No file was read, so this report says nothing about the system."));
}

#[test]
fn a_blind_scan_without_findings_is_not_called_clean() {
    let mut outcome = Outcome {
        scan: sample::shop().scan,
        ..Outcome::default()
    };
    outcome.scan.statistics.n_unresolved = 39_000;
    outcome.scan.statistics.n_internal = 1_000;
    outcome.scan.statistics.n_outside = 1_220;
    assert!(page(&outcome).contains("too little was understood to conclude anything from it"));
    outcome.scan.statistics.n_outside = 40_220;
    assert!(page(&outcome).contains("In what was seen, no rule at level error or warn applies."));
}

/// A system of `n_services` services and as many targets, each service calling ten of them.
fn large(n_services: u32) -> Outcome {
    let mut outcome = Outcome {
        scan: Scan {
            n_read: 1,
            ..sample::shop().scan
        },
        ..Outcome::default()
    };
    let System {
        components,
        entries,
        edges,
        calls,
        ..
    } = &mut outcome.system;
    for idx in 0..n_services {
        components.push(sample::component(
            ComponentKind::External,
            &format!("api{idx}.example.com"),
            None,
            "team",
        ));
    }
    for idx in 0..n_services {
        let name = format!("service{idx}");
        components.push(sample::component(ComponentKind::Service, &name, None, "team"));
        entries.push(sample::entry(
            n_services + idx,
            &name,
            EntryKind::Http,
            "GET /",
            "service::routes::home",
        ));
        for step in 0..20 {
            let target = (idx * 7 + step * step) % n_services;
            let position = u32::try_from(calls.len()).expect("a test's calls are few");
            let mut call = sample::call(
                &format!("{position:016x}"),
                "src/client.rs",
                position,
                "service::client::get",
                Some(target),
                sample::unguarded(),
            );
            call.services = vec![n_services + idx];
            call.path = (0..8)
                .map(|it| {
                    sample::hop(
                        "services/one/src/some/module.rs",
                        it,
                        "one::some::module::function",
                        "calls another::function",
                    )
                })
                .collect();
            calls.push(call);
            edges.push(sample::edge(
                n_services + idx,
                target,
                EdgeKind::Calls,
                &[position],
                &[],
            ));
        }
    }
    let radii = sample::shop().analysis.blast_radius;
    for idx in 0..n_services * 2 {
        for mode in [Mode::Error, Mode::Hang, Mode::Overload] {
            let affected = (0..40).map(|it| crate::model::analysis::Affected {
                component: n_services + it % n_services,
                ..radii[0].affected[0].clone()
            });
            outcome
                .analysis
                .blast_radius
                .push(sample::radius(idx, mode, affected.collect()));
        }
    }
    outcome.problems = (0..5_000)
        .map(|it| sample::problem(ProblemKind::UnresolvedCall, "src/lib.rs", it, "no such method", 1))
        .collect();
    outcome
}

#[test]
fn two_hundred_components_and_two_thousand_calls_fit_into_a_few_megabytes() {
    let outcome = large(100);
    assert_eq!(
        (outcome.system.components.len(), outcome.system.calls.len()),
        (200, 2_000)
    );
    let large_page = page(&outcome);
    // Far more edges than a real system of that size has: each service calls twenty targets.
    assert!(large_page.len() < 10_000_000, "{} bytes", large_page.len());
    assert!(
        large_page.contains("4975 more in report.json"),
        "the ledger is cut, and says so"
    );
    let page = page(&large(12));
    check_structure(&page);
}

/// Writes the pages that a person looks at: `cargo test --lib html -- --ignored`, then open `target/report-sample/*.html`.
#[test]
#[ignore = "writes files for looking at"]
#[allow(
    clippy::disallowed_methods,
    reason = "writes pages for a person, outside every report"
)]
fn write_samples() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-sample");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    for (name, outcome) in [
        ("shop", sample::shop()),
        ("hostile", hostile()),
        ("large", large(200)),
        ("empty", Outcome::default()),
    ] {
        std::fs::write(folder.join(name).with_extension("html"), page(&outcome)).expect("the sample can be written");
    }
}
