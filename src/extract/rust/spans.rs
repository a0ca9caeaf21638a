//! Places: from the parser's spans to the model's.

use proc_macro2::{LineColumn, extra::DelimSpan};

use crate::model::{expr::Body, expr::ExprId, location::Span};

/// A line or column as the model counts them.
pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The place of a name; its lines are the whole extent until [`cover`] widens it.
pub(super) fn at(name: proc_macro2::Span) -> Span {
    let LineColumn { line, column } = name.start();
    Span {
        line: number(line),
        column: number(column + 1),
        start: number(line),
        end: number(name.end().line),
    }
}

/// A named thing that ends with a closing delimiter.
pub(super) fn through(name: proc_macro2::Span, close: proc_macro2::Span) -> Span {
    let span = at(name);
    Span {
        end: span.end.max(number(close.end().line)),
        ..span
    }
}

/// From the opening to the closing delimiter.
pub(super) fn delimited(delimiter: &DelimSpan) -> Span {
    through(delimiter.open(), delimiter.close())
}

/// Widen the extent to hold those expressions too.
pub(super) fn cover(span: Span, body: &Body, ids: impl IntoIterator<Item = ExprId>) -> Span {
    ids.into_iter().fold(span, |span, id| {
        let inner = body.get(id).span;
        Span {
            start: span.start.min(inner.start),
            end: span.end.max(inner.end),
            ..span
        }
    })
}
