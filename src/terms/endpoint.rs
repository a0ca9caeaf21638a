//! Addresses: a term becomes a literal, a configuration key or nothing known; secrets are removed here.
//!
//! The splitter is our own: addresses have holes (`https://{HOST}/v1`), which a URL parser rejects or
//! rewrites, and connection texts of databases and brokers are often no URLs at all.

use crate::model::{
    Name,
    location::Location,
    redact::{redact_address, user_info_end},
    term::{ConfigKey, ConfigKind, Term},
};

use super::{
    bind::{Bindings, Context, References, term_of_text},
    evaluate::{Value, value},
};

/// Addresses that are kept for one term; real ones have one, or one for each environment.
const MAX_ENDPOINTS: usize = 16;
/// Nesting of terms and references that is followed.
const MAX_DEPTH: u32 = 32;
/// A part that is not known, inside the text that is split. Control characters of scanned texts are dropped before.
const HOLE: char = '\u{1}';

/// One address that a term may stand for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    pub address: Address,
    /// Lower case; `*.example.com` where the first label is not known.
    pub host: Option<Name>,
    pub port: Option<u16>,
    /// `https`, `postgres`; lower case.
    pub scheme: Option<Name>,
    /// From the first slash on, without query; parts that are not known stand as `{NAME}` or `{}`.
    pub path: Option<Name>,
    /// What the reports show: the literal without secrets, `config:NAME` or `dynamic`.
    pub shown: String,
    /// Keys that configuration files gave a value.
    pub bound: Vec<BoundKey>,
    /// Keys of which the default in the code was taken.
    pub defaulted: Vec<ConfigKey>,
}

/// A key that a configuration file gave a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoundKey {
    pub key: ConfigKey,
    /// Where the value stands.
    pub at: Location,
    /// The environment that the value is for; `None` = any.
    pub environment: Option<Name>,
}

/// How much of an address is known. The order is that of preference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// Its host, or its whole text where it is no URL.
    Literal,
    /// It hangs on a configuration key without a known value.
    Config(ConfigKey),
    /// Nothing, with the reason.
    Dynamic(Name),
}

impl Endpoint {
    /// An address of which nothing is known.
    #[must_use]
    pub fn dynamic(reason: impl Into<Name>) -> Self {
        Self {
            address: Address::Dynamic(reason.into()),
            host: None,
            port: None,
            scheme: None,
            path: None,
            shown: "dynamic".to_owned(),
            bound: Vec::new(),
            defaulted: Vec::new(),
        }
    }
}

/// The addresses that `term` may stand for in `context`: at least one, sorted, the best known first.
#[must_use]
pub fn endpoints(term: &Term, bindings: &Bindings, context: Context<'_>) -> Vec<Endpoint> {
    let drafts = Drafter { bindings, context }.drafts(term, 0);
    let mut endpoints: Vec<Endpoint> = drafts.into_iter().map(Draft::split).collect();
    endpoints.sort();
    endpoints.dedup();
    if endpoints.is_empty() {
        endpoints.push(Endpoint::dynamic("no value reaches this place"));
    }
    endpoints
}

/// A part of an address.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Hole { key: Option<ConfigKey>, reason: Name },
}

/// One combination of pieces, with the keys that gave them.
#[derive(Clone, Debug, Default)]
struct Draft {
    pieces: Vec<Piece>,
    bound: Vec<BoundKey>,
    defaulted: Vec<ConfigKey>,
}

impl Draft {
    fn of(piece: Piece) -> Self {
        Self {
            pieces: vec![piece],
            ..Self::default()
        }
    }

    fn join(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        joined.pieces.extend(other.pieces.iter().cloned());
        joined.bound.extend(other.bound.iter().cloned());
        joined.defaulted.extend(other.defaulted.iter().cloned());
        joined
    }
}

struct Drafter<'a> {
    bindings: &'a Bindings,
    context: Context<'a>,
}

impl Drafter<'_> {
    fn drafts(&self, term: &Term, depth: u32) -> Vec<Draft> {
        if MAX_DEPTH <= depth {
            return vec![hole("values refer to each other in a circle or too deeply")];
        }
        match term {
            Term::Text(text) if text.contains("${") && depth == 0 => {
                self.drafts(&term_of_text(text, References::Braced), depth + 1)
            }
            Term::Text(text) => vec![Draft {
                pieces: pieces_of_text(text),
                ..Draft::default()
            }],
            Term::Config { key, default } => self.config(key, default.as_deref(), depth + 1),
            Term::Concat(parts) => {
                let mut drafts = vec![Draft::default()];
                for part in parts {
                    let right = self.drafts(part, depth + 1);
                    drafts = drafts
                        .iter()
                        .flat_map(|left| right.iter().map(|right| left.join(right)))
                        .collect();
                    if MAX_ENDPOINTS < drafts.len() {
                        return vec![hole("too many combinations of values")];
                    }
                }
                drafts
            }
            Term::Any(terms) => {
                let mut drafts: Vec<Draft> = terms.iter().flat_map(|term| self.drafts(term, depth + 1)).collect();
                if MAX_ENDPOINTS < drafts.len() {
                    drafts.truncate(MAX_ENDPOINTS);
                    drafts.push(hole("too many values"));
                }
                drafts
            }
            Term::Absent => vec![hole("no address is set")],
            Term::Param(_) => vec![hole("a parameter that no caller binds")],
            Term::Unknown(reason) => vec![hole(reason)],
            Term::Duration(_)
            | Term::Count(_)
            | Term::Bool(_)
            | Term::Timed { .. }
            | Term::Sum(_)
            | Term::Product(_) => self.number(term),
        }
    }

    fn config(&self, key: &ConfigKey, default: Option<&Term>, depth: u32) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for binding in self.bindings.get(key, self.context) {
            let bound = term_of_text(&binding.value, References::Shell);
            let says_nothing = match &bound {
                Term::Config {
                    key: same,
                    default: None,
                } => same.name == key.name,
                Term::Text(text) => text.trim().is_empty(),
                _ => false,
            };
            if says_nothing {
                continue;
            }
            for mut draft in self.drafts(&bound, depth + 1) {
                draft.bound.push(BoundKey {
                    key: key.clone(),
                    at: binding.at.clone(),
                    environment: binding.environment.clone(),
                });
                drafts.push(draft);
            }
        }
        if !drafts.is_empty() {
            return drafts;
        }
        let open = Draft::of(Piece::Hole {
            key: Some(key.clone()),
            reason: Name::from(format!("{} is not set in the scanned files", key.name)),
        });
        let Some(default) = default else {
            return vec![open];
        };
        for mut draft in self.drafts(default, depth) {
            draft.defaulted.push(key.clone());
            let is_known = draft
                .pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Text(text) if !text.is_empty()));
            drafts.push(if is_known { draft } else { open.clone() });
        }
        drafts
    }

    /// Ports and other numbers inside addresses.
    fn number(&self, term: &Term) -> Vec<Draft> {
        let values = value(term, self.bindings, self.context);
        let mut drafts: Vec<Draft> = values
            .known
            .iter()
            .filter_map(|value| match value {
                Value::Count(count) => Some(Draft::of(Piece::Text(count.to_string()))),
                Value::Text(text) => Some(Draft {
                    pieces: pieces_of_text(text),
                    ..Draft::default()
                }),
                Value::Duration(_) | Value::Bool(_) | Value::Absent => None,
            })
            .collect();
        if drafts.is_empty() {
            drafts.push(hole("a value that is no address"));
        }
        drafts
    }
}

fn hole(reason: &str) -> Draft {
    Draft::of(Piece::Hole {
        key: None,
        reason: Name::new(reason),
    })
}

/// A literal text; `{name}` and `{{ name }}` in it are holes (route parameters, templates), control characters go.
fn pieces_of_text(text: &str) -> Vec<Piece> {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find('{') {
        let Some(n_hole) = rest[start..].find('}') else { break };
        let end = start + n_hole + 1;
        let end = end + rest[end..].len() - rest[end..].trim_start_matches('}').len();
        let name = rest[start..end].trim_matches(['{', '}', ' ']);
        pieces.push(Piece::Text(rest[..start].to_owned()));
        pieces.push(Piece::Hole {
            key: None,
            reason: Name::from(format!("{{{name}}} is filled in at run time")),
        });
        rest = &rest[end..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

/// An address split at its punctuation; holes are still inside.
#[derive(Default)]
struct Split<'t> {
    scheme: Option<&'t str>,
    /// Host with port, user information removed; `None` where the text has no host.
    authority: Option<&'t str>,
    path: Option<&'t str>,
    /// How many holes stand before the authority.
    n_holes_before: usize,
}

impl Draft {
    fn split(self) -> Endpoint {
        let mut text = String::new();
        let mut holes = Vec::new();
        for piece in self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::Hole { key, reason } => {
                    text.push(HOLE);
                    holes.push((key, reason));
                }
            }
        }
        let trimmed = text.trim();
        let split = split(trimmed);
        let (host, port) = split.authority.map_or((None, None), host_and_port);
        let address = match (&host, split.authority) {
            (Some(_), _) => Address::Literal,
            (None, Some(authority)) if authority.contains(HOLE) => {
                let n_inside = authority.matches(HOLE).count();
                open_address(&holes[split.n_holes_before.min(holes.len())..], n_inside)
            }
            (None, Some(_)) => Address::Literal,
            (None, None) if trimmed.starts_with('/') && split.scheme.is_none() => {
                Address::Dynamic(Name::new("a path without a host"))
            }
            (None, None) if trimmed.chars().all(|c| c == HOLE) => open_address(&holes, holes.len()),
            (None, None) => Address::Literal,
        };
        let shown = match &address {
            Address::Literal => redact_address(&fill(trimmed, &holes)),
            Address::Config(key) => format!("config:{}", key.name),
            Address::Dynamic(_) => "dynamic".to_owned(),
        };
        let n_before_path = split
            .path
            .map_or(0, |path| trimmed[..offset(trimmed, path)].matches(HOLE).count());
        let path = split
            .path
            .map(|path| Name::from(redact_address(&fill(path, &holes[n_before_path.min(holes.len())..]))));
        Endpoint {
            address,
            host,
            port,
            scheme: split.scheme.map(|scheme| Name::from(scheme.to_ascii_lowercase())),
            path,
            shown,
            bound: self.bound,
            defaulted: self.defaulted,
        }
    }
}

/// Where `part` begins inside `text`, of which it is a slice.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize)
        .saturating_sub(text.as_ptr() as usize)
        .min(text.len())
}

/// An address that hangs on the first `n` holes: on a configuration key where one of them is.
fn open_address(holes: &[(Option<ConfigKey>, Name)], n: usize) -> Address {
    let holes = &holes[..n.min(holes.len())];
    match holes.iter().find_map(|(key, _)| key.as_ref()) {
        Some(key) if key.kind != ConfigKind::Argument || !key.name.is_empty() => Address::Config(key.clone()),
        _ => Address::Dynamic(
            holes
                .first()
                .map_or_else(|| Name::new("no address is set"), |(_, reason)| reason.clone()),
        ),
    }
}

/// `text` with its holes written as `{NAME}` or `{}`.
fn fill(text: &str, holes: &[(Option<ConfigKey>, Name)]) -> String {
    let mut holes = holes.iter();
    let mut filled = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            HOLE => match holes.next() {
                Some((Some(key), _)) => filled.push_str(&format!("{{{}}}", key.name)),
                _ => filled.push_str("{}"),
            },
            other => filled.push(other),
        }
    }
    filled
}

fn split(text: &str) -> Split<'_> {
    if let Some((scheme, rest)) = text.split_once("://") {
        // `jdbc:postgresql://…`: the last of several schemes speaks.
        let scheme_name = scheme.rsplit(':').next().unwrap_or(scheme);
        let is_scheme = scheme_name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let n_holes_before = scheme.matches(HOLE).count();
        let scheme = (is_scheme && !scheme_name.is_empty()).then_some(scheme_name);
        if matches!(scheme_name, "sqlite" | "file" | "unix" | "data") {
            return Split {
                scheme,
                authority: None,
                path: Some(rest),
                n_holes_before,
            };
        }
        let split = authority_and_path(rest);
        return Split {
            scheme,
            n_holes_before: n_holes_before + split.n_holes_before,
            ..split
        };
    }
    if let Some(pairs) = connection_pairs(text) {
        return pairs;
    }
    if let Some((scheme @ ("sqlite" | "file" | "unix" | "data" | "mailto"), rest)) = text.split_once(':') {
        return Split {
            scheme: Some(scheme),
            path: Some(rest),
            ..Split::default()
        };
    }
    if text.starts_with('/') {
        let n_path = text.find(['?', '#']).unwrap_or(text.len());
        return Split {
            path: Some(&text[..n_path]),
            ..Split::default()
        };
    }
    if text.contains(char::is_whitespace) {
        return Split::default();
    }
    let split = authority_and_path(text);
    // Without a scheme it is an address only where it reads like one; other texts are names (topics, buckets).
    let reads_like_a_host = split.authority.is_some_and(|authority| {
        authority
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | HOLE))
            && (text.starts_with(HOLE) || authority.contains(['.', ':']) || split.path.is_none())
    });
    if reads_like_a_host { split } else { Split::default() }
}

fn authority_and_path(rest: &str) -> Split<'_> {
    let user_info = user_info_end(rest);
    let address = user_info.map_or(rest, |at| &rest[at + 1..]);
    let n_authority = address.find(['/', '?', '#', ' ', '\\']).unwrap_or(address.len());
    let (authority, path) = address.split_at(n_authority);
    let n_path = path.find(['?', '#', ' ']).unwrap_or(path.len());
    let path = &path[..n_path];
    // `kafka-1:9092,kafka-2:9092`: one cluster, named after its first member.
    let authority = authority.split(',').next().unwrap_or(authority);
    Split {
        scheme: None,
        authority: Some(authority),
        path: (!path.is_empty()).then_some(path),
        n_holes_before: user_info.map_or(0, |at| rest[..at].matches(HOLE).count()),
    }
}

/// `host=db port=5432 dbname=orders` and `Server=db;Database=orders`.
fn connection_pairs(text: &str) -> Option<Split<'_>> {
    let pairs = || text.split([' ', ';']).filter_map(|pair| pair.trim().split_once('='));
    let find = |names: &[&str]| {
        pairs()
            .find(|(name, _)| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)))
            .map(|(_, value)| value)
    };
    let host = find(&["host", "server", "hostaddr", "bootstrap.servers"])?;
    Some(Split {
        scheme: None,
        authority: Some(host.split(',').next().unwrap_or(host)),
        path: find(&["dbname", "database"]),
        n_holes_before: text[..offset(text, host)].matches(HOLE).count(),
    })
}

/// The host, as far as it can be named, and its port.
fn host_and_port(authority: &str) -> (Option<Name>, Option<u16>) {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => return (None, None),
        },
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = port.and_then(|port| port.parse().ok());
    let host = host.trim_end_matches('.');
    let is_host_char = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    // `https:443`: a scheme and a port that were put together without the host.
    if matches!(host, "http" | "https" | "ws" | "wss" | "grpc" | "tcp") {
        return (None, port);
    }
    if !host.is_empty() && host.chars().all(is_host_char) {
        return (Some(Name::from(host.to_lowercase())), port);
    }
    // `{bucket}.storage.example.com`: what is known of it still names the provider.
    let suffix = host.rsplit(HOLE).next().unwrap_or_default();
    match suffix.split_once('.') {
        Some((_, domain)) if domain.contains('.') && domain.chars().all(is_host_char) && host.contains(HOLE) => {
            (Some(Name::from(format!("*.{}", domain.to_lowercase()))), port)
        }
        _ => (None, port),
    }
}

#[cfg(test)]
mod tests;
