//! What every function of Postern shares. [`app::App`] is what a handler is given; the rest hangs off it.
//!
//! Direction: `http → auth → oauth/providers → store/vault → id`. Nothing below knows what is above it.

pub mod app;
pub mod audit;
pub mod auth;
pub mod aws;
pub mod clock;
pub mod config;
pub mod egress;
pub mod http;
pub mod id;
pub mod lambda;
pub mod limits;
pub mod mail;
pub mod oauth;
pub mod observe;
pub mod providers;
pub mod queue;
mod recent;
pub mod secret;
pub mod seeds;
pub mod settings;
pub mod store;
pub mod upkeep;
pub mod vault;
