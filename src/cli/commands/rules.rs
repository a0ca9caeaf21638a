//! `failmap rules`: all rules with their default levels, as the catalogue has them.

use std::fmt::Write as _;

use crate::{
    catalog::compile::Catalog,
    cli::{
        exit::{Exit, Failure},
        output,
    },
};

pub(crate) fn run() -> Result<Exit, Failure> {
    let catalog = Catalog::builtin();
    let mut rules: Vec<_> = catalog.rules().iter().collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.level), &rule.id));
    let widest = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<6}  {:<widest$}  {}", rule.level.as_str(), rule.id, rule.title);
    }
    text.push_str("\nfailmap explain ID prints the whole text of one.\n");
    output::print(&text)?;
    Ok(Exit::Finished)
}
