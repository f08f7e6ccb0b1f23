//! Secrets that occur nowhere else are sent through every path; then they are looked for wherever they must not be.

use std::{cell::RefCell, io::Write};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use support::{Answer, ONLOOKER, Provider, Reply, TestApp};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, dynamic_filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::house::{Begun, House, PASSWORD, keyed};

const TABLES: [&str; 8] = ["users", "integrations", "keys", "handshakes", "timers", "guards", "audit", "usage"];

thread_local! {
    /// What this thread has logged, while it is listened to. The runtime of a test stays on one thread.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.as_mut().map(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Listens to everything that this thread logs from now on, at every level that an operator may switch on.
fn listen() {
    let heard = dynamic_filter_fn(|about, _| *about.level() <= LevelFilter::DEBUG && LOG.with_borrow(Option::is_some));
    let lines = fmt::layer().json().with_writer(|| Log).with_filter(heard);
    tracing_subscriber::registry().with(lines).init();
    LOG.with_borrow_mut(|log| *log = Some(Vec::new()));
}

/// What was heard, said and kept.
#[derive(Default)]
struct Heard {
    secrets: Vec<(&'static str, String)>,
    places: Vec<(String, String)>,
}

impl Heard {
    fn secret(&mut self, name: &'static str, value: impl Into<String>) {
        self.secrets.push((name, value.into()));
    }

    /// An answer in which no secret is meant to be; its headers count as well.
    fn answer(&mut self, what: &str, answer: &Answer) {
        self.places.push((what.to_owned(), format!("{:?}\n{}", answer.headers(), answer.text())));
    }

    /// Looks for every secret in every place, plain and in the usual disguises.
    fn judge(&self) {
        for (name, secret) in &self.secrets {
            assert!(secret.len() >= 12, "{name} is too short to be told from other text");
            let disguised = [secret.clone(), BASE64_STANDARD.encode(secret), hex(secret.as_bytes())];
            for (place, text) in &self.places {
                for form in &disguised {
                    assert!(!text.contains(form.as_str()), "the {name} is in {place}: {text}");
                }
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// All text in a value, bytes read as text.
fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
        AttributeValue::M(map) => {
            map.iter().fold(String::new(), |all, (name, value)| all + name + "=" + &text(value) + " ")
        }
        AttributeValue::L(list) => list.iter().map(|value| text(value) + " ").collect(),
        AttributeValue::Ss(list) => list.join(" "),
        AttributeValue::Bs(list) => list.iter().map(|b| String::from_utf8_lossy(b.as_ref()) + " ").collect(),
        _ => String::new(),
    }
}

fn grant(n: u32) -> (String, String, Reply) {
    let (access, refresh) = (format!("access-canary-{n}-token"), format!("refresh-canary-{n}-token"));
    let body = json!({ "access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": 600 });
    let reply = Reply::json(200, body);
    (access, refresh, reply)
}

/// A provider's next answers are tokens that are secrets.
fn lay_down(heard: &mut Heard, house: &House, n: u32) {
    let (access, refresh, reply) = grant(n);
    heard.secret("access token", access);
    heard.secret("refresh token", refresh);
    house.acme.reply(reply);
}

/// Her first access token has ended by then.
async fn signed_in_again(house: &House) -> String {
    let body = json!({ "email": house.ada.email, "password": PASSWORD });
    let answer = house.app.post("/api/auth/login").json(body).send().await.expect(200);
    answer.at("access_token").as_str().unwrap().to_owned()
}

/// Connects with a client of Ada's own; reads, refreshes, fails to refresh, disconnects.
async fn connection(heard: &mut Heard, house: &House) {
    let own = json!({ "clientId": "canary-client-id", "clientSecret": "canary-client-secret" });
    heard.secret("client secret", "canary-client-secret");
    let begun = house.begin(json!({ "oauthConfig": own })).await;
    heard.secret("state", begun.state());
    heard.secret("code", "canary-first-code");
    lay_down(heard, house, 1);
    let finished = house.finish(&begun, "canary-first-code").await.expect(200);
    heard.answer("the answer to finish", &finished);
    heard.secret("verifier", house.acme.calls()[0].field("code_verifier"));
    heard.answer("the handshake's status", &house.status(&begun).await);
    let key = house.token_key().await;
    heard.secret("service key", key.clone());
    house.token(&key).await.expect(200);
    house.pass(590);
    lay_down(heard, house, 2);
    house.token(&key).await.expect(200);
    house.pass(1200);
    // The provider repeats in its error what it was sent.
    let said = "no: refresh-canary-2-token canary-client-secret";
    let error = json!({ "error": "temporarily_unavailable", "error_description": said });
    house.acme.reply(Reply::json(400, error));
    heard.answer("a token's refusal", &house.token(&key).await.expect(503));
    tables(heard, house, "while connected").await;
    let token = signed_in_again(house).await;
    for path in ["/api/integrations", "/api/integrations/status", "/api/integrations/acme/credentials"] {
        let answer = house.app.get(path).bearer(&token).send().await.expect(200);
        heard.answer(path, &answer);
    }
    let path = "/api/integrations/acme/credentials";
    let gone = house.app.delete(path).bearer(&token).send().await.expect(200);
    heard.answer("the answer to disconnect", &gone);
}

/// A code without the browser's cookie, asked about and declined; and one that is refused.
async fn parked(heard: &mut Heard, house: &House) {
    let browser = house.browser("ada@example.org").await;
    let begun = Begun::of(&browser.post("/api/integrations/oauth/start/acme").json(json!({})).send().await.expect(200));
    heard.secret("state", begun.state());
    heard.secret("code", "canary-parked-code");
    // Another browser brings the code.
    let other = house.app.browser();
    let form = [("email", "ada@example.org"), ("password", PASSWORD)];
    heard.answer("the parking answer", &other.open(&begun.back("canary-parked-code")).send().await.expect(302));
    tables(heard, house, "while a code is parked").await;
    other.post("/sign-in").form(&form).send().await.expect(303);
    lay_down(heard, house, 3);
    let resumed = other.open(&format!("/oauth/resume?handshake={}", begun.id)).send().await.expect(302);
    heard.answer("the resuming answer", &resumed);
    tables(heard, house, "while tokens wait for a yes").await;
    let page = other.open(&format!("/confirm?handshake={}", begun.id)).send().await.expect(200);
    heard.answer("the confirm page", &page);
    let no = [("handshake", begun.id.as_str()), ("answer", "no")];
    heard.answer("the answer to no", &other.post("/oauth/confirm").form(&no).send().await.expect(303));
    let begun = Begun::of(&browser.post("/api/integrations/oauth/start/acme").json(json!({})).send().await.expect(200));
    heard.secret("code", "canary-refused-code");
    let said = json!({ "error": "invalid_grant", "error_description": "canary-refused-code is not known" });
    house.acme.reply(Reply::json(400, said));
    heard.answer("a refused callback", &browser.open(&begun.back("canary-refused-code")).send().await.expect(302));
}

/// Keys that work, keys that do not, and bodies that cannot be read.
async fn typed(heard: &mut Heard, house: &House) {
    let token = signed_in_again(house).await;
    let send = async |path: &str, body: String| {
        let asked = house.app.post(path).bearer(&token).header("content-type", "application/json");
        asked.body(body).send().await
    };
    heard.secret("API key", "access-canary-api-key");
    heard.secret("refused API key", "bad-canary-api-key");
    heard.secret("misplaced secret", "canary-in-a-wrong-place");
    heard.secret("credential of a type of its own", "canary-of-another-type");
    heard.secret("settings", "canary-in-settings");
    let save = "/api/integrations/keyed/credentials";
    let key = |key: &str| json!({ "api_key": key }).to_string();
    heard.answer("a saved key", &send(save, key("access-canary-api-key")).await.expect(200));
    heard.answer("a refused key", &send(save, key("bad-canary-api-key")).await.expect(400));
    heard.answer("a tested key", &send("/api/integrations/keyed/test", key("bad-canary-api-key")).await.expect(200));
    let own = json!({ "credentialType": "mine", "name": "Mine", "credentials": { "k": "canary-of-another-type" } });
    heard.answer("a credential of another type", &send("/api/credentials", own.to_string()).await.expect(201));
    let listed = house.app.get("/api/credentials").bearer(&token).send().await.expect(200);
    heard.answer("the credentials, masked", &listed);
    let id = listed.at("/credentials/0/id");
    let edit = house.app.patch(format!("/api/integrations/{}", id.as_str().unwrap())).bearer(&token);
    edit.json(json!({ "settings": { "k": "canary-in-settings" } })).send().await.expect(200);
    let all = house.app.get("/api/admin/integrations").bearer(&token).send().await.expect(200);
    heard.answer("the administrators' list", &all);
    let wrong = [
        (
            "/api/credentials",
            json!({ "credentialType": "openai", "credentials": "canary-in-a-wrong-place" }).to_string(),
        ),
        (save, key("CANARY canary-in-a-wrong-place")),
        (save, "{\"api_key\": \"canary-in-a-wrong-place".to_owned()),
        (save, json!({ "api_key": ["canary-in-a-wrong-place"] }).to_string()),
        ("/api/integrations/acme/credentials", json!({ "accessToken": ["canary-in-a-wrong-place"] }).to_string()),
        ("/api/integrations/oauth/callback", json!({ "code": ["canary-in-a-wrong-place"], "state": "s" }).to_string()),
        ("/api/integrations/oauth/callback", json!({ "code": "canary-in-a-wrong-place", "state": "s" }).to_string()),
        ("/api/integrations/oauth/start/acme", json!({ "oauthConfig": "canary-in-a-wrong-place" }).to_string()),
        ("/api/auth/login", json!({ "email": "ada@example.org", "password": ["canary-in-a-wrong-place"] }).to_string()),
        ("/api/auth/refresh", json!({ "refresh_token": "canary-in-a-wrong-place" }).to_string()),
    ];
    for (path, body) in wrong {
        let answer = send(path, body).await;
        assert!((400..500).contains(&answer.status()), "{path}: {}", answer.text());
        heard.answer(path, &answer);
    }
    let bearer = house.app.get("/api/integrations").bearer("canary-in-a-wrong-place").send().await.expect(401);
    heard.answer("a refused bearer token", &bearer);
}

async fn tables(heard: &mut Heard, house: &House, when: &str) {
    for table in TABLES {
        for row in house.rows(table).await {
            heard.places.push((format!("a row of {table} {when}"), text(&AttributeValue::M(row))));
        }
    }
}

/// What the schedule puts into the queue.
async fn queue(heard: &mut Heard, app: &TestApp) {
    for (name, schedule) in app.aws().schedules() {
        let job = local::functions::JOBS.iter().find(|job| job.name == name).unwrap();
        (job.handle)(app.stack().app(&name), app.aws().tick(&schedule)).await.unwrap();
    }
    let url = app.stack().app("token-refresh").config.cloud.refresh_queue_url.clone().unwrap();
    let sqs = aws_sdk_sqs::Client::new(&app.aws().sdk_config(ONLOOKER));
    let got = sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
    for message in got.messages() {
        heard.places.push(("a message of the queue".to_owned(), format!("{message:?}")));
    }
}

#[tokio::test]
async fn no_secret_is_where_it_is_not_meant_to_be() {
    listen();
    let typed_provider = Provider::start("keyed").await;
    let setup = TestApp::setup().provider(&typed_provider).provider_file("keyed", &keyed(&typed_provider));
    let house = House::of(setup).await;
    let mut heard = Heard::default();
    heard.secret("password", PASSWORD);
    heard.secret("session's refresh token", house.ada.refresh_token.clone());
    heard.secret("session's access token", house.ada.access_token.clone());
    connection(&mut heard, &house).await;
    parked(&mut heard, &house).await;
    typed(&mut heard, &house).await;
    queue(&mut heard, &house.app).await;
    tables(&mut heard, &house, "at the end").await;
    let lines = String::from_utf8(LOG.take().unwrap()).unwrap();
    assert!(lines.contains("answered") && lines.lines().count() > 20, "the log was not caught: {lines}");
    let parsed = lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok());
    assert!(parsed, "each line is one event");
    heard.places.push(("the log".to_owned(), lines));
    assert!(heard.secrets.len() > 15 && heard.places.len() > 60);
    heard.judge();
}
