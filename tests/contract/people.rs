//! The part of the tour through all rights that is about people: organisations, mails, managed users, connect links.

use std::time::Duration;

use local::aws::Usage;
use serde_json::json;
use support::{Browser, PASSWORD, PUBLIC_URL, Provider, TestApp, User};

/// Does it all, where mails stay in the outbox.
pub(crate) async fn tour(usage: &Usage, slug: &str) {
    let provider = Provider::start(slug).await;
    let setup = TestApp::setup().provider(&provider).usage(usage).set("MAX_INTEGRATIONS", "5");
    let app = setup.start().await;
    let ada = app.register("ada@example.test").await;
    moves(&app, &ada).await;
    leaves(&app, &ada, slug).await;
    link(&app, &ada, slug).await;
}

/// Into another organisation, by the API and by the page.
async fn moves(app: &TestApp, ada: &User) {
    for (email, page) in [("bob@example.test", false), ("joe@example.test", true)] {
        let somebody = app.register(email).await;
        let body = json!({ "email": email });
        app.prove(ada).await;
        app.post("/api/auth/invitations").bearer(&ada.access_token).json(body).send().await.expect(200);
        let token = app.token_for(email, "/invitation").await;
        if page {
            let browser = signed_in(app, email).await;
            browser.post("/invitation").form(&[("token", &token)]).send().await.expect(303);
            browser.post("/forgot").form(&[("email", email)]).send().await.expect(200);
        } else {
            let accept = app.post("/api/auth/invitations/accept").bearer(&somebody.access_token);
            accept.json(json!({ "token": token })).send().await.expect(200);
        }
    }
}

/// A member with a connection goes, and it is cleared out.
async fn leaves(app: &TestApp, ada: &User, slug: &str) {
    let kim = app.join(ada, "kim@example.test", "member").await;
    let tokens = json!({ "accessToken": "access-0", "refreshToken": "refresh-0", "expiresIn": 3600 });
    let path = format!("/api/integrations/{slug}/credentials");
    app.post(path).bearer(&kim.access_token).json(tokens).send().await.expect(200);
    let typed = json!({ "credentialType": "openai", "credentials": { "api_key": "sk-0" } });
    app.post("/api/credentials").bearer(&kim.access_token).json(typed).send().await.expect(201);
    app.post("/api/auth/organisation/leave").bearer(&kim.access_token).send().await.expect(200);
    app.work().await;
}

/// An account that a link brings, up to its confirmation.
async fn link(app: &TestApp, ada: &User, slug: &str) {
    let scopes = ["users:manage", "users:act", "integrations:write"];
    let key = app.service_key(ada, json!({ "name": "back end", "scopes": scopes, "users": "*" })).await;
    app.post("/api/users").bearer(&key).json(json!({ "externalId": "u" })).send().await.expect(201);
    let body = json!({ "user": "ext:u", "providers": [slug], "returnTo": PUBLIC_URL });
    let made = app.post("/api/connect/links").bearer(&key).json(body).send().await.expect(201);
    let url = made.at("url").as_str().expect("an address").to_owned();
    let browser = app.browser();
    browser.open(&url).send().await.expect(200);
    let token = url.rsplit('/').next().expect("a token");
    let onward = browser.post("/oauth/link").form(&[("link", token), ("provider", slug)]).send().await.expect(200);
    let text = onward.text().replace("&amp;", "&");
    let state = text.split("state=").nth(1).and_then(|rest| rest.split(['&', '"']).next()).expect("a state");
    let callback = format!("/api/integrations/oauth/callback/{slug}?code=c&state={state}");
    let back = browser.open(&callback).send().await.expect(302);
    let back: url::Url = back.header("location").parse().expect("an address");
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let path = format!("/api/connect/links/{}/confirm", made.at("id").as_str().expect("an id"));
    app.post(path).bearer(&key).json(json!({ "code": code, "user": "ext:u" })).send().await.expect(200);
    app.delete("/api/users/ext:u").bearer(&key).send().await.expect(200);
    app.work().await;
    // What would have been forgotten, had nobody confirmed it.
    app.clock().advance(Duration::from_mins(32));
    app.tick().await;
}

async fn signed_in<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = app.browser();
    browser.post("/sign-in").form(&[("email", email), ("password", PASSWORD)]).send().await.expect(303);
    browser
}
