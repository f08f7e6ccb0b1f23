//! Asks a pretend person for consent, and sends the browser back with a code.
//!
//! The question stands in the query, for the page and for its form alike, so that each is checked from scratch.

use askama::Template;
use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::http::json::query_object;
use url::Url;

use super::{CLIENT_ID, PEOPLE, SCOPES, Sandbox, state::Consent};

/// What an app asks for.
#[derive(Deserialize)]
struct Question {
    client_id: String,
    redirect_uri: Url,
    response_type: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

#[derive(Template)]
#[template(path = "authorize.html")]
struct Page<'a> {
    action: String,
    people: &'a [(&'a str, &'a str, &'a str)],
    scopes: Vec<&'a str>,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    reason: &'a str,
}

#[derive(Template)]
#[template(path = "about.html")]
struct About<'a> {
    people: &'a [(&'a str, &'a str, &'a str)],
    scopes: &'a [&'a str],
    token_seconds: u32,
}

/// `GET /sandbox`: what this is.
pub(super) async fn about(State(sandbox): State<Sandbox>) -> Response {
    let page = About { people: &PEOPLE, scopes: &SCOPES, token_seconds: sandbox.0.token_seconds };
    document(&sandbox, StatusCode::OK, &page)
}

/// `GET /sandbox/authorize`: the page.
pub(super) async fn ask(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    match read(&sandbox, &query) {
        Err(response) => *response,
        Ok((_, scope)) => {
            let action = format!("/sandbox/authorize?{query}");
            let page = Page { action, people: &PEOPLE, scopes: scope.split(' ').collect() };
            document(&sandbox, StatusCode::OK, &page)
        }
    }
}

/// `POST /sandbox/authorize`: the answer.
pub(super) async fn decide(
    State(sandbox): State<Sandbox>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Browsers say where a form comes from; a page of another site must not consent in somebody's name.
    if headers.contains_key(header::ORIGIN) && !sandbox.0.own.sent_by(&headers) {
        return refused(&sandbox, "This answer came from a page of another site.");
    }
    let (question, scope) = match read(&sandbox, &query.unwrap_or_default()) {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let answer = std::str::from_utf8(&body).ok().and_then(|form| query_object(form).ok()).unwrap_or_default();
    let said = |name: &str| answer.get(name).and_then(Value::as_str);
    if said("decision") != Some("approve") {
        return back(&sandbox, &question, &[("error", "access_denied")]);
    }
    let Some((person, ..)) = PEOPLE.iter().find(|(id, ..)| said("person") == Some(*id)) else {
        return refused(&sandbox, "Nobody of this name has an account here.");
    };
    let consent = Consent {
        person: (*person).to_owned(),
        scope,
        redirect_uri: question.redirect_uri.as_str().to_owned(),
        challenge: question.code_challenge.clone().unwrap_or_default(),
    };
    let now = sandbox.now();
    match sandbox.0.book.change(move |state| state.consent(consent, now)).await {
        Ok(code) => back(&sandbox, &question, &[("code", &code)]),
        Err(error) => super::Refusal::from(error).into_response(),
    }
}

/// `GET /sandbox/style.css`.
pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css")).into_response()
}

/// The question and the scopes to give. Until client and address are known to be right, nobody is sent anywhere.
fn read(sandbox: &Sandbox, query: &str) -> Result<(Question, String), Box<Response>> {
    let object: Map<String, Value> =
        query_object(query).map_err(|_| Box::new(refused(sandbox, "A parameter was sent twice.")))?;
    let question: Question = serde_json::from_value(Value::Object(object))
        .map_err(|_| Box::new(refused(sandbox, "client_id and redirect_uri are needed.")))?;
    if question.client_id != CLIENT_ID {
        return Err(refused(sandbox, "This client is not known here.").into());
    }
    if !sandbox.0.callers.holds(&question.redirect_uri) || question.redirect_uri.fragment().is_some() {
        return Err(refused(sandbox, "redirect_uri is not an address of this client.").into());
    }
    let fail = |error: &str, description: &str| {
        Box::new(back(sandbox, &question, &[("error", error), ("error_description", description)]))
    };
    if question.response_type.as_deref() != Some("code") {
        return Err(fail("unsupported_response_type", "Only response_type=code is given"));
    }
    let s256 = question.code_challenge_method.as_deref() == Some("S256");
    if !s256 || question.code_challenge.as_deref().is_none_or(|challenge| challenge.len() != 43) {
        return Err(fail("invalid_request", "PKCE with S256 is required"));
    }
    let wanted = question.scope.as_deref().unwrap_or("profile");
    if wanted.split(' ').any(|scope| !SCOPES.contains(&scope)) {
        return Err(fail("invalid_scope", "There is no such scope"));
    }
    let scope = wanted.to_owned();
    Ok((question, scope))
}

/// Back to the app, with state and issuer (RFC 9207).
fn back(sandbox: &Sandbox, question: &Question, with: &[(&str, &str)]) -> Response {
    let mut url = question.redirect_uri.clone();
    {
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(with);
        pairs.extend_pairs(question.state.as_deref().map(|state| ("state", state)));
        pairs.append_pair("iss", &sandbox.0.issuer);
    }
    Redirect::to(url.as_str()).into_response()
}

fn refused(sandbox: &Sandbox, reason: &str) -> Response {
    document(sandbox, StatusCode::BAD_REQUEST, &Refused { reason })
}

fn document(sandbox: &Sandbox, status: StatusCode, page: &impl Template) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action {}; frame-ancestors 'none'; base-uri 'none'",
        sandbox.0.form_action
    );
    match page.render() {
        Ok(html) => {
            // Without any referrer a browser would send the form with `Origin: null`.
            let headers =
                [(header::CONTENT_SECURITY_POLICY, policy), (header::REFERRER_POLICY, "same-origin".to_owned())];
            (status, headers, Html(html)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
