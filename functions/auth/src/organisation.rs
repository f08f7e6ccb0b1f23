//! Tells about the caller's own organisation.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    auth::Caller,
    http::{Error, Problem},
    store::organisations::Organisation,
};
use utoipa::ToSchema;

/// An organisation, as its members see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganisationView {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// D3's plan; without effect here.
    plan: String,
    /// Members of any role; managed users are none.
    members: i64,
    /// Administrators among them.
    admins: i64,
    /// Origins that connect links may lead back to, beside this service's and its front end's.
    return_origins: Vec<String>,
    /// The operator's limits; null is no limit.
    limits: LimitsView,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The operator's limits.
#[derive(Serialize, ToSchema)]
struct LimitsView {
    /// Members of the organisation.
    max_members: Option<i64>,
    /// Integrations of the organisation.
    max_integrations: Option<usize>,
}

impl OrganisationView {
    pub(crate) fn new(app: &App, organisation: Organisation) -> Self {
        let limits = &app.config.limits;
        Self {
            id: organisation.id.into(),
            name: organisation.name,
            plan: organisation.plan,
            members: organisation.members,
            admins: organisation.admins,
            return_origins: organisation.return_origins,
            limits: LimitsView {
                max_members: Some(limits.members).filter(|most| *most > 0),
                max_integrations: Some(limits.integrations).filter(|most| *most > 0),
            },
            created_at: organisation.created_at,
        }
    }
}

/// Show one's organisation
#[utoipa::path(
    get, path = "/api/auth/organisation", operation_id = "auth.organisation", tag = "organisation",
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The organisation", body = OrganisationView),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key is nobody's member", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn organisation(State(app): State<App>, caller: Caller) -> Result<Json<OrganisationView>, Error> {
    caller.require_person()?;
    let found = app.store.organisation(caller.org()).await?;
    let found = found.ok_or_else(|| Error::not_found("Organisation not found"))?;
    Ok(Json(OrganisationView::new(&app, found)))
}
