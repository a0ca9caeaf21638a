//! Addresses of all sorts, split, named and cleaned.

use super::{Address, Endpoint, endpoints};
use crate::model::{
    Name,
    location::Location,
    term::{Binding, ConfigKey, ConfigKind, Term},
};
use crate::terms::bind::{Bindings, Context};

fn env(name: &str) -> Term {
    Term::Config {
        key: ConfigKey {
            kind: ConfigKind::Env,
            name: Name::new(name),
        },
        default: None,
    }
}

fn env_or(name: &str, default: &str) -> Term {
    Term::Config {
        key: ConfigKey {
            kind: ConfigKind::Env,
            name: Name::new(name),
        },
        default: Some(Box::new(Term::text(default))),
    }
}

fn concat(parts: &[Term]) -> Term {
    Term::Concat(parts.to_vec())
}

fn bindings() -> Bindings {
    let binding = |name: &str, value: &str| Binding {
        key: ConfigKey {
            kind: ConfigKind::Env,
            name: Name::new(name),
        },
        value: Name::new(value),
        scope: None,
        environment: None,
        at: Location {
            root: Name::new("shop"),
            file: "compose.yaml".into(),
            line: 7,
            column: 0,
        },
    };
    Bindings::new(vec![
        binding("BILLING_URL", "http://billing:8080/api"),
        binding("DATABASE_URL", "postgres://app:${PASSWORD}@db:5432/orders"),
        binding("EMPTY", ""),
        binding("REGIONAL", "https://eu.example.com"),
        binding("REGIONAL", "https://us.example.com"),
    ])
}

fn show(endpoint: &Endpoint) -> String {
    let mut line = endpoint.shown.clone();
    if let Some(host) = &endpoint.host {
        line.push_str(&format!(" host={host}"));
    }
    if let Some(port) = endpoint.port {
        line.push_str(&format!(" port={port}"));
    }
    if let Some(path) = &endpoint.path {
        line.push_str(&format!(" path={path}"));
    }
    for bound in &endpoint.bound {
        line.push_str(&format!(" {}@{}", bound.key.name, bound.at.line));
    }
    for key in &endpoint.defaulted {
        line.push_str(&format!(" {}?", key.name));
    }
    if let Address::Dynamic(reason) = &endpoint.address {
        line.push_str(&format!(" ({reason})"));
    }
    line
}

#[track_caller]
fn check(term: Term, expected: &[&str]) {
    let lines: Vec<String> = endpoints(&term, &bindings(), Context::default())
        .iter()
        .map(show)
        .collect();
    assert_eq!(lines, expected);
}

#[track_caller]
fn check_text(text: &str, expected: &str) {
    check(Term::text(text), &[expected]);
}

#[test]
fn literals() {
    check_text(
        "https://Maps.Example.com/v1/geocode",
        "https://Maps.Example.com/v1/geocode host=maps.example.com path=/v1/geocode",
    );
    check_text("http://[::1]:80/x", "http://[::1]:80/x host=::1 port=80 path=/x");
    check_text("https://x.io?a=1", "https://x.io?a=1 host=x.io");
    check_text("https://x.io./", "https://x.io./ host=x.io path=/");
    check_text("billing:8080", "billing:8080 host=billing port=8080");
    check_text(
        "kafka-1:9092,kafka-2:9092",
        "kafka-1:9092,kafka-2:9092 host=kafka-1 port=9092",
    );
    check_text("orders", "orders host=orders");
    check_text("order events v1", "order events v1");
    check_text(
        "jdbc:postgresql://db/orders",
        "jdbc:postgresql://db/orders host=db path=/orders",
    );
    check_text("sqlite::memory:", "sqlite::memory: path=:memory:");
    check_text("sqlite://data.db", "sqlite://data.db path=data.db");
    check_text(
        "host=db port=5432 dbname=orders",
        "host=db port=5432 dbname=orders host=db path=orders",
    );
    check_text("https:443", "https:443 port=443");
    check_text("/v1/charges", "dynamic path=/v1/charges (a path without a host)");
    check_text("a\u{1}\u{1b}[31mb", "a[31mb");
}

#[test]
fn secrets_are_gone() {
    check_text(
        "postgres://app:p@ss@db/orders",
        "postgres://***@db/orders host=db path=/orders",
    );
    check_text(
        "redis://:pw@cache:6379/0?token=abc",
        "redis://***@cache:6379/0?token=*** host=cache port=6379 path=/0",
    );
    check(
        env("DATABASE_URL"),
        &["postgres://***@db:5432/orders host=db port=5432 path=/orders DATABASE_URL@7"],
    );
}

#[test]
fn configuration() {
    check(
        concat(&[env("BILLING_URL"), Term::text("/invoices")]),
        &["http://billing:8080/api/invoices host=billing port=8080 path=/api/invoices BILLING_URL@7"],
    );
    check(
        concat(&[env("MISSING_URL"), Term::text("/invoices")]),
        &["config:MISSING_URL path=/invoices"],
    );
    check(env("EMPTY"), &["config:EMPTY"]);
    check(
        env_or("PAY_URL", "http://localhost:9000"),
        &["http://localhost:9000 host=localhost port=9000 PAY_URL?"],
    );
    check(env_or("PAY_URL", ""), &["config:PAY_URL"]);
    check(
        env("REGIONAL"),
        &[
            "https://eu.example.com host=eu.example.com REGIONAL@7",
            "https://us.example.com host=us.example.com REGIONAL@7",
        ],
    );
    check(
        concat(&[Term::text("http://"), env("HOST"), Term::text(":80/x")]),
        &["config:HOST port=80 path=/x"],
    );
    check_text("http://${HOST}/x", "config:HOST path=/x");
    check_text("postgres://${USER}:${PASSWORD}@${HOST}/x", "config:HOST path=/x");
}

#[test]
fn holes() {
    check(Term::unknown("from a parameter"), &["dynamic (from a parameter)"]);
    check(
        concat(&[Term::unknown("base"), Term::text("/v1")]),
        &["dynamic path=/v1 (base)"],
    );
    check(
        concat(&[Term::text("https://x.io/users/"), Term::unknown("id"), Term::text("/a")]),
        &["https://x.io/users/{}/a host=x.io path=/users/{}/a"],
    );
    check(
        concat(&[
            Term::text("https://"),
            Term::unknown("bucket"),
            Term::text(".s3.example.com/k"),
        ]),
        &["https://{}.s3.example.com/k host=*.s3.example.com path=/k"],
    );
    check_text(
        "https://{host}/v1",
        "dynamic path=/v1 ({host} is filled in at run time)",
    );
    check_text(
        "https://x.io/{{ .Values.path }}/{id}",
        "https://x.io/{}/{} host=x.io path=/{}/{}",
    );
    check(
        Term::any([Term::unknown("b"), Term::text("https://x.io")]),
        &["https://x.io host=x.io", "dynamic (b)"],
    );
}
