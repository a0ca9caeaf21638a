//! Formats: each a pure function of one sorted view to text.
//!
//! Everything starts from [`json::v1::Report`], the public contract: a report that was just made and
//! one that was read back from disk give the same page, table and path. All strings in it are
//! [`text::Text`], so no format can forget to clean what scanned code says.

pub mod blast;
pub mod dependency;
pub mod dot;
pub mod html;
pub mod json;
pub mod lookup;
pub mod markdown;
pub mod narrow;
#[cfg(test)]
pub(crate) mod sample;
mod table;
pub mod terminal;
pub mod text;
pub mod view;
pub mod why;
