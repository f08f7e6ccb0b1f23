//! What the tests of the whole house stand on: the product in this process, a client for it, and a provider that does
//! as it is told.
//!
//! Nothing of ours is imitated here: handlers, store and SDK are the real ones, and AWS is the local server's.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod app;
mod child;
mod client;
mod people;
mod provider;
mod reply;
mod setup;

pub use app::{FRONTEND_URL, ONLOOKER, PUBLIC_URL, TestApp, User};
pub use child::Child;
pub use client::{Answer, Ask, Browser};
pub use people::PASSWORD;
pub use provider::{Call, Provider};
pub use reply::Reply;
pub use setup::Setup;
