//! The second half of a handshake: the code becomes tokens, the tokens become an integration.
//!
//! Whoever calls has consumed the handshake before; nothing here can be run twice for one state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Client, authorize, connect,
    longer::lengthened,
    sealed::{open, ready, seal, tenant_of},
    token::{self, Grant},
};
use crate::{
    app::App,
    egress::Bounds,
    http::{Code, Error, Result},
    providers::{External, Provider, Values, probe},
    secret::Secret,
    store::{
        handshakes::{self, Handshake, Status, Step},
        integrations::{Integration, Kind, NewGrant},
    },
};

/// No parameter of a callback that is kept is longer.
const LONGEST: usize = 256;

/// What the callback told besides the code and the provider's file wants kept, with what the person told before. What does
/// not look right is left out: it fills requests in, and nothing depends on it.
pub fn told(app: &App, handshake: &Handshake, query: &Map<String, Value>) -> Result<Option<BTreeMap<String, String>>> {
    let provider = app.provider(&handshake.provider)?;
    let wanted = provider.oauth2().into_iter().flat_map(|oauth2| &oauth2.callback_keep);
    let told = wanted.filter_map(|(name, pattern)| {
        let text = query.get(name)?.as_str()?;
        let fits = text.len() <= LONGEST && pattern.matches(text);
        if !fits {
            tracing::warn!(provider = handshake.provider, name, "a parameter of a callback does not look right");
        }
        fits.then(|| (name.clone(), text.to_owned()))
    });
    let told: BTreeMap<String, String> = told.collect();
    Ok((!told.is_empty()).then(|| handshake.fields.clone().into_iter().chain(told).collect()))
}

/// What an exchange brought: held in memory, or sealed in the handshake while the user is asked.
#[derive(Serialize, Deserialize)]
pub struct Exchanged {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
    scopes: Option<Vec<String>>,
    token_host: String,
    kept: BTreeMap<String, String>,
    /// Whose account it is.
    pub external: External,
}

impl Drop for Exchanged {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.access_token.zeroize();
        self.refresh_token.zeroize();
    }
}

/// Redeems the code and asks the provider whose account it is.
pub async fn exchange(app: &App, handshake: &Handshake, code: &Secret<String>) -> Result<Exchanged> {
    let provider = app.provider(&handshake.provider)?;
    let client = client(app, &provider, handshake).await?;
    let verifier = match &handshake.verifier {
        Some(sealed) => open(app, handshake, "verifier", sealed).await?,
        None => return Err(failed("The handshake holds no verifier")),
    };
    let fields = Values::new().facts(&handshake.fields);
    let unmade = |error| failed("The token request could not be made").caused_by(error);
    let call = token::exchange_request(&provider, &client, code, &handshake.redirect_uri, &verifier, &fields)
        .map_err(unmade)?;
    let token_host = token::token_host(&provider, &fields).map_err(unmade)?;
    // Codes and tokens cannot be had twice: what will seal them is taken in hand before the provider is asked.
    ready(app, handshake).await?;
    let answer = app
        .egress
        .provider(provider.hosts(), call.request, Bounds::TOKEN)
        .await
        .map_err(|error| failed(format!("{} could not be reached", provider.name())).caused_by(error))?;
    let grant = token::parse_answer(&provider, &answer, &call.sent)
        .map_err(|error| failed(format!("{} did not accept the code", provider.name())).caused_by(error))?;
    let grant = lengthened(app, &provider, &client, grant, &fields).await?;
    let credential = fields.facts(&grant.kept).access_token(grant.access_token.clone());
    let credential = client.signing(&provider, credential);
    match probe::identity(app, &provider, grant.external.clone(), &credential).await {
        Ok((external, kept)) => {
            let mut exchanged = exchanged(grant, token_host, external);
            exchanged.kept.extend(kept);
            Ok(exchanged)
        }
        Err(error) => {
            // Tokens of nobody knows whom are of no use to anybody.
            give_back(app, handshake, exchanged(grant, token_host, External::default())).await;
            Err(match error {
                probe::Failure::Unchosen(sentence) => failed(sentence),
                error => failed(format!("{} did not say whose account this is", provider.name())).caused_by(error),
            })
        }
    }
}

/// The issuer that the callback must name (RFC 9207), where the provider announces one.
pub fn issuer(app: &App, handshake: &Handshake) -> Result<Option<String>> {
    let provider = app.provider(&handshake.provider)?;
    authorize::issuer(&provider, &Values::new().facts(&handshake.fields)).map_err(Error::internal)
}

fn exchanged(grant: Grant, token_host: String, external: External) -> Exchanged {
    Exchanged {
        access_token: grant.access_token.expose().clone(),
        refresh_token: grant.refresh_token.as_ref().map(|token| token.expose().clone()),
        expires_in: grant.expires_in,
        scopes: grant.scopes,
        token_host,
        kept: grant.kept,
        external,
    }
}

/// Stores the connection and closes the handshake; also where it could not be stored.
pub async fn complete(app: &App, handshake: &Handshake, from: Status, exchanged: Exchanged) -> Result<Integration> {
    let connected = async {
        let (tenant, grant) = (tenant_of(handshake), grant(app, handshake, &exchanged).await?);
        connect::still_there(app, &tenant).await?;
        let by = connect::By { actor: handshake.user.as_str(), request: None };
        connect::connect_by(app, &tenant, &grant, by).await
    };
    let integration = match connected.await {
        Ok(integration) => integration,
        Err(error) => {
            // Whether a write without an answer got through nobody knows, so then nothing is given back.
            if matches!(error.code(), Code::Conflict | Code::LimitReached) {
                give_back(app, handshake, exchanged).await;
            }
            if let Err(unnoted) = fail(app, handshake, from, "The connection could not be stored").await {
                tracing::warn!(handshake = %handshake.id, error = %unnoted, "a failed handshake could not be closed");
            }
            return Err(error);
        }
    };
    let step =
        Step { integration: Some(integration.id.clone()), account: exchanged.external.display(), ..Step::default() };
    // The account is connected, whatever becomes of this note of it.
    if let Err(unnoted) = app.store.advance_handshake(&handshake.id, from, Status::Completed, step).await {
        tracing::warn!(handshake = %handshake.id, error = %unnoted, "a completed handshake could not be closed");
    }
    Ok(integration)
}

/// What an exchange brought, as it is connected.
pub async fn grant(app: &App, handshake: &Handshake, exchanged: &Exchanged) -> Result<NewGrant> {
    let provider = app.provider(&handshake.provider)?;
    let client_secret = match &handshake.client_secret {
        Some(sealed) => Some(open(app, handshake, "client_secret", sealed).await?),
        None => None,
    };
    let mut fields = handshake.fields.clone();
    fields.extend(exchanged.kept.clone());
    Ok(NewGrant {
        kind: Kind::Oauth,
        client_id: Some(handshake.client_id.clone()),
        client_secret,
        token_host: Some(exchanged.token_host.clone()),
        access: Some(Secret::new(exchanged.access_token.clone())),
        refresh: exchanged.refresh_token.clone().map(Secret::new),
        expires_in: exchanged.expires_in,
        scopes: exchanged.scopes.clone().unwrap_or_else(|| handshake.scopes.clone()),
        fields,
        ..NewGrant::new(provider.slug(), &handshake.label, exchanged.external.clone())
    })
}

/// Seals what was exchanged into the handshake, until the user has said yes. `false` where the time is over: then it was
/// given back.
pub async fn hold(app: &App, handshake: &Handshake, exchanged: Exchanged) -> Result<bool> {
    let sealed = async {
        let clear = Secret::new(serde_json::to_string(&exchanged).map_err(Error::internal)?);
        seal(app, handshake, "held", &clear).await
    };
    let held = match sealed.await {
        Ok(held) => held,
        Err(error) => {
            give_back(app, handshake, exchanged).await;
            return Err(error);
        }
    };
    let step = Step { held: Some(held), account: exchanged.external.display(), ..Step::default() };
    let held =
        app.store.advance_handshake(&handshake.id, Status::Exchanging, Status::Confirming, step).await?.is_some();
    if !held {
        give_back(app, handshake, exchanged).await;
    }
    Ok(held)
}

/// What [`hold`] sealed.
pub async fn held(app: &App, handshake: &Handshake) -> Result<Exchanged> {
    let clear = opened(app, handshake, "held").await?;
    serde_json::from_str(clear.expose()).map_err(Error::internal)
}

/// Seals a code that came without the browser's cookie into the handshake, and binds it to the browser that brought it:
/// whoever sent somebody else through the provider cannot pick up the code from afar. `false` where somebody was faster.
pub async fn park(
    app: &App,
    handshake: &Handshake,
    code: &Secret<String>,
    browser: &Secret<String>,
    fields: Option<BTreeMap<String, String>>,
) -> Result<bool> {
    let held = seal(app, handshake, "code", code).await?;
    let browser = Some(handshakes::browser_hash(browser.expose()));
    let step = Step { held: Some(held), browser, fields, ..Step::default() };
    Ok(app.store.advance_handshake(&handshake.id, Status::Pending, Status::Parked, step).await?.is_some())
}

/// The code that [`park`] sealed.
pub async fn parked(app: &App, handshake: &Handshake) -> Result<Secret<String>> {
    opened(app, handshake, "code").await
}

/// Gives tokens that nobody here wants back to the provider, as well as that goes. Not where that would end all that the
/// person granted to this client: another connection may live of it, and tokens that nobody keeps harm nobody.
pub async fn give_back(app: &App, handshake: &Handshake, exchanged: Exchanged) {
    let tried = async {
        let provider = app.provider(&handshake.provider)?;
        if provider.revokes_account() {
            return Ok(());
        }
        let client = client(app, &provider, handshake).await?;
        let fields = Values::new().facts(&handshake.fields);
        let access = Secret::new(exchanged.access_token.clone());
        let refresh = exchanged.refresh_token.clone().map(Secret::new);
        let Some(call) = token::revoke_request(&provider, &client, &access, refresh.as_ref(), &fields) else {
            return Ok(());
        };
        let call = call.map_err(Error::internal)?;
        let signing = client.signing(&provider, Values::new());
        probe::send(app, &provider, call, &signing, Bounds::TOKEN).await.map_err(Error::internal)?;
        Ok::<(), Error>(())
    };
    if let Err(error) = tried.await {
        tracing::warn!(provider = handshake.provider, code = error.code().as_str(), "tokens could not be given back");
    }
}

/// Closes a handshake that came to nothing. The sentence is ours, never the provider's.
pub async fn fail(app: &App, handshake: &Handshake, from: Status, sentence: &str) -> Result<()> {
    let step = Step { error: Some(sentence.to_owned()), ..Step::default() };
    app.store.advance_handshake(&handshake.id, from, Status::Failed, step).await?;
    Ok(())
}

async fn opened(app: &App, handshake: &Handshake, field: &str) -> Result<Secret<String>> {
    let sealed = handshake.held.as_ref().ok_or_else(|| failed("Nothing is held for this handshake"))?;
    open(app, handshake, field, sealed).await
}

async fn client(app: &App, provider: &Provider, handshake: &Handshake) -> Result<Client> {
    if let Some(sealed) = &handshake.client_secret {
        let secret = open(app, handshake, "client_secret", sealed).await?;
        return Ok(Client { id: handshake.client_id.clone(), secret: Some(secret) });
    }
    // The operator may have changed the client between start and callback; the code belongs to the old one.
    match app.clients.get(provider).await? {
        Some(client) if client.id == handshake.client_id => Ok(client),
        _ => Err(failed(format!("{}'s OAuth client changed meanwhile", provider.name()))),
    }
}

fn failed(sentence: impl Into<String>) -> Error {
    Error::new(Code::HandshakeFailed, sentence)
}
