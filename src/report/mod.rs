//! Formats: each a pure function of one sorted view to text.
//!
//! Everything starts from [`json::v1::Report`], the public contract: a report that was just made and
//! one that was read back from disk give the same page, table and path. All strings in it are
//! [`text::Text`], so no format can forget to clean what scanned code says.

pub mod json;
mod redact;
pub mod text;
pub mod view;
