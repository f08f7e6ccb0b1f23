//! The development server: the same functions that run on Lambda, with AWS answered by this process.
//!
//! Also what the tests stand on. It wires and serves; what an operation does is in `functions/`.

pub mod aws;
mod files;
mod front_end;
pub mod functions;
mod jobs;
pub mod logs;
mod outbox;
pub mod runtime_api;
pub mod sandbox;
pub mod server;
pub mod settings;
pub mod signal;
pub mod stack;
pub mod template;
pub mod words;
