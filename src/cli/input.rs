//! From arguments to a report: a fresh scan, or one that was written before.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{
    catalog::compile::Catalog,
    cli::{
        args::{Dependencies, ScanOptions, ShowOptions, SourceOptions},
        exit::Failure,
        progress::{Display, Reporting},
    },
    config,
    discover::read::{config_of, user_file},
    model::{Name, outcome::Outcome, problem::ProblemKind},
    pipeline,
    report::{
        json::{self, v1::Report},
        lookup::nearest,
        narrow::{Filter, narrow},
    },
};

/// Scan `paths`, with the settings that were in force.
pub(super) fn scan(
    paths: &[PathBuf],
    options: &ScanOptions,
    reporting: Reporting,
) -> Result<(Outcome, config::Settings), Failure> {
    let catalog = catalog(&options.catalog)?;
    let config = settings(paths, options, &catalog)?;
    let settings = pipeline::Settings {
        paths: paths.to_vec(),
        n_jobs: options.jobs.map(usize::from),
        config: config.clone(),
        dependencies: dependencies(options),
    };
    let display = Display::new(reporting);
    let outcome = pipeline::run(&settings, &catalog, &display)?;
    display.finish();
    if options.strict_coverage {
        refuse_gaps(&outcome)?;
    }
    Ok((outcome, config))
}

fn dependencies(options: &ScanOptions) -> pipeline::DependencySettings {
    let home = env::home_dir();
    pipeline::DependencySettings {
        depth: match options.dependencies {
            Dependencies::None => pipeline::Depth::None,
            Dependencies::Direct => pipeline::Depth::Direct,
            Dependencies::All => pipeline::Depth::All,
        },
        cargo_home: options
            .cargo_home
            .clone()
            .or_else(|| Some(home.as_ref()?.join(".cargo"))),
        cache: match (&options.cache_dir, options.no_cache) {
            (_, true) => None,
            (Some(folder), false) => Some(folder.clone()),
            (None, false) => user_cache(home.as_deref()).map(|folder| folder.join("failmap")),
        },
    }
}

/// Where this system keeps what programs can make again.
fn user_cache(home: Option<&Path>) -> Option<PathBuf> {
    let named = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return named("LOCALAPPDATA");
    }
    if cfg!(target_os = "macos") {
        return Some(home?.join("Library/Caches"));
    }
    named("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")))
}

/// The settings of `--config`, or those beside the first path.
fn settings(paths: &[PathBuf], options: &ScanOptions, catalog: &Catalog) -> Result<config::Settings, Failure> {
    let (shown, file, text) = match (&options.config, paths.first()) {
        (Some(path), _) => {
            let name = path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            );
            (path.display().to_string(), name, user_file(path)?)
        }
        (None, Some(folder)) if !options.no_config => match config_of(folder)? {
            Some((name, text)) => (folder.join(&name).display().to_string(), name, text),
            None => return Ok(config::Settings::unset()),
        },
        _ => return Ok(config::Settings::unset()),
    };
    let root = paths.first().and_then(|path| fs::canonicalize(path).ok());
    let root = root
        .as_ref()
        .and_then(|path| path.file_name())
        .map_or_else(Name::default, |name| Name::new(name.to_string_lossy()));
    let settings = config::Settings::parse(&root, &file, &text).map_err(|error| Failure::config(&shown, &error))?;
    for rule in settings.levels.keys().chain(settings.rules.keys()) {
        if !catalog.rules().iter().any(|known| known.id == **rule) {
            let near = nearest(rule, catalog.rules().iter().map(|known| &*known.id));
            let near = if near.is_empty() {
                String::new()
            } else {
                format!("; did you mean {}?", near.join(" or "))
            };
            return Err(Failure::with_advice(
                format!("{shown}: no rule is called `{rule}`{near}"),
                "`failmap rules` lists all rules",
            ));
        }
    }
    Ok(settings)
}

/// The report that a question is asked of.
pub(super) fn source(options: &SourceOptions, reporting: Reporting) -> Result<Report, Failure> {
    match &options.from {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
            json::read(&text).map_err(|error| Failure::no_report(path, &error))
        }
        None => Ok(Report::from(&scan(&options.root, &options.scan, reporting)?.0)),
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
