//! The parts of the protocol that a defect can be put into. [`Rules::ours`] are the product's own functions.

use shared::oauth::refresh::decide::{self, Next, Outcome, Want};
use shared::store::{
    expression::{Change, Write},
    integrations::protocol::{self, Held, View},
};

/// Each rule as a function, so that one can be replaced.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) lease: fn(i64, &str, i64) -> Write,
    pub(crate) intent: Option<fn(&Held, i64) -> Write>,
    pub(crate) settle: fn(&Held, Outcome, Change, i64) -> Write,
    pub(crate) release: fn(&Held, Change) -> Write,
    pub(crate) withdraw: fn(&Held) -> Write,
    pub(crate) connect: fn(Option<i64>, &str, Change, i64) -> Write,
    pub(crate) disconnect: fn(i64, &str, i64, i64) -> Write,
    pub(crate) switch: fn(bool) -> Change,
    pub(crate) has_time_to_call: fn(&Held, i64) -> bool,
    pub(crate) on_read: fn(&View, Want, i64) -> Next,
    pub(crate) on_lease: fn(&View, Want, i64) -> Next,
    pub(crate) give_back: fn(Option<&View>) -> bool,
}

impl Rules {
    /// The product's.
    pub(crate) fn ours() -> Self {
        Self {
            lease: protocol::lease,
            intent: Some(protocol::intent),
            settle: decide::settle,
            release: protocol::release,
            withdraw: protocol::withdraw,
            connect: protocol::connect,
            disconnect: protocol::disconnect,
            switch: protocol::switch,
            has_time_to_call: Held::has_time_to_call,
            on_read: decide::on_read,
            on_lease: decide::on_lease,
            give_back: decide::give_back,
        }
    }
}
