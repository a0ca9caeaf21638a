//! From what a user types to a component: id, name, alias, host, or a part that fits only one.

use std::cmp::Reverse;

use thiserror::Error;

use crate::{
    model::call::ComponentKind,
    report::json::v1::{Component, Report},
};

/// Names listed in one error at most.
const N_NEAR: usize = 6;

/// Why a name leads to no component.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LookupError {
    #[error("no component is called `{query}`{}", or_list(near, "; did you mean "))]
    Unknown { query: String, near: Vec<String> },
    #[error("`{query}` fits {n_fits} components{}", or_list(fits, ": "))]
    Ambiguous {
        query: String,
        n_fits: usize,
        fits: Vec<String>,
    },
}

fn or_list(names: &[String], before: &str) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!("{before}{}", names.join(", "))
    }
}

/// The component that `query` means. An exact id goes before a name, a name before an alias, an alias
/// before a part; inside each step a service goes before everything else.
///
/// # Errors
/// When nothing fits (with near names), or several do equally well.
pub fn component<'r>(report: &'r Report, query: &str) -> Result<&'r Component, LookupError> {
    let folded = query.to_lowercase();
    let steps: [&dyn Fn(&Component) -> bool; 5] = [
        &|component| component.id == *query,
        &|component| component.name == *query,
        &|component| component.aliases.iter().any(|alias| *alias == *query) || host(&component.name) == query,
        &|component| component.name.eq_ignore_ascii_case(query) || component.id.eq_ignore_ascii_case(query),
        &|component| {
            component.id.to_lowercase().contains(&folded)
                || component
                    .aliases
                    .iter()
                    .any(|alias| alias.to_lowercase().contains(&folded))
        },
    ];
    for step in steps {
        let mut fits: Vec<&Component> = report
            .components
            .iter()
            .filter(|component| !query.is_empty() && step(component))
            .collect();
        if 1 < fits.len()
            && fits
                .iter()
                .filter(|component| component.kind == ComponentKind::Service)
                .count()
                == 1
        {
            fits.retain(|component| component.kind == ComponentKind::Service);
        }
        match fits[..] {
            [] => {}
            [component] => return Ok(component),
            _ => {
                return Err(LookupError::Ambiguous {
                    query: query.to_owned(),
                    n_fits: fits.len(),
                    fits: fits
                        .iter()
                        .take(N_NEAR)
                        .map(|component| component.id.to_string())
                        .collect(),
                });
            }
        }
    }
    let near = nearest(
        query,
        report
            .components
            .iter()
            .flat_map(|component| [&*component.name, &*component.id]),
    );
    Err(LookupError::Unknown {
        query: query.to_owned(),
        near,
    })
}

/// A host without its port.
fn host(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => name,
    }
}

/// The names that differ from `query` in few letters, nearest first.
#[must_use]
pub fn nearest<'n>(query: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let query = query.to_lowercase();
    let most = 1 + query.chars().count() / 3;
    let mut near: Vec<_> = names
        .filter_map(|name| {
            let distance = distance(&query, &name.to_lowercase());
            let shared = shared_prefix(&query, name);
            (distance <= most || 4 <= shared).then_some((distance, Reverse(shared), name))
        })
        .collect();
    near.sort_unstable();
    near.dedup_by_key(|(_, _, name)| *name);
    near.into_iter()
        .take(N_NEAR)
        .map(|(_, _, name)| name.to_owned())
        .collect()
}

fn shared_prefix(left: &str, right: &str) -> usize {
    left.chars()
        .zip(right.chars())
        .take_while(|(left, right)| left == right)
        .count()
}

/// Letters to insert, delete or replace (Levenshtein), one row at a time.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<_> = right.chars().collect();
    let mut row: Vec<_> = (0..=right.len()).collect();
    for (idx, left) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = idx + 1;
        for (column, &right) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[track_caller]
    fn finds(query: &str, expected: &str) {
        let report = Report::from(&sample::outcome());
        let found = component(&report, query)
            .map(|component| component.id.to_string())
            .map_err(|error| error.to_string());
        assert_eq!(found.as_deref(), Ok(expected));
    }

    #[test]
    fn by_id_name_alias_and_part() {
        finds("external:maps.example.com", "external:maps.example.com");
        finds("maps.example.com", "external:maps.example.com");
        finds("checkout.svc.local", "service:checkout");
        finds("Checkout", "service:checkout");
        finds("maps", "external:maps.example.com");
        finds("order", "datastore:orders");
    }

    #[test]
    fn errors_suggest_near_names() {
        let report = Report::from(&sample::outcome());
        let error = component(&report, "chekout").expect_err("a misspelling");
        assert_eq!(
            error.to_string(),
            "no component is called `chekout`; did you mean checkout"
        );
        let error = component(&report, "external").expect_err("two fit");
        assert!(
            error.to_string().starts_with("`external` fits 2 components: external:"),
            "{error}"
        );
        let error = component(&report, "").expect_err("nothing fits");
        assert!(matches!(error, LookupError::Unknown { .. }));
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
