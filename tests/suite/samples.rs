//! Every catalogue entry proves itself: its samples are read, resolved and evaluated, and the calls found are compared
//! with the calls promised.

use std::{collections::BTreeSet, sync::Arc};

use failmap::{
    catalog::{
        compile::Catalog,
        sample::Expectation,
        schema::{Library, Sample},
        versions::newest_named,
    },
    extract::{SourceInput, extract},
    model::{
        Name,
        fact::{FileRole, Language},
        guard::Guards,
        location::Location,
        package::{Dependency, DependencyKind, Ecosystem, Package, Target, TargetKind},
        program::CallTerm,
    },
    resolve::resolve,
    terms::{
        bind::{Bindings, Context},
        endpoint::endpoints,
        guards::guards,
    },
};
use semver::VersionReq;

const ROOT: &str = "sample";
const FILE: &str = "src/lib.rs";

/// Samples that are right and not met yet, by library and position, with the mechanism that is missing. One that is met
/// must leave the list.
const MISSES: &[(&str, usize, &str)] = &[
    ("rust/etcd-client", 0, "an address in a list"),
    (
        "rust/git2",
        0,
        "the only object of a type is taken for the one that is handed in",
    ),
    (
        "rust/odbc-api",
        0,
        "the only object of a type is taken for the one that is handed in",
    ),
    ("rust/std", 1, "the name of a program through its builder"),
];

/// A package that depends on every library whose name stands in the code.
fn package(catalog: &Catalog, library: &Library, sample: &Sample) -> Package {
    let words: BTreeSet<&str> = sample
        .code
        .split(|part: char| !part.is_alphanumeric() && part != '_')
        .collect();
    let dependencies = words
        .into_iter()
        .filter_map(|word| {
            let described = catalog.library(catalog.knows_crate(word)?);
            let own = sample.version.as_ref().filter(|_| described.id == library.id);
            let newest = || newest_named(&VersionReq::parse(described.versions.as_deref()?).ok()?);
            let locked = own
                .map(Name::from)
                .or_else(|| newest().map(|version| Name::from(version.to_string())));
            Some(Dependency {
                alias: Name::new(word),
                package: Name::from(word.replace('_', "-")),
                requirement: None,
                locked,
                checksum: None,
                kind: DependencyKind::Normal,
                is_optional: false,
                features: Vec::new(),
                default_features: true,
                path: None,
            })
        })
        .collect();
    Package {
        ecosystem: Ecosystem::Cargo,
        root: Name::new(ROOT),
        name: Name::new(ROOT),
        version: None,
        dir: Arc::from(""),
        manifest: Location::of_file(Name::new(ROOT), Arc::from("Cargo.toml")),
        targets: vec![Target {
            kind: TargetKind::Library,
            name: Name::new(ROOT),
            path: Arc::from(FILE),
        }],
        dependencies,
        is_third_party: false,
        default_features: Vec::new(),
    }
}

/// The calls found in a sample, one line each, in order.
fn found(catalog: &Catalog, library: &Library, sample: &Sample) -> Vec<String> {
    let facts = extract(&SourceInput {
        root: Name::new(ROOT),
        file: Arc::from(FILE),
        language: Language::Rust,
        role: FileRole::Source,
        text: &sample.code,
    });
    assert!(facts.problems.is_empty(), "{}: {:?}", library.id, facts.problems);
    let program = resolve(vec![package(catalog, library, sample)], vec![facts], catalog);
    program.calls.iter().map(|call| show(call).to_string()).collect()
}

fn show(call: &CallTerm) -> Expectation {
    let bindings = Bindings::default();
    let context = Context::default();
    let layers = call.variants.first().map_or(&[][..], |variant| &variant.layers);
    let Guards { timeout, retry, .. } = guards(layers, &bindings, context);
    let word = |debug: String| debug.to_lowercase();
    Expectation {
        line: call.span.line,
        operation: call.operation.to_string(),
        endpoint: endpoints(&call.endpoint, &bindings, context)[0].shown.clone(),
        timeout: word(format!("{:?}", timeout.state)),
        parts: {
            let mut parts: Vec<_> = timeout
                .parts
                .iter()
                .map(|part| (part.scope.as_str().to_owned(), part.limit.map(|limit| limit.0)))
                .collect();
            parts.sort();
            parts
        },
        retry: word(format!("{:?}", retry.state)),
        attempts: retry.attempts.filter(|&attempts| 1 < attempts),
    }
}

fn promised(sample: &Sample) -> Vec<String> {
    let parse = |line: &String| {
        let mut expectation = Expectation::parse(line).expect("the catalogue checks the lines of its samples");
        expectation.parts.sort();
        expectation.to_string()
    };
    sample.expect.iter().map(parse).collect()
}

#[test]
fn samples_hold() {
    let catalog = Catalog::builtin();
    let mut wrong = Vec::new();
    for library in catalog.libraries() {
        for (idx, sample) in library.samples.iter().enumerate() {
            let (found, promised) = (found(&catalog, library, sample), promised(sample));
            let is_miss = MISSES
                .iter()
                .any(|(id, position, _)| *id == library.id && *position == idx);
            if is_miss && found == promised {
                wrong.push(format!("{} sample {idx} is met: remove it from MISSES", library.id));
            }
            if found != promised && !is_miss {
                wrong.push(format!(
                    "{} sample {idx}\n  promised {promised:?}\n  found    {found:?}",
                    library.id
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} samples do not hold:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
