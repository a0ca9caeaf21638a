//! Where text goes: the standard output, or a file that the user named.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use crate::cli::exit::Failure;

/// The narrowest page that the tables are laid out for.
const LEAST_WIDTH: usize = 60;

/// Write to the standard output, colours only where it wants them. A reader that went away is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to the standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Write plain text to `path`, or to the standard output.
pub(super) fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    match path {
        Some(path) => {
            let plain = anstream::adapter::strip_str(text).to_string();
            fs::write(path, plain).map_err(|error| Failure::writing(path, &error))
        }
        None => print(text),
    }
}

/// Make `folder` and what is above it.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))
}

/// Columns of the terminal. Where there is none nothing is cut: who reads a pipe wants whole names.
pub(super) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(usize::MAX, |(width, _)| usize::from(width.0).max(LEAST_WIDTH))
}
