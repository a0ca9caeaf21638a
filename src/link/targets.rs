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
    hosts::{Claim, Hosts, is_this_host},
    names::stem_of_key,
    reserved::{Reserved, reserved},
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
    /// The environment in which the call reaches it; `None` = any.
    pub(super) environment: Option<Name>,
}

impl Target {
    /// A name that was made up because the address is not known.
    pub(super) fn is_stand_in(&self) -> bool {
        self.confidence == Confidence::Low && matches!(self.matched_by, MatchKind::ConfigName | MatchKind::Technology)
    }

    /// The same target by another address or in another environment.
    pub(super) fn join(&mut self, other: Self) {
        (self.confidence, self.matched_by) =
            (self.confidence, self.matched_by).min((other.confidence, other.matched_by));
        if self.environment != other.environment {
            self.environment = None;
        }
        for evidence in other.evidence {
            if !self.evidence.contains(&evidence) {
                self.evidence.push(evidence);
            }
        }
    }
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
    /// Position in `DeclaredWorld::deployments` of what runs the call.
    pub(super) deployment: Option<usize>,
    /// The environment of that deployment.
    pub(super) environment: Option<&'a Name>,
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
        for bound in &endpoint.bound {
            let reason = format!("{} is {}", bound.key.name, endpoint.shown);
            target.evidence.push(evidence(&bound.at, reason));
        }
        let of_value = || endpoint.bound.iter().find_map(|bound| bound.environment.as_ref());
        target.environment = self.environment.or_else(of_value).cloned();
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
        let kind = self.call.target_kind;
        let name = match kind {
            ComponentKind::Datastore | ComponentKind::Cache | ComponentKind::Broker => store_name(host, endpoint),
            _ => Name::new(host),
        };
        let reservation = reserved(host).filter(|_| !is_bound);
        let doubt = format!("{host} is reserved for documentation (RFC 2606)");
        if reservation == Some(Reserved::Placeholder) {
            return match endpoint.defaulted.first() {
                Some(key) => self.by_config(key, components),
                None => self.unknown(&doubt, components),
            };
        }
        // A default in the code is what runs only where nobody set the key, and a name without a dot is one of a
        // network that the scanned files do not show.
        let is_sure = is_bound || endpoint.defaulted.is_empty() && (host.contains('.') || host.contains(':'));
        let confidence = match reservation {
            Some(_) => Confidence::Low,
            None if is_sure => Confidence::High,
            None => Confidence::Medium,
        };
        let mut target = self.fresh(kind, &name, matched_by, confidence);
        if reservation.is_some() {
            target.evidence.push(evidence(&self.call.at, doubt));
        }
        Ok(target)
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
        if let Some(id) = self.hosts.by_key(key).filter(|id| self.may_mean(id, components)) {
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
        if let Some(target) = self.deployed_store(&reason, components) {
            return Ok(target);
        }
        let name = match (stem_of_key(&key.name), &self.call.technology) {
            (Some(stem), Some(technology)) if !stem.contains(technology.as_str()) => format!("{stem}-{technology}"),
            (Some(stem), _) => stem,
            (None, _) => self.make_and_user(),
        };
        let mut target = self.fresh(self.call.target_kind, &name, MatchKind::ConfigName, Confidence::Low);
        target
            .evidence
            .push(evidence(&self.call.at, format!("named after {}: {reason}", key.name)));
        Ok(target)
    }

    /// Whether a key that is named after a component can hold its address here: no service calls itself over the
    /// network by a key of its own name, and what speaks to a store speaks to no service of ours.
    fn may_mean(&self, id: &ComponentId, components: &Components) -> bool {
        let is_service = || components.get(id).is_some_and(|it| it.kind == ComponentKind::Service);
        self.service.is_none_or(|service| service.id != *id) && !(is_store(self.call.target_kind) && is_service())
    }

    /// Nothing is known of the address: what the library tells, or nothing.
    fn unknown(&self, reason: &str, components: &Components) -> Result<Target, Unresolved> {
        if let Some(host) = &self.call.host {
            return Ok(self.fresh(self.call.target_kind, host, MatchKind::LibraryHost, Confidence::Medium));
        }
        if let Some(target) = self.deployed_store(reason, components) {
            return Ok(target);
        }
        let is_named = self.call.technology.is_some() && is_store(self.call.target_kind) && !self.is_topic_wanted();
        if !is_named {
            return Err(Unresolved {
                reason: reason.to_owned(),
                key: None,
            });
        }
        let name = self.make_and_user();
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

    /// `postgres@checkout`: one name for each user, since two may speak to two databases of the same make.
    fn make_and_user(&self) -> String {
        let call = self.call;
        let make = call.technology.as_deref().unwrap_or(call.transport.as_str());
        let user = self.service.map_or(self.package, |service| &service.name);
        format!("{make}@{user}")
    }

    /// The store that the deployment of the caller points at.
    fn deployed_store(&self, reason: &str, components: &Components) -> Option<Target> {
        let kind = self.call.target_kind;
        if !is_store(kind) {
            return None;
        }
        let technology = self.call.technology.as_deref();
        let (id, claim) = self.hosts.store(kind, technology, self.deployment)?;
        let (matched_by, confidence, why) = match claim {
            Claim::Needed if technology.is_none() => (
                MatchKind::Declared,
                Confidence::Low,
                "taken for the only one of its kind that the caller's deployment needs",
            ),
            Claim::Needed => (
                MatchKind::Declared,
                Confidence::Medium,
                "the caller's deployment needs it",
            ),
            Claim::Alone => (
                MatchKind::Technology,
                Confidence::Low,
                "taken for the only deployed one of its technology",
            ),
        };
        let evidence = vec![evidence(&self.call.at, format!("{why}: {reason}"))];
        Some(self.known(id, components, matched_by, confidence, evidence))
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
            environment: None,
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
            environment: None,
        }
    }
}

/// Things with a connection target of their own, for which a stand-in name is better than none.
pub(super) const fn is_store(kind: ComponentKind) -> bool {
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

pub(super) fn evidence(at: &Location, reason: String) -> Evidence {
    Evidence {
        at: at.clone(),
        reason,
        function: None,
    }
}
