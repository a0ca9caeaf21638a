//! `failmap report`: a folder for an architecture review.

use crate::{
    cli::{
        args::ReportArguments,
        exit::{Exit, Failure},
        input, output,
        progress::Reporting,
    },
    model::outcome::Outcome,
    report::{
        dot, html,
        json::{self, v1::Report},
        terminal,
        text::clean,
    },
};

pub(crate) fn run(arguments: &ReportArguments, reporting: Reporting) -> Result<Exit, Failure> {
    let (outcome, _) = input::scan(&arguments.paths, &arguments.scan, reporting)?;
    let report = input::shown(Report::from(&outcome), &arguments.show)?;
    let folder = &arguments.output;
    output::make_folder(folder)?;
    let files = [
        ("index.html", html::html(&Outcome::from(&report))?),
        ("graph.dot", dot::render(&report)),
        ("report.json", json::print(&report)),
    ];
    for (name, text) in &files {
        output::write(Some(&folder.join(name)), text)?;
    }
    if !reporting.quiet {
        let written = format!("Written: {}", folder.join("index.html").display());
        output::print(&terminal::render(&report, output::width()))?;
        output::print(&format!("\n{}\n", clean(&written)))?;
    }
    Ok(Exit::Finished)
}
