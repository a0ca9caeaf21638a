//! All questions over a corpus of real code, by hand: nothing may panic, and the shares should look right.

use std::sync::Arc;

use super::{Observe, Sites, tests::shape_text};
use crate::extract::{SourceInput, extract};
use crate::model::{
    Name,
    expr::{ExprId, ExprKind, Param},
    fact::{FileRole, Language},
};

/// Asks everything of every call below the folder that FAILMAP_CORPUS names; prints the shares of the answers.
#[test]
#[ignore = "needs a corpus"]
#[allow(clippy::disallowed_methods, reason = "a test that reads the folder it is told to")]
fn corpus() {
    let Some(top) = std::env::var_os("FAILMAP_CORPUS") else {
        return;
    };
    let mut open = vec![std::path::PathBuf::from(top)];
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path()),
            );
        } else if path.extension().is_some_and(|it| it == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let (root, file) = (Name::new("corpus"), Arc::from("file.rs"));
            let facts = extract(&SourceInput {
                root,
                file,
                language: Language::Rust,
                role: FileRole::Source,
                text: &text,
            });
            for function in facts.functions.iter().filter(|it| !it.is_test) {
                let Some(body) = &function.body else { continue };
                for answer in answers(&Sites::of(body), &function.name, &function.params, &path) {
                    *counts.entry(answer).or_default() += 1;
                }
            }
        }
    }
    for (answer, n) in counts {
        println!("{n:7} {answer}");
    }
}

fn answers(sites: &Sites, function: &str, params: &[Param], path: &std::path::Path) -> Vec<String> {
    let mut out = Vec::new();
    let awaited = sites.body.iter().filter_map(|(_, expr)| match expr.kind {
        ExprKind::Await(inner) => Some(inner),
        _ => None,
    });
    for id in awaited {
        let observes = |id: ExprId| match sites.called(id).map(Name::as_str) {
            Some("error" | "warn" | "info" | "emit" | "counter") => Observe::Loudly,
            Some("debug" | "trace") => Observe::Quietly,
            _ => Observe::No,
        };
        out.push(format!(
            "handling {:?}",
            sites.handling(id, super::tests::asked(&observes, true))
        ));
        out.push(format!(
            "delivery {}",
            sites
                .delivery(id, &|id| sites.called(id).is_some_and(|it| it == "spawn"))
                .as_str()
        ));
        out.push(format!("condition {}", sites.condition(id).as_str()));
        out.push(format!("status {}", sites.status_checked(id).as_str()));
        out.push(format!("deadline {}", sites.select_deadline(id).is_some()));
        let line = sites.body.get(id).span.line;
        for shape in sites.enclosing_loops(id) {
            let text = shape_text(sites, &shape);
            if text.starts_with("retry") {
                println!("{}:{line}: {text}", path.display());
            }
            out.push(format!("loop {text}"));
        }
        if let Some(shape) = sites.recursion_retry(id, function, params) {
            println!("{}:{line}: recursion {}", path.display(), shape_text(sites, &shape));
        }
    }
    out
}
