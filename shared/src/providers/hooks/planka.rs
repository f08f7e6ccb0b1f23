//! Planka: a password becomes a token, through the terms if need be, and is not kept. Comments and tasks have other paths
//! in Planka 1, told by what it refuses: no call tells its version to everybody.
//!
//! Seen on 2.1.1 and 1.26.3.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{Desk, Enter, Entered, Run};
use crate::{
    app::App,
    http::{Code, Error, Result},
    providers::{
        Provider, RenderError, Sent, Values, errors, json as body_json,
        probe::{Failure, own_server},
    },
    secret::Secret,
};

/// What is lent to Planka once, and not kept.
const TYPED: [&str; 2] = ["emailOrUsername", "password"];

pub(super) struct Planka;

impl Enter for Planka {
    fn enter<'a>(&'a self, desk: &'a Desk<'a>, typed: Values) -> BoxFuture<'a, Result<Entered>> {
        Box::pin(async move {
            if typed.has("token") || typed.has("apiKey") {
                return Ok(Entered { values: typed.without(TYPED), made: None });
            }
            let (Ok(user), Some(password)) = (typed.text("emailOrUsername"), typed.get_secret("password")) else {
                let needed = "Planka takes an e-mail or user name with a password, or an API key";
                return Err(Error::field("/credentials/emailOrUsername", needed));
            };
            let server = Server::of(desk.app, desk.provider, &typed).map_err(Failure::from)?;
            let token = server.sign_in(&user, password).await?;
            let values = typed.clone().without(TYPED).secret("token", token.clone());
            Ok(Entered { values, made: Some(token) })
        })
    }
}

impl Run for Planka {
    fn run<'a>(
        &'a self,
        app: &'a App,
        provider: &'a Provider,
        action: &'a str,
        input: &'a Map<String, Value>,
        credential: &'a Values,
    ) -> BoxFuture<'a, std::result::Result<Value, Failure>> {
        Box::pin(async move {
            let server = Server::of(app, provider, credential)?;
            let card = segment(input, "card")?;
            match action {
                "add_comment" => server.add_comment(&card, input, credential).await,
                "create_task" => server.create_task(&card, input, credential).await,
                other => Err(RenderError::UnknownAction(other.to_owned()).into()),
            }
        })
    }
}

/// One Planka, at the address that somebody typed or the operator set.
struct Server<'a> {
    app: &'a App,
    provider: &'a Provider,
    base: String,
}

impl<'a> Server<'a> {
    fn of(app: &'a App, provider: &'a Provider, values: &Values) -> std::result::Result<Self, RenderError> {
        let base = values.text("baseUrl")?.trim_end_matches('/').to_owned();
        Ok(Self { app, provider, base })
    }

    /// Lends the password to Planka, once, for a token. Every user's first sign-in to Planka 2 stops at the terms.
    async fn sign_in(&self, user: &str, password: &Secret<String>) -> Result<Secret<String>> {
        let body = json!({ "emailOrUsername": user, "password": password.expose() });
        let sent = Sent::new([password.clone()]);
        let answer = self.post("/access-tokens", &body).await?;
        let said = read(&answer);
        if answer.status() == StatusCode::FORBIDDEN && said["step"] == "accept-terms" {
            return self.accept_terms(&said, &sent).await;
        }
        self.token(&answer, &sent)
    }

    async fn accept_terms(&self, said: &Value, sent: &Sent) -> Result<Secret<String>> {
        let terms = self.send(Request::get(self.url("/terms?language=en-US")), Bytes::new()).await?;
        let body =
            json!({ "pendingToken": said["pendingToken"], "signature": read(&terms).pointer("/item/signature") });
        let answer = self.post("/access-tokens/accept-terms", &body).await?;
        self.token(&answer, sent)
    }

    /// The token in an answer, a bare text, or why there is none.
    fn token(&self, answer: &Response<Bytes>, sent: &Sent) -> Result<Secret<String>> {
        let verdict = errors::api(self.provider, answer, sent);
        match read(answer)["item"].as_str() {
            Some(token) if answer.status().is_success() && !token.is_empty() => Ok(Secret::from(token)),
            _ if answer.status() == StatusCode::UNAUTHORIZED => {
                Err(Error::new(Code::CredentialRefused, "Invalid Planka credentials").caused_by(verdict))
            }
            _ if answer.status().is_success() => {
                Err(Error::new(Code::ProviderFailed, "Planka's answer has no token in it"))
            }
            _ => Err(Failure::from(verdict).into()),
        }
    }

    async fn add_comment(
        &self,
        card: &str,
        input: &Map<String, Value>,
        credential: &Values,
    ) -> std::result::Result<Value, Failure> {
        let body = json!({ "text": input.get("text") });
        let newer = self.call(Method::POST, &format!("/cards/{card}/comments"), Some(&body), credential).await;
        match newer {
            Err(failure) if no_such_path(&failure) => {
                let older = format!("/cards/{card}/comment-actions");
                self.call(Method::POST, &older, Some(&body), credential).await.map_err(|_| failure)
            }
            newer => newer,
        }
    }

    /// In Planka 2 tasks are on a list of the card; the first one makes it.
    async fn create_task(
        &self,
        card: &str,
        input: &Map<String, Value>,
        credential: &Values,
    ) -> std::result::Result<Value, Failure> {
        let name = input.get("name");
        let list = json!({ "position": 65536, "name": "Tasks" });
        match self.call(Method::POST, &format!("/cards/{card}/task-lists"), Some(&list), credential).await {
            Ok(made) => {
                let id = made["id"].as_str().unwrap_or_default();
                let task = json!({ "position": 65536, "name": name });
                self.call(Method::POST, &format!("/task-lists/{id}/tasks"), Some(&task), credential).await
            }
            Err(failure) if no_such_path(&failure) => {
                let task = json!({ "position": 65536, "name": name });
                let older = self.call(Method::POST, &format!("/cards/{card}/tasks"), Some(&task), credential).await;
                older.map_err(|_| failure)
            }
            Err(failure) => Err(failure),
        }
    }

    /// A call with the credential; gives the answer's `item`.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        credential: &Values,
    ) -> std::result::Result<Value, Failure> {
        let mut request = Request::builder().method(method).uri(self.url(path));
        if let Some(token) = credential.get_secret("token") {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        } else if let Some(key) = credential.get_secret("apiKey") {
            request = request.header("x-api-key", key.expose());
        }
        let answer = self.send(request, body.map(|body| Bytes::from(body.to_string())).unwrap_or_default()).await?;
        let sent = Sent::new(credential.secrets().cloned());
        let verdict = errors::api(self.provider, &answer, &sent);
        if !answer.status().is_success() {
            return Err(verdict.into());
        }
        let mut body = read(&answer);
        Ok(body.get_mut("item").map(Value::take).unwrap_or(body))
    }

    async fn post(&self, path: &str, body: &Value) -> std::result::Result<Response<Bytes>, Failure> {
        self.send(Request::post(self.url(path)), Bytes::from(body.to_string())).await
    }

    async fn send(
        &self,
        request: http::request::Builder,
        body: Bytes,
    ) -> std::result::Result<Response<Bytes>, Failure> {
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let request = request.map_err(|_| RenderError::NotAnAddress)?;
        own_server(self.app, request).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api{path}", self.base)
    }
}

/// An id in a path.
fn segment(input: &Map<String, Value>, name: &str) -> std::result::Result<String, RenderError> {
    let id = input.get(name).and_then(Value::as_str).ok_or_else(|| RenderError::Missing(name.to_owned()))?;
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { Ok(id.to_owned()) } else { Err(RenderError::BadSegment(name.to_owned())) }
}

/// Planka 1 says 404 to what it does not know, and so does a proxy before it; Planka 2 would say 500.
fn no_such_path(failure: &Failure) -> bool {
    matches!(failure, Failure::Said(verdict) if matches!(verdict.status, 404 | 405 | 500))
}

fn read(answer: &Response<Bytes>) -> Value {
    body_json::strict(answer.body()).unwrap_or(Value::Null)
}
