//! Findings grouped into ranked risks: the level first, then how many services and entries the target can take down.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use askama::{Template, filters::HtmlSafe};

use crate::model::{
    finding::{Finding, FindingStatus, Level},
    system::ComponentIdx,
};

use super::{
    badge::Badge,
    clean::clean,
    lookup::Lookup,
    parts::{Capped, Command, Node, Path, Place},
    words,
};

/// Risks in the table.
const MAX_RISKS: usize = 100;
/// Further places of one risk.
const MAX_PLACES: usize = 10;
/// Services that a risk names.
const MAX_NAMED: usize = 3;
/// Findings that were accepted before, listed one by one.
const MAX_ACCEPTED: usize = 200;

#[derive(Template)]
#[template(path = "report/risks.html", whitespace = "minimize")]
pub(super) struct Risks {
    risks: Capped<Risk>,
    n_findings: usize,
    accepted: Capped<Accepted>,
    n_accepted: usize,
    rules: Vec<RuleRow>,
}

impl HtmlSafe for Risks {}

struct Risk {
    rank: usize,
    level: Badge,
    confidence: &'static str,
    status: Option<Badge>,
    rule: String,
    /// What the findings have in common; nothing where there is one only.
    headline: Option<String>,
    message: String,
    fix: String,
    target: Option<Node>,
    service: Option<Node>,
    owners: String,
    affected: String,
    place: Place,
    anchor: Option<String>,
    others: Capped<(Option<String>, Place)>,
    path: Path,
    commands: Vec<Command>,
}

struct Accepted {
    status: Badge,
    level: Badge,
    rule: String,
    message: String,
    place: Place,
}

struct RuleRow {
    rule: String,
    level: Badge,
    n_new: usize,
    n_accepted: usize,
    explain: Command,
}

/// Same rule, same level, same target: one risk with several places.
type Key<'a> = (Reverse<Level>, &'a str, Option<ComponentIdx>, &'a str);

impl Risks {
    pub(super) fn new(lookup: &Lookup<'_>) -> Self {
        let findings = &lookup.outcome.analysis.findings;
        let (accepted, open): (Vec<_>, Vec<_>) = findings
            .iter()
            .partition(|it| matches!(it.status, FindingStatus::Waived | FindingStatus::Baseline));
        let mut groups: BTreeMap<Key<'_>, Vec<&Finding>> = BTreeMap::new();
        for finding in &open {
            let target = lookup.target_of(finding);
            // Without a target the place's file keeps unrelated risks apart.
            let file = if target.is_some() { "" } else { &*finding.at.file };
            groups
                .entry((Reverse(finding.level), &finding.rule, target, file))
                .or_default()
                .push(finding);
        }
        let mut ranked: Vec<_> = groups.into_iter().collect();
        ranked.sort_by_cached_key(|(key, group)| {
            let affected = key.2.map(|it| lookup.worst_affected(it)).unwrap_or_default();
            (
                key.0,
                Reverse(affected),
                Reverse(services_of(lookup, group).len()),
                Reverse(group.len()),
            )
        });
        let risks = ranked
            .iter()
            .enumerate()
            .map(|(idx, (key, group))| Risk::new(lookup, idx + 1, key.2, group));
        Self {
            risks: Capped::new(risks, MAX_RISKS),
            n_findings: open.len(),
            n_accepted: accepted.len(),
            accepted: Capped::new(accepted.iter().map(|it| Accepted::new(lookup, it)), MAX_ACCEPTED),
            rules: rule_rows(findings),
        }
    }
}

impl Risk {
    fn new(lookup: &Lookup<'_>, rank: usize, target: Option<ComponentIdx>, group: &[&Finding]) -> Self {
        let finding = group[0];
        let services = services_of(lookup, group);
        let mut commands = Vec::new();
        if let (Some(service), Some(target)) = (
            services.first().and_then(|it| lookup.component(*it)),
            target.and_then(|it| lookup.component(it)),
        ) && service.id() != target.id()
        {
            commands.push(Command::new("why", &[&service.id(), &target.id()]));
        }
        if let Some(component) = target.and_then(|it| lookup.component(it)) {
            commands.push(Command::new("blast", &[&component.id()]));
        }
        let place = |it: &&Finding| {
            (
                it.call.and_then(|it| lookup.call_anchor(it as usize)),
                lookup.place(&it.at),
            )
        };
        Self {
            rank,
            level: Badge::level(finding.level),
            confidence: finding.confidence.as_str(),
            status: (finding.status == FindingStatus::Expired).then(|| Badge::status(finding.status)),
            rule: clean(&finding.rule),
            headline: (1 < group.len()).then(|| headline(lookup, group, target, &services)),
            message: clean(&finding.message),
            fix: clean(&finding.fix),
            target: target.map(|it| lookup.node(it)),
            service: finding
                .component
                .filter(|it| Some(*it) != target)
                .map(|it| lookup.node(it)),
            owners: owners(lookup, &services),
            affected: affected_words(lookup, target, services.len()),
            place: lookup.place(&finding.at),
            anchor: finding.call.and_then(|it| lookup.call_anchor(it as usize)),
            others: Capped::new(group[1..].iter().map(place), MAX_PLACES),
            path: lookup.path(&finding.path),
            commands,
        }
    }
}

impl Accepted {
    fn new(lookup: &Lookup<'_>, finding: &Finding) -> Self {
        Self {
            status: Badge::status(finding.status),
            level: Badge::level(finding.level),
            rule: clean(&finding.rule),
            message: clean(&finding.message),
            place: lookup.place(&finding.at),
        }
    }
}

/// Many findings of one rule in one sentence: `Call without timeout in 50 places: checkout → orders`.
fn headline(
    lookup: &Lookup<'_>,
    group: &[&Finding],
    target: Option<ComponentIdx>,
    services: &[ComponentIdx],
) -> String {
    let mut rule = clean(&group[0].rule).replace('-', " ");
    if let Some(first) = rule.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let names: Vec<_> = services
        .iter()
        .take(MAX_NAMED)
        .map(|it| lookup.node(*it).name)
        .collect();
    let more = if MAX_NAMED < services.len() { ", …" } else { "" };
    let from = format!("{}{more}", names.join(", "));
    let of = match target.map(|it| lookup.node(it).name) {
        Some(to) if !from.is_empty() => format!("{from} → {to}"),
        Some(to) => format!("to {to}"),
        None if !from.is_empty() => from,
        None => clean(&group[0].at.file),
    };
    format!("{rule} in {} places: {of}", words::number(group.len() as u64))
}

/// Who can be affected: by the target's radius where there is one, else the services that hold the place.
fn affected_words(lookup: &Lookup<'_>, target: Option<ComponentIdx>, n_services: usize) -> String {
    let down = target.map(|it| lookup.worst_affected(it)).unwrap_or_default();
    if down.is_none() {
        return match n_services {
            0 => "not known".to_owned(),
            n => format!("{} involved", words::count(n, "service", "services")),
        };
    }
    let services = words::count(down.n_services as usize, "service", "services");
    let entries = words::count(down.n_entries, "entry", "entries");
    format!("{services} failing or hanging ({entries})")
}

/// The services in which the findings stand, sorted.
fn services_of(lookup: &Lookup<'_>, group: &[&Finding]) -> Vec<ComponentIdx> {
    let mut services = BTreeSet::new();
    for finding in group {
        match finding.call.and_then(|it| lookup.call(it as usize)) {
            Some(call) => services.extend(call.services.iter().copied()),
            None => services.extend(finding.component),
        }
    }
    services.into_iter().collect()
}

fn owners(lookup: &Lookup<'_>, services: &[ComponentIdx]) -> String {
    let owners: BTreeSet<_> = services
        .iter()
        .filter_map(|it| lookup.component(*it)?.owner.as_deref())
        .map(clean)
        .collect();
    if owners.is_empty() {
        "not declared".to_owned()
    } else {
        owners.into_iter().collect::<Vec<_>>().join(", ")
    }
}

fn rule_rows(findings: &[Finding]) -> Vec<RuleRow> {
    let mut rules: BTreeMap<(Reverse<Level>, &str), (usize, usize)> = BTreeMap::new();
    for finding in findings {
        let counts = rules.entry((Reverse(finding.level), &finding.rule)).or_default();
        match finding.status {
            FindingStatus::New | FindingStatus::Expired => counts.0 += 1,
            FindingStatus::Baseline | FindingStatus::Waived => counts.1 += 1,
        }
    }
    let row = |((level, rule), (n_new, n_accepted)): ((Reverse<Level>, &str), _)| RuleRow {
        rule: clean(rule),
        level: Badge::level(level.0),
        n_new,
        n_accepted,
        explain: Command::new("explain", &[rule]),
    };
    rules.into_iter().map(row).collect()
}
