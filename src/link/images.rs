//! What well-known container images are, so that a deployed database is no service of ours.

use crate::model::call::ComponentKind;

/// Parts of image names and what they are; the first that matches holds.
const IMAGES: &[(ComponentKind, &[&str])] = &[
    // Tools around a product carry its name: they come first.
    (
        ComponentKind::Infrastructure,
        &[
            "exporter",
            "adminer",
            "pgadmin",
            "phpmyadmin",
            "redis-commander",
            "kafka-ui",
            "akhq",
            "schema-registry",
            "prometheus",
            "grafana",
            "loki",
            "tempo",
            "jaeger",
            "zipkin",
            "opentelemetry-collector",
            "otel",
            "alertmanager",
            "nginx",
            "traefik",
            "envoy",
            "haproxy",
            "caddy",
            "zookeeper",
            "toxiproxy",
            "pgbouncer",
            "vector",
            "fluentd",
            "fluent-bit",
            "busybox",
            "alpine",
            "curl",
        ],
    ),
    (
        ComponentKind::Broker,
        &[
            "nats",
            "kafka",
            "redpanda",
            "rabbitmq",
            "activemq",
            "pulsar",
            "mosquitto",
            "emqx",
            "elasticmq",
            "nsq",
        ],
    ),
    (
        ComponentKind::Cache,
        &["redis", "valkey", "memcached", "keydb", "dragonfly", "hazelcast"],
    ),
    (
        ComponentKind::ObjectStore,
        &["minio", "seaweedfs", "azurite", "fake-gcs-server", "s3mock"],
    ),
    (
        ComponentKind::Mail,
        &[
            "mailhog",
            "mailpit",
            "maildev",
            "mailcatcher",
            "postfix",
            "mailserver",
            "smtp4dev",
        ],
    ),
    (
        ComponentKind::Datastore,
        &[
            "postgres",
            "pgautoupgrade",
            "postgis",
            "timescale",
            "pgvector",
            "mysql",
            "mariadb",
            "percona",
            "mongo",
            "cockroach",
            "clickhouse",
            "cassandra",
            "scylla",
            "elasticsearch",
            "opensearch",
            "meilisearch",
            "qdrant",
            "weaviate",
            "neo4j",
            "influxdb",
            "mssql",
            "sqlserver",
            "couchdb",
            "dynamodb-local",
            "etcd",
            "surrealdb",
            "solr",
            "typesense",
            "tidb",
            "vault",
        ],
    ),
];

/// The kind of thing that a public image runs; `None` for images that are not known.
pub(super) fn kind_of_image(image: &str) -> Option<ComponentKind> {
    let name = image.split(['@']).next().unwrap_or(image).to_lowercase();
    let base = super::names::base_of_image(&name);
    let owner_and_base = name.split(':').next().unwrap_or(&name);
    let words: Vec<&str> = base.split(['-', '_', '.']).collect();
    for (kind, parts) in IMAGES {
        // `redis-commander` is asked for as a whole, `bitnami/postgresql` and `redis-stack` by their beginning.
        let is_it = parts.iter().any(|part| {
            base.contains(part) && (part.contains('-') || words.iter().any(|word| word.starts_with(part)))
                || owner_and_base.ends_with(part)
        });
        if is_it {
            return Some(*kind);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::kind_of_image;

    #[test]
    fn well_known_images() {
        for (image, expected) in [
            ("postgres:17", Some("datastore")),
            ("bitnami/postgresql:16", Some("datastore")),
            ("redis:7", Some("cache")),
            ("redis/redis-stack-server", Some("cache")),
            ("oliver006/redis_exporter", Some("infrastructure")),
            ("nats:2", Some("broker")),
            ("opensearchproject/opensearch:2", Some("datastore")),
            ("confluentinc/cp-kafka:7.5", Some("broker")),
            ("quay.io/minio/minio", Some("object-store")),
            ("axllent/mailpit", Some("mail")),
            ("ghcr.io/acme/catalog-api:1.2", None),
            ("acme/signature-service", None),
        ] {
            assert_eq!(kind_of_image(image).map(|kind| kind.as_str()), expected, "{image}");
        }
    }
}
