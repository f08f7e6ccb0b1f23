//! What becomes of an account that a connect link's browser brings back from the provider.

use shared::{
    app::App,
    http::{Code, Result},
    id::LinkId,
    oauth::{
        connect,
        exchange::{self, Exchanged},
        links::{self, Arrived},
    },
    store::handshakes::{Handshake, Status, Step},
};

use crate::callback::{NOT_CONNECTED, Outcome};

/// Lets it wait for the confirmation, or connects it where none is wanted. A person is looking on, so whatever goes wrong
/// is a redirect.
pub(crate) async fn brought(
    app: &App,
    handshake: &Handshake,
    link: &LinkId,
    from: Status,
    exchanged: Exchanged,
) -> Outcome {
    match taken(app, handshake, link, &exchanged).await {
        Ok(Some(outcome)) => {
            let step = Step { account: exchanged.external.display(), ..Step::default() };
            if let Err(error) = app.store.advance_handshake(&handshake.id, from, Status::Completed, step).await {
                tracing::warn!(handshake = %handshake.id, %error, "a handshake could not be closed");
            }
            return outcome;
        }
        Ok(None) => exchange::give_back(app, handshake, exchanged).await,
        Err(error) => {
            tracing::warn!(handshake = %handshake.id, code = error.code().as_str(), "a link's account was not taken in");
            // Whether a write without an answer got through nobody knows; what waits has a timer that gives it back.
            if matches!(error.code(), Code::Conflict | Code::LimitReached) {
                exchange::give_back(app, handshake, exchanged).await;
            }
        }
    }
    if let Err(error) = exchange::fail(app, handshake, from, NOT_CONNECTED).await {
        tracing::warn!(handshake = %handshake.id, code = error.code().as_str(), "a failed handshake could not be closed");
    }
    Outcome::Error(NOT_CONNECTED)
}

async fn taken(app: &App, handshake: &Handshake, link: &LinkId, exchanged: &Exchanged) -> Result<Option<Outcome>> {
    let Some(link) = app.store.link(link).await? else { return Ok(None) };
    let grant = exchange::grant(app, handshake, exchanged).await?;
    Ok(match links::bring(app, &link, &grant).await? {
        Arrived::Waits(code) => Some(Outcome::Waits(code)),
        Arrived::Connected(integration) => {
            connect::noted(app, &integration, &link.made_by).await;
            Some(Outcome::Connected)
        }
        Arrived::TooLate => None,
    })
}
