//! `failmap check`: the findings that fail a build, and the verdict as exit code.

use std::fmt::Write as _;

use crate::{
    cli::{
        args::{CheckArguments, FailOn},
        exit::{Exit, Failure},
        input, output,
        progress::Reporting,
    },
    gate::{self, Counts, Policy, Verdict},
    model::finding::Level,
    report::{
        json::v1::Report,
        view::{is_open, place},
    },
};

/// Findings printed at most; the verdict counts all of them.
const N_FINDINGS: usize = 200;

pub(crate) fn run(arguments: &CheckArguments, reporting: Reporting) -> Result<Exit, Failure> {
    let (outcome, settings) = input::scan(&arguments.paths, &arguments.scan, reporting)?;
    let fail_on = arguments.fail_on.map_or(settings.fail_level, |level| match level {
        FailOn::Error => Level::Error,
        FailOn::Warn => Level::Warn,
        FailOn::Advice => Level::Advice,
    });
    let min_resolved = arguments.min_resolved.or(settings.min_resolved);
    // The verdict comes before the display filters: they must not change it.
    let verdict = gate::verdict(&outcome, Policy { fail_on, min_resolved });
    let report = input::shown(Report::from(&outcome), &arguments.show)?;
    output::print(&findings(&report, fail_on))?;
    let hidden: u64 = report.scan.blind_spots.iter().map(|spot| u64::from(spot.hides)).sum();
    let seen = format!(
        "{} calls in {} files seen, {hidden} things not seen (failmap scan lists them)",
        outcome.system.calls.len(),
        outcome.scan.n_read
    );
    match verdict {
        Verdict::Passed(counts) => {
            output::print(&format!(
                "passed: no finding of level {} or above ({}); {seen}\n",
                fail_on.as_str(),
                open(counts)
            ))?;
            Ok(Exit::Finished)
        }
        Verdict::Failed { n_findings, counts } => {
            output::print(&format!(
                "failed: {n_findings} of level {} or above ({}); {seen}\n",
                fail_on.as_str(),
                open(counts)
            ))?;
            Ok(Exit::Findings)
        }
        Verdict::NotUnderstood(reason) => Err(Failure::with_advice(
            reason,
            "nothing was judged; check the paths, and what `failmap scan` lists under NOT SEEN",
        )),
    }
}

fn open(counts: Counts) -> String {
    let Counts {
        n_error,
        n_warn,
        n_advice,
    } = counts;
    format!("open: {n_error} error, {n_warn} warn, {n_advice} advice")
}

fn findings(report: &Report, fail_on: Level) -> String {
    let failing: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| is_open(finding) && fail_on <= finding.level)
        .collect();
    let mut text = String::new();
    for finding in failing.iter().take(N_FINDINGS) {
        let at = place(report, &finding.root, &finding.file, finding.line);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{at}: {}: {} [{}]",
            finding.level.as_str(),
            finding.message,
            finding.rule
        );
        if !finding.fix.is_empty() {
            let _ = writeln!(text, "  {}", finding.fix);
        }
    }
    if N_FINDINGS < failing.len() {
        let _ = writeln!(
            text,
            "{} more, see failmap scan --format json",
            failing.len() - N_FINDINGS
        );
    }
    text
}
