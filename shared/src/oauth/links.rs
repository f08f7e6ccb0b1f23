//! Connect links: an account is brought by a browser without any sign-in, waits, and is connected when the app's back end
//! says that it was its own user who came back.
//!
//! What binds the steps: the link goes to the first browser that begins, by a cookie; only this browser is sent to the
//! return address with a code; and the confirmation shows the code and names the user whose session the app saw there. A
//! link that is passed on so ends in a browser whose user is another one.

mod held;

use std::collections::BTreeMap;

use aws_lc_rs::constant_time;
use url::Url;

use self::held::Held;
use super::connect::{self, Prepared, Sealer};
use crate::{
    app::App,
    auth::{Owner, Tenant},
    http::{Code, Error, Result},
    id::{IntegrationId, random_token},
    providers::hooks::Desk,
    secret::Secret,
    store::{
        errands::{Errand, Task},
        integrations::{Integration, Kind, NewGrant, attribute as at},
        key::Key,
        links::{Brought, CONFIRM_WITHIN, Connecting, LIFE, Link, Status, Wanted, hash_of, id_of},
        timers::Revocation,
    },
    vault::{Place, Purpose},
};

/// How often a connect looks again after somebody else changed the row under its hands.
const ROUNDS: usize = 5;
/// After the last moment of a confirmation it takes so long until tokens are given back: clocks differ, seconds.
const MARGIN: i64 = 60;

/// What a back end asks for.
pub struct NewLink<'a> {
    /// For whom.
    pub tenant: &'a Tenant,
    /// The service key.
    pub made_by: &'a str,
    /// What may be connected.
    pub providers: BTreeMap<String, Wanted>,
    /// Where the browser goes afterwards.
    pub return_to: Url,
    /// Whether the result waits for a confirmation.
    pub confirm: bool,
}

/// Makes a link; gives it and the address to open.
pub async fn create(app: &App, new: NewLink<'_>) -> Result<(Link, Url)> {
    let Owner::User(user) = new.tenant.owner() else {
        return Err(Error::field("/user", "Say for which user"));
    };
    allowed(app, new.tenant, &new.return_to).await?;
    let token = random_token();
    let link = Link {
        id: id_of(&token),
        org: new.tenant.org().clone(),
        user: user.clone(),
        made_by: new.made_by.to_owned(),
        providers: new.providers,
        return_to: new.return_to.to_string(),
        confirm: new.confirm,
        status: Status::Open,
        expires_at: app.clock.epoch() + LIFE,
        browser: None,
        code: None,
        provider: None,
        account: None,
        held: None,
        timer_pk: None,
        timer_sk: None,
        integration: None,
    };
    app.store.keep_link(&link).await?;
    Ok((link, app.own_url(&format!("/connect/{token}")).await?))
}

/// A return address lies on our origin, on the front end's, or on one that the organisation's administrator named.
async fn allowed(app: &App, tenant: &Tenant, url: &Url) -> Result<()> {
    if url.fragment().is_some() {
        return Err(Error::new(Code::RedirectRefused, "returnTo must not have a fragment"));
    }
    if app.origins().await?.holds(url) {
        return Ok(());
    }
    let organisation = app.store.organisation(tenant.org()).await?;
    let named = organisation.map(|organisation| organisation.return_origins).unwrap_or_default();
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && named.contains(&url.origin().ascii_serialization()) {
        return Ok(());
    }
    let message = "returnTo must lie on this service's, its front end's or one of the organisation's return origins";
    Err(Error::new(Code::RedirectRefused, message))
}

/// The link of a token, if it can still be used and its user is still there.
pub async fn usable(app: &App, token: &str) -> Result<Option<Link>> {
    let found = app.store.link(&id_of(token)).await?;
    let now = app.clock.epoch();
    let Some(link) =
        found.filter(|link| link.expires_at > now && matches!(link.status, Status::Open | Status::Started))
    else {
        return Ok(None);
    };
    Ok(connect::still_there(app, &tenant(&link)).await.is_ok().then_some(link))
}

/// The name of the cookie that binds a browser to a link.
pub async fn cookie(app: &App, token: &str) -> Result<String> {
    let prefix = if app.public_url().await?.scheme() == "https" { "__Host-" } else { "" };
    let id = id_of(token);
    Ok(format!("{prefix}postern_lnk_{}", &id.as_str()[4..20]))
}

/// Whether this is the code that the link's browser took to the return address.
pub fn takes(link: &Link, code: &Secret<String>) -> bool {
    link.code.as_ref().is_some_and(|stored| {
        constant_time::verify_slices_are_equal(hash_of(code.expose()).as_bytes(), stored.as_bytes()).is_ok()
    })
}

/// Whether the link is free for this browser: nobody's yet, or its own.
pub fn is_free_for(link: &Link, mut cookies: impl Iterator<Item = impl AsRef<str>>) -> bool {
    match &link.browser {
        None => true,
        Some(browser) => cookies.any(|cookie| hash_of(cookie.as_ref()) == *browser),
    }
}

/// Whose link it is.
pub fn tenant(link: &Link) -> Tenant {
    Tenant::for_job(link.org.clone(), Owner::User(link.user.clone()))
}

/// Where the link's browser goes in the end.
pub fn return_address(link: &Link) -> Result<Url> {
    let mut url: Url = link.return_to.parse().map_err(Error::internal)?;
    url.query_pairs_mut().append_pair("link", link.id.as_str());
    Ok(url)
}

/// What became of an account that a browser brought.
pub enum Arrived {
    /// It waits; the browser takes this code along.
    Waits(Secret<String>),
    /// It is connected.
    Connected(Box<Integration>),
    /// The link was used by something else meanwhile, or is over. Nothing is connected.
    TooLate,
}

/// Takes in what the link's browser brought.
pub async fn bring(app: &App, link: &Link, grant: &NewGrant) -> Result<Arrived> {
    connect::still_there(app, &tenant(link)).await?;
    if link.status != Status::Started {
        // The button was pressed more than once, and another one was first.
        return Ok(Arrived::TooLate);
    }
    if !link.confirm {
        return match connect_now(app, link, grant).await {
            Ok(integration) => Ok(Arrived::Connected(Box::new(integration))),
            Err(error) if error.code() == Code::ConnectLinkRefused => Ok(Arrived::TooLate),
            Err(error) => Err(error),
        };
    }
    let now = app.clock.epoch();
    let expires_at = link.expires_at.max(now + CONFIRM_WITHIN);
    let code = Secret::new(random_token());
    let timer = set_timer(app, link, grant, expires_at + MARGIN).await?;
    let forget = Task::ForgetLink { link: link.id.clone() };
    app.store.put_errand(&Errand { due_at: expires_at + MARGIN, ..Errand::new(forget, now) }).await?;
    let account = grant.external.display();
    let provider = grant.provider.clone();
    let held = Held::of(grant, now);
    let clear = Secret::new(serde_json::to_string(&held).map_err(Error::internal)?);
    let tenant = tenant(link);
    let held = app.vault.seal(&place(&tenant, link, &provider), clear.expose().as_bytes()).await?;
    let code_hash = hash_of(code.expose());
    let brought = Brought { provider: &provider, account, held, code: code_hash, timer, expires_at };
    let waits = app.store.hold_for_link(&link.id, &brought).await?;
    Ok(if waits { Arrived::Waits(code) } else { Arrived::TooLate })
}

/// Connects what waits. Whoever calls has checked the code and the user.
pub async fn confirm(app: &App, link: &Link) -> Result<Integration> {
    let (Some(sealed), Some(provider)) = (&link.held, &link.provider) else { return Err(refused()) };
    let tenant = tenant(link);
    let clear = app.vault.open(&place(&tenant, link, provider), sealed).await?;
    let held: Held = serde_json::from_str(clear.expose()).map_err(Error::internal)?;
    let grant = held.grant(app.clock.epoch());
    renewed(app, link, &tenant, &grant).await?;
    connect_now(app, link, &grant).await
}

/// Makes sure that what was typed some time ago is still this user's to have.
async fn renewed(app: &App, link: &Link, tenant: &Tenant, grant: &NewGrant) -> Result<()> {
    let Some(form) = grant.credential.as_ref().filter(|_| link.status != Status::Connected) else { return Ok(()) };
    let provider = app.provider(&grant.provider)?;
    let Some(hook) = provider.enters() else { return Ok(()) };
    let desk = Desk { app, tenant, provider: &provider, label: &grant.label, keeps: true };
    hook.renew(&desk, &connect::parts(&provider, form)?).await
}

async fn connect_now(app: &App, link: &Link, grant: &NewGrant) -> Result<Integration> {
    let tenant = tenant(link);
    for _ in 0..ROUNDS {
        let Prepared { key, write, id } = connect::prepare(app, &tenant, grant).await?;
        let account = grant.external.display();
        let chosen = (grant.provider.as_str(), account.as_deref());
        match app.store.connect_link(link, &key, &write, &id, chosen).await? {
            Connecting::Done(integration) => return Ok(*integration),
            Connecting::Again => {}
            Connecting::Refused => return Err(refused()),
        }
    }
    Err(connect::changing())
}

/// The refusal of whatever does not fit the link's step.
pub fn refused() -> Error {
    Error::new(Code::ConnectLinkRefused, "This link is used, has run out, or waits for nothing")
}

/// Tokens that are not confirmed are given back to the provider: the job finds them where those of ended connections
/// are, sealed like those.
async fn set_timer(app: &App, link: &Link, grant: &NewGrant, due_at: i64) -> Result<Option<Key>> {
    // What a typed credential minted ends by itself.
    let Some(access) = grant.access.as_ref().filter(|_| grant.kind != Kind::Minted) else { return Ok(None) };
    let tenant = tenant(link);
    let id: IntegrationId = app.ids.make();
    let sealer = Sealer { app, tenant: &tenant, id: &id, provider: &grant.provider, grant: 0 };
    let Some(access_token) = sealer.seal(at::ACCESS_TOKEN, Some(access)).await? else { return Ok(None) };
    let timer = Revocation {
        org: link.org.clone(),
        owner: tenant.owner().as_str().to_owned(),
        integration: id.clone(),
        provider: grant.provider.clone(),
        account: grant.external.id.clone(),
        client_id: grant.client_id.clone(),
        token_host: grant.token_host.clone(),
        fields: grant.fields.clone(),
        grant: 0,
        typed: grant.kind == Kind::ApiKey,
        access_token,
        refresh_token: sealer.seal(at::REFRESH_TOKEN, grant.refresh.as_ref()).await?,
        client_secret: sealer.seal(at::CLIENT_SECRET, grant.client_secret.as_ref()).await?,
        due_at,
        tries: 0,
        renewed: false,
        since: due_at,
    };
    Ok(Some(app.store.set_link_timer(&timer).await?))
}

fn place<'a>(tenant: &'a Tenant, link: &'a Link, provider: &'a str) -> Place<'a> {
    Place {
        org: tenant.org(),
        owner: tenant.owner(),
        purpose: Purpose::Handshake,
        record: link.id.as_str(),
        provider,
        field: "held",
        grant: 0,
    }
}
