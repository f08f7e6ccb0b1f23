//! The template grants what the functions do, and nothing else.
//!
//! One tour through everything that each function does, over a cloud that enforces the template's policies. What is not
//! granted is refused, and the tour fails; what is granted and never used stays behind in the end.

use std::time::Duration;

use local::aws::Usage;
use serde_json::json;
use shared::{
    app::{App, Wiring},
    config::PublicUrl,
    id::Ids,
};
use support::{Answer, Browser, Provider, Reply, TestApp, User};

use crate::people;

const SLUG: &str = "acme";

#[tokio::test]
async fn every_right_that_is_granted_is_needed() {
    let usage = Usage::default();
    let provider = Provider::start(SLUG).await.revoking_accounts();
    let app = TestApp::setup().provider(&provider).usage(&usage).smtp(1, "postern@example.test", "hush").start().await;

    addresses(&app).await;
    accounts(&app).await;
    typed_tokens(&app).await;
    mails(&app).await;
    consent(&app, &provider).await;
    typed_keys(&app).await;
    pages(&app).await;
    people::tour(&usage, SLUG).await;
    trail(&app).await;

    let unused = app.aws().unused_grants().into_iter();
    let unused = unused.map(|grant| format!("{} {} {}", grant.owner, grant.sid.unwrap_or_default(), grant.action));
    assert_eq!(unused.collect::<Vec<_>>(), BEYOND_THE_TOUR, "granted and never used, or expected to be and gone");
}

/// `audit-sealer`: the day that all of this was in is over.
async fn trail(app: &TestApp) {
    app.clock().advance(Duration::from_hours(48));
    app.tick().await;
}

/// What administrators and AWS itself do with the keys. Named one by one, so that none comes or goes unseen.
const BEYOND_THE_TOUR: &[&str] = &[
    "VaultKey Administer kms:CancelKeyDeletion",
    "VaultKey Administer kms:CreateAlias",
    "VaultKey Administer kms:DeleteAlias",
    "VaultKey Administer kms:Describe*",
    "VaultKey Administer kms:DisableKey",
    "VaultKey Administer kms:EnableKey",
    "VaultKey Administer kms:EnableKeyRotation",
    "VaultKey Administer kms:Get*",
    "VaultKey Administer kms:List*",
    "VaultKey Administer kms:PutKeyPolicy",
    "VaultKey Administer kms:RotateKeyOnDemand",
    "VaultKey Administer kms:ScheduleKeyDeletion",
    "VaultKey Administer kms:TagResource",
    "VaultKey Administer kms:UntagResource",
    "VaultKey Administer kms:UpdateAlias",
    "VaultKey Administer kms:UpdateKeyDescription",
    "StorageKey Administer kms:*",
    "StorageKey UseThroughServices kms:CreateGrant",
    "StorageKey UseThroughServices kms:DescribeKey",
    "StorageKey UseThroughServices kms:Encrypt",
    "StorageKey UseThroughServices kms:ReEncrypt*",
    "AuditKey Administer kms:CancelKeyDeletion",
    "AuditKey Administer kms:CreateAlias",
    "AuditKey Administer kms:DeleteAlias",
    "AuditKey Administer kms:Describe*",
    "AuditKey Administer kms:DisableKey",
    "AuditKey Administer kms:EnableKey",
    "AuditKey Administer kms:Get*",
    "AuditKey Administer kms:List*",
    "AuditKey Administer kms:PutKeyPolicy",
    "AuditKey Administer kms:ScheduleKeyDeletion",
    "AuditKey Administer kms:TagResource",
    "AuditKey Administer kms:UntagResource",
    "AuditKey Administer kms:UpdateAlias",
    "AuditKey Administer kms:UpdateKeyDescription",
];

/// On AWS each function that answers people asks Systems Manager for its own address; here it is told outright.
async fn addresses(app: &TestApp) {
    for name in ["auth", "console", "credentials", "integrations", "oauth", "token-refresh"] {
        let function = app.aws().template().function(name).expect("the template has it");
        let mut config = app.stack().app(name).config.clone();
        config.site.public_url = PublicUrl::Parameter(function.environment["PUBLIC_URL_PARAMETER"].clone());
        config.site.local = false;
        let aws = shared::aws::Aws::new(app.aws().sdk_config(name));
        let cold = App::new(Wiring { config, aws, clock: app.clock().clone(), ids: Ids::system() });
        cold.public_url().await.expect("the address is known");
    }
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
    app.clock().advance(Duration::from_mins(55));
    app.tick().await;
}

/// `integrations`: the operator's mail server, which has the password asked for and is not there.
async fn mails(app: &TestApp) {
    let margaret = app.register("margaret@example.test").await;
    let tested = app.post("/api/email/test").bearer(&margaret.access_token).json(json!({})).send().await.expect(200);
    assert_eq!(tested.at("error"), "The mail server cannot be reached");
}

/// `credentials`, in an organisation of its own; then the administrators' list of `integrations`.
async fn typed_keys(app: &TestApp) {
    let alan = app.register("alan@example.test").await;
    let bearer = &alan.access_token;
    let body = json!({ "credentialType": "mine", "credentials": { "k": "v" } });
    let kept = app.post("/api/credentials").bearer(bearer).json(body).send().await.expect(201);
    // As on an instance that has just started.
    app.clock().advance(Duration::from_mins(6));
    app.get("/api/credentials").bearer(bearer).send().await.expect(200);
    let used = json!({ "model": "m", "inputTokens": 1 });
    app.post("/api/usage/log").bearer(bearer).json(used).send().await.expect(200);
    app.get("/api/usage/report").bearer(bearer).send().await.expect(200);
    app.get("/api/admin/integrations").bearer(bearer).send().await.expect(200);
    let id = kept.at("/id");
    let path = format!("/api/credentials/{}", id.as_str().expect("an id"));
    app.put(&path).bearer(bearer).json(json!({ "projectId": "other" })).send().await.expect(200);
    app.delete(&path).bearer(bearer).send().await.expect(200);
}

/// `oauth`, in an organisation of its own; then `token-refresh`, with what is due and what was disconnected.
async fn consent(app: &TestApp, provider: &Provider) {
    // Another account than the one that is connected already: what is shared is not revoked.
    provider.account("account-2");
    let browser = app.browser();
    sign_up(&browser, "edsger@example.test").await;
    let state = started(&browser).await;
    let callback = format!("/api/integrations/oauth/callback/{SLUG}?code=c1&state={state}");
    leads_to(&browser.open(&callback).send().await, "oauth_success");

    // Without the starting browser's cookie: parked, resumed, asked, answered.
    let state = started(&browser).await;
    let path = format!("/api/integrations/oauth/callback/{SLUG}?code=c2&state={state}");
    let elsewhere = app.browser();
    leads_to(&elsewhere.open(&path).send().await, "/oauth/resume");
    let form = [("email", "edsger@example.test"), ("password", "correct horse battery")];
    elsewhere.post("/sign-in").form(&form).send().await.expect(303);
    // Meanwhile the data key in memory has run out, as on an instance that has just started.
    app.clock().advance(Duration::from_mins(6));
    let id = shared::store::handshakes::id_of(&state);
    leads_to(&elsewhere.open(&format!("/oauth/resume?handshake={id}")).send().await, "/confirm");
    elsewhere.open(&format!("/confirm?handshake={id}")).send().await.expect(200);
    let answer = [("handshake", id.as_str()), ("answer", "yes")];
    leads_to(&elsewhere.post("/oauth/confirm").form(&answer).send().await, "oauth_success");

    // A program starts with a token, not with a cookie.
    let niklaus = app.register("niklaus@example.test").await;
    let path = format!("/api/integrations/oauth/start/{SLUG}");
    app.post(path).bearer(&niklaus.access_token).json(json!({})).send().await.expect(200);

    // The operator's client is refused: the breaker opens, for all instances.
    let body = json!({ "name": "back end", "scopes": ["tokens:read"] });
    let made = browser.post("/api/auth/keys").json(body).send().await.expect(200);
    let key = made.at("key");
    let token = format!("/api/integrations/{SLUG}/token");
    app.get(token).bearer(key.as_str().expect("a key")).send().await.expect(200);
    // First what else is due by now, which asks for tokens, too.
    app.clock().advance(Duration::from_mins(12));
    app.tick().await;
    provider.reply(Reply::json(401, json!({ "error": "invalid_client" })));
    app.clock().advance(Duration::from_mins(43));
    app.tick().await;
    app.clock().advance(Duration::from_hours(1));

    // Let go; the provider is told by the job, once nobody can be on the way to connect anew, and at the second try.
    provider.fail_revocations(1);
    browser.delete(&format!("/api/integrations/{SLUG}/credentials")).send().await.expect(200);
    app.clock().advance(Duration::from_mins(11));
    app.tick().await;
    app.clock().advance(Duration::from_hours(1));
    app.tick().await;
    assert_eq!(provider.count("revoke"), 2, "refused once, then taken");
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

fn leads_to(answer: &Answer, place: &str) {
    assert!(answer.header("location").contains(place), "{} {}", answer.status(), answer.header("location"));
}

/// Starts to connect, and gives the state.
async fn started(browser: &Browser<'_>) -> String {
    let answer =
        browser.post(&format!("/api/integrations/oauth/start/{SLUG}")).json(json!({})).send().await.expect(200);
    let url = answer.at("/authUrl").as_str().expect("an address").parse::<url::Url>().expect("an address");
    url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned()
}
