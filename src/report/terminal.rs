//! The report for people at a terminal: figures, ranked risks, what each service calls, what was not seen.
//!
//! Tables, never the whole graph. Lists are cut at named lengths and say how much they leave out; the
//! figures above them always count everything.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::{
    model::{analysis::Mode, call::Transport, finding::Level},
    report::{
        dependency::{DependencyRow, dependency_rows},
        json::v1::{Component, Report},
        table::{Cell, Fit, Table, cut_end},
        view::{View, place, service_share},
    },
};

/// Risks shown at most.
const N_RISKS: usize = 12;
/// Services with their own table at most.
const N_SERVICES: usize = 20;
/// Targets shown for one service at most.
const N_TARGETS: usize = 15;
/// Kinds of blind spots shown at most.
const N_LEDGER: usize = 8;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const QUIET: Style = AnsiColor::Cyan.on_default();

/// The whole page, at most `width` columns wide where the content allows it. Holds ANSI colours.
#[must_use]
pub fn render(report: &Report, width: usize) -> String {
    let view = View::new(report);
    let mut page = Page {
        view: &view,
        width,
        out: String::new(),
    };
    page.head();
    page.risks();
    page.services();
    page.not_seen();
    page.next();
    page.out
}

struct Page<'v> {
    view: &'v View<'v>,
    width: usize,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, text: std::fmt::Arguments) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{text}");
    }

    fn heading(&mut self, title: &str, note: &str) {
        let gap = if note.is_empty() { "" } else { "  " };
        self.line(format_args!("\n{HEADING}{title}{HEADING:#}{gap}{FAINT}{note}{FAINT:#}"));
    }

    fn head(&mut self) {
        let scan = &self.view.report.scan;
        let roots: Vec<_> = scan
            .roots
            .iter()
            .map(|root| match &root.revision {
                Some(revision) => format!("{} @{}", root.name, revision.chars().take(10).collect::<String>()),
                None => root.name.to_string(),
            })
            .collect();
        self.line(format_args!(
            "{HEADING}failmap{HEADING:#}  {}",
            cut_end(&roots.join(", "), self.width.max(20) - 9)
        ));
        let languages: Vec<_> = scan
            .files
            .by_language
            .iter()
            .map(|(name, n_files)| format!("{name} {n_files}"))
            .collect();
        self.line(format_args!(
            "  {} read ({} lines{}{}), {} skipped",
            count(scan.files.read, "file", "files"),
            scan.files.lines,
            if languages.is_empty() { "" } else { "; " },
            languages.join(", "),
            scan.files.skipped
        ));
        if !scan.narrowed_to.is_empty() {
            let filters: Vec<_> = scan.narrowed_to.iter().map(|filter| &**filter).collect();
            self.line(format_args!(
                "  {DOUBTFUL}narrowed to{DOUBTFUL:#} {}",
                filters.join(", ")
            ));
        }
        let figures = self.view.figures();
        self.line(format_args!(
            "\n  {}, {}, {}, {}",
            count(figures.n_services as u64, "service", "services"),
            count(figures.n_libraries as u64, "library", "libraries"),
            count(figures.n_targets as u64, "target", "targets"),
            count(figures.n_entries as u64, "entry", "entries"),
        ));
        self.line(format_args!(
            "  {}: {} with a known target, {} without deadline, {} undecided",
            count(
                figures.n_calls as u64,
                "call that leaves a process",
                "calls that leave a process"
            ),
            figures.n_calls_resolved,
            figures.n_calls_unbounded,
            figures.n_calls_undecided,
        ));
        let errors = count(figures.n_errors as u64, "error", "errors");
        let error_style = if figures.n_errors == 0 { Style::new() } else { BAD };
        let warnings = count(figures.n_warnings as u64, "warning", "warnings");
        let accepted = if figures.n_accepted == 0 {
            String::new()
        } else {
            format!(", {} accepted", figures.n_accepted)
        };
        self.line(format_args!(
            "  {error_style}{errors}{error_style:#}, {warnings}, {} advice{accepted}",
            figures.n_advice
        ));
    }

    fn risks(&mut self) {
        let risks = self.view.risks();
        self.heading(
            "RISKS",
            "by level, then by the services and entries that go down with the target",
        );
        if risks.is_empty() {
            self.line(format_args!(
                "  no findings in what was seen; see what was not seen below"
            ));
            return;
        }
        let mut table = Table::new(&[
            ("LEVEL", Fit::Whole),
            ("RULE", Fit::Whole),
            ("ABOUT", Fit::CutEnd),
            ("N", Fit::Number),
            ("SERVICES DOWN", Fit::Whole),
            ("ENTRIES", Fit::Number),
            ("FIRST AT", Fit::CutStart),
        ]);
        for risk in risks.iter().take(N_RISKS) {
            let first = risk.findings[0];
            let (down, entries) = match risk.mode {
                Some(mode) if 0 < risk.impact => (
                    format!("{} on {}", service_share(self.view, risk.impact), mode.as_str()),
                    risk.n_entries.to_string(),
                ),
                _ => ("-".to_owned(), "-".to_owned()),
            };
            table.row(vec![
                Cell::styled(risk.level.as_str(), level_style(risk.level)),
                Cell::new(risk.rule),
                Cell::new(risk.target.unwrap_or("-")),
                Cell::new(risk.findings.len().to_string()),
                Cell::new(down),
                Cell::new(entries),
                Cell::styled(place(self.view.report, &first.root, &first.file, first.line), FAINT),
            ]);
        }
        table.render(&mut self.out, 2, self.width, FAINT);
        self.more(risks.len(), N_RISKS, "risks");
    }

    fn services(&mut self) {
        let services = self.view.services();
        self.heading(
            "WHAT EACH SERVICE CALLS",
            "guards of its weakest call; paths with a timeout, of all paths",
        );
        let mut n_shown = 0;
        let mut quiet = Vec::new();
        for service in &services {
            let rows = dependency_rows(self.view, &service.id);
            let n_unresolved = self.view.unresolved_calls(&service.id).count();
            if rows.is_empty() && n_unresolved == 0 {
                quiet.push(&*service.name);
                continue;
            }
            n_shown += 1;
            if n_shown <= N_SERVICES {
                self.service(service, &rows, n_unresolved);
            }
        }
        if n_shown == 0 {
            self.line(format_args!("  no service with an external call was seen"));
        }
        self.more(n_shown, N_SERVICES, "services");
        // In a narrowed report the others are only there because somebody calls them.
        if !quiet.is_empty() && self.view.report.scan.narrowed_to.is_empty() {
            let names = cut_end(&quiet.join(", "), self.width.max(60) - 34);
            self.line(format_args!("  {FAINT}without an external call seen: {names}{FAINT:#}"));
        }
        let orphans = self.view.calls_without_service();
        if !orphans.is_empty() {
            let first = orphans[0];
            self.line(format_args!(
                "  {} in code that no service was seen to run, first at {}",
                count(orphans.len() as u64, "call", "calls"),
                place(self.view.report, &first.root, &first.file, first.line)
            ));
        }
    }

    fn service(&mut self, service: &Component, rows: &[DependencyRow], n_unresolved: usize) {
        let tier = service.tier.map_or(String::new(), |tier| format!("tier {tier}, "));
        let n_entries = self.view.entries_of(&service.id).count();
        self.line(format_args!(
            "  {HEADING}{}{HEADING:#}  {FAINT}{tier}{}{FAINT:#}",
            service.name,
            count(n_entries as u64, "entry", "entries")
        ));
        let mut table = Table::new(&[
            ("TARGET", Fit::CutEnd),
            ("BY", Fit::Whole),
            ("TIMEOUT", Fit::CutEnd),
            ("RETRY", Fit::Whole),
            ("BREAKER", Fit::Whole),
            ("TIMED PATHS", Fit::Whole),
            ("IF IT FAILS", Fit::Whole),
        ]);
        for row in rows.iter().take(N_TARGETS) {
            table.row(vec![
                Cell::new(row.target_words()),
                Cell::new(row.transport.map_or("-", Transport::as_str)),
                Cell::styled(row.timeout.clone(), verdict_style(row.deadline)),
                Cell::new(row.retry.clone()),
                Cell::new(row.breaker),
                Cell::new(row.timed_paths.clone()),
                Cell::new(row.when_it_fails.clone()),
            ]);
        }
        table.render(&mut self.out, 4, self.width, FAINT);
        if N_TARGETS < rows.len() {
            self.line(format_args!(
                "    {FAINT}{} more, see --format json{FAINT:#}",
                rows.len() - N_TARGETS
            ));
        }
        if 0 < n_unresolved {
            let calls = count(n_unresolved as u64, "call", "calls");
            self.line(format_args!("    {DOUBTFUL}{calls} with unknown target{DOUBTFUL:#}"));
        }
    }

    fn not_seen(&mut self) {
        self.heading("NOT SEEN", "none of this counts as safe");
        let resolution = &self.view.report.scan.resolution;
        let bound = resolution.internal + resolution.outside;
        if let Some(share) = bound.saturating_mul(100).checked_div(resolution.call_expressions) {
            self.line(format_args!(
                "  {share} % of {} call expressions were bound to what they call",
                resolution.call_expressions
            ));
        }
        let ledger = self.view.ledger();
        if ledger.is_empty() {
            self.line(format_args!("  the ledger of blind spots is empty"));
            return;
        }
        let mut table = Table::new(&[
            ("KIND", Fit::Whole),
            ("HIDES", Fit::Number),
            ("FIRST AT", Fit::CutStart),
            ("WHY", Fit::CutEnd),
        ]);
        for row in ledger.iter().take(N_LEDGER) {
            let first = row.spots[0];
            table.row(vec![
                Cell::new(row.kind.as_str()),
                Cell::new(row.hides.to_string()),
                Cell::styled(place(self.view.report, &first.root, &first.file, first.line), FAINT),
                Cell::new(&*first.reason),
            ]);
        }
        table.render(&mut self.out, 2, self.width, FAINT);
        self.more(ledger.len(), N_LEDGER, "kinds");
    }

    fn next(&mut self) {
        let risks = self.view.risks();
        let Some(risk) = risks
            .iter()
            .find(|risk| risk.target.is_some() && !risk.services.is_empty())
            .or(risks.first())
        else {
            return;
        };
        self.heading("NEXT", "");
        if let (Some(target), Some(service)) = (risk.target, risk.services.first()) {
            if target != *service {
                let name = service.strip_prefix("service:").unwrap_or(service);
                self.line(format_args!("  failmap why {} {}", shell(name), shell(target)));
            }
            let mode = risk.mode.unwrap_or(Mode::Hang);
            self.line(format_args!(
                "  failmap blast {} --mode {}",
                shell(target),
                mode.as_str()
            ));
        }
        self.line(format_args!("  failmap explain {}", risk.rule));
    }

    fn more(&mut self, n_all: usize, n_most: usize, what: &str) {
        if n_most < n_all {
            self.line(format_args!(
                "  {FAINT}{} more {what}, see --format json{FAINT:#}",
                n_all - n_most
            ));
        }
    }
}

fn level_style(level: Level) -> Style {
    match level {
        Level::Error => BAD,
        Level::Warn => DOUBTFUL,
        Level::Advice | Level::Off => QUIET,
    }
}

fn verdict_style(verdict: Option<bool>) -> Style {
    match verdict {
        Some(true) => GOOD,
        Some(false) => BAD,
        None => DOUBTFUL,
    }
}

/// `1 call`, `3 calls`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `word` as one argument of a POSIX shell.
pub(super) fn shell(word: &str) -> String {
    let is_plain = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | ':' | '/' | '@' | '+')
    };
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('-') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn page(width: usize) -> String {
        anstream::adapter::strip_str(&render(&Report::from(&sample::outcome()), width)).to_string()
    }

    #[test]
    fn the_whole_page() {
        insta::assert_snapshot!(page(110), @r##"
        failmap  shop @4fc0cfb123
          12 files read (1234 lines; rust 12), 2 skipped

          1 service, 1 library, 3 targets, 1 entry
          3 calls that leave a process: 3 with a known target, 2 without deadline, 0 undecided
          1 error, 1 warning, 0 advice

        RISKS  by level, then by the services and entries that go down with the target
          LEVEL  RULE                  ABOUT                      N  SERVICES DOWN   ENTRIES  FIRST AT
          error  call-without-timeout  external:maps.example.com  1  1 of 1 on hang        1  …bs/geo/src/client.rs:41
          warn   failure-swallowed     external:evil"><script>a…  1  -                     -  …/checkout/src/evil.rs:5

        WHAT EACH SERVICE CALLS  guards of its weakest call; paths with a timeout, of all paths
          checkout  tier 0, 1 entry
            TARGET                                BY    TIMEOUT     RETRY    BREAKER  TIMED PATHS  IF IT FAILS
            external:maps.example.com             http  none        none     none     1 of 2       degraded to hanging
            datastore:orders                      http  1.5s total  3 tries  none     1 of 1       degraded to failing
            external:evil"><script>alert(1)</sc…  http  none        none     none     0 of 1       -

        NOT SEEN  none of this counts as safe
          93 % of 100 call expressions were bound to what they call
          KIND               HIDES  FIRST AT                         WHY
          unresolved-target     41  services/checkout/src/evil.rs:9  the host comes from a request\u{1b}[2J

        NEXT
          failmap why checkout external:maps.example.com
          failmap blast external:maps.example.com --mode hang
          failmap explain call-without-timeout
        "##);
    }

    #[test]
    fn shell_words_are_quoted_where_needed() {
        assert_eq!(shell("external:maps.example.com"), "external:maps.example.com");
        assert_eq!(shell("a b'c$(x)"), "'a b'\\''c$(x)'");
        assert_eq!(shell("-rf"), "'-rf'");
        assert_eq!(shell(""), "''");
    }
}
