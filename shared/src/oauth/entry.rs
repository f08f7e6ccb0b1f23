//! What somebody types or pastes in order to connect: read, entered, proved, and made into what is stored.
//!
//! The API and a connect link's page share it, so that a credential is held to the same rules whichever way it comes. It
//! stores nothing.

mod handed;
mod prove;

use serde_json::{Map, Value};

pub use self::{
    handed::Handed,
    prove::{Proved, account, prove, told_by_itself, tried},
};
use super::{
    connect, longer, mint, revoke,
    token::{Grant, token_host},
};
use crate::{
    app::App,
    egress::names_loopback,
    http::{Code, Error, FieldError, Result},
    providers::{
        Provider, Values,
        credentials::{self, InvalidField},
        hooks::{self, Desk},
        probe,
    },
    secret::Secret,
    store::integrations::{Kind, NewGrant, Provenance},
};

/// A credential as somebody typed or pasted it.
pub enum Typed {
    /// The parts of an API key, and the fields that the provider's addresses need.
    Key(Values),
    /// Tokens that were got elsewhere, and the same fields.
    Tokens(Handed, Values),
}

impl Typed {
    /// What fills the placeholders of the provider's requests.
    pub fn values(&self) -> Values {
        match self {
            Self::Key(values) => values.clone(),
            Self::Tokens(tokens, fields) => fields.clone().access_token(tokens.access_token.clone()),
        }
    }
}

/// A credential as it is kept.
pub struct Entered {
    /// What a hook, where there is one, has made of what was typed.
    pub typed: Typed,
    /// A token that the provider made for it. It is given back where it is not kept, and when it is let go.
    pub made: Option<Secret<String>>,
}

/// A credential that its provider has taken.
pub struct Accepted {
    /// To be stored.
    pub grant: NewGrant,
    /// What a person may see of it.
    pub data: Value,
}

/// Reads the parts of a credential, or tokens that were got elsewhere. An empty object is none.
pub fn read(app: &App, provider: &Provider, mut bare: Map<String, Value>) -> Result<Option<Typed>> {
    if bare.is_empty() {
        return Ok(None);
    }
    let has_token = bare.contains_key("accessToken") || bare.contains_key("access_token");
    if provider.oauth2().is_some() && (has_token || provider.api_key().is_none()) {
        credentials::with_settings(provider, &mut bare, &app.config.outward.base_urls);
        let fields = beside(provider, &bare)?;
        return Ok(Some(Typed::Tokens(Handed::read(app, provider, &bare)?, fields)));
    }
    key(app, provider, bare).map(Some)
}

/// Reads the parts of a credential.
pub fn key(app: &App, provider: &Provider, mut bare: Map<String, Value>) -> Result<Typed> {
    credentials::with_settings(provider, &mut bare, &app.config.outward.base_urls);
    let values = credentials::typed(provider, &bare).map_err(refused)?;
    own_servers(app, provider, &values)?;
    Ok(Typed::Key(values))
}

/// Refuses addresses of servers that may not be called from here, before anything is sent; and without TLS nothing is sent
/// but to this very machine, where its developer opened that.
fn own_servers(app: &App, provider: &Provider, values: &Values) -> Result<()> {
    for (name, _) in provider.file().fields.iter().filter(|(_, field)| field.base_url) {
        let address = values.get_plain(name).and_then(Value::as_str).unwrap_or_default();
        let told = |why: &str| FieldError { pointer: pointer(name), detail: format!("`{name}`: {why}") };
        let refused = |told: FieldError| Error::new(Code::AddressRefused, told.detail.clone()).at(told);
        match app.egress.gate(address) {
            Ok(url) if url.scheme() == "https" || url.host_str().is_some_and(names_loopback) => {}
            Ok(_) => return Err(refused(told("the address must begin with https"))),
            Err(error) => return Err(refused(told(&error.to_string())).caused_by(error)),
        }
    }
    Ok(())
}

/// The fields that stand beside pasted tokens, and what a token answer would have told besides.
fn beside(provider: &Provider, bare: &Map<String, Value>) -> Result<Values> {
    let fields = credentials::fields(provider, bare).map_err(refused)?;
    let kept = provider.oauth2().into_iter().flat_map(|oauth2| oauth2.answer.keep.keys());
    let told = kept.filter_map(|name| Some((name, bare.get(name)?.as_str()?)));
    Ok(told.fold(fields, |values, (name, fact)| values.plain(name, fact)))
}

fn refused(invalid: Vec<InvalidField>) -> Error {
    let told = |field: InvalidField| FieldError {
        pointer: pointer(&field.key),
        detail: format!("{} {}", field.key, field.problem),
    };
    Error::fields(invalid.into_iter().map(told).collect())
}

fn pointer(part: &str) -> String {
    format!("/credentials/{part}")
}

/// Lets the provider's hook turn what was typed into what is kept.
pub async fn enter(desk: &Desk<'_>, typed: Typed) -> Result<Entered> {
    match (desk.provider.enters(), typed) {
        (Some(hook), Typed::Key(values)) => {
            let hooks::Entered { values, made } = hook.enter(desk, values).await?;
            Ok(Entered { typed: Typed::Key(values), made })
        }
        (_, typed) => Ok(Entered { typed, made: None }),
    }
}

/// Gives back what [`enter`] had made elsewhere, as well as that goes.
pub async fn leave(desk: &Desk<'_>, entered: &Entered) {
    if let Some(made) = &entered.made {
        revoke::leave(desk.app, desk.provider, entered.typed.values(), made).await;
    }
}

/// Gives back what was made for a credential that could not be stored.
pub async fn give_back(app: &App, grant: &NewGrant) {
    let Ok(provider) = app.provider(&grant.provider) else { return };
    if let (Kind::ApiKey, Some(made)) = (grant.kind, &grant.access) {
        revoke::leave(app, &provider, Values::new().facts(&grant.fields), made).await;
    }
}

/// Enters a credential and proves it. One that its provider does not take leaves nothing behind.
pub async fn accept(desk: &Desk<'_>, typed: Typed) -> Result<Accepted> {
    let (app, provider) = (desk.app, desk.provider);
    let entered = enter(desk, typed).await?;
    let proved = match prove(app, provider, &entered.typed).await {
        Ok(proved) => proved,
        Err(failure) => {
            leave(desk, &entered).await;
            return Err(unproved(failure));
        }
    };
    let data = proved.data(provider, &entered.typed);
    Ok(Accepted { grant: grant(app, provider, desk.label, entered, proved).await?, data })
}

/// A provider that cannot be asked has refused nothing; D4's clients know both as a 400.
fn unproved(failure: probe::Failure) -> Error {
    let sentence = format!("Credentials validation failed: {failure}");
    Error::new(failure.code(), sentence).status(http::StatusCode::BAD_REQUEST).caused_by(failure)
}

async fn grant(app: &App, provider: &Provider, label: &str, entered: Entered, proved: Proved) -> Result<NewGrant> {
    let Proved { external, facts, minted, .. } = proved;
    let mut grant = NewGrant { fields: facts, ..NewGrant::new(provider.slug(), label, external) };
    match entered.typed {
        Typed::Key(parts) => {
            let kept = parts.clone().without(provider.unkept());
            grant.kind = Kind::ApiKey;
            grant.credential = Some(connect::sealed_form(&kept)?);
            if let Some(made) = entered.made {
                // What it takes to give it back, which is done when nobody opens the credential any more.
                grant.access = Some(made);
                grant.fields.extend(kept.told());
            }
            if let Some(minted) = minted {
                mints(provider, &parts, minted, &mut grant)?;
            }
        }
        Typed::Tokens(tokens, fields) => {
            let client = app.clients.get(provider).await?;
            let tokens = longer::handed(app, provider, client.as_ref(), tokens, &fields).await;
            grant.kind = Kind::Oauth;
            grant.provenance = Some(Provenance::Pasted);
            grant.client_id = client.map(|client| client.id);
            grant.token_host = token_host(provider, &fields).ok();
            grant.access = Some(tokens.access_token);
            grant.refresh = tokens.refresh_token;
            grant.expires_in = tokens.expires_in;
            grant.scopes = tokens.scopes;
            grant.fields.extend(fields.told());
        }
    }
    Ok(grant)
}

/// What a credential that mints adds: its first token, and the only host that it may go to.
fn mints(provider: &Provider, parts: &Values, minted: Grant, grant: &mut NewGrant) -> Result<()> {
    let minting = provider.minting().map(|minting| minting.scopes.to_vec()).unwrap_or_default();
    grant.kind = Kind::Minted;
    grant.client_id = mint::client(provider, parts);
    grant.token_host = Some(mint::host(provider, parts).map_err(Error::internal)?);
    grant.access = Some(minted.access_token);
    grant.expires_in = minted.expires_in;
    grant.scopes = minted.scopes.unwrap_or(minting);
    grant.fields.extend(parts.told());
    Ok(())
}
