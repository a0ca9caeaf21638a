//! Third-party packages: which of them can hide a call, where their sources are, and their facts.
//!
//! A package matters when it is reached from production code and can leave the process: through a client library of
//! the catalogue, or through one of its own dependencies. Libraries of the catalogue are not read, since what they do is
//! known. Manifests alone decide that, so few packages are parsed. They do not tell who opens sockets by the language's
//! own means; the texts of direct dependencies are looked through for that, those behind them are not.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{self, AssertUnwindSafe},
};

use rayon::prelude::*;

use crate::{
    catalog::compile::Catalog,
    discover::sources::{SourceFolder, SourceOrigin, SourcePlaces},
    extract::{
        SourceInput, extract,
        manifest::cargo::{OutsideInput, outside_package},
    },
    model::{
        Name,
        fact::{FileFacts, FileRole, Language},
        location::{Location, RepoPath},
        outcome::ScannedDependency,
        package::{DependencyKind, Ecosystem, LockedPackage, Package, TargetKind},
        problem::{Problem, ProblemKind},
    },
    pipeline::{Depth, facts_cache::FactsCache},
};

/// Packages named in one row of the ledger.
const N_NAMED: usize = 12;
/// Client libraries named for each of them.
const N_LIBRARIES_NAMED: usize = 2;
/// How a file leaves the process by the language's own means.
const SOCKETS: [&str; 5] = [
    "TcpStream::connect",
    "UnixStream::connect",
    "UdpSocket::bind",
    ".to_socket_addrs()",
    "lookup_host(",
];

/// What is read of other people's code.
#[derive(Default)]
pub(super) struct ThirdParty {
    pub(super) packages: Vec<Package>,
    pub(super) files: Vec<FileFacts>,
    /// All direct ones and all that were read, sorted.
    pub(super) dependencies: Vec<ScannedDependency>,
    pub(super) problems: Vec<Problem>,
}

/// What the search for third-party code starts from.
pub(super) struct Search<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) places: &'a SourcePlaces,
    pub(super) cache: &'a FactsCache,
    pub(super) depth: Depth,
    /// The packages of the roots that hold production code.
    pub(super) own: Vec<&'a Package>,
    /// What the lockfiles of each root picked.
    pub(super) locked: &'a BTreeMap<Name, Vec<LockedPackage>>,
}

type Key = (Name, Name);

/// A third-party package that production code may run.
struct Node<'a> {
    locked: &'a LockedPackage,
    /// The root whose lockfile names it; the first of several.
    root: &'a Name,
    /// A direct dependency of own code.
    is_direct: bool,
    /// The catalogue says what it does.
    is_known: bool,
    source: Option<(SourceFolder, Package)>,
    /// Production dependencies that are switched on; all locked ones where the manifest was not seen.
    dependencies: Vec<Key>,
    /// Client libraries that it can reach, itself included; sorted.
    reaches: BTreeSet<Name>,
    /// It is a direct dependency and opens sockets itself.
    has_sockets: bool,
}

impl Node<'_> {
    fn can_leave(&self) -> bool {
        !self.is_known && (self.has_sockets || !self.reaches.is_empty())
    }

    fn dependency(&self, is_read: bool) -> ScannedDependency {
        ScannedDependency {
            root: root_name(self.locked).as_str().into(),
            checksum: self.locked.checksum.clone(),
            is_read,
        }
    }
}

fn root_name(locked: &LockedPackage) -> Name {
    Name::from(format!("dep:cargo/{}@{}", locked.name, locked.version))
}

/// Find and read what may hide a call.
pub(super) fn third_party(search: &Search<'_>) -> ThirdParty {
    let mut nodes = search.nodes();
    spread(&mut nodes);
    let is_wanted = |node: &Node<'_>| match search.depth {
        Depth::None => false,
        Depth::Direct => node.is_direct && node.can_leave(),
        Depth::All => node.can_leave(),
    };
    let mut out = ThirdParty {
        problems: search.unseen(&nodes, &is_wanted),
        ..ThirdParty::default()
    };
    let mut wanted = Vec::new();
    for node in nodes.into_values() {
        let is_read = is_wanted(&node) && node.source.is_some();
        if is_read || node.is_direct {
            out.dependencies.push(node.dependency(is_read));
        }
        if is_read {
            wanted.push(node);
        }
    }
    let read: Vec<_> = wanted.par_iter().map(|node| search.facts(node)).collect();
    for (node, facts) in wanted.into_iter().zip(read) {
        out.packages.extend(node.source.map(|(_, package)| package));
        for mut facts in facts {
            // What is opaque inside is nothing that the reader can change.
            facts
                .problems
                .retain(|problem| problem.kind != ProblemKind::OpaqueSyntax);
            out.problems.append(&mut facts.problems);
            out.files.push(facts);
        }
    }
    out.dependencies.sort();
    out.dependencies.dedup();
    out
}

impl<'a> Search<'a> {
    /// Everything that production code may run, by name and version, breadth first.
    fn nodes(&self) -> BTreeMap<Key, Node<'a>> {
        let mut locked: BTreeMap<Key, (&'a Name, &'a LockedPackage)> = BTreeMap::new();
        for (root, packages) in self.locked {
            for package in packages {
                let key = (package.name.clone(), package.version.clone());
                locked.entry(key).or_insert((root, package));
            }
        }
        let direct: BTreeSet<Key> = self.own.iter().flat_map(|package| production(package)).collect();
        let mut nodes: BTreeMap<Key, Node<'a>> = BTreeMap::new();
        let mut open: BTreeSet<Key> = direct.clone();
        while !open.is_empty() {
            let found: Vec<(Key, Node<'a>)> = open
                .into_par_iter()
                .filter_map(|key| {
                    let (root, package) = *locked.get(&key)?;
                    let node = self.node(root, package, direct.contains(&key));
                    Some((key, node))
                })
                .collect();
            open = found
                .iter()
                .flat_map(|(_, node)| node.dependencies.iter().cloned())
                .collect();
            nodes.extend(found);
            open.retain(|key| !nodes.contains_key(key));
        }
        nodes
    }

    fn node(&self, root: &'a Name, locked: &'a LockedPackage, is_direct: bool) -> Node<'a> {
        let mut node = Node {
            locked,
            root,
            is_direct,
            is_known: false,
            source: None,
            dependencies: Vec::new(),
            reaches: BTreeSet::new(),
            has_sockets: false,
        };
        if let Some(library) = self.catalog.knows_crate(&locked.name.replace('-', "_")) {
            node.is_known = true;
            if self.catalog.library(library).transport.is_some() {
                node.reaches.insert(locked.name.clone());
            }
            return node;
        }
        if self.depth == Depth::None {
            node.dependencies.clone_from(&locked.dependencies);
            return node;
        }
        node.source = self.source(locked);
        match &node.source {
            // A macro runs in the compiler.
            Some((_, package))
                if package
                    .targets
                    .iter()
                    .all(|target| target.kind == TargetKind::ProcMacro) =>
            {
                node.source = None;
            }
            Some((folder, package)) => {
                node.dependencies = production(package).collect();
                node.has_sockets = is_direct && has_sockets(folder);
            }
            None => node.dependencies.clone_from(&locked.dependencies),
        }
        node
    }

    /// The folder with the package's sources, and the package as its manifest describes it.
    fn source(&self, locked: &LockedPackage) -> Option<(SourceFolder, Package)> {
        self.places.find(locked).into_iter().find_map(|folder| {
            let package = outside_package(OutsideInput {
                root: root_name(locked),
                locked,
                manifest: &folder.manifest,
                workspace: folder.workspace.as_deref(),
                has_usual_library: folder.has("src/lib.rs"),
            })?;
            Some((folder, package))
        })
    }

    /// The facts of one package's files, from the cache where they are there.
    fn facts(&self, node: &Node<'_>) -> Vec<FileFacts> {
        let Some((folder, _)) = &node.source else {
            return Vec::new();
        };
        let locked = node.locked;
        let identity = [
            folder.place.as_str(),
            &locked.name,
            &locked.version,
            &locked.source,
            locked.checksum.as_deref().unwrap_or_default(),
        ];
        // A vendored folder is as trustworthy as the repo around it, and what it holds may not be public.
        let is_cached = folder.origin == SourceOrigin::Cargo;
        if let Some(facts) = is_cached.then(|| self.cache.load(&identity)).flatten() {
            return facts;
        }
        let root = root_name(locked);
        let facts: Vec<FileFacts> = folder
            .rust_files()
            .into_par_iter()
            .map(|file| file_facts(folder, &root, file))
            .collect();
        if is_cached {
            self.cache.store(&identity, &facts);
        }
        facts
    }

    /// One row of the ledger for each root: what can reach a client library and was not read.
    fn unseen(&self, nodes: &BTreeMap<Key, Node<'a>>, is_wanted: &dyn Fn(&Node<'a>) -> bool) -> Vec<Problem> {
        let mut unseen: BTreeMap<&Name, Vec<&Node<'a>>> = BTreeMap::new();
        for node in nodes
            .values()
            .filter(|node| node.can_leave() && !(is_wanted(node) && node.source.is_some()))
        {
            unseen.entry(node.root).or_default().push(node);
        }
        let why = match self.depth {
            Depth::None => "not read, as asked for",
            Depth::Direct => "not read: not on disk (`cargo fetch` brings them), or no direct dependency",
            Depth::All => "not read, since their sources are not on this disk (`cargo fetch` brings them)",
        };
        let row = |(root, mut hidden): (&Name, Vec<&Node<'a>>)| {
            // What the own code calls itself hides more than what lies behind it.
            hidden.sort_by_key(|node| {
                (
                    !node.is_direct,
                    std::cmp::Reverse(node.reaches.len()),
                    &node.locked.name,
                )
            });
            let shown: Vec<String> = hidden.iter().take(N_NAMED).map(|node| shown(node)).collect();
            let more = if shown.len() < hidden.len() { ", …" } else { "" };
            Problem {
                kind: ProblemKind::DependencyNotSeen,
                at: Location::of_file(root.clone(), "Cargo.lock".into()),
                reason: format!(
                    "third-party packages that can leave the process are {why}: {}{more}",
                    shown.join(", ")
                ),
                hides: u32::try_from(hidden.len()).unwrap_or(u32::MAX),
            }
        };
        unseen.into_iter().map(row).collect()
    }
}

fn shown(node: &Node<'_>) -> String {
    let libraries: Vec<&str> = node.reaches.iter().take(N_LIBRARIES_NAMED).map(Name::as_str).collect();
    if libraries.is_empty() {
        return node.locked.name.to_string();
    }
    format!("{} (by {})", node.locked.name, libraries.join(", "))
}

/// The locked packages that a package's production code depends on.
fn production(package: &Package) -> impl Iterator<Item = Key> {
    let is_outside = |it: &&crate::model::package::Dependency| it.path.is_none() && it.kind == DependencyKind::Normal;
    let dependencies = package
        .dependencies
        .iter()
        .filter(move |_| package.ecosystem == Ecosystem::Cargo);
    dependencies
        .filter(is_outside)
        .filter_map(|dependency| Some((dependency.package.clone(), dependency.locked.clone()?)))
}

/// Hand what each package can reach up to those that depend on it.
fn spread(nodes: &mut BTreeMap<Key, Node<'_>>) {
    let mut users: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
    for (key, node) in nodes.iter() {
        for dependency in &node.dependencies {
            users.entry(dependency.clone()).or_default().push(key.clone());
        }
    }
    let mut open: Vec<Key> = nodes.keys().cloned().collect();
    while let Some(key) = open.pop() {
        let Some(node) = nodes.get(&key) else { continue };
        let reaches = node.reaches.clone();
        for user in users.get(&key).into_iter().flatten() {
            let Some(user_node) = nodes.get_mut(user) else { continue };
            let n_before = user_node.reaches.len();
            user_node.reaches.extend(reaches.iter().cloned());
            if n_before < user_node.reaches.len() {
                open.push(user.clone());
            }
        }
    }
}

/// Whether any file names the language's own way out.
fn has_sockets(folder: &SourceFolder) -> bool {
    let names_one = |file: &RepoPath| {
        let text = folder.read(file).unwrap_or_default();
        SOCKETS.iter().any(|name| text.contains(name))
    };
    folder.rust_files().iter().any(names_one)
}

fn file_facts(folder: &SourceFolder, root: &Name, file: RepoPath) -> FileFacts {
    let text = folder.read(&file);
    let input = SourceInput {
        root: root.clone(),
        file: file.clone(),
        language: Language::Rust,
        role: FileRole::Source,
        text: text.as_deref().unwrap_or_default(),
    };
    let extracted = panic::catch_unwind(AssertUnwindSafe(|| extract(&input)));
    let problem = |kind, reason: String| Problem {
        kind,
        at: Location::of_file(root.clone(), file.clone()),
        reason,
        hides: 1,
    };
    let mut facts = extracted.unwrap_or_else(|_| {
        let mut empty = extract(&SourceInput { text: "", ..input });
        let reason = "the front end failed on this file: a bug of failmap".to_owned();
        empty.problems.push(problem(ProblemKind::Unparsable, reason));
        empty
    });
    if let Err((kind, reason)) = text {
        facts.problems.push(problem(kind, reason));
    }
    facts
}
