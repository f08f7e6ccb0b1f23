//! What every HTTP answer of the house has in common: errors, JSON in and out, the layers around the routes.
//!
//! Nothing here knows an operation.

mod code;
pub mod error;
pub mod json;
pub mod layers;
pub mod origin;
mod problem;

pub use code::Code;
pub use error::{Error, FieldError};
pub use json::{Input, Valid, Validate};
pub use problem::Problem;

/// What a handler answers: its own shape, or an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
