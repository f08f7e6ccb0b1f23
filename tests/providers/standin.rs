//! A vendor on loopback: one listener for each of its hosts, so that what goes to the wrong one is seen, and the provider's
//! own file pointed at them. What it answers is the vendor's module's affair; tokens are issued and ended here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::State as Extracted,
    http::{HeaderMap, Method, Uri},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use support::{Reply, Setup};

/// What a vendor does with a request.
pub(crate) type Vendor = fn(&Asked, &mut Memory) -> Reply;

/// The OAuth client that a vendor knows.
pub(crate) const CLIENT: (&str, &str) = ("the-client", "hush-hush");
/// The only code that a vendor has given out.
pub(crate) const CODE: &str = "a-code";

/// One request that a vendor got.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The host it was meant for.
    pub(crate) host: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    /// Host and path, as in `api.example.com/me`.
    pub(crate) fn place(&self) -> String {
        format!("{}{}", self.host, self.path)
    }

    /// A field of the form or of the JSON body; empty where it is missing.
    pub(crate) fn field(&self, name: &str) -> String {
        if let Ok(json) = serde_json::from_slice::<Value>(&self.body) {
            return json[name].as_str().unwrap_or_default().to_owned();
        }
        let mut pairs = form_urlencoded::parse(&self.body).into_owned();
        pairs.find(|(field, _)| field == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// The token in `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> &str {
        self.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The token that a call of Meta's goes by, where its proof fits that token.
    pub(crate) fn proved_by(&self, secret: &str) -> Option<String> {
        use aws_lc_rs::hmac;
        let token = self.query.get("access_token").cloned().unwrap_or_else(|| self.bearer().to_owned());
        let said = hex::decode(self.query.get("appsecret_proof")?).ok()?;
        let proved = format!("{token}|{}", self.query.get("appsecret_time")?);
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), proved.as_bytes(), &said).ok()?;
        Some(token)
    }

    fn basic(&self) -> Option<(String, String)> {
        let decoded = BASE64_STANDARD.decode(self.header("authorization").strip_prefix("Basic ")?).ok()?;
        let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    }

    /// The client that asks, wherever it says so.
    pub(crate) fn client(&self) -> (String, String) {
        self.basic().unwrap_or_else(|| (self.field("client_id"), self.field("client_secret")))
    }
}

/// What a vendor remembers.
#[derive(Default)]
pub(crate) struct Memory {
    /// Tokens issued so far.
    pub(crate) issued: u32,
    access: BTreeSet<String>,
    refresh: BTreeSet<String>,
    /// Whether it has forgotten the client.
    pub(crate) estranged: bool,
    /// A switch of the vendor's own.
    pub(crate) quirk: bool,
    /// Whether it answers nobody.
    down: bool,
    pub(crate) seen: Vec<Asked>,
    /// Where each host is reached.
    pub(crate) at: BTreeMap<String, String>,
}

impl Memory {
    /// A new access token.
    pub(crate) fn access(&mut self) -> String {
        self.issued += 1;
        let token = format!("access-{}", self.issued);
        self.access.insert(token.clone());
        token
    }

    /// A new refresh token.
    pub(crate) fn refresh(&mut self) -> String {
        let token = format!("refresh-{}", self.issued);
        self.refresh.insert(token.clone());
        token
    }

    /// Whether an access token is good.
    pub(crate) fn takes(&self, token: &str) -> bool {
        self.access.contains(token)
    }

    /// Ends one access token.
    pub(crate) fn end(&mut self, token: &str) {
        self.access.remove(token);
    }

    /// Whether it knows who asks.
    pub(crate) fn knows(&self, asked: &Asked) -> bool {
        let (id, secret) = asked.client();
        !self.estranged && (id.as_str(), secret.as_str()) == CLIENT
    }

    /// The ordinary token endpoint: a code once, then refresh tokens. Errors are those of RFC 6749.
    pub(crate) fn token(&mut self, asked: &Asked, rotates: bool) -> Result<Value, Refused> {
        if !self.knows(asked) {
            return Err(Refused::Client);
        }
        let mut renewed = rotates;
        match asked.field("grant_type").as_str() {
            "authorization_code" if asked.field("code") == CODE => renewed = true,
            "refresh_token" if self.refresh.contains(&asked.field("refresh_token")) => {
                if rotates {
                    self.refresh.remove(&asked.field("refresh_token"));
                }
            }
            _ => return Err(Refused::Grant),
        }
        let mut answer = json!({ "access_token": self.access(), "token_type": "bearer", "expires_in": 3600 });
        if renewed {
            answer["refresh_token"] = self.refresh().into();
        }
        Ok(answer)
    }
}

/// Why a token endpoint gives nothing.
#[derive(Debug)]
pub(crate) enum Refused {
    Client,
    Grant,
}

impl Refused {
    /// As RFC 6749 has it.
    pub(crate) fn reply(&self) -> Reply {
        match self {
            Self::Client => Reply::json(401, json!({ "error": "invalid_client" })),
            Self::Grant => Reply::error("invalid_grant"),
        }
    }
}

/// A running vendor.
pub(crate) struct Standin {
    ports: Vec<(&'static str, u16)>,
    memory: Arc<Mutex<Memory>>,
}

struct Listening {
    host: &'static str,
    vendor: Vendor,
    memory: Arc<Mutex<Memory>>,
}

impl Standin {
    /// Starts one listener for each host.
    pub(crate) async fn start(hosts: &[&'static str], vendor: Vendor) -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let mut ports = Vec::new();
        for host in hosts {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let here = Arc::new(Listening { host, vendor, memory: Arc::clone(&memory) });
            let router = Router::new().fallback(answer).with_state(here);
            tokio::spawn(async move { axum::serve(listener, router).await });
            memory.lock().unwrap().at.insert((*host).to_owned(), format!("http://127.0.0.1:{port}"));
            ports.push((*host, port));
        }
        // `sandbox.api.example` before `api.example`, which is a part of it.
        ports.sort_by_key(|(host, _)| std::cmp::Reverse(host.len()));
        Self { ports, memory }
    }

    /// The product's set-up with these providers pointed here. Files that others extend come along.
    pub(crate) fn setup(&self, mut setup: Setup, slugs: &[&str]) -> Setup {
        for slug in slugs {
            setup = setup.provider_file(slug, &self.file(slug)).client(slug, CLIENT.0, CLIENT.1);
        }
        self.ports.iter().fold(setup, |setup, (_, port)| setup.allow(*port))
    }

    /// A provider's own file, with every address of these hosts leading here.
    pub(crate) fn file(&self, slug: &str) -> String {
        let path = format!("{}/../shared/providers/{slug}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        // Google's scopes look like addresses, and are none.
        let mut text = text.replace("https://www.googleapis.com/auth/", "scope://");
        for (host, port) in &self.ports {
            text = text.replace(&format!("https://{host}"), &format!("http://127.0.0.1:{port}"));
        }
        let text = text.replace("scope://", "https://www.googleapis.com/auth/");
        // As the file has it where it is built in.
        let text = text.replace("[auth.oauth2]\n", "[auth.oauth2]\nshared_callback = true\n");
        let (head, rest) = text.split_once("\nhosts = [").unwrap();
        let rest = rest.split_once(']').unwrap().1;
        let hosts: Vec<String> = self.ports.iter().map(|(_, port)| format!("\"127.0.0.1:{port}\"")).collect();
        format!("override = true\nlocal_only = true\n{head}\nhosts = [{}]{rest}", hosts.join(", "))
    }

    /// Where a host is reached here.
    pub(crate) fn at(&self, host: &str) -> String {
        self.memory().at[host].clone()
    }

    /// From now on no access token is good.
    pub(crate) fn expire(&self) {
        self.memory().access.clear();
    }

    /// The person takes everything back.
    pub(crate) fn revoke(&self) {
        let mut memory = self.memory();
        memory.access.clear();
        memory.refresh.clear();
    }

    /// Whether the vendor still knows our client.
    pub(crate) fn knows_client(&self, known: bool) {
        self.memory().estranged = !known;
    }

    /// Turns the vendor's own switch.
    pub(crate) fn quirk(&self, on: bool) {
        self.memory().quirk = on;
    }

    /// Whether it can be asked anything at all.
    pub(crate) fn down(&self, down: bool) {
        self.memory().down = down;
    }

    /// What it got at `host/path` so far.
    pub(crate) fn asked(&self, place: &str) -> Vec<Asked> {
        self.memory().seen.iter().filter(|asked| asked.place() == place).cloned().collect()
    }

    /// Everything it got.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.memory().seen.clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }
}

async fn answer(
    Extracted(here): Extracted<Arc<Listening>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = Asked { host: here.host.to_owned(), method, path: uri.path().to_owned(), query, headers, body };
    let mut memory = here.memory.lock().unwrap();
    memory.seen.push(asked.clone());
    if memory.down {
        return Reply::text(502, "Bad Gateway");
    }
    (here.vendor)(&asked, &mut memory)
}
