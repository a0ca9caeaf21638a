//! `failmap blast`: who goes down with a component.

use crate::{
    cli::{
        args::{BlastArguments, BlastMode},
        exit::{Exit, Failure},
        input, output,
        progress::Reporting,
    },
    model::analysis::Mode,
    report::{blast, lookup},
};

pub(crate) fn run(arguments: &BlastArguments, reporting: Reporting) -> Result<Exit, Failure> {
    let report = input::source(&arguments.source, reporting)?;
    let component = lookup::component(&report, &arguments.component)?;
    let mode = arguments.mode.map(|mode| match mode {
        BlastMode::Error => Mode::Error,
        BlastMode::Hang => Mode::Hang,
        BlastMode::Overload => Mode::Overload,
        BlastMode::Change => Mode::Change,
    });
    output::print(&blast::render(&report, component, mode, output::width()))?;
    Ok(Exit::Finished)
}
