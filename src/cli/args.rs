//! The command line, as clap reads it. Nothing else lives here, and nothing below `cli` names these types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::exit::EXIT_CODES;

/// Maps how systems fail before they do: every call that leaves a process, its path, its guards, and
/// what breaks when its target fails. Reads source and manifests only; runs nothing, opens no connection.
#[derive(Debug, Parser)]
#[command(name = "failmap", version, after_help = AFTER_HELP, max_term_width = 100, propagate_version = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// When to use colours (NO_COLOR and CLICOLOR are honoured)
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(super) color: Color,

    /// Print no progress and no hints on the error stream
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,

    /// Print the wall time of each stage on the error stream
    #[arg(long, global = true, hide = true)]
    pub(super) timings: bool,
}

const AFTER_HELP: &str = "\
Examples:
  failmap scan .                                  ranked tables of one repo
  failmap report ../shop ../infra --output map    a folder with index.html, graph.dot, report.json
  failmap why checkout maps.example.com           every path, hop by hop, with its guards
  failmap blast maps.example.com --mode hang      who goes down with it
  failmap check . && echo clean                   for CI";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan repos and print what they call, how it is guarded and what breaks
    #[command(after_help = SCAN_HELP)]
    Scan(ScanArguments),

    /// Write a folder with index.html, graph.dot, report.json
    #[command(after_help = REPORT_HELP)]
    Report(ReportArguments),

    /// Show every path from a service to a target, hop by hop, with the guards on the way
    #[command(after_help = WHY_HELP)]
    Why(WhyArguments),

    /// Show who is degraded, failing or hanging when a component fails
    #[command(after_help = BLAST_HELP)]
    Blast(BlastArguments),

    /// Scan and fail on findings: for CI
    #[command(after_help = EXIT_CODES)]
    Check(CheckArguments),

    /// List all rules with their levels
    Rules,

    /// Explain a rule or a library of the catalogue
    #[command(after_help = "Examples:\n  failmap explain call-without-timeout\n  failmap explain rust/reqwest")]
    Explain {
        /// Id of a rule (`failmap rules`) or of a library (`rust/reqwest`)
        id: String,
    },

    /// Print the JSON Schema of `scan --format json`
    Schema,
}

const SCAN_HELP: &str = "\
Examples:
  failmap scan                                    the repo in this folder
  failmap scan a b c --format json --output r.json
  failmap scan . --service checkout --format dot | dot -Tsvg > checkout.svg

Exit status: 0 also with findings, 2 when the scan could not finish.";

const REPORT_HELP: &str = "\
Example:
  failmap report examples/shop --output target/shop-report

Exit status: 0 also with findings, 2 when the report could not be made.";

const WHY_HELP: &str = "\
SERVICE and TARGET are ids (`service:checkout`), names, aliases, hosts, or any part of one that fits only one
component. TARGET may also be a call: its id in the report, the beginning of its hash, or `file:line`.

Examples:
  failmap why checkout maps.example.com
  failmap why checkout datastore:orders --from report.json
  failmap why checkout libs/geo/src/client.rs:41 --root ../shop";

const BLAST_HELP: &str = "\
Examples:
  failmap blast maps.example.com
  failmap blast datastore:orders --mode error --from report.json";

/// Which third-party packages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Dependencies {
    /// None: what they call is named as a blind spot
    None,
    /// Those that own code depends on itself
    Direct,
    /// Those too that it depends on through others
    All,
}

/// What is scanned, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct ScanOptions {
    /// Folder with more library descriptions (*.toml); may be repeated
    #[arg(long, value_name = "DIR", help_heading = "Scan")]
    pub(super) catalog: Vec<PathBuf>,

    /// Settings file [default: failmap.toml in the first PATH]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Scan")]
    pub(super) config: Option<PathBuf>,

    /// Read no settings file
    #[arg(long, help_heading = "Scan")]
    pub(super) no_config: bool,

    /// Which third-party packages to read where their sources are on disk
    #[arg(long, value_enum, default_value_t = Dependencies::All, value_name = "WHICH", help_heading = "Scan")]
    pub(super) dependencies: Dependencies,

    /// Folder that keeps the facts of third-party packages between runs [default: the user's cache folder]
    #[arg(
        long,
        env = "FAILMAP_CACHE_DIR",
        hide_env_values = true,
        value_name = "DIR",
        help_heading = "Scan"
    )]
    pub(super) cache_dir: Option<PathBuf>,

    /// Keep nothing between runs
    #[arg(long, help_heading = "Scan")]
    pub(super) no_cache: bool,

    /// Cargo's home, where it keeps the sources that it fetched
    #[arg(long, env = "CARGO_HOME", hide = true, value_name = "DIR")]
    pub(super) cargo_home: Option<PathBuf>,

    /// Number of threads [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Scan")]
    pub(super) jobs: Option<u16>,

    /// Fail (exit 2) when a file could not be read or parsed
    #[arg(long, help_heading = "Scan")]
    pub(super) strict_coverage: bool,
}

/// What is shown. Verdicts do not depend on it.
#[derive(Clone, Debug, Args)]
pub(super) struct ShowOptions {
    /// Show only this service; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Show")]
    pub(super) service: Vec<String>,

    /// Show only calls of this package; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Show")]
    pub(super) package: Vec<String>,

    /// Leave out files, or component ids, that this glob matches; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Show")]
    pub(super) exclude: Vec<String>,

    /// Show only what is in this environment; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Show")]
    pub(super) environment: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct ScanArguments {
    /// Repos or folders to scan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// What to print
    #[arg(long, short, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,

    /// Write there instead of to the standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    #[command(flatten)]
    pub(super) scan: ScanOptions,

    #[command(flatten)]
    pub(super) show: ShowOptions,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// Repos or folders to scan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// Folder for the report; made where it does not exist
    #[arg(long, short, value_name = "DIR")]
    pub(super) output: PathBuf,

    #[command(flatten)]
    pub(super) scan: ScanOptions,

    #[command(flatten)]
    pub(super) show: ShowOptions,
}

/// Where a question is answered from: a fresh scan, or a report that was written before.
#[derive(Debug, Args)]
pub(super) struct SourceOptions {
    /// Repos or folders to scan
    #[arg(long, value_name = "PATH", num_args = 1.., default_value = ".", help_heading = "Scan")]
    pub(super) root: Vec<PathBuf>,

    /// Answer from this report (`scan --format json`) instead of scanning
    #[arg(long, value_name = "FILE", conflicts_with_all = ["root", "catalog", "config", "no_config", "jobs", "strict_coverage"])]
    pub(super) from: Option<PathBuf>,

    #[command(flatten)]
    pub(super) scan: ScanOptions,
}

#[derive(Debug, Args)]
pub(super) struct WhyArguments {
    /// Service (or library) where the paths begin
    pub(super) service: String,

    /// Component, host or call where they end
    pub(super) target: String,

    /// Paths shown at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) limit: usize,

    #[command(flatten)]
    pub(super) source: SourceOptions,
}

#[derive(Debug, Args)]
pub(super) struct BlastArguments {
    /// The component that fails: id, name, alias, host, or a part that fits only one
    pub(super) component: String,

    /// In which way it fails [default: all]
    #[arg(long, value_enum)]
    pub(super) mode: Option<BlastMode>,

    #[command(flatten)]
    pub(super) source: SourceOptions,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Repos or folders to scan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// Fail on findings of this level or above [default: `fail-level` of the settings, or error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) fail_on: Option<FailOn>,

    /// Fail (exit 2) when a smaller share of calls than this, 0 to 1, has a known target
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(super) min_resolved: Option<f64>,

    #[command(flatten)]
    pub(super) scan: ScanOptions,

    #[command(flatten)]
    pub(super) show: ShowOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Ranked tables
    Terminal,
    /// Everything, schema failmap/1
    Json,
    /// Graphviz: services and what they call
    Dot,
    /// One self-contained page
    Html,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum BlastMode {
    /// It refuses, or answers with errors
    Error,
    /// It does not answer
    Hang,
    /// A share of tries fails or is late
    Overload,
    /// Its contract changes: who depends on it
    Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warn,
    Advice,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share from 0 to 1 is needed, such as 0.9".to_owned()),
    }
}
