//! From arguments to a report: a fresh scan, or one that was written before.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    catalog::compile::Catalog,
    cli::{
        args::{ScanOptions, ShowOptions, SourceOptions},
        exit::Failure,
        progress::{Display, Reporting},
    },
    model::{outcome::Outcome, problem::ProblemKind},
    pipeline::{self, Settings},
    report::{
        json::{self, v1::Report},
        narrow::{Filter, narrow},
    },
};

/// Scan `paths`.
pub(super) fn scan(paths: &[PathBuf], options: &ScanOptions, reporting: Reporting) -> Result<Outcome, Failure> {
    let catalog = catalog(&options.catalog)?;
    let settings = Settings {
        paths: paths.to_vec(),
        n_jobs: options.jobs.map(usize::from),
    };
    let display = Display::new(reporting);
    let outcome = pipeline::run(&settings, &catalog, &display)?;
    display.finish();
    if options.strict_coverage {
        refuse_gaps(&outcome)?;
    }
    Ok(outcome)
}

/// The report that a question is asked of.
pub(super) fn source(options: &SourceOptions, reporting: Reporting) -> Result<Report, Failure> {
    match &options.from {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
            json::read(&text).map_err(|error| Failure::no_report(path, &error))
        }
        None => Ok(Report::from(&scan(&options.root, &options.scan, reporting)?)),
    }
}

/// The part of the report that is shown.
pub(super) fn shown(report: Report, options: &ShowOptions) -> Result<Report, Failure> {
    let filter = Filter {
        services: options.service.clone(),
        packages: options.package.clone(),
        excludes: options.exclude.clone(),
        environments: options.environment.clone(),
    };
    narrow(report, &filter).map_err(|error| {
        Failure::with_advice(
            format!("--exclude: {error}"),
            "a glob such as `vendor/**` or `external:*.example.com`",
        )
    })
}

/// The built-in catalogue and all `*.toml` files below `folders`, in order of path.
fn catalog(folders: &[PathBuf]) -> Result<Catalog, Failure> {
    let mut files = Vec::new();
    for folder in folders {
        let before = files.len();
        collect_toml(folder, &mut files)?;
        if files.len() == before {
            return Err(Failure::with_advice(
                format!("--catalog {}: holds no *.toml file", folder.display()),
                "name the folder that holds the library descriptions",
            ));
        }
    }
    Ok(Catalog::load(&files)?)
}

fn collect_toml(folder: &Path, files: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let mut pending = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| Failure::reading(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Failure::reading(&folder, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| Failure::reading(&entry.path(), &error))?;
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file() && entry.path().extension().is_some_and(|suffix| suffix == "toml") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    for path in found {
        let text = fs::read_to_string(&path).map_err(|error| Failure::reading(&path, &error))?;
        files.push((path.display().to_string(), text));
    }
    Ok(())
}

/// `--strict-coverage`: what should have been read was.
fn refuse_gaps(outcome: &Outcome) -> Result<(), Failure> {
    let is_gap = |kind| {
        matches!(
            kind,
            ProblemKind::Unreadable
                | ProblemKind::NotUtf8
                | ProblemKind::Unparsable
                | ProblemKind::OverLimit
                | ProblemKind::Manifest
        )
    };
    let mut gaps = outcome.problems.iter().filter(|problem| is_gap(problem.kind));
    let Some(first) = gaps.next() else { return Ok(()) };
    let message = format!(
        "--strict-coverage: {}/{}: {} ({} more such files)",
        first.at.root,
        first.at.file,
        first.reason,
        gaps.count()
    );
    Err(Failure::with_advice(
        message,
        "repair or exclude the file, or run without --strict-coverage",
    ))
}
