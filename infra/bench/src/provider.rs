//! A provider on loopback that rotates its refresh tokens, takes its time, and counts.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::json;

use crate::Failure;

/// Its name.
pub(crate) const SLUG: &str = "acme";

/// The provider. It ends with the process.
#[derive(Clone)]
pub(crate) struct Provider {
    port: u16,
    book: Arc<Book>,
}

struct Book {
    delay: Duration,
    lives: AtomicU64,
    consents: AtomicU64,
    refreshes: AtomicU64,
    refused: AtomicU64,
    /// The number of the refresh token that an account has.
    current: Mutex<HashMap<String, u64>>,
}

impl Provider {
    /// Starts one whose token endpoint takes so long for a refresh.
    pub(crate) async fn start(delay: Duration) -> Result<Self, Failure> {
        let book = Arc::new(Book {
            delay,
            lives: AtomicU64::new(3600),
            consents: AtomicU64::new(0),
            refreshes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            current: Mutex::default(),
        });
        let router = Router::new()
            .route("/authorize", post(authorize))
            .route("/token", post(token))
            .route("/me", get(async || Json(json!({ "id": "account-1", "login": "ada" }))))
            .with_state(Arc::clone(&book));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { port, book })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Access tokens live so many seconds from now on.
    pub(crate) fn tokens_live(&self, seconds: u64) {
        self.book.lives.store(seconds, Ordering::Relaxed);
    }

    /// How many refreshes it was asked for.
    pub(crate) fn refreshes(&self) -> u64 {
        self.book.refreshes.load(Ordering::Relaxed)
    }

    /// How many of them came with a refresh token that had been used before.
    pub(crate) fn refused(&self) -> u64 {
        self.book.refused.load(Ordering::Relaxed)
    }

    /// Its provider file.
    pub(crate) fn file(&self) -> String {
        let port = self.port;
        format!(
            r#"local_only = true
name = "Acme"
category = "Test"
icon = "FaFlask"
description = "Counts."
docs = "http://127.0.0.1:{port}/docs"
source = "http://127.0.0.1:{port}/docs"
checked = 2026-11-20
hosts = ["127.0.0.1:{port}"]
base_url = "http://127.0.0.1:{port}"

[auth.oauth2]
authorize_url = "http://127.0.0.1:{port}/authorize"
token_url = "http://127.0.0.1:{port}/token"
scopes = ["read"]
shared_callback = true

[auth.oauth2.refresh]
rotates = true

[[identity]]
request = {{ path = "/me" }}
id = ["/id"]
username = ["/login"]

[test]
path = "/me"
"#
        )
    }
}

async fn authorize(State(book): State<Arc<Book>>, RawQuery(query): RawQuery) -> Response {
    let asked = fields(query.unwrap_or_default().as_bytes());
    let (Some(back), Some(state)) = (asked.get("redirect_uri"), asked.get("state")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let code = format!("account{}", book.consents.fetch_add(1, Ordering::Relaxed));
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).append_pair("state", state).finish();
    Redirect::to(&format!("{back}?{query}")).into_response()
}

async fn token(State(book): State<Arc<Book>>, body: Bytes) -> Response {
    let form = fields(&body);
    let (account, number) = match (form.get("code"), form.get("refresh_token")) {
        (Some(account), _) => (account.clone(), 0),
        (None, Some(token)) => {
            book.refreshes.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(book.delay).await;
            let Some(number) = book.turn(token) else {
                book.refused.fetch_add(1, Ordering::Relaxed);
                return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
            };
            (token.rsplit_once('.').map_or_else(String::new, |(account, _)| account.to_owned()), number)
        }
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    Json(json!({
        "access_token": format!("access.{account}.{number}"),
        "refresh_token": format!("{account}.{number}"),
        "token_type": "bearer",
        "expires_in": book.lives.load(Ordering::Relaxed),
    }))
    .into_response()
}

impl Book {
    /// The next number, where this token is the account's current one.
    fn turn(&self, token: &str) -> Option<u64> {
        let (account, number) = token.rsplit_once('.')?;
        let mut all = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let current = all.entry(account.to_owned()).or_default();
        (number.parse() == Ok(*current)).then(|| {
            *current += 1;
            *current
        })
    }
}

fn fields(encoded: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}
