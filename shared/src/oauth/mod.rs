//! OAuth.
pub mod refresh;
