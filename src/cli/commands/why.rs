//! `failmap why`: the paths between a service and a target.

use crate::{
    cli::{
        args::WhyArguments,
        exit::{Exit, Failure},
        input, output,
        progress::Reporting,
    },
    report::why,
};

pub(crate) fn run(arguments: &WhyArguments, reporting: Reporting) -> Result<Exit, Failure> {
    let report = input::source(&arguments.source, reporting)?;
    let explanation = why::explain(&report, &arguments.service, &arguments.target, arguments.limit)?;
    output::print(&why::render(&explanation, output::width()))?;
    Ok(Exit::Finished)
}
