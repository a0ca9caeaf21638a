//! What `resolve` hands on: external calls and call sites with guards and endpoints still as terms.

use serde::{Deserialize, Serialize};

use super::{
    Name,
    call::{
        ComponentKind, Condition, Delivery, Effect, EntryKind, EvidenceClass, FailureShowsAs, Handling, Phase,
        StatusCheck, Transport,
    },
    fact::Language,
    guard::Layer,
    location::{Evidence, Location, Span},
    package::Package,
    problem::Problem,
    term::Term,
};

/// Everything known of the code, before it is linked with deployments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub packages: Vec<Package>,
    /// Sorted by package, then name, then place.
    pub functions: Vec<FunctionInfo>,
    /// Sorted by root, file, line, column.
    pub calls: Vec<CallTerm>,
    /// Sorted like the calls. Only sites that reach a call, in production code.
    pub sites: Vec<SiteTerm>,
    pub entries: Vec<EntryInfo>,
    pub problems: Vec<Problem>,
    pub statistics: Statistics,
}

/// Index into [`Program::functions`].
pub type FunctionIdx = u32;
/// Index into [`Program::calls`].
pub type CallIdx = u32;
/// Index into [`Program::entries`].
pub type EntryIdx = u32;
/// Index into [`Program::packages`].
pub type PackageIdx = u32;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionInfo {
    /// `geo::client::Client::geocode`, with the crate's name first.
    pub name: Name,
    pub package: PackageIdx,
    pub at: Location,
    pub span: Span,
}

/// One place where control leaves the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallTerm {
    pub at: Location,
    pub span: Span,
    pub language: Language,
    pub function: FunctionIdx,
    /// Name of the client library as its users know it: `reqwest`.
    pub library: Name,
    /// The locked version, where there is one.
    pub library_version: Option<Name>,
    /// `GET`, `fetch_one`, `XADD`.
    pub operation: Name,
    pub transport: Transport,
    pub effect: Effect,
    /// What sort of thing the target is, as far as the library tells.
    pub target_kind: ComponentKind,
    /// A product the library speaks to (`postgres`, `redis`, `kafka`), or nothing.
    pub technology: Option<Name>,
    /// The host of the provider, where the library speaks to one only: `api.stripe.com`.
    pub host: Option<Name>,
    /// The address; its union over all variants.
    pub endpoint: Term,
    pub condition: Condition,
    pub phase: Phase,
    pub delivery: Delivery,
    pub status: StatusCheck,
    pub handling: Handling,
    pub observed: bool,
    /// Where its client is built, where that is done anew for each call.
    pub client_made: Option<Location>,
    /// One for each different stack of guards or endpoint; at least one.
    pub variants: Vec<CallVariant>,
    /// The entries that reach it, sorted.
    pub entries: Vec<EntryIdx>,
    /// Own code names the address, or the setting that holds it. False only for what a third-party package alone knows.
    pub is_named: bool,
    pub evidence_class: EvidenceClass,
}

/// The paths to a call that share one stack of guards and one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallVariant {
    /// Innermost first: library default, client, request, then wrappers up the path.
    pub layers: Vec<Layer>,
    pub endpoint: Term,
    /// Entries whose paths have this stack, sorted.
    pub entries: Vec<EntryIdx>,
    /// Number of such paths from entries (or, where no entry reaches the call, from callers without callers).
    pub n_paths: u64,
    /// False where the number is a bound.
    pub is_exact: bool,
    /// The shortest such path, entry first, the call last.
    pub witness: Vec<Evidence>,
    /// What is different here: `implementation RedisCache`, `called from worker::run`.
    pub when: Option<Name>,
}

/// A call expression in production code that can end in an external call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteTerm {
    pub at: Location,
    pub span: Span,
    pub function: FunctionIdx,
    /// Possible callees, sorted; more than one for trait objects.
    pub callees: Vec<FunctionIdx>,
    pub reaches: Vec<CallIdx>,
    /// All guard layers that hold here (below, at and above the site), one stack for each variant.
    pub variants: Vec<Vec<Layer>>,
    /// The layers that stand at this site itself.
    pub local: Vec<Layer>,
    pub condition: Condition,
    pub delivery: Delivery,
    pub handling: Handling,
    pub observed: bool,
    pub evidence_class: EvidenceClass,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryInfo {
    pub kind: EntryKind,
    /// `POST /checkout`, `main`, `consume orders`.
    pub name: Name,
    pub handler: FunctionIdx,
    /// The package whose binary or routes it belongs to.
    pub package: PackageIdx,
    /// The binary target, where the package has several.
    pub binary: Option<Name>,
    pub failure_shows_as: FailureShowsAs,
    pub at: Location,
}

/// How well the code was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Call expressions in production code.
    pub n_call_expressions: u64,
    /// Those bound to a function of the scanned packages.
    pub n_internal: u64,
    /// Those bound to something outside (library, language).
    pub n_outside: u64,
    /// Those not bound.
    pub n_unresolved: u64,
    /// Members of the largest cycle of functions, and all functions with a call.
    pub largest_cycle: u64,
    pub n_functions: u64,
}
