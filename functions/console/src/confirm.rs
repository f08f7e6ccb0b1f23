//! `console.confirm`: asks before a parked handshake is finished, naming both accounts.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::Caller,
    http::{
        Result,
        html::{Message, page},
    },
    id::HandshakeId,
    store::{
        handshakes::{Handshake, Status},
        users::User,
    },
};
use utoipa::IntoParams;

/// Which handshake.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Its id.
    handshake: HandshakeId,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm {
    provider: String,
    account: String,
    email: String,
    handshake: String,
}

/// Asks the user who started a handshake whether the account it found is the one that was meant.
#[utoipa::path(
    get, path = "/confirm", operation_id = "console.confirm", tag = "console",
    params(Which),
    responses(
        (status = 200, description = "The page", content_type = "text/html"),
        (status = 404, description = "Nothing of this user's waits here", content_type = "text/html"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Option<Caller>,
    Query(which): Query<Which>,
) -> Result<Response> {
    let Some(caller) = caller else {
        let next: String = format!("/confirm?handshake={}", which.handshake);
        let mut url = app.own_url("/sign-in").await?;
        url.query_pairs_mut().append_pair("next", &next);
        return Ok(Redirect::to(url.as_str()).into_response());
    };
    let user = caller.require_person()?;
    let waits = |handshake: &Handshake| {
        handshake.user == *user
            && handshake.org == *caller.org()
            && handshake.status == Status::Confirming
            && handshake.expires_at > app.clock.epoch()
    };
    let Some(handshake) = app.store.handshake(&which.handshake).await?.filter(waits) else {
        let text = "It may have run out, be answered already, or belong to somebody else. Start connecting again.";
        return page(&app, StatusCode::NOT_FOUND, &Message::new("Nothing waits here", text).back_to_the_start());
    };
    let email = app.store.user(user, false).await?.map(User::shown).unwrap_or_default();
    let question = Confirm {
        provider: app.provider(&handshake.provider)?.name().to_owned(),
        account: handshake.account.unwrap_or_else(|| "an account without a name".to_owned()),
        email,
        handshake: handshake.id.to_string(),
    };
    page(&app, StatusCode::OK, &question)
}
