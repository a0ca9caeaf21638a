//! Names as people vary them: `catalog-api`, `catalog_api`, `Catalog.API`.

/// Suffixes of configuration keys that say "address" and nothing of what is there; longer ones first.
const ADDRESS_SUFFIXES: &[&str] = &[
    "connection-string",
    "connection-url",
    "connection-uri",
    "database-dsn",
    "base-url",
    "base-uri",
    "api-url",
    "grpc-addr",
    "http-addr",
    "endpoint",
    "connection",
    "connstring",
    "connstr",
    "address",
    "hostname",
    "servers",
    "brokers",
    "server",
    "addrs",
    "hosts",
    "addr",
    "host",
    "port",
    "urls",
    "url",
    "uri",
    "dsn",
];

/// Lower case, every run of other characters than letters and digits one `-`.
pub(super) fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() {
            normal.extend(c.to_lowercase());
        } else if !normal.is_empty() && !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal.truncate(normal.trim_end_matches('-').len());
    normal
}

/// Whether two names differ in case and separators only.
pub(super) fn is_same(left: &str, right: &str) -> bool {
    normalize(left) == normalize(right)
}

/// What a configuration key names besides being an address: `PAYMENTS_API_URL` → `payments`.
///
/// `None` for keys that say "address" and nothing else (`connection`, `url`).
pub(super) fn stem_of_key(key: &str) -> Option<String> {
    // `cache.redis_url` is about `redis`, `database.url` about `database`.
    let last = key.rsplit(['.', ':']).next().unwrap_or(key);
    let whole = normalize(key);
    for name in [normalize(last), whole.clone()] {
        for suffix in ADDRESS_SUFFIXES {
            match name.strip_suffix(suffix) {
                Some("") => break,
                Some(stem) if stem.ends_with('-') => return Some(stem.trim_end_matches('-').to_owned()),
                _ => {}
            }
        }
    }
    (!ADDRESS_SUFFIXES.contains(&whole.as_str())).then_some(whole)
}

/// The name of an image without registry, owner and tag: `ghcr.io/acme/catalog-api:1.2` → `catalog-api`.
pub(super) fn base_of_image(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    let end = last.find(['@', ':']).unwrap_or(last.len());
    &last[..end]
}

/// The last part of a path, without suffix `.exe`.
pub(super) fn base_of_path(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or(path);
    base.strip_suffix(".exe").unwrap_or(base)
}

/// The folder of a file; empty for the root.
pub(super) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_name_are_the_same() {
        for (name, expected) in [
            ("catalog_api", "catalog-api"),
            ("Catalog.API", "catalog-api"),
            ("--x--", "x"),
            ("", ""),
        ] {
            assert_eq!(normalize(name), expected);
        }
    }

    #[test]
    fn keys_without_what_every_address_has() {
        for (key, expected) in [
            ("PAYMENTS_URL", "payments"),
            ("BILLING_SERVICE_ADDR", "billing-service"),
            ("database.url", "database"),
            ("cache.redis_url", "redis"),
            ("database.connection", "database"),
            ("DATABASE_URL", "database"),
            ("CATALOG_BASE_URL", "catalog"),
            ("redis_dsn", "redis"),
            ("PAYMENTS", "payments"),
        ] {
            assert_eq!(stem_of_key(key).as_deref(), Some(expected), "{key}");
        }
        for key in ["URL", "connection", "Connection-String"] {
            assert_eq!(stem_of_key(key), None, "{key}");
        }
    }

    #[test]
    fn images_and_paths() {
        assert_eq!(base_of_image("ghcr.io/acme/catalog-api:1.2"), "catalog-api");
        assert_eq!(base_of_image("localhost:5000/cart@sha256:00"), "cart");
        assert_eq!(base_of_image("postgres"), "postgres");
        assert_eq!(base_of_path("/usr/local/bin/cart"), "cart");
        assert_eq!(folder("a/b/Dockerfile"), "a/b");
        assert_eq!(folder("Dockerfile"), "");
    }
}
