//! Asks the product something, in a sentence: `app.post("/api/x").bearer(&token).json(body).send().await`.

use std::{collections::BTreeMap, net::IpAddr, sync::Mutex};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
};
use base64::Engine as _;
use http_body_util::BodyExt;
use serde_json::Value;
use shared::http::ClientIp;

use crate::TestApp;

/// A request in the making.
#[must_use = "nothing is asked before `send`"]
pub struct Ask<'a> {
    app: &'a TestApp,
    jar: Option<&'a Mutex<BTreeMap<String, String>>>,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    ip: IpAddr,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(app: &'a TestApp, method: Method, path: String) -> Self {
        let ip = IpAddr::from([203, 0, 113, 1]);
        Self { app, jar: None, method, path, headers: HeaderMap::new(), body: Bytes::new(), ip }
    }

    /// With an access token or service key.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With HTTP Basic.
    pub fn basic(self, name: &str, password: &str) -> Self {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        self.header("authorization", &format!("Basic {pair}"))
    }

    /// With a header, beside others of its name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"));
        self
    }

    /// From an address of the network.
    pub fn from_ip(mut self, ip: &str) -> Self {
        self.ip = ip.parse().expect("an address");
        self
    }

    /// With a JSON body.
    pub fn json(self, body: impl Into<Value>) -> Self {
        self.header("content-type", "application/json").body(body.into().to_string())
    }

    /// With a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// With any body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and takes the whole answer in.
    pub async fn send(self) -> Answer {
        let mut request = Request::new(Body::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().expect("a path");
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(ClientIp(self.ip));
        let answer = self.app.serve(request).await;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body };
        if let Some(jar) = self.jar {
            keep(&mut jar.lock().expect("no test panicked here"), &answer);
        }
        answer
    }
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header, or nothing where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A member of the JSON body, by name or by pointer; null where it is missing.
    pub fn at(&self, pointer: &str) -> Value {
        let pointer = if pointer.starts_with('/') { pointer.to_owned() } else { format!("/{pointer}") };
        self.json().pointer(&pointer).cloned().unwrap_or_default()
    }

    /// The error's code; empty where the answer is none.
    pub fn code(&self) -> String {
        self.at("code").as_str().unwrap_or_default().to_owned()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }
}

/// A browser: keeps cookies, and says which page its requests come from.
pub struct Browser<'a> {
    app: &'a TestApp,
    page: String,
    jar: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(app: &'a TestApp, origin: &str) -> Self {
        Self { app, page: origin.to_owned(), jar: Mutex::default() }
    }

    /// Requests from now on come from a page of this origin.
    pub fn on(&mut self, origin: &str) {
        origin.clone_into(&mut self.page);
    }

    /// Navigates to an address of ours, as a link or a redirect does. A whole URL loses its origin.
    pub fn open(&self, address: &str) -> Ask<'_> {
        let path = url::Url::parse(address).map(|url| url[url::Position::BeforePath..].to_owned());
        let ask = self.ask(Method::GET, path.as_deref().unwrap_or(address));
        ask.header("accept", "text/html").header("sec-fetch-mode", "navigate")
    }

    /// Sends a form or a script's request from the page it is on.
    pub fn post(&self, path: &str) -> Ask<'_> {
        self.script(Method::POST, path)
    }

    /// Sends a script's `DELETE` from the page it is on.
    pub fn delete(&self, path: &str) -> Ask<'_> {
        self.script(Method::DELETE, path)
    }

    fn script(&self, method: Method, path: &str) -> Ask<'_> {
        let site = if self.page == crate::app::PUBLIC_URL { "same-origin" } else { "cross-site" };
        self.ask(method, path).header("origin", &self.page).header("sec-fetch-site", site)
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().expect("no test panicked here").get(name).cloned()
    }

    /// Forgets all cookies.
    pub fn forget(&self) {
        self.jar.lock().expect("no test panicked here").clear();
    }

    fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let mut ask = Ask::new(self.app, method, path.to_owned());
        ask.jar = Some(&self.jar);
        let cookies: Vec<String> = {
            let jar = self.jar.lock().expect("no test panicked here");
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        if cookies.is_empty() { ask } else { ask.header("cookie", &cookies.join("; ")) }
    }
}

/// Takes cookies in; one that is over at once is thrown away.
fn keep(jar: &mut BTreeMap<String, String>, answer: &Answer) {
    for cookie in answer.headers.get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().expect("a cookie of plain text");
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a cookie has a value");
        if attributes.to_ascii_lowercase().contains("max-age=0") || value.is_empty() {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}
