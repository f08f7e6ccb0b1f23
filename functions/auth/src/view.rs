//! The shapes that several operations answer with.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{
        Reach, Role, Scope,
        session::{self, Tokens},
    },
    http::Error,
    store::{service_keys::ServiceKey, users::User},
};
use utoipa::ToSchema;

/// A user, with the names that each older client looks for.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    /// The user's id.
    pub(crate) id: String,
    /// Lower case; a managed user may have none.
    pub(crate) email: Option<String>,
    /// The name shown.
    pub(crate) full_name: String,
    /// The same, for older clients.
    pub(crate) name: String,
    /// A name to log in by elsewhere.
    pub(crate) username: Option<String>,
    /// A picture's address.
    pub(crate) avatar_url: Option<String>,
    /// The same, for older clients.
    pub(crate) avatar: Option<String>,
    /// Whether the person may sign in.
    pub(crate) is_active: bool,
    /// Whether the e-mail address was proven.
    pub(crate) is_verified: bool,
    /// The organisation.
    pub(crate) team_id: String,
    /// What the person is in it.
    pub(crate) role: Role,
    /// What the person set.
    #[schema(value_type = Object)]
    pub(crate) settings: Map<String, Value>,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// The last sign-in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_login: Option<Timestamp>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.into(),
            email: user.email,
            name: user.full_name.clone(),
            full_name: user.full_name,
            username: user.username,
            avatar: user.avatar_url.clone(),
            avatar_url: user.avatar_url,
            is_active: user.is_active,
            is_verified: user.is_verified,
            team_id: user.org.into(),
            role: user.role,
            settings: user.settings,
            created_at: user.created_at,
            last_login: user.last_login,
        }
    }
}

/// What a sign-in gives.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// A JWT for the API.
    access_token: String,
    /// Good for one refresh.
    refresh_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// The access token's life, seconds.
    expires_in: i64,
    /// Who signed in.
    user: UserView,
    /// The access token again, for older clients.
    token: String,
}

/// What a refresh gives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refreshed {
    /// A JWT for the API.
    access_token: String,
    /// The next refresh token; the one that was sent is used up.
    refresh_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// The access token's life, seconds.
    expires_in: i64,
}

impl From<Tokens> for Refreshed {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token.expose().clone(),
            refresh_token: tokens.refresh_token.expose().clone(),
            token_type: "bearer",
            expires_in: tokens.expires_in,
        }
    }
}

/// Signs the user in. A page of ours also gets the session cookie; nobody else's page does.
pub(crate) async fn sign_in(app: &App, headers: &HeaderMap, user: User) -> Result<Response, Error> {
    let page = app.origins().await?.sent_by(headers);
    let (tokens, cookie) = session::open(app, &user, page).await?;
    let Refreshed { access_token, refresh_token, token_type, expires_in } = tokens.into();
    let token = access_token.clone();
    let body = SignedIn { access_token, refresh_token, token_type, expires_in, user: user.into(), token };
    Ok(with_cookie(cookie, Json(body)))
}

/// An answer that sets a cookie, if there is one to set.
pub(crate) fn with_cookie(cookie: Option<HeaderValue>, body: impl IntoResponse) -> Response {
    (AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie))), body).into_response()
}

/// A service key as it is listed: never with its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyView {
    /// The key's id.
    pub(crate) id: String,
    /// What its maker calls it.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) scopes: Vec<Scope>,
    /// With which providers: `"*"` or a list.
    #[schema(value_type = Vec<String>)]
    pub(crate) providers: Reach<String>,
    /// For which users: `"*"` or a list.
    #[schema(value_type = Vec<String>)]
    pub(crate) users: Reach<String>,
    /// In which project alone, if in one.
    pub(crate) project: Option<String>,
    /// Who made it.
    pub(crate) created_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// Until when it is good.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Timestamp,
}

impl From<ServiceKey> for KeyView {
    fn from(key: ServiceKey) -> Self {
        Self {
            id: key.id.into(),
            name: key.name,
            scopes: key.scopes,
            providers: key.providers,
            users: match key.users {
                Reach::All(star) => Reach::All(star),
                Reach::Only(those) => Reach::Only(those.into_iter().map(String::from).collect()),
            },
            project: key.project,
            created_by: key.created_by.into(),
            created_at: key.created_at,
            expires_at: key.expires_at,
        }
    }
}

/// A sentence about what was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// The sentence.
    pub(crate) message: &'static str,
}
