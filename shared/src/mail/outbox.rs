//! Where mails stay while there is no mail server: the local server prints and keeps them, tests read them.
//!
//! A deployment has none; there a mail without a mail server is an error.

use std::{fmt, sync::Arc};

use super::Message;

/// A mail that stayed.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
}

impl Letter {
    pub(super) fn new(id: &str, message: &Message) -> Self {
        Self {
            id: id.to_owned(),
            to: message.to().to_owned(),
            subject: message.subject().to_owned(),
            text: message.text().to_owned(),
        }
    }
}

/// Takes mails in.
#[derive(Clone)]
pub struct Outbox(Arc<dyn Fn(&Letter) + Send + Sync>);

impl Outbox {
    /// One that does this with each.
    pub fn new(keep: impl Fn(&Letter) + Send + Sync + 'static) -> Self {
        Self(Arc::new(keep))
    }

    pub(super) fn keep(&self, letter: &Letter) {
        (self.0)(letter);
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}
