//! Integrations: one user's stored connection to a provider.
//!
//! One row each, at organisation and owner, provider and label, so that a read is one `GetItem` and a second connection
//! in the same slot cannot come about. Secrets are in it only as the vault seals them.

pub mod attribute;
pub mod protocol;
mod status;

pub use status::Status;
