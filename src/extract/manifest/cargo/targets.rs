//! What is built from a package: targets as written, and those that cargo finds by itself.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::{
    extract::manifest::cargo::raw::{self, Manifest},
    model::{
        location::RepoPath,
        package::{Target, TargetKind},
    },
};

/// One kind of target that may stand in an array of tables and in a folder of its own.
struct Layout {
    kind: TargetKind,
    /// `[[key]]`.
    key: &'static str,
    /// `package.auto…`.
    switch: &'static str,
    folder: &'static str,
}

const LAYOUTS: [Layout; 4] = [
    Layout {
        kind: TargetKind::Binary,
        key: "bin",
        switch: "autobins",
        folder: "src/bin",
    },
    Layout {
        kind: TargetKind::Example,
        key: "example",
        switch: "autoexamples",
        folder: "examples",
    },
    Layout {
        kind: TargetKind::Test,
        key: "test",
        switch: "autotests",
        folder: "tests",
    },
    Layout {
        kind: TargetKind::Bench,
        key: "bench",
        switch: "autobenches",
        folder: "benches",
    },
];

/// All targets of the package `name` in `manifest`; `sources` are the Rust files of the root.
pub(super) fn of(manifest: &Manifest, name: &str, edition: &str, sources: &BTreeSet<RepoPath>) -> Vec<Target> {
    let mut targets: Vec<Target> = library(manifest, name, sources).into_iter().collect();
    targets.extend(build_script(manifest, sources));
    for layout in &LAYOUTS {
        targets.extend(of_layout(layout, manifest, name, edition, sources));
    }
    targets
}

fn library(manifest: &Manifest, package: &str, sources: &BTreeSet<RepoPath>) -> Option<Target> {
    let table = manifest.table.get("lib").and_then(Value::as_table);
    let text = |key: &str| table.and_then(|table| table.get(key)).and_then(Value::as_str);
    let path = match text("path") {
        Some(path) => raw::join(&manifest.dir, path)?,
        None => raw::join(&manifest.dir, "src/lib.rs").filter(|path| sources.contains(path.as_str()))?,
    };
    let flag = |key: &str| {
        table
            .and_then(|it| it.get(key))
            .and_then(Value::as_bool)
            .unwrap_or(false)
    };
    let crate_types = raw::strings(table.and_then(|it| it.get("crate-type").or_else(|| it.get("crate_type"))));
    let is_macro = flag("proc-macro") || flag("proc_macro") || crate_types.iter().any(|it| it == "proc-macro");
    let kind = if is_macro {
        TargetKind::ProcMacro
    } else {
        TargetKind::Library
    };
    Some(Target {
        kind,
        name: text("name").unwrap_or(package).into(),
        path: path.into(),
    })
}

fn build_script(manifest: &Manifest, sources: &BTreeSet<RepoPath>) -> Option<Target> {
    let written = manifest.package_table()?.get("build");
    let path = match written {
        Some(Value::Boolean(false)) => return None,
        Some(Value::String(path)) => raw::join(&manifest.dir, path)?,
        _ => raw::join(&manifest.dir, "build.rs").filter(|path| sources.contains(path.as_str()))?,
    };
    let stem = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".rs");
    Some(Target {
        kind: TargetKind::BuildScript,
        name: format!("build-script-{stem}").into(),
        path: path.into(),
    })
}

fn of_layout(
    layout: &Layout,
    manifest: &Manifest,
    package: &str,
    edition: &str,
    sources: &BTreeSet<RepoPath>,
) -> Vec<Target> {
    let found = found(layout, manifest, package, sources);
    let written = manifest.table.get(layout.key).and_then(Value::as_array);
    let tables: Vec<&Table> = written.into_iter().flatten().filter_map(Value::as_table).collect();
    let mut targets: Vec<Target> = tables
        .iter()
        .filter_map(|table| explicit(table, layout, manifest, &found, tables.len() == 1))
        .collect();
    let switch = manifest
        .package_table()
        .and_then(|table| table.get(layout.switch))
        .and_then(Value::as_bool);
    // The edition of 2015 looked for targets only where none of the kind was written.
    let looks = switch.unwrap_or(edition != "2015" || tables.is_empty());
    if looks {
        for target in found {
            if !targets
                .iter()
                .any(|it| it.name == target.name || it.path == target.path)
            {
                targets.push(target);
            }
        }
    }
    targets
}

fn explicit(table: &Table, layout: &Layout, manifest: &Manifest, found: &[Target], is_only: bool) -> Option<Target> {
    let name = table.get("name")?.as_str()?;
    let path = match table.get("path").and_then(Value::as_str) {
        Some(path) => raw::join(&manifest.dir, path)?.into(),
        None => {
            let by_name = found.iter().find(|it| it.name == name);
            let only = || found.first().filter(|_| is_only && layout.kind == TargetKind::Binary);
            by_name.or_else(only)?.path.clone()
        }
    };
    Some(Target {
        kind: layout.kind,
        name: name.into(),
        path,
    })
}

/// `FOLDER/NAME.rs` and `FOLDER/NAME/main.rs`; for binaries `src/main.rs` too, named as the package.
fn found(layout: &Layout, manifest: &Manifest, package: &str, sources: &BTreeSet<RepoPath>) -> Vec<Target> {
    let mut found = Vec::new();
    let main = raw::join(&manifest.dir, "src/main.rs").filter(|path| sources.contains(path.as_str()));
    if let Some(main) = main.filter(|_| layout.kind == TargetKind::Binary) {
        found.push(Target {
            kind: layout.kind,
            name: package.into(),
            path: main.into(),
        });
    }
    let Some(folder) = raw::join(&manifest.dir, layout.folder) else {
        return found;
    };
    let prefix = format!("{folder}/");
    let below = sources
        .range(RepoPath::from(prefix.as_str())..)
        .take_while(|path| path.starts_with(&prefix));
    for path in below {
        let rest = &path[prefix.len()..];
        let name = match rest.split_once('/') {
            None => rest.strip_suffix(".rs"),
            Some((name, "main.rs")) => Some(name),
            Some(_) => None,
        };
        if let Some(name) = name {
            found.push(Target {
                kind: layout.kind,
                name: name.into(),
                path: path.clone(),
            });
        }
    }
    found
}
