//! `Cargo.toml` as written: lenient where cargo would refuse, since a repo that does not build is still to be read.

use std::{collections::BTreeMap, iter};

use toml::{Table, Value};

use crate::{
    extract::manifest::cargo::{CargoInput, targets},
    model::{
        Name,
        fact::FileRole,
        location::{Location, RepoPath},
        package::{Dependency, DependencyKind, Ecosystem, Package},
        problem::{Problem, ProblemKind},
    },
};

/// One parsed manifest.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) path: RepoPath,
    /// Its folder; empty for the root.
    pub(super) dir: String,
    pub(super) role: FileRole,
    /// Line of `[package]`; 1 where there is none.
    pub(super) line: u32,
    pub(super) table: Table,
}

impl Manifest {
    pub(super) fn parse(path: &RepoPath, role: FileRole, text: &str) -> Result<Self, toml::de::Error> {
        let table: Table = toml::from_str(text)?;
        let line = text
            .lines()
            .position(|line| line.trim_start().starts_with("[package]"))
            .map_or(1, |index| index + 1);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Ok(Self {
            path: path.clone(),
            dir: folder(path).to_owned(),
            role,
            line,
            table,
        })
    }

    pub(super) fn is_workspace(&self) -> bool {
        self.table.get("workspace").is_some_and(Value::is_table)
    }

    pub(super) fn package_table(&self) -> Option<&Table> {
        self.table
            .get("package")
            .or_else(|| self.table.get("project"))?
            .as_table()
    }

    /// The folder that `package.workspace` names.
    pub(super) fn workspace_pointer(&self) -> Option<String> {
        join(&self.dir, self.package_table()?.get("workspace")?.as_str()?)
    }

    /// Whether `workspace.exclude` names `dir` or a folder above it.
    pub(super) fn excludes(&self, dir: &str) -> bool {
        let excluded = strings(self.workspace("exclude"));
        excluded.iter().filter_map(|path| join(&self.dir, path)).any(|path| {
            dir.strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// `workspace.KEY`.
    fn workspace(&self, key: &str) -> Option<&Value> {
        self.table.get("workspace")?.get(key)
    }

    /// Packages that `[patch]` and `[replace]` send to a folder of this repo.
    pub(super) fn patched_paths(&self) -> BTreeMap<Name, RepoPath> {
        let tables = self
            .table
            .get("patch")
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(Table::values);
        let patches = tables
            .chain(self.table.get("replace"))
            .filter_map(Value::as_table)
            .flatten();
        patches
            .filter_map(|(key, spec)| {
                let path = join(&self.dir, spec.get("path")?.as_str()?)?;
                // `replace` writes `name:version`.
                let key = key.split(':').next().unwrap_or(key);
                let name = spec.get("package").and_then(Value::as_str).unwrap_or(key);
                Some((Name::from(name), path.into()))
            })
            .collect()
    }
}

/// The package that a manifest declares; `None` for a virtual workspace.
pub(super) fn package(
    input: &CargoInput<'_>,
    manifest: &Manifest,
    workspace: Option<&Manifest>,
    problems: &mut Vec<Problem>,
) -> Option<Package> {
    let table = manifest.package_table()?;
    let at = Location {
        line: manifest.line,
        ..Location::of_file(input.root.clone(), manifest.path.clone())
    };
    let Some(name) = table.get("name").and_then(Value::as_str) else {
        let reason = "`package.name` is missing: the package is not read".to_owned();
        problems.push(Problem {
            kind: ProblemKind::Manifest,
            at,
            reason,
            hides: 1,
        });
        return None;
    };
    let inherited = |key: &str| -> Option<&str> {
        match table.get(key)? {
            Value::String(text) => Some(text),
            _ => workspace?.workspace("package")?.get(key)?.as_str(),
        }
    };
    let edition = inherited("edition").unwrap_or("2015");
    let dependencies = dependencies(manifest, workspace);
    Some(Package {
        ecosystem: Ecosystem::Cargo,
        root: input.root.clone(),
        name: name.into(),
        // Cargo reads a missing version as this one; a version that cannot be inherited stays unknown.
        version: match table.contains_key("version") {
            true => inherited("version").map(Name::from),
            false => Some("0.0.0".into()),
        },
        dir: manifest.dir.as_str().into(),
        manifest: at,
        targets: targets::of(manifest, name, edition, &input.sources),
        default_features: default_features(&features(&manifest.table)),
        dependencies,
        is_third_party: false,
    })
}

fn features(table: &Table) -> BTreeMap<String, Vec<String>> {
    let declared = table.get("features").and_then(Value::as_table).into_iter().flatten();
    declared
        .map(|(name, enables)| (name.clone(), strings(Some(enables))))
        .collect()
}

/// The features that `default` switches on, through other features of the same package; sorted.
pub(super) fn default_features(features: &BTreeMap<String, Vec<String>>) -> Vec<Name> {
    let mut open = vec!["default"];
    let mut on = std::collections::BTreeSet::new();
    while let Some(feature) = open.pop() {
        for enabled in features.get(feature).into_iter().flatten() {
            // `dep:x` and `x/feature` switch on something of a dependency.
            if !enabled.contains([':', '/']) && on.insert(enabled.as_str()) {
                open.push(enabled);
            }
        }
    }
    on.into_iter().map(Name::from).collect()
}

const TABLES: [(&str, DependencyKind); 5] = [
    ("dependencies", DependencyKind::Normal),
    ("dev-dependencies", DependencyKind::Dev),
    ("dev_dependencies", DependencyKind::Dev),
    ("build-dependencies", DependencyKind::Build),
    ("build_dependencies", DependencyKind::Build),
];

fn dependencies(manifest: &Manifest, workspace: Option<&Manifest>) -> Vec<Dependency> {
    let by_target = manifest
        .table
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values);
    let sections = iter::once(&manifest.table).chain(by_target.filter_map(Value::as_table));
    let mut dependencies = Vec::new();
    for section in sections {
        for (key, kind) in TABLES {
            let table = section.get(key).and_then(Value::as_table);
            dependencies.extend(
                table
                    .into_iter()
                    .flatten()
                    .map(|(alias, spec)| dependency(alias, spec, kind, manifest, workspace)),
            );
        }
    }
    dependencies
}

fn dependency(
    alias: &str,
    spec: &Value,
    kind: DependencyKind,
    manifest: &Manifest,
    workspace: Option<&Manifest>,
) -> Dependency {
    let is_inherited = spec.get("workspace").and_then(Value::as_bool).unwrap_or(false);
    let shared = workspace
        .filter(|_| is_inherited)
        .and_then(|it| Some((it, it.workspace("dependencies")?.get(alias)?)));
    // The specification that says where it comes from, and the folder that its path is relative to.
    let (base_dir, base) = shared.map_or((manifest.dir.as_str(), spec), |(it, base)| (it.dir.as_str(), base));
    let text = |key: &str| base.get(key).and_then(Value::as_str);
    let defaults = |spec: &Value| {
        spec.get("default-features")
            .or_else(|| spec.get("default_features"))
            .and_then(Value::as_bool)
    };
    // A member can switch default features on again, never off.
    let default_features = match shared {
        Some(_) => defaults(base).unwrap_or(true) || defaults(spec).unwrap_or(false),
        None => defaults(spec).unwrap_or(true),
    };
    let mut features = strings(spec.get("features"));
    if shared.is_some() {
        features.extend(strings(base.get("features")));
    }
    Dependency {
        alias: alias.replace('-', "_").into(),
        package: text("package").unwrap_or(alias).into(),
        requirement: base.as_str().or_else(|| text("version")).and_then(requirement),
        locked: None,
        checksum: None,
        kind,
        is_optional: spec.get("optional").and_then(Value::as_bool).unwrap_or(false),
        features: features.into_iter().map(Name::from).collect(),
        default_features,
        path: text("path").and_then(|path| join(base_dir, path)).map(RepoPath::from),
    }
}

/// A version requirement as cargo prints it (`1.2` is `^1.2`); `None` for any version.
pub(super) fn requirement(text: &str) -> Option<Name> {
    let shown = semver::VersionReq::parse(text).map_or_else(|_| text.to_owned(), |it| it.to_string());
    (shown != "*").then(|| shown.into())
}

/// The strings of an array; anything else in it is left out.
pub(super) fn strings(value: Option<&Value>) -> Vec<String> {
    let array = value.and_then(Value::as_array).into_iter().flatten();
    array.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The folder of a path; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder and those above it, the root (empty) last.
pub(super) fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    iter::successors(Some(dir), |dir| if dir.is_empty() { None } else { Some(folder(dir)) })
}

/// `path` seen from `dir`, normalised; `None` where it leaves the root.
pub(super) fn join(dir: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.get(1..2) == Some(":") {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_root() {
        assert_eq!(join("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(join("", "./x/").as_deref(), Some("x"));
        assert_eq!(join("a", "..").as_deref(), Some(""));
        assert_eq!(join("a", "../../x"), None);
        assert_eq!(join("a", "/etc"), None);
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }

    #[test]
    fn requirements_as_cargo_prints_them() {
        assert_eq!(requirement("1.2").as_deref(), Some("^1.2"));
        assert_eq!(requirement(">=1, <3").as_deref(), Some(">=1, <3"));
        assert_eq!(requirement("*"), None);
        assert_eq!(requirement("not one").as_deref(), Some("not one"));
    }
}
