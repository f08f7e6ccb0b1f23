//! The refresh protocol: searched in a model, replayed on the store, and run with many readers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod breakers;
mod defects;
mod given_back;
mod house;
mod model;
mod owners;
mod provenance;
mod readers;
mod replay;
mod schedule;
