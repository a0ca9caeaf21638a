//! `Cargo.lock`, versions 1 to 4: which version of each dependency was picked.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use toml::{Table, Value};

use crate::{
    extract::manifest::cargo::raw,
    model::{
        Name,
        package::{Dependency, LockedPackage, Package},
    },
};

/// The packages of one lockfile, by name.
#[derive(Debug, Default)]
pub(super) struct Lock {
    packages: BTreeMap<String, Vec<Locked>>,
}

#[derive(Debug)]
struct Locked {
    version: String,
    /// None for packages of the repo.
    source: Option<String>,
    checksum: Option<String>,
    /// `name`, `name version` or `name version (source)`: as short as is unambiguous.
    dependencies: Vec<String>,
}

impl Lock {
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let table: Table = toml::from_str(text)?;
        // Version 1 kept the checksums apart.
        let metadata = table.get("metadata");
        let mut lock = Self::default();
        for entry in table.get("package").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
            let (Some(name), Some(version)) = (text("name"), text("version")) else {
                continue;
            };
            let source = text("source");
            let checksum = text("checksum").or_else(|| {
                let key = format!("checksum {name} {version} ({})", source.as_deref().unwrap_or_default());
                metadata?
                    .get(&key)?
                    .as_str()
                    .filter(|it| *it != "<none>")
                    .map(str::to_owned)
            });
            let dependencies = raw::strings(entry.get("dependencies"));
            lock.packages.entry(name).or_default().push(Locked {
                version,
                source,
                checksum,
                dependencies,
            });
        }
        Ok(lock)
    }

    /// Fill in the picked version and checksum of every dependency of `package`.
    pub(super) fn fill(&self, package: &mut Package) {
        let own = self.own(package);
        for dependency in &mut package.dependencies {
            let Some(locked) = self.pick(own, dependency) else {
                continue;
            };
            dependency.locked = Some(locked.version.as_str().into());
            dependency.checksum = locked.checksum.as_deref().map(Name::from);
        }
    }

    /// What was picked from outside the repo, sorted by name.
    pub(super) fn outside(&self) -> impl Iterator<Item = LockedPackage> {
        let all = self
            .packages
            .iter()
            .flat_map(|(name, versions)| versions.iter().map(move |it| (name, it)));
        all.filter_map(|(name, locked)| {
            let mut dependencies: Vec<(Name, Name)> = locked
                .dependencies
                .iter()
                .filter_map(|line| Listed::parse(line))
                .flat_map(|line| {
                    let name = Name::new(line.name);
                    let named = self.packages.get(line.name).into_iter().flatten();
                    named
                        .filter(move |it| line.is(it))
                        .map(move |it| (name.clone(), Name::new(&it.version)))
                })
                .collect();
            dependencies.sort();
            dependencies.dedup();
            Some(LockedPackage {
                name: Name::new(name),
                version: Name::new(&locked.version),
                source: Name::new(locked.source.as_ref()?),
                checksum: locked.checksum.as_deref().map(Name::new),
                dependencies,
            })
        })
    }

    /// The lockfile's entry of the package itself.
    fn own(&self, package: &Package) -> Option<&Locked> {
        let entries: Vec<&Locked> = self
            .packages
            .get(package.name.as_str())?
            .iter()
            .filter(|it| it.source.is_none())
            .collect();
        let same_version = |it: &&&Locked| Some(it.version.as_str()) == package.version.as_deref();
        match entries.as_slice() {
            [only] => Some(only),
            several => several.iter().find(same_version).copied(),
        }
    }

    fn pick(&self, own: Option<&Locked>, dependency: &Dependency) -> Option<&Locked> {
        let named = self.packages.get(dependency.package.as_str())?;
        let listed: Vec<&Locked> = match own {
            Some(own) => {
                let lines = own.dependencies.iter().filter_map(|line| Listed::parse(line));
                let lines: Vec<Listed<'_>> = lines.filter(|it| it.name == dependency.package.as_str()).collect();
                named.iter().filter(|it| lines.iter().any(|line| line.is(it))).collect()
            }
            // A lockfile that does not know the package: what fits is better than nothing, if only one does.
            None => named.iter().filter(|it| fits(dependency, it)).collect(),
        };
        match listed.as_slice() {
            [] => None,
            [only] => Some(only),
            // Two versions under two names: the requirement tells them apart.
            several => {
                let fitting: Vec<&&Locked> = several.iter().filter(|it| fits(dependency, it)).collect();
                match fitting.as_slice() {
                    [only] => Some(only),
                    _ => None,
                }
            }
        }
    }
}

fn fits(dependency: &Dependency, locked: &Locked) -> bool {
    // A path dependency has no source, anything else has one.
    if dependency.path.is_some() != locked.source.is_none() {
        return false;
    }
    let Some(requirement) = &dependency.requirement else {
        return true;
    };
    match (VersionReq::parse(requirement), Version::parse(&locked.version)) {
        (Ok(requirement), Ok(version)) => requirement.matches(&version),
        _ => false,
    }
}

/// One line of a dependency list.
struct Listed<'a> {
    name: &'a str,
    version: Option<&'a str>,
    source: Option<&'a str>,
}

impl<'a> Listed<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let name = words.next()?;
        let version = words.next();
        let source = words
            .next()
            .map(|word| word.trim_start_matches('(').trim_end_matches(')'));
        Some(Self { name, version, source })
    }

    fn is(&self, locked: &Locked) -> bool {
        self.version.is_none_or(|version| version == locked.version)
            && self
                .source
                .is_none_or(|source| locked.source.as_deref().is_some_and(|it| same_source(it, source)))
    }
}

/// A git source carries the commit after `#` in the package's entry only.
fn same_source(full: &str, listed: &str) -> bool {
    full == listed || full.split('#').next() == listed.split('#').next()
}
