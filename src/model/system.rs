//! The linked system: components, entries, edges, and calls with evaluated guards.

use serde::{Deserialize, Serialize};

use super::{
    Name,
    call::{
        ComponentKind, Condition, Confidence, Delivery, Effect, EntryKind, FailureShowsAs, Handling, Phase,
        StatusCheck, Transport, vocabulary,
    },
    fact::Language,
    guard::Guards,
    location::{Evidence, Location, Span},
};

/// Index into [`System::components`].
pub type ComponentIdx = u32;

/// One graph across packages and services. All lists are sorted; ids are positions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// Sorted by id.
    pub components: Vec<Component>,
    /// Sorted by id.
    pub entries: Vec<Entry>,
    /// Sorted by from, to, kind.
    pub edges: Vec<Edge>,
    /// Sorted by root, file, line, column.
    pub calls: Vec<Call>,
    /// Sorted by root, file, line, column.
    pub sites: Vec<Site>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    pub kind: ComponentKind,
    pub name: Name,
    /// Criticality, 0 = most; `None` until declared.
    pub tier: Option<u8>,
    pub owner: Option<Name>,
    pub aliases: Vec<Name>,
    pub environments: Vec<Name>,
    pub evidence: Vec<Evidence>,
    /// Declared in `failmap.toml` or in deployment files.
    pub is_declared: bool,
}

impl Component {
    /// `kind:name`, unique in a system.
    #[must_use]
    pub fn id(&self) -> Name {
        Name::from(format!("{}:{}", self.kind.as_str(), self.name))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `service:checkout POST /checkout`.
    pub id: Name,
    pub service: ComponentIdx,
    pub kind: EntryKind,
    pub name: Name,
    pub handler: Name,
    pub tier: Option<u8>,
    pub failure_shows_as: FailureShowsAs,
    pub at: Location,
}

vocabulary! {
    /// What an edge says.
    EdgeKind {
        DependsOn = "depends-on", Calls = "calls", Publishes = "publishes", Consumes = "consumes", RunsOn = "runs-on",
    }
}

vocabulary! {
    /// How caller and target were matched.
    MatchKind {
        LiteralHost = "literal-host", ServiceName = "service-name", ConfigValue = "config-value",
        ConfigName = "config-name", GrpcService = "grpc-service", QueueName = "queue-name", Declared = "declared",
        LibraryHost = "library-host", Technology = "technology", Package = "package",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    pub from: ComponentIdx,
    pub to: ComponentIdx,
    pub kind: EdgeKind,
    pub transport: Option<Transport>,
    pub matched_by: MatchKind,
    pub confidence: Confidence,
    pub environments: Vec<Name>,
    /// Positions in [`System::calls`].
    pub calls: Vec<u32>,
    /// The libraries that the path crosses, in order.
    pub via: Vec<ComponentIdx>,
    pub coverage: Option<EdgeCoverage>,
    pub evidence: Vec<Evidence>,
}

/// How many of the paths between a service and a target pass each guard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeCoverage {
    pub timeout: Coverage,
    pub retry: Coverage,
    pub breaker: Coverage,
    pub bulkhead: Coverage,
    pub fallback: Coverage,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub covered: u64,
    pub total: u64,
    /// Paths on which it is not known whether the guard holds; they are not among `covered`.
    pub undecided: u64,
    /// False where the numbers are bounds.
    pub is_exact: bool,
    /// The shortest unguarded path; empty where every path is covered.
    pub witness: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Stable identity (see `json-v1.md`): hex of 16 characters.
    pub hash: Name,
    pub at: Location,
    pub span: Span,
    pub language: Language,
    pub package: Name,
    pub function: Name,
    /// Sorted.
    pub services: Vec<ComponentIdx>,
    /// Positions in [`System::entries`], sorted.
    pub entries: Vec<u32>,
    pub library: Name,
    pub library_version: Option<Name>,
    pub operation: Name,
    pub transport: Transport,
    pub effect: Effect,
    pub target: Option<ComponentIdx>,
    /// Literal, `config:NAME` or `dynamic`; redacted.
    pub endpoint: String,
    /// Why there is no target.
    pub unresolved: Option<String>,
    pub condition: Condition,
    pub phase: Phase,
    pub delivery: Delivery,
    pub status: StatusCheck,
    /// The meet over the production paths.
    pub guards: Guards,
    /// Where paths differ.
    pub alternatives: Vec<Alternative>,
    pub handling: Handling,
    pub observed: bool,
    /// Where its client is built, where that is done anew for each call.
    pub client_made: Option<Location>,
    /// The shortest path from an entry (or from a caller without callers), the call last.
    pub path: Vec<Evidence>,
    /// Own code names the address, or the setting that holds it. False only for what a third-party package alone knows.
    pub is_named: bool,
    pub confidence: Confidence,
}

/// The guards under one configuration, implementation or path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    pub when: String,
    pub guards: Guards,
    pub endpoint: String,
    /// Positions in [`System::entries`].
    pub entries: Vec<u32>,
    pub n_paths: u64,
    pub is_exact: bool,
    pub witness: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    pub at: Location,
    pub span: Span,
    pub function: Name,
    pub package: Name,
    /// The most likely callee's name; the first of several.
    pub callee: Name,
    /// All possible callees, sorted.
    pub callees: Vec<Name>,
    /// Positions in [`System::calls`], sorted.
    pub reaches: Vec<u32>,
    pub guards: Guards,
    /// The guards that stand at this very site.
    pub local: Guards,
    pub condition: Condition,
    pub delivery: Delivery,
    pub handling: Handling,
    pub observed: bool,
}
