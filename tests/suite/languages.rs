//! The facts are not shaped after Rust: idioms of other languages, lowered by hand as their front ends would, lead to
//! the right guards. The libraries are those of a small catalogue beside each language.

mod build;
mod check;
mod csharp;
mod go;
mod java;
mod python;
mod typescript;
