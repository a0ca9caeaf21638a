//! Manifests and lockfiles: which packages there are, what is built from them, what they depend on.

pub mod cargo;
