//! The Rust front end: a lowering of `syn` trees to facts, without any reasoning about what the code means.
//!
//! References, dereferences, parentheses and casts vanish; `unsafe` and `const` blocks are plain blocks. Macros that
//! everybody uses are read by their own grammar, all others as far as their tokens parse as expressions.

mod attributes;
mod exprs;
mod format;
mod functions;
mod imports;
mod items;
mod limits;
mod macros;
mod patterns;
mod select;
mod spans;
mod types;

#[cfg(test)]
mod tests;

use crate::extract::SourceInput;
use crate::model::{
    Name,
    expr::Body,
    fact::FileFacts,
    location::{Location, Span},
    problem::{Problem, ProblemKind},
};

/// State of one file's lowering.
struct Lowering<'f> {
    facts: &'f mut FileFacts,
    /// The inline modules and functions around, outermost first.
    scope: Vec<Name>,
    /// Inside test code.
    is_test: bool,
    /// The body that is being filled.
    body: Body,
}

/// Lower a Rust file into `facts`.
pub(super) fn lower(input: &SourceInput, facts: &mut FileFacts) {
    if let Err(over) = limits::check(input.text) {
        let at = Location {
            line: over.line,
            ..Location::of_file(input.root.clone(), input.file.clone())
        };
        facts.problems.push(Problem {
            kind: ProblemKind::OverLimit,
            at,
            reason: over.reason,
            hides: 1,
        });
        return;
    }
    match syn::parse_file(input.text) {
        Ok(file) => {
            let is_test = attributes::is_test(&file.attrs);
            let mut lowering = Lowering {
                facts,
                scope: Vec::new(),
                is_test,
                body: Body::default(),
            };
            lowering.items(&file.items);
        }
        Err(error) => {
            let at = error.span().start();
            let at = Location {
                line: spans::number(at.line),
                column: spans::number(at.column + 1),
                ..Location::of_file(input.root.clone(), input.file.clone())
            };
            let reason = format!("not valid Rust: {error}");
            facts.problems.push(Problem {
                kind: ProblemKind::Unparsable,
                at,
                reason,
                hides: 1,
            });
        }
    }
    // Else the thread keeps the text of every file it has parsed, and spans run out after 4 GiB.
    proc_macro2::extra::invalidate_current_thread_spans();
}

impl Lowering<'_> {
    /// Run `inside` with one more name in scope.
    fn scoped(&mut self, name: Name, is_test: bool, inside: impl FnOnce(&mut Self)) {
        let was_test = std::mem::replace(&mut self.is_test, is_test);
        self.scope.push(name);
        inside(self);
        self.scope.pop();
        self.is_test = was_test;
    }

    /// Fill a fresh body, leaving the one at hand untouched.
    fn fresh_body(&mut self, fill: impl FnOnce(&mut Self) -> crate::model::expr::ExprId) -> Body {
        let outer = std::mem::take(&mut self.body);
        let root = fill(self);
        let mut inner = std::mem::replace(&mut self.body, outer);
        inner.root = Some(root);
        inner
    }

    fn opaque_problem(&mut self, span: Span, reason: String) {
        let at = Location {
            root: self.facts.root.clone(),
            file: self.facts.file.clone(),
            line: span.line,
            column: span.column,
        };
        self.facts.problems.push(Problem {
            kind: ProblemKind::OpaqueSyntax,
            at,
            reason,
            hides: 1,
        });
    }
}
