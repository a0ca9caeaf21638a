//! Entries: where work enters which service.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Name,
    program::{EntryIdx, Program},
    system::{ComponentIdx, Entry},
};

use super::{ComponentId, packages::Packages, services::Services};

/// One entry of one service, before components have positions.
pub(super) struct LinkedEntry {
    pub(super) id: Name,
    /// Position in [`Services::list`].
    pub(super) service: usize,
    service_id: ComponentId,
    pub(super) source: EntryIdx,
    entry: Entry,
}

/// All entries, sorted by id.
pub(super) struct Entries {
    list: Vec<LinkedEntry>,
    /// Positions in `list` of an entry of the program: one for each service it belongs to.
    of_source: BTreeMap<EntryIdx, Vec<u32>>,
}

impl Entries {
    pub(super) fn of(program: &Program, packages: &Packages<'_>, services: &Services) -> Self {
        let mut list = Vec::new();
        let mut taken: BTreeMap<Name, u32> = BTreeMap::new();
        for (source, info) in (0..).zip(&program.entries) {
            for service in services.of_entry(info, packages) {
                let service_id = services.list()[service].id.clone();
                let id = Name::from(format!("{service_id} {}", info.name));
                let count = taken.entry(id.clone()).or_insert(0);
                *count += 1;
                // The same route twice (two routers, two methods): told apart by order of source.
                let id = if *count == 1 {
                    id
                } else {
                    Name::from(format!("{id} #{count}"))
                };
                let handler = program
                    .functions
                    .get(info.handler as usize)
                    .map(|function| function.name.clone());
                let entry = Entry {
                    id: id.clone(),
                    service: 0,
                    kind: info.kind,
                    name: info.name.clone(),
                    handler: handler.unwrap_or_default(),
                    tier: None,
                    failure_shows_as: info.failure_shows_as,
                    at: info.at.clone(),
                };
                list.push(LinkedEntry {
                    id,
                    service,
                    service_id,
                    source,
                    entry,
                });
            }
        }
        list.sort_by(|left, right| left.id.cmp(&right.id));
        let mut of_source: BTreeMap<EntryIdx, Vec<u32>> = BTreeMap::new();
        for (position, entry) in (0..).zip(&list) {
            of_source.entry(entry.source).or_default().push(position);
        }
        Self { list, of_source }
    }

    pub(super) fn list(&self) -> &[LinkedEntry] {
        &self.list
    }

    /// Positions of the system's entries that stand for entries of the program, sorted.
    pub(super) fn positions(&self, sources: &[EntryIdx]) -> BTreeSet<u32> {
        sources
            .iter()
            .filter_map(|source| self.of_source.get(source))
            .flatten()
            .copied()
            .collect()
    }

    /// Positions of the services that those entries belong to, sorted.
    pub(super) fn services(&self, positions: &BTreeSet<u32>) -> BTreeSet<usize> {
        positions
            .iter()
            .map(|position| self.list[*position as usize].service)
            .collect()
    }

    pub(super) fn finish(self, index: &BTreeMap<ComponentId, ComponentIdx>) -> Vec<Entry> {
        let with_position = |entry: LinkedEntry| Entry {
            service: index[&entry.service_id],
            ..entry.entry
        };
        self.list.into_iter().map(with_position).collect()
    }
}
