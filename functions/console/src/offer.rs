//! How a person connects a provider here, as the list of connections offers it.

use shared::{app::App, http::Result, oauth::start::own_callback, providers::Provider};

/// What stands beside a provider's name.
#[derive(PartialEq, Eq)]
pub(crate) enum Offer {
    /// A button that leads to the provider.
    Consent {
        /// A key may be typed instead.
        or_typed: bool,
    },
    /// A page that asks for something first: a key, or what the provider's address needs.
    Form,
    /// Nothing, before the operator has registered a client, which is set up like this.
    Unset(SetUp),
}

/// What the operator must do.
#[derive(PartialEq, Eq)]
pub(crate) struct SetUp {
    /// Where the provider documents it.
    pub(crate) docs: String,
    /// Where the provider sends browsers to.
    pub(crate) redirect: String,
    /// The entry that id and secret stand under.
    pub(crate) client: String,
    /// The same in the settings of the local server.
    pub(crate) settings: String,
}

impl Offer {
    pub(crate) async fn of(app: &App, provider: &Provider) -> Result<Self> {
        let Some(oauth2) = provider.oauth2() else { return Ok(Self::Form) };
        let typed = provider.api_key().is_some();
        // Where the clients cannot be read at the moment, whoever presses the button hears of it.
        if app.clients.get(provider).await.map_or(true, |client| client.is_some()) {
            let asks = !provider.file().fields.is_empty();
            return Ok(if asks { Self::Form } else { Self::Consent { or_typed: typed } });
        }
        if typed {
            return Ok(Self::Form);
        }
        let client = oauth2.client_of.clone().unwrap_or_else(|| provider.family().to_owned());
        Ok(Self::Unset(SetUp {
            docs: provider.file().docs.clone(),
            redirect: own_callback(app, provider.slug()).await?.to_string(),
            settings: client.to_uppercase(),
            client,
        }))
    }
}
