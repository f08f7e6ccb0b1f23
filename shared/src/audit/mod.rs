//! Seals the audit trail, and tells whether somebody has been at it since.
//!
//! Each organisation's day is a hash chain over its entries in order, which starts from the head of the day before. Count
//! and head are signed by a KMS key that only the sealer may use, and kept in a table that only the sealer may write: so
//! an edit, a deletion, a change of order, a late insertion and a cut tail all show ([`verify`]). A day's own seal counts
//! the organisations' seals, so that none of these vanishes unseen either.
//!
//! Entries are written in `store::audit`; nothing here changes one.

mod chain;
mod finding;
mod notary;
pub mod seal;
pub mod verify;

pub use notary::Error;
