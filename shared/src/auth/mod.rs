//! Who is calling, and what they may do.

mod tenant;

pub use tenant::{Owner, Tenant};
