//! Format strings: `format!` becomes a template; messages of other macros keep their inline names as holes.

use super::{Lowering, macros, spans};
use crate::model::{
    Name,
    expr::{Arg, ExprId, ExprKind, Literal, Path, Piece},
    location::Span,
};
use macros::{MacroArg, MacroArgs};

/// A part of a format string.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole(Argument),
}

/// What a hole shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Argument {
    Next,
    Position(usize),
    Name(String),
}

/// Split a format string. Malformed ones, which no compiler accepts, end as text.
fn split(format: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    while let Some(pos) = rest.find(['{', '}']) {
        let (before, at) = rest.split_at(pos);
        text.push_str(before);
        let is_escape = at.starts_with("{{") || at.starts_with("}}");
        if is_escape || at.starts_with('}') {
            text.push_str(&at[..1]);
            rest = &at[if is_escape { 2 } else { 1 }..];
            continue;
        }
        let Some(end) = at.find('}') else {
            rest = at;
            break;
        };
        let (name, spec) = at[1..end].split_once(':').unwrap_or((&at[1..end], ""));
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        // `.*` takes its precision from an argument of its own.
        if spec.contains(".*") {
            parts.push(Part::Hole(Argument::Next));
        }
        let name = name.trim();
        parts.push(Part::Hole(match name.parse() {
            Ok(position) => Argument::Position(position),
            Err(_) if name.is_empty() => Argument::Next,
            Err(_) => Argument::Name(name.to_owned()),
        }));
        rest = &at[end + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

impl Lowering<'_> {
    /// `format!("…", args)` as a template, or as a plain string where it has no holes.
    pub(super) fn format_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let MacroArgs(args) = mac.parse_body().ok()?;
        let (first, args) = args.split_first()?;
        let format = macros::string(&first.value).filter(|_| first.name.is_none())?;
        let mut values: Vec<Option<ExprId>> = vec![None; args.len()];
        let mut next = 0;
        let mut pieces = Vec::new();
        for part in split(&format) {
            pieces.push(match part {
                Part::Text(text) => Piece::Text(Name::from(text)),
                Part::Hole(Argument::Next) => {
                    next += 1;
                    Piece::Hole(self.shown(args, next - 1, &mut values, span))
                }
                Part::Hole(Argument::Position(position)) => Piece::Hole(self.shown(args, position, &mut values, span)),
                Part::Hole(Argument::Name(name)) => {
                    let position = args.iter().position(|arg| arg.name.as_deref() == Some(name.as_str()));
                    Piece::Hole(match position {
                        Some(position) => self.shown(args, position, &mut values, span),
                        None => self.captured(&name, span),
                    })
                }
            });
        }
        Some(self.template(pieces, span))
    }

    /// The argument at that position. A second use of one that is more than a name is not lowered again: an
    /// expression has one place, and repeating it would let nested calls grow without bound.
    fn shown(&mut self, args: &[MacroArg], position: usize, values: &mut [Option<ExprId>], span: Span) -> ExprId {
        let Some(arg) = args.get(position) else {
            return self.push(ExprKind::Opaque { path: Path::default() }, span);
        };
        if let Some(seen) = values[position] {
            let kind = match &self.body.get(seen).kind {
                kind @ (ExprKind::Path(_) | ExprKind::Literal(_)) => kind.clone(),
                _ => ExprKind::Opaque { path: Path::default() },
            };
            return self.push(kind, span);
        }
        let value = self.expr(&arg.value);
        values[position] = Some(value);
        value
    }

    fn captured(&mut self, name: &str, span: Span) -> ExprId {
        self.push(ExprKind::Path(Path::of(&[name])), span)
    }

    fn template(&mut self, pieces: Vec<Piece>, span: Span) -> ExprId {
        let kind = match pieces.as_slice() {
            [] => ExprKind::Literal(Literal::Str(Name::default())),
            [Piece::Text(text)] => ExprKind::Literal(Literal::Str(text.clone())),
            _ => ExprKind::Template(pieces),
        };
        self.push(kind, span)
    }

    /// `concat!(…)`: literals are joined, the rest are holes.
    pub(super) fn concat_macro(&mut self, mac: &syn::Macro, span: Span) -> Option<ExprId> {
        let MacroArgs(args) = mac.parse_body().ok()?;
        let mut pieces: Vec<Piece> = Vec::new();
        for arg in &args {
            let value = self.expr(&arg.value);
            let text = match &self.body.get(value).kind {
                ExprKind::Literal(Literal::Str(text)) => text.to_string(),
                ExprKind::Literal(Literal::Int(number)) => number.to_string(),
                ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
                _ => {
                    pieces.push(Piece::Hole(value));
                    continue;
                }
            };
            match pieces.last_mut() {
                Some(Piece::Text(last)) => *last = Name::from(format!("{last}{text}")),
                _ => pieces.push(Piece::Text(Name::from(text))),
            }
        }
        Some(self.template(pieces, span))
    }

    /// All arguments of a macro. The first string is its message: names inside its braces are captured, holes for
    /// arguments are left out of it, since those arguments stand in the list.
    pub(super) fn message_args(&mut self, raw: &[MacroArg]) -> (Vec<Arg>, Name) {
        let message = raw
            .iter()
            .position(|arg| arg.name.is_none() && macros::string(&arg.value).is_some());
        let text = message
            .and_then(|position| macros::string(&raw[position].value))
            .unwrap_or_default();
        let mut args = Vec::with_capacity(raw.len());
        for (position, arg) in raw.iter().enumerate() {
            let value = if Some(position) == message {
                self.message(&arg.value, &text, raw)
            } else {
                self.expr(&arg.value)
            };
            args.push(Arg {
                name: arg.name.clone(),
                value,
            });
        }
        (args, text)
    }

    fn message(&mut self, expr: &syn::Expr, text: &str, raw: &[MacroArg]) -> ExprId {
        let is_captured = |name: &str| is_identifier(name) && raw.iter().all(|arg| arg.name.as_deref() != Some(name));
        let parts = split(text);
        if !parts
            .iter()
            .any(|part| matches!(part, Part::Hole(Argument::Name(name)) if is_captured(name)))
        {
            return self.expr(expr);
        }
        let span = match expr {
            syn::Expr::Lit(lit) => spans::at(lit.lit.span()),
            _ => Span::default(),
        };
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => pieces.push(Piece::Text(Name::from(text))),
                Part::Hole(Argument::Name(name)) if is_captured(&name) => {
                    pieces.push(Piece::Hole(self.captured(&name, span)));
                }
                Part::Hole(_) => {}
            }
        }
        self.push(ExprKind::Template(pieces), span)
    }
}

fn is_identifier(name: &str) -> bool {
    let is_start = |first: char| first.is_alphabetic() || first == '_';
    name.starts_with(is_start) && name.chars().all(|it| it.is_alphanumeric() || it == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn splits(format: &str, expected: &str) {
        let parts = split(format).into_iter().map(|part| match part {
            Part::Text(text) => format!("{text:?}"),
            Part::Hole(Argument::Next) => "next".to_owned(),
            Part::Hole(Argument::Position(position)) => position.to_string(),
            Part::Hole(Argument::Name(name)) => name,
        });
        assert_eq!(parts.collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn format_strings_split_at_holes() {
        splits("", "");
        splits("a{{b}}c", r#""a{b}c""#);
        splits("{host}/v1/{}?x={0:>5}", r#"host "/v1/" next "?x=" 0"#);
        splits("{:.*}{x:?}", "next next x");
        splits("a{b", r#""a{b""#);
        splits("a}b", r#""a}b""#);
    }
}
