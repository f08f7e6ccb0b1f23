//! D1's back end: a service key in the address, as HTTP Basic.

use serde_json::json;

use crate::{
    credentials::{KEY, asked, kept, revealing_key},
    house::House,
};

/// A key for everybody, in one project.
pub(crate) async fn project_key(house: &House, project: &str) -> String {
    let scopes = json!(["credentials:reveal", "integrations:read", "integrations:write", "users:act"]);
    house.key(json!({ "name": project, "scopes": scopes, "users": "*", "project": project })).await
}

/// Python's `requests` makes this of `http://al-chat:<key>@localhost:3000`.
#[tokio::test]
async fn a_service_key_as_basic_password_reaches_an_operation() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.key(json!({ "name": "al-chat", "scopes": ["integrations:read", "tokens:read"] })).await;
    let status = house.app.get("/api/integrations/status").basic("al-chat", &key).send().await.expect(200);
    assert_eq!(status.at("/acme/connected"), true);
    house.app.get("/api/integrations/acme/token").basic("al-chat", &key).send().await.expect(200);
}

#[tokio::test]
async fn a_browser_cannot_be_made_to_use_it() {
    let house = House::start().await;
    kept(&house).await;
    let key = revealing_key(&house).await;
    for path in ["/api/integrations/status".to_owned(), asked("ada@example.org", "openai", "al-chat")] {
        for (header, value) in [("cookie", "a=b"), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]
        {
            let asked = house.app.get(&path).basic("al-chat", &key).header(header, value);
            let answer = asked.send().await.expect(401);
            assert!(!answer.header("www-authenticate").contains("Basic"), "no browser is to ask for a password");
            assert!(!answer.text().contains(KEY));
        }
    }
}

/// The client reads exactly this member, and only of a 200.
#[tokio::test]
async fn it_finds_the_key_where_it_looks() {
    let house = House::start().await;
    kept(&house).await;
    let key = project_key(&house, "al-chat").await;
    let path = asked("ada@example.org", "openai", "al-chat");
    let data = house.app.get(path).basic("al-chat", &key).send().await.expect(200).json();
    assert_eq!(data["credentials"]["credentials"]["api_key"], KEY);
    let none = house.app.get(asked("bob", "openai", "al-chat")).basic("al-chat", &key).send().await;
    assert_ne!(none.status(), 200);
}

/// The portal's own names for its users are the ids that it made them by.
#[tokio::test]
async fn it_names_people_as_its_portal_does() {
    let house = House::start().await;
    let scopes = json!(["credentials:reveal", "integrations:write", "users:act", "users:manage"]);
    let key = house.key(json!({ "name": "portal", "scopes": scopes, "users": "*" })).await;
    let post = async |path: &str, body| house.app.post(path).basic("portal", &key).json(body).send().await;
    post("/api/users", json!({ "externalId": "grace" })).await.expect(201);
    let body = json!({
        "username": "grace", "credentialType": "openai", "projectId": "al-chat", "credentials": { "api_key": KEY },
    });
    post("/api/credentials", body).await.expect(201);
    let ask = async |name: &str| {
        let path = asked(name, "openai", "al-chat");
        house.app.get(path).basic("al-chat", &key).send().await
    };
    let shown = ask("grace").await.expect(200);
    assert_eq!(shown.at("/credentials/credentials/api_key"), KEY);
    ask("nobody").await.expect(404);
    ask(&"x".repeat(3000)).await.expect(404);
}
