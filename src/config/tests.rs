//! Settings files in, settings or messages out.

use super::*;
use crate::model::call::ComponentKind;

fn parse(text: &str) -> Result<Settings, ConfigError> {
    Settings::parse(&"shop".into(), "failmap.toml", text)
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    assert_eq!(
        parse(text).expect_err("an error").to_string(),
        format!("failmap.toml:{expected}")
    );
}

#[test]
fn every_key() {
    let settings = parse(
        r#"exclude = ["legacy/"]
fail-level = "warn"
min-resolved = 0.5

[levels]
call-without-timeout = "advice"

[tiers]
checkout = 0

[values]
PAYMENTS_URL = "http://payments"

[rules.retry-amplification]
limit = 9

[[service]]
name = "checkout"
packages = ["checkout-svc"]
aliases = ["checkout.svc.local"]
tier = 1
owner = "payments"

[[target]]
name = "geocoder"
kind = "external"
hosts = ["API.geo.example", "*.geo.example"]
keys = ["GEO_URL"]
owner = "maps"

[[target]]
name = "auth"
kind = "service"
"#,
    )
    .expect("settings");
    assert_eq!(settings.excludes, ["legacy/"]);
    assert_eq!(settings.fail_level, Level::Warn);
    assert_eq!(settings.min_resolved, Some(0.5));
    assert_eq!(settings.levels[&Name::from("call-without-timeout")], Level::Advice);
    assert_eq!(settings.tiers[&Name::from("checkout")], 0);
    assert_eq!(
        settings.values[0].key,
        ConfigKey {
            kind: ConfigKind::Env,
            name: "PAYMENTS_URL".into()
        }
    );
    assert_eq!(config_key("payments.url").kind, ConfigKind::Key);
    assert_eq!(
        (settings.values[0].value.as_str(), settings.values[0].at.line),
        ("http://payments", 12)
    );
    assert_eq!(
        settings.rules[&Name::from("retry-amplification")]["limit"].as_integer(),
        Some(9)
    );
    let service = &settings.services[0];
    assert_eq!(
        (service.name.as_str(), service.at.line, service.tier),
        ("checkout", 18, Some(1))
    );
    assert_eq!(service.packages, ["checkout-svc"]);
    let names: Vec<&str> = settings.targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["auth", "geocoder"]);
    assert_eq!(settings.targets[1].hosts, ["api.geo.example", "*.geo.example"]);
    assert_eq!(settings.targets[0].kind, ComponentKind::Service);
}

#[test]
fn an_empty_file_is_no_file() {
    assert_eq!(parse("").expect("settings"), Settings::unset());
}

#[test]
fn errors_name_place_and_what_was_meant() {
    check_error("\n[levls]\n", "2:2: unknown key `levls`; did you mean `levels`?");
    check_error(
        "[[target]]\nname = \"x\"\nhost = [\"a\"]\n",
        "3:1: unknown key `host`; did you mean `hosts`?",
    );
    check_error(
        "[levels]\nx = \"warning\"\n",
        "2:5: unknown value `warning`; did you mean `warn`?",
    );
    check_error(
        "fail-level = \"loud\"\n",
        "1:14: unknown value `loud`; known are off, advice, warn, error",
    );
    check_error("min-resolved = 50.0\n", "1:16: `min-resolved` is a share from 0 to 1");
    check_error(
        "exclude = \"a\"\n",
        "1:11: invalid type: string \"a\", expected a sequence",
    );
    check_error(
        "[[service]]\nname = \"a\"\n[[service]]\nname = \"a\"\n",
        "4:8: service `a` is declared twice",
    );
    check_error(
        "[[target]]\nname = \"a\"\nhosts = [\"https://a.example\"]\n",
        "3:10: `https://a.example` is not a host: write it without scheme, port and path",
    );
    check_error("[[target]]\nhosts = []\n", "1:1: missing field `name`");
}

#[test]
fn every_key_is_in_the_schema_with_its_meaning() {
    let schema = serde_json::to_value(schemars::schema_for!(file::File)).expect("a schema");
    let properties = schema["properties"].as_object().expect("properties");
    assert_eq!(properties.len(), 9);
    for (key, property) in properties {
        assert!(property["description"].is_string(), "{key} says nothing");
    }
}
