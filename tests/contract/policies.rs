//! The template grants what the functions do, and nothing else.
//!
//! One tour through everything that each function does, over a cloud that enforces the template's policies. What is not
//! granted is refused, and the tour fails; what is granted and never used stays behind in the end.

use std::time::Duration;

use local::aws::Usage;
use serde_json::json;
use support::{Browser, Provider, TestApp, User};

const SLUG: &str = "acme";

#[tokio::test]
async fn every_right_that_is_granted_is_needed() {
    let usage = Usage::default();
    let provider = Provider::start(SLUG).await;
    let app = TestApp::setup().provider(&provider).usage(&usage).start().await;

    accounts(&app).await;
    typed_tokens(&app).await;
    consent(&app).await;
    pages(&app).await;

    let unused = app.aws().unused_grants();
    let unused: Vec<String> = unused
        .into_iter()
        .map(|grant| format!("{}: {} {}", grant.owner, grant.sid.unwrap_or_default(), grant.action))
        .collect();
    assert!(unused.is_empty(), "granted and never used:\n{}", unused.join("\n"));
}

/// `auth`: sign-up, sign-in, refresh, reuse, sign-out, service keys.
async fn accounts(app: &TestApp) {
    let ada = app.register("ada@example.test").await;
    app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200);
    app.post("/api/auth/login")
        .json(json!({ "email": "ada@example.test", "password": "wrong wrong" }))
        .send()
        .await
        .expect(401);
    let body = json!({ "email": "ada@example.test", "password": "correct horse battery" });
    app.post("/api/auth/login").json(body).send().await.expect(200);
    let body = json!({ "refresh_token": ada.refresh_token });
    app.post("/api/auth/refresh").json(body).send().await.expect(200);
    let key = service_key(app, &ada).await;
    app.get("/api/auth/keys").bearer(&ada.access_token).send().await.expect(200);
    app.delete(format!("/api/auth/keys/{}", key.1)).bearer(&ada.access_token).send().await.expect(200);
    app.get("/.well-known/jwks.json").send().await.expect(200);
    app.post("/api/auth/logout").bearer(&ada.access_token).send().await.expect(200);
}

/// A key for the tokens of its maker, and the key's id.
async fn service_key(app: &TestApp, user: &User) -> (String, String) {
    let body = json!({ "name": "back end", "scopes": ["tokens:read"] });
    let made = app.post("/api/auth/keys").bearer(&user.access_token).json(body).send().await.expect(200);
    let text = |pointer| made.at(pointer).as_str().expect("a text").to_owned();
    (text("/key"), text("/id"))
}

/// `integrations`, in an organisation that no other function has been in: it makes the data key.
async fn typed_tokens(app: &TestApp) {
    let grace = app.register("grace@example.test").await;
    let bearer = &grace.access_token;
    let tokens = json!({ "accessToken": "access-0", "refreshToken": "refresh-0", "expiresIn": 3600 });
    let path = format!("/api/integrations/{SLUG}/credentials");
    app.post(&path).bearer(bearer).json(tokens).send().await.expect(200);
    app.get("/api/integrations").bearer(bearer).send().await.expect(200);
    let (key, _) = service_key(app, &grace).await;
    app.clock().advance(Duration::from_secs(3590));
    app.get(format!("/api/integrations/{SLUG}/token")).bearer(&key).send().await.expect(200);
    // In use, so it comes up by itself before it gets stale.
    app.clock().advance(Duration::from_secs(3300));
    app.tick().await;
}

/// `oauth`, in an organisation of its own; then `token-refresh`, with what is due and what was disconnected.
async fn consent(app: &TestApp) {
    let browser = app.browser();
    sign_up(&browser, "edsger@example.test").await;
    let state = started(&browser).await;
    let callback = format!("/api/integrations/oauth/callback/{SLUG}?code=c1&state={state}");
    browser.open(&callback).send().await.expect(302);

    // Without the starting browser's cookie: parked, resumed, asked, answered.
    let state = started(&browser).await;
    app.get(format!("/api/integrations/oauth/callback/{SLUG}?code=c2&state={state}")).send().await.expect(302);
    let id = shared::store::handshakes::id_of(&state);
    browser.open(&format!("/oauth/resume?handshake={id}")).send().await.expect(302);
    browser.open(&format!("/confirm?handshake={id}")).send().await.expect(200);
    let answer = [("handshake", id.as_str()), ("answer", "yes")];
    browser.post("/oauth/confirm").form(&answer).send().await.expect(302);

    // Let go; the provider is told by the job.
    browser.delete(&format!("/api/integrations/{SLUG}/credentials")).send().await.expect(200);
    app.tick().await;
}

/// `console`: the pages.
async fn pages(app: &TestApp) {
    app.get("/health").send().await.expect(200);
    let browser = app.browser();
    sign_up(&browser, "barbara@example.test").await;
    browser.open("/").header("accept", "text/html").send().await.expect(200);
    browser.post("/sign-out").form(&[]).send().await.expect(303);
    let form = [("email", "barbara@example.test"), ("password", "correct horse battery")];
    browser.post("/sign-in").form(&form).send().await.expect(303);
}

async fn sign_up(browser: &Browser<'_>, email: &str) {
    let form = [("full_name", "Ada"), ("email", email), ("password", "correct horse battery")];
    browser.post("/sign-up").form(&form).send().await.expect(303);
}

/// Starts to connect, and gives the state.
async fn started(browser: &Browser<'_>) -> String {
    let answer = browser.post(&format!("/api/integrations/oauth/start/{SLUG}")).json(json!({})).send().await.expect(200);
    let url = answer.at("/authUrl").as_str().expect("an address").parse::<url::Url>().expect("an address");
    url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned()
}
