//! Makes of an older credential what a provider's file wants: first whatever can be said without knowing whose it is, so
//! that nothing is made for the sake of a record that is left out.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::Tenant,
    http::Code,
    id::derived,
    oauth::{
        connect,
        entry::{self, Entered, Typed},
        label, mint,
    },
    providers::{External, Provider, Values, credentials, hooks::Desk},
    secret::Secret,
    store::integrations::{CUSTOM, Kind, NewGrant, Provenance},
    upkeep::import::{self, Imported},
};

use super::{
    record::{Connection, Credential, Origin, Skip, Tokens},
    value::{Object, text, time},
};
use crate::failure::told;

/// What is of any type has at most so many bytes, here as when a client stores it.
const LARGEST: usize = 32 * 1024;
/// No token is longer.
const LONGEST_TOKEN: usize = 64 * 1024;
/// What describes an account and is longer, a picture in place of its address, is left out.
const LONGEST_FACT: usize = 2048;

const ACCESS: [&str; 2] = ["accessToken", "access_token"];
const REFRESH: [&str; 2] = ["refreshToken", "refresh_token"];
const EXPIRES_AT: [&str; 4] = ["expiryDate", "expiry_date", "expiresAt", "expires_at"];
const EXPIRES_IN: [&str; 2] = ["expiresIn", "expires_in"];
/// What else stands beside tokens, and is taken or says nothing of its own.
const BESIDE_TOKENS: [&str; 8] =
    [ACCESS[0], ACCESS[1], REFRESH[0], REFRESH[1], "tokenType", "token_type", "scope", "scopes"];

/// A connection that can be kept, as far as can be told without knowing whose it is.
pub(super) struct Ready {
    pub(super) id: Origin,
    /// Without what [`entered`] adds.
    imported: Imported,
    provider: Option<Arc<Provider>>,
    /// What was typed.
    parts: Option<Values>,
}

impl Ready {
    /// As it is stored: the provider's own name, and which of several.
    pub(super) fn slot(&self) -> (&str, &str) {
        (&self.imported.grant.provider, &self.imported.grant.label)
    }

    /// Where it would go at this owner. Nothing is asked of a provider.
    pub(super) fn within(&mut self, tenant: &Tenant) -> &Imported {
        self.imported.id = self.id.within(tenant);
        &self.imported
    }
}

/// Looks at a connection by itself, and asks nobody.
pub(super) fn checked(app: &App, old: Connection, ignore: &[String]) -> Result<Ready, Skip> {
    label::checked(Some(&old.label)).map_err(|error| Skip::new(format!("its label: {}", error.message())))?;
    let mut grant = NewGrant::new(&old.provider, &old.label, described_in_brief(old.external));
    grant.scopes = old.scopes;
    let provider = match app.provider(&old.provider) {
        Ok(provider) if !old.of_any_type || provider.api_key().is_some() => Some(provider),
        _ if old.of_any_type => None,
        Err(error) if error.code() != Code::UnknownProvider => return Err(Skip::new(told(&error))),
        _ => {
            let name = old.provider;
            return Err(Skip::new(format!("the catalogue has no provider `{name}`: add its file and run again")));
        }
    };
    let mut parts = None;
    match &provider {
        None => of_any_type(old.credential, &mut grant)?,
        Some(provider) => {
            provider.slug().clone_into(&mut grant.provider);
            if let Credential::Typed(typed) = &old.credential {
                nothing_lost(provider, typed, &grant.external, ignore)?;
            }
            match tokens(provider, old.credential, old.connected_at) {
                Ok(tokens) => with_tokens(app, &mut grant, tokens)?,
                Err(typed) => parts = Some(typed_parts(app, provider, typed)?),
            }
        }
    }
    for (name, members) in [("settings", &old.settings), ("metadata", &old.metadata)] {
        if serde_json::to_string(members).map_or(usize::MAX, |text| text.len()) > LARGEST {
            return Err(Skip::new(format!("its {name} are longer than 32 KiB")));
        }
    }
    let imported = Imported {
        // Whose it becomes is not known yet.
        id: derived(&[]),
        grant,
        settings: old.settings,
        metadata: old.metadata,
        connected_at: old.connected_at,
        written_at: old.written_at,
        last_tested_at: old.last_tested_at,
        last_used_at: old.last_used_at,
        status: old.status,
        last_error: old.last_error,
        error_count: old.error_count,
    };
    Ok(Ready { id: old.id, imported, provider, parts })
}

/// Adds what the operator's settings say of its provider.
pub(super) async fn described(app: &App, ready: &mut Ready) -> Result<(), Skip> {
    let Some(provider) = &ready.provider else { return Ok(()) };
    let described = import::described(app, provider, &mut ready.imported.grant).await;
    described.map_err(|error| Skip::new(told(&error)))
}

/// Whether it could be kept for somebody who is not made yet.
pub(super) async fn tried(app: &App, tenant: &Tenant, ready: &Ready) -> Result<(), Skip> {
    let (Some(provider), Some(parts)) = (&ready.provider, &ready.parts) else { return Ok(()) };
    let desk = Desk { app, tenant, provider, label: &ready.imported.grant.label, keeps: false };
    let entered = handed_in(&desk, parts.clone()).await?;
    entry::leave(&desk, &entered).await;
    Ok(())
}

/// The connection as it is stored here; `keeps` says whether it is going to be.
pub(super) async fn entered(app: &App, tenant: &Tenant, ready: Ready, keeps: bool) -> Result<Imported, Skip> {
    let Ready { id, mut imported, provider, parts } = ready;
    imported.id = id.within(tenant);
    let (Some(provider), Some(parts)) = (provider, parts) else { return Ok(imported) };
    let grant = &mut imported.grant;
    let desk = Desk { app, tenant, provider: &provider, label: &grant.label, keeps };
    let entered = handed_in(&desk, parts).await?;
    if !keeps {
        entry::leave(&desk, &entered).await;
    }
    let (parts, made) = (entered.typed.values(), entered.made);
    // A webhook's claim holds for as long as the connection says that the id is its own.
    grant.external.id = entry::told_by_itself(&provider, &parts).id.or(grant.external.id.take());
    let form = connect::sealed_form(&parts.clone().without(provider.unkept()));
    grant.kind = Kind::ApiKey;
    if made.is_some() {
        // What it takes to give it back some day.
        grant.access = made;
        grant.fields.extend(parts.told());
    }
    grant.credential = Some(form.map_err(|error| Skip::new(told(&error)))?);
    // One that mints has its first token minted when somebody asks for it.
    if let Some(minting) = provider.minting_by(&parts) {
        let host = mint::host(&provider, &parts).map_err(|error| Skip::new(told(&error)))?;
        grant.kind = Kind::Minted;
        grant.client_id = mint::client(&provider, &parts);
        grant.token_host = Some(host);
        grant.scopes = minting.scopes.to_vec();
        grant.fields.extend(parts.told());
        grant.expires_in = Some(0);
    }
    Ok(imported)
}

/// What the provider makes of it, where it has a say.
async fn handed_in(desk: &Desk<'_>, parts: Values) -> Result<Entered, Skip> {
    entry::enter(desk, Typed::Key(parts)).await.map_err(|error| Skip::new(told(&error)))
}

/// What somebody kept under a name of their own, as it was.
fn of_any_type(old: Credential, grant: &mut NewGrant) -> Result<(), Skip> {
    let name = &grant.provider;
    let fits = (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let Credential::Typed(typed) = old else { return Err(Skip::new("holds tokens of an unknown provider")) };
    if !fits {
        return Err(Skip::new("its type is not 1 to 64 letters, digits, dots, dashes or underscores"));
    }
    grant.provider = format!("{CUSTOM}{name}");
    grant.kind = Kind::ApiKey;
    let form = serde_json::to_string(&typed).map_err(|_| Skip::new("its credential cannot be written"))?;
    if form.len() > LARGEST {
        drop(Secret::new(form));
        return Err(Skip::new("its credential is longer than 32 KiB"));
    }
    grant.credential = Some(Secret::new(form));
    Ok(())
}

/// Tokens, where the provider gives such and the record holds one; otherwise what was typed.
fn tokens(provider: &Provider, credential: Credential, since: Option<Timestamp>) -> Result<Tokens, Object> {
    let typed = match credential {
        Credential::Tokens(tokens) if provider.oauth2().is_some() => return Ok(tokens),
        Credential::Tokens(tokens) => {
            let access = Value::String(tokens.access.expose().clone());
            return Err(["accessToken", "token"].map(|name| (name.to_owned(), access.clone())).into_iter().collect());
        }
        Credential::Typed(typed) => typed,
    };
    let access = text(&typed, &ACCESS).filter(|_| provider.oauth2().is_some());
    // Where a key may be typed as well, an access token beside other parts belongs to that key.
    let typed_key = provider.api_key().is_some() && credentials::typed(provider, &typed).is_ok();
    match access {
        Some(access) if !typed_key => Ok(Tokens {
            access: Secret::new(access),
            refresh: text(&typed, &REFRESH).map(Secret::new),
            expires_at: time(&typed, &EXPIRES_AT).or_else(|| ends(&typed, since?)),
        }),
        _ => Err(typed),
    }
}

/// The end of a token that was told to live for so many seconds when it was got.
fn ends(typed: &Object, since: Timestamp) -> Option<Timestamp> {
    let seconds = text(typed, &EXPIRES_IN)?.parse().ok()?;
    since.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// Refuses a credential with something in it that would be lost, as it is with columns of a table.
fn nothing_lost(provider: &Provider, typed: &Object, external: &External, ignore: &[String]) -> Result<(), Skip> {
    let unread = credentials::unread(provider, typed);
    let is_read = |name: &String| !unread.contains(&name.as_str());
    let read: Vec<&Value> = typed.iter().filter(|(name, _)| is_read(name)).map(|(_, value)| value).collect();
    let told = [&external.id, &external.username, &external.email, &external.name];
    let strange = |name: &&str| {
        let (value, text) = (&typed[*name], text(typed, &[name]));
        let is_told = text.is_some() && told.contains(&&text);
        let empty = value.is_null() || value == "";
        let of_tokens = [&EXPIRES_AT[..], &EXPIRES_IN].concat().contains(name)
            || provider.oauth2().is_some() && BESIDE_TOKENS.contains(name);
        !empty && !is_told && !of_tokens && !read.contains(&value) && !ignore.iter().any(|ignored| ignored == name)
    };
    let strange: Vec<String> = unread.iter().copied().filter(strange).map(|name| format!("`{name}`")).collect();
    if strange.is_empty() {
        return Ok(());
    }
    let (strange, slug) = (strange.join(", "), provider.slug());
    Err(Skip::new(format!("its credential for {slug} holds {strange}, not known here; --ignore leaves that out")))
}

fn with_tokens(app: &App, grant: &mut NewGrant, tokens: Tokens) -> Result<(), Skip> {
    if [Some(&tokens.access), tokens.refresh.as_ref()]
        .into_iter()
        .flatten()
        .any(|one| one.expose().len() > LONGEST_TOKEN)
    {
        return Err(Skip::new("its token is longer than 64 KiB"));
    }
    let left = tokens.expires_at.map(|end| end.as_second() - app.clock.epoch());
    grant.kind = Kind::Oauth;
    // By the older system's client, which may not be ours.
    grant.provenance = Some(Provenance::Migrated);
    grant.access = Some(tokens.access);
    grant.refresh = tokens.refresh;
    // One that has ended already ends now.
    grant.expires_in = left.map(|left| u64::try_from(left).unwrap_or_default());
    Ok(())
}

fn described_in_brief(external: External) -> External {
    let brief = |fact: Option<String>| fact.filter(|fact| fact.len() <= LONGEST_FACT);
    External {
        id: brief(external.id),
        username: brief(external.username),
        email: brief(external.email),
        name: brief(external.name),
        avatar: brief(external.avatar),
        workspace: brief(external.workspace),
    }
}

/// The parts that the provider's file names.
fn typed_parts(app: &App, provider: &Provider, mut typed: Map<String, Value>) -> Result<Values, Skip> {
    credentials::with_settings(provider, &mut typed, &app.config.outward.base_urls);
    let parts = credentials::typed(provider, &typed).map_err(|invalid| {
        let problems: Vec<String> = invalid.iter().map(ToString::to_string).collect();
        Skip::new(format!("its credential for {}: {}", provider.slug(), problems.join(", ")))
    })?;
    if provider.minting().is_some() {
        mint::host(provider, &parts).map_err(|error| Skip::new(told(&error)))?;
    }
    Ok(parts)
}
