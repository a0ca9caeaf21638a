//! The thin binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    failmap::cli::run()
}
