//! Keeping tokens fresh: refreshed once, whoever asks.
//!
//! [`fresh`] lends a token out; [`renew`] is the schedule's; [`refused`] replaces one that its provider no longer takes.
//! The protocol's writes are data in `store::integrations::protocol`, its decisions are pure functions in [`decide`]; the
//! model in the tests runs on both. A refresh is awaited by whoever asked and never left to run after the answer.

mod back_off;
pub mod breaker;
mod call;
pub mod decide;
pub mod due;
mod error;
mod flights;
mod lend;
mod run;

pub use back_off::{back_off, between};
pub use error::Error;
pub use flights::Flights;
pub(crate) use call::{client, provider};
pub use lend::{Fresh, due_time, fresh, fresh_at, refused, renew};
