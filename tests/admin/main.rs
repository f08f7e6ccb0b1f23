//! The operator's command line, as a program of its own against AWS over HTTP, or on the local server's folder; and the
//! sealed audit trail that it checks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod apart;
mod broken;
mod cleanup;
mod house;
mod keys;
mod local;
mod migrate;
mod old;
mod operator;
mod people;
mod refresh;
mod seed;
mod several;
mod trail;
mod users;
