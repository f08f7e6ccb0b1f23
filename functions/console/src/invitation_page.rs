//! `console.invitation_page`: where the mail of an invitation leads.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use shared::{
    app::App,
    auth::{Caller, organisation},
    http::{
        Result,
        html::{Message, page},
    },
    secret::Secret,
};

use crate::{reset_page::Brought, wrong::Wrong};

/// The page: for somebody who is signed in, a button; for somebody new, a form.
#[derive(Template)]
#[template(path = "invitation.html")]
pub(crate) struct Invited {
    token: String,
    organisation: String,
    role: &'static str,
    email: String,
    /// Who is signed in here.
    who: Option<String>,
    /// Whether that is the invited address.
    meant: bool,
    pub(crate) full_name: String,
    pub(crate) wrong: Wrong,
}

impl Invited {
    /// The invited address.
    pub(crate) fn email(&self) -> &str {
        &self.email
    }
}

/// Shows what somebody is invited to.
#[utoipa::path(
    get, path = "/invitation", operation_id = "console.invitation_page", tag = "console",
    params(Brought),
    responses(
        (status = 200, description = "The page", content_type = "text/html"),
        (status = 404, description = "Used, taken back or too old", content_type = "text/html"),
    ),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Option<Caller>,
    Query(brought): Query<Brought>,
) -> Result<Response> {
    match invited(&app, caller.as_ref(), &brought.token.into()).await? {
        Some(invited) => page(&app, StatusCode::OK, &invited),
        None => over(&app),
    }
}

/// The page of an invitation that can still be accepted.
pub(crate) async fn invited(app: &App, caller: Option<&Caller>, token: &Secret<String>) -> Result<Option<Invited>> {
    let Some(invitation) = organisation::invitation(app, token).await? else { return Ok(None) };
    let organisation = app.store.organisation(&invitation.org).await?.map(|organisation| organisation.name);
    let user = match caller.and_then(Caller::user_id) {
        Some(id) => app.store.user(id, true).await?,
        None => None,
    };
    Ok(Some(Invited {
        token: token.expose().clone(),
        organisation: organisation.unwrap_or_default(),
        role: invitation.role.as_str(),
        meant: user.as_ref().is_some_and(|user| user.email.as_ref() == Some(&invitation.email)),
        who: user.map(shared::store::users::User::shown),
        email: invitation.email,
        full_name: String::new(),
        wrong: Wrong::default(),
    }))
}

/// The page of one that cannot.
pub(crate) fn over(app: &App) -> Result<Response> {
    let text = "It was used, taken back, or is older than a week. Ask whoever invited you for another one.";
    page(app, StatusCode::NOT_FOUND, &Message::new("This invitation is no longer good", text).back_to_the_start())
}
