//! One file an operation: `api/<group>/<action>.rs` tests `functions/<group>/src/<action>.rs`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acting_for;
mod auth;
mod bot;
mod callers;
mod canary;
mod client_d1;
mod client_d2;
mod client_d3;
mod client_d4;
mod connections_under_faults;
mod console;
mod credentials;
mod d2_model;
mod every_answer;
mod handshake_answers;
mod house;
mod idempotency;
mod idempotency_under_faults;
mod integrations;
mod key_of_several;
mod links;
mod lost_answers;
mod mishaps;
mod oauth;
mod rate_limits;
mod session_families;
mod sign_in_limits;
mod token_refresh;
mod written_down;
