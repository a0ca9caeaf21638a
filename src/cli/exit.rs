//! The one table of exit codes, and the one place that turns errors into advice.

use std::{fmt, io, path::Path, process::ExitCode};

use crate::{
    catalog::compile::CatalogError, config::ConfigError, discover::DiscoverError, pipeline::PipelineError, report,
    report::html::HtmlError, report::lookup::LookupError, report::text::clean,
};

/// The table, as the help prints it.
pub(super) const EXIT_CODES: &str = "\
Exit status, the same for every format:
  0  finished; for `check`: no finding at or above the failing level
  1  `check` only: findings at or above the failing level
  2  could not finish, or the command line is wrong";

/// How a run that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0.
    Finished,
    /// 1.
    Findings,
}

/// 2.
pub(super) const COULD_NOT_FINISH: u8 = 2;

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Finished => Self::SUCCESS,
            Exit::Findings => Self::from(1),
        }
    }
}

/// Why a run could not finish, and what the user can do.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    advice: Option<&'static str>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            advice: None,
        }
    }

    pub(super) fn with_advice(message: impl Into<String>, advice: &'static str) -> Self {
        Self {
            message: message.into(),
            advice: Some(advice),
        }
    }

    /// A file of the user's that cannot be read.
    pub(super) fn reading(path: &Path, error: &io::Error) -> Self {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "check the spelling; paths are relative to the current folder",
            io::ErrorKind::PermissionDenied => "make it readable for this user",
            _ => "check that it is an ordinary, readable file",
        };
        Self::with_advice(format!("cannot read {}: {error}", path.display()), advice)
    }

    /// A file or folder that cannot be written.
    pub(super) fn writing(path: &Path, error: &io::Error) -> Self {
        Self::with_advice(
            format!("cannot write {}: {error}", path.display()),
            "name a place with --output where this user may write",
        )
    }
}

impl fmt::Display for Failure {
    /// The message with the advice below it. Paths and texts of others are cleaned here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, line) in self.message.lines().enumerate() {
            if 0 < idx {
                f.write_str("\n")?;
            }
            f.write_str(&clean(line))?;
        }
        match self.advice {
            Some(advice) => write!(f, "\n  help: {advice}"),
            None => Ok(()),
        }
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Discover(error) => Self::from(error),
            PipelineError::Parameter { .. } => Self::with_advice(
                error.to_string(),
                "`failmap explain RULE` says which parameters a rule has",
            ),
            PipelineError::Threads(_) => Self::with_advice(error.to_string(), "try fewer threads with --jobs"),
        }
    }
}

impl From<DiscoverError> for Failure {
    fn from(error: DiscoverError) -> Self {
        let advice = match &error {
            DiscoverError::NoPath => "name at least one folder",
            DiscoverError::Missing { .. } => "check the spelling; paths are relative to the current folder",
            DiscoverError::NotAFolder { .. } => "name the folder of the repo instead",
            DiscoverError::Unreadable { .. } => "make it readable for this user",
            DiscoverError::Exclude { .. } => "patterns are those of .gitignore",
        };
        Self::with_advice(error.to_string(), advice)
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        Self::with_advice(
            error.to_string(),
            "`failmap explain rust/reqwest` shows a complete entry",
        )
    }
}

impl From<HtmlError> for Failure {
    fn from(error: HtmlError) -> Self {
        Self::with_advice(
            error.to_string(),
            "this is a bug of failmap; the other formats still work",
        )
    }
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        Self::with_advice(
            error.to_string(),
            "`failmap scan` lists services and targets; ids such as `service:checkout` are never ambiguous",
        )
    }
}

impl Failure {
    /// A settings file that cannot be used; `shown` is its path as the user knows it.
    pub(super) fn config(shown: &str, error: &ConfigError) -> Self {
        let ConfigError {
            file: _,
            line,
            column,
            message,
        } = error;
        Self::with_advice(
            format!("{shown}:{line}:{column}: {message}"),
            "correct the settings file, or run with --no-config",
        )
    }

    /// A `--from` file that is no report.
    pub(super) fn no_report(path: &Path, error: &report::json::ReadError) -> Self {
        Self::with_advice(
            format!("{} {error}", path.display()),
            "make one with `failmap scan --format json --output report.json`",
        )
    }
}
