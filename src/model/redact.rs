//! Credentials in text of scanned code, replaced by `***`: the one place that knows what a secret looks like.
//!
//! Looks at shapes only: user info of URLs and DSNs, values of parameters whose name says secret,
//! tokens of well-known form. Placeholders (`{token}`, `${TOKEN}`) are no secrets and stay. It stands with the data
//! because rooms that share nothing else need it: addresses lose their secrets when they are split, and all other
//! text when it is shown.

use std::borrow::Cow;

/// What stands for a credential.
const MASK: &str = "***";

/// Parameter names (lower case, `-` and `_` left out) whose value is a secret.
const SECRET_NAMES: &[&str] = &[
    "accesskey",
    "accesstoken",
    "accountkey",
    "apikey",
    "apitoken",
    "appkey",
    "auth",
    "authkey",
    "authorization",
    "authtoken",
    "awsaccesskeyid",
    "bearer",
    "clientsecret",
    "credential",
    "credentials",
    "jwt",
    "key",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "refreshtoken",
    "secret",
    "secretaccesskey",
    "secretkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "sig",
    "signature",
    "token",
    "xamzcredential",
    "xamzsecuritytoken",
    "xamzsignature",
    "xapikey",
];

/// Beginnings of tokens that services issue, each with the fewest characters that must follow.
const TOKEN_PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 16),
    ("gho_", 16),
    ("ghs_", 16),
    ("ghu_", 16),
    ("github_pat_", 16),
    ("glpat-", 12),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("sk-", 20),
    ("xoxb-", 8),
    ("xoxp-", 8),
    ("xoxa-", 8),
    ("xapp-", 8),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("eyJ", 24),
    ("SG.", 20),
    ("whsec_", 12),
    ("npm_", 30),
    ("hooks.slack.com/services/", 8),
];

/// A path segment of that length with letters and digits is a token (webhook paths, bot tokens), not a name.
const MIN_TOKEN_LEN: usize = 24;

/// Words before a colon that are failmap's own or a package manager's, never a user name.
const OWN_PREFIXES: &[&str] = &[
    "broker",
    "cache",
    "cargo",
    "config",
    "datastore",
    "dep",
    "external",
    "file",
    "git",
    "infrastructure",
    "job",
    "library",
    "link",
    "mail",
    "mailto",
    "npm",
    "object-store",
    "patch",
    "pkg",
    "service",
    "topic",
    "workspace",
];

/// One address with its credentials masked. Unlike in running text, a long path segment that reads like a token is
/// taken for one: rather too much than too little.
#[must_use]
pub fn redact_address(address: &str) -> String {
    let redacted = redact(address);
    let n_path = redacted.find('?').unwrap_or(redacted.len());
    let (path, query) = redacted.split_at(n_path);
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| if is_token(segment) { MASK } else { segment })
        .collect();
    format!("{}{query}", segments.join("/"))
}

fn is_token(segment: &str) -> bool {
    let is_plain = segment
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '=' | '+'));
    let has = |is_wanted: fn(&char) -> bool| segment.chars().any(|c| is_wanted(&c));
    let n_word = segment.split(['-', '_', ':']).map(str::len).max().unwrap_or(0);
    MIN_TOKEN_LEN <= segment.len()
        && is_plain
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
        && MIN_TOKEN_LEN / 2 < n_word
}

/// `text` with its credentials masked; borrowed where there are none. Redacting twice changes nothing.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    if text.contains('@') {
        user_info(text, &mut spans);
    }
    if text.contains('=') {
        parameters(text, &mut spans);
    }
    tokens(text, &mut spans);
    bearer(text, &mut spans);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_unstable();
    let mut redacted = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end) in spans {
        if start < done {
            continue;
        }
        redacted.push_str(&text[done..start]);
        redacted.push_str(MASK);
        done = end;
    }
    redacted.push_str(&text[done..]);
    Cow::Owned(redacted)
}

/// Whether a URL or DSN ends here when it stands in running text.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '<' | '>')
}

/// Byte ranges of `user:pass` in front of `@`.
fn user_info(text: &str, spans: &mut Vec<(usize, usize)>) {
    let mut start = 0;
    for chunk in text.split_inclusive(ends_word) {
        let word = chunk.trim_end_matches(ends_word);
        let mut authority = 0;
        while let Some(found) = word[authority..].find("://") {
            authority += found + "://".len();
            let user_info = user_info_end(&word[authority..]);
            if let Some(length) = user_info.filter(|end| word[authority..authority + end] != *MASK) {
                spans.push((start + authority, start + authority + length));
                authority += length;
            }
        }
        if authority == 0 && word.contains('@') {
            bare_user_info(word, start, spans);
        }
        start += chunk.len();
    }
}

/// Where the `@` stands that ends the user information of an address, which begins after its `://`; also with a
/// password that holds `/` or `@`.
#[must_use]
pub fn user_info_end(after_scheme: &str) -> Option<usize> {
    let authority_end = after_scheme
        .find(['/', '?', '#', '\\', ',', ')'])
        .unwrap_or(after_scheme.len());
    let authority = &after_scheme[..authority_end];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A password with an unescaped slash: what follows the colon is no port, and an `@` comes later.
    let (_, port) = authority.split_once(':')?;
    let is_port = port.is_empty() || port.starts_with(IS_OPEN) || port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port || authority.starts_with('[') {
        return None;
    }
    after_scheme.rfind('@')
}

/// What a part begins with that is filled in later; the control character stands for a hole in a split address.
const IS_OPEN: [char; 5] = ['{', '$', '%', '<', '\u{1}'];

/// `user:pass@host` without a scheme.
fn bare_user_info(word: &str, start: usize, spans: &mut Vec<(usize, usize)>) {
    let mut begin = word
        .find(|character: char| !matches!(character, '(' | '[' | '{' | ','))
        .unwrap_or(0);
    while let Some((prefix, _)) = word[begin..].split_once(':') {
        if !OWN_PREFIXES.contains(&prefix) {
            break;
        }
        begin += prefix.len() + 1;
    }
    let candidate = &word[begin..];
    let Some(at) = candidate.rfind('@') else { return };
    let Some((user, pass)) = candidate[..at].split_once(':') else {
        return;
    };
    let host = &candidate[at + 1..];
    let is_digest = host.starts_with("sha256:") || host.starts_with("sha512:");
    let is_name = user.is_empty()
        || pass.is_empty()
        || user.contains('/')
        || pass.starts_with(':')
        || is_digest
        || host.is_empty();
    if is_name || candidate[..at] == *MASK {
        return;
    }
    spans.push((start + begin, start + begin + at));
}

/// Byte ranges of values whose name says secret: `?token=…`, `password=…`.
fn parameters(text: &str, spans: &mut Vec<(usize, usize)>) {
    for (equals, _) in text.match_indices('=') {
        let name_start = text[..equals]
            .rfind(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')))
            .map_or(0, |idx| idx + text[idx..].chars().next().map_or(1, char::len_utf8));
        let name: String = text[name_start..equals]
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|character| character.to_ascii_lowercase())
            .collect();
        if !is_secret_name(&name) {
            continue;
        }
        let value = &text[equals + 1..];
        let in_query = text[..name_start].ends_with(['?', '&']);
        let ends_value = |character: char| {
            ends_word(character) || matches!(character, '&' | ';') || (in_query && matches!(character, '#' | ',' | ')'))
        };
        let length = value.find(ends_value).unwrap_or(value.len());
        let value = &value[..length];
        let is_placeholder = value.starts_with('{') || value.starts_with("${") || value.starts_with('=');
        if value.is_empty() || value == MASK || is_placeholder {
            continue;
        }
        spans.push((equals + 1, equals + 1 + length));
    }
}

/// Whether a name (lower case, letters and digits only) says that its value is a secret.
fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 6] = ["token", "secret", "passw", "credential", "apikey", "accesskey"];
    SECRET_NAMES.contains(&name) || PARTS.iter().any(|part| name.contains(part))
}

/// Byte ranges of tokens of well-known form; the telling prefix stays.
fn tokens(text: &str, spans: &mut Vec<(usize, usize)>) {
    for &(prefix, fewest) in TOKEN_PREFIXES {
        for (found, _) in text.match_indices(prefix) {
            let is_inside = text[..found]
                .chars()
                .next_back()
                .is_some_and(|character| character.is_ascii_alphanumeric());
            let rest = &text[found + prefix.len()..];
            let length = rest
                .find(|character: char| {
                    !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/'))
                })
                .unwrap_or(rest.len());
            let has_digit = rest[..length].bytes().any(|byte| byte.is_ascii_digit());
            if !is_inside && fewest <= length && has_digit {
                spans.push((found + prefix.len(), found + prefix.len() + length));
            }
        }
    }
}

/// Byte ranges of what follows `Bearer ` or `Basic `.
fn bearer(text: &str, spans: &mut Vec<(usize, usize)>) {
    for scheme in ["Bearer ", "bearer ", "Basic "] {
        for (found, _) in text.match_indices(scheme) {
            let start = found + scheme.len();
            let length = text[start..].find(ends_word).unwrap_or(text.len() - start);
            let value = &text[start..start + length];
            // Prose such as "bearer token is missing" has no digits; a credential does.
            if 8 <= length && value.bytes().any(|byte| byte.is_ascii_digit()) && !value.starts_with('{') {
                spans.push((start, start + length));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn redacts(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
        assert_eq!(redact(expected), expected, "redacting twice must change nothing");
    }

    #[track_caller]
    fn keeps(text: &str) {
        redacts(text, text);
    }

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("https://api.example.com/v1", "https://api.example.com/v1"),
            ("postgres://app:pa/ss@db/orders", "postgres://***@db/orders"),
            ("app:s3cret@db:5432/orders", "***@db:5432/orders"),
            ("https://example.com/@scope/pkg", "https://example.com/@scope/pkg"),
            ("https://example.com:8080/@scope", "https://example.com:8080/@scope"),
            (
                "https://x.io/a?api_key=1&page=2&token=3",
                "https://x.io/a?api_key=***&page=2&token=***",
            ),
            (
                "https://hooks.example.com/services/T0001/B0001/XXXX1234XXXX1234XXXX1234",
                "https://hooks.example.com/services/T0001/B0001/***",
            ),
            (
                "https://x.io/payment-intents-and-refunds-v2/list",
                "https://x.io/payment-intents-and-refunds-v2/list",
            ),
            (
                "AccountName=x;AccountKey=abc==;Suffix=y",
                "AccountName=x;AccountKey=***;Suffix=y",
            ),
            ("", ""),
        ] {
            assert_eq!(redact_address(address), expected, "{address}");
            assert_eq!(
                redact_address(expected),
                expected,
                "redacting twice must change nothing"
            );
        }
    }

    #[test]
    fn user_info_of_urls() {
        redacts("https://user:pass@host/path", "https://***@host/path");
        redacts("postgres://app:s3cr3t@db:5432/shop", "postgres://***@db:5432/shop");
        redacts(
            "https://0123abc@o1.ingest.example.io/7",
            "https://***@o1.ingest.example.io/7",
        );
        redacts(
            "see \"amqp://a:b@mq\" and redis://:pw@cache:6379",
            "see \"amqp://***@mq\" and redis://***@cache:6379",
        );
        redacts("mongodb://u:p@h1:1,h2:2/db", "mongodb://***@h1:1,h2:2/db");
    }

    #[test]
    fn passwords_with_unescaped_characters() {
        redacts("postgres://app:p@ss@db/shop", "postgres://***@db/shop");
        redacts("postgres://app:pa/ss@db/shop", "postgres://***@db/shop");
        redacts("https://us\u{1b}er:p\u{7}ass@host", "https://***@host");
    }

    #[test]
    fn user_info_without_scheme() {
        redacts("user:pass@host", "***@host");
        redacts("app:pw@tcp(db:3306)/shop", "***@tcp(db:3306)/shop");
        redacts("external:user:pass@host", "external:***@host");
    }

    #[test]
    fn secret_parameters() {
        redacts("https://h/p?token=abc&x=1", "https://h/p?token=***&x=1");
        redacts("https://h/p?x=1&api_key=abc#f", "https://h/p?x=1&api_key=***#f");
        redacts(
            "host=db user=app password=hunter2 port=1",
            "host=db user=app password=*** port=1",
        );
        redacts("Server=db;Pwd=x;", "Server=db;Pwd=***;");
        redacts("https://h/?X-Amz-Signature=00ff", "https://h/?X-Amz-Signature=***");
        redacts("https://h/?bot_token_2=00ff", "https://h/?bot_token_2=***");
    }

    #[test]
    fn tokens_of_known_form() {
        redacts("uses ghp_0123456789abcdefXYZ here", "uses ghp_*** here");
        redacts(
            "https://hooks.slack.com/services/T00/B00/XXXX1",
            "https://hooks.slack.com/services/***",
        );
        redacts("Authorization: Bearer abcdef0123456", "Authorization: Bearer ***");
    }

    #[test]
    fn what_is_no_secret_stays() {
        keeps("dep:cargo/reqwest@0.12.9");
        keeps("library:foo@1.2.3");
        keeps("nginx:1.25@sha256:00ff");
        keeps("https://registry.example.com:8080/@scope/pkg");
        keeps("http://{host}:{port}/a@b");
        keeps("http://[::1]:80/a@b");
        keeps("https://h/p?token={token}&key=${KEY}");
        keeps("geo::Client::geocode");
        keeps("mail to ops@example.com");
        keeps("a == b, key == value");
        keeps("a bearer token is missing");
        keeps("monkey=1");
    }
}
