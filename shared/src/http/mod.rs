//! What every HTTP answer of the house has in common: errors, JSON in and out, the layers around the routes.
//!
//! Nothing here knows an operation.

pub mod client_ip;
mod code;
pub mod cookie;
pub mod error;
pub mod field;
pub mod html;
pub mod idempotency;
pub mod json;
pub mod layers;
mod mishap;
pub mod origin;
pub mod page;
mod problem;
mod wording;

pub use client_ip::ClientIp;
pub use code::Code;
pub use error::{Error, FieldError};
pub use json::{Input, Members, Posted, Valid, Validate};
pub use problem::Problem;

/// What a handler answers: its own shape, or an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
