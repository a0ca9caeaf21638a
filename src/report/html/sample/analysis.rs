//! Findings and results of the sample.

use super::*;

fn findings() -> Vec<Finding> {
    let mut weak = finding(
        "failure-swallowed",
        Level::Warn,
        Some(4),
        Some(CHECKOUT),
        "the error of publishing to orders-placed is dropped: an order can be lost without a trace",
        "log it and return it, or publish from an outbox",
    );
    weak.at = at("services/checkout/src/events.rs", 18);
    let mut waived = finding(
        "call-without-timeout",
        Level::Error,
        Some(2),
        Some(CHECKOUT),
        "INSERT orders has no statement timeout",
        "set statement_timeout",
    );
    waived.status = FindingStatus::Waived;
    vec![
        finding(
            "call-without-timeout",
            Level::Error,
            Some(0),
            Some(CHECKOUT),
            "GET https://maps.example.com/v1/geocode has no timeout, and nothing up the path bounds it",
            "set a total timeout on the client in geo::Client::new",
        ),
        finding(
            "call-without-timeout",
            Level::Error,
            Some(0),
            Some(DELIVERY),
            "GET https://maps.example.com/v1/geocode has no timeout on one of three paths",
            "set a total timeout on the client in geo::Client::new",
        ),
        waived,
        weak,
        finding(
            "error-status-unchecked",
            Level::Warn,
            Some(0),
            Some(GEO),
            "an answer with an error status counts as success",
            "call error_for_status() before reading the body",
        ),
        finding(
            "call-without-breaker",
            Level::Advice,
            Some(2),
            Some(CHECKOUT),
            "nothing stops calls to orders while it is down",
            "wrap the pool in a breaker",
        ),
    ]
}

fn radii() -> Vec<BlastRadius> {
    use State::{Degraded, Failing, Hanging, Ok};
    let maps_down = |worst| {
        vec![
            affected(CHECKOUT, Failing, worst, 1, None),
            affected(DELIVERY, Degraded, Failing, 2, Some(7_500)),
            affected(STOREFRONT, Ok, Degraded, 4, None),
        ]
    };
    let db_down = vec![
        affected(CHECKOUT, Failing, Failing, 1, Some(30_000)),
        affected(STOREFRONT, Degraded, Degraded, 4, None),
    ];
    vec![
        radius(ORDERS_DB, Mode::Error, db_down.clone()),
        radius(ORDERS_DB, Mode::Hang, db_down),
        radius(
            MAPS,
            Mode::Change,
            vec![
                affected(GEO, Ok, Ok, 0, None),
                affected(CHECKOUT, Ok, Ok, 1, None),
                affected(DELIVERY, Ok, Ok, 2, None),
            ],
        ),
        radius(MAPS, Mode::Error, maps_down(Failing)),
        radius(MAPS, Mode::Hang, maps_down(Hanging)),
        radius(MAPS, Mode::Overload, maps_down(Failing)),
        radius(
            GEO,
            Mode::Change,
            vec![affected(CHECKOUT, Ok, Ok, 1, None), affected(DELIVERY, Ok, Ok, 2, None)],
        ),
        radius(
            CHECKOUT,
            Mode::Error,
            vec![affected(STOREFRONT, Failing, Failing, 4, None)],
        ),
        radius(
            CHECKOUT,
            Mode::Hang,
            vec![affected(STOREFRONT, Failing, Failing, 4, Some(7_500))],
        ),
    ]
}

pub(super) fn analysis() -> Analysis {
    use State::{Failing, Hanging};
    Analysis {
        findings: findings(),
        blast_radius: radii(),
        failure_domains: vec![FailureDomain {
            shared: vec![MAPS],
            members: vec![CHECKOUT, DELIVERY],
            why: "both call maps.example.com through geo with one client".to_owned(),
            cut: vec![0],
        }],
        single_points_of_failure: vec![
            SinglePoint {
                component: MAPS,
                mode: Mode::Hang,
                best: Failing,
                worst: Hanging,
                entries: vec![1, 2],
                services: vec![CHECKOUT, DELIVERY],
                path: geo_path(),
            },
            SinglePoint {
                component: ORDERS_DB,
                mode: Mode::Error,
                best: Failing,
                worst: Failing,
                entries: vec![1],
                services: vec![CHECKOUT],
                path: Vec::new(),
            },
        ],
        retry_products: vec![RetryProduct {
            target: PAY,
            best: 9,
            worst: Some(27),
            layers: retry(3, Backoff::Exponential)
                .layers
                .into_iter()
                .chain(retry(9, Backoff::Fixed).layers)
                .collect(),
            path: geo_path(),
        }],
        timeout_budgets: vec![TimeoutBudget {
            caller: 5,
            budget_ms: 2_500,
            needed_ms: 7_500,
            is_exact: false,
            path: geo_path(),
        }],
    }
}
