//! One file an operation: `api/<group>/<action>.rs` tests `functions/<group>/src/<action>.rs`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bot;
mod console;
mod every_answer;
mod house;
mod integrations;
mod oauth;
