//! Stories of linking: hand-made programs and deployments in, readable lines out.

mod shop;

use self::shop::{Shop, at, env, env_or, name, names, total};
use crate::model::{
    call::{ComponentKind, Condition, Delivery, Effect, EvidenceClass, Handling, Transport},
    deploy::{DeclaredService, DeclaredTarget, Dockerfile},
    guard::{Layer, TimeoutState},
    location::Span,
    program::SiteTerm,
    term::{ConfigKey, ConfigKind, Term},
};

const POSTGRES: (Transport, ComponentKind, &str) = (Transport::Sql, ComponentKind::Datastore, "postgres");
const NATS: (Transport, ComponentKind, &str) = (Transport::Queue, ComponentKind::Broker, "nats");

/// The geocoding story: service → library → external API without a timeout.
#[test]
fn a_service_reaches_an_external_host_through_a_library() {
    let mut shop = Shop::default();
    shop.package("checkout", &["checkout"], &["geo"])
        .package("geo", &[], &[]);
    let entry = shop.entry("checkout", "POST /checkout", None);
    shop.call("geo", Term::text("https://Maps.Acme.io/v1/geocode"), &[(&[entry], &[])]);
    shop.check(
        "external:maps.acme.io
        library:geo
        service:checkout
        entry service:checkout POST /checkout
        service:checkout -calls-> external:maps.acme.io literal-host high via library:geo timeout 0/1
        service:checkout -depends-on-> library:geo package high
        call GET -> external:maps.acme.io at https://Maps.Acme.io/v1/geocode in [service:checkout]",
    );
}

#[test]
fn compose_names_services_and_binds_addresses_for_each() {
    let mut shop = Shop::default();
    shop.package("gateway", &["gateway"], &["http-kit"])
        .package("checkout-server", &["checkout_server"], &["http-kit"])
        .package("shipping", &["shipping"], &[])
        .package("http-kit", &[], &[]);
    let gateway = shop.entry("gateway", "main", None);
    let checkout = shop.entry("checkout-server", "main", None);
    shop.entry("shipping", "main", None);
    shop.call("http-kit", env("BASE_URL"), &[(&[gateway, checkout], &[total(3_000)])]);
    shop.deploy("gateway", None, &[("BASE_URL", "http://checkout:8080")]);
    shop.deploy(
        "checkout",
        None,
        &[("BASE_URL", "http://shipping.shop.svc.cluster.local/api")],
    )
    .command = names(&["/usr/bin/checkout-server", "--port", "8080"]);
    shop.deploy("shipping", None, &[]);
    shop.check(
        "library:http-kit
        service:checkout aka checkout-server,checkout_server
        service:gateway
        service:shipping
        entry service:checkout main
        entry service:gateway main
        entry service:shipping main
        service:checkout -depends-on-> library:http-kit package high
        service:checkout -calls-> service:shipping config-value high via library:http-kit timeout 1/1
        service:gateway -depends-on-> library:http-kit package high
        service:gateway -calls-> service:checkout config-value high via library:http-kit timeout 1/1
        call GET -> service:shipping at http://shipping.shop.svc.cluster.local/api in [service:checkout,service:gateway]; \
         in checkout: Explicit http://shipping.shop.svc.cluster.local/api; in gateway: Explicit http://checkout:8080",
    );
}

/// One client type for all services: its address is the union of everybody's keys.
#[test]
fn keys_of_other_services_are_not_ours() {
    let mut shop = Shop::default();
    shop.package("gateway", &["gateway"], &["http-kit"])
        .package("checkout", &["checkout"], &["http-kit"])
        .package("http-kit", &[], &[]);
    let gateway = shop.entry("gateway", "main", None);
    let checkout = shop.entry("checkout", "main", None);
    let keys = Term::any([env("CHECKOUT_URL"), env("GATEWAY_URL")]);
    shop.call("http-kit", keys, &[(&[gateway, checkout], &[])]);
    shop.deploy("gateway", None, &[("CHECKOUT_URL", "http://checkout:8080")]);
    shop.deploy("checkout", None, &[("GATEWAY_URL", "http://gateway:8080")]);
    shop.check(
        "library:http-kit
        service:checkout
        service:gateway
        entry service:checkout main
        entry service:gateway main
        service:checkout -depends-on-> library:http-kit package high
        service:checkout -calls-> service:gateway config-value high via library:http-kit timeout 0/1
        service:gateway -depends-on-> library:http-kit package high
        service:gateway -calls-> service:checkout config-value high via library:http-kit timeout 0/1
        call GET -> service:gateway at http://gateway:8080 in [service:checkout,service:gateway]; \
         in checkout: None http://gateway:8080; in gateway: None http://checkout:8080",
    );
}

#[test]
fn ready_made_images_are_stores_and_brokers() {
    let mut shop = Shop::default();
    shop.package("orders", &["orders"], &[]);
    let entry = shop.entry("orders", "main", None);
    shop.store_call("orders", env("DATABASE_URL"), &[entry], POSTGRES);
    shop.call("orders", Term::text("http://search:9200/_search"), &[(&[entry], &[])]);
    let publish = shop.store_call(
        "orders",
        Term::any([Term::text("nats://bus:4222"), Term::text("orders.placed")]),
        &[entry],
        NATS,
    );
    publish.effect = Effect::Publish;
    shop.deploy(
        "orders",
        None,
        &[("DATABASE_URL", "postgres://app:pw@orders-db:5432/orders")],
    );
    shop.deploy("orders-db", Some("postgres:17"), &[]);
    shop.deploy("search", Some("opensearchproject/opensearch:2"), &[]);
    shop.deploy("bus", Some("nats:2"), &[]);
    shop.check(
        "broker:bus
        datastore:orders-db
        datastore:search
        service:orders
        topic:orders.placed
        entry service:orders main
        service:orders -calls-> broker:bus service-name high timeout 0/1
        service:orders -calls-> datastore:orders-db config-value high timeout 0/1
        service:orders -calls-> datastore:search service-name high timeout 0/1
        service:orders -publishes-> topic:orders.placed queue-name high timeout 0/1
        topic:orders.placed -runs-on-> broker:bus service-name high
        call query -> datastore:orders-db at postgres://***@orders-db:5432/orders in [service:orders]
        call GET -> datastore:search at http://search:9200/_search in [service:orders]
        call query -> topic:orders.placed at orders.placed in [service:orders]",
    );
}

#[test]
fn a_consumer_takes_from_its_topic() {
    let mut shop = Shop::default();
    shop.package("notifier", &["notifier"], &[]);
    shop.entry("notifier", "consume orders.placed", None);
    shop.check(
        "service:notifier
        topic:orders.placed
        entry service:notifier consume orders.placed
        service:notifier -consumes-> topic:orders.placed queue-name high",
    );
}

#[test]
fn what_is_not_known_keeps_its_reason() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &["client"]).package("client", &[], &[]);
    let entry = shop.entry("api", "main", None);
    let entries: &[(&[u32], &[Layer])] = &[(&[entry], &[])];
    shop.call("api", env("PAYMENTS_URL"), entries);
    shop.call(
        "api",
        Term::Concat(vec![env("PAYMENTS_URL"), Term::text("/refunds")]),
        entries,
    );
    shop.call("api", Term::unknown("a value of a request"), entries);
    shop.call("api", Term::text("http://127.0.0.1:9000/x"), entries);
    shop.call("api", env_or("RATES_URL", "http://localhost:7000"), entries);
    shop.call("client", Term::text("https://x.io/v1"), &[(&[], &[])]);
    shop.check(
        "external:x.io
        library:client
        service:api
        entry service:api main
        service:api -depends-on-> library:client package high
        call GET -> ? at config:PAYMENTS_URL in [service:api] (PAYMENTS_URL is not set in the scanned files)
        call GET -> ? at config:PAYMENTS_URL in [service:api] (PAYMENTS_URL is not set in the scanned files)
        call GET -> ? at dynamic in [service:api] (a value of a request)
        call GET -> ? at http://127.0.0.1:9000/x in [service:api] (http://127.0.0.1:9000/x is an address of this host)
        call GET -> ? at http://localhost:7000 in [service:api] (RATES_URL is not set in the scanned files)
        call GET -> external:x.io at https://x.io/v1 in []
        problem unresolved-target hides 2: PAYMENTS_URL is not set in the scanned files: add its value, or declare the target in failmap.toml
        problem unresolved-target hides 1: target of reqwest GET: a value of a request
        problem unresolved-target hides 1: target of reqwest GET: http://127.0.0.1:9000/x is an address of this host
        problem unresolved-target hides 1: RATES_URL is not set in the scanned files: add its value, or declare the target in failmap.toml",
    );
}

#[test]
fn stores_without_an_address_are_named_after_what_is_known() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    shop.store_call("api", env("DATABASE_URL"), &[entry], POSTGRES);
    shop.store_call("api", Term::unknown("a field of the settings"), &[entry], POSTGRES);
    shop.store_call(
        "api",
        Term::text("sqlite::memory:"),
        &[entry],
        (Transport::Sql, ComponentKind::Datastore, "sqlite"),
    );
    shop.call("api", Term::unknown("inside the SDK"), &[(&[entry], &[])])
        .host = Some(name("api.stripe.com"));
    shop.check(
        "datastore:database-postgres
        datastore:postgres@api
        external:api.stripe.com
        service:api
        entry service:api main
        service:api -calls-> datastore:database-postgres config-name low timeout 0/1
        service:api -calls-> datastore:postgres@api technology low timeout 0/1
        service:api -calls-> external:api.stripe.com library-host medium timeout 0/1
        call query -> datastore:database-postgres at config:DATABASE_URL in [service:api]
        call query -> datastore:postgres@api at dynamic in [service:api]
        call query -> ? at sqlite::memory: in [service:api] (a file or memory on this host: sqlite::memory:)
        call GET -> external:api.stripe.com at dynamic in [service:api]
        problem unresolved-target hides 1: named after DATABASE_URL: DATABASE_URL is not set in the scanned files
        problem unresolved-target hides 1: named after its technology: a field of the settings
        problem unresolved-target hides 1: target of sqlite query: a file or memory on this host: sqlite::memory:",
    );
}

#[test]
fn a_stand_in_is_forgotten_where_a_better_name_is_known() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    let address = Term::any([Term::text("postgres://db.acme.io:5432/a"), Term::unknown("a setting")]);
    shop.store_call("api", address, &[entry], POSTGRES);
    shop.check(
        "datastore:db.acme.io:5432/a
        service:api
        entry service:api main
        service:api -calls-> datastore:db.acme.io:5432/a literal-host high timeout 0/1
        call query -> datastore:db.acme.io:5432/a at postgres://db.acme.io:5432/a in [service:api]",
    );
}

#[test]
fn literals_beside_an_unknown_address_are_doubtful() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    let address = Term::any([Term::text("https://a.acme.io"), Term::unknown("from a request")]);
    shop.call("api", address, &[(&[entry], &[])]);
    shop.check(
        "external:a.acme.io
        service:api
        entry service:api main
        service:api -calls-> external:a.acme.io literal-host medium timeout 0/1
        call GET -> external:a.acme.io at https://a.acme.io in [service:api]",
    );
}

#[test]
fn names_for_documentation_are_no_targets() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    let entries: &[(&[u32], &[Layer])] = &[(&[entry], &[])];
    let or_unknown = |text: &str| Term::any([Term::text(text), Term::unknown("from a request")]);
    shop.call("api", or_unknown("https://example.com"), entries);
    shop.call("api", Term::text("http://example.org/base"), entries);
    shop.call("api", Term::text("https://rates.example/eur"), entries);
    shop.call("api", env("RATES_URL"), entries);
    shop.deploy("api", None, &[("RATES_URL", "https://example.net")]);
    shop.check(
        "external:example.net
        external:rates.example
        service:api
        entry service:api main
        service:api -calls-> external:example.net config-value high timeout 0/1
        service:api -calls-> external:rates.example literal-host low timeout 0/1
        call GET -> ? at dynamic in [service:api] (from a request)
        call GET -> ? at http://example.org/base in [service:api] (example.org is reserved for documentation (RFC 2606))
        call GET -> external:rates.example at https://rates.example/eur in [service:api]
        call GET -> external:example.net at https://example.net in [service:api]
        problem unresolved-target hides 1: target of reqwest GET: from a request
        problem unresolved-target hides 1: target of reqwest GET: example.org is reserved for documentation (RFC 2606)
        problem unresolved-target hides 1: rates.example is reserved for documentation (RFC 2606)",
    );
}

#[test]
fn a_store_that_is_deployed_once_is_the_one() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    let two_keys = Term::any([
        env("DATABASE_URL"),
        Term::Config {
            key: ConfigKey {
                kind: ConfigKind::Key,
                name: name("database.connection"),
            },
            default: None,
        },
    ]);
    shop.store_call("api", two_keys.clone(), &[entry], POSTGRES);
    shop.check(
        "datastore:database-postgres
        service:api
        entry service:api main
        service:api -calls-> datastore:database-postgres config-name low timeout 0/1
        call query -> datastore:database-postgres at config:DATABASE_URL in [service:api]
        problem unresolved-target hides 1: named after DATABASE_URL: DATABASE_URL is not set in the scanned files",
    );
    shop.deploy("postgres", Some("acme/our-own:3"), &[]);
    shop.deploy("postgres", Some("acme/our-own:3"), &[]);
    shop.check(
        "datastore:postgres
        service:api
        entry service:api main
        service:api -calls-> datastore:postgres technology low timeout 0/1
        call query -> datastore:postgres at config:DATABASE_URL in [service:api]
        problem unresolved-target hides 1: \
         taken for the only deployed one of its technology: DATABASE_URL is not set in the scanned files",
    );
}

#[test]
fn technology_alone_makes_no_store_the_callers() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]).package("bridge", &["bridge"], &[]);
    let api = shop.entry("api", "main", None);
    let bridge = shop.entry("bridge", "main", None);
    let unknown = || Term::unknown("a field of the settings");
    shop.store_call("api", unknown(), &[api], POSTGRES);
    shop.store_call("bridge", unknown(), &[bridge], POSTGRES);
    shop.deploy("api", None, &[]).depends_on = names(&["orders-db"]);
    shop.deploy("orders-db", Some("postgres:17"), &[]);
    shop.deploy("other-db", Some("postgres:17"), &[]);
    shop.check(
        "datastore:orders-db
        datastore:other-db
        datastore:postgres@bridge
        service:api
        service:bridge
        entry service:api main
        entry service:bridge main
        service:api -calls-> datastore:orders-db declared medium timeout 0/1
        service:bridge -calls-> datastore:postgres@bridge technology low timeout 0/1
        call query -> datastore:orders-db at dynamic in [service:api]
        call query -> datastore:postgres@bridge at dynamic in [service:bridge]
        problem unresolved-target hides 1: named after its technology: a field of the settings",
    );
}

#[test]
fn what_is_not_known_goes_to_the_store_that_the_service_is_known_to_use() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    shop.store_call("api", env("DATABASE_URL"), &[entry], POSTGRES);
    shop.store_call("api", Term::unknown("a closure's parameter"), &[entry], POSTGRES);
    shop.deploy("api", None, &[("DATABASE_URL", "postgres://pool:6432/a")]);
    shop.deploy("pool", Some("pgbouncer/pgbouncer"), &[]);
    shop.check(
        "infrastructure:pool
        service:api
        entry service:api main
        service:api -calls-> infrastructure:pool config-value high timeout 0/2
        call query -> infrastructure:pool at postgres://pool:6432/a in [service:api]
        call query -> infrastructure:pool at dynamic in [service:api]
        problem unresolved-target hides 1: the only one of its kind that the service is known to use: \
         a closure's parameter",
    );
}

#[test]
fn overlays_and_further_set_ups_are_environments() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    shop.call("api", env("RATES_URL"), &[(&[entry], &[])]);
    shop.deploy("api", None, &[("RATES_URL", "https://rates.acme.io")]);
    shop.deploy("mailpit", Some("axllent/mailpit"), &[]).overlay = Some(name("dev"));
    let other = shop.deploy("api", None, &[("RATES_URL", "http://stub:80")]);
    other.at.file = "federation/compose.yaml".into();
    let stub = shop.deploy("stub", Some("acme/stub"), &[]);
    stub.at.file = "federation/compose.yaml".into();
    let (system, _) = shop.link();
    let environments: Vec<String> = system
        .components
        .iter()
        .map(|component| format!("{} {}", component.name, component.environments.join(",")))
        .collect();
    assert_eq!(
        environments,
        ["rates.acme.io ", "mailpit dev", "api ", "stub federation"]
    );
    let edges: Vec<String> = system
        .edges
        .iter()
        .map(|edge| {
            format!(
                "{} {}",
                system.components[edge.to as usize].name,
                edge.environments.join(",")
            )
        })
        .collect();
    assert_eq!(edges, ["rates.acme.io ", "stub federation"]);
}

#[test]
fn a_borrowed_image_that_runs_a_script_is_no_store() {
    let mut shop = Shop::default();
    let waiter = shop.deploy("db-ready", Some("postgres:17"), &[]);
    waiter.command = names(&["/bin/bash", "-c", "until pg_isready -h db; do sleep 1; done"]);
    let server = shop.deploy("files", Some("quay.io/minio/minio"), &[]);
    server.command = names(&["sh", "-c", "mkdir -p /data && minio server /data"]);
    shop.check(
        "job:db-ready
        object-store:files",
    );
}

#[test]
fn one_alternative_for_each_condition_that_can_be_told_apart() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    let call = shop.call(
        "api",
        Term::text("https://a.io"),
        &[(&[entry], &[total(5)]), (&[entry], &[total(9)]), (&[entry], &[])],
    );
    for (variant, when) in call.variants.iter_mut().zip(["from a", "from a", "from b"]) {
        variant.when = Some(name(when));
    }
    let whens = |shop: &Shop| -> Vec<String> {
        let (system, _) = shop.link();
        system.calls[0]
            .alternatives
            .iter()
            .map(|it| format!("{} {:?} {}", it.when, it.guards.timeout.state, it.n_paths))
            .collect()
    };
    assert_eq!(whens(&shop), ["from a in api Explicit 2", "from b in api None 1"]);
    shop.program.calls[0].variants[2].when = Some(name("from a"));
    assert!(whens(&shop).is_empty(), "nothing tells them apart");
}

#[test]
fn declared_names_come_first() {
    let mut shop = Shop::default();
    shop.package("pay-svc", &["pay-svc"], &[]);
    let entry = shop.entry("pay-svc", "main", None);
    shop.call(
        "pay-svc",
        Term::text("https://eu.psp.example/charge"),
        &[(&[entry], &[])],
    );
    shop.call("pay-svc", env("RISK_ADDR"), &[(&[entry], &[])]);
    shop.deploy("pay", None, &[]).dockerfile = Some("docker/pay.Dockerfile".into());
    shop.world.dockerfiles.push(Dockerfile {
        at: at("docker/pay.Dockerfile", 0),
        builds: names(&["pay-svc"]),
    });
    shop.world.services.push(DeclaredService {
        name: name("payments"),
        at: at("failmap.toml", 3),
        packages: names(&["pay-svc"]),
        aliases: Vec::new(),
        tier: Some(0),
        owner: Some(name("money")),
    });
    let target = |target: &str, hosts: &[&str], keys: &[&str]| DeclaredTarget {
        name: name(target),
        at: at("failmap.toml", 9),
        kind: ComponentKind::External,
        hosts: names(hosts),
        keys: names(keys),
        tier: None,
        owner: None,
    };
    shop.world.targets.push(target("psp", &["*.psp.example"], &[]));
    shop.world.targets.push(target("risk", &[], &["RISK_ADDR"]));
    shop.check(
        "external:psp aka *.psp.example
        external:risk
        service:payments aka pay,pay-svc
        entry service:payments main
        service:payments -calls-> external:psp declared high timeout 0/1
        service:payments -calls-> external:risk declared high timeout 0/1
        call GET -> external:psp at https://eu.psp.example/charge in [service:payments]
        call GET -> external:risk at config:RISK_ADDR in [service:payments]",
    );
    let (system, _) = shop.link();
    assert_eq!(
        (system.components[2].tier, system.components[2].owner.as_deref()),
        (Some(0), Some("money"))
    );
}

#[test]
fn several_binaries_of_a_package_are_several_services() {
    let mut shop = Shop::default();
    shop.package("worker", &["worker", "migrate", "dump"], &["jobs"])
        .package("jobs", &[], &[]);
    let main = shop.entry("worker", "main", Some("worker"));
    let migrate = shop.entry("worker", "main", Some("migrate"));
    let route = shop.entry("jobs", "GET /jobs", None);
    shop.call(
        "jobs",
        Term::text("https://a.io"),
        &[(&[main, route], &[total(5)]), (&[migrate], &[])],
    );
    shop.check(
        "external:a.io
        library:jobs
        service:migrate
        service:worker
        entry service:migrate GET /jobs
        entry service:migrate main
        entry service:worker GET /jobs
        entry service:worker main
        service:migrate -calls-> external:a.io literal-host high via library:jobs timeout 1/2
        service:migrate -depends-on-> library:jobs package high
        service:worker -calls-> external:a.io literal-host high via library:jobs timeout 2/2
        service:worker -depends-on-> library:jobs package high
        call GET -> external:a.io at https://a.io in [service:migrate,service:worker]; \
         in migrate, worker: Explicit https://a.io; in migrate: None https://a.io",
    );
}

#[test]
fn guards_meet_over_variants_and_the_shortest_unguarded_path_is_kept() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let first = shop.entry("api", "GET /a", None);
    let second = shop.entry("api", "GET /a", None);
    shop.call(
        "api",
        Term::text("https://a.io"),
        &[(&[first], &[total(5)]), (&[second], &[])],
    );
    let (system, _) = shop.link();
    assert_eq!(system.calls[0].guards.timeout.state, TimeoutState::Conditional);
    assert_eq!(system.calls[0].guards.timeout.bounds_call, Some(false));
    assert_eq!(system.calls[0].entries, [0, 1]);
    let ids: Vec<&str> = system.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["service:api GET /a", "service:api GET /a #2"]);
    let coverage = &system.edges[0].coverage.as_ref().expect("coverage").timeout;
    assert_eq!((coverage.covered, coverage.total, coverage.is_exact), (1, 2, true));
    assert_eq!(coverage.witness.len(), 2);
}

#[test]
fn hashes_stay_when_lines_move_and_repeats_are_told_apart() {
    let calls = |shift: u32| {
        let mut shop = Shop::default();
        shop.package("api", &["api"], &[]);
        let entry = shop.entry("api", "main", None);
        for _ in 0..2 {
            let call = shop.call("api", Term::text("https://a.io/x?page=1"), &[(&[entry], &[])]);
            call.at.line += shift;
        }
        let (system, _) = shop.link();
        system.calls.iter().map(|call| call.hash.clone()).collect::<Vec<_>>()
    };
    assert_eq!(calls(0), calls(7));
    assert_ne!(calls(0)[0], calls(0)[1]);
    assert_eq!(calls(0)[0].len(), 16);
}

#[test]
fn order_of_input_does_not_matter() {
    let mut shop = Shop::default();
    shop.package("api", &["api"], &[]);
    let entry = shop.entry("api", "main", None);
    for host in ["c", "a", "b"] {
        shop.call("api", Term::text(&format!("https://{host}.io")), &[(&[entry], &[])]);
    }
    shop.program.sites.push(SiteTerm {
        at: at("api.rs", 2),
        span: Span::default(),
        function: 0,
        callees: vec![0],
        reaches: vec![2, 0],
        variants: vec![vec![total(5)], vec![]],
        local: Vec::new(),
        condition: Condition::Always,
        delivery: Delivery::Awaited,
        handling: Handling::Propagated,
        observed: false,
        evidence_class: EvidenceClass::Path,
    });
    let (before, _) = shop.link();
    shop.program.calls.swap(0, 1);
    shop.program.sites[0].reaches = vec![1, 2];
    let (after, _) = shop.link();
    assert_eq!(before, after);
    assert_eq!(before.sites[0].guards.timeout.state, TimeoutState::Conditional);
    assert_eq!(before.sites[0].local.timeout.state, TimeoutState::None);
    assert_eq!(before.sites[0].callee, "api::run");
}
