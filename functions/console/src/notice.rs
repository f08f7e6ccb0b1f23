//! What just happened, told once on the page that a person comes to.
//!
//! The address only chooses among our sentences, and anybody can write an address: what it claims of the person's own
//! things is held against the store, and a stranger is told nothing as a fact.

use serde::Deserialize;
use shared::{app::App, auth::Role, store::integrations::Integration};
use utoipa::IntoParams;

/// What just happened, by the address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Happened {
    /// A provider was connected.
    oauth_success: Option<String>,
    /// It was not.
    oauth_error: Option<String>,
    /// A provider was disconnected.
    disconnected: Option<String>,
    /// An invitation was accepted.
    pub(crate) joined: Option<String>,
}

/// A sentence on top of the page.
pub(crate) struct Notice {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

impl Notice {
    /// For somebody who is signed in, with these connections; in which organisation, and as what.
    pub(crate) fn for_a_person(
        app: &App,
        happened: &Happened,
        stored: &[Integration],
        organisation: Option<(&str, Role)>,
    ) -> Option<Self> {
        let connected = |slug: &str| stored.iter().any(|found| found.provider == slug && found.connected());
        let named = |told: &Option<String>| app.provider(told.as_deref()?).ok();
        if let Some(provider) = named(&happened.oauth_success).filter(|provider| connected(provider.slug())) {
            return Some(done(format!("{} is connected.", provider.name())));
        }
        if let Some(provider) = named(&happened.disconnected).filter(|provider| !connected(provider.slug())) {
            return Some(done(format!("{} is disconnected.", provider.name())));
        }
        if let (Some(_), Some((organisation, role))) = (&happened.joined, organisation) {
            return Some(done(format!("You are in {organisation} now, as {}.", role.as_str())));
        }
        happened.oauth_error.as_deref().map(failed)
    }

    /// For somebody who is not.
    pub(crate) fn for_a_stranger(app: &App, happened: &Happened) -> Option<Self> {
        let named = happened.oauth_success.as_deref().and_then(|slug| app.provider(slug).ok());
        if let Some(provider) = named {
            let text = format!("You come from connecting {}. Sign in to see what is connected.", provider.name());
            return Some(done(text));
        }
        happened.oauth_error.as_deref().map(failed)
    }
}

fn done(text: String) -> Notice {
    Notice { kind: "done", text }
}

/// Codes that we give ourselves; of anything else only this much is told.
fn failed(code: &str) -> Notice {
    let text = match code {
        "The connection was declined" | "The provider refused the connection" => "Nothing was connected.",
        "provider.not_configured" => "This provider is not set up here: its OAuth client id and secret are missing.",
        "Handshake expired" => "That took too long. Start again.",
        "auth.forbidden" => "Your role does not let you connect accounts. Ask an administrator of your organisation.",
        "organisation.limit_reached" => "There is no room for another connection. Disconnect one first.",
        "rate.limited" => "That were too many tries. Wait a while, then start again.",
        _ => "The account could not be connected. Start again.",
    };
    Notice { kind: "error", text: text.to_owned() }
}
