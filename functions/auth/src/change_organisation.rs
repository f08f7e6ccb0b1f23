//! Renames the caller's organisation, and says where its connect links may lead back to.

use axum::{Extension, Json, extract::State};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{FreshCaller, Right},
    http::{Error, FieldError, Problem, Valid, Validate},
    id::RequestId,
    store::audit,
};
use url::{Host, Url};
use utoipa::ToSchema;

use crate::organisation::OrganisationView;

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// Return origins of one organisation.
const MOST: usize = 20;

/// What shall be different; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Change {
    /// What people call it.
    name: Option<String>,
    /// Origins, such as `https://app.example.com`, that connect links may lead back to. Plain http only on this machine.
    #[serde(alias = "returnOrigins")]
    return_origins: Option<Vec<String>>,
}

impl Validate for Change {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: String, detail: &str| errors.push(FieldError { pointer, detail: detail.to_owned() });
        if let Some(name) = &self.name {
            let fits = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
            if !fits || name.chars().any(char::is_control) {
                bad("/name".to_owned(), "A name has 1 to 200 characters, none of them a control character");
            }
        }
        let origins = self.return_origins.as_deref().unwrap_or_default();
        if origins.len() > MOST {
            bad("/return_origins".to_owned(), "There may be 20 origins");
        }
        for (at, text) in origins.iter().enumerate() {
            if origin(text).is_none() {
                let detail = "An origin is https://host or https://host:port and nothing more";
                bad(format!("/return_origins/{at}"), detail);
            }
        }
    }
}

/// The origin that this text is, and nothing beside it.
fn origin(text: &str) -> Option<String> {
    let url: Url = text.trim().parse().ok()?;
    let here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let origin = url.origin().ascii_serialization();
    let bare = url.as_str().trim_end_matches('/') == origin;
    (bare && (url.scheme() == "https" || (url.scheme() == "http" && here))).then_some(origin)
}

/// Change one's organisation
#[utoipa::path(
    patch, path = "/api/auth/organisation", operation_id = "auth.change_organisation", tag = "organisation",
    request_body = Change,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The organisation as it is now", body = OrganisationView),
        (status = 400, description = "Not acceptable", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn change_organisation(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    Valid(body): Valid<Change>,
) -> Result<Json<OrganisationView>, Error> {
    let person = caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    if body.name.is_none() && body.return_origins.is_none() {
        return Err(Error::field("/name", "Say what shall be different: name or return_origins"));
    }
    let origins: Option<Vec<String>> =
        body.return_origins.map(|origins| origins.iter().filter_map(|text| origin(text)).collect());
    let name = body.name.as_deref().map(str::trim);
    let entry = audit::Entry {
        org: caller.org(),
        actor: person.as_str(),
        action: "organisation.change",
        subject: caller.org().as_str(),
        request: Some(&request),
    };
    let entry = entry.about([]);
    let changed = app.store.change_organisation(caller.org(), name, origins.as_deref(), &entry).await?;
    let changed = changed.ok_or_else(|| Error::not_found("Organisation not found"))?;
    Ok(Json(OrganisationView::new(&app, changed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host_and_nothing_more() {
        assert_eq!(origin("https://App.example.com/").as_deref(), Some("https://app.example.com"));
        assert_eq!(origin("http://localhost:5173").as_deref(), Some("http://localhost:5173"));
        for bad in [
            "http://app.example.com",
            "https://app.example.com/path",
            "https://app.example.com?x",
            "https://user@app.example.com",
            "https://*.example.com/x",
            "javascript:alert(1)",
            "app.example.com",
            "",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
