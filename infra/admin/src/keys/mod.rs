//! `keys`: what an operator does to data keys. The vault does it; here is which keys, in which order, and what was done.

mod reseal;
mod rotate;
mod shred;

use std::fmt::Write as _;

use serde_json::json;
use shared::{
    app::App,
    id::OrgId,
    store::{audit::Entry, walk::KeyState},
};

use crate::{
    cli::{Keys, Which},
    failure::Failure,
    output::{Ended, Output, counted},
};

pub(crate) async fn run(app: &App, output: Output, command: Keys) -> Result<Ended, Failure> {
    match command {
        Keys::Rotate(which) => rotate::run(app, output, &which).await,
        Keys::Rewrap(which) => rewrap(app, output, &which).await,
        Keys::Raise(which) => rotate::raise(app, output, &which).await,
        Keys::Shred(args) => shred::run(app, output, &args).await,
        Keys::List(which) => list(app, output, &which).await,
    }
}

impl Which {
    /// Nothing is done to all by leaving a word out, nor to nobody by a slip of the pen.
    async fn named(&self, app: &App) -> Result<(), Failure> {
        if self.org.is_none() && !self.all {
            return Err(Failure::usage("say whose keys: --org <id>, or --all"));
        }
        known(app, self.org.as_ref()).await
    }

    fn means(&self, key: &KeyState) -> bool {
        self.org.as_ref().is_none_or(|org| *org == key.org) && self.purpose.is_none_or(|purpose| purpose == key.purpose)
    }
}

/// Refuses an organisation that is not here: neither itself nor a key of it.
async fn known(app: &App, org: Option<&OrgId>) -> Result<(), Failure> {
    let Some(org) = org else { return Ok(()) };
    if app.store.organisation(org).await?.is_none() {
        let all = keys(app, &Which { org: Some(org.clone()), all: false, purpose: None }).await?;
        if all.is_empty() {
            return Err(Failure::usage(format!("there is no organisation {org}")));
        }
    }
    Ok(())
}

/// The data keys that are meant: a line each in memory.
async fn keys(app: &App, which: &Which) -> Result<Vec<KeyState>, Failure> {
    let (mut place, mut keys) = (None, Vec::new());
    loop {
        let stretch = app.store.walk_keys(place).await?;
        keys.extend(stretch.found.into_iter().filter(|key| which.means(key)));
        place = stretch.next;
        if place.is_none() {
            return Ok(keys);
        }
    }
}

/// Writes down what is about to be done to a key, before it is done.
async fn noted(app: &App, action: &str, key: &KeyState) -> Result<(), Failure> {
    let subject = key.purpose.as_str();
    let entry = Entry { org: &key.org, actor: "operator", action, subject, request: None };
    Ok(app.store.audit_detailed(&entry.about([("version", key.current.to_string())])).await?)
}

async fn list(app: &App, output: Output, which: &Which) -> Result<Ended, Failure> {
    known(app, which.org.as_ref()).await?;
    for key in keys(app, which).await? {
        output.line(&key, || {
            let KeyState { org, current, lowest, .. } = &key;
            let under_way = if key.unfinished { ", a rotation is under way" } else { "" };
            format!("{org} {}: version {current}, accepted from {lowest}{under_way}", key.purpose.as_str())
        })?;
    }
    Ok(Ended::Done)
}

async fn rewrap(app: &App, output: Output, which: &Which) -> Result<Ended, Failure> {
    which.named(app).await?;
    let (mut moved, mut looked, mut elsewhere) = (0, 0_u64, Vec::new());
    for key in keys(app, which).await? {
        noted(app, "data_key.rewrap", &key).await?;
        let done = app.vault.rewrap(&key.org, key.purpose).await?;
        moved += done.moved;
        looked += 1;
        let of = |version| format!("{} {}, version {version}", key.org, key.purpose.as_str());
        elsewhere.extend(done.elsewhere.into_iter().map(of));
    }
    let result = json!({ "keys": looked, "versionsMoved": moved, "elsewhere": elsewhere });
    output.result(&result, || {
        let keys = counted(looked, "key", "keys");
        let mut text = format!("{keys} looked at; {moved} versions were wrapped anew now.\n");
        for version in &elsewhere {
            let _ = writeln!(text, "{version}: wrapped by a key not named in VAULT_KEY_ID");
        }
        if elsewhere.is_empty() {
            text.push_str("All versions are wrapped by the first customer key.");
        }
        text
    })?;
    Ok(Ended::well(elsewhere.is_empty()))
}
