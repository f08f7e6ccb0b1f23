//! `oauth.create_link`: a back end makes a link by which one of its users connects an account.

use std::collections::BTreeMap;

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Asker, Caller, Scope},
    http::{Code, Error, FieldError, Problem, Result, Valid, Validate, field},
    id::RequestId,
    oauth::links,
    store::{audit, links::Wanted},
};
use url::Url;
use utoipa::ToSchema;

use crate::link_view::LinkView;

/// Providers in one link.
const MOST: usize = 20;

/// What the link is for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CreateLink {
    /// The user: our id, `ext:` and the app's own id, or an e-mail address. May be left out where `X-On-Behalf-Of`, or the
    /// key itself, says for whom.
    user: Option<String>,
    /// What may be connected: the person chooses one of these.
    providers: Vec<String>,
    /// By provider: scopes asked for in place of the usual ones, and fields (such as a subdomain) that the app knows.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Settings>,
    /// By provider: which of several connections it makes; `default` if nothing is said.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Where the browser goes afterwards, with `link`, `status` and, where a confirmation is wanted, `code`: on this
    /// service's address, its front end's, or one of the organisation's return origins.
    #[serde(rename = "returnTo", alias = "return_to", deserialize_with = "field::address")]
    return_to: Url,
    /// `false` connects without a confirmation: whoever opens the link connects an account for the user. Default: `true`.
    #[serde(default = "yes")]
    confirm: bool,
}

fn yes() -> bool {
    true
}

/// What the app settles for one provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

impl Validate for CreateLink {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: String, detail: &str| errors.push(FieldError { pointer, detail: detail.to_owned() });
        if !(1..=MOST).contains(&self.providers.len()) {
            bad("/providers".to_owned(), "A link offers 1 to 20 providers");
        }
        for (part, names) in
            [("settings", self.settings.keys().collect::<Vec<_>>()), ("labels", self.labels.keys().collect())]
        {
            for name in names.into_iter().filter(|name| !self.providers.contains(name)) {
                bad(format!("/{part}/{name}"), "This provider is not among `providers`");
            }
        }
    }
}

/// The new link.
#[derive(Serialize, ToSchema)]
pub(crate) struct Created {
    /// The address for the user's browser: shown this once.
    url: Url,
    /// The rest.
    #[serde(flatten)]
    link: LinkView,
}

/// Make a connect link
///
/// Good for 30 minutes, for one browser, for one account.
#[utoipa::path(
    post, path = "/api/connect/links", operation_id = "oauth.create_link", tag = "connect",
    request_body = CreateLink,
    responses(
        (status = 201, description = "The link", body = Created),
        (status = 400, description = "Not acceptable, or a return address that is on no list", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a service key, or without the scopes `integrations:write` and `users:act`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = Problem, content_type = "application/problem+json"),
    ),
    security(("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    asker: Asker,
    Valid(body): Valid<CreateLink>,
) -> Result<(StatusCode, Json<Created>)> {
    let caller = asker.about(&app, body.user.as_deref()).await?;
    caller.require_key()?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let providers = wanted(&app, &caller, &body)?;
    let acting = acting_for(&app, &caller, body.user.as_deref()).await?;
    let new = links::NewLink {
        tenant: acting.tenant(),
        made_by: caller.actor(),
        providers,
        return_to: body.return_to,
        confirm: body.confirm,
    };
    let (link, url) = links::create(&app, new).await?;
    let (org, actor, subject) = (caller.org(), caller.actor(), link.id.as_str());
    let entry = audit::Entry { org, actor, action: "connect_link.create", subject, request: Some(&request) };
    app.store.audit(&entry).await?;
    Ok((StatusCode::CREATED, Json(Created { url, link: LinkView::new(&app, link)? })))
}

/// The key, acting for the user who is named in the body, in the header, or by the key's own limit.
pub(crate) async fn acting_for(app: &App, caller: &Caller, named: Option<&str>) -> Result<Caller> {
    let acting = match named {
        Some(named) => caller.on_behalf_of(app, named).await?,
        None => caller.clone(),
    };
    if acting.user_id().is_none() {
        return Err(Error::field("/user", "Say for which user"));
    }
    Ok(acting)
}

fn wanted(app: &App, caller: &Caller, body: &CreateLink) -> Result<BTreeMap<String, Wanted>> {
    let mut all = BTreeMap::new();
    for named in &body.providers {
        let provider = app.provider(named)?;
        caller.may_use_provider(provider.slug())?;
        let settings = body.settings.get(named);
        let fields = settings.map(|settings| settings.fields.clone()).unwrap_or_default();
        for name in fields.keys() {
            let part = provider.api_key().and_then(|key| key.fields.get(name)).map(|part| part.secret);
            match provider.file().fields.get(name).map(|field| field.secret).or(part) {
                Some(false) => {}
                Some(true) => {
                    return Err(Error::field(
                        format!("/settings/{named}/fields/{name}"),
                        "Only the user may tell a secret",
                    ));
                }
                None => {
                    return Err(Error::field(
                        format!("/settings/{named}/fields/{name}"),
                        "The provider asks for no such field",
                    ));
                }
            }
        }
        let wanted = Wanted {
            label: caller.label(body.labels.get(named).map(String::as_str))?.to_owned(),
            scopes: settings.map(|settings| settings.scopes.clone()).unwrap_or_default(),
            fields,
        };
        if all.insert(provider.slug().to_owned(), wanted).is_some() {
            return Err(Error::new(Code::Invalid, "A provider is named twice"));
        }
    }
    Ok(all)
}
