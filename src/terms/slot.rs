//! One place for a guard: of several candidates the most specific holds, others where that one may be missing.

use crate::model::{
    Name,
    guard::{Layer, Source},
};

use super::evaluate::Values;

/// What one layer puts in force, over all its possible values.
pub(super) struct Outcome<T> {
    pub(super) parts: Vec<T>,
    /// Some value says "none" explicitly.
    pub(super) can_be_none: bool,
    /// Whether it is set at all depends on the configuration: then the next candidate holds.
    pub(super) is_conditional: bool,
    /// Nobody could say whether it is set.
    pub(super) undecided: Option<Name>,
}

/// The guards that a slot may hold, over all configurations.
#[derive(Debug)]
pub(super) struct Slot<T> {
    /// Position of its outermost candidate in the stack.
    pub(super) position: usize,
    pub(super) parts: Vec<T>,
    /// In some configuration nothing is in force.
    pub(super) can_be_none: bool,
    pub(super) undecided: Option<Name>,
}

/// Whether a slot is filled, seen over all configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    Always,
    Sometimes,
    Never,
    Undecided,
}

impl<T> Slot<T> {
    /// Settle the candidates, given by falling precedence.
    pub(super) fn settle(position: usize, outcomes: impl IntoIterator<Item = Outcome<T>>) -> Self {
        let mut slot = Self {
            position,
            parts: Vec::new(),
            can_be_none: false,
            undecided: None,
        };
        for outcome in outcomes {
            slot.parts.extend(outcome.parts);
            slot.can_be_none |= outcome.can_be_none;
            if outcome.undecided.is_some() {
                slot.undecided = slot.undecided.or(outcome.undecided);
            } else if !outcome.is_conditional {
                slot.undecided = None;
                return slot;
            }
        }
        slot.can_be_none |= slot.undecided.is_none();
        slot
    }

    pub(super) fn filled(&self) -> Filled {
        match (self.can_be_none, self.parts.is_empty()) {
            _ if self.undecided.is_some() => Filled::Undecided,
            (_, true) => Filled::Never,
            (true, false) => Filled::Sometimes,
            (false, false) => Filled::Always,
        }
    }
}

/// Why a layer with such a value may not be set at all.
///
/// A value that is not known is still set where its setter was seen; a layer without a place was only
/// supposed (a default that was not read, a client that was not found), so an unknown value may be none.
pub(super) fn undecided(layer: &Layer, values: &Values) -> Option<Name> {
    if layer.at.is_some() {
        None
    } else {
        values.unknown.clone()
    }
}

/// Whether the source belongs to the library's own stack, where the most specific setting replaces the others.
///
/// Wrappers, frameworks and meshes stand around the call and add to what is inside.
pub(super) const fn is_own_stack(source: Source) -> bool {
    match source {
        Source::Request | Source::Client | Source::Url | Source::LibraryDefault => true,
        Source::Wrapper | Source::Framework | Source::Mesh => false,
    }
}

/// Sort candidates of the library's own stack by falling precedence: by source, then the later setting first.
pub(super) fn by_precedence(candidates: &mut [(usize, &Layer)]) {
    candidates.sort_by(|(left_at, left), (right_at, right)| {
        left.source.cmp(&right.source).then_with(|| right_at.cmp(left_at))
    });
}
