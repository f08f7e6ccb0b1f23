//! `integrations.save`: tests a typed credential, then keeps it, sealed.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Code, Error, Members, Problem, Result},
    oauth,
    providers::{External, Provider, Values},
    secret::Secret,
    store::integrations::{Kind, NewGrant},
};
use utoipa::ToSchema;

use crate::credentials::{Label, Typed, account, prove, provider as named, typed};

/// The credential works and is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Saved {
    success: bool,
    message: &'static str,
    /// Whose account it is.
    #[serde(rename = "testData")]
    #[schema(value_type = Object)]
    test_data: Value,
}

/// Tests a credential and saves it. One that does not work is not kept.
#[utoipa::path(
    post, path = "/api/integrations/{providerId}/credentials", operation_id = "integrations.save", tag = "integrations",
    params(("providerId" = String, Path), Label),
    request_body(content = Object, description = "`{\"credentials\": {…}}`, or the bare credentials"),
    responses(
        (status = 200, body = Saved),
        (status = 400, description = "The credential does not work, or is not of the provider's shape", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
    Members(body): Members,
) -> Result<Json<Saved>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let provider = named(&app, &provider)?;
    caller.may_use_provider(provider.slug())?;
    let label = label.get()?;
    let typed = typed(&provider, body)?.ok_or_else(|| Error::field("/credentials", "No credentials were sent"))?;
    let external = prove(&app, &provider, &typed.values()).await.map_err(|failure| {
        let sentence = failure.to_string();
        Error::new(Code::CredentialRefused, format!("Credentials validation failed: {sentence}")).caused_by(failure)
    })?;
    let test_data = account(&external);
    let grant = grant(&app, &provider, label, typed, external).await?;
    let integration = oauth::connect::connect(&app, caller.tenant(), grant).await?;
    oauth::connect::noted(&app, &integration, caller.actor()).await;
    Ok(Json(Saved { success: true, message: "Credentials saved and validated", test_data }))
}

async fn grant(app: &App, provider: &Provider, label: &str, typed: Typed, external: External) -> Result<NewGrant> {
    let mut grant = NewGrant::new(provider.slug(), label, external);
    match typed {
        Typed::Key(values) => {
            grant.kind = Kind::ApiKey;
            grant.credential = Some(sealed_form(&values)?);
        }
        Typed::Tokens(tokens) => {
            let client = app.clients.get(provider).await?;
            grant.kind = Kind::Oauth;
            grant.client_id = client.map(|client| client.id);
            grant.access = Some(tokens.access_token);
            grant.refresh = tokens.refresh_token;
            grant.expires_in = tokens.expires_in;
        }
    }
    Ok(grant)
}

/// All parts of a key as one JSON text, for the vault.
fn sealed_form(values: &Values) -> Result<Secret<String>> {
    let mut parts = Map::new();
    for name in values.names() {
        let value = match (values.get_secret(name), values.get_plain(name)) {
            (Some(secret), _) => json!(secret.expose()),
            (None, plain) => plain.cloned().unwrap_or_default(),
        };
        parts.insert(name.to_owned(), value);
    }
    serde_json::to_string(&parts).map(Secret::new).map_err(Error::internal)
}
