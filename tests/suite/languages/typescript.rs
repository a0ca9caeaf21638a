//! TypeScript: promises that nobody awaits or that catch, option objects, exported instances, injected services.

use failmap::model::{fact::Language, package::Ecosystem};

use super::{build::*, check};

const CATALOG: &str = include_str!("typescript.toml");

#[track_caller]
fn check<const N: usize>(files: [File; N], expected: &[&str]) {
    check::check(Ecosystem::Npm, CATALOG, files, expected);
}

fn file(name: &str) -> File {
    File::new(Language::TypeScript, name)
}

fn url() -> Node {
    text("https://geo.example.com")
}

#[test]
fn a_promise_that_nobody_awaits_is_detached_and_its_failure_lost() {
    let file = file("src/audit.ts")
        .function(Fun::new("dropped").body([call("fetch", [url()]), ret(text("ok"))]))
        .function(
            Fun::new("awaited")
                .asynchronous()
                .body([await_(call("fetch", [url()]))]),
        )
        .function(Fun::new("returned").body([ret(call("fetch", [url()]))]))
        .function(
            Fun::new("later")
                .asynchronous()
                .body([let_("pending", call("fetch", [url()])), ret(await_(path("pending")))]),
        )
        .function(Fun::new("unused").body([let_("pending", call("fetch", [url()])), ret(text("ok"))]));
    check(
        [file],
        &[
            "awaited: GET https://geo.example.com; timeout none; retry none; propagated",
            "dropped: GET https://geo.example.com; timeout none; retry none; detached; swallowed",
            "later: GET https://geo.example.com; timeout none; retry none; propagated",
            "returned: GET https://geo.example.com; timeout none; retry none; propagated",
            "unused: GET https://geo.example.com; timeout none; retry none; detached; swallowed",
        ],
    );
}

#[test]
fn an_asynchronous_function_of_ours_that_nobody_awaits_is_detached() {
    let file = file("src/audit.ts")
        .function(Fun::new("record").asynchronous().body([await_(call("fetch", [url()]))]))
        .function(Fun::new("handle").body([call("record", []), ret(text("ok"))]));
    let sites = check::sites(Ecosystem::Npm, CATALOG, [file]);
    assert_eq!(sites, ["handle: detached; swallowed"]);
}

#[test]
fn an_option_object_holds_the_deadline() {
    let signal = || method(path("AbortSignal"), "timeout", [int(5000)]);
    let file = file("src/geo.ts")
        .function(
            Fun::new("here")
                .asynchronous()
                .body([ret(await_(call("fetch", [url(), object("", [("signal", signal())])])))]),
        )
        .function(
            Fun::new("get")
                .asynchronous()
                .param("options", "")
                .body([ret(await_(call(
                    "fetch",
                    [text("https://other.example.com"), path("options")],
                )))]),
        )
        .function(Fun::new("there").body([ret(call("get", [object("", [("signal", signal())])]))]))
        .function(Fun::new("bare").asynchronous().body([ret(await_(call(
            "fetch",
            [url(), object("", [("method", text("GET"))])],
        )))]));
    check(
        [file],
        &[
            "bare: GET https://geo.example.com; timeout none; retry none; propagated",
            "get: GET https://other.example.com; timeout explicit total=5000; retry none; propagated",
            "here: GET https://geo.example.com; timeout explicit total=5000; retry none; propagated",
        ],
    );
}

#[test]
fn an_exported_instance_keeps_its_options() {
    let options = object("", [("timeout", int(3000)), ("baseURL", url())]);
    let http = file("src/http/index.ts")
        .import("axios")
        .global("geo", method(path("axios"), "create", [options]));
    let user = file("src/api.ts")
        .import("axios")
        .import("./http::geo")
        .function(Fun::new("locate").asynchronous().body([ret(await_(method(
            path("geo"),
            "get",
            [text("/v1/locate")],
        )))]))
        .function(Fun::new("quick").asynchronous().body([ret(await_(method(
            path("geo"),
            "get",
            [text("/v1/near"), object("", [("timeout", int(500))])],
        )))]))
        .function(
            Fun::new("plain")
                .asynchronous()
                .body([ret(await_(method(path("axios"), "get", [url()])))]),
        );
    check(
        [http, user],
        &[
            "locate: GET https://geo.example.com/v1/locate; timeout explicit total=3000; retry none; propagated",
            "plain: GET https://geo.example.com; timeout none; retry none; propagated",
            "quick: GET https://geo.example.com/v1/near; timeout explicit total=500; retry none; propagated",
        ],
    );
}

#[test]
fn a_promise_that_catches_replaces_logs_or_throws_again() {
    let caught = |handler: Node| ret(method(call("fetch", [url()]), "catch", [handler]));
    let log = || method(path("log"), "error", [path("e")]);
    let in_try = try_catch(block([ret(await_(call("fetch", [url()])))]), "e", block([log()]));
    let outside = try_catch(block([ret(call("fetch", [url()]))]), "e", block([log()]));
    let file = file("src/geo.ts")
        .import("pino")
        .global("log", call("pino", []))
        .function(Fun::new("replaced").body([caught(lambda(&[], null()))]))
        .function(Fun::new("logged").body([caught(lambda(&["e"], block([log()])))]))
        .function(Fun::new("wrapped").body([caught(lambda(&["e"], block([throw(call("wrap", [path("e")]))])))]))
        .function(Fun::new("tried").asynchronous().body([in_try]))
        .function(Fun::new("not_tried").asynchronous().body([outside]));
    check(
        [file],
        &[
            "logged: GET https://geo.example.com; timeout none; retry none; logged",
            "not_tried: GET https://geo.example.com; timeout none; retry none; propagated",
            "replaced: GET https://geo.example.com; timeout none; retry none; swallowed",
            "tried: GET https://geo.example.com; timeout none; retry none; logged",
            "wrapped: GET https://geo.example.com; timeout none; retry none; propagated",
        ],
    );
}

#[test]
fn a_service_is_injected_by_its_type() {
    let register = method(path("HttpModule"), "register", [object("", [("timeout", int(4000))])]);
    let service = Class::new("GeoService").field("http", "HttpService").method(
        Fun::new("new").param("http", "HttpService").body([
            let_("self", object("Self", [])),
            assign(field(path("self"), "http"), path("http")),
            ret(path("self")),
        ]),
    );
    let get = method(field(path("self"), "http"), "get", [url()]);
    let module = file("src/geo.module.ts")
        .import("@nestjs/axios::HttpModule")
        // A class decorator's expression is a value of the module.
        .global("@Module GeoModule", register);
    let geo = file("src/geo.service.ts")
        .import("@nestjs/axios::HttpService")
        .import("rxjs::firstValueFrom")
        .class(
            service.method(
                Fun::method("locate")
                    .asynchronous()
                    .body([ret(await_(call("firstValueFrom", [get])))]),
            ),
        );
    check(
        [module, geo],
        &["locate: GET https://geo.example.com; timeout explicit total=4000; retry none; propagated"],
    );
}
