//! What each provider is sent, and what becomes of what it answers.

mod answers;
mod refusals;
mod requests;

use crate::oauth::Client;

fn client() -> Client {
    Client { id: "cid".to_owned(), secret: Some("c/secret+1".into()) }
}
