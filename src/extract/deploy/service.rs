//! One service of a compose file.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    extract::deploy::{
        dockerfile, env,
        interpolate::interpolate,
        yaml::{Key, Node, Value},
    },
    model::{
        Name,
        deploy::Deployment,
        location::{Location, RepoPath},
    },
};

/// Most ports of one range that are listed; a range of thousands is a media server's, and no address to match.
const MAX_PORT_RANGE: u16 = 100;

/// The file that a service stands in.
pub(super) struct Context<'a> {
    pub(super) root: &'a Name,
    pub(super) file: &'a RepoPath,
    /// For `${…}`.
    pub(super) values: &'a BTreeMap<String, String>,
}

impl Context<'_> {
    pub(super) fn location(&self, line: u32, column: u32) -> Location {
        Location {
            line,
            column,
            ..Location::of_file(self.root.clone(), self.file.clone())
        }
    }

    fn filled(&self, text: &str) -> String {
        interpolate(text, self.values)
    }

    /// The service `name` as written, without its `env_file`s and without what it extends.
    pub(super) fn deployment(&self, name: &Key, node: &Node) -> Deployment {
        let text = |key: &str| node.get(key).and_then(Node::text).map(|text| self.filled(text));
        let (build_context, dockerfile) = self.build(node).unzip();
        let replicas = node
            .get("deploy")
            .and_then(|it| it.get("replicas"))
            .or_else(|| node.get("scale"));
        let mut command = self.words(node.get("entrypoint"));
        command.extend(self.words(node.get("command")));
        Deployment {
            name: name.text.as_str().into(),
            at: self.location(name.line, name.column),
            format: "compose service".into(),
            overlay: None,
            image: text("image").map(Name::from),
            build_context,
            dockerfile: dockerfile.flatten(),
            command,
            environment: self.environment(node),
            ports: self.ports(node),
            depends_on: names(node.get("depends_on")).into_iter().collect(),
            aliases: self.aliases(node),
            replicas: replicas
                .and_then(Node::text)
                .and_then(|text| self.filled(text).parse().ok()),
        }
    }

    /// Build folder and Dockerfile; nothing where the build is outside the root or not in it at all.
    fn build(&self, node: &Node) -> Option<(RepoPath, Option<RepoPath>)> {
        let build = node.get("build")?;
        let text = |key: &str| build.get(key).and_then(Node::text).map(|text| self.filled(text));
        let context = match build.text() {
            Some(context) => self.filled(context),
            None => text("context").unwrap_or_else(|| ".".to_owned()),
        };
        let context = join(folder(self.file), &context)?;
        let dockerfile = join(&context, &text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned()));
        Some((context.into(), dockerfile.map(RepoPath::from)))
    }

    fn words(&self, node: Option<&Node>) -> Vec<Name> {
        let texts = node.map(Node::texts).unwrap_or_default();
        texts
            .iter()
            .flat_map(|text| dockerfile::shell_words(&self.filled(text)))
            .map(Name::from)
            .collect()
    }

    fn environment(&self, node: &Node) -> BTreeMap<Name, (Name, Location)> {
        let Some(environment) = node.get("environment") else {
            return BTreeMap::new();
        };
        let mut variables = BTreeMap::new();
        for (key, value) in environment.entries() {
            let text = match &value.value {
                Value::Text(text) => self.filled(text),
                // Without a value it comes from the shell that starts compose.
                _ => format!("${{{}}}", key.text),
            };
            variables.insert(
                key.text.as_str().into(),
                (text.into(), self.location(value.line, value.column)),
            );
        }
        for item in environment.items() {
            let Some(text) = item.text() else { continue };
            let (key, value) = match text.split_once('=') {
                Some((key, value)) => (key, self.filled(value)),
                None => (text, format!("${{{text}}}")),
            };
            variables.insert(key.into(), (value.into(), self.location(item.line, item.column)));
        }
        variables
    }

    /// Add the variables of an `env_file`; what `environment` says counts more.
    pub(super) fn add_variables(&self, deployment: &mut Deployment, file: &RepoPath, text: &str) {
        for variable in env::parse(text) {
            let at = Location {
                line: variable.line,
                column: 1,
                ..Location::of_file(self.root.clone(), file.clone())
            };
            let value = self.filled(&variable.value).into();
            let known = deployment
                .environment
                .get(variable.name.as_str())
                .map(|(_, at)| &at.file);
            // Of two files with the same variable the later one counts.
            if known.is_none_or(|known| known != self.file) {
                deployment.environment.insert(variable.name.into(), (value, at));
            }
        }
    }

    fn ports(&self, node: &Node) -> Vec<u16> {
        let mut ports = BTreeSet::new();
        let lists = [node.get("ports"), node.get("expose")];
        for item in lists.into_iter().flatten().flat_map(Node::items) {
            let target = item.get("target").unwrap_or(item);
            if let Some(text) = target.text() {
                ports.extend(container_ports(&self.filled(text)));
            }
        }
        ports.into_iter().collect()
    }

    fn aliases(&self, node: &Node) -> Vec<Name> {
        let networks = node.get("networks").map(Node::entries).unwrap_or_default();
        let by_network = networks
            .iter()
            .filter_map(|(_, network)| network.get("aliases"))
            .flat_map(Node::texts);
        let own = ["hostname", "container_name"]
            .into_iter()
            .filter_map(|key| node.get(key)?.text());
        let aliases: BTreeSet<Name> = by_network.chain(own).map(|text| self.filled(text).into()).collect();
        aliases.into_iter().collect()
    }
}

/// Lay `over` over `base`: single values replace, lists and maps unite.
pub(super) fn lay_over(base: &mut Deployment, over: Deployment) {
    base.image = over.image.or(base.image.take());
    if over.build_context.is_some() {
        base.build_context = over.build_context;
        base.dockerfile = over.dockerfile;
    }
    if !over.command.is_empty() {
        base.command = over.command;
    }
    base.environment.extend(over.environment);
    base.ports = united(&base.ports, over.ports);
    base.depends_on = united(&base.depends_on, over.depends_on);
    base.aliases = united(&base.aliases, over.aliases);
    base.replicas = over.replicas.or(base.replicas);
}

fn united<T: Clone + Ord>(a: &[T], b: Vec<T>) -> Vec<T> {
    a.iter()
        .cloned()
        .chain(b)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// One entry of `env_file`.
pub(super) struct EnvFile {
    pub(super) path: String,
    pub(super) is_required: bool,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The files that `env_file` names: a path, a list of paths, or a list of maps.
pub(super) fn env_files(node: &Node) -> Vec<EnvFile> {
    let Some(written) = node.get("env_file") else {
        return Vec::new();
    };
    let single = std::slice::from_ref(written);
    let items = if written.items().is_empty() {
        single
    } else {
        written.items()
    };
    let file = |item: &Node| {
        let path = item.text().or_else(|| item.get("path")?.text())?.to_owned();
        let is_required = item.get("required").and_then(Node::text) != Some("false");
        Some(EnvFile {
            path,
            is_required,
            line: item.line,
            column: item.column,
        })
    };
    items.iter().filter_map(file).collect()
}

/// The container's side of `[[ip:]published:]target[/protocol]`, ranges included.
fn container_ports(text: &str) -> Vec<u16> {
    let text = text.split('/').next().unwrap_or(text);
    let target = text.rsplit(':').next().unwrap_or(text);
    let (first, last) = target.split_once('-').unwrap_or((target, target));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) => (first..=last).take(usize::from(MAX_PORT_RANGE)).collect(),
        _ => Vec::new(),
    }
}

/// Names of a list, or the keys of a map; sorted.
fn names(node: Option<&Node>) -> BTreeSet<Name> {
    let Some(node) = node else { return BTreeSet::new() };
    let keys = node.entries().iter().map(|(key, _)| key.text.as_str());
    keys.chain(node.items().iter().filter_map(Node::text))
        .map(Name::from)
        .collect()
}

/// The folder of a path; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `path` seen from `dir`, normalised; `None` where it leaves the root or is an address.
pub(super) fn join(dir: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains("://") || path.contains("${") {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
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
    fn ports_of_the_container() {
        assert_eq!(container_ports("80"), [80]);
        assert_eq!(container_ports("8080:80"), [80]);
        assert_eq!(container_ports("[::1]:8080:80/udp"), [80]);
        assert_eq!(container_ports("1-3:11-13"), [11, 12, 13]);
        assert_eq!(container_ports("1-65535").len(), usize::from(MAX_PORT_RANGE));
        assert!(container_ports("${PORT}").is_empty());
        assert!(container_ports("9-3").is_empty());
    }

    #[test]
    fn build_folders_stay_in_the_root() {
        assert_eq!(join("a", "../b/./c").as_deref(), Some("b/c"));
        assert_eq!(join("a", "../.."), None);
        assert_eq!(join("a", "https://host/repo.git"), None);
        assert_eq!(join("a", "${DIR}"), None);
    }
}
