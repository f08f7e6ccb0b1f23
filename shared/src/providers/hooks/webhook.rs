//! An address of somebody's own that takes webhooks in: which id it has, and that nobody else has it.
//!
//! What arrives there is not taken in here.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use url::Url;

use super::{Desk, Enter, Entered, Run, TEST};
use crate::{
    app::App,
    http::{Code, Error, Result},
    id::random_token,
    providers::{Provider, RenderError, Values, probe::Failure},
};

/// Words that stand where an id could in the path of a webhook.
const RESERVED: [&str; 2] = ["n8n", "integration"];
/// An id that people choose is no longer.
const LONGEST: usize = 128;

pub(super) struct Webhook;

impl Enter for Webhook {
    fn enter<'a>(&'a self, desk: &'a Desk<'a>, typed: Values) -> BoxFuture<'a, Result<Entered>> {
        Box::pin(async move {
            let id = match chosen(&typed)? {
                Some(id) if !typed.has("secret") => return Err(unprotected(&id)),
                Some(id) => id,
                None => random_token(),
            };
            let store = &desk.app.store;
            let free = if desk.keeps {
                store.claim_webhook(desk.tenant, desk.label, &id).await?
            } else {
                store.webhook_is_free(desk.tenant, desk.label, &id).await?
            };
            // A claim that no connection stands behind gives way by itself.
            if free { Ok(Entered { values: typed.plain("webhookId", id), made: None }) } else { Err(taken(id)) }
        })
    }

    /// The claim has given way meanwhile, perhaps to somebody else.
    fn renew<'a>(&'a self, desk: &'a Desk<'a>, entered: &'a Values) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let id = entered.text("webhookId").map_err(Error::internal)?.into_owned();
            let free = desk.app.store.claim_webhook(desk.tenant, desk.label, &id).await?;
            if free { Ok(()) } else { Err(taken(id)) }
        })
    }
}

impl Run for Webhook {
    fn run<'a>(
        &'a self,
        app: &'a App,
        _provider: &'a Provider,
        action: &'a str,
        _input: &'a Map<String, Value>,
        credential: &'a Values,
    ) -> BoxFuture<'a, std::result::Result<Value, Failure>> {
        Box::pin(async move {
            if action != TEST {
                return Err(RenderError::UnknownAction(action.to_owned()).into());
            }
            let id = credential.text("webhookId")?;
            let url = app.own_url(&format!("/api/webhooks/{id}")).await;
            let url = url.ok().map(|url| url.to_string());
            Ok(json!({ "webhookId": id, "url": url }))
        })
    }

    fn proves(&self) -> bool {
        true
    }
}

/// The id that was asked for: outright, or as the last part of the address.
fn chosen(typed: &Values) -> Result<Option<String>> {
    let refused = |field: &str, why: &str| Error::field(format!("/credentials/{field}"), why);
    let (field, id) = match (typed.text("webhookId"), typed.text("url")) {
        (Ok(id), _) => ("webhookId", Some(id.into_owned())),
        (_, Ok(url)) => {
            let url = address(&url).ok_or_else(|| refused("url", "This is not an http or https address"))?;
            ("url", last_part(&url))
        }
        _ => ("webhookId", None),
    };
    let Some(id) = id else { return Ok(None) };
    let fits = id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !fits {
        return Err(refused(field, "A webhook's id has letters, digits, `-` and `_` only"));
    }
    if RESERVED.contains(&id.to_ascii_lowercase().as_str()) {
        return Err(refused(field, &format!("`{id}` is a reserved word and no webhook's id")));
    }
    Ok(Some(id))
}

fn address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// The last part of an address's path, where it has one.
fn last_part(url: &Url) -> Option<String> {
    url.path_segments()?.rfind(|part| !part.is_empty()).map(str::to_owned)
}

fn taken(id: String) -> Error {
    Error::new(Code::Conflict, "This webhook id is taken; choose another").with("webhookId", id)
}

fn unprotected(id: &str) -> Error {
    let sentence = format!("Anybody could guess the id `{id}`, so it needs a secret; leave the id out to be given one");
    Error::field("/credentials/secret", sentence)
}
