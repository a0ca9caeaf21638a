//! `failmap schema`: the JSON Schema of the JSON output.

use crate::{
    cli::{
        exit::{Exit, Failure},
        output,
    },
    report::json,
};

pub(crate) fn run() -> Result<Exit, Failure> {
    output::print(&json::schema())?;
    Ok(Exit::Finished)
}
