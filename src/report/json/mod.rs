//! The JSON output: the public contract, its schema, and reading a report back.

mod convert;
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

/// A report that [`print`] wrote, by this or a later version within the same schema.
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
