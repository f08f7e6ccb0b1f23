//! `oauth.confirm_link`: the back end says that it was its own user who came back, and the account is connected.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{FreshAsker, Scope},
    http::{Code, Error, FieldError, Problem, Result, Valid, Validate},
    oauth::{connect, links},
    secret::Secret,
    store::links::{Link, Status},
};
use utoipa::ToSchema;

use crate::{
    create_link::acting_for,
    link_view::{LinkView, find},
};

/// What the browser brought to the return address, and whose session the app saw there.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Confirm {
    /// The `code` of the return address.
    #[schema(value_type = String)]
    code: Secret<String>,
    /// The user whose session the browser has at the app: our id, `ext:` and the app's own id, or an e-mail address. Never
    /// the one whom the link was made for, unless it is the same.
    user: Option<String>,
}

impl Validate for Confirm {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// Confirm a connect link
///
/// Asking again after a success gives the same answer. What does not fit is refused, and goes on waiting until its time
/// is over; then the tokens are given back to the provider.
#[utoipa::path(
    post, path = "/api/connect/links/{id}/confirm", operation_id = "oauth.confirm_link", tag = "connect",
    params(("id" = String, Path)),
    request_body = Confirm,
    responses(
        (status = 200, description = "Connected", body = LinkView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a service key, or it may not act for this user", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such link", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing waits, or the code or the user is another one", body = Problem, content_type = "application/problem+json"),
    ),
    security(("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    FreshAsker(asker): FreshAsker,
    Path(id): Path<String>,
    Valid(body): Valid<Confirm>,
) -> Result<Json<LinkView>> {
    let caller = asker.about(&app, body.user.as_deref()).await?;
    caller.require_key()?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let link = find(&app, &caller, &id).await?;
    let acting = acting_for(&app, &caller, body.user.as_deref()).await?;
    if acting.user_id() != Some(&link.user) {
        let message = "The link was made for another user than the one who came back";
        return Err(Error::new(Code::ConnectLinkRefused, message));
    }
    if !links::takes(&link, &body.code) {
        return Err(Error::new(Code::ConnectLinkRefused, "Nothing waits for this code"));
    }
    if link.status == Status::Connected {
        return Ok(Json(LinkView::new(&app, link)?));
    }
    let integration = match links::confirm(&app, &link).await {
        Ok(integration) => integration,
        // Another confirmation was faster, perhaps an earlier try of this very one.
        Err(error) if error.code() == Code::ConnectLinkRefused => {
            let link = find(&app, &caller, &id).await?;
            if link.status == Status::Connected && links::takes(&link, &body.code) {
                return Ok(Json(LinkView::new(&app, link)?));
            }
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    connect::noted(&app, &integration, caller.actor()).await;
    let now = Link { status: Status::Connected, integration: Some(integration.id), ..link };
    Ok(Json(LinkView::new(&app, now)?))
}
