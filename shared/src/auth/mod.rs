//! Who is calling, and what they may do.
//!
//! Handlers take a [`Caller`] (or a [`FreshCaller`], where a remembered one is not good enough) and ask it; those that name
//! a user in a member of their own take an [`Asker`]. Pages sign people in by [`sign_in`] and [`session`].

mod asker;
mod attempts;
mod behalf;
mod caller;
mod colleague;
mod cookie;
mod credential;
pub mod email;
mod extract;
mod family;
pub mod letters;
mod opaque;
pub mod organisation;
pub mod password;
pub mod recovery;
mod role;
mod scope;
pub mod service_key;
pub mod session;
pub mod sign_in;
mod tenant;
mod token;

pub use asker::{Asker, FreshAsker};
pub use caller::{Caller, Kind};
pub(crate) use extract::admit_ahead;
pub use extract::{Callers, FreshCaller};
pub use role::{Right, Role};
pub use scope::Scope;
pub use service_key::Reach;
pub use tenant::{Owner, Tenant};
