//! Removes secrets from addresses and connection texts before anything stores or shows them.

/// What stands in the place of a secret.
pub const REDACTED: &str = "***";

/// A path segment of that length with letters and digits is a token (webhook paths, bot tokens), not a name.
const MIN_TOKEN_LEN: usize = 24;

/// `text` without passwords, tokens and keys: user information of URLs, `password=…` pairs, token-like path segments.
///
/// Rather too much than too little: a user name goes with its password.
#[must_use]
pub fn redact(text: &str) -> String {
    tokens(&pairs(&user_info(text)))
}

/// `scheme://user:pass@host` → `scheme://***@host`, also without a scheme, also with a password that holds `/` or `@`.
fn user_info(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let (head, rest) = text.split_at(start);
    let n_address = rest.find([' ', '"', '\'', '#']).unwrap_or(rest.len());
    let (address, tail) = rest.split_at(n_address);
    let Some(at) = user_info_end(address) else {
        return text.to_owned();
    };
    let has_secret = start != 0 || address[..at].contains(':');
    if !has_secret {
        return text.to_owned();
    }
    format!("{head}{REDACTED}{}{}", &address[at..], user_info(tail))
}

/// Where the `@` stands that ends the user information of an address (without scheme).
pub(super) fn user_info_end(address: &str) -> Option<usize> {
    let n_authority = address.find(['/', '?']).unwrap_or(address.len());
    if let Some(at) = address[..n_authority].rfind('@') {
        return Some(at);
    }
    // `user:pa/ss@host`: what follows the colon is no port, so the slash belongs to a password.
    let (_, port) = address[..n_authority].split_once(':')?;
    let is_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit() || c == '\u{1}');
    if is_port || address.starts_with('[') {
        None
    } else {
        address.rfind('@')
    }
}

/// `name=value` pairs whose name speaks of a secret, between `?`, `&`, `;` and blanks.
fn pairs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for pair in text.split_inclusive(['?', '&', ';', ' ', '\n', '#']) {
        let body = pair.trim_end_matches(['?', '&', ';', ' ', '\n', '#']);
        match body.split_once('=') {
            Some((name, value)) if is_secret_name(name) && !value.is_empty() => {
                out.push_str(name);
                out.push('=');
                out.push_str(REDACTED);
                out.push_str(&pair[body.len()..]);
            }
            _ => out.push_str(pair),
        }
    }
    out
}

fn is_secret_name(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let names = [
        "token",
        "secret",
        "passw",
        "pwd",
        "apikey",
        "accesskey",
        "accountkey",
        "credential",
        "signature",
    ];
    let ends = ["key", "sig", "auth", "pass", "code", "jwt", "sas"];
    names.iter().any(|part| name.contains(part)) || ends.iter().any(|end| name.ends_with(end)) || name == "user"
}

/// Path segments that look like tokens.
fn tokens(text: &str) -> String {
    let n_path = text.find('?').unwrap_or(text.len());
    let (path, query) = text.split_at(n_path);
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| if is_token(segment) { REDACTED } else { segment })
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

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (text, expected) in [
            ("https://api.example.com/v1", "https://api.example.com/v1"),
            ("postgres://app:s3cret@db:5432/orders", "postgres://***@db:5432/orders"),
            ("postgres://app:pa/ss@db/orders", "postgres://***@db/orders"),
            ("app:s3cret@db:5432/orders", "***@db:5432/orders"),
            ("https://example.com/@scope/pkg", "https://example.com/@scope/pkg"),
            ("https://example.com:8080/@scope", "https://example.com:8080/@scope"),
            ("ops@example.com", "ops@example.com"),
            (
                "https://0123abc@o1.ingest.example.io/42",
                "https://***@o1.ingest.example.io/42",
            ),
            (
                "https://x.io/a?api_key=1&page=2&token=3",
                "https://x.io/a?api_key=***&page=2&token=***",
            ),
            (
                "host=db user=app password=s3cret dbname=orders",
                "host=db user=*** password=*** dbname=orders",
            ),
            (
                "AccountName=x;AccountKey=abc==;Suffix=y",
                "AccountName=x;AccountKey=***;Suffix=y",
            ),
            (
                "https://hooks.example.com/services/T0001/B0001/XXXX1234XXXX1234XXXX1234",
                "https://hooks.example.com/services/T0001/B0001/***",
            ),
            (
                "https://x.io/payment-intents-and-refunds-v2/list",
                "https://x.io/payment-intents-and-refunds-v2/list",
            ),
            ("", ""),
        ] {
            assert_eq!(redact(text), expected, "{text}");
        }
    }
}
