//! The manifest of a third-party package whose source is on disk.

use std::path::Path;

use semver::{Version, VersionReq};

use crate::{
    extract::manifest::cargo::{
        CargoInput,
        raw::{self, Manifest},
    },
    model::{
        Name,
        fact::FileRole,
        location::RepoPath,
        package::{DependencyKind, LockedPackage, Package, TargetKind},
    },
};

/// What is known of a third-party package.
#[derive(Clone, Debug)]
pub struct OutsideInput<'a> {
    /// `dep:cargo/reqwest@0.12.9`.
    pub root: Name,
    pub locked: &'a LockedPackage,
    /// The text of its `Cargo.toml`.
    pub manifest: &'a str,
    /// The text of the `Cargo.toml` of its workspace, where it inherits from one (checkouts of git only).
    pub workspace: Option<&'a str>,
    /// There is a `src/lib.rs`: the library where the manifest names none.
    pub has_usual_library: bool,
}

/// The package with its library and its production dependencies, as far as the lockfile picked them. `None` where the
/// manifest is broken or is that of another package.
#[must_use]
pub fn outside_package(input: OutsideInput<'_>) -> Option<Package> {
    let path = RepoPath::from("Cargo.toml");
    let manifest = Manifest::parse(&path, FileRole::Source, input.manifest).ok()?;
    let workspace = input
        .workspace
        .and_then(|text| Manifest::parse(&path, FileRole::Source, text).ok());
    let cargo = CargoInput {
        root: input.root,
        root_path: Path::new(""),
        manifests: Vec::new(),
        locks: Vec::new(),
        sources: input
            .has_usual_library
            .then(|| "src/lib.rs".into())
            .into_iter()
            .collect(),
    };
    let mut package = raw::package(&cargo, &manifest, workspace.as_ref(), &mut Vec::new())?;
    let is_same_version = package
        .version
        .as_ref()
        .is_none_or(|version| *version == input.locked.version);
    if package.name != input.locked.name || !is_same_version {
        return None;
    }
    package.version = Some(input.locked.version.clone());
    package.is_third_party = true;
    package
        .targets
        .retain(|target| matches!(target.kind, TargetKind::Library | TargetKind::ProcMacro));
    package.dependencies.retain_mut(|dependency| {
        // A published package has no neighbours; in a checkout they are locked like any other.
        dependency.path = None;
        let requirement = dependency.requirement.as_ref();
        dependency.locked = pick(&dependency.package, requirement, &input.locked.dependencies).cloned();
        dependency.kind == DependencyKind::Normal && dependency.locked.is_some()
    });
    Some(package)
}

/// The version that the lockfile picked for a dependency; none for an optional one that is switched off.
fn pick<'a>(name: &Name, requirement: Option<&Name>, locked: &'a [(Name, Name)]) -> Option<&'a Name> {
    let mut versions = locked
        .iter()
        .filter(|(known, _)| known == name)
        .map(|(_, version)| version);
    match (
        versions.clone().count(),
        requirement.map(|text| VersionReq::parse(text)),
    ) {
        (2.., Some(Ok(requirement))) => {
            versions.find(|version| Version::parse(version).is_ok_and(|version| requirement.matches(&version)))
        }
        _ => versions.next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> LockedPackage {
        let pair = |name: &str, version: &str| (Name::new(name), Name::new(version));
        LockedPackage {
            name: "sdk".into(),
            version: "1.2.0".into(),
            source: "registry+https://github.com/rust-lang/crates.io-index".into(),
            checksum: None,
            dependencies: vec![
                pair("base64", "0.21.0"),
                pair("base64", "0.22.1"),
                pair("cc", "1.0.0"),
                pair("reqwest", "0.12.9"),
            ],
        }
    }

    fn package(manifest: &str) -> Option<Package> {
        let locked = locked();
        outside_package(OutsideInput {
            root: "dep:cargo/sdk@1.2.0".into(),
            locked: &locked,
            manifest,
            workspace: None,
            has_usual_library: true,
        })
    }

    #[test]
    fn only_what_runs_in_production_and_is_switched_on() {
        let package = package(
            "[package]\nname = \"sdk\"\nversion = \"1.2.0\"\nbuild = \"build.rs\"\n\
             [dependencies]\nreqwest = \"0.12\"\nb64 = { package = \"base64\", version = \"0.22\" }\n\
             tracing = { version = \"0.1\", optional = true }\n\
             [build-dependencies]\ncc = \"1\"\n[dev-dependencies]\nreqwest = \"0.12\"\n",
        )
        .expect("a package");
        let targets: Vec<&str> = package.targets.iter().map(|target| &*target.path).collect();
        assert_eq!(targets, ["src/lib.rs"]);
        let dependencies: Vec<String> = package
            .dependencies
            .iter()
            .map(|it| format!("{} {}", it.alias, it.locked.clone().unwrap_or_default()))
            .collect();
        assert_eq!(dependencies, ["b64 0.22.1", "reqwest 0.12.9"]);
        assert!(package.is_third_party);
    }

    #[test]
    fn a_folder_with_another_package_is_not_it() {
        assert_eq!(package("[package]\nname = \"other\"\nversion = \"1.2.0\"\n"), None);
        assert_eq!(package("[package]\nname = \"sdk\"\nversion = \"1.3.0\"\n"), None);
        assert_eq!(package("not TOML"), None);
    }
}
