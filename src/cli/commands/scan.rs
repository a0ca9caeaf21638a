//! `failmap scan`: one report in one format.

use crate::{
    cli::{
        args::{Format, ScanArguments},
        exit::{Exit, Failure},
        input, output,
        progress::Reporting,
    },
    model::outcome::Outcome,
    report::{
        dot, html,
        json::{self, v1::Report},
        markdown, terminal,
    },
};

pub(crate) fn run(arguments: &ScanArguments, reporting: Reporting) -> Result<Exit, Failure> {
    let (outcome, _) = input::scan(&arguments.paths, &arguments.scan, reporting)?;
    let report = input::shown(Report::from(&outcome), &arguments.show)?;
    let text = match arguments.format {
        Format::Terminal => terminal::render(&report, output::width()),
        Format::Json => json::print(&report),
        Format::Dot => dot::render(&report),
        Format::Html => html::html(&Outcome::from(&report))?,
        Format::Markdown => markdown::render(&report),
    };
    output::write(arguments.output.as_deref(), &text)?;
    Ok(Exit::Finished)
}
