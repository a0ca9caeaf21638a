//! Hosts that nobody operates: names that are reserved for documentation and tests (RFC 2606, RFC 6761).
//!
//! Code puts them where a value is still to come: a base for joining paths, a default that must be set, a value
//! in a model that is filled later. What a deployment sets or a user declares is never asked here.

/// What a reserved name says about where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    /// Nothing: it stands for any address.
    Placeholder,
    /// It at least tells apart what is meant: `billing.example`, `maps.example.com`.
    StandIn,
}

/// Domains for examples.
const DOMAINS: &[&str] = &["example.com", "example.net", "example.org", "example.edu"];
/// Top-level names of which no address can exist, or one in a test only.
const PLACEHOLDER_TOPS: &[&str] = &["invalid", "test"];
/// The top-level name for examples.
const EXAMPLE_TOP: &str = "example";

/// Whether `host` (lower case) is a reserved name, and what it says then.
pub(super) fn reserved(host: &str) -> Option<Reserved> {
    let host = host.strip_prefix("*.").unwrap_or(host);
    let host = host.strip_prefix("www.").unwrap_or(host);
    let top = host.rsplit('.').next().unwrap_or(host);
    if DOMAINS.contains(&host) || host == EXAMPLE_TOP || PLACEHOLDER_TOPS.contains(&top) && host.contains('.') {
        return Some(Reserved::Placeholder);
    }
    let is_below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|before| before.ends_with('.'));
    (top == EXAMPLE_TOP || DOMAINS.iter().any(is_below)).then_some(Reserved::StandIn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_documentation_and_tests() {
        for (host, expected) in [
            ("example.com", Some(Reserved::Placeholder)),
            ("www.example.org", Some(Reserved::Placeholder)),
            ("*.example.net", Some(Reserved::Placeholder)),
            ("anything.invalid", Some(Reserved::Placeholder)),
            ("shop.test", Some(Reserved::Placeholder)),
            ("test", None),
            ("maps.example.com", Some(Reserved::StandIn)),
            ("billing.example", Some(Reserved::StandIn)),
            ("notexample.com", None),
            ("example.company.io", None),
            ("example.co", None),
            ("api.test.io", None),
        ] {
            assert_eq!(reserved(host), expected, "{host}");
        }
    }
}
