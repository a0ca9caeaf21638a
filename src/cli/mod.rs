//! The command line: arguments to settings, files written, exit codes. The only room that prints.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the only room that prints, reads the environment and writes files"
)]

mod args;
mod commands;
mod exit;
mod input;
mod output;
mod progress;

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use clap::Parser as _;

use self::{
    args::{Arguments, Color, Command},
    exit::{COULD_NOT_FINISH, Exit, Failure},
};

/// Parse the command line, run the command, and say how it ended.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; a closed pipe while printing them is none either.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(COULD_NOT_FINISH)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match arguments.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    match guarded(|| dispatch(&arguments)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            anstream::eprintln!("failmap: {failure}");
            ExitCode::from(COULD_NOT_FINISH)
        }
    }
}

fn dispatch(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments {
        command,
        color: _,
        quiet,
        timings,
    } = arguments;
    let reporting = progress::Reporting {
        quiet: *quiet,
        timings: *timings,
    };
    match command {
        Command::Scan(arguments) => commands::scan::run(arguments, reporting),
        Command::Report(arguments) => commands::report::run(arguments, reporting),
        Command::Why(arguments) => commands::why::run(arguments, reporting),
        Command::Blast(arguments) => commands::blast::run(arguments, reporting),
        Command::Check(arguments) => commands::check::run(arguments, reporting),
        Command::Rules => commands::rules::run(),
        Command::Explain { id } => commands::explain::run(id),
        Command::Schema => commands::schema::run(),
    }
}

/// Run `work`; a panic becomes a failure with a short message instead of a trace.
fn guarded(work: impl FnOnce() -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    let last = Arc::new(Mutex::new(String::new()));
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        let seen = Arc::clone(&last);
        // Panics that a stage catches itself (one broken file) must not print; those that end the run are printed below.
        panic::set_hook(Box::new(move |info| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string().replace('\n', " ");
        }));
    }
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Err(Failure::with_advice(
            format!("internal error: {message}"),
            "this is a bug of failmap; RUST_BACKTRACE=1 shows where",
        ))
    })
}
