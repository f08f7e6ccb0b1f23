//! Revokes a service key: other functions may believe it for another minute, then nobody does.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{FreshCaller, Right},
    http::{Error, Problem},
    id::{KeyId, RequestId},
    store::audit,
};

use crate::view::Done;

/// Revoke a service key
#[utoipa::path(
    delete, path = "/api/auth/keys/{id}", operation_id = "auth.revoke_key", tag = "auth",
    params(("id" = String, Path, description = "The key's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Revoked", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key revokes no keys", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such key, or not yours", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn revoke_key(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    Path(id): Path<String>,
) -> Result<Json<Done>, Error> {
    let person = caller.require_person()?;
    let id: KeyId = id.parse().map_err(|_| unknown())?;
    let key = app.store.key(&id, true).await?.map(|stored| stored.key);
    let own = |by: &_| caller.may(Right::OthersThings) || by == person;
    key.filter(|key| key.org == *caller.org() && own(&key.created_by)).ok_or_else(unknown)?;
    let entry = audit::Entry {
        org: caller.org(),
        actor: person.as_str(),
        action: "service_key.revoke",
        subject: id.as_str(),
        request: Some(&request),
    };
    app.store.revoke_key(caller.org(), &id, &entry).await?;
    app.callers.forget_key(&id);
    Ok(Json(Done { message: "Service key revoked" }))
}

fn unknown() -> Error {
    Error::not_found("Service key not found")
}
