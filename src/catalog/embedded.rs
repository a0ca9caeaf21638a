//! The catalogue files that ship with the program: one sorted line each, checked against the folders by a test.

/// Ids and texts of `libraries/ECO/LIB.toml`.
#[rustfmt::skip]
pub(super) const LIBRARIES: &[(&str, &str)] = &[
    ("rust/activitypub-federation", include_str!("libraries/rust/activitypub-federation.toml")),
    ("rust/actix-web", include_str!("libraries/rust/actix-web.toml")),
    ("rust/again", include_str!("libraries/rust/again.toml")),
    ("rust/aide", include_str!("libraries/rust/aide.toml")),
    ("rust/alloy", include_str!("libraries/rust/alloy.toml")),
    ("rust/amqprs", include_str!("libraries/rust/amqprs.toml")),
    ("rust/arangors", include_str!("libraries/rust/arangors.toml")),
    ("rust/async-nats", include_str!("libraries/rust/async-nats.toml")),
    ("rust/async-openai", include_str!("libraries/rust/async-openai.toml")),
    ("rust/async-std", include_str!("libraries/rust/async-std.toml")),
    ("rust/async-stripe", include_str!("libraries/rust/async-stripe.toml")),
    ("rust/attohttpc", include_str!("libraries/rust/attohttpc.toml")),
    ("rust/awc", include_str!("libraries/rust/awc.toml")),
    ("rust/aws-config", include_str!("libraries/rust/aws-config.toml")),
    ("rust/aws-sdk", include_str!("libraries/rust/aws-sdk.toml")),
    ("rust/axum", include_str!("libraries/rust/axum.toml")),
    ("rust/azure", include_str!("libraries/rust/azure.toml")),
    ("rust/backoff", include_str!("libraries/rust/backoff.toml")),
    ("rust/backon", include_str!("libraries/rust/backon.toml")),
    ("rust/bb8", include_str!("libraries/rust/bb8.toml")),
    ("rust/bitcoincore-rpc", include_str!("libraries/rust/bitcoincore-rpc.toml")),
    ("rust/bollard", include_str!("libraries/rust/bollard.toml")),
    ("rust/cassandra-cpp", include_str!("libraries/rust/cassandra-cpp.toml")),
    ("rust/circuitbreaker-rs", include_str!("libraries/rust/circuitbreaker-rs.toml")),
    ("rust/clickhouse", include_str!("libraries/rust/clickhouse.toml")),
    ("rust/clickhouse-rs", include_str!("libraries/rust/clickhouse-rs.toml")),
    ("rust/configuration", include_str!("libraries/rust/configuration.toml")),
    ("rust/curl", include_str!("libraries/rust/curl.toml")),
    ("rust/deadpool", include_str!("libraries/rust/deadpool.toml")),
    ("rust/diesel", include_str!("libraries/rust/diesel.toml")),
    ("rust/diesel-async", include_str!("libraries/rust/diesel-async.toml")),
    ("rust/dns-lookup", include_str!("libraries/rust/dns-lookup.toml")),
    ("rust/elasticsearch", include_str!("libraries/rust/elasticsearch.toml")),
    ("rust/errors", include_str!("libraries/rust/errors.toml")),
    ("rust/etcd-client", include_str!("libraries/rust/etcd-client.toml")),
    ("rust/ethers", include_str!("libraries/rust/ethers.toml")),
    ("rust/eventsource", include_str!("libraries/rust/eventsource.toml")),
    ("rust/failsafe", include_str!("libraries/rust/failsafe.toml")),
    ("rust/fred", include_str!("libraries/rust/fred.toml")),
    ("rust/futures", include_str!("libraries/rust/futures.toml")),
    ("rust/gcp-auth", include_str!("libraries/rust/gcp-auth.toml")),
    ("rust/git2", include_str!("libraries/rust/git2.toml")),
    ("rust/gloo-net", include_str!("libraries/rust/gloo-net.toml")),
    ("rust/google-apis", include_str!("libraries/rust/google-apis.toml")),
    ("rust/google-cloud", include_str!("libraries/rust/google-cloud.toml")),
    ("rust/governor", include_str!("libraries/rust/governor.toml")),
    ("rust/graphql-client", include_str!("libraries/rust/graphql-client.toml")),
    ("rust/greptimedb-ingester", include_str!("libraries/rust/greptimedb-ingester.toml")),
    ("rust/hf-hub", include_str!("libraries/rust/hf-hub.toml")),
    ("rust/hickory-resolver", include_str!("libraries/rust/hickory-resolver.toml")),
    ("rust/http", include_str!("libraries/rust/http.toml")),
    ("rust/http-body-util", include_str!("libraries/rust/http-body-util.toml")),
    ("rust/hyper", include_str!("libraries/rust/hyper.toml")),
    ("rust/hyper-util", include_str!("libraries/rust/hyper-util.toml")),
    ("rust/imap", include_str!("libraries/rust/imap.toml")),
    ("rust/influxdb", include_str!("libraries/rust/influxdb.toml")),
    ("rust/influxdb2", include_str!("libraries/rust/influxdb2.toml")),
    ("rust/isahc", include_str!("libraries/rust/isahc.toml")),
    ("rust/job-runners", include_str!("libraries/rust/job-runners.toml")),
    ("rust/jsonrpsee", include_str!("libraries/rust/jsonrpsee.toml")),
    ("rust/kafka", include_str!("libraries/rust/kafka.toml")),
    ("rust/kube", include_str!("libraries/rust/kube.toml")),
    ("rust/lambda-runtime", include_str!("libraries/rust/lambda-runtime.toml")),
    ("rust/lapin", include_str!("libraries/rust/lapin.toml")),
    ("rust/ldap3", include_str!("libraries/rust/ldap3.toml")),
    ("rust/lettre", include_str!("libraries/rust/lettre.toml")),
    ("rust/log", include_str!("libraries/rust/log.toml")),
    ("rust/mail-send", include_str!("libraries/rust/mail-send.toml")),
    ("rust/meilisearch-sdk", include_str!("libraries/rust/meilisearch-sdk.toml")),
    ("rust/memcache", include_str!("libraries/rust/memcache.toml")),
    ("rust/metrics", include_str!("libraries/rust/metrics.toml")),
    ("rust/minreq", include_str!("libraries/rust/minreq.toml")),
    ("rust/mobc", include_str!("libraries/rust/mobc.toml")),
    ("rust/moka", include_str!("libraries/rust/moka.toml")),
    ("rust/mongodb", include_str!("libraries/rust/mongodb.toml")),
    ("rust/mysql", include_str!("libraries/rust/mysql.toml")),
    ("rust/mysql-async", include_str!("libraries/rust/mysql-async.toml")),
    ("rust/neo4rs", include_str!("libraries/rust/neo4rs.toml")),
    ("rust/oauth", include_str!("libraries/rust/oauth.toml")),
    ("rust/object-store", include_str!("libraries/rust/object-store.toml")),
    ("rust/octocrab", include_str!("libraries/rust/octocrab.toml")),
    ("rust/odbc-api", include_str!("libraries/rust/odbc-api.toml")),
    ("rust/omniqueue", include_str!("libraries/rust/omniqueue.toml")),
    ("rust/once-cell", include_str!("libraries/rust/once-cell.toml")),
    ("rust/opendal", include_str!("libraries/rust/opendal.toml")),
    ("rust/opensearch", include_str!("libraries/rust/opensearch.toml")),
    ("rust/openssh", include_str!("libraries/rust/openssh.toml")),
    ("rust/opentelemetry-otlp", include_str!("libraries/rust/opentelemetry-otlp.toml")),
    ("rust/oracle", include_str!("libraries/rust/oracle.toml")),
    ("rust/paho-mqtt", include_str!("libraries/rust/paho-mqtt.toml")),
    ("rust/poem", include_str!("libraries/rust/poem.toml")),
    ("rust/pulsar", include_str!("libraries/rust/pulsar.toml")),
    ("rust/push", include_str!("libraries/rust/push.toml")),
    ("rust/qdrant-client", include_str!("libraries/rust/qdrant-client.toml")),
    ("rust/r2d2", include_str!("libraries/rust/r2d2.toml")),
    ("rust/rbatis", include_str!("libraries/rust/rbatis.toml")),
    ("rust/rdkafka", include_str!("libraries/rust/rdkafka.toml")),
    ("rust/recloser", include_str!("libraries/rust/recloser.toml")),
    ("rust/redis", include_str!("libraries/rust/redis.toml")),
    ("rust/reqwest", include_str!("libraries/rust/reqwest.toml")),
    ("rust/reqwest-middleware", include_str!("libraries/rust/reqwest-middleware.toml")),
    ("rust/reqwest-retry", include_str!("libraries/rust/reqwest-retry.toml")),
    ("rust/retry", include_str!("libraries/rust/retry.toml")),
    ("rust/rocket", include_str!("libraries/rust/rocket.toml")),
    ("rust/routerify", include_str!("libraries/rust/routerify.toml")),
    ("rust/rs-consul", include_str!("libraries/rust/rs-consul.toml")),
    ("rust/rskafka", include_str!("libraries/rust/rskafka.toml")),
    ("rust/rumqttc", include_str!("libraries/rust/rumqttc.toml")),
    ("rust/rusoto", include_str!("libraries/rust/rusoto.toml")),
    ("rust/russh", include_str!("libraries/rust/russh.toml")),
    ("rust/rust-s3", include_str!("libraries/rust/rust-s3.toml")),
    ("rust/salvo", include_str!("libraries/rust/salvo.toml")),
    ("rust/scylla", include_str!("libraries/rust/scylla.toml")),
    ("rust/sea-orm", include_str!("libraries/rust/sea-orm.toml")),
    ("rust/sentry", include_str!("libraries/rust/sentry.toml")),
    ("rust/serenity", include_str!("libraries/rust/serenity.toml")),
    ("rust/shared-state", include_str!("libraries/rust/shared-state.toml")),
    ("rust/slack-morphism", include_str!("libraries/rust/slack-morphism.toml")),
    ("rust/slog", include_str!("libraries/rust/slog.toml")),
    ("rust/solana-client", include_str!("libraries/rust/solana-client.toml")),
    ("rust/sqlx", include_str!("libraries/rust/sqlx.toml")),
    ("rust/ssh2", include_str!("libraries/rust/ssh2.toml")),
    ("rust/std", include_str!("libraries/rust/std.toml")),
    ("rust/suppaftp", include_str!("libraries/rust/suppaftp.toml")),
    ("rust/surf", include_str!("libraries/rust/surf.toml")),
    ("rust/tarpc", include_str!("libraries/rust/tarpc.toml")),
    ("rust/telemetry-exporters", include_str!("libraries/rust/telemetry-exporters.toml")),
    ("rust/teloxide", include_str!("libraries/rust/teloxide.toml")),
    ("rust/tiberius", include_str!("libraries/rust/tiberius.toml")),
    ("rust/tikv-client", include_str!("libraries/rust/tikv-client.toml")),
    ("rust/tls", include_str!("libraries/rust/tls.toml")),
    ("rust/tokio", include_str!("libraries/rust/tokio.toml")),
    ("rust/tokio-postgres", include_str!("libraries/rust/tokio-postgres.toml")),
    ("rust/tokio-retry", include_str!("libraries/rust/tokio-retry.toml")),
    ("rust/tokio-socks", include_str!("libraries/rust/tokio-socks.toml")),
    ("rust/tonic", include_str!("libraries/rust/tonic.toml")),
    ("rust/tower", include_str!("libraries/rust/tower.toml")),
    ("rust/tower-http", include_str!("libraries/rust/tower-http.toml")),
    ("rust/tower-resilience", include_str!("libraries/rust/tower-resilience.toml")),
    ("rust/tracing", include_str!("libraries/rust/tracing.toml")),
    ("rust/tungstenite", include_str!("libraries/rust/tungstenite.toml")),
    ("rust/ureq", include_str!("libraries/rust/ureq.toml")),
    ("rust/url", include_str!("libraries/rust/url.toml")),
    ("rust/vaultrs", include_str!("libraries/rust/vaultrs.toml")),
    ("rust/warp", include_str!("libraries/rust/warp.toml")),
    ("rust/web3", include_str!("libraries/rust/web3.toml")),
    ("rust/webpage", include_str!("libraries/rust/webpage.toml")),
    ("rust/yup-oauth2", include_str!("libraries/rust/yup-oauth2.toml")),
    ("rust/zeromq", include_str!("libraries/rust/zeromq.toml")),
];

/// Ids and texts of `rules/ID.toml`.
#[rustfmt::skip]
pub(super) const RULES: &[(&str, &str)] = &[
    ("call-without-breaker", include_str!("rules/call-without-breaker.toml")),
    ("call-without-timeout", include_str!("rules/call-without-timeout.toml")),
    ("client-built-per-call", include_str!("rules/client-built-per-call.toml")),
    ("dependency-cycle", include_str!("rules/dependency-cycle.toml")),
    ("error-status-unchecked", include_str!("rules/error-status-unchecked.toml")),
    ("failure-swallowed", include_str!("rules/failure-swallowed.toml")),
    ("failure-unobserved", include_str!("rules/failure-unobserved.toml")),
    ("fallback-shares-fate", include_str!("rules/fallback-shares-fate.toml")),
    ("hidden-egress-in-dependency", include_str!("rules/hidden-egress-in-dependency.toml")),
    ("retry-of-non-idempotent-call", include_str!("rules/retry-of-non-idempotent-call.toml")),
    ("retry-unbounded", include_str!("rules/retry-unbounded.toml")),
    ("retry-without-backoff", include_str!("rules/retry-without-backoff.toml")),
    ("retry-without-jitter", include_str!("rules/retry-without-jitter.toml")),
    ("shared-pool-without-bulkhead", include_str!("rules/shared-pool-without-bulkhead.toml")),
    ("single-point-of-failure", include_str!("rules/single-point-of-failure.toml")),
    ("undeclared-external-endpoint", include_str!("rules/undeclared-external-endpoint.toml")),
    ("unknown-guard", include_str!("rules/unknown-guard.toml")),
];

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the test lists the source folder")]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::catalog::compile::Catalog;

    /// Files with the suffix `.toml` below a folder, as ids, sorted.
    fn ids_below(folder: &Path, prefix: &str) -> Vec<String> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(folder).expect("the folder is part of the source") {
            let path = entry.expect("readable").path();
            let stem = path.file_stem().expect("named").to_string_lossy().into_owned();
            if path.is_dir() {
                ids.extend(ids_below(&path, &format!("{prefix}{stem}/")));
            } else {
                assert_eq!(
                    path.extension().and_then(|suffix| suffix.to_str()),
                    Some("toml"),
                    "{}",
                    path.display()
                );
                ids.push(format!("{prefix}{stem}"));
            }
        }
        ids.sort();
        ids
    }

    fn listed(list: &[(&str, &str)]) -> Vec<String> {
        list.iter().map(|(id, _)| (*id).to_owned()).collect()
    }

    #[test]
    fn lists_and_folders_agree() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
        assert_eq!(listed(LIBRARIES), ids_below(&here.join("libraries"), ""));
        assert_eq!(listed(RULES), ids_below(&here.join("rules"), ""));
    }

    #[test]
    fn every_file_loads_under_its_id() {
        let catalog = Catalog::load(&[]).unwrap_or_else(|error| panic!("{error}"));
        let ids: Vec<_> = catalog.libraries().iter().map(|library| library.id.clone()).collect();
        assert_eq!(ids, listed(LIBRARIES));
        let ids: Vec<_> = catalog.rules().iter().map(|rule| rule.id.clone()).collect();
        assert_eq!(ids, listed(RULES));
    }

    #[test]
    fn every_library_has_both_samples() {
        for library in Catalog::builtin().libraries() {
            let has = |is_positive: bool| {
                library
                    .samples
                    .iter()
                    .any(|sample| sample.expect.is_empty() != is_positive)
            };
            let makes_calls = library
                .functions
                .iter()
                .any(|function| function.role == crate::catalog::schema::Role::Call);
            assert!(has(false), "{}: no sample in which nothing is found", library.id);
            assert!(
                has(true) || !makes_calls,
                "{}: no sample in which something is found",
                library.id
            );
        }
    }
}
