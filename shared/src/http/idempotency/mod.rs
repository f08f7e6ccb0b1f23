//! `Idempotency-Key`: a call that is sent again under the same key is carried out once (decision 19).
//!
//! A layer around each group's routes. Who calls is found out first: a caller who is refused gets the refusal and nothing
//! else. Then the key is claimed, the operation runs, and what came of it is noted; only a success counts. A call without
//! the header, or of an operation that nobody signs in for, passes untouched.
//!
//! Whether an answer may be kept is the operation's own word ([`rules`]); where it says nothing, the answer is not kept.

mod answer;
mod header;
pub mod rules;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use self::{
    answer::Sealer,
    rules::{Rule, Rules},
};
use super::{Code, Error, json};
use crate::{
    app::App,
    auth::{self, FreshCaller},
    store::answers::{Claim, Claimed},
};

/// What the layer goes by.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) app: App,
    pub(super) rules: Arc<Rules>,
}

/// The layer.
pub(super) async fn layer(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let Some(rule) = guard.rule(&request) else { return next.run(request).await };
    // A server drops what it does for a client that hangs up. A task of its own goes on: the call is noted, whoever waits.
    let call = async move { once(&guard.app, rule, request, next).await.unwrap_or_else(Error::into_response) };
    match tokio::spawn(call.in_current_span()).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(response) => response,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(ended)) => Error::internal(ended).into_response(),
    }
}

impl Guard {
    /// None where the call passes untouched.
    fn rule(&self, request: &Request) -> Option<Rule> {
        if !request.headers().contains_key(header::NAME) {
            return None;
        }
        let path = request.extensions().get::<MatchedPath>()?;
        self.rules.of(request.method(), path.as_str())
    }
}

async fn once(app: &App, rule: Rule, request: Request, next: Next) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let Ok(caller) = auth::admit_ahead(&mut parts, app).await else {
        // The operation meets the same refusal, and has its own words for it.
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let key = header::read(&parts.headers)?;
    let body = json::whole(Request::from_parts(parts.clone(), body), &()).await?;
    let keys = app.seeds.keys().await?;
    let sealer = Sealer::new(&keys, &caller, &key, &parts, &body);
    match app.store.claim_call(sealer.name(), sealer.prints()).await? {
        Claimed::Ours(claim) => Ok(carry_out(app, rule, &sealer, &claim, parts, body, next).await),
        claimed => {
            // What this instance remembers of a caller is not good enough here.
            FreshCaller::from_request_parts(&mut parts, app).await?;
            known(&sealer, claimed)
        }
    }
}

/// Runs the operation, and notes what came of it. It is done by then: where that cannot be noted, its answer goes out all
/// the same, and the key is free again when its lease is over.
async fn carry_out(
    app: &App,
    rule: Rule,
    sealer: &Sealer<'_>,
    claim: &Claim,
    parts: Parts,
    body: Bytes,
    next: Next,
) -> Response {
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let status = response.status();
    let (noted, response) = if status.is_client_error() || status.is_server_error() {
        (app.store.free_call(claim).await, response)
    } else {
        let (kept, response) = match rule {
            Rule::Replayed => answer::packed(response).await,
            Rule::Once => (None, response),
        };
        let answer = kept.and_then(|kept| sealer.seal(&kept));
        (app.store.finish_call(claim, answer.as_ref()).await, response)
    };
    if let Err(error) = noted {
        tracing::warn!(%error, status = status.as_u16(), "what came of a call with an idempotency key could not be noted");
    }
    response
}

/// The answer to a call whose key was used before.
fn known(sealer: &Sealer<'_>, claimed: Claimed) -> Result<Response, Error> {
    match claimed {
        Claimed::Differs => Err(Error::new(
            Code::IdempotencyMismatch,
            "This idempotency key was used for another call: take another key, or send the same call again",
        )),
        Claimed::Ours(_) | Claimed::Running(_) => {
            let message = "The first call with this idempotency key is being carried out; try again shortly";
            let left = if let Claimed::Running(left) = claimed { crate::limits::seconds(left) } else { 1 };
            Err(Error::new(Code::IdempotencyRunning, message).retry_after(left))
        }
        Claimed::Done { print, answer } => answer
            .and_then(|sealed| sealer.open(&print, &sealed))
            .and_then(|kept| answer::unpacked(&kept))
            .ok_or_else(|| {
                let message = "This call was carried out already, and its answer is not kept: look at what came of it, \
                               or take another idempotency key to do it once more";
                Error::new(Code::IdempotencyNotKept, message)
            }),
    }
}
