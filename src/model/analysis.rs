//! Results of `analyze`: blast radius, failure domains, single points of failure, retry products, budgets.

use serde::{Deserialize, Serialize};

use super::{call::vocabulary, finding::Finding, guard::RetryPart, location::Evidence, system::ComponentIdx};

vocabulary! {
    /// In which way a component fails.
    Mode { Change = "change", Error = "error", Hang = "hang", Overload = "overload" }
}

vocabulary! {
    /// The state of an entry or service, seen from outside; ordered from good to bad.
    State { Ok = "ok", Degraded = "degraded", Failing = "failing", Hanging = "hanging" }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Sorted by level (error first), rule, place.
    pub findings: Vec<Finding>,
    /// Sorted by component, mode.
    pub blast_radius: Vec<BlastRadius>,
    pub failure_domains: Vec<FailureDomain>,
    pub single_points_of_failure: Vec<SinglePoint>,
    pub retry_products: Vec<RetryProduct>,
    pub timeout_budgets: Vec<TimeoutBudget>,
}

/// How many services are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StateCounts {
    pub degraded: u32,
    pub failing: u32,
    pub hanging: u32,
}

/// Who is affected when `component` fails in `mode` (or, for `change`, who depends on it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlastRadius {
    pub component: ComponentIdx,
    pub mode: Mode,
    pub best: StateCounts,
    pub worst: StateCounts,
    pub affected: Vec<Affected>,
    /// Positions of calls whose unknown guards or conditions widen the interval.
    pub depends_on_unknown: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affected {
    pub component: ComponentIdx,
    pub best: State,
    pub worst: State,
    pub entries: Vec<AffectedEntry>,
    pub path: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AffectedEntry {
    /// Position in `System::entries`.
    pub entry: u32,
    pub best: State,
    pub worst: State,
    /// Until the entry answers, where it is bounded and known.
    pub latency_ms: Option<u64>,
    pub slots: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureDomain {
    pub shared: Vec<ComponentIdx>,
    pub members: Vec<ComponentIdx>,
    pub why: String,
    /// Positions of the calls that tie the members to it.
    pub cut: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SinglePoint {
    pub component: ComponentIdx,
    /// `error` or `hang`, the worse of both.
    pub mode: Mode,
    pub best: State,
    pub worst: State,
    /// Positions in `System::entries`.
    pub entries: Vec<u32>,
    pub services: Vec<ComponentIdx>,
    pub path: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryProduct {
    pub target: ComponentIdx,
    pub best: u64,
    /// `None` = unbounded.
    pub worst: Option<u64>,
    pub layers: Vec<RetryPart>,
    pub path: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeoutBudget {
    /// Position in `System::calls`.
    pub caller: u32,
    pub budget_ms: u64,
    pub needed_ms: u64,
    pub is_exact: bool,
    pub path: Vec<Evidence>,
}
