//! The only place where stages meet: discover, then read and extract in parallel, then everything else in order.
//!
//! The result does not depend on the number of threads: files keep the inventory's order, each stage is a
//! pure function of sorted input. A text is dropped as soon as its facts are made, so a scan holds as many
//! texts as it has threads.

mod facts_cache;
mod inputs;
mod third_party;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
};

use rayon::prelude::*;

use crate::{
    analyze::{AnalyzeSettings, analyze},
    catalog::compile::Catalog,
    config,
    discover::{
        DiscoverError, DiscoverSettings, Inventory, InventoryFile, classify::FileKind, discover, read::read,
        sources::SourcePlaces,
    },
    extract::{SourceInput, extract, is_read},
    link::link,
    model::{
        Name,
        fact::{FileFacts, Language},
        location::RepoPath,
        outcome::{Outcome, Scan, ScannedRoot},
        package::{DependencyKind, Package, TargetKind},
        problem::{Problem, ProblemKind},
        system::System,
    },
    pipeline::{
        facts_cache::FactsCache,
        inputs::{Inputs, inputs},
        third_party::{Search, third_party},
    },
    resolve::resolve,
};

/// Stack of a worker. Parsers recurse over syntax whose depth `extract` bounds; in a debug build a level costs
/// up to some 10 KiB, and the default of 2 MiB is then too small by far.
const STACK_BYTES: usize = 64 << 20;

/// Which third-party packages are read where their sources are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    None,
    /// Those that own code depends on itself.
    Direct,
    /// Those that it depends on through others too.
    All,
}

/// How third-party packages are read.
#[derive(Clone, Debug)]
pub struct DependencySettings {
    pub depth: Depth,
    /// Cargo's home, where it keeps the sources that it fetched.
    pub cargo_home: Option<PathBuf>,
    /// The folder for what is worth keeping between runs; none to keep nothing.
    pub cache: Option<PathBuf>,
}

/// What one run does.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folders to scan.
    pub paths: Vec<PathBuf>,
    /// Number of threads; `None` = one for each core.
    pub n_jobs: Option<usize>,
    /// What the user declared.
    pub config: config::Settings,
    pub dependencies: DependencySettings,
}

/// Why there is no outcome at all. Everything smaller is a problem inside it.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    #[error("[rules.{rule}]: {message}")]
    Parameter { rule: Name, message: String },
    #[error("cannot start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// The stages, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Discover,
    Extract,
    Resolve,
    Link,
    Analyze,
}

impl Stage {
    /// What it does, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discover => "finding files",
            Self::Extract => "reading files",
            Self::Resolve => "resolving names, types and guards",
            Self::Link => "linking services and targets",
            Self::Analyze => "analyzing failures",
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

fn stages(settings: &Settings, catalog: &Catalog, progress: &dyn Progress) -> Result<Outcome, PipelineError> {
    let parameters = parameters(&settings.config.rules, catalog)?;
    progress.stage(Stage::Discover, 0);
    let discover_settings = DiscoverSettings {
        excludes: settings.config.excludes.clone(),
        languages: languages(),
    };
    let inventory = discover(&settings.paths, &discover_settings)?;
    let Inputs {
        mut packages,
        locked,
        world,
        problems: mut input_problems,
    } = inputs(&inventory, &settings.config);

    let (mut files, mut problems) = extract_all(&inventory, progress);
    problems.extend(inventory.problems.iter().cloned());
    problems.append(&mut input_problems);
    let mut scan = scan(&inventory, &files, &problems);
    scan.clients = clients(&packages, catalog);
    let mut outside = third_party(&Search {
        catalog,
        places: &SourcePlaces::look(&inventory, settings.dependencies.cargo_home.as_deref()),
        cache: &FactsCache::at(settings.dependencies.cache.as_deref()),
        depth: settings.dependencies.depth,
        own: with_production_code(&packages, &files),
        locked: &locked,
    });
    scan.dependencies = outside.dependencies;
    problems.append(&mut outside.problems);
    packages.append(&mut outside.packages);
    files.append(&mut outside.files);

    progress.stage(Stage::Resolve, 0);
    let mut program = resolve(packages, files, catalog);
    problems.append(&mut program.problems);
    scan.statistics = program.statistics.clone();

    progress.stage(Stage::Link, 0);
    let (mut system, mut link_problems) = link(&program, &world);
    problems.append(&mut link_problems);
    drop(program);
    set_tiers(&mut system, &settings.config.tiers);

    progress.stage(Stage::Analyze, 0);
    let analyze_settings = AnalyzeSettings {
        levels: settings.config.levels.clone(),
        parameters,
        has_declared_targets: !settings.config.targets.is_empty(),
    };
    let analysis = analyze(&system, &analyze_settings, catalog.rules());
    Ok(Outcome {
        scan,
        system,
        analysis,
        problems: ledger(problems),
    })
}

/// The facts of all source files in the inventory's order, and what the files that were not read are missing.
fn extract_all(inventory: &Inventory, progress: &dyn Progress) -> (Vec<FileFacts>, Vec<Problem>) {
    let sources = sources(inventory);
    progress.stage(Stage::Extract, sources.len() as u64);
    let read: Vec<_> = sources
        .par_iter()
        .map(|&(file, language)| {
            let facts = facts(inventory, file, language);
            progress.step();
            facts
        })
        .collect();
    let mut problems = Vec::new();
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
    (files, problems)
}

/// Tiers that the settings give by component name; an entry has its service's.
fn set_tiers(system: &mut System, tiers: &BTreeMap<Name, u8>) {
    for component in &mut system.components {
        if let Some(&tier) = tiers.get(&component.name) {
            component.tier = Some(tier);
        }
    }
    for entry in &mut system.entries {
        if entry.tier.is_none() {
            entry.tier = system.components[entry.service as usize].tier;
        }
    }
}

/// The parameters of rules that the settings give, held against what the rules know.
fn parameters(
    rules: &BTreeMap<Name, toml::Table>,
    catalog: &Catalog,
) -> Result<BTreeMap<Name, BTreeMap<Name, u64>>, PipelineError> {
    let mut all = BTreeMap::new();
    for (id, table) in rules {
        let error = |message: String| PipelineError::Parameter {
            rule: id.clone(),
            message,
        };
        let rule = catalog.rules().iter().find(|rule| rule.id == id.as_str());
        let rule = rule.ok_or_else(|| error("no such rule (failmap rules lists them)".to_owned()))?;
        let mut own = BTreeMap::new();
        for (name, value) in table {
            if !rule.parameters.contains_key(name) {
                return Err(error(format!("it has no parameter `{name}`")));
            }
            let value = value.as_integer().and_then(|value| u64::try_from(value).ok());
            let value = value.ok_or_else(|| error(format!("`{name}` must be a whole number, 0 or more")))?;
            own.insert(Name::new(name), value);
        }
        all.insert(id.clone(), own);
    }
    Ok(all)
}

/// Client libraries of the catalogue that production code of the scanned packages depends on directly.
fn clients(packages: &[Package], catalog: &Catalog) -> Vec<Name> {
    let own = packages.iter().filter(|package| !package.is_third_party);
    let mut clients: Vec<Name> = own
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| dependency.path.is_none() && dependency.kind == DependencyKind::Normal)
        .filter(|dependency| {
            catalog
                .knows_crate(&dependency.package.replace('-', "_"))
                .is_some_and(|library| catalog.library(library).transport.is_some())
        })
        .map(|dependency| dependency.package.clone())
        .collect();
    clients.sort();
    clients.dedup();
    clients
}

/// The packages of which some target is production code: what only tests and examples use hides nothing.
fn with_production_code<'a>(packages: &'a [Package], files: &[FileFacts]) -> Vec<&'a Package> {
    let production: BTreeSet<(&Name, &RepoPath)> = files
        .iter()
        .filter(|facts| facts.role.is_production())
        .map(|facts| (&facts.root, &facts.file))
        .collect();
    let is_production = |package: &&Package| {
        let is_built = |kind| matches!(kind, TargetKind::Library | TargetKind::Binary);
        let mut targets = package.targets.iter().filter(|target| is_built(target.kind));
        targets.any(|target| production.contains(&(&package.root, &target.path)))
    };
    packages.iter().filter(is_production).collect()
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
