//! The detectors: one file each, one row each in [`DETECTORS`]. A rule of the catalogue names its detector.
//!
//! A detector only says what it found. Levels, collapsing of repeats, order and identity are settled here, once.

mod call_without_breaker;
mod call_without_timeout;
mod client_built_per_call;
mod dependency_cycle;
mod error_status_unchecked;
mod failure_swallowed;
mod failure_unobserved;
mod fallback_shares_fate;
mod hidden_egress;
mod retry_of_non_idempotent_call;
mod retry_unbounded;
mod retry_without_backoff;
mod retry_without_jitter;
mod shared_pool;
mod single_point_of_failure;
mod undeclared_external_endpoint;
mod unknown_guard;

use std::collections::BTreeMap;

use super::{AnalyzeSettings, network::Network, radius::target_name, routes::Routes};
use crate::{
    catalog::rules::{self, Rule},
    model::{
        Name,
        analysis::{BlastRadius, SinglePoint},
        call::Confidence,
        finding::{Finding, FindingStatus, Level},
        location::{Evidence, Location},
        system::{Call, ComponentIdx, System},
    },
};

/// What a detector may look at.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) system: &'a System,
    pub(crate) routes: &'a Routes<'a>,
    pub(crate) network: &'a Network<'a>,
    pub(crate) radii: &'a [BlastRadius],
    pub(crate) single_points: &'a [SinglePoint],
    /// The numbers of the rule that is looked for: what the settings say, else the rule.
    pub(crate) parameters: &'a BTreeMap<Name, u64>,
}

type Detector = fn(&Context<'_>) -> Vec<Draft>;

/// By name, sorted.
const DETECTORS: &[(&str, Detector)] = &[
    ("call-without-breaker", call_without_breaker::detect),
    ("call-without-timeout", call_without_timeout::detect),
    ("client-built-per-call", client_built_per_call::detect),
    ("dependency-cycle", dependency_cycle::detect),
    ("error-status-unchecked", error_status_unchecked::detect),
    ("failure-swallowed", failure_swallowed::detect),
    ("failure-unobserved", failure_unobserved::detect),
    ("fallback-shares-fate", fallback_shares_fate::detect),
    ("hidden-egress-in-dependency", hidden_egress::detect),
    ("retry-of-non-idempotent-call", retry_of_non_idempotent_call::detect),
    ("retry-unbounded", retry_unbounded::detect),
    ("retry-without-backoff", retry_without_backoff::detect),
    ("retry-without-jitter", retry_without_jitter::detect),
    ("shared-pool-without-bulkhead", shared_pool::detect),
    ("single-point-of-failure", single_point_of_failure::detect),
    ("undeclared-external-endpoint", undeclared_external_endpoint::detect),
    ("unknown-guard", unknown_guard::detect),
];

/// Silent until targets are declared; from then on a declaration that is missing is worth a warning.
const NEEDS_DECLARED_TARGETS: &str = "undeclared-external-endpoint";

/// What a detector found in one place.
pub(crate) struct Draft {
    pub(crate) at: Location,
    pub(crate) package: Name,
    pub(crate) function: Name,
    /// What it is about, in the same words in every run: part of the finding's identity.
    pub(crate) target: String,
    pub(crate) component: Option<ComponentIdx>,
    pub(crate) call: Option<u32>,
    pub(crate) message: String,
    pub(crate) fix: String,
    pub(crate) path: Vec<Evidence>,
    pub(crate) confidence: Confidence,
    /// The loudest that this case may be.
    pub(crate) max_level: Level,
}

impl Draft {
    /// About one call; `what` goes on after "FUNCTION calls TARGET (LIBRARY OPERATION)".
    pub(crate) fn of_call(context: &Context<'_>, idx: u32, what: &str, fix: impl Into<String>) -> Self {
        let call = &context.system.calls[idx as usize];
        let (function, target) = (&call.function, target_name(context.system, call));
        Self {
            at: call.at.clone(),
            package: call.package.clone(),
            function: function.clone(),
            message: format!("{function} calls {target} ({} {}) {what}", call.library, call.operation),
            target,
            component: call.services.first().copied(),
            call: Some(idx),
            fix: fix.into(),
            path: call.path.clone(),
            confidence: call.confidence,
            max_level: Level::Error,
        }
    }
}

/// Calls with their positions.
pub(crate) fn calls<'a>(context: &Context<'a>) -> impl Iterator<Item = (u32, &'a Call)> + use<'a> {
    (0..).zip(&context.system.calls)
}

/// All findings at the levels that the settings give, sorted by level (error first), rule, place.
pub(crate) fn findings(context: &Context<'_>, rules: &[Rule], settings: &AnalyzeSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules {
        let level = level_of(rule, settings);
        let detector = DETECTORS.iter().find(|(name, _)| *name == rule.detector);
        if let (Some((_, detect)), true) = (detector, level != Level::Off) {
            let parameters = parameters(rule, settings);
            let context = Context {
                parameters: &parameters,
                ..*context
            };
            let mut drafts = detect(&context);
            // Nobody here can change a line of a third-party package; what it hides is a rule of its own.
            drafts.retain(|draft| !draft.at.is_third_party());
            findings.extend(collapse(&rule.id, level, drafts));
        }
    }
    findings.sort_by(|one, other| {
        (other.level, &one.rule, &one.at, &one.message).cmp(&(one.level, &other.rule, &other.at, &other.message))
    });
    findings
}

fn parameters(rule: &Rule, settings: &AnalyzeSettings) -> BTreeMap<Name, u64> {
    let own = rule
        .parameters
        .iter()
        .map(|(name, parameter)| (Name::new(name), parameter.value));
    let mut all: BTreeMap<Name, u64> = own.collect();
    if let Some(set) = settings.parameters.get(rule.id.as_str()) {
        all.extend(set.iter().map(|(name, value)| (name.clone(), *value)));
    }
    all
}

fn level_of(rule: &Rule, settings: &AnalyzeSettings) -> Level {
    if let Some(level) = settings.levels.get(rule.id.as_str()) {
        return *level;
    }
    match rule.level {
        rules::Level::Off if rule.detector == NEEDS_DECLARED_TARGETS && settings.has_declared_targets => Level::Warn,
        rules::Level::Off => Level::Off,
        rules::Level::Advice => Level::Advice,
        rules::Level::Warn => Level::Warn,
        rules::Level::Error => Level::Error,
    }
}

/// The same thing said of several places of one function is one finding that names them all.
fn collapse(rule: &str, level: Level, drafts: Vec<Draft>) -> Vec<Finding> {
    type Key = (Name, Name, Name, String);
    let mut groups: BTreeMap<Key, Vec<Draft>> = BTreeMap::new();
    for draft in drafts {
        let key = (
            draft.at.root.clone(),
            draft.package.clone(),
            draft.function.clone(),
            draft.target.clone(),
        );
        groups.entry(key).or_default().push(draft);
    }
    let one = |((root, package, function, target), mut drafts): (Key, Vec<Draft>)| {
        drafts.sort_by(|one, other| (&one.at, &one.message).cmp(&(&other.at, &other.message)));
        let loudest = drafts.iter().map(|draft| loudness(draft, level)).max().unwrap_or(level);
        let mut drafts = drafts.into_iter();
        let first = drafts.next()?;
        let mut path = first.path;
        path.extend(drafts.map(|draft| Evidence {
            at: draft.at,
            reason: format!("the same holds here: {}", draft.message),
            function: Some(draft.function),
        }));
        Some(Finding {
            rule: Name::new(rule),
            level: loudest,
            confidence: first.confidence,
            status: FindingStatus::New,
            message: first.message,
            at: first.at,
            component: first.component,
            call: first.call,
            path,
            fix: first.fix,
            hash: hash(&[rule, &root, &package, &function, &target]),
        })
    };
    groups.into_iter().filter_map(one).collect()
}

/// A finding of low confidence is never an error.
fn loudness(draft: &Draft, level: Level) -> Level {
    let limit = if draft.confidence == Confidence::Low {
        Level::Warn
    } else {
        Level::Error
    };
    level.min(draft.max_level).min(limit)
}

/// A stable identity: no line, no count. Collapsing leaves one finding for each key, so its ordinal is always 0.
fn hash(parts: &[&str]) -> Name {
    let mut hasher = blake3::Hasher::new();
    for part in parts.iter().chain([&"0"]) {
        hasher.update(part.as_bytes());
        hasher.update(b"\0");
    }
    Name::new(&hasher.finalize().to_hex()[..16])
}

#[cfg(test)]
mod tests {
    use super::DETECTORS;
    use crate::{
        analyze::{AnalyzeSettings, analyze, notation},
        catalog::compile::Catalog,
        model::{finding::Level, system::System},
    };

    /// What `rule` says of the system: `level line: message`, one line each.
    #[track_caller]
    pub(super) fn check(rule: &str, text: &str, expected: &[&str]) {
        check_system(rule, &notation::read(text), &AnalyzeSettings::default(), expected);
    }

    #[track_caller]
    pub(super) fn check_system(rule: &str, system: &System, settings: &AnalyzeSettings, expected: &[&str]) {
        let analysis = analyze(system, settings, Catalog::builtin().rules());
        let lines: Vec<String> = analysis
            .findings
            .iter()
            .filter(|finding| finding.rule == rule)
            .map(|finding| format!("{} {}: {}", finding.level.as_str(), finding.at.line, finding.message))
            .collect();
        assert_eq!(lines, expected, "\n{}", lines.join("\n"));
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(DETECTORS.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn settings_silence_and_raise() {
        let system = notation::read("service a main -> external x");
        let mut settings = AnalyzeSettings::default();
        let rule = "call-without-timeout";
        settings.levels.insert(rule.into(), Level::Off);
        check_system(rule, &system, &settings, &[]);
        settings.levels.insert(rule.into(), Level::Advice);
        let line = "advice 1: a::main calls external:x (reqwest GET) without a timeout: nothing ends it when the target does not answer";
        check_system(rule, &system, &settings, &[line]);
    }

    #[test]
    fn repeats_in_one_function_are_one_finding_whose_hash_holds_no_line() {
        let one = |text: &str| {
            let analysis = analyze(
                &notation::read(text),
                &AnalyzeSettings::default(),
                Catalog::builtin().rules(),
            );
            let mut found = analysis
                .findings
                .into_iter()
                .filter(|finding| finding.rule == "call-without-timeout");
            let first = found.next().expect("a finding");
            assert!(found.next().is_none(), "one finding");
            first
        };
        let single = one("service a main -> external x");
        let twice =
            one("service a main -> datastore d timeout=1\nservice a main -> external x\nservice a main -> external x");
        assert_eq!((single.hash, single.path.len()), (twice.hash, 1));
        assert_eq!(twice.path.len(), 2);
    }
}
