//! Findings: one fact about the system that a rule names.

use serde::{Deserialize, Serialize};

use super::{
    Name,
    call::{Confidence, vocabulary},
    location::{Evidence, Location},
    system::ComponentIdx,
};

vocabulary! {
    /// How loud a rule is.
    Level { Off = "off", Advice = "advice", Warn = "warn", Error = "error" }
}

vocabulary! {
    /// What became of a finding in the gate.
    FindingStatus { New = "new", Baseline = "baseline", Waived = "waived", Expired = "expired" }
}

/// One finding. `rule` is an id of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Name,
    pub level: Level,
    pub confidence: Confidence,
    pub status: FindingStatus,
    /// One sentence; names the call, its target and what is missing.
    pub message: String,
    pub at: Location,
    pub component: Option<ComponentIdx>,
    /// Position in `System::calls`.
    pub call: Option<u32>,
    pub path: Vec<Evidence>,
    /// What to do, in one sentence.
    pub fix: String,
    /// Stable identity: hex of 16 characters.
    pub hash: Name,
}
