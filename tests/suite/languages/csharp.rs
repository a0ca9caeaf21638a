//! C#: typed clients, properties that are set afterwards, tokens with a deadline, policies that run code, awaits in try.

use failmap::model::{fact::Language, package::Ecosystem};

use super::{build::*, check};

const CATALOG: &str = include_str!("csharp.toml");

#[track_caller]
fn check<const N: usize>(files: [File; N], expected: &[&str]) {
    check::check(Ecosystem::Nuget, CATALOG, files, expected);
}

fn file(name: &str) -> File {
    File::new(Language::CSharp, name)
        .namespace("Shop.Geo")
        .import_all("System")
        .import_all("System.Net.Http")
        .import_all("System.Threading")
}

fn seconds(number: i64) -> Node {
    method(path("TimeSpan"), "FromSeconds", [int(number)])
}

fn url() -> Node {
    text("https://geo.example.com")
}

/// A class with a client that comes through the constructor, and one method that calls `url`.
fn typed_client(name: &str, fun: &str, url: &str) -> Class {
    Class::new(name)
        .field("http", "HttpClient")
        .method(Fun::new("new").param("http", "HttpClient").body([
            let_("self", object("Self", [])),
            assign(field(path("self"), "http"), path("http")),
            ret(path("self")),
        ]))
        .method(Fun::method(fun).asynchronous().body([ret(await_(method(
            field(path("self"), "http"),
            "GetAsync",
            [text(url)],
        )))]))
}

#[test]
fn a_typed_client_gets_what_was_registered_for_it() {
    let add = |of: &str| method_of(path("services"), "AddHttpClient", &[of], []);
    let configure = lambda(&["c"], assign(field(path("c"), "Timeout"), seconds(5)));
    let startup = file("Startup.cs")
        .import_all("Microsoft.Extensions.DependencyInjection")
        .function(Fun::new("Configure").param("services", "IServiceCollection").body([
            method(add("GeoClient"), "ConfigureHttpClient", [configure]),
            method(add("PayClient"), "AddStandardResilienceHandler", []),
            add("AdClient"),
        ]));
    let clients = file("Clients.cs")
        .class(typed_client("GeoClient", "Locate", "https://geo.example.com"))
        .class(typed_client("PayClient", "Charge", "https://pay.example.com"))
        .class(typed_client("AdClient", "Show", "https://ads.example.com"));
    check(
        [startup, clients],
        &[
            "Charge: GET https://pay.example.com; timeout explicit attempt=10000 total=30000; retry bounded 4; breaker; propagated",
            "Locate: GET https://geo.example.com; timeout explicit total=5000; retry none; propagated",
            "Show: GET https://ads.example.com; timeout default total=100000; retry none; propagated",
        ],
    );
}

#[test]
fn a_property_is_set_after_construction_or_in_the_initializer() {
    let get = || ret(await_(method(path("client"), "GetAsync", [url()])));
    let file = file("Geo.cs")
        .function(Fun::new("Assigned").asynchronous().body([
            let_("client", call("HttpClient", [])),
            assign(field(path("client"), "Timeout"), seconds(5)),
            get(),
        ]))
        .function(
            Fun::new("Initialized")
                .asynchronous()
                .body([let_("client", object("HttpClient", [("Timeout", seconds(7))])), get()]),
        )
        .function(
            Fun::new("Default")
                .asynchronous()
                .body([let_("client", call("HttpClient", [])), get()]),
        )
        .function(Fun::new("Sometimes").asynchronous().param("slow", "bool").body([
            let_("client", call("HttpClient", [])),
            when(
                path("slow"),
                block([assign(field(path("client"), "Timeout"), seconds(5))]),
            ),
            get(),
        ]));
    check(
        [file],
        &[
            "Assigned: GET https://geo.example.com; timeout explicit total=5000; retry none; propagated",
            "Default: GET https://geo.example.com; timeout default total=100000; retry none; propagated",
            "Initialized: GET https://geo.example.com; timeout explicit total=7000; retry none; propagated",
            "Sometimes: GET https://geo.example.com; timeout default total=5000 total=100000; retry none; propagated",
        ],
    );
}

#[test]
fn a_token_carries_the_deadline_of_its_source() {
    let source = || let_("cts", call("CancellationTokenSource", [seconds(3)]));
    let get = |token: Node| ret(await_(method(path("client"), "GetAsync", [url(), token])));
    let file = file("Geo.cs")
        .global("client", call("HttpClient", []))
        .function(
            Fun::new("Here")
                .asynchronous()
                .body([source(), get(field(path("cts"), "Token"))]),
        )
        .function(
            Fun::new("Inner")
                .asynchronous()
                .param("token", "CancellationToken")
                .body([get(path("token"))]),
        )
        .function(
            Fun::new("Outer")
                .asynchronous()
                .body([source(), ret(await_(call("Inner", [field(path("cts"), "Token")])))]),
        );
    check(
        [file],
        &[
            "Here: GET https://geo.example.com; timeout explicit total=100000 ambient=3000; retry none; propagated",
            "Inner: GET https://geo.example.com; timeout explicit total=100000 ambient=3000; retry none; propagated",
        ],
    );
}

#[test]
fn a_policy_runs_the_call() {
    let wait = lambda(&["i"], seconds(1));
    let retry = || {
        method(
            method(path("Policy"), "Handle", []),
            "WaitAndRetryAsync",
            [int(3), null()],
        )
    };
    let get = || method(path("client"), "GetAsync", [url()]);
    let run = |policy: Node| ret(await_(method(policy, "ExecuteAsync", [lambda(&[], get())])));
    let wrapped = method(
        path("Policy"),
        "WrapAsync",
        [retry(), method(path("Policy"), "TimeoutAsync", [int(2)])],
    );
    let file = file("Geo.cs")
        .import_all("Polly")
        .global("client", call("HttpClient", []))
        .global(
            "shared",
            method(
                method(path("Policy"), "Handle", []),
                "WaitAndRetryAsync",
                [int(2), wait],
            ),
        )
        .function(
            Fun::new("Local")
                .asynchronous()
                .body([let_("policy", retry()), run(path("policy"))]),
        )
        .function(Fun::new("Shared").asynchronous().body([run(path("shared"))]))
        .function(
            Fun::new("Wrapped")
                .asynchronous()
                .body([let_("policy", wrapped), run(path("policy"))]),
        )
        .function(
            Fun::new("Beside")
                .asynchronous()
                .body([let_("policy", retry()), ret(await_(get()))]),
        );
    check(
        [file],
        &[
            "Beside: GET https://geo.example.com; timeout default total=100000; retry none; propagated",
            "Local: GET https://geo.example.com; timeout default total=100000; retry bounded 4; propagated",
            "Shared: GET https://geo.example.com; timeout default total=100000; retry bounded 3; propagated",
            // The inner timeout bounds each try.
            "Wrapped: GET https://geo.example.com; timeout explicit attempt=2000 total=100000; retry bounded 4; propagated",
        ],
    );
}

#[test]
fn an_await_in_try_is_logged_and_a_base_class_brings_the_call() {
    let save = || await_(method(field(path("self"), "db"), "SaveChangesAsync", []));
    let log = method(field(path("self"), "log"), "LogError", [path("e"), text("orders")]);
    let orders = Class::new("Orders")
        .field("db", "OrderContext")
        .field("log", "ILogger")
        .method(
            Fun::method("Save")
                .asynchronous()
                .body([try_catch(block([save()]), "e", block([log]))]),
        )
        .method(Fun::method("Forget").body([method(field(path("self"), "db"), "SaveChangesAsync", [])]));
    let file = file("Orders.cs")
        .import_all("Microsoft.EntityFrameworkCore")
        .import_all("Microsoft.Extensions.Logging")
        .class(Class::new("OrderContext").base("DbContext"))
        .class(orders);
    check(
        [file],
        &[
            "Forget: SaveChanges ?; timeout default operation=30000; retry none; detached; swallowed",
            "Save: SaveChanges ?; timeout default operation=30000; retry none; logged",
        ],
    );
}
