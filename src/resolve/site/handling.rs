//! What becomes of a call's failure, and whether somebody records it.

use std::cell::Cell;

use super::{
    Sites, flow, names,
    way::{End, Flow},
};
use crate::model::{
    Name,
    call::Handling,
    expr::{ExprId, ExprKind},
};

/// Whether a call or macro records an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Observe {
    No,
    /// At a level that is no failure report: `debug!`.
    Quietly,
    Loudly,
}

/// How many arms inside arms are looked into. Deeper ones stay unknown.
const MAX_DEPTH: usize = 6;

/// How many values are followed for one answer: errors may be used many times, and each use may lead to more.
const MAX_VALUES: u32 = 200;

/// What only the caller knows.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'o> {
    /// Whether a call or macro logs, counts or reports.
    pub(crate) observes: &'o dyn Fn(ExprId) -> Observe,
    /// What becomes of a failure inside the function that the call hands the value to; `None` = not known.
    pub(crate) inside: &'o dyn Fn(ExprId, ExprId) -> Option<(Handling, bool)>,
    /// The function returns a `Result`, `Option`, future or other value that can tell of failure.
    pub(crate) returns_result: bool,
}

/// A question with what may still be spent on it.
struct Question<'o> {
    asked: Asked<'o>,
    /// Values that may still be followed.
    budget: Cell<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    handling: Handling,
    observed: bool,
}

const UNKNOWN: Verdict = Verdict {
    handling: Handling::Unknown,
    observed: false,
};

impl Sites<'_> {
    /// What happens to the failure of the call at `id`, and whether that is observed here.
    ///
    /// Ask only for calls that can fail: a dropped unit looks like a dropped result.
    #[must_use]
    pub(crate) fn handling(&self, id: ExprId, asked: Asked) -> (Handling, bool) {
        let asked = Question {
            asked,
            budget: Cell::new(MAX_VALUES),
        };
        let verdict = self.verdict(id, &asked, MAX_DEPTH);
        (verdict.handling, verdict.observed)
    }

    fn verdict(&self, id: ExprId, asked: &Question, depth: usize) -> Verdict {
        let (Some(depth), Some(budget)) = (depth.checked_sub(1), asked.budget.get().checked_sub(1)) else {
            return UNKNOWN;
        };
        asked.budget.set(budget);
        let flows = flow::follow(self, id);
        let by_closures = flows.seen_by.iter().map(|closure| self.observed_in(*closure, asked));
        let on_the_way = flows.through.iter().map(|(call, _)| (asked.asked.observes)(*call));
        let seen = by_closures.chain(on_the_way).max();
        let seen = seen.unwrap_or(Observe::No);
        let mut best = UNKNOWN;
        let mut is_seen_inside = false;
        for (call, value) in &flows.through {
            match (asked.asked.inside)(*call, *value) {
                // It ends in there.
                Some((handling @ (Handling::Swallowed | Handling::Logged | Handling::Panics), observed)) => {
                    return Verdict { handling, observed };
                }
                Some((_, observed)) => is_seen_inside |= observed,
                None => {}
            }
        }
        for flow in &flows.ends {
            let next = self.end_verdict(flow, asked, depth);
            best = Verdict {
                handling: if rank(best.handling) < rank(next.handling) {
                    next.handling
                } else {
                    best.handling
                },
                observed: best.observed || next.observed,
            };
        }
        if best.handling == Handling::Swallowed && seen != Observe::No {
            best.handling = Handling::Logged;
        }
        best.observed |= seen == Observe::Loudly || is_seen_inside;
        best
    }

    fn end_verdict(&self, flow: &Flow, asked: &Question, depth: usize) -> Verdict {
        let plain = |handling| Verdict {
            handling,
            observed: false,
        };
        match &flow.end {
            // Of `.ok()?` only that there was an error goes on, and no caller can tell which.
            End::Escapes { to: None } | End::Moved | End::Returned if flow.way.is_lost => plain(Handling::Swallowed),
            End::Escapes { to: None } | End::Moved => plain(Handling::Propagated),
            End::Returned if asked.asked.returns_result => plain(Handling::Propagated),
            End::Escapes { .. } | End::Returned | End::Lost => UNKNOWN,
            End::Panics => plain(Handling::Panics),
            End::Dropped if flow.way.is_weak => UNKNOWN,
            End::Dropped => plain(Handling::Swallowed),
            End::LoopsWhile { failure } => match self.kind(flow.at) {
                ExprKind::Loop { body, .. } if *failure => self.region(&[*body], asked),
                _ => plain(Handling::Swallowed),
            },
            End::Defaulted { closure } => closure.map_or(plain(Handling::Swallowed), |it| self.region(&[it], asked)),
            End::Shown => match self.observed_in(flow.at, asked) {
                Observe::No => UNKNOWN,
                level => Verdict {
                    handling: Handling::Logged,
                    observed: level == Observe::Loudly,
                },
            },
            End::Split { success, failure, .. } if failure.is_empty() => {
                let goes_on =
                    !success.is_empty() && success.iter().all(|it| self.always_leaves(*it, self.loop_of(flow.at)));
                let rest = self.following(flow.at);
                if goes_on && !rest.is_empty() {
                    self.rest(rest, asked)
                } else {
                    plain(Handling::Swallowed)
                }
            }
            End::Split { failure, is_option, .. } => {
                let keeps = *is_option && !flow.way.is_lost;
                let each = failure
                    .iter()
                    .map(|region| self.failure(flow.at, *region, keeps, asked, depth));
                each.reduce(merge).unwrap_or(UNKNOWN)
            }
        }
    }

    /// Code that runs on failure, and may hand it on. `keeps`: `None` is how the failure looks, so that it goes on as one.
    fn failure(&self, at: ExprId, region: ExprId, keeps: bool, asked: &Question, depth: usize) -> Verdict {
        let mut verdict = self.region(&[region], asked);
        let tells = |id: ExprId| self.is_failure(id) || (keeps && self.is_none(id));
        let is_handed_on = self.below_here(region).into_iter().any(|inner| {
            matches!(self.kind(inner), ExprKind::Return(Some(value)) | ExprKind::Break { value: Some(value), .. }
                if tells(*value))
        });
        if is_handed_on {
            raise(&mut verdict, Handling::Propagated);
        }
        if verdict.handling == Handling::Propagated || verdict.handling == Handling::Panics {
            return verdict;
        }
        let tails = self.tails(region);
        if tails.iter().any(|tail| tells(*tail)) {
            let onward = self.verdict(at, asked, depth);
            if onward.handling != Handling::Unknown {
                return Verdict {
                    observed: verdict.observed || onward.observed,
                    ..onward
                };
            }
        }
        for used in self
            .error_names(at, region)
            .iter()
            .flat_map(|name| self.uses_in(region, name))
        {
            if self.is_text(used, &tails) {
                continue;
            }
            let onward = self.verdict(used, asked, depth);
            let is_passed_on = matches!(onward.handling, Handling::Propagated | Handling::Panics);
            if is_passed_on {
                return Verdict {
                    observed: verdict.observed || onward.observed,
                    ..onward
                };
            }
            let is_elsewhere = verdict.handling == Handling::Swallowed && onward.handling == Handling::Unknown;
            if is_elsewhere && !self.is_tested_only(used) {
                verdict.handling = Handling::Unknown;
            }
        }
        verdict
    }

    /// An error that becomes the text that stands for the answer: `Err(e) => format!("no answer: {e}")`.
    fn is_text(&self, used: ExprId, tails: &[ExprId]) -> bool {
        let mut is_template = false;
        for up in self.ancestors(used) {
            match self.kind(up) {
                ExprKind::Template(_) => is_template = true,
                ExprKind::Method { .. } | ExprKind::Macro { .. } => {}
                _ => return false,
            }
            if tails.contains(&up) {
                return is_template;
            }
        }
        false
    }

    /// An error that is only looked at (`e.is_timeout()` in a condition) went nowhere.
    fn is_tested_only(&self, used: ExprId) -> bool {
        let mut below = used;
        for up in self.ancestors(used) {
            match self.kind(up) {
                ExprKind::If { cond, .. } => return *cond == below,
                ExprKind::Match { scrutinee, .. } => return *scrutinee == below,
                ExprKind::Block { .. } => return false,
                _ => below = up,
            }
        }
        false
    }

    /// Statements after a test that succeeded and left: they run on failure only.
    fn rest(&self, stmts: &[ExprId], asked: &Question) -> Verdict {
        let observed = stmts
            .iter()
            .map(|stmt| self.observed_in(*stmt, asked))
            .max()
            .unwrap_or(Observe::No);
        let is_failure = stmts.last().is_some_and(|last| match self.kind(*last) {
            ExprKind::Return(Some(value)) => self.is_failure(*value) || self.returns_error(*value),
            _ => self.is_failure(*last),
        });
        let handling = match observed {
            _ if is_failure => Handling::Propagated,
            Observe::No => Handling::Swallowed,
            _ => Handling::Logged,
        };
        Verdict {
            handling,
            observed: observed == Observe::Loudly,
        }
    }

    /// What code that runs on failure does by itself.
    fn region(&self, region: &[ExprId], asked: &Question) -> Verdict {
        let mut verdict = Verdict {
            handling: Handling::Swallowed,
            observed: false,
        };
        for id in region {
            match self.observed_in(*id, asked) {
                Observe::No => {}
                level => {
                    verdict.observed |= level == Observe::Loudly;
                    raise(&mut verdict, Handling::Logged);
                }
            }
            for inner in self.below_here(*id) {
                if self.is_handed_on(inner) {
                    raise(&mut verdict, Handling::Propagated);
                } else if self.diverges(inner) {
                    raise(&mut verdict, Handling::Panics);
                }
            }
        }
        verdict
    }

    fn observed_in(&self, id: ExprId, asked: &Question) -> Observe {
        self.below(id)
            .into_iter()
            .map(|inner| (asked.asked.observes)(inner))
            .max()
            .unwrap_or(Observe::No)
    }

    pub(super) fn is_handed_on(&self, id: ExprId) -> bool {
        match self.kind(id) {
            ExprKind::Return(Some(value)) | ExprKind::Break { value: Some(value), .. } => {
                self.is_failure(*value) || self.returns_error(*value)
            }
            ExprKind::Throw(_) => true,
            ExprKind::Try(inner) => self.called(*inner).is_some_and(|name| name == "Err" || name == "bail"),
            ExprKind::Macro { path, .. } => path.last().is_some_and(|name| names::is_in(names::BAILING, name)),
            _ => false,
        }
    }

    fn diverges(&self, id: ExprId) -> bool {
        match self.kind(id) {
            ExprKind::Macro { path, .. } => path.last().is_some_and(|name| names::is_in(names::DIVERGING, name)),
            ExprKind::Call { .. } => {
                self.ends_process(id) || self.called(id).is_some_and(|name| name == "exit" || name == "abort")
            }
            _ => false,
        }
    }

    /// `Err(…)`, `None`, an error status: a value that tells of failure by itself.
    pub(super) fn is_failure(&self, id: ExprId) -> bool {
        self.below_here(id).into_iter().any(|inner| match self.kind(inner) {
            ExprKind::Call { .. } => self.called(inner).is_some_and(|name| name == "Err"),
            ExprKind::Macro { path, .. } => path
                .last()
                .is_some_and(|name| matches!(name.as_str(), "anyhow" | "eyre")),
            ExprKind::Path(path) => path.last().map(Name::as_str).is_some_and(|name| {
                name.contains("ERROR")
                    || name.ends_with("UNAVAILABLE")
                    || matches!(name, "BAD_GATEWAY" | "GATEWAY_TIMEOUT" | "FAILURE")
            }),
            _ => false,
        })
    }

    fn is_none(&self, id: ExprId) -> bool {
        matches!(self.kind(id), ExprKind::Path(path) if path.last().is_some_and(|name| name == "None"))
    }

    /// The expressions that give a region its value.
    pub(super) fn tails(&self, region: ExprId) -> Vec<ExprId> {
        let mut out = Vec::new();
        let mut open = vec![region];
        while let Some(id) = open.pop() {
            match self.kind(id) {
                ExprKind::Block {
                    stmts,
                    has_tail: true,
                    is_async: false,
                } => open.extend(stmts.last()),
                ExprKind::Block { .. } => {}
                ExprKind::If { then, otherwise, .. } => {
                    open.push(*then);
                    open.extend(otherwise);
                }
                ExprKind::Match { arms, .. } => open.extend(arms.iter().map(|arm| arm.body)),
                _ => out.push(id),
            }
        }
        out
    }

    /// What the error is called in the code that runs on failure.
    fn error_names(&self, at: ExprId, region: ExprId) -> Vec<Name> {
        let mut names = Vec::new();
        match self.kind(at) {
            ExprKind::Match { arms, .. } => {
                arms.iter()
                    .filter(|arm| arm.body == region)
                    .for_each(|arm| arm.pattern.names(&mut names));
            }
            ExprKind::If { cond, then, .. } if *then == region => {
                for inner in self.below_here(*cond) {
                    if let ExprKind::Let { pattern, .. } = self.kind(inner) {
                        pattern.names(&mut names);
                    }
                }
            }
            _ => {}
        }
        names
    }
}

fn raise(verdict: &mut Verdict, handling: Handling) {
    if rank(verdict.handling) < rank(handling) {
        verdict.handling = handling;
    }
}

fn merge(left: Verdict, right: Verdict) -> Verdict {
    let mut out = left;
    raise(&mut out, right.handling);
    out.observed |= right.observed;
    out
}

/// The stronger one tells what becomes of the failure, where several ends are possible.
const fn rank(handling: Handling) -> u8 {
    match handling {
        Handling::Unknown => 0,
        Handling::Swallowed => 1,
        Handling::Logged => 2,
        Handling::Panics => 3,
        Handling::Propagated => 4,
    }
}
