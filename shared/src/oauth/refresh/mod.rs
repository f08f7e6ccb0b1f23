//! Refresh.
pub mod decide;
