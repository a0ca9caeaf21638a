//! Where a call's paths differ: one alternative for each condition that a reader can tell apart.

use std::collections::BTreeSet;

use crate::{
    model::{program::CallVariant, system::Alternative},
    terms::meet::meet,
};

use super::{cases::Case, services::Services};

/// The different answers among the cases; none where all agree, or where nothing tells them apart.
///
/// Two stacks of guards under one condition are one alternative with what both give: a reader who is told twice
/// "on paths from main" learns nothing of which path is which.
pub(super) fn alternatives(cases: &[Case<'_>], services: &Services) -> Vec<Alternative> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for case in cases {
        match groups
            .iter_mut()
            .find(|group| group[0].guards == case.guards && group[0].shown == case.shown)
        {
            Some(group) => group.push(case),
            None => groups.push(vec![case]),
        }
    }
    let mut told: Vec<(String, Group<'_>)> = Vec::new();
    for group in groups {
        let when = condition(&group, services);
        match told
            .iter_mut()
            .find(|(known, members)| *known == when && members[0].shown == group[0].shown)
        {
            Some((_, members)) => members.extend(group),
            None => told.push((when, group)),
        }
    }
    if told.len() < 2 {
        return Vec::new();
    }
    let is_twice: Vec<bool> = told
        .iter()
        .map(|(when, _)| 1 < told.iter().filter(|(other, _)| other == when).count())
        .collect();
    told.iter()
        .zip(is_twice)
        .map(|((when, members), is_twice)| {
            let when = if is_twice {
                format!("{when}, address {}", members[0].shown)
            } else {
                when.clone()
            };
            alternative(when, members)
        })
        .collect()
}

/// Cases with one answer; never empty.
type Group<'c> = Vec<&'c Case<'c>>;

/// What the members have in common that others do not: where the paths come from, and in which services.
fn condition(members: &[&Case<'_>], services: &Services) -> String {
    let mut by_when: Vec<(Option<&str>, BTreeSet<&str>)> = Vec::new();
    for case in members {
        let when = case.variant.when.as_deref();
        let service = case.service.map(|service| services.list()[service].name.as_str());
        match by_when.iter_mut().find(|(known, _)| *known == when) {
            Some((_, known)) => known.extend(service),
            None => by_when.push((when, service.into_iter().collect())),
        }
    }
    by_when.sort();
    let parts = by_when.into_iter().map(|(when, services)| {
        let services: Vec<&str> = services.into_iter().collect();
        match (when, services.is_empty()) {
            (Some(when), false) => format!("{when} in {}", services.join(", ")),
            (Some(when), true) => when.to_owned(),
            (None, false) => format!("in {}", services.join(", ")),
            (None, true) => "not reached from an entry".to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn alternative(when: String, members: &[&Case<'_>]) -> Alternative {
    let mut variants: Vec<&CallVariant> = Vec::new();
    for case in members {
        if !variants.iter().any(|variant| std::ptr::eq(*variant, case.variant)) {
            variants.push(case.variant);
        }
    }
    let witness = variants
        .iter()
        .map(|variant| &variant.witness)
        .min_by_key(|witness| (witness.len(), *witness));
    Alternative {
        when,
        guards: meet(members.iter().map(|case| case.guards.clone())),
        endpoint: members[0].shown.clone(),
        entries: members
            .iter()
            .flat_map(|case| &case.entries)
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        n_paths: variants
            .iter()
            .fold(0, |sum, variant| sum.saturating_add(variant.n_paths)),
        is_exact: variants.iter().all(|variant| variant.is_exact) && members.iter().all(|case| case.is_alone),
        witness: witness.cloned().unwrap_or_default(),
    }
}
