//! The pause between the tries of a retry: how it grows, and whether chance takes part.

use std::collections::BTreeSet;

use super::{Sites, names};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, Literal},
    guard::Backoff,
};

/// The pause of a loop.
pub(super) struct Pace {
    pub backoff: Backoff,
    pub jitter: Option<bool>,
    pub sleep: Option<ExprId>,
}

/// What a pause is computed from.
#[derive(Default)]
pub(super) struct Sources {
    exprs: BTreeSet<ExprId>,
    pub names: BTreeSet<Name>,
    /// Changed inside the loop, or bound by its head.
    is_changing: bool,
    /// Made from its own last value on some turns: counted up, doubled.
    pub is_grown: bool,
    is_multiplied: bool,
    is_random: bool,
    /// A call whose insides are not known here takes part.
    is_open: bool,
}

impl Sites<'_> {
    /// Whether it waits for a time.
    pub(super) fn is_sleep(&self, id: ExprId) -> bool {
        let is_call = matches!(self.kind(id), ExprKind::Call { .. } | ExprKind::Method { .. });
        is_call && self.called(id).is_some_and(|name| names::is_in(names::SLEEPS, name))
    }

    /// Whether it waits for a time, or calls something that says so.
    pub(super) fn is_pause(&self, id: ExprId) -> bool {
        let is_call = matches!(self.kind(id), ExprKind::Call { .. } | ExprKind::Method { .. });
        is_call
            && self.called(id).is_some_and(|name| {
                let name = name.to_lowercase();
                name.contains("backoff") || name.contains("sleep") || name.contains("delay")
            })
    }

    /// The pause that belongs to a call: the first one after it in the loop, else the first; closures left out.
    fn sleep_of(&self, around: ExprId, id: ExprId) -> Option<ExprId> {
        let here = self.below_here(around);
        let sleeps: Vec<ExprId> = here.into_iter().filter(|it| self.is_sleep(*it)).collect();
        let later = sleeps.iter().find(|it| id < **it);
        later.or(sleeps.first()).copied()
    }

    /// What the length of the pause after a call is made of.
    pub(super) fn pause(&self, around: ExprId, id: ExprId) -> Option<Sources> {
        let argument = self.arguments(self.sleep_of(around, id)?).first().copied()?;
        Some(self.sources(argument, around))
    }

    /// How the loop waits between the tries of a call.
    pub(super) fn pace(&self, around: ExprId, id: ExprId) -> Pace {
        let Some(sleep) = self.sleep_of(around, id) else {
            let is_wrapped = self.below_here(around).iter().any(|it| self.is_pause(*it));
            let backoff = if is_wrapped { Backoff::Unknown } else { Backoff::None };
            return Pace {
                backoff,
                jitter: None,
                sleep: None,
            };
        };
        let argument = self.arguments(sleep).first().copied();
        let Some(argument) = argument else {
            return Pace {
                backoff: Backoff::Unknown,
                jitter: None,
                sleep: None,
            };
        };
        let sources = self.sources(argument, around);
        let backoff = match (sources.is_changing, sources.is_multiplied, sources.is_open) {
            (true, _, _) => Backoff::Exponential,
            (false, _, true) => Backoff::Unknown,
            (false, _, false) => Backoff::Fixed,
        };
        let jitter = if sources.is_random {
            Some(true)
        } else {
            (!sources.is_open || sources.is_multiplied).then_some(false)
        };
        Pace {
            backoff,
            jitter,
            sleep: Some(argument),
        }
    }

    /// Follow a pause's expression through the local names in it.
    fn sources(&self, argument: ExprId, around: ExprId) -> Sources {
        let mut out = Sources::default();
        let mut open = vec![argument];
        while let Some(root) = open.pop() {
            for id in self.below(root) {
                if !out.exprs.insert(id) {
                    continue;
                }
                self.note(id, &mut out);
                let Some(name) = self.name(id) else { continue };
                for up in self.ancestors(id).take_while(|up| *up != around) {
                    self.each_taken_apart(up, id, name, &mut |source| open.push(source));
                }
                if out.names.insert(name.clone()) {
                    self.writes_of(name, around, &mut out, &mut open);
                }
            }
        }
        out
    }

    fn writes_of(&self, name: &Name, around: ExprId, out: &mut Sources, open: &mut Vec<ExprId>) {
        for write in self.writes.get(name).into_iter().flatten() {
            match self.kind(*write) {
                ExprKind::Bind { init, .. } => open.extend(init),
                ExprKind::Assign { value, op, .. } => {
                    let is_inside = self.is_inside(*write, around);
                    out.is_changing |= is_inside;
                    let is_own = |op: &Name| matches!(op.as_str(), "+=" | "*=" | "<<=");
                    let is_stepped = op
                        .as_ref()
                        .map_or_else(|| !self.uses_in(*value, name).is_empty(), is_own);
                    out.is_grown |= is_inside && is_stepped;
                    out.is_multiplied |= op.as_deref().is_some_and(|op| op == "*=" || op == "<<=");
                    open.push(*value);
                }
                _ => {}
            }
        }
        if let ExprKind::Loop {
            pattern: Some(pattern), ..
        } = self.kind(around)
        {
            let mut bound = Vec::new();
            pattern.names(&mut bound);
            out.is_changing |= bound.contains(name);
        }
    }

    fn note(&self, id: ExprId, out: &mut Sources) {
        match self.kind(id) {
            ExprKind::Binary { op, .. } => out.is_multiplied |= op == "*" || op == "<<",
            ExprKind::Method { method, .. } => {
                let grows = method.contains("pow") || method.contains("mul") || method.contains("shl");
                out.is_multiplied |= grows;
                // A policy's next step grows more often than not.
                out.is_changing |= method.starts_with("next");
                out.is_random |= is_random(method);
                out.is_open |= !grows && !is_plain(method);
            }
            ExprKind::Call { callee, .. } => {
                if let ExprKind::Path(path) = self.kind(*callee) {
                    out.is_random |= path.segments.iter().any(|name| is_random(name));
                    let is_duration = path.segments.iter().any(|name| name == "Duration" || name == "Instant");
                    out.is_open |= !is_duration && !path.last().is_some_and(|name| is_plain(name));
                } else {
                    out.is_open = true;
                }
            }
            ExprKind::Path(path) => out.is_random |= path.segments.iter().any(|name| is_random(name)),
            ExprKind::Field { name, .. } => out.is_random |= is_random(name),
            ExprKind::Literal(Literal::Str(_)) => out.is_open = true,
            _ => {}
        }
    }
}

fn is_random(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("rand") || name.contains("jitter") || name.contains("rng") || name == "gen_range"
}

/// Conversions and bounds that leave a length what it is.
fn is_plain(name: &str) -> bool {
    let starts = [
        "as_",
        "from_",
        "into",
        "to_",
        "min",
        "max",
        "unwrap",
        "saturating_",
        "checked_",
        "clamp",
        "clone",
    ];
    starts.iter().any(|start| name.starts_with(start))
        || matches!(name, "Some" | "copied" | "cloned" | "add" | "len" | "now")
}
