//! What `cargo metadata --no-deps` says of the packages of a workspace.

use std::{
    collections::BTreeMap,
    path::{Component, Path},
};

use cargo_metadata::{Metadata, MetadataCommand};

use crate::{
    extract::manifest::cargo::{CargoInput, raw},
    model::{
        Name,
        location::{Location, RepoPath},
        package::{Dependency, DependencyKind, Ecosystem, Package, Target, TargetKind},
        problem::{Problem, ProblemKind},
    },
};

/// The packages of all answers, by manifest. Why there is no answer goes to the ledger, once for each reason.
pub(super) fn read(
    input: &CargoInput<'_>,
    answers: &[(RepoPath, Result<String, String>)],
    problems: &mut Vec<Problem>,
) -> BTreeMap<RepoPath, Package> {
    let mut packages = BTreeMap::new();
    let mut failed = BTreeMap::<String, Vec<&RepoPath>>::new();
    for (manifest, answer) in answers {
        let metadata = answer.clone().and_then(|json| {
            MetadataCommand::parse(json).map_err(|_| "the answer of cargo metadata is not understood".to_owned())
        });
        match metadata {
            Ok(metadata) => packages.extend(of_workspace(input, metadata)),
            Err(reason) => failed.entry(reason).or_default().push(manifest),
        }
    }
    for (reason, manifests) in failed {
        let others = match manifests.len() - 1 {
            0 => String::new(),
            n_others => format!(" (and {n_others} more)"),
        };
        let reason = format!("{reason}; read from Cargo.toml and Cargo.lock themselves{others}");
        let at = Location::of_file(input.root.clone(), manifests[0].clone());
        problems.push(Problem {
            kind: ProblemKind::Manifest,
            at,
            reason,
            hides: 0,
        });
    }
    packages
}

fn of_workspace(input: &CargoInput<'_>, metadata: Metadata) -> Vec<(RepoPath, Package)> {
    let packages = metadata.packages.into_iter();
    packages
        .filter_map(|it| package(input, it).map(|package| (package.manifest.file.clone(), package)))
        .collect()
}

fn package(input: &CargoInput<'_>, package: cargo_metadata::Package) -> Option<Package> {
    // A workspace may name members outside the root; they are not ours.
    let manifest = relative(input.root_path, package.manifest_path.as_std_path())?;
    let targets = package
        .targets
        .iter()
        .filter_map(|it| target(input, it, &package.name))
        .collect();
    Some(Package {
        ecosystem: Ecosystem::Cargo,
        root: input.root.clone(),
        name: package.name.as_str().into(),
        version: Some(package.version.to_string().into()),
        dir: raw::folder(&manifest).into(),
        manifest: Location::of_file(input.root.clone(), manifest),
        targets,
        default_features: raw::default_features(&package.features),
        dependencies: package.dependencies.iter().map(|it| dependency(input, it)).collect(),
        is_third_party: false,
    })
}

fn target(input: &CargoInput<'_>, target: &cargo_metadata::Target, package: &str) -> Option<Target> {
    use cargo_metadata::TargetKind as Kind;
    let kind = match target.kind.first()? {
        Kind::Bin => TargetKind::Binary,
        Kind::ProcMacro => TargetKind::ProcMacro,
        Kind::Example => TargetKind::Example,
        Kind::Test => TargetKind::Test,
        Kind::Bench => TargetKind::Bench,
        Kind::CustomBuild => TargetKind::BuildScript,
        Kind::Lib | Kind::RLib | Kind::DyLib | Kind::CDyLib | Kind::StaticLib => TargetKind::Library,
        _ => return None,
    };
    // Cargo answers with the crate's name; we keep the name as written where it is the package's.
    let is_library = matches!(kind, TargetKind::Library | TargetKind::ProcMacro);
    let name = if is_library && target.name == package.replace('-', "_") {
        package
    } else {
        &target.name
    };
    let path = relative(input.root_path, target.src_path.as_std_path())?;
    Some(Target {
        kind,
        name: name.into(),
        path,
    })
}

fn dependency(input: &CargoInput<'_>, dependency: &cargo_metadata::Dependency) -> Dependency {
    let alias = dependency.rename.as_deref().unwrap_or(&dependency.name);
    let kind = match dependency.kind {
        cargo_metadata::DependencyKind::Development => DependencyKind::Dev,
        cargo_metadata::DependencyKind::Build => DependencyKind::Build,
        _ => DependencyKind::Normal,
    };
    Dependency {
        alias: alias.replace('-', "_").into(),
        package: dependency.name.as_str().into(),
        requirement: raw::requirement(&dependency.req.to_string()),
        locked: None,
        checksum: None,
        kind,
        is_optional: dependency.optional,
        features: dependency.features.iter().map(Name::from).collect(),
        default_features: dependency.uses_default_features,
        path: dependency
            .path
            .as_ref()
            .and_then(|path| relative(input.root_path, path.as_std_path())),
    }
}

/// `path` relative to the root with forward slashes; `None` outside it.
fn relative(root: &Path, path: &Path) -> Option<RepoPath> {
    let mut parts: Vec<&str> = Vec::new();
    for component in path.strip_prefix(root).ok()?.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Prefix(_) | Component::RootDir => return None,
        }
    }
    Some(parts.join("/").into())
}
