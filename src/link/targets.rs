//! What a call reaches: its address, or what else names the target, becomes a component.

use crate::{
    model::{
        Name,
        call::{ComponentKind, Confidence, Effect, EvidenceClass, Transport},
        location::{Evidence, Location},
        program::CallTerm,
        system::MatchKind,
        term::ConfigKey,
    },
    terms::endpoint::{Address, Endpoint},
};

use super::{
    ComponentId,
    components::Components,
    hosts::{Hosts, is_this_host},
    names::stem_of_key,
    services::Service,
};

/// A named target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: ComponentId,
    pub(super) kind: ComponentKind,
    pub(super) matched_by: MatchKind,
    pub(super) confidence: Confidence,
    /// What led to it besides the call itself.
    pub(super) evidence: Vec<Evidence>,
}

/// Why a target has no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) reason: String,
    /// The configuration key whose value would tell.
    pub(super) key: Option<ConfigKey>,
}

/// Names the targets of one call.
pub(super) struct Resolver<'a> {
    pub(super) hosts: &'a Hosts,
    pub(super) call: &'a CallTerm,
    /// Name of the package that holds the call.
    pub(super) package: &'a str,
    pub(super) service: Option<&'a Service>,
}

impl Resolver<'_> {
    /// What the address leads to. Components that are not there yet are added by who keeps the target.
    pub(super) fn target(&self, endpoint: &Endpoint, components: &Components) -> Result<Target, Unresolved> {
        let mut target = match &endpoint.address {
            Address::Literal => self.literal(endpoint, components),
            Address::Config(key) => self.by_config(key, components),
            Address::Dynamic(reason) => self.unknown(reason, components),
        }?;
        if self.call.evidence_class == EvidenceClass::Heuristic && target.confidence == Confidence::High {
            target.confidence = Confidence::Medium;
        }
        for (key, at) in &endpoint.bound {
            target
                .evidence
                .push(evidence(at, format!("{} is {}", key.name, endpoint.shown)));
        }
        Ok(target)
    }

    fn literal(&self, endpoint: &Endpoint, components: &Components) -> Result<Target, Unresolved> {
        let Some(host) = endpoint.host.as_deref() else {
            return self.text(endpoint, components);
        };
        if is_this_host(host) {
            return self.this_host(endpoint, components);
        }
        if let Some((id, at)) = self.hosts.declared_host(host) {
            let evidence = vec![evidence(at, format!("{host} is declared"))];
            return Ok(self.known(id, components, MatchKind::Declared, Confidence::High, evidence));
        }
        let is_bound = !endpoint.bound.is_empty();
        if let Some(id) = self.hosts.by_host(host) {
            let matched_by = if is_bound {
                MatchKind::ConfigValue
            } else {
                MatchKind::ServiceName
            };
            return Ok(self.known(id, components, matched_by, Confidence::High, Vec::new()));
        }
        // Without a scheme or a port it reads like a name: a topic (dots are common there), a bucket, a program.
        let may_have_dots = matches!(self.call.transport, Transport::Queue | Transport::ObjectStore);
        if endpoint.scheme.is_none() && endpoint.port.is_none() && (may_have_dots || !host.contains('.')) {
            return self.text(endpoint, components);
        }
        let matched_by = if is_bound {
            MatchKind::ConfigValue
        } else {
            MatchKind::LiteralHost
        };
        // A default in the code is what runs only where nobody set the key.
        let confidence = if endpoint.defaulted.is_empty() {
            Confidence::High
        } else {
            Confidence::Medium
        };
        let kind = self.call.target_kind;
        let name = match kind {
            ComponentKind::Datastore | ComponentKind::Cache | ComponentKind::Broker => store_name(host, endpoint),
            _ => Name::new(host),
        };
        Ok(self.fresh(kind, &name, matched_by, confidence))
    }

    /// A text that is no address: the name of a topic or bucket, a file, a program.
    fn text(&self, endpoint: &Endpoint, components: &Components) -> Result<Target, Unresolved> {
        let text = endpoint.shown.trim();
        let is_name = !text.is_empty() && !text.contains(char::is_whitespace) && endpoint.scheme.is_none();
        match self.call.transport {
            Transport::Queue if is_name => {
                Ok(self.fresh(ComponentKind::Topic, text, MatchKind::QueueName, Confidence::High))
            }
            Transport::ObjectStore if is_name => Ok(self.fresh(
                ComponentKind::ObjectStore,
                text,
                MatchKind::LiteralHost,
                Confidence::High,
            )),
            Transport::Sql | Transport::Cache if endpoint.scheme.is_some() => Err(Unresolved {
                reason: format!("a file or memory on this host: {text}"),
                key: None,
            }),
            Transport::Process => Err(Unresolved {
                reason: format!("a program: {text}"),
                key: None,
            }),
            _ => match endpoint.defaulted.first() {
                Some(key) => self.by_config(key, components),
                None => self.unknown("the address names no host", components),
            },
        }
    }

    fn this_host(&self, endpoint: &Endpoint, components: &Components) -> Result<Target, Unresolved> {
        if let Some(key) = endpoint.defaulted.first() {
            return self.by_config(key, components);
        }
        let own = self.service.map(|service| &service.id);
        if let Some(id) = endpoint.port.and_then(|port| self.hosts.by_port(port, own)) {
            let reason = evidence(&self.call.at, "listens on that port of this host".to_owned());
            return Ok(self.known(id, components, MatchKind::ServiceName, Confidence::Medium, vec![reason]));
        }
        Err(Unresolved {
            reason: format!("{} is an address of this host", endpoint.shown),
            key: None,
        })
    }

    fn by_config(&self, key: &ConfigKey, components: &Components) -> Result<Target, Unresolved> {
        if let Some((id, at)) = self.hosts.declared_key(key) {
            let evidence = vec![evidence(at, format!("{} is declared", key.name))];
            return Ok(self.known(id, components, MatchKind::Declared, Confidence::High, evidence));
        }
        if let Some(id) = self.hosts.by_key(key) {
            return Ok(self.known(id, components, MatchKind::ConfigName, Confidence::Medium, Vec::new()));
        }
        if let Some(host) = &self.call.host {
            return Ok(self.fresh(self.call.target_kind, host, MatchKind::LibraryHost, Confidence::Medium));
        }
        let reason = format!("{} is not set in the scanned files", key.name);
        if !is_store(self.call.target_kind) {
            return Err(Unresolved {
                reason,
                key: Some(key.clone()),
            });
        }
        if let Some(id) = self.ready_made() {
            let doubt = format!("taken for the only deployed one of its technology: {reason}");
            let evidence = vec![evidence(&self.call.at, doubt)];
            return Ok(self.known(&id, components, MatchKind::Technology, Confidence::Low, evidence));
        }
        let stem = stem_of_key(&key.name);
        let name = match &self.call.technology {
            Some(technology) if !stem.contains(technology.as_str()) => format!("{stem}-{technology}"),
            _ => stem,
        };
        let mut target = self.fresh(self.call.target_kind, &name, MatchKind::ConfigName, Confidence::Low);
        target
            .evidence
            .push(evidence(&self.call.at, format!("named after {}: {reason}", key.name)));
        Ok(target)
    }

    /// Nothing is known of the address: what the library tells, or nothing.
    fn unknown(&self, reason: &str, components: &Components) -> Result<Target, Unresolved> {
        if let Some(host) = &self.call.host {
            return Ok(self.fresh(self.call.target_kind, host, MatchKind::LibraryHost, Confidence::Medium));
        }
        if let Some(id) = self.ready_made() {
            let doubt = format!("taken for the only deployed one of its technology: {reason}");
            let evidence = vec![evidence(&self.call.at, doubt)];
            return Ok(self.known(&id, components, MatchKind::Technology, Confidence::Low, evidence));
        }
        let technology = self
            .call
            .technology
            .as_ref()
            .filter(|_| is_store(self.call.target_kind));
        let Some(technology) = technology.filter(|_| !self.is_topic_wanted()) else {
            return Err(Unresolved {
                reason: reason.to_owned(),
                key: None,
            });
        };
        // One name for each package: two packages may speak to two databases of the same make.
        let name = format!("{technology}@{}", self.package);
        let mut target = self.fresh(self.call.target_kind, &name, MatchKind::Technology, Confidence::Low);
        target
            .evidence
            .push(evidence(&self.call.at, format!("named after its technology: {reason}")));
        Ok(target)
    }

    /// A publish without a topic is not the same as a call of the broker.
    fn is_topic_wanted(&self) -> bool {
        self.call.transport == Transport::Queue && self.call.effect == Effect::Publish
    }

    fn ready_made(&self) -> Option<ComponentId> {
        let kind = self.call.target_kind;
        let technology = self.call.technology.as_deref();
        self.hosts
            .by_technology(kind, technology)
            .filter(|_| is_store(kind))
            .cloned()
    }

    fn known(
        &self,
        id: &ComponentId,
        components: &Components,
        matched_by: MatchKind,
        confidence: Confidence,
        evidence: Vec<Evidence>,
    ) -> Target {
        let kind = components
            .get(id)
            .map_or(self.call.target_kind, |component| component.kind);
        Target {
            id: id.clone(),
            kind,
            matched_by,
            confidence,
            evidence,
        }
    }

    /// A target by that name, which may not be a component yet.
    fn fresh(&self, kind: ComponentKind, name: &str, matched_by: MatchKind, confidence: Confidence) -> Target {
        let id = ComponentId::from(format!("{}:{name}", kind.as_str()));
        Target {
            id,
            kind,
            matched_by,
            confidence,
            evidence: Vec::new(),
        }
    }
}

/// Things with a connection target of their own, for which a stand-in name is better than none.
const fn is_store(kind: ComponentKind) -> bool {
    matches!(
        kind,
        ComponentKind::Datastore
            | ComponentKind::Cache
            | ComponentKind::Broker
            | ComponentKind::ObjectStore
            | ComponentKind::Mail
    )
}

/// `host[:port][/database]`: two databases on one host are two things.
fn store_name(host: &str, endpoint: &Endpoint) -> Name {
    let port = endpoint.port.map_or(String::new(), |port| format!(":{port}"));
    let database = endpoint
        .path
        .as_deref()
        .map(|path| path.trim_matches('/'))
        .filter(|path| !path.is_empty());
    let database = database.map_or(String::new(), |database| format!("/{database}"));
    Name::from(format!("{host}{port}{database}"))
}

fn evidence(at: &Location, reason: String) -> Evidence {
    Evidence {
        at: at.clone(),
        reason,
        function: None,
    }
}
