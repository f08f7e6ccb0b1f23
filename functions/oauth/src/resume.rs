//! `oauth.resume`: goes on with a parked handshake, once the browser's user is signed in.
//!
//! Only the user who started may; then the code is redeemed, and the confirm page asks, naming both accounts.

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::Caller,
    http::{Code, Error, Result},
    id::HandshakeId,
    oauth::exchange,
    store::handshakes::{Handshake, Status, Step},
};
use utoipa::IntoParams;

use crate::{
    browser,
    callback::{NOT_CONNECTED, Outcome},
    way_back::{back, see},
};

/// Which handshake.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Resume {
    /// Its id.
    handshake: HandshakeId,
}

/// Goes on with a parked handshake.
#[utoipa::path(
    get, path = "/oauth/resume", operation_id = "oauth.resume", tag = "oauth",
    params(Resume),
    responses((status = 302, description = "To the sign-in, the confirm page, or back with `oauth_error`")),
    security(("session" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Option<Caller>,
    headers: HeaderMap,
    Query(resume): Query<Resume>,
) -> Result<Response> {
    let Some(caller) = caller else { return sign_in(&app, &resume.handshake).await };
    caller.require_person()?;
    let handshake = match started_by(&app, &caller, &headers, &resume.handshake).await {
        Ok(handshake) => handshake,
        // A person is looking at it: the confirm page says that nothing of theirs waits, and of others' says no more.
        Err(error) if error.code() == Code::NotFound => return confirm_page(&app, &resume.handshake).await,
        Err(error) => return Err(error),
    };
    match handshake.status {
        Status::Parked => redeem(&app, &handshake).await,
        Status::Confirming => confirm_page(&app, &handshake.id).await,
        _ => back(&app, &handshake, Outcome::Error("Invalid handshake")).await,
    }
}

/// The handshake, if this caller started it, this browser brought its code, and it has not run out. Who started it and is
/// elsewhere may have sent somebody else to the provider.
pub(crate) async fn started_by(app: &App, caller: &Caller, headers: &HeaderMap, id: &HandshakeId) -> Result<Handshake> {
    let found = app.store.handshake(id).await?.filter(|handshake| {
        handshake.org == *caller.tenant().org()
            && caller.user_id().is_some_and(|user| *user == handshake.user)
            && handshake.expires_at > app.clock.epoch()
    });
    match found {
        Some(handshake) if browser::bound(app, headers, &handshake).await? => Ok(handshake),
        _ => Err(Error::not_found("Handshake not found or expired")),
    }
}

async fn redeem(app: &App, handshake: &Handshake) -> Result<Response> {
    let code = exchange::parked(app, handshake).await?;
    let step = app.store.advance_handshake(&handshake.id, Status::Parked, Status::Exchanging, Step::default());
    let Some(handshake) = step.await? else {
        return back(app, handshake, Outcome::Error("Invalid handshake")).await;
    };
    match exchange::exchange(app, &handshake, &code).await {
        Ok(exchanged) => {
            if exchange::hold(app, &handshake, exchanged).await? {
                return confirm_page(app, &handshake.id).await;
            }
            back(app, &handshake, Outcome::Error("Handshake expired")).await
        }
        Err(error) => {
            tracing::warn!(provider = handshake.provider, code = error.code().as_str(), "handshake failed");
            exchange::fail(app, &handshake, Status::Exchanging, error.message()).await?;
            back(app, &handshake, Outcome::Error(NOT_CONNECTED)).await
        }
    }
}

async fn sign_in(app: &App, id: &HandshakeId) -> Result<Response> {
    let mut url = app.own_url("/sign-in").await?;
    url.query_pairs_mut().append_pair("next", &format!("/oauth/resume?handshake={id}"));
    Ok(see(&url))
}

pub(crate) async fn confirm_page(app: &App, id: &HandshakeId) -> Result<Response> {
    let mut url = app.own_url("/confirm").await?;
    url.query_pairs_mut().append_pair("handshake", id.as_str());
    Ok(see(&url))
}
