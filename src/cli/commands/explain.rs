//! `failmap explain ID`: the catalogue's own text, so that no documentation can drift from it.

use std::fmt::Write as _;

use crate::{
    catalog::{compile::Catalog, rules::Rule},
    cli::{
        exit::{Exit, Failure},
        output,
    },
    report::lookup::nearest,
};

pub(crate) fn run(id: &str) -> Result<Exit, Failure> {
    let catalog = Catalog::builtin();
    if let Some(rule) = catalog.rules().iter().find(|rule| rule.id == id) {
        output::print(&rule_text(rule))?;
        return Ok(Exit::Finished);
    }
    if let Some(library) = catalog
        .libraries()
        .iter()
        .find(|library| library.id == id || library.name == id)
    {
        let text =
            toml::to_string_pretty(library).map_err(|error| Failure::new(format!("cannot print {id}: {error}")))?;
        output::print(&text)?;
        return Ok(Exit::Finished);
    }
    let ids = catalog
        .rules()
        .iter()
        .map(|rule| &*rule.id)
        .chain(catalog.libraries().iter().map(|library| &*library.id));
    let near = nearest(id, ids);
    let near = if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(" or "))
    };
    Err(Failure::with_advice(
        format!("no rule or library is called {id}{near}"),
        "`failmap rules` lists all rules",
    ))
}

fn rule_text(rule: &Rule) -> String {
    let mut text = format!(
        "{}  ({} by default)\n{}\n\n{}\n",
        rule.id,
        rule.level.as_str(),
        rule.title,
        rule.help.trim()
    );
    for (name, parameter) in &rule.parameters {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\nparameter {name} = {}: {}\n",
            parameter.value, parameter.description
        );
    }
    if !rule.references.is_empty() {
        let _ = write!(text, "\nFurther reading:\n");
        for reference in &rule.references {
            let _ = writeln!(text, "  {reference}");
        }
    }
    text
}
