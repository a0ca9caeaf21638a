//! Terms over configuration and the one evaluator that turns them into values.
//!
//! `resolve` leaves every endpoint and guard as a [`Term`](crate::model::term::Term); nothing becomes a
//! number before `link` knows what deployment files bind. This room evaluates them, and nothing else:
//! it knows neither the graph nor the catalogue.
//!
//! The order in which to read: [`bind`] (what configuration says), [`evaluate`] (a term's possible
//! values), [`guards`] (a stack of layers becomes effective guards), [`meet`] (several paths become one
//! answer), [`endpoint`] (a term becomes an address, secrets removed).

pub mod bind;
pub mod duration;
pub mod endpoint;
pub mod evaluate;
pub mod guards;
pub mod meet;
mod retries;
mod slot;
mod timeouts;
