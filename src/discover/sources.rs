//! Finds the sources of third-party packages: vendored in the scanned tree, in cargo's registry, in its git checkouts.
//!
//! Nothing is downloaded, unpacked or run. What a lockfile names is checked before it becomes part of a path, links are
//! not followed below a package's folder, and a vendored folder must lie in its root. The caller decides by the manifest
//! whether a folder is what was asked for.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::{
    discover::{
        Inventory,
        classify::FileKind,
        read::{MAX_SOURCE_BYTES, bounded_text, small_text},
    },
    model::{location::RepoPath, package::LockedPackage, problem::ProblemKind},
};

/// Folders below a package that are walked; real packages stay below 10.
const MAX_DEPTH: usize = 24;
/// Rust files of one package; the largest bindings of operating systems have some 5,000.
const MAX_FILES: usize = 20_000;
/// Manifests looked at in one checkout of git.
const MAX_MANIFESTS: usize = 2_000;
/// Folders of a package that hold no production code.
const NOT_PRODUCTION: [&str; 5] = ["tests", "benches", "examples", "target", "fuzz"];
/// Cargo shortens a commit to at least this many digits.
const MIN_COMMIT: usize = 7;

/// Where sources may lie.
#[derive(Clone, Debug, Default)]
pub struct SourcePlaces {
    /// Folders of vendored packages inside the roots, sorted.
    vendored: Vec<PathBuf>,
    /// `registry/src/INDEX` folders: name and path, sorted.
    registries: Vec<(String, PathBuf)>,
    /// `git/checkouts/REPO-HASH` folders: name and path, sorted.
    checkouts: Vec<(String, PathBuf)>,
    /// Cargo's home is part of the scanned tree, which can put there what it likes.
    is_home_scanned: bool,
}

/// How much a folder's content is bound to the package's name, version and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceOrigin {
    /// Part of the scanned tree, so as little to be trusted as the rest of it.
    Vendored,
    /// Unpacked or checked out by cargo.
    Cargo,
}

/// A folder that may hold the sources of a package.
#[derive(Clone, Debug)]
pub struct SourceFolder {
    path: PathBuf,
    pub origin: SourceOrigin,
    /// What cargo calls the place: part of the identity of its content.
    pub place: String,
    /// The text of its `Cargo.toml`.
    pub manifest: String,
    /// The text of the `Cargo.toml` at the top of a checkout.
    pub workspace: Option<String>,
}

impl SourcePlaces {
    /// Look for vendored folders in the roots of `inventory` and for what cargo has in its home.
    #[must_use]
    pub fn look(inventory: &Inventory, cargo_home: Option<&Path>) -> Self {
        let mut vendored: Vec<PathBuf> = (0..inventory.roots.len())
            .flat_map(|root| vendored_folders(inventory, root))
            .collect();
        vendored.sort();
        vendored.dedup();
        let home = cargo_home.and_then(|home| fs::canonicalize(home).ok());
        let below = |place: &str| cargo_home.map_or_else(Vec::new, |home| folders(&home.join(place)));
        Self {
            vendored,
            registries: below("registry/src"),
            checkouts: below("git/checkouts"),
            is_home_scanned: home.is_some_and(|home| inventory.roots.iter().any(|root| home.starts_with(&root.path))),
        }
    }

    /// How much what lies in cargo's home is to be trusted.
    fn home_origin(&self) -> SourceOrigin {
        if self.is_home_scanned {
            SourceOrigin::Vendored
        } else {
            SourceOrigin::Cargo
        }
    }

    /// The folders that may hold `package`, the likeliest first. Empty also for a name or version that is none.
    #[must_use]
    pub fn find(&self, package: &LockedPackage) -> Vec<SourceFolder> {
        if !is_plain(&package.name) || semver::Version::parse(&package.version).is_err() {
            return Vec::new();
        }
        let full = format!("{}-{}", package.name, package.version);
        let mut found = Vec::new();
        for folder in &self.vendored {
            for name in [full.as_str(), &package.name] {
                found.extend(SourceFolder::open(&folder.join(name), SourceOrigin::Vendored, "vendor"));
            }
        }
        if let Some(host) = registry_host(&package.source) {
            for (place, path) in self.registries.iter().filter(|(place, _)| is_of_host(place, host)) {
                found.extend(SourceFolder::open(&path.join(&full), self.home_origin(), place));
            }
        }
        if let Some((repo, commit)) = git_commit(&package.source) {
            found.extend(self.checked_out(repo, commit, &package.name));
        }
        found
    }

    /// The folder of the package `name` in the checkout of a commit.
    fn checked_out(&self, repo: &str, commit: &str, name: &str) -> Option<SourceFolder> {
        let is_repo = |place: &str| place.rsplit_once('-').is_some_and(|(known, _)| known == repo);
        let of_repo = self.checkouts.iter().filter(|(place, _)| is_repo(place));
        of_repo.into_iter().find_map(|(place, path)| {
            let (short, checkout) = folders(path)
                .into_iter()
                .find(|(short, _)| MIN_COMMIT <= short.len() && commit.starts_with(short.as_str()))?;
            let place = format!("{place}/{short}");
            let folder = member(&checkout, name)?;
            let mut found = SourceFolder::open(&folder, self.home_origin(), &place)?;
            found.workspace = small_text(&checkout.join("Cargo.toml")).filter(|_| folder != checkout);
            Some(found)
        })
    }
}

impl SourceFolder {
    /// The package in a folder. A folder that is a link is none: it may lead anywhere.
    fn open(path: &Path, origin: SourceOrigin, place: &str) -> Option<Self> {
        if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
            return None;
        }
        Some(Self {
            manifest: small_text(&path.join("Cargo.toml"))?,
            path: path.to_owned(),
            origin,
            place: place.to_owned(),
            workspace: None,
        })
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn has(&self, file: &str) -> bool {
        fs::symlink_metadata(self.path.join(file)).is_ok_and(|metadata| metadata.is_file())
    }

    /// The Rust files that may be production code, sorted. Members of the same workspace below are others' files.
    #[must_use]
    pub fn rust_files(&self) -> Vec<RepoPath> {
        let mut files = Vec::new();
        let mut open = vec![(self.path.clone(), String::new(), 0)];
        while let Some((folder, relative, depth)) = open.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.filter_map(Result::ok) {
                let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
                    continue;
                };
                let is_build_script = depth == 0 && name == "build.rs";
                if kind.is_file() && name.ends_with(".rs") && !is_build_script && files.len() < MAX_FILES {
                    files.push(RepoPath::from(format!("{relative}{name}")));
                }
                let is_walked = kind.is_dir()
                    && depth < MAX_DEPTH
                    && !name.starts_with('.')
                    && !(depth == 0 && NOT_PRODUCTION.contains(&name.as_str()))
                    && fs::symlink_metadata(entry.path().join("Cargo.toml")).is_err();
                if is_walked {
                    open.push((entry.path(), format!("{relative}{name}/"), depth + 1));
                }
            }
        }
        files.sort();
        files
    }

    /// The text of one of [`Self::rust_files`].
    ///
    /// # Errors
    ///
    /// Why it is not read, for the ledger.
    pub fn read(&self, file: &str) -> Result<String, (ProblemKind, String)> {
        bounded_text(&self.path.join(file), MAX_SOURCE_BYTES).map_err(|(kind, reason, _)| (kind, reason))
    }
}

/// `vendor` beside or above a lockfile, and what `[source.….directory]` of cargo's settings there names, if it stays in
/// the root.
fn vendored_folders(inventory: &Inventory, root: usize) -> Vec<PathBuf> {
    let top = &inventory.roots[root].path;
    let mut places: BTreeSet<&str> = BTreeSet::new();
    let locks = inventory
        .files
        .iter()
        .filter(|file| file.root == root && file.kind == FileKind::CargoLock);
    for lock in locks {
        let mut at: &str = &lock.path;
        while let Some((folder, _)) = at.rsplit_once('/') {
            places.insert(folder);
            at = folder;
        }
        places.insert("");
    }
    let mut found = Vec::new();
    for place in places {
        let folder = top.join(place);
        let mut wanted = vec!["vendor".to_owned()];
        for settings in [".cargo/config.toml", ".cargo/config"] {
            wanted.extend(
                small_text(&folder.join(settings))
                    .iter()
                    .flat_map(|text| replaced_sources(text)),
            );
        }
        for name in wanted {
            let inside = fs::canonicalize(folder.join(name)).ok();
            found.extend(inside.filter(|path| path.starts_with(top) && path != top && path.is_dir()));
        }
    }
    found
}

/// The folders that cargo's settings put in place of a registry.
fn replaced_sources(settings: &str) -> Vec<String> {
    let Ok(table) = toml::from_str::<Table>(settings) else {
        return Vec::new();
    };
    let sources = table
        .get("source")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values);
    sources
        .filter_map(|source| source.get("directory")?.as_str().map(str::to_owned))
        .collect()
}

/// The folders directly below `path`, by name.
fn folders(path: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut found: Vec<(String, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .collect();
    found.sort();
    found
}

/// The folder below `checkout` whose manifest is that of the package `name`.
fn member(checkout: &Path, name: &str) -> Option<PathBuf> {
    let is_it = |folder: &Path| {
        let text = small_text(&folder.join("Cargo.toml"))?;
        let table: Table = toml::from_str(&text).ok()?;
        Some(table.get("package")?.get("name")?.as_str()? == name)
    };
    let mut open = vec![(checkout.to_owned(), 0)];
    let mut n_seen = 0;
    while let Some((folder, depth)) = open.pop() {
        if is_it(&folder) == Some(true) {
            return Some(folder);
        }
        n_seen += 1;
        if MAX_MANIFESTS < n_seen || MAX_DEPTH < depth {
            continue;
        }
        let below = folders(&folder).into_iter().rev();
        open.extend(
            below
                .filter(|(name, _)| !name.starts_with('.') && name != "target" && name != "src")
                .map(|(_, path)| (path, depth + 1)),
        );
    }
    None
}

/// A name that cargo allows; no path can be made of it.
fn is_plain(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.bytes().all(is_allowed)
}

/// The host of a registry's index.
fn registry_host(source: &str) -> Option<&str> {
    let url = source
        .strip_prefix("registry+")
        .or_else(|| source.strip_prefix("sparse+"))?;
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    host.rsplit_once('@').map_or(Some(host), |(_, host)| Some(host))
}

/// Cargo names a registry's folder after the index's host and a hash of its address. The public registry has had two.
fn is_of_host(place: &str, host: &str) -> bool {
    let known = place.rsplit_once('-').map_or(place, |(known, _)| known);
    match host {
        "github.com" | "index.crates.io" => matches!(known, "github.com" | "index.crates.io"),
        _ => known == host.split(':').next().unwrap_or(host),
    }
}

/// Name of the repo and commit of `git+URL?branch=…#COMMIT`.
fn git_commit(source: &str) -> Option<(&str, &str)> {
    let (url, commit) = source.strip_prefix("git+")?.rsplit_once('#')?;
    let path = url.split('?').next()?.trim_end_matches('/');
    let repo = path.rsplit('/').next()?;
    let repo = repo.strip_suffix(".git").unwrap_or(repo);
    (commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && MIN_COMMIT <= commit.len()).then_some((repo, commit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{DiscoverSettings, discover};

    fn locked(name: &str, version: &str, source: &str) -> LockedPackage {
        LockedPackage {
            name: name.into(),
            version: version.into(),
            source: source.into(),
            checksum: None,
            dependencies: Vec::new(),
        }
    }

    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn manifest(name: &str) -> String {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n")
    }

    fn places(root: &Path, home: Option<&Path>) -> SourcePlaces {
        let settings = DiscoverSettings {
            excludes: Vec::new(),
            languages: Vec::new(),
        };
        let inventory = discover(&[root.to_owned()], &settings).expect("an inventory");
        SourcePlaces::look(&inventory, home)
    }

    fn found(places: &SourcePlaces, package: &LockedPackage, base: &Path) -> Vec<String> {
        let relative = |folder: SourceFolder| {
            let path = folder.path.strip_prefix(base).expect("inside");
            path.display().to_string().replace('\\', "/")
        };
        places.find(package).into_iter().map(relative).collect()
    }

    #[test]
    fn registries_by_host_vendored_first() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = fs::canonicalize(dir.path()).expect("a real path");
        write(&base, "repo/Cargo.lock", "version = 4\n");
        write(&base, "repo/third/sdk/Cargo.toml", &manifest("sdk"));
        write(
            &base,
            "repo/.cargo/config.toml",
            "[source.here]\ndirectory = \"third\"\n",
        );
        write(
            &base,
            "home/registry/src/index.crates.io-6f17/sdk-1.0.0/Cargo.toml",
            &manifest("sdk"),
        );
        write(
            &base,
            "home/registry/src/crates.corp.example-ab12/sdk-1.0.0/Cargo.toml",
            &manifest("sdk"),
        );
        let places = places(&base.join("repo"), Some(&base.join("home")));
        assert_eq!(
            found(&places, &locked("sdk", "1.0.0", REGISTRY), &base),
            ["repo/third/sdk", "home/registry/src/index.crates.io-6f17/sdk-1.0.0"]
        );
        let private = locked("sdk", "1.0.0", "sparse+https://token@crates.corp.example/index/");
        assert_eq!(
            found(&places, &private, &base),
            ["repo/third/sdk", "home/registry/src/crates.corp.example-ab12/sdk-1.0.0"]
        );
        assert!(
            found(&places, &locked("sdk", "1.0.1", REGISTRY), &base).len() == 1,
            "the vendored one only"
        );
    }

    #[test]
    fn nothing_leaves_its_place() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = fs::canonicalize(dir.path()).expect("a real path");
        write(&base, "repo/Cargo.lock", "version = 4\n");
        write(
            &base,
            "repo/.cargo/config.toml",
            "[source.a]\ndirectory = \"../outside\"\n[source.b]\ndirectory = \"/\"\n",
        );
        write(&base, "outside/sdk/Cargo.toml", &manifest("sdk"));
        write(
            &base,
            "home/registry/src/index.crates.io-6f17/x/Cargo.toml",
            &manifest("x"),
        );
        write(&base, "home/registry/secret/Cargo.toml", &manifest("secret"));
        let places = places(&base.join("repo"), Some(&base.join("home")));
        assert!(places.vendored.is_empty());
        for (name, version) in [
            ("../../secret", "1.0.0"),
            ("..", "1.0.0"),
            ("sdk", "1.0.0/../../secret"),
            ("/etc", "1.0.0"),
            ("", "1.0.0"),
            ("a\\b", "1.0.0"),
        ] {
            assert!(
                places.find(&locked(name, version, REGISTRY)).is_empty(),
                "{name} {version}"
            );
        }
        let odd = locked("sdk", "1.0.0", "git+https://x/..#0123456789");
        assert!(places.find(&odd).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = fs::canonicalize(dir.path()).expect("a real path");
        write(&base, "repo/Cargo.lock", "version = 4\n");
        write(&base, "repo/vendor/sdk/Cargo.toml", &manifest("sdk"));
        write(&base, "repo/vendor/sdk/src/lib.rs", "");
        write(&base, "repo/vendor/sdk/tests/it.rs", "");
        write(&base, "secret/private.rs", "");
        std::os::unix::fs::symlink(base.join("secret"), base.join("repo/vendor/sdk/src/more")).expect("a link");
        std::os::unix::fs::symlink(base.join("secret/private.rs"), base.join("repo/vendor/sdk/src/x.rs"))
            .expect("a link");
        write(&base, "outside/Cargo.toml", &manifest("linked"));
        std::os::unix::fs::symlink(base.join("outside"), base.join("repo/vendor/linked")).expect("a link");
        let places = places(&base.join("repo"), None);
        let folder = places.find(&locked("sdk", "1.0.0", REGISTRY)).remove(0);
        assert_eq!(folder.rust_files(), [RepoPath::from("src/lib.rs")]);
        assert_eq!(folder.origin, SourceOrigin::Vendored);
        assert!(places.find(&locked("linked", "1.0.0", REGISTRY)).is_empty());
    }

    #[test]
    fn a_home_inside_the_tree_is_as_little_trusted_as_the_tree() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = fs::canonicalize(dir.path()).expect("a real path");
        write(&base, "repo/Cargo.lock", "version = 4\n");
        let home = "repo/.cargo-home";
        let index = format!("{home}/registry/src/index.crates.io-0a1b/sdk-1.0.0/Cargo.toml");
        write(&base, &index, &manifest("sdk"));
        let places = places(&base.join("repo"), Some(&base.join(home)));
        let folder = places.find(&locked("sdk", "1.0.0", REGISTRY)).remove(0);
        assert_eq!(folder.origin, SourceOrigin::Vendored);
    }

    #[test]
    fn checkouts_by_commit_and_member() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = fs::canonicalize(dir.path()).expect("a real path");
        write(&base, "repo/Cargo.lock", "version = 4\n");
        let checkout = "home/git/checkouts/sdks-0a1b/0123456";
        write(
            &base,
            &format!("{checkout}/Cargo.toml"),
            "[workspace]\nmembers = [\"rust/*\"]\n",
        );
        write(&base, &format!("{checkout}/rust/sdk/Cargo.toml"), &manifest("sdk"));
        write(&base, &format!("{checkout}/rust/other/Cargo.toml"), &manifest("other"));
        let places = places(&base.join("repo"), Some(&base.join("home")));
        let source = "git+https://git.example/o/sdks.git?branch=main#0123456789abcdef";
        let package = locked("sdk", "1.0.0", source);
        assert_eq!(found(&places, &package, &base), [format!("{checkout}/rust/sdk")]);
        assert!(places.find(&package)[0].workspace.is_some());
        let other = locked("sdk", "1.0.0", "git+https://git.example/o/sdks#fedcba9876543210");
        assert!(places.find(&other).is_empty());
    }
}
