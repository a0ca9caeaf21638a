//! `failmap report`: a folder for an architecture review.

use crate::{
    cli::{
        args::ReportArguments,
        exit::{Exit, Failure},
        input, output,
        progress::Reporting,
    },
    report::{
        dot,
        json::{self, v1::Report},
        terminal,
    },
};

pub(crate) fn run(arguments: &ReportArguments, reporting: Reporting) -> Result<Exit, Failure> {
    let (outcome, _) = input::scan(&arguments.paths, &arguments.scan, reporting)?;
    let report = input::shown(Report::from(&outcome), &arguments.show)?;
    let folder = &arguments.output;
    output::make_folder(folder)?;
    let files = [
        ("graph.dot", dot::render(&report)),
        ("report.json", json::print(&report)),
    ];
    for (name, text) in &files {
        output::write(Some(&folder.join(name)), text)?;
    }
    if !reporting.quiet {
        let written = format!("\nWritten: {}\n", folder.display());
        output::print(&terminal::render(&report, output::width()))?;
        output::print(&crate::report::text::clean(written.trim_end()))?;
        output::print("\n")?;
    }
    Ok(Exit::Finished)
}
