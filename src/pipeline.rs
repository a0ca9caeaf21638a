//! The only place where stages meet: discover, then read and extract in parallel, then everything else in order.
//!
//! The result does not depend on the number of threads: files keep the inventory's order, each stage is a
//! pure function of sorted input. A text is dropped as soon as its facts are made, so a scan holds as many
//! texts as it has threads.

use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
};

use rayon::prelude::*;

use crate::{
    catalog::compile::Catalog,
    discover::{DiscoverError, DiscoverSettings, Inventory, InventoryFile, classify::FileKind, discover, read::read},
    extract::{SourceInput, extract, is_read},
    model::{
        fact::{FileFacts, Language},
        outcome::{Outcome, Scan, ScannedRoot},
        problem::{Problem, ProblemKind},
    },
};

/// Stack of a worker. Parsers recurse over syntax whose depth `extract` bounds; in a debug build a level costs
/// up to some 10 KiB, and the default of 2 MiB is then too small by far.
const STACK_BYTES: usize = 64 << 20;

/// What one run does.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folders to scan.
    pub paths: Vec<PathBuf>,
    /// Number of threads; `None` = one for each core.
    pub n_jobs: Option<usize>,
}

/// Why there is no outcome at all. Everything smaller is a problem inside it.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    #[error("cannot start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// The stages, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Discover,
    Extract,
}

impl Stage {
    /// What it does, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discover => "finding files",
            Self::Extract => "reading files",
        }
    }
}

/// Told how far the run is. Has no influence on its result.
pub trait Progress: Sync {
    /// `stage` begins and has that many steps; 0 = not known.
    fn stage(&self, stage: Stage, n_steps: u64);
    /// One step of the current stage is done.
    fn step(&self);
}

/// Run all stages.
///
/// # Errors
/// When a path that was named cannot be walked, or no thread can be started.
pub fn run(settings: &Settings, catalog: &Catalog, progress: &dyn Progress) -> Result<Outcome, PipelineError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.n_jobs.unwrap_or(0))
        .stack_size(STACK_BYTES)
        .thread_name(|idx| format!("failmap-{idx}"))
        .build()?;
    // Inside the pool, so that the later stages have the large stack too.
    pool.install(|| stages(settings, catalog, progress))
}

fn stages(settings: &Settings, _catalog: &Catalog, progress: &dyn Progress) -> Result<Outcome, PipelineError> {
    progress.stage(Stage::Discover, 0);
    let discover_settings = DiscoverSettings {
        excludes: Vec::new(),
        languages: languages(),
    };
    let inventory = discover(&settings.paths, &discover_settings)?;

    let sources = sources(&inventory);
    progress.stage(Stage::Extract, sources.len() as u64);
    let read: Vec<_> = sources
        .par_iter()
        .map(|&(file, language)| {
            let facts = facts(&inventory, file, language);
            progress.step();
            facts
        })
        .collect();

    let mut problems = inventory.problems.clone();
    let mut files = Vec::with_capacity(read.len());
    for result in read {
        match result {
            Ok(mut facts) => {
                problems.append(&mut facts.problems);
                files.push(facts);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let scan = scan(&inventory, &files, &problems);
    Ok(Outcome {
        scan,
        problems: ledger(problems),
        ..Outcome::default()
    })
}

/// The languages that have a front end.
fn languages() -> Vec<Language> {
    use Language::{CSharp, Go, Java, JavaScript, Kotlin, Php, Python, Ruby, Rust, TypeScript};
    [
        Rust, Go, Python, TypeScript, JavaScript, Java, Kotlin, CSharp, Ruby, Php,
    ]
    .into_iter()
    .filter(|&language| is_read(language))
    .collect()
}

fn sources(inventory: &Inventory) -> Vec<(&InventoryFile, Language)> {
    let source = |file: &'_ InventoryFile| match file.kind {
        FileKind::Source(language) => Some(language),
        _ => None,
    };
    inventory
        .files
        .iter()
        .filter_map(|file| Some((file, source(file)?)))
        .filter(|&(_, language)| is_read(language))
        .collect()
}

/// The facts of one file. One broken file costs one line of the ledger, never the run.
fn facts(inventory: &Inventory, file: &InventoryFile, language: Language) -> Result<FileFacts, Problem> {
    let text = read(inventory, file)?;
    let input = SourceInput {
        root: inventory.roots[file.root].name.clone(),
        file: file.path.clone(),
        language,
        role: file.role,
        text: &text,
    };
    panic::catch_unwind(AssertUnwindSafe(|| extract(&input))).map_err(|_| Problem {
        kind: ProblemKind::Unparsable,
        at: inventory.location(file),
        reason: "the front end failed on this file: a bug of failmap".to_owned(),
        hides: 1,
    })
}

fn scan(inventory: &Inventory, files: &[FileFacts], problems: &[Problem]) -> Scan {
    let mut by_language: BTreeMap<Language, u64> = BTreeMap::new();
    for facts in files {
        *by_language.entry(facts.language).or_default() += 1;
    }
    let is_skipped_file = |problem: &&Problem| {
        matches!(
            problem.kind,
            ProblemKind::Unreadable
                | ProblemKind::NotUtf8
                | ProblemKind::OverLimit
                | ProblemKind::Symlink
                | ProblemKind::Skipped
                | ProblemKind::LanguageNotRead
        )
    };
    Scan {
        roots: inventory
            .roots
            .iter()
            .map(|root| ScannedRoot {
                name: root.name.clone(),
                revision: root.revision.clone(),
            })
            .collect(),
        n_read: files.len() as u64,
        n_skipped: problems
            .iter()
            .filter(is_skipped_file)
            .map(|problem| u64::from(problem.hides))
            .sum(),
        n_lines: files.iter().map(|facts| u64::from(facts.n_lines)).sum(),
        by_language: by_language.into_iter().collect(),
        ..Scan::default()
    }
}

/// Sorted by what they hide, most first, then place.
fn ledger(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|left, right| {
        right
            .hides
            .cmp(&left.hides)
            .then_with(|| (&left.at, left).cmp(&(&right.at, right)))
    });
    problems.dedup();
    problems
}
