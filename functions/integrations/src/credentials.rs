//! What the operations on a provider's credential share: which one a path means, and the body's two shapes.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::Caller,
    http::{Code, Error, Result},
    oauth::entry::{self, Typed},
    providers::Provider,
};
use utoipa::IntoParams;

/// Which of several integrations of one provider.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Label {
    /// Its label; `default` if nothing is said.
    label: Option<String>,
}

impl Label {
    /// The label, where the caller may use it.
    pub(crate) fn of<'a>(&'a self, caller: &'a Caller) -> Result<&'a str> {
        caller.label(self.label.as_deref())
    }
}

/// Reads `{"credentials": {…}}`, or the bare object as D4's client sends it. An empty one is none.
pub(crate) fn typed(app: &App, provider: &Provider, mut body: Map<String, Value>) -> Result<Option<Typed>> {
    let bare = match body.remove("credentials") {
        None => body,
        Some(Value::Object(inner)) => inner,
        Some(Value::Null) => Map::new(),
        Some(_) => return Err(Error::field("/credentials", "Credentials must be an object")),
    };
    entry::read(app, provider, bare)
}

/// Where a credential stands: its provider, and which of several it is.
pub(crate) struct Slot {
    pub(crate) provider: Arc<Provider>,
    pub(crate) label: String,
}

/// D4's clients call each webhook a provider of its own.
pub(crate) const WEBHOOK: &str = "webhook";

/// The slot that a path names, where the caller may use it. A path may name all that D4's status map does: `openai`,
/// `openai:second`, `webhook_<id>`.
pub(crate) async fn slot(app: &App, caller: &Caller, named: &str, label: &Label) -> Result<Slot> {
    let (provider_named, own_label) = match (named.split_once(':'), named.strip_prefix("webhook_")) {
        (Some((provider, label)), _) => (provider, Some(label.to_owned())),
        (None, Some(id)) => (WEBHOOK, Some(webhook_label(app, caller, id).await?)),
        (None, None) => (named, None),
    };
    let provider = provider(app, provider_named)?;
    caller.may_use_provider(provider.slug())?;
    if let (Some(own), Some(asked)) = (&own_label, &label.label)
        && own != asked
    {
        return Err(Error::field("/label", "The path names another label"));
    }
    let label = caller.label(own_label.as_deref().or(label.label.as_deref()))?.to_owned();
    Ok(Slot { provider, label })
}

/// Under which label the caller keeps the webhook of this id; a new one is kept under its id.
async fn webhook_label(app: &App, caller: &Caller, id: &str) -> Result<String> {
    let tenant = caller.tenant();
    let found = app.store.webhook(id).await?;
    let own = found.filter(|found| found.belongs_to(tenant));
    Ok(own.map_or_else(|| id.to_owned(), |own| own.label))
}

/// The provider that a path names; D4's clients know an unknown one by this sentence.
pub(crate) fn provider(app: &App, named: &str) -> Result<Arc<Provider>> {
    app.provider(named).map_err(|error| {
        if error.code() == Code::UnknownProvider {
            Error::new(Code::UnknownProvider, format!("Unknown provider: {named}"))
        } else {
            error
        }
    })
}

/// Whether an error says that a part of ours is down or refuses us, and nothing of what was tested.
pub(crate) fn is_ours(error: &Error) -> bool {
    matches!(error.code(), Code::Internal | Code::Unavailable | Code::RateLimited)
}
