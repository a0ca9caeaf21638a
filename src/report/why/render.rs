//! The answer of `failmap why` for people at a terminal.

use std::{collections::BTreeSet, fmt::Write as _};

use anstyle::{AnsiColor, Style};

use crate::{
    model::{
        call::Handling,
        guard::{PresenceState, RetryState, TimeoutState},
    },
    report::{
        json::v1::{Call, Guards, Site},
        table::{Cell, Fit, Table},
        terminal::count,
        view::{coverage_words, place, presence_word, retry_words, timeout_words},
        why::{CallPaths, CodePath, Explanation, Link},
    },
};

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GUARD: Style = AnsiColor::Green.on_default();

/// The answer, at most `width` columns wide where the content allows it. Holds ANSI colours.
#[must_use]
pub fn render(explanation: &Explanation, width: usize) -> String {
    let mut page = Page {
        explanation,
        width,
        out: String::new(),
    };
    page.line(format_args!(
        "{HEADING}{} → {}{HEADING:#}",
        explanation.from.id, explanation.to
    ));
    if explanation.links.is_empty() {
        page.no_way();
    }
    if 1 < explanation.links.len() {
        let chain: Vec<_> = explanation.links.iter().map(|link| link.to).collect();
        page.line(format_args!(
            "  not called directly; the shortest way is {} → {}",
            explanation.from.id,
            chain.join(" → ")
        ));
    }
    for link in &explanation.links {
        page.link(link);
    }
    page.out
}

struct Page<'e> {
    explanation: &'e Explanation<'e>,
    width: usize,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, text: std::fmt::Arguments) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{text}");
    }

    fn no_way(&mut self) {
        let view = &self.explanation.view;
        let (from, to) = (&self.explanation.from.id, self.explanation.to);
        self.line(format_args!("  no path from {from} to {to} was seen"));
        let mut reached_from: BTreeSet<&str> = view
            .calls_to(to)
            .iter()
            .flat_map(|call| &call.services)
            .map(|id| &**id)
            .collect();
        reached_from.extend(
            view.report
                .edges
                .iter()
                .filter(|edge| edge.to == *to)
                .map(|edge| &*edge.from),
        );
        if !reached_from.is_empty() {
            let names: Vec<_> = reached_from.into_iter().collect();
            self.line(format_args!("  it is reached from {}", names.join(", ")));
        }
        let n_unresolved = view.unresolved_calls(from).count();
        if 0 < n_unresolved {
            let calls = count(n_unresolved as u64, "call", "calls");
            self.line(format_args!("  {calls} of {from} with unknown target may lead there"));
        }
    }

    fn link(&mut self, link: &Link) {
        let n_paths: usize = link.calls.iter().map(|paths| paths.paths.len() + paths.n_more).sum();
        let is_exact = link.calls.iter().all(|paths| paths.is_exact);
        let bound = if is_exact { "" } else { "at least " };
        let mut facts = vec![
            count(link.calls.len() as u64, "call", "calls"),
            format!("{bound}{}", count(n_paths as u64, "path", "paths")),
        ];
        if let Some(edge) = link.edge {
            if let Some(coverage) = &edge.coverage {
                let timed = &coverage.timeout;
                let words = coverage_words(timed.covered, timed.total, timed.undecided, timed.exact);
                facts.push(format!("timeout on {words} paths"));
            }
            if !edge.via.is_empty() {
                let via: Vec<_> = edge.via.iter().map(|library| &**library).collect();
                facts.push(format!("through {}", via.join(", ")));
            }
        }
        if 1 < self.explanation.links.len() {
            self.line(format_args!("\n{HEADING}{} → {}{HEADING:#}", link.from, link.to));
        }
        if link.calls.is_empty() {
            self.edge(link);
            return;
        }
        self.line(format_args!("  {}", facts.join("; ")));
        for paths in &link.calls {
            self.call(paths);
        }
    }

    /// A dependency without calls: what says that it is there.
    fn edge(&mut self, link: &Link) {
        let Some(edge) = link.edge else { return };
        self.line(format_args!(
            "  {}, by {}",
            edge.kind.as_str(),
            edge.matched_by.as_str()
        ));
        for hop in &edge.evidence {
            let place = place(self.explanation.view.report, &hop.root, &hop.file, hop.line);
            self.line(format_args!("    {place}  {}", hop.reason));
        }
    }

    fn call(&mut self, paths: &CallPaths) {
        let call = paths.call;
        let place = place(self.explanation.view.report, &call.root, &call.file, call.line);
        let version = call
            .library_version
            .as_ref()
            .map_or(String::new(), |version| format!(" {version}"));
        self.line(format_args!(
            "\n  {HEADING}{}  {} {}{HEADING:#}  {FAINT}{place}{FAINT:#}",
            call.id, call.operation, call.endpoint
        ));
        self.line(format_args!("      {}{version}, {}", call.library, attributes(call)));
        self.line(format_args!("      {}", all_guards(&call.guards)));
        for alternative in &call.alternatives {
            self.line(format_args!(
                "      {FAINT}when {}:{FAINT:#} {}",
                alternative.when,
                all_guards(&alternative.guards())
            ));
        }
        let n_all = paths.paths.len() + paths.n_more;
        for (path, number) in paths.paths.iter().zip(1..) {
            self.path(call, path, number, n_all);
        }
        if 0 < paths.n_more || !paths.is_exact {
            let bound = if paths.is_exact { "" } else { "at least " };
            let more = count(paths.n_more as u64, "more path", "more paths");
            self.line(format_args!("\n    {bound}{more}, show them with --limit"));
        }
    }

    fn path(&mut self, call: &Call, path: &CodePath, number: usize, n_all: usize) {
        let start = match path.entry {
            Some(entry) => format!("from {}", entry.name),
            None => "from code that no entry was seen to reach".to_owned(),
        };
        self.line(format_args!("\n    path {number} of {n_all}, {start}"));
        let report = self.explanation.view.report;
        let mut table = Table::new(&[
            ("", Fit::CutStart),
            ("", Fit::CutStart),
            ("", Fit::CutEnd),
            ("", Fit::Whole),
        ]);
        for site in &path.sites {
            table.row(vec![
                Cell::new(&*site.function),
                Cell::styled(place(report, &site.root, &site.file, site.line), FAINT),
                Cell::new(format!("→ {}", site.callee)),
                Cell::styled(site_words(site), GUARD),
            ]);
        }
        table.row(vec![
            Cell::new(&*call.function),
            Cell::styled(place(report, &call.root, &call.file, call.line), FAINT),
            Cell::new(format!("→ {} {}", call.operation, call.endpoint)),
            Cell::new(""),
        ]);
        table.render(&mut self.out, 6, self.width, FAINT);
    }
}

fn attributes(call: &Call) -> String {
    let observed = if call.failure.observed {
        "observed"
    } else {
        "observed nowhere"
    };
    format!(
        "{}, {}, {}; errors {}, {observed}; error status {}",
        call.effect.as_str(),
        call.delivery.as_str(),
        call.condition.as_str(),
        call.failure.handling.as_str(),
        call.status.as_str()
    )
}

fn all_guards(guards: &Guards) -> String {
    format!(
        "timeout {}; retry {}; breaker {}; bulkhead {}; fallback {}",
        timeout_words(guards),
        retry_words(guards),
        presence_word(guards.breaker.state),
        presence_word(guards.bulkhead.state),
        presence_word(guards.fallback.state)
    )
}

/// The guards that stand at this very site, and what it does with a failure where that is more than passing it on.
fn site_words(site: &Site) -> String {
    let guards = &site.local;
    let mut words = Vec::new();
    if !matches!(guards.timeout.state, TimeoutState::None | TimeoutState::Unknown) {
        words.push(format!("timeout {}", timeout_words(guards)));
    }
    if !matches!(guards.retry.state, RetryState::None | RetryState::Unknown) {
        words.push(format!("retry {}", retry_words(guards)));
    }
    for (name, state) in [
        ("breaker", guards.breaker.state),
        ("bulkhead", guards.bulkhead.state),
        ("fallback", guards.fallback.state),
    ] {
        if matches!(state, PresenceState::Present | PresenceState::Conditional) {
            words.push(format!("{name} {}", presence_word(state)));
        }
    }
    if !matches!(site.failure.handling, Handling::Propagated | Handling::Unknown) {
        words.push(format!("failure {}", site.failure.handling.as_str()));
    }
    words.join(", ")
}
