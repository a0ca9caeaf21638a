//! The one place where an outcome becomes a verdict. Formats and display limits have no say in it.

use crate::model::{
    finding::{Finding, FindingStatus, Level},
    outcome::Outcome,
};

/// When a check fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Open findings of this level or above fail it; [`Level::Off`] = none does.
    pub fail_on: Level,
    /// The share of calls, 0 to 1, that must have a known target for the answer to count at all.
    pub min_resolved: Option<f64>,
}

/// Open findings by level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub n_error: usize,
    pub n_warn: usize,
    pub n_advice: usize,
}

impl Counts {
    /// Count the findings that are neither waived nor in the baseline.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut counts = Self::default();
        for finding in open(outcome) {
            match finding.level {
                Level::Error => counts.n_error += 1,
                Level::Warn => counts.n_warn += 1,
                Level::Advice => counts.n_advice += 1,
                Level::Off => {}
            }
        }
        counts
    }
}

fn open(outcome: &Outcome) -> impl Iterator<Item = &Finding> {
    let is_open = |status| matches!(status, FindingStatus::New | FindingStatus::Expired);
    outcome
        .analysis
        .findings
        .iter()
        .filter(move |finding| is_open(finding.status))
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No open finding at or above the failing level in what was seen.
    Passed(Counts),
    /// Open findings at or above the failing level, and all open ones.
    Failed { n_findings: usize, counts: Counts },
    /// Too little was understood to say anything; the fragment says what.
    NotUnderstood(String),
}

/// Client libraries named in a message.
const N_CLIENTS_NAMED: usize = 5;

/// Judge `outcome`. A tree of which nothing was read or understood is never clean.
#[must_use]
pub fn verdict(outcome: &Outcome, policy: Policy) -> Verdict {
    if let Some(reason) = not_understood(outcome, policy) {
        return Verdict::NotUnderstood(reason);
    }
    let counts = Counts::of(outcome);
    let n_findings = open(outcome)
        .filter(|finding| policy.fail_on != Level::Off && policy.fail_on <= finding.level)
        .count();
    if 0 < n_findings {
        return Verdict::Failed { n_findings, counts };
    }
    let n_calls = outcome.system.calls.len();
    let n_resolved = outcome.system.calls.iter().filter(|call| call.target.is_some()).count();
    let share = if n_calls == 0 {
        1.0
    } else {
        n_resolved as f64 / n_calls as f64
    };
    if let Some(least) = policy.min_resolved
        && share < least
    {
        return Verdict::NotUnderstood(format!(
            "{n_resolved} of {n_calls} calls have a known target, a smaller share than the {least} asked for"
        ));
    }
    Verdict::Passed(counts)
}

/// Why the answer says nothing at all. Who asks for no share of resolved calls (`0`) says that it may be so.
fn not_understood(outcome: &Outcome, policy: Policy) -> Option<String> {
    if outcome.scan.n_read == 0 {
        return Some("no source file of a language that failmap reads was found".to_owned());
    }
    let is_accepted = policy.min_resolved.is_some_and(|least| least <= 0.0);
    if outcome.system.calls.is_empty() && !outcome.scan.clients.is_empty() && !is_accepted {
        let clients = &outcome.scan.clients;
        let named: Vec<&str> = clients.iter().take(N_CLIENTS_NAMED).map(|name| name.as_str()).collect();
        let more = if named.len() < clients.len() { ", …" } else { "" };
        return Some(format!(
            "not one external call was understood, although the code depends on {}{more}; min-resolved = 0 says that it makes none",
            named.join(", ")
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Name, call::Confidence, finding::Finding, location::Location};

    const POLICY: Policy = Policy {
        fail_on: Level::Error,
        min_resolved: None,
    };

    fn outcome(findings: &[(Level, FindingStatus)]) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.scan.n_read = 1;
        outcome.analysis.findings = findings
            .iter()
            .map(|&(level, status)| Finding {
                rule: Name::new("call-without-timeout"),
                level,
                confidence: Confidence::High,
                status,
                message: String::new(),
                at: Location::of_file(Name::new("shop"), "a.rs".into()),
                component: None,
                call: None,
                path: Vec::new(),
                fix: String::new(),
                hash: Name::default(),
            })
            .collect();
        outcome
    }

    #[test]
    fn the_failing_level_and_above_fail() {
        let found = outcome(&[(Level::Warn, FindingStatus::New), (Level::Error, FindingStatus::New)]);
        let counts = Counts {
            n_error: 1,
            n_warn: 1,
            n_advice: 0,
        };
        assert_eq!(verdict(&found, POLICY), Verdict::Failed { n_findings: 1, counts });
        assert_eq!(
            verdict(
                &found,
                Policy {
                    fail_on: Level::Advice,
                    ..POLICY
                }
            ),
            Verdict::Failed { n_findings: 2, counts }
        );
        let counts = Counts { n_error: 0, ..counts };
        assert_eq!(
            verdict(&outcome(&[(Level::Warn, FindingStatus::New)]), POLICY),
            Verdict::Passed(counts)
        );
    }

    #[test]
    fn accepted_findings_pass_and_expired_ones_do_not() {
        let accepted = outcome(&[
            (Level::Error, FindingStatus::Baseline),
            (Level::Error, FindingStatus::Waived),
        ]);
        assert_eq!(verdict(&accepted, POLICY), Verdict::Passed(Counts::default()));
        let expired = outcome(&[(Level::Error, FindingStatus::Expired)]);
        assert!(matches!(
            verdict(&expired, POLICY),
            Verdict::Failed { n_findings: 1, .. }
        ));
    }

    #[test]
    fn a_tree_of_which_nothing_was_read_is_not_clean() {
        assert!(matches!(
            verdict(&Outcome::default(), POLICY),
            Verdict::NotUnderstood(_)
        ));
    }

    #[test]
    fn a_tree_of_which_no_call_was_understood_is_not_clean() {
        let mut blind = outcome(&[]);
        blind.scan.clients = vec![Name::new("reqwest"), Name::new("sqlx")];
        let Verdict::NotUnderstood(reason) = verdict(&blind, POLICY) else {
            panic!("it says something");
        };
        assert!(reason.contains("depends on reqwest, sqlx;"), "{reason}");
        let accepted = Policy {
            min_resolved: Some(0.0),
            ..POLICY
        };
        assert_eq!(verdict(&blind, accepted), Verdict::Passed(Counts::default()));
        // Code that depends on no client has no call to understand.
        assert_eq!(verdict(&outcome(&[]), POLICY), Verdict::Passed(Counts::default()));
    }
}
