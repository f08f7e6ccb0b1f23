//! What holds for all operations at once: the API document, where things lie, who may call, what the template grants.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod errors;
mod layout;
mod openapi;
mod operations;
mod template;
