//! The form for signing in or up, and why somebody is asked to.

use askama::Template;
use shared::{
    app::App,
    http::Result,
    id::HandshakeId,
    store::handshakes::{Handshake, Status},
};
use url::form_urlencoded;

use crate::wrong::Wrong;

/// The form for signing in or up.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignIn<'a> {
    pub(crate) heading: &'a str,
    pub(crate) action: &'a str,
    pub(crate) new: bool,
    pub(crate) next: &'a str,
    /// Why this comes in between.
    pub(crate) reason: Option<String>,
    pub(crate) full_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) wrong: Wrong,
}

impl<'a> SignIn<'a> {
    /// For somebody who has an account and goes on to `next`, a path on this site.
    pub(crate) async fn known(app: &App, next: &'a str) -> Result<Self> {
        let (reason, full_name, email, wrong) = (reason(app, next).await?, "", "", Wrong::default());
        Ok(Self { heading: "Sign in", action: "/sign-in", new: false, next, reason, full_name, email, wrong })
    }

    /// For somebody who has none.
    pub(crate) async fn new(app: &App, next: &'a str) -> Result<Self> {
        Ok(Self { heading: "Sign up", action: "/sign-up", new: true, ..Self::known(app, next).await? })
    }

    /// The field to begin with.
    fn first(&self) -> &'static str {
        match (self.email.is_empty(), self.new) {
            (false, _) => "password",
            (true, true) => "full_name",
            (true, false) => "email",
        }
    }
}

/// What waits behind the sign-in.
async fn reason(app: &App, next: &str) -> Result<Option<String>> {
    let (path, query) = next.split_once('?').unwrap_or((next, ""));
    match path {
        "/oauth/resume" | "/confirm" => {
            let mut query = form_urlencoded::parse(query.as_bytes());
            let id = query.find_map(|(name, id)| (name == "handshake").then_some(id)?.parse::<HandshakeId>().ok());
            let Some(id) = id else { return Ok(None) };
            let waits = |handshake: &Handshake| {
                matches!(handshake.status, Status::Parked | Status::Confirming)
                    && handshake.expires_at > app.clock.epoch()
            };
            let Some(handshake) = app.store.handshake(&id).await?.filter(waits) else { return Ok(None) };
            let provider = app.provider(&handshake.provider)?;
            let name = provider.name();
            Ok(Some(format!("An account at {name} waits to be connected. Sign in to go on with it.")))
        }
        "/invitation" => {
            Ok(Some("An invitation waits for you. Sign in with the address that it was sent to.".to_owned()))
        }
        _ => Ok(None),
    }
}
