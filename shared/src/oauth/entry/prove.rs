//! Whether a credential works, and whose it is.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Typed;
use crate::{
    app::App,
    oauth::{mint, token::Grant},
    providers::{External, Provider, Values, hooks::TEST, identity::from_token_answer, probe, test_data},
};

/// A credential that its provider has taken.
pub struct Proved {
    /// Whose account it is.
    pub(super) external: External,
    /// Facts to keep beside it, none of them secret.
    pub(super) facts: BTreeMap<String, String>,
    /// The token that it minted, where it is one that mints.
    pub(super) minted: Option<Grant>,
    /// What a hook told of it besides.
    told: Map<String, Value>,
}

impl Proved {
    /// What a person may see of it.
    pub fn data(&self, provider: &Provider, typed: &Typed) -> Value {
        let mut data = account(provider, &self.external, &typed.values().facts(&self.facts));
        if let Value::Object(data) = &mut data {
            data.extend(self.told.clone());
        }
        data
    }
}

/// Mints a token where the credential is one that mints, proves it and asks whose account it is.
pub async fn prove(app: &App, provider: &Provider, typed: &Typed) -> Result<Proved, probe::Failure> {
    let mut values = typed.values();
    if let (Typed::Tokens(..), true) = (typed, provider.signs_by_client()) {
        // Where it cannot be had the provider says what it thinks of a call without.
        let client = app.clients.get(provider).await.ok().flatten();
        values = client.map_or(values.clone(), |client| client.signing(provider, values));
    }
    if let Some(hook) = provider.runs().filter(|hook| hook.proves()) {
        let told = hook.run(app, provider, TEST, &Map::new(), &values).await?;
        let external = from_token_answer(provider, &told);
        let told = told.as_object().cloned().unwrap_or_default();
        return Ok(Proved { external, facts: BTreeMap::new(), minted: None, told });
    }
    let minted = match typed {
        Typed::Key(parts) if provider.minting_by(parts).is_some() => Some(mint::mint(app, provider, parts).await?),
        _ => None,
    };
    let Some(grant) = minted else {
        let (external, facts) = tried(app, provider, External::default(), &values).await?;
        return Ok(Proved { external, facts, minted: None, told: Map::new() });
    };
    let told = values.facts(&grant.kept).access_token(grant.access_token.clone());
    let (external, mut facts) = tried(app, provider, grant.external.clone(), &told).await?;
    facts.extend(grant.kept.clone());
    Ok(Proved { external, facts, minted: Some(grant), told: Map::new() })
}

/// Whose account it is, as far as the credential tells by itself. Nobody is asked.
pub fn told_by_itself(provider: &Provider, parts: &Values) -> External {
    from_token_answer(provider, &json!(parts.told()))
}

/// Asks whose account it is, and makes the cheapest call that proves the credential.
pub async fn tried(
    app: &App,
    provider: &Provider,
    told: External,
    values: &Values,
) -> Result<(External, BTreeMap<String, String>), probe::Failure> {
    let (external, facts) = probe::identity(app, provider, told, values).await?;
    if provider.file().test.is_some() {
        probe::test(app, provider, &values.clone().facts(&facts)).await?;
    }
    Ok((external, facts))
}

/// What a person may see of the account. Where the provider's file says what older clients expect, that comes along.
pub fn account(provider: &Provider, external: &External, facts: &Values) -> Value {
    let mut account = json!({
        "id": external.id, "username": external.username, "email": external.email,
        "name": external.name, "avatarUrl": external.avatar, "workspace": external.workspace,
    });
    let data = test_data(provider, &facts.clone().and(&external.values()));
    if let (Value::Object(account), Ok(Some(Value::Object(data)))) = (&mut account, data) {
        account.extend(data);
    }
    account
}
