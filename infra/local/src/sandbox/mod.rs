//! The sandbox provider: a small but true OAuth server in this process, so that a newcomer has something to connect to.
//!
//! It plays somebody else's service. It shares no code, table or key with the product, and is reached only over HTTP,
//! through the same provider file and the same egress rules as any other provider. Development only.

mod authorize;
mod book;
mod resource;
mod state;
mod token;

use std::{io, path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use shared::{clock::Clock, http::origin::Origins};
use url::Url;

use self::book::Book;

/// The one client that the sandbox knows.
pub const CLIENT_ID: &str = "sandbox";

/// The scopes it gives.
const SCOPES: [&str; 3] = ["profile", "notes.read", "notes.write"];

/// The people who pretend to have an account there: id, name, e-mail.
const PEOPLE: [(&str, &str, &str); 2] =
    [("ada", "Ada Lovelace", "ada@sandbox.example"), ("grace", "Grace Hopper", "grace@sandbox.example")];

/// How a sandbox is set up.
pub struct Setup {
    /// Where it remembers; without a file it forgets with the process.
    pub file: Option<PathBuf>,
    /// The address it is reached at, without `/sandbox`.
    pub public_url: Url,
    /// The front end, which may take codes in as well.
    pub frontend_url: Option<Url>,
    /// How long access tokens live.
    pub token_seconds: u32,
    /// Time.
    pub clock: Clock,
}

/// The sandbox provider.
#[derive(Clone)]
pub struct Sandbox(Arc<Inside>);

struct Inside {
    book: Arc<Book>,
    /// Who may take a code in.
    callers: Origins,
    /// What a page may send its form to, redirects included.
    form_action: String,
    issuer: String,
    own: Origins,
    token_seconds: u32,
    clock: Clock,
}

impl Sandbox {
    /// Opens its book, or starts one.
    pub fn open(setup: Setup) -> io::Result<Self> {
        let Setup { file, public_url, frontend_url, token_seconds, clock } = setup;
        let callers = || std::iter::once(&public_url).chain(&frontend_url);
        let form_action: Vec<String> = callers().map(|url| url.origin().ascii_serialization()).collect();
        Ok(Self(Arc::new(Inside {
            book: Arc::new(Book::open(file)?),
            callers: Origins::new(callers()),
            form_action: form_action.join(" "),
            issuer: format!("{}/sandbox", public_url.origin().ascii_serialization()),
            own: Origins::new([&public_url]),
            token_seconds,
            clock,
        })))
    }

    /// The client's secret, for the operator's settings.
    pub fn client_secret(&self) -> String {
        self.0.book.read(|state| state.client_secret.clone())
    }

    /// Everything under `/sandbox`.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/sandbox", get(authorize::about))
            .route("/sandbox/authorize", get(authorize::ask).post(authorize::decide))
            .route("/sandbox/style.css", get(authorize::style))
            .route("/sandbox/token", post(token::token))
            .route("/sandbox/revoke", post(token::revoke))
            .route("/sandbox/me", get(resource::me))
            .route("/sandbox/notes", get(resource::list_notes).post(resource::add_note))
            .with_state(self.clone())
    }

    fn now(&self) -> i64 {
        self.0.clock.epoch()
    }
}

/// An error as OAuth (RFC 6749, 5.2) and bearer tokens (RFC 6750) have it.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

impl Refusal {
    const fn new(status: StatusCode, error: &'static str, description: &'static str) -> Self {
        Self { status, error, description }
    }

    const fn bad(error: &'static str, description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "the sandbox could not write its file");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Its file could not be written")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.error, "error_description": self.description }));
        let mut response = (self.status, body).into_response();
        if matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && let Ok(challenge) = format!("Bearer error=\"{}\"", self.error).try_into()
        {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests;
