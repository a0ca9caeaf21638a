//! The one place where an outcome becomes a verdict. Formats and display limits have no say in it.

use crate::model::{
    finding::{FindingStatus, Level},
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

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No open finding at or above the failing level in what was seen.
    Passed,
    /// Open findings at or above the failing level.
    Failed { n_findings: usize },
    /// Too little was understood to say anything; the fragment says what.
    NotUnderstood(String),
}

/// Judge `outcome`. A tree of which nothing was read is never clean.
#[must_use]
pub fn verdict(outcome: &Outcome, policy: Policy) -> Verdict {
    if outcome.scan.n_read == 0 {
        return Verdict::NotUnderstood("no source file of a language that failmap reads was found".to_owned());
    }
    let n_findings = outcome
        .analysis
        .findings
        .iter()
        .filter(|finding| matches!(finding.status, FindingStatus::New | FindingStatus::Expired))
        .filter(|finding| policy.fail_on != Level::Off && policy.fail_on <= finding.level)
        .count();
    if 0 < n_findings {
        return Verdict::Failed { n_findings };
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
    Verdict::Passed
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
        assert_eq!(verdict(&found, POLICY), Verdict::Failed { n_findings: 1 });
        assert_eq!(
            verdict(
                &found,
                Policy {
                    fail_on: Level::Advice,
                    ..POLICY
                }
            ),
            Verdict::Failed { n_findings: 2 }
        );
        assert_eq!(
            verdict(&outcome(&[(Level::Warn, FindingStatus::New)]), POLICY),
            Verdict::Passed
        );
    }

    #[test]
    fn accepted_findings_pass_and_expired_ones_do_not() {
        let accepted = outcome(&[
            (Level::Error, FindingStatus::Baseline),
            (Level::Error, FindingStatus::Waived),
        ]);
        assert_eq!(verdict(&accepted, POLICY), Verdict::Passed);
        let expired = outcome(&[(Level::Error, FindingStatus::Expired)]);
        assert_eq!(verdict(&expired, POLICY), Verdict::Failed { n_findings: 1 });
    }

    #[test]
    fn a_tree_of_which_nothing_was_read_is_not_clean() {
        assert!(matches!(
            verdict(&Outcome::default(), POLICY),
            Verdict::NotUnderstood(_)
        ));
    }
}
