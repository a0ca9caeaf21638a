//! Python: decorators with expressions, named arguments, `**kwargs`, objects of modules.

use failmap::model::{fact::Language, package::Ecosystem};

use super::{build::*, check};

const CATALOG: &str = include_str!("python.toml");

#[track_caller]
fn check<const N: usize>(files: [File; N], expected: &[&str]) {
    check::check(Ecosystem::Python, CATALOG, files, expected);
}

fn file(name: &str) -> File {
    File::new(Language::Python, name).import("requests")
}

fn url() -> Node {
    text("https://geo.example.com")
}

#[test]
fn a_decorator_retries_what_it_decorates() {
    let get = || ret(method(path("requests"), "get", [url(), named("timeout", int(5))]));
    let stop = named("stop", call("stop_after_attempt", [int(3)]));
    let wait = named("wait", call("wait_exponential", []));
    let file = file("shop/geo.py")
        .import("tenacity::retry")
        .import("tenacity::stop_after_attempt")
        .import("tenacity::wait_exponential")
        .function(Fun::new("thrice").decorator(call("retry", [stop, wait])).body([get()]))
        .function(Fun::new("for_ever").decorator(path("retry")).body([get()]))
        .function(Fun::new("once").body([get()]));
    check(
        [file],
        &[
            "for_ever: get https://geo.example.com; timeout explicit connect=5000 read=5000; retry unbounded; propagated",
            "once: get https://geo.example.com; timeout explicit connect=5000 read=5000; retry none; propagated",
            "thrice: get https://geo.example.com; timeout explicit connect=5000 read=5000; retry bounded 3; propagated",
        ],
    );
}

#[test]
fn a_task_is_retried_where_its_decorator_says_for_what() {
    let errors = || named("autoretry_for", list([path("ConnectionError")]));
    let post = || method(path("requests"), "post", [text("https://crm.example.com")]);
    let file = file("shop/tasks.py")
        .import("celery::Celery")
        .global("app", call("Celery", [text("shop")]))
        .function(
            Fun::new("six")
                .decorator(method(path("app"), "task", [errors(), named("max_retries", int(5))]))
                .body([post()]),
        )
        .function(
            Fun::new("four")
                .decorator(method(path("app"), "task", [errors()]))
                .body([post()]),
        )
        .function(Fun::new("once").decorator(field(path("app"), "task")).body([post()]));
    check(
        [file],
        &[
            "four: post https://crm.example.com; timeout none; retry bounded 4; propagated",
            "once: post https://crm.example.com; timeout none; retry none; propagated",
            "six: post https://crm.example.com; timeout none; retry bounded 6; propagated",
        ],
    );
}

#[test]
fn a_named_argument_may_be_a_pair() {
    let get = |limit: Node| ret(method(path("requests"), "get", [url(), named("timeout", limit)]));
    let file = file("shop/geo.py")
        .function(Fun::new("pair").body([get(list([int(3), int(10)]))]))
        .function(Fun::new("none").body([get(null())]))
        .function(Fun::new("unset").body([ret(method(path("requests"), "get", [url()]))]));
    check(
        [file],
        &[
            "none: get https://geo.example.com; timeout none; retry none; propagated",
            "pair: get https://geo.example.com; timeout explicit connect=3000 read=10000; retry none; propagated",
            "unset: get https://geo.example.com; timeout none; retry none; propagated",
        ],
    );
}

#[test]
fn a_session_of_a_module_keeps_its_adapter() {
    let adapter = || {
        call(
            "HTTPAdapter",
            [named("max_retries", call("Retry", [named("total", int(3))]))],
        )
    };
    let clients = file("shop/clients.py")
        .import("requests.adapters::HTTPAdapter")
        .import("urllib3.util::Retry")
        .global("session", call("make", []))
        .function(Fun::new("make").body([
            let_("s", method(path("requests"), "Session", [])),
            method(path("s"), "mount", [text("https://"), adapter()]),
            ret(path("s")),
        ]))
        .global("other", method(path("requests"), "Session", []))
        .function(Fun::new("<module>").body([method(path("other"), "mount", [text("https://"), adapter()])]));
    let user = file("shop/geo.py")
        .import(".clients::session")
        .import(".clients::other")
        .function(Fun::new("made").body([ret(method(path("session"), "get", [url(), named("timeout", int(2))]))]))
        .function(Fun::new("mounted").body([ret(method(path("other"), "get", [url()]))]));
    check(
        [clients, user],
        &[
            "made: get https://geo.example.com; timeout explicit connect=2000 read=2000; retry bounded 4; propagated",
            "mounted: get https://geo.example.com; timeout none; retry bounded 4; propagated",
        ],
    );
}

#[test]
fn named_arguments_are_handed_on() {
    let inner = Fun::new("get").param("url", "").named_rest("kwargs");
    let file = file("shop/http.py")
        .function(inner.body([ret(method(
            path("requests"),
            "get",
            [path("url"), spread(path("kwargs"))],
        ))]))
        .function(Fun::new("all").body([ret(call(
            "get",
            [text("https://a.example.com"), named("timeout", int(5))],
        ))]));
    check(
        [file],
        &["get: get https://a.example.com; timeout explicit connect=5000 read=5000; retry none; propagated"],
    );
}

#[test]
fn one_caller_without_the_argument_makes_it_conditional() {
    let inner = Fun::new("get").param("url", "").named_rest("kwargs");
    let file = file("shop/http.py")
        .function(inner.body([ret(method(
            path("requests"),
            "get",
            [path("url"), spread(path("kwargs"))],
        ))]))
        .function(Fun::new("with").body([ret(call("get", [url(), named("timeout", int(5))]))]))
        .function(Fun::new("without").body([ret(call("get", [url()]))]));
    check(
        [file],
        &["get: get https://geo.example.com; timeout conditional connect=5000 read=5000; retry none; propagated"],
    );
}
