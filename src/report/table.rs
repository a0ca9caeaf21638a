//! Aligned columns for the terminal: shrinks what may be shortened, never what decides.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

/// The least width that a column is shrunk to.
const NARROWEST: usize = 12;
/// Blanks between two columns.
const GAP: usize = 2;

/// Where a cell stands in its column, and which end may go when it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Left-aligned, never cut: verdicts, states, ids of rules.
    Whole,
    /// Right-aligned, never cut: numbers.
    Number,
    /// Left-aligned; the end is cut: names, sentences.
    CutEnd,
    /// Left-aligned; the beginning is cut: paths, whose last part tells most.
    CutStart,
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            style: Style::new(),
        }
    }

    pub(super) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }
}

/// Rows under a heading. All rows have as many cells as there are columns.
#[derive(Clone, Debug)]
pub(super) struct Table {
    columns: Vec<(&'static str, Fit)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Fit)]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a row has one cell a column");
        self.rows.push(cells);
    }

    /// Append the table to `out`, indented by `indent` blanks, within `width` where the columns allow it.
    pub(super) fn render(&self, out: &mut String, indent: usize, width: usize, heading: Style) {
        let widths = self.widths(width.saturating_sub(indent));
        let heads: Vec<_> = self
            .columns
            .iter()
            .map(|&(title, _)| Cell::styled(title, heading))
            .collect();
        if self.columns.iter().any(|(title, _)| !title.is_empty()) {
            self.line(out, indent, &widths, &heads);
        }
        for row in &self.rows {
            self.line(out, indent, &widths, row);
        }
    }

    fn widths(&self, available: usize) -> Vec<usize> {
        let mut widths: Vec<_> = self.columns.iter().map(|(title, _)| title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(available);
        while 0 < excess {
            let widest = (0..widths.len())
                .filter(|&idx| matches!(self.columns[idx].1, Fit::CutEnd | Fit::CutStart) && NARROWEST < widths[idx])
                .max_by_key(|&idx| widths[idx]);
            let Some(widest) = widest else { break };
            widths[widest] -= 1;
            excess -= 1;
        }
        widths
    }

    fn line(&self, out: &mut String, indent: usize, widths: &[usize], cells: &[Cell]) {
        let mut line = " ".repeat(indent);
        let mut pending = 0;
        for ((cell, &width), &(_, fit)) in cells.iter().zip(widths).zip(&self.columns) {
            let text = match fit {
                Fit::Whole | Fit::Number => cell.text.clone(),
                Fit::CutEnd => cut_end(&cell.text, width),
                Fit::CutStart => cut_start(&cell.text, width),
            };
            let padding = width.saturating_sub(text.width());
            if fit == Fit::Number {
                pending += padding;
            }
            if !text.is_empty() {
                line.push_str(&" ".repeat(pending));
                // Writing to a string cannot fail.
                let _ = write!(line, "{style}{text}{style:#}", style = cell.style);
                pending = 0;
            }
            pending += GAP + if fit == Fit::Number { 0 } else { padding };
        }
        out.push_str(&line);
        out.push('\n');
    }
}

/// `text` in at most `width` columns, its end replaced by `…` where it is longer.
pub(super) fn cut_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if width <= kept.width() {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// `text` in at most `width` columns, its beginning replaced by `…` where it is longer.
pub(super) fn cut_start(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut start = text.len();
    for (idx, _) in text.char_indices().rev() {
        if width <= text[idx..].width() {
            break;
        }
        start = idx;
    }
    format!("…{}", &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_where_the_column_says() {
        assert_eq!(cut_end("geocoding", 6), "geoco…");
        assert_eq!(cut_start("a/b/client.rs:41", 8), "…t.rs:41".to_owned());
        assert_eq!(cut_end("東京都", 5), "東京…");
        assert_eq!(cut_end("fits", 4), "fits");
    }

    #[test]
    fn verdicts_are_never_cut() {
        let mut table = Table::new(&[("STATE", Fit::Whole), ("N", Fit::Number), ("PLACE", Fit::CutStart)]);
        table.row(vec![
            Cell::new("degraded to hanging"),
            Cell::new("7"),
            Cell::new("services/checkout/src/client.rs:41"),
        ]);
        table.row(vec![Cell::new("ok"), Cell::new("1234"), Cell::new("a.rs:1")]);
        let mut out = String::new();
        table.render(&mut out, 2, 46, Style::new());
        assert_eq!(
            out,
            "  STATE                   N  PLACE\n  degraded to hanging     7  …src/client.rs:41\n  ok                   1234  a.rs:1\n"
        );
    }
}
