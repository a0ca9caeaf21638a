//! The JSON output: the public contract, its schema, and reading a report back.

mod convert;
mod restore;
pub mod v1;

use thiserror::Error;

use crate::report::json::v1::{Report, SCHEMA};

/// Why a report could not be read back.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("is not a failmap report: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("has schema `{found}`, this failmap reads `{SCHEMA}`")]
    OtherSchema { found: String },
}

/// The report as pretty-printed JSON with a final line break.
///
/// # Panics
/// Never: no map of the contract has keys other than strings.
#[must_use]
pub fn print(report: &Report) -> String {
    let mut json = serde_json::to_string_pretty(report).expect("all map keys of the contract are strings");
    json.push('\n');
    json
}

/// A report that [`print()`] wrote, by this or a later version within the same schema.
///
/// # Errors
/// When it is not JSON, not a report, or has another schema.
pub fn read(json: &str) -> Result<Report, ReadError> {
    #[derive(serde::Deserialize)]
    struct Head {
        schema: String,
    }
    let head: Head = serde_json::from_str(json)?;
    if head.schema != SCHEMA {
        return Err(ReadError::OtherSchema {
            found: crate::report::text::clean(&head.schema).into_owned(),
        });
    }
    Ok(serde_json::from_str(json)?)
}

/// The JSON Schema (draft 2020-12) of the contract, pretty-printed, with a final line break.
///
/// # Panics
/// Never: a schema is plain JSON.
#[must_use]
pub fn schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Report>();
    let mut json = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    json.push('\n');
    json
}

impl v1::Alternative {
    /// Its guards, in the shape that a call has them.
    #[must_use]
    pub fn guards(&self) -> v1::Guards {
        v1::Guards {
            timeout: self.timeout.clone(),
            retry: self.retry.clone(),
            breaker: self.breaker.clone(),
            bulkhead: self.bulkhead.clone(),
            fallback: self.fallback.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn sample() -> Report {
        Report::from(&sample::outcome())
    }

    #[test]
    fn the_schema_admits_what_is_printed() {
        let schema = serde_json::from_str(&schema()).expect("the schema is JSON");
        let report = serde_json::from_str(&print(&sample())).expect("the report is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
        let errors: Vec<_> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn the_schema_refuses_a_missing_field_and_an_unknown_word() {
        let schema = serde_json::from_str(&schema()).expect("the schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
        let report: serde_json::Value = serde_json::from_str(&print(&sample())).expect("the report is JSON");
        let mut missing = report.clone();
        missing["calls"][0]
            .as_object_mut()
            .expect("a call")
            .remove("unresolved");
        assert!(!validator.is_valid(&missing));
        let mut unknown = report;
        unknown["calls"][0]["transport"] = "pigeon".into();
        assert!(!validator.is_valid(&unknown));
    }

    #[test]
    fn reading_back_gives_the_same_report() {
        let report = sample();
        let again = read(&print(&report)).expect("what was printed can be read");
        assert_eq!(again, report);
        assert_eq!(print(&again), print(&report));
    }

    #[test]
    fn other_schemas_are_refused_with_their_name() {
        let error = read(r#"{"schema": "failmap/2"}"#).expect_err("another schema");
        assert_eq!(
            error.to_string(),
            "has schema `failmap/2`, this failmap reads `failmap/1`"
        );
        assert!(read("{}").is_err());
        assert!(read("nonsense").is_err());
    }

    #[test]
    fn nothing_obeyed_and_no_credential_is_printed() {
        let json = print(&sample());
        assert!(!json.contains('\u{1b}'));
        assert!(!json.contains("\\u001b"));
        assert!(!json.contains("user:pass"));
        assert!(!json.contains("token=abc"));
        assert!(json.contains("https://***@maps.example.com/v1?token=***"));
    }

    #[test]
    fn the_contract_in_one_call() {
        let json: serde_json::Value = serde_json::from_str(&print(&sample())).expect("the report is JSON");
        let call = &json["calls"][2];
        let expected = r#"{
            "id": "c3", "hash": "000000000000000c", "root": "shop", "file": "services/checkout/src/store.rs", "line": 12, "column": 9,
            "span": {"start": 11, "end": 13},
            "language": "rust", "package": "geo", "function": "checkout::store::save",
            "services": ["service:checkout"], "entries": ["service:checkout POST /checkout"],
            "library": "reqwest", "library_version": "0.12.9", "operation": "GET", "transport": "http", "effect": "read",
            "target": "datastore:orders", "endpoint": "https://***@maps.example.com/v1?token=***", "unresolved": null,
            "condition": "always", "phase": "serve", "delivery": "awaited", "status": "checked",
            "guards": {
                "timeout": {
                    "state": "explicit", "unknown": null, "bounds_call": true,
                    "parts": [{"scope": "total", "ms": 1500, "source": "wrapper",
                        "at": {"root": "shop", "file": "services/checkout/src/store.rs", "line": 12, "column": 9}}]
                },
                "retry": {
                    "state": "bounded", "unknown": null, "attempts": 3,
                    "layers": [{"attempts": 3, "unbounded": false, "backoff": "exponential", "jitter": true, "on": ["connect"],
                        "idempotent": true, "source": "wrapper",
                        "at": {"root": "shop", "file": "services/checkout/src/store.rs", "line": 10, "column": 9}}]
                },
                "breaker": {"state": "none", "at": null},
                "bulkhead": {"state": "none", "limit": null, "at": null},
                "fallback": {"state": "none", "target": null, "at": null}
            },
            "alternatives": [],
            "failure": {"handling": "propagated", "observed": false},
            "confidence": "high"
        }"#;
        let mut expected: serde_json::Value = serde_json::from_str(expected).expect("the expectation is JSON");
        expected["path"] = call["path"].clone();
        assert_eq!(*call, expected);
        assert_eq!(json["scan"]["dependencies"][0]["root"], "dep:cargo/reqwest@0.12.9");
        assert_eq!(json["findings"][0]["call"], "c1");
        assert_eq!(json["sites"][0]["reaches"], serde_json::json!(["c1"]));
        assert_eq!(json["components"][0]["id"], "datastore:orders");
        assert_eq!(json["edges"][2]["match"], "literal-host");
        assert_eq!(json["edges"][2]["via"], serde_json::json!(["library:geo"]));
        assert_eq!(json["edges"][2]["coverage"]["timeout"]["covered"], 1);
    }

    #[test]
    fn top_level_fields_keep_their_order() {
        let json = print(&sample());
        let fields = [
            "schema",
            "tool",
            "scan",
            "components",
            "entries",
            "edges",
            "calls",
            "sites",
            "findings",
            "blast_radius",
            "failure_domains",
            "single_points_of_failure",
            "retry_products",
            "timeout_budgets",
        ];
        let positions: Vec<_> = fields
            .iter()
            .map(|field| json.find(&format!("\n  \"{field}\":")))
            .collect();
        assert!(positions.iter().all(Option::is_some), "{positions:?}");
        assert!(positions.is_sorted(), "{positions:?}");
    }
}
