//! A service key that is limited to several users: nobody, before it is said for which of them; and never for another.

use serde_json::{Value, json};
use support::{Ask, TestApp, User};

use crate::{
    credentials::KEY,
    house::{ACME, House},
    links::BACK,
};

/// A key for Bob and a managed user, and Joe, who is not among its users.
struct Several {
    house: House,
    key: String,
    bob: User,
    joe: User,
    managed: String,
}

impl Several {
    async fn start() -> Self {
        let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
        let (bob, joe) = (house.colleague("bob@example.org").await, house.colleague("joe@example.org").await);
        let maker = house.key(json!({ "name": "m", "scopes": ["users:manage"], "users": "*" })).await;
        let managed = json!({ "externalId": "grace" });
        let managed = house.app.post("/api/users").bearer(&maker).json(managed).send().await.expect(201).at("id");
        let managed = managed.as_str().unwrap().to_owned();
        let scopes =
            ["integrations:read", "integrations:write", "usage:write", "usage:read", "users:manage", "users:act"];
        let key = house.key(json!({ "name": "two", "scopes": scopes, "users": [bob.id, managed] })).await;
        Self { house, key, bob, joe, managed }
    }

    fn get(&self, path: &str) -> Ask<'_> {
        self.house.app.get(path).bearer(&self.key)
    }

    fn post(&self, path: &str, body: Value) -> Ask<'_> {
        self.house.app.post(path).bearer(&self.key).json(body)
    }
}

#[tokio::test]
async fn the_path_names_the_user() {
    let several = Several::start().await;
    for path in
        ["/api/auth/integrations", "/api/auth/github/status", "/api/google-calendar/status", "/api/google-drive/status"]
    {
        for own in [several.bob.id.as_str(), "bob@example.org", "ext:grace"] {
            several.get(&format!("{path}/{own}")).send().await.expect(200);
        }
        for other in [several.joe.id.as_str(), "joe@example.org", "nobody@example.org", "me"] {
            assert_eq!(several.get(&format!("{path}/{other}")).send().await.expect(403).code(), "auth.forbidden");
        }
    }
    let (managed, bob) = (&several.managed, &several.bob.id);
    several.get(&format!("/api/users/{managed}")).send().await.expect(200);
    several.get("/api/users/ext:grace").send().await.expect(200);
    // No managed user, and somebody else's.
    for other in [bob, &several.joe.id] {
        several.get(&format!("/api/users/{other}")).send().await.expect(404);
    }
    several.house.app.delete(format!("/api/users/{managed}")).bearer(&several.key).send().await.expect(200);
}

#[tokio::test]
async fn the_body_names_the_user() {
    let several = Several::start().await;
    for name in ["username", "userId", "user_id"] {
        let keep = |who: &str| {
            let body =
                json!({ name: who, "credentialType": "openai", "projectId": name, "credentials": { "api_key": KEY } });
            several.post("/api/credentials", body).send()
        };
        assert_eq!(keep("bob@example.org").await.expect(201).at("/credentials/username"), "bob@example.org");
        keep("joe@example.org").await.expect(404);
    }
    for (path, status) in [("/api/auth/github/initiate", 200), ("/api/google-calendar/disconnect", 404)] {
        several.post(path, json!({ "userId": several.bob.id })).send().await.expect(status);
        several.post(path, json!({ "userId": several.joe.id })).send().await.expect(403);
    }
    let link = |who: &str| {
        several.post("/api/connect/links", json!({ "user": who, "providers": [ACME], "returnTo": BACK })).send()
    };
    assert_eq!(link("ext:grace").await.expect(201).at("user"), several.managed);
    link("joe@example.org").await.expect(403);
}

#[tokio::test]
async fn the_query_names_the_user() {
    let several = Several::start().await;
    let body = json!({ "userId": several.bob.id, "credentialType": "mine", "credentials": { "k": "v" } });
    let id = several.post("/api/credentials", body).send().await.expect(201).at("id");
    for name in ["username", "userId", "user_id"] {
        let path = format!("/api/credentials?{name}={}", several.bob.id);
        assert_eq!(several.get(&path).send().await.expect(200).at("/credentials/0/id"), id, "{name}");
        several.get(&format!("/api/credentials?{name}={}", several.joe.id)).send().await.expect(404);
    }
    let path = format!("/api/credentials/{}", id.as_str().unwrap());
    let asked = |who: &User| several.house.app.delete(format!("{path}?userId={}", who.id)).bearer(&several.key).send();
    asked(&several.joe).await.expect(404);
    asked(&several.bob).await.expect(200);
}

#[tokio::test]
async fn use_is_counted_and_told_for_whom_it_is_said() {
    let several = Several::start().await;
    let log = |named: Value| {
        let mut body = json!({ "model": "gpt-4o", "inputTokens": 1, "outputTokens": 2 });
        body.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        several.post("/api/usage/log", body).send()
    };
    for named in [json!({ "userId": several.bob.id }), json!({ "username": "bob@example.org" })] {
        log(named).await.expect(200);
    }
    log(json!({ "userId": "grace" })).await.expect(200);
    for named in [json!({ "userId": several.joe.id }), json!({ "username": "guest-7" }), json!({ "isGuest": true })] {
        log(named).await.expect(403);
    }
    for (named, requests) in [(several.bob.id.as_str(), 2), ("bob@example.org", 2), ("ext:grace", 1)] {
        let report = several.get(&format!("/api/usage/report?user={named}")).send().await.expect(200);
        assert_eq!(report.at("/totals/requests"), requests, "{named}");
        assert_eq!(report.at("usage").as_array().unwrap().len(), 1, "nobody else's");
    }
    several.get(&format!("/api/usage/report?user={}", several.joe.id)).send().await.expect(403);
}

/// Above all it does not pass for its organisation.
#[tokio::test]
async fn where_nobody_is_named_it_is_nobody() {
    let several = Several::start().await;
    let body = json!({ "credentialType": "mine", "credentials": { "k": "v" } });
    for more in [json!({}), json!({ "username": "" }), json!({ "username": " " }), json!({ "global": true })] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        several.post("/api/credentials", body).send().await.expect(403);
    }
    for path in ["/api/credentials", "/api/credentials?global=true", "/api/usage/report", "/api/integrations"] {
        assert_eq!(several.get(path).send().await.expect(403).code(), "auth.forbidden", "{path}");
    }
    several.post("/api/google-calendar/disconnect", json!({})).send().await.expect(403);
    assert!(several.house.rows("integrations").await.is_empty());
}

#[tokio::test]
async fn naming_somebody_takes_the_scope() {
    let several = Several::start().await;
    let body = json!({ "name": "k", "scopes": ["integrations:read"], "users": [several.bob.id, several.managed] });
    let plain = several.house.key(body).await;
    let path = format!("/api/auth/github/status/{}", several.bob.id);
    assert_eq!(several.house.app.get(&path).bearer(&plain).send().await.expect(403).code(), "auth.scope_missing");
}

/// The row of a call is the caller's own, whom the layer must know before the body is read.
#[tokio::test]
async fn with_an_idempotency_key_the_header_says_for_whom() {
    let several = Several::start().await;
    let body = json!({ "username": several.bob.id, "credentialType": "mine", "credentials": { "k": "v" } });
    let keep = || several.post("/api/credentials", body.clone()).header("idempotency-key", "one");
    let refused = keep().send().await.expect(403);
    assert!(refused.at("detail").as_str().unwrap().contains("X-On-Behalf-Of"), "{}", refused.text());
    let with_header = || keep().header("x-on-behalf-of", &several.bob.id).send();
    let first = with_header().await.expect(201);
    assert_eq!(with_header().await.expect(201).json(), first.json());
}
