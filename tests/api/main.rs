//! One file an operation: `api/<group>/<action>.rs` tests `functions/<group>/src/<action>.rs`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acting_for;
mod auth;
mod callers;
mod every_answer;
mod lost_answers;
mod rate_limits;
mod session_families;
mod sign_in_limits;
