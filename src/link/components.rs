//! The components found so far, by id; indices are given out at the end, when all are known.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    call::ComponentKind,
    location::Evidence,
    system::{Component, ComponentIdx},
};

use super::ComponentId;

/// Pieces of evidence that a component keeps; a host that is called from everywhere would keep thousands.
const MAX_EVIDENCE: usize = 5;

/// All components, sorted by id.
#[derive(Debug, Default)]
pub(super) struct Components {
    by_id: BTreeMap<ComponentId, Component>,
    /// Those that some deployment or call uses in every environment.
    everywhere: BTreeSet<ComponentId>,
}

impl Components {
    /// The component of that kind and name, made where it is not there yet.
    pub(super) fn add(&mut self, kind: ComponentKind, name: &str) -> (ComponentId, &mut Component) {
        let component = Component {
            kind,
            name: Name::new(name),
            tier: None,
            owner: None,
            aliases: Vec::new(),
            environments: Vec::new(),
            evidence: Vec::new(),
            is_declared: false,
        };
        let id = component.id();
        (id.clone(), self.by_id.entry(id).or_insert(component))
    }

    pub(super) fn get(&self, id: &str) -> Option<&Component> {
        self.by_id.get(id)
    }

    /// The component is used in that environment; `None` = in any.
    pub(super) fn is_in(&mut self, id: &ComponentId, environment: Option<&Name>) {
        match (environment, self.by_id.get_mut(id)) {
            (Some(environment), Some(component)) => component.environments.push(environment.clone()),
            _ => {
                self.everywhere.insert(id.clone());
            }
        }
    }

    /// The components, and the position of each.
    pub(super) fn finish(self) -> (Vec<Component>, BTreeMap<ComponentId, ComponentIdx>) {
        let mut index = BTreeMap::new();
        let mut components = Vec::with_capacity(self.by_id.len());
        for (position, (id, mut component)) in (0..).zip(self.by_id) {
            component.aliases.sort();
            component.aliases.dedup();
            component.aliases.retain(|alias| *alias != component.name);
            if self.everywhere.contains(&id) {
                component.environments.clear();
            }
            component.environments.sort();
            component.environments.dedup();
            index.insert(id, position);
            components.push(component);
        }
        (components, index)
    }
}

/// Add `evidence` to `component`, the first few only.
pub(super) fn add_evidence(component: &mut Component, evidence: Evidence) {
    if component.evidence.len() < MAX_EVIDENCE && !component.evidence.contains(&evidence) {
        component.evidence.push(evidence);
    }
}
