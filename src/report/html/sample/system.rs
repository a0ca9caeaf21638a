//! Components, entries, edges and calls of the sample.

use super::*;

pub(super) fn system() -> System {
    use ComponentKind::{Cache, Datastore, External, Library, Service, Topic};
    let mut components = vec![
        component(Cache, "sessions", None, ""),
        component(Datastore, "orders", None, "orders"),
        component(External, "maps.example.com", None, ""),
        component(External, "api.pay.example.com", None, "payments"),
        component(Library, "geo", None, "maps"),
        component(Library, "http-kit", None, "platform"),
        component(Service, "notifier", Some(2), "growth"),
        component(Service, "checkout", Some(0), "payments"),
        component(Service, "delivery", Some(1), "logistics"),
        component(Service, "storefront", Some(0), "web"),
        component(Topic, "orders-placed", None, "orders"),
    ];
    components[CHECKOUT as usize].aliases = vec!["checkout.svc.local".into()];
    components[CHECKOUT as usize].environments = vec!["prod".into(), "staging".into()];
    let entries = vec![
        entry(
            CHECKOUT,
            "checkout",
            EntryKind::Http,
            "GET /cart",
            "checkout::routes::cart",
        ),
        entry(
            CHECKOUT,
            "checkout",
            EntryKind::Http,
            "POST /checkout",
            "checkout::routes::buy",
        ),
        entry(
            DELIVERY,
            "delivery",
            EntryKind::Http,
            "GET /slots",
            "delivery::routes::slots",
        ),
        entry(
            NOTIFIER,
            "notifier",
            EntryKind::Consumer,
            "consume orders-placed",
            "notifier::worker::handle",
        ),
        entry(
            STOREFRONT,
            "storefront",
            EntryKind::Http,
            "GET /",
            "storefront::pages::home",
        ),
    ];
    System {
        components,
        entries,
        edges: edges(),
        calls: calls(),
        sites: Vec::new(),
    }
}

fn calls() -> Vec<Call> {
    let mut maps = call(
        "8a14c0ffee31b2d7",
        "libs/geo/src/client.rs",
        41,
        "geo::Client::fetch",
        Some(MAPS),
        unguarded(),
    );
    maps.services = vec![CHECKOUT, DELIVERY];
    maps.entries = vec![1, 2];
    maps.endpoint = "https://maps.example.com/v1/geocode".to_owned();
    maps.path = geo_path();
    maps.status = StatusCheck::Ignored;
    maps.alternatives = vec![Alternative {
        when: "called from delivery::slots::plan".to_owned(),
        guards: guarded(),
        endpoint: maps.endpoint.clone(),
        entries: vec![2],
        n_paths: 2,
        is_exact: true,
        witness: Vec::new(),
    }];
    let mut pay = call(
        "51d0b7e6aa90c3f4",
        "services/checkout/src/pay.rs",
        57,
        "checkout::pay::charge",
        Some(PAY),
        guarded(),
    );
    pay.services = vec![CHECKOUT];
    pay.operation = "POST".into();
    pay.effect = Effect::Write;
    pay.endpoint = "config:PAY_URL".to_owned();
    pay.observed = true;
    pay.path = vec![
        geo_path()[0].clone(),
        hop(
            "services/checkout/src/pay.rs",
            57,
            "checkout::pay::charge",
            "POST config:PAY_URL",
        ),
    ];
    let mut calls = vec![maps, pay];
    calls.extend(other_calls());
    calls
}

/// The calls besides the story.
fn other_calls() -> Vec<Call> {
    let mut sql = call(
        "c0de5a1100ff2e9b",
        "services/checkout/src/store.rs",
        102,
        "checkout::store::insert",
        Some(ORDERS_DB),
        Guards {
            timeout: timeout(Scope::Acquire, 30_000, Source::LibraryDefault, false),
            ..unguarded()
        },
    );
    sql.services = vec![CHECKOUT];
    sql.library = "sqlx".into();
    sql.operation = "INSERT orders".into();
    sql.transport = Transport::Sql;
    sql.endpoint = "config:DATABASE_URL".to_owned();
    sql.handling = Handling::Logged;
    sql.observed = true;
    let mut cache = call(
        "0b5e55ed00aa17c2",
        "services/checkout/src/session.rs",
        23,
        "checkout::session::load",
        Some(SESSIONS),
        Guards {
            retry: retry(5, Backoff::None),
            ..Guards::default()
        },
    );
    cache.services = vec![CHECKOUT, STOREFRONT];
    cache.library = "redis".into();
    cache.operation = "GET".into();
    cache.endpoint = "redis://app:hunter2@sessions:6379/0".to_owned();
    cache.handling = Handling::Swallowed;
    let mut publish = call(
        "9e3779b97f4a7c15",
        "services/checkout/src/events.rs",
        18,
        "checkout::events::placed",
        Some(PLACED),
        unguarded(),
    );
    publish.services = vec![CHECKOUT];
    publish.operation = "publish".into();
    publish.effect = Effect::Publish;
    publish.delivery = Delivery::Detached;
    publish.handling = Handling::Swallowed;
    publish.endpoint = "orders-placed".to_owned();
    let mut home = call(
        "1f83d9abfb41bd6b",
        "services/storefront/src/pages.rs",
        64,
        "storefront::pages::home",
        Some(CHECKOUT),
        guarded(),
    );
    home.services = vec![STOREFRONT];
    home.endpoint = "http://checkout.svc.local/cart".to_owned();
    let mut lost = call(
        "5be0cd19137e2179",
        "services/notifier/src/hook.rs",
        77,
        "notifier::hook::post",
        None,
        Guards::default(),
    );
    lost.services = vec![NOTIFIER];
    lost.endpoint = "dynamic".to_owned();
    lost.unresolved = Some("the URL comes from a database row".to_owned());
    vec![sql, cache, publish, home, lost]
}

fn edges() -> Vec<Edge> {
    let path = geo_path();
    let mut checkout_maps = edge(CHECKOUT, MAPS, EdgeKind::Calls, &[0], &[GEO, HTTP_KIT]);
    checkout_maps.coverage = Some(EdgeCoverage {
        timeout: coverage(0, 3, &path),
        retry: coverage(0, 3, &path),
        breaker: coverage(0, 3, &path),
        bulkhead: coverage(0, 3, &path),
        fallback: coverage(0, 3, &path),
    });
    let mut delivery_maps = edge(DELIVERY, MAPS, EdgeKind::Calls, &[0], &[GEO, HTTP_KIT]);
    delivery_maps.coverage = Some(EdgeCoverage {
        timeout: coverage(2, 3, &path),
        ..EdgeCoverage::default()
    });
    vec![
        edge(NOTIFIER, PLACED, EdgeKind::Consumes, &[], &[]),
        edge(CHECKOUT, SESSIONS, EdgeKind::Calls, &[3], &[]),
        edge(CHECKOUT, ORDERS_DB, EdgeKind::Calls, &[2], &[]),
        checkout_maps,
        edge(CHECKOUT, PAY, EdgeKind::Calls, &[1], &[HTTP_KIT]),
        edge(CHECKOUT, GEO, EdgeKind::DependsOn, &[], &[]),
        edge(CHECKOUT, PLACED, EdgeKind::Publishes, &[4], &[]),
        delivery_maps,
        edge(STOREFRONT, SESSIONS, EdgeKind::Calls, &[3], &[]),
        edge(STOREFRONT, CHECKOUT, EdgeKind::Calls, &[5], &[HTTP_KIT]),
        edge(STOREFRONT, DELIVERY, EdgeKind::Calls, &[5], &[HTTP_KIT]),
    ]
}
