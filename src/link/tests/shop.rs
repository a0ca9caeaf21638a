//! Builds small programs and deployments by hand, and shows what was linked as lines.

use std::collections::BTreeMap;

use crate::link::link;
use crate::model::{
    Name,
    call::{
        ComponentKind, Condition, Delivery, Effect, EntryKind, EvidenceClass, FailureShowsAs, Handling, Phase,
        StatusCheck, Transport,
    },
    deploy::{DeclaredWorld, Deployment},
    fact::Language,
    guard::{Layer, LayerKind, Scope, Source},
    location::{Evidence, Location, Span},
    package::{Dependency, DependencyKind, Ecosystem, Package, Target, TargetKind},
    problem::Problem,
    program::{CallTerm, CallVariant, EntryInfo, FunctionInfo, Program},
    system::System,
    term::{ConfigKey, ConfigKind, Millis, Term},
};

pub(super) fn at(file: &str, line: u32) -> Location {
    Location {
        root: Name::new("shop"),
        file: file.into(),
        line,
        column: 1,
    }
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text)
}

pub(super) fn names(text: &[&str]) -> Vec<Name> {
    text.iter().map(|text| name(text)).collect()
}

pub(super) fn env(key: &str) -> Term {
    Term::Config {
        key: ConfigKey {
            kind: ConfigKind::Env,
            name: name(key),
        },
        default: None,
    }
}

pub(super) fn env_or(key: &str, default: &str) -> Term {
    let key = ConfigKey {
        kind: ConfigKind::Env,
        name: name(key),
    };
    Term::Config {
        key,
        default: Some(Box::new(Term::text(default))),
    }
}

pub(super) fn total(ms: u64) -> Layer {
    let kind = LayerKind::Timeout {
        scope: Scope::Total,
        limit: Term::Duration(Millis(ms)),
    };
    Layer {
        kind,
        source: Source::Client,
        at: Some(at("client.rs", 1)),
        is_conditional: false,
    }
}

/// A system in the making.
#[derive(Default)]
pub(super) struct Shop {
    pub(super) program: Program,
    pub(super) world: DeclaredWorld,
}

impl Shop {
    /// A package in the folder `services/NAME` with those binaries, or in `libs/NAME` as a library, with one function.
    pub(super) fn package(&mut self, package: &str, binaries: &[&str], dependencies: &[&str]) -> &mut Self {
        let folder = if binaries.is_empty() { "libs" } else { "services" };
        let dir = format!("{folder}/{package}");
        let target = |kind, target: &str| Target {
            kind,
            name: name(target),
            path: format!("{dir}/{target}.rs").into(),
        };
        let mut targets: Vec<Target> = binaries
            .iter()
            .map(|binary| target(TargetKind::Binary, binary))
            .collect();
        if binaries.is_empty() {
            targets.push(target(TargetKind::Library, package));
        }
        let dependency = |dependency: &&str| Dependency {
            alias: name(dependency),
            package: name(dependency),
            requirement: None,
            locked: None,
            checksum: None,
            kind: DependencyKind::Normal,
            is_optional: false,
            features: Vec::new(),
            default_features: true,
            path: None,
        };
        let idx = u32::try_from(self.program.packages.len()).unwrap();
        self.program.packages.push(Package {
            ecosystem: Ecosystem::Cargo,
            root: name("shop"),
            name: name(package),
            version: None,
            manifest: at(&format!("{dir}/Cargo.toml"), 0),
            dir: dir.clone().into(),
            targets,
            dependencies: dependencies.iter().map(dependency).collect(),
            is_third_party: false,
            default_features: Vec::new(),
        });
        self.program.functions.push(FunctionInfo {
            name: Name::from(format!("{}::run", package.replace('-', "_"))),
            package: idx,
            at: at(&format!("{dir}/lib.rs"), 1),
            span: Span::default(),
        });
        self
    }

    pub(super) fn function(&self, package: &str) -> u32 {
        let position = self.program.packages.iter().position(|known| known.name == package);
        u32::try_from(position.expect("a package")).unwrap()
    }

    /// An entry of the package; `main` has the kind main, `consume …` consumer, others HTTP.
    pub(super) fn entry(&mut self, package: &str, entry: &str, binary: Option<&str>) -> u32 {
        let function = self.function(package);
        self.program.entries.push(EntryInfo {
            kind: match entry {
                "main" => EntryKind::Main,
                entry if entry.starts_with("consume ") => EntryKind::Consumer,
                _ => EntryKind::Http,
            },
            name: name(entry),
            handler: function,
            package: function,
            binary: binary.map(Name::new),
            failure_shows_as: FailureShowsAs::Status,
            at: at(&format!("{package}.rs"), 1),
        });
        u32::try_from(self.program.entries.len() - 1).unwrap()
    }

    /// An HTTP call in the package's function, with one variant for each group of entries.
    pub(super) fn call(&mut self, package: &str, endpoint: Term, variants: &[(&[u32], &[Layer])]) -> &mut CallTerm {
        let function = self.function(package);
        let line = u32::try_from(self.program.calls.len() + 10).unwrap();
        let hop = |function: u32, line: u32| Evidence {
            at: at(&format!("{package}.rs"), line),
            reason: "calls".to_owned(),
            function: Some(self.program.functions[function as usize].name.clone()),
        };
        let variant = |(entries, layers): &(&[u32], &[Layer])| CallVariant {
            layers: layers.to_vec(),
            endpoint: endpoint.clone(),
            entries: entries.to_vec(),
            n_paths: entries.len() as u64,
            is_exact: true,
            witness: entries
                .first()
                .map(|entry| hop(self.program.entries[*entry as usize].handler, 1))
                .into_iter()
                .chain([hop(function, line)])
                .collect(),
            when: None,
        };
        let variants: Vec<CallVariant> = variants.iter().map(variant).collect();
        let mut entries: Vec<u32> = variants.iter().flat_map(|variant| variant.entries.clone()).collect();
        entries.sort_unstable();
        self.program.calls.push(CallTerm {
            at: at(&format!("{package}.rs"), line),
            span: Span {
                line,
                column: 1,
                start: line,
                end: line,
            },
            language: Language::Rust,
            function,
            library: name("reqwest"),
            library_version: None,
            operation: name("GET"),
            transport: Transport::Http,
            effect: Effect::Read,
            target_kind: ComponentKind::External,
            technology: None,
            host: None,
            endpoint,
            condition: Condition::Always,
            phase: Phase::Serve,
            delivery: Delivery::Awaited,
            status: StatusCheck::Checked,
            handling: Handling::Propagated,
            observed: false,
            client_made: None,
            variants,
            entries,
            is_named: true,
            evidence_class: EvidenceClass::Field,
        });
        self.program.calls.last_mut().expect("a call")
    }

    /// A call of a store or broker.
    pub(super) fn store_call(
        &mut self,
        package: &str,
        endpoint: Term,
        entries: &[u32],
        (transport, kind, technology): (Transport, ComponentKind, &str),
    ) -> &mut CallTerm {
        let call = self.call(package, endpoint, &[(entries, &[])]);
        call.transport = transport;
        call.target_kind = kind;
        call.technology = Some(name(technology));
        call.library = name(technology);
        call.operation = name("query");
        call
    }

    /// A compose service with a build context or an image.
    pub(super) fn deploy(
        &mut self,
        service: &str,
        image: Option<&str>,
        environment: &[(&str, &str)],
    ) -> &mut Deployment {
        let line = u32::try_from(self.world.deployments.len() + 1).unwrap();
        let values: BTreeMap<Name, (Name, Location)> = environment
            .iter()
            .map(|(key, value)| (name(key), (name(value), at("compose.yaml", line))))
            .collect();
        self.world.deployments.push(Deployment {
            name: name(service),
            at: at("compose.yaml", line),
            format: name("compose service"),
            overlay: None,
            image: image.map(Name::new),
            build_context: image.is_none().then(|| "".into()),
            dockerfile: image.is_none().then(|| format!("services/{service}/Dockerfile").into()),
            command: Vec::new(),
            environment: values,
            ports: Vec::new(),
            depends_on: Vec::new(),
            aliases: Vec::new(),
            replicas: None,
        });
        self.world.deployments.last_mut().expect("a deployment")
    }

    pub(super) fn link(&self) -> (System, Vec<Problem>) {
        link(&self.program, &self.world)
    }

    #[track_caller]
    pub(super) fn check(&self, expected: &str) {
        let (system, problems) = self.link();
        let lines = show(&system, &problems);
        let expected: Vec<&str> = expected
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines, expected, "\n{}", lines.join("\n"));
    }
}

/// One line for each component, entry, edge, call and problem.
pub(super) fn show(system: &System, problems: &[Problem]) -> Vec<String> {
    let id = |idx: u32| system.components[idx as usize].id();
    let mut lines = Vec::new();
    for component in &system.components {
        let mut line = component.id().to_string();
        if !component.aliases.is_empty() {
            line.push_str(&format!(" aka {}", component.aliases.join(",")));
        }
        lines.push(line);
    }
    for entry in &system.entries {
        assert!(entry.id.starts_with(id(entry.service).as_str()));
        lines.push(format!("entry {}", entry.id));
    }
    for edge in &system.edges {
        let mut line = format!(
            "{} -{}-> {} {} {}",
            id(edge.from),
            edge.kind.as_str(),
            id(edge.to),
            edge.matched_by.as_str(),
            edge.confidence.as_str()
        );
        if !edge.via.is_empty() {
            let via: Vec<Name> = edge.via.iter().map(|idx| id(*idx)).collect();
            line.push_str(&format!(" via {}", via.join(",")));
        }
        if let Some(coverage) = &edge.coverage {
            line.push_str(&format!(
                " timeout {}/{}",
                coverage.timeout.covered, coverage.timeout.total
            ));
            if !coverage.timeout.is_exact {
                line.push('~');
            }
        }
        lines.push(line);
    }
    for call in &system.calls {
        let target = call
            .target
            .map_or_else(|| "?".to_owned(), |target| id(target).to_string());
        let services: Vec<Name> = call.services.iter().map(|idx| id(*idx)).collect();
        let mut line = format!(
            "call {} -> {target} at {} in [{}]",
            call.operation,
            call.endpoint,
            services.join(",")
        );
        if let Some(reason) = &call.unresolved {
            line.push_str(&format!(" ({reason})"));
        }
        for alternative in &call.alternatives {
            line.push_str(&format!(
                "; {}: {:?} {}",
                alternative.when, alternative.guards.timeout.state, alternative.endpoint
            ));
        }
        lines.push(line);
    }
    lines.extend(problems.iter().map(|problem| {
        format!(
            "problem {} hides {}: {}",
            problem.kind.as_str(),
            problem.hides,
            problem.reason
        )
    }));
    lines
}
