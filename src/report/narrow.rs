//! Display filters: a smaller report of the same shape. Verdicts are computed before and stay as they are.

use std::collections::BTreeSet;

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::{
    model::call::ComponentKind,
    report::{
        json::v1::{Call, Component, Finding, Report, Site},
        text::Text,
    },
};

/// What to show. An empty list filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Names or ids of services.
    pub services: Vec<String>,
    /// Names of packages.
    pub packages: Vec<String>,
    /// Globs over files (with or without the root's name in front), or over ids of components.
    pub excludes: Vec<String>,
    /// Names of environments; what names no environment belongs to all of them.
    pub environments: Vec<String>,
}

impl Filter {
    /// Whether everything is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What `filter` shows of `report`. Ids, coverage and states stay those of the whole.
///
/// # Errors
/// When an exclude is no glob.
pub fn narrow(report: Report, filter: &Filter) -> Result<Report, globset::Error> {
    if filter.is_empty() {
        return Ok(report);
    }
    let keeper = Keeper {
        filter,
        excluded: glob_set(&filter.excludes)?,
    };
    Ok(keeper.narrow(report))
}

fn glob_set(globs: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob)?);
    }
    set.build()
}

struct Keeper<'f> {
    filter: &'f Filter,
    excluded: GlobSet,
}

impl Keeper<'_> {
    fn narrow(&self, mut report: Report) -> Report {
        let ids = |wanted: &dyn Fn(&Component) -> bool| -> BTreeSet<Text> {
            let components = report.components.iter().filter(|component| wanted(component));
            components.map(|component| component.id.clone()).collect()
        };
        let hidden = ids(&|component| self.hides_component(component));
        let unnamed = ids(&|component| !self.names_component(component));

        report.calls.retain(|call| {
            self.shows_call(call) && !call.target.as_ref().is_some_and(|target| hidden.contains(target))
        });
        let calls: BTreeSet<Text> = report.calls.iter().map(|call| call.id.clone()).collect();
        report.sites.retain_mut(|site| {
            site.reaches.retain(|id| calls.contains(id));
            !site.reaches.is_empty() && self.shows_site(site)
        });
        report.edges.retain_mut(|edge| {
            let had_calls = !edge.calls.is_empty();
            edge.calls.retain(|id| calls.contains(id));
            let lost_calls = had_calls && edge.calls.is_empty();
            // What a named service calls is shown whoever it is; what the others call is not.
            !lost_calls
                && !unnamed.contains(&edge.from)
                && ![&edge.from, &edge.to].into_iter().any(|end| hidden.contains(end))
                && self.shows_environments(&edge.environments)
        });
        report.entries.retain(|entry| {
            let is_hidden = hidden.contains(&entry.service) || unnamed.contains(&entry.service);
            !is_hidden && !self.is_excluded(&entry.root, &entry.file)
        });
        let linked: BTreeSet<Text> = report
            .edges
            .iter()
            .flat_map(|edge| [&edge.from, &edge.to])
            .chain(report.calls.iter().filter_map(|call| call.target.as_ref()))
            .cloned()
            .collect();
        let is_target = |kind| !matches!(kind, ComponentKind::Service | ComponentKind::Library);
        let by_code = !self.filter.services.is_empty() || !self.filter.packages.is_empty();
        report.components.retain(|component| {
            let is_asked_for = !unnamed.contains(&component.id) && (!by_code || !is_target(component.kind));
            !hidden.contains(&component.id) && (is_asked_for || linked.contains(&component.id))
        });

        let shown: BTreeSet<Text> = report.components.iter().map(|component| component.id.clone()).collect();
        report
            .findings
            .retain(|finding| self.shows_finding(finding, &calls, &shown));
        report.blast_radius.retain(|radius| shown.contains(&radius.component));
        report
            .failure_domains
            .retain(|domain| domain.members.iter().any(|member| shown.contains(member)));
        report
            .single_points_of_failure
            .retain(|point| shown.contains(&point.component));
        report.retry_products.retain(|product| shown.contains(&product.target));
        report.timeout_budgets.retain(|budget| calls.contains(&budget.caller));
        report.scan.narrowed_to = self.words();
        report
    }

    fn shows_call(&self, call: &Call) -> bool {
        self.shows_code(&call.package, &call.root, &call.file)
            && (self.filter.services.is_empty() || call.services.iter().any(|service| self.names_service(service)))
    }

    fn shows_site(&self, site: &Site) -> bool {
        !self.is_excluded(&site.root, &site.file)
    }

    fn shows_finding(&self, finding: &Finding, calls: &BTreeSet<Text>, shown: &BTreeSet<Text>) -> bool {
        match (&finding.call, &finding.component) {
            (Some(call), _) => calls.contains(call),
            (None, Some(component)) => shown.contains(component) && !self.is_excluded(&finding.root, &finding.file),
            (None, None) => !self.is_excluded(&finding.root, &finding.file),
        }
    }

    fn hides_component(&self, component: &Component) -> bool {
        self.excluded.is_match(&*component.id) || !self.shows_environments(&component.environments)
    }

    fn names_component(&self, component: &Component) -> bool {
        match component.kind {
            ComponentKind::Service => self.filter.services.is_empty() || self.names_service(&component.id),
            ComponentKind::Library => {
                self.filter.packages.is_empty() || self.filter.packages.iter().any(|name| component.name == **name)
            }
            _ => true,
        }
    }

    fn shows_code(&self, package: &Text, root: &str, file: &str) -> bool {
        (self.filter.packages.is_empty() || self.filter.packages.iter().any(|name| *package == **name))
            && !self.is_excluded(root, file)
    }

    fn shows_environments(&self, environments: &[Text]) -> bool {
        self.filter.environments.is_empty()
            || environments.is_empty()
            || environments
                .iter()
                .any(|environment| self.filter.environments.iter().any(|wanted| *environment == **wanted))
    }

    fn names_service(&self, id: &str) -> bool {
        let name = id.strip_prefix("service:").unwrap_or(id);
        self.filter.services.iter().any(|wanted| wanted == id || wanted == name)
    }

    fn is_excluded(&self, root: &str, file: &str) -> bool {
        !self.excluded.is_empty() && (self.excluded.is_match(file) || self.excluded.is_match(format!("{root}/{file}")))
    }

    fn words(&self) -> Vec<Text> {
        let Filter {
            services,
            packages,
            excludes,
            environments,
        } = self.filter;
        [
            ("service", services),
            ("package", packages),
            ("exclude", excludes),
            ("environment", environments),
        ]
        .into_iter()
        .flat_map(|(name, values)| values.iter().map(move |value| Text::new(&format!("{name}={value}"))))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, sample};

    fn narrowed(filter: &Filter) -> Report {
        narrow(Report::from(&sample::outcome()), filter).expect("the globs are well-formed")
    }

    fn ids(report: &Report) -> (Vec<&str>, Vec<&str>) {
        (
            report.components.iter().map(|it| &*it.id).collect(),
            report.calls.iter().map(|it| &*it.id).collect(),
        )
    }

    #[test]
    fn an_empty_filter_changes_nothing() {
        assert_eq!(narrowed(&Filter::default()), Report::from(&sample::outcome()));
    }

    #[test]
    fn excluded_files_take_their_calls_and_findings_along() {
        let report = narrowed(&Filter {
            excludes: vec!["services/**".to_owned()],
            ..Filter::default()
        });
        assert_eq!(ids(&report).1, ["c1"]);
        assert_eq!(report.findings.len(), 1);
        assert!(report.sites.is_empty());
        assert_eq!(report.scan.narrowed_to, ["exclude=services/**"]);
    }

    #[test]
    fn another_service_shows_nothing_of_this_one() {
        let report = narrowed(&Filter {
            services: vec!["cart".to_owned()],
            ..Filter::default()
        });
        assert_eq!(ids(&report), (vec!["library:geo"], vec![]));
        assert!(report.entries.is_empty() && report.edges.is_empty() && report.findings.is_empty());
        let report = narrowed(&Filter {
            services: vec!["checkout".to_owned()],
            ..Filter::default()
        });
        assert_eq!(ids(&report).1, ["c1", "c2", "c3"]);
    }

    #[test]
    fn a_service_that_a_named_one_calls_stays_as_a_target() {
        let mut outcome = sample::outcome();
        outcome.system.components[2].kind = ComponentKind::Service;
        let filter = Filter {
            services: vec!["checkout".to_owned()],
            ..Filter::default()
        };
        let report = narrow(Report::from(&outcome), &filter).expect("the filter is well-formed");
        assert!(report.edges.iter().any(|edge| edge.to == "service:maps.example.com"));
        assert!(ids(&report).0.contains(&"service:maps.example.com"));

        let filter = Filter {
            services: vec!["maps.example.com".to_owned()],
            ..Filter::default()
        };
        let report = narrow(Report::from(&outcome), &filter).expect("the filter is well-formed");
        assert!(report.edges.is_empty(), "what checkout calls is not shown");
    }

    #[test]
    fn an_excluded_target_keeps_the_verdicts_of_the_rest() {
        let whole = Report::from(&sample::outcome());
        let report = narrowed(&Filter {
            excludes: vec!["external:*".to_owned()],
            ..Filter::default()
        });
        assert_eq!(ids(&report).1, ["c3"]);
        assert_eq!(report.edges[0].coverage, whole.edges[0].coverage);
        assert_eq!(report.calls[0], whole.calls[2]);
    }

    #[test]
    fn a_narrowed_report_can_be_read_back() {
        let report = narrowed(&Filter {
            packages: vec!["geo".to_owned()],
            ..Filter::default()
        });
        assert_eq!(json::read(&json::print(&report)).expect("it is a report"), report);
    }

    #[test]
    fn a_broken_glob_is_an_error() {
        assert!(
            narrow(
                Report::from(&sample::outcome()),
                &Filter {
                    excludes: vec!["a[".to_owned()],
                    ..Filter::default()
                }
            )
            .is_err()
        );
    }
}
