//! A connect link, as its maker sees it. Never with a token, a code or a credential.

use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    auth::Caller,
    http::{Error, Result},
    id::LinkId,
    store::links::{Link, Status},
};
use utoipa::ToSchema;

/// A connect link.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkView {
    /// Its id.
    id: String,
    /// `open`, `started`, `pending` (waits for the confirmation), `connected` or `expired`.
    status: &'static str,
    /// Whose account it connects.
    user: String,
    /// What may be connected: one of these.
    providers: Vec<String>,
    /// The provider that was chosen, once an account was brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// That account, as people know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What was connected, once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    integration_id: Option<String>,
    /// When it ends; while it is pending, when the confirmation comes too late.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl LinkView {
    pub(crate) fn new(app: &App, link: Link) -> Result<Self> {
        let status = match link.status {
            Status::Connected => "connected",
            _ if link.expires_at <= app.clock.epoch() => "expired",
            Status::Pending => "pending",
            Status::Started => "started",
            Status::Open => "open",
        };
        Ok(Self {
            id: link.id.into(),
            status,
            user: link.user.into(),
            providers: link.providers.into_keys().collect(),
            provider: link.provider,
            account: link.account,
            integration_id: link.integration.map(String::from),
            expires_at: Timestamp::from_second(link.expires_at).map_err(Error::internal)?,
        })
    }
}

/// The link that a path names, if it is of the caller's organisation and of a user whom the key may act for. Others read
/// like one that is not there.
pub(crate) async fn find(app: &App, caller: &Caller, named: &str) -> Result<Link> {
    let unknown = || Error::not_found("Connect link not found");
    let id: LinkId = named.parse().map_err(|_| unknown())?;
    let found = app.store.link(&id).await?;
    let seen = |link: &Link| {
        let all = link.providers.iter().all(|(provider, wanted)| caller.may_see(provider, &wanted.label));
        link.org == *caller.org() && caller.may_manage(&link.user) && all
    };
    found.filter(seen).ok_or_else(unknown)
}
