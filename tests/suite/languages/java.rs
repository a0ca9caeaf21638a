//! Java: annotations as guards, beans that are injected by type, interfaces without body, placeholders.

use failmap::model::{fact::Language, package::Ecosystem};

use super::{build::*, check};

const CATALOG: &str = include_str!("java.toml");

#[track_caller]
fn check<const N: usize>(files: [File; N], expected: &[&str]) {
    check::check(Ecosystem::Maven, CATALOG, files, expected);
}

fn file(name: &str) -> File {
    File::new(Language::Java, name)
        .namespace("com.shop.geo")
        .import("org.springframework.web.client::RestTemplate")
        .import("org.slf4j::Logger")
        .import("java.time::Duration")
        .import("org.springframework.beans.factory.annotation::Value")
}

/// `this.rest.getForObject(url, String.class)`.
fn get() -> Node {
    method(
        field(path("self"), "rest"),
        "getForObject",
        [text("https://geo.example.com"), path("String")],
    )
}

/// A client class whose `RestTemplate` comes through the constructor.
fn client() -> Class {
    Class::new("GeoClient")
        .field("rest", "RestTemplate")
        .field("log", "Logger")
        .method(Fun::new("new").param("rest", "RestTemplate").ret("GeoClient").body([
            let_("self", object("Self", [])),
            assign(field(path("self"), "rest"), path("rest")),
            ret(path("self")),
        ]))
}

#[test]
fn annotations_guard_the_whole_method() {
    let annotate = |fun: Fun| {
        fun.annotation(annotation("Retry", &[("name", "geo")]))
            .annotation(annotation(
                "CircuitBreaker",
                &[("name", "geo"), ("fallbackMethod", "unknown")],
            ))
            .annotation(annotation("TimeLimiter", &[("name", "geo")]))
    };
    let class = client()
        .method(annotate(Fun::method("locate")).ret("String").body([ret(get())]))
        .method(Fun::method("bare").ret("String").body([ret(get())]));
    let file = file("src/main/java/com/shop/geo/GeoClient.java")
        .import("io.github.resilience4j.retry.annotation::Retry")
        .import("io.github.resilience4j.circuitbreaker.annotation::CircuitBreaker")
        .import("io.github.resilience4j.timelimiter.annotation::TimeLimiter")
        .class(class)
        .class(
            Class::new("HttpConfig").method(
                Fun::method("restTemplate")
                    .ret("RestTemplate")
                    .body([ret(call("RestTemplate", []))]),
            ),
        );
    check(
        [file],
        &[
            "bare: GET https://geo.example.com; timeout none; retry none; propagated",
            "locate: GET https://geo.example.com; timeout explicit attempt=1000; retry bounded 3; breaker; fallback; propagated",
        ],
    );
}

#[test]
fn a_bean_is_injected_by_its_type() {
    let seconds = |number| method(path("Duration"), "ofSeconds", [int(number)]);
    let builder = method(path("builder"), "connectTimeout", [seconds(1)]);
    let bean = Fun::method("restTemplate")
        .annotation(annotation("Bean", &[]))
        .param("builder", "RestTemplateBuilder")
        .ret("RestTemplate")
        .body([ret(method(method(builder, "readTimeout", [seconds(2)]), "build", []))]);
    let config = file("src/main/java/com/shop/geo/HttpConfig.java")
        .import("org.springframework.boot.web.client::RestTemplateBuilder")
        .class(
            Class::new("HttpConfig")
                .annotation(annotation("Configuration", &[]))
                .method(bean),
        );
    let user = file("src/main/java/com/shop/geo/GeoClient.java")
        .class(client().method(Fun::method("locate").ret("String").body([ret(get())])));
    check(
        [config, user],
        &["locate: GET https://geo.example.com; timeout explicit connect=1000 read=2000; retry none; propagated"],
    );
}

#[test]
fn an_interface_without_body_calls_what_its_annotations_say() {
    let api = file("src/main/java/com/shop/geo/GeoApi.java")
        .import("org.springframework.cloud.openfeign::FeignClient")
        .import("org.springframework.web.bind.annotation::GetMapping")
        .class(
            Class::interface("GeoApi")
                .annotation(annotation(
                    "FeignClient",
                    &[("name", "geo"), ("url", "${geo.url:https://geo.example.com}")],
                ))
                .method(
                    Fun::method("locate")
                        .annotation(annotation("GetMapping", &[("", "/v1/locate")]))
                        .ret("String"),
                ),
        );
    let user =
        file("src/main/java/com/shop/geo/Handler.java").class(
            Class::new("Handler").field("geo", "GeoApi").method(
                Fun::method("handle")
                    .ret("String")
                    .body([ret(method(field(path("self"), "geo"), "locate", []))]),
            ),
        );
    check(
        [api, user],
        &[
            "locate: GET https://geo.example.com/v1/locate; timeout default connect=10000 read=60000; retry none; propagated",
        ],
    );
}

#[test]
fn an_exception_is_replaced_logged_or_thrown_again() {
    let guarded = |handler: Node| try_catch(block([ret(get())]), "e", handler);
    let warn = method(field(path("self"), "log"), "warn", [text("geo"), path("e")]);
    let class = client()
        .method(
            Fun::method("replaced")
                .ret("String")
                .body([guarded(block([ret(text("unknown"))]))]),
        )
        .method(
            Fun::method("logged")
                .ret("String")
                .body([guarded(block([warn, ret(null())]))]),
        )
        .method(
            Fun::method("wrapped")
                .ret("String")
                .body([guarded(block([throw(call("GeoException", [path("e")]))]))]),
        )
        .method(Fun::method("statement").body([get()]));
    let file = file("src/main/java/com/shop/geo/GeoClient.java").class(class).class(
        Class::new("HttpConfig").method(
            Fun::method("restTemplate")
                .ret("RestTemplate")
                .body([ret(call("RestTemplate", []))]),
        ),
    );
    check(
        [file],
        &[
            "logged: GET https://geo.example.com; timeout none; retry none; logged",
            "replaced: GET https://geo.example.com; timeout none; retry none; swallowed",
            "statement: GET https://geo.example.com; timeout none; retry none; propagated",
            "wrapped: GET https://geo.example.com; timeout none; retry none; propagated",
        ],
    );
}

#[test]
fn a_placeholder_with_default_is_a_limit() {
    let value = || annotation("Value", &[("", "${geo.timeout:2000}")]);
    let factory = |limit: Node| {
        [
            let_("factory", call("SimpleClientHttpRequestFactory", [])),
            method(path("factory"), "setReadTimeout", [limit]),
            ret(call("RestTemplate", [path("factory")])),
        ]
    };
    let by_field = Class::new("HttpConfig")
        .annotated_field("limit", "int", value())
        .method(
            Fun::method("rest")
                .ret("RestTemplate")
                .body(factory(field(path("self"), "limit"))),
        );
    let by_parameter = Class::new("HttpConfig").method(
        Fun::method("rest")
            .annotated_param("limit", "int", value())
            .ret("RestTemplate")
            .body(factory(path("limit"))),
    );
    for config in [by_field, by_parameter] {
        let config = file("src/main/java/com/shop/geo/HttpConfig.java")
            .import("org.springframework.http.client::SimpleClientHttpRequestFactory")
            .class(config);
        let user = file("src/main/java/com/shop/geo/GeoClient.java")
            .class(client().method(Fun::method("locate").ret("String").body([ret(get())])));
        check(
            [config, user],
            &["locate: GET https://geo.example.com; timeout explicit read=2000; retry none; propagated"],
        );
    }
}
