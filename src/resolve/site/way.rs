//! Ends of a value's way, and what happened to it before.

use crate::model::expr::ExprId;

/// One end of the way.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// `?` or `return`; out of the function where `to` is none, else out of that closure or `async` block.
    Escapes {
        to: Option<ExprId>,
    },
    /// The value of the function, or moved into a struct.
    Returned,
    Moved,
    Panics,
    /// Replaced by a default, perhaps one that a closure makes.
    Defaulted {
        closure: Option<ExprId>,
    },
    /// Code for failure, and code for success. Either may be empty: the flow just goes on.
    Split {
        success: Vec<ExprId>,
        failure: Vec<ExprId>,
        /// `Some` and `None` were told apart: `None` is how this failure looks, and how it goes on.
        is_option: bool,
    },
    /// A loop that goes on while it fails (or while it succeeds).
    LoopsWhile {
        failure: bool,
    },
    Dropped,
    /// An argument of a macro.
    Shown,
    Lost,
}

/// What happened to a value on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    /// It went through a call that nobody knows here.
    pub is_weak: bool,
    /// The error itself is gone: `.ok()`. Only that there was one is still known.
    pub is_lost: bool,
    /// Results around it: `timeout(…, call())` gives a result of a result, so does a task's handle.
    pub layers: u8,
}

impl Way {
    pub(super) const fn weak(self) -> Self {
        Self { is_weak: true, ..self }
    }

    pub(super) const fn lost(self, is_lost: bool) -> Self {
        Self { is_lost, ..self }
    }

    pub(super) const fn wrapped(self) -> Self {
        Self {
            layers: self.layers.saturating_add(1),
            ..self
        }
    }

    /// Of what a success pattern binds, where that may be a failure still.
    pub(super) const fn inside(self) -> Option<Self> {
        match self.unwrapped() {
            Some(inner) => Some(inner),
            None if self.is_weak => Some(self),
            None => None,
        }
    }

    /// Without the outermost of the results around it; `None` where there is none.
    pub(super) const fn unwrapped(self) -> Option<Self> {
        match self.layers.checked_sub(1) {
            Some(layers) => Some(Self { layers, ..self }),
            None => None,
        }
    }
}

/// An end with its place.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub at: ExprId,
    pub end: End,
    pub way: Way,
}

/// All ends of a value, and what saw the error on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    pub ends: Vec<Flow>,
    /// Closures that take the error: `map_err`, `inspect_err`.
    pub seen_by: Vec<ExprId>,
    /// Methods and functions that the value went through, with the value that they were handed.
    pub through: Vec<(ExprId, ExprId)>,
}
