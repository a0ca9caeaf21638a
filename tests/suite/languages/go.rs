//! Go: deadlines that travel in parameters, struct literals, errors beside results, interfaces without declaration.

use failmap::model::{fact::Language, package::Ecosystem};

use super::{build::*, check};

const CATALOG: &str = include_str!("go.toml");

#[track_caller]
fn check<const N: usize>(files: [File; N], expected: &[&str]) {
    check::check(Ecosystem::Go, CATALOG, files, expected);
}

fn file(name: &str) -> File {
    File::new(Language::Go, name)
        .import("context")
        .import("log")
        .import("net/http")
        .import("time")
}

/// `number * unit`.
fn times(number: i64, unit: &str) -> Node {
    binary("*", int(number), path(unit))
}

/// `if err != nil { return err }`.
fn return_error() -> Node {
    when(binary("!=", path("err"), null()), block([ret(path("err"))]))
}

/// `func fetch(ctx context.Context, url string) error`: a request with `ctx`, sent by the package's client.
fn fetch(ctx: Node) -> Fun {
    let request = method(
        path("http"),
        "NewRequestWithContext",
        [ctx, text("GET"), path("url"), null()],
    );
    Fun::new("fetch")
        .param("ctx", "context::Context")
        .param("url", "string")
        .ret("error")
        .body([
            let_all(&["req", "err"], request),
            return_error(),
            let_all(&["resp", "err"], method(path("client"), "Do", [path("req")])),
            return_error(),
            ret(null()),
        ])
}

/// A caller that hands over a deadline of five seconds.
fn locate() -> Fun {
    let ctx = method(
        path("context"),
        "WithTimeout",
        [method(path("context"), "Background", []), times(5, "time::Second")],
    );
    Fun::new("Locate").ret("error").body([
        let_all(&["ctx", "cancel"], ctx),
        call("cancel", []),
        ret(call("fetch", [path("ctx"), text("https://geo.example.com/v1")])),
    ])
}

#[test]
fn a_deadline_travels_through_parameters() {
    let file = file("geo/client.go")
        .global("client", object("http::Client", []))
        .function(locate())
        .function(fetch(path("ctx")));
    check(
        [file],
        &["fetch: GET https://geo.example.com/v1; timeout explicit ambient=5000; retry none; propagated"],
    );
}

#[test]
fn a_fresh_context_drops_the_deadline() {
    let file = file("geo/client.go")
        .global("client", object("http::Client", []))
        .function(locate())
        .function(fetch(method(path("context"), "Background", [])));
    check(
        [file],
        &["fetch: GET https://geo.example.com/v1; timeout none; retry none; propagated"],
    );
}

#[test]
fn a_context_from_outside_leaves_it_open() {
    let file = file("geo/client.go")
        .global("client", object("http::Client", []))
        .function(fetch(path("ctx")));
    check([file], &["fetch: GET ?; timeout unknown; retry none; propagated"]);
}

#[test]
fn a_struct_literal_in_a_package_variable_configures_the_client() {
    let get = |client: Node| method(client, "Get", [text("https://geo.example.com")]);
    let owner = file("geo/client.go")
        .global(
            "Client",
            object("http::Client", [("Timeout", times(2, "time::Second"))]),
        )
        .function(Fun::new("Near").body([let_all(&["resp", "err"], get(path("Client"))), return_error()]));
    let user = file("api/handler.go")
        .import("example.com/shop/geo")
        .function(Fun::new("Far").body([
            let_all(&["resp", "err"], get(field(path("geo"), "Client"))),
            return_error(),
        ]));
    let default = file("api/other.go").function(Fun::new("Bare").body([
        let_all(&["resp", "err"], get(field(path("http"), "DefaultClient"))),
        return_error(),
    ]));
    check(
        [owner, user, default],
        &[
            "Bare: GET https://geo.example.com; timeout none; retry none; propagated",
            "Far: GET https://geo.example.com; timeout explicit total=2000; retry none; propagated",
            "Near: GET https://geo.example.com; timeout explicit total=2000; retry none; propagated",
        ],
    );
}

#[test]
fn the_error_beside_the_result_is_returned_logged_or_lost() {
    let get = || method(path("client"), "Get", [text("https://geo.example.com")]);
    let log = || method(path("log"), "Printf", [text("geo: %v"), path("err")]);
    let is_error = || binary("!=", path("err"), null());
    let file = file("geo/client.go")
        .global("client", object("http::Client", []))
        .function(Fun::new("Lost").body([let_all(&["resp", "_"], get()), call("use", [path("resp")])]))
        .function(Fun::new("Dropped").body([get()]))
        .function(Fun::new("Returned").ret("error").body([
            let_all(&["resp", "err"], get()),
            return_error(),
            ret(null()),
        ]))
        .function(Fun::new("Wrapped").ret("error").body([
            let_all(&["resp", "err"], get()),
            when(is_error(), block([ret(list([null(), call("wrap", [path("err")])]))])),
            ret(list([path("resp"), null()])),
        ]))
        .function(Fun::new("Logged").ret("error").body([
            let_all(&["resp", "err"], get()),
            when(is_error(), block([log(), ret(null())])),
            ret(null()),
        ]))
        .function(Fun::new("Replaced").ret("error").body([
            let_all(&["resp", "err"], get()),
            when(is_error(), block([ret(list([path("stale"), null()]))])),
            ret(list([path("resp"), null()])),
        ]));
    check(
        [file],
        &[
            "Dropped: GET https://geo.example.com; timeout none; retry none; swallowed",
            "Logged: GET https://geo.example.com; timeout none; retry none; logged",
            "Lost: GET https://geo.example.com; timeout none; retry none; swallowed",
            "Replaced: GET https://geo.example.com; timeout none; retry none; swallowed",
            "Returned: GET https://geo.example.com; timeout none; retry none; propagated",
            "Wrapped: GET https://geo.example.com; timeout none; retry none; propagated",
        ],
    );
}

#[test]
fn a_counting_loop_that_goes_on_after_an_error_retries() {
    let request = method(
        path("http"),
        "NewRequest",
        [text("POST"), text("https://pay.example.com"), null()],
    );
    let body = block([
        let_all(&["resp", "err"], method(path("client"), "Do", [path("req")])),
        when(binary("==", path("err"), null()), block([ret(path("resp"))])),
        method(path("time"), "Sleep", [times(100, "time::Millisecond")]),
    ]);
    let file = file("pay/client.go")
        .global(
            "client",
            object("http::Client", [("Timeout", times(1, "time::Second"))]),
        )
        .function(Fun::new("Charge").body([let_all(&["req", "_"], request), count("i", 0, 3, body), ret(null())]));
    check(
        [file],
        &["Charge: POST https://pay.example.com; timeout explicit total=1000; retry bounded 3; swallowed"],
    );
}

#[test]
fn an_interface_is_implemented_by_having_its_methods() {
    let interface = Class::interface("Locator").method(Fun::method("Locate").param("url", "string").ret("error"));
    let implementation = Class::new("HTTPLocator").field("client", "http::Client").method(
        Fun::method("Locate").param("url", "string").ret("error").body([
            let_all(
                &["resp", "err"],
                method(field(path("self"), "client"), "Get", [path("url")]),
            ),
            return_error(),
            ret(null()),
        ]),
    );
    let geo = file("geo/locator.go")
        .class(interface)
        .structure(implementation)
        .function(Fun::new("NewLocator").ret("HTTPLocator").body([ret(object(
            "HTTPLocator",
            [(
                "client",
                object("http::Client", [("Timeout", times(3, "time::Second"))]),
            )],
        ))]));
    let user = file("api/handler.go").import("example.com/shop/geo").function(
        Fun::new("Handle")
            .param("locator", "geo::Locator")
            .ret("error")
            .body([ret(method(
                path("locator"),
                "Locate",
                [text("https://geo.example.com")],
            ))]),
    );
    check(
        [geo, user],
        &["Locate: GET https://geo.example.com; timeout explicit total=3000; retry none; propagated"],
    );
}
