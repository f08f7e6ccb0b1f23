//! `oauth.confirm`: the user's yes or no on the confirm page.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::Caller,
    http::{Code, Input, Problem, Result},
    id::HandshakeId,
    oauth::exchange::{self, Exchanged},
    store::handshakes::{Handshake, Status, Step},
};
use utoipa::ToSchema;

use crate::{
    callback::{Outcome, stored},
    resume::{confirm_page, started_by},
    way_back::back,
};

/// The form of the confirm page.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Confirm {
    handshake: HandshakeId,
    answer: Answer,
}

/// Yes or no.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Yes,
    No,
}

/// Connects the account that the page named, or lets it go.
#[utoipa::path(
    post, path = "/oauth/confirm", operation_id = "oauth.confirm", tag = "oauth",
    request_body(content = Confirm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to where it was started, with `oauth_success` or `oauth_error`; or to the confirm page, where nothing of this user's waits"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Input(form): Input<Confirm>,
) -> Result<Response> {
    caller.require_person()?;
    let handshake = match started_by(&app, &caller, &headers, &form.handshake).await {
        Ok(handshake) => handshake,
        // A person pressed a button: the confirm page says that nothing of theirs waits there.
        Err(error) if error.code() == Code::NotFound => return Ok(onward(confirm_page(&app, &form.handshake).await?)),
        Err(error) => return Err(error),
    };
    if handshake.status != Status::Confirming {
        return answered(&app, &handshake, Outcome::Error("Invalid handshake")).await;
    }
    // Opened before the answer counts, so that a vault that is away for a moment costs nothing.
    let exchanged = exchange::held(&app, &handshake).await?;
    let step = app.store.advance_handshake(&handshake.id, Status::Confirming, Status::Finishing, Step::default());
    let Some(handshake) = step.await? else {
        return answered(&app, &handshake, Outcome::Error("Invalid handshake")).await;
    };
    let outcome = match form.answer {
        Answer::Yes => stored(&app, &handshake, Status::Finishing, exchanged).await,
        Answer::No => no(&app, &handshake, exchanged).await?,
    };
    answered(&app, &handshake, outcome).await
}

async fn answered(app: &App, handshake: &Handshake, outcome: Outcome) -> Result<Response> {
    Ok(onward(back(app, handshake, outcome).await?))
}

/// A form's answer is followed with GET whatever the browser's age.
fn onward(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::SEE_OTHER;
    response
}

/// What was exchanged is given back to the provider: nobody here wants it.
async fn no(app: &App, handshake: &Handshake, exchanged: Exchanged) -> Result<Outcome> {
    exchange::give_back(app, handshake, exchanged).await;
    exchange::fail(app, handshake, Status::Finishing, "The user declined").await?;
    Ok(Outcome::Error("The connection was declined"))
}
