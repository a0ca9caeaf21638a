pub mod catalog;
pub mod model;
