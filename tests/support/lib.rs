//! What the tests of the whole house stand on: the product in this process, a client for it, and a provider that does
//! as it is told.
//!
//! Nothing of ours is imitated here: handlers, store and SDK are the real ones, and AWS is the local server's.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod app;
mod child;
mod client;
mod provider;

pub use app::{FRONTEND_URL, ONLOOKER, PUBLIC_URL, Setup, TestApp, User};
pub use child::Child;
pub use client::{Answer, Ask, Browser};
pub use provider::{Call, Provider, Reply};
