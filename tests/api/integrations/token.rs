//! `integrations.token`: a fresh access token, lent to a back end. What refreshes do to it is in `token_refresh.rs`.

use local::aws::Service;
use serde_json::{Value, json};
use support::Reply;

use super::with_keyed;
use crate::house::{House, names};

const PATH: &str = "/api/integrations/acme/token";

#[tokio::test]
async fn it_lends_a_token_that_works_now() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    house.pass(60);
    let answer = house.token(&house.token_key().await).await.expect(200);
    let expected = json!({
        "access_token": "access-1",
        "token_type": "bearer",
        "expires_in": 3540,
        "expires_at": "2026-11-20T10:00:00Z",
        "scopes": ["read", "write"],
        "provider": "acme",
        "integration_id": id,
        "grant": 1,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_token_without_an_end_says_so() {
    let house = House::start().await;
    house.acme.expires_in(None);
    house.connect("default").await;
    let answer = house.token(&house.token_key().await).await.expect(200);
    assert_eq!((answer.at("expires_in"), answer.at("expires_at")), (Value::Null, Value::Null));
    house.pass(400 * 86_400 / 2);
    assert_eq!(house.acme.count("token"), 1);
}

#[tokio::test]
async fn a_person_is_lent_none() {
    let house = House::start().await;
    house.connect("default").await;
    assert_eq!(house.get(PATH).await.expect(403).code(), "auth.forbidden");
    let browser = house.browser("ada@example.org").await;
    let page = browser.open(PATH).send().await.expect(403);
    assert!(page.text().contains("You may not do this") && !page.text().contains("access-"), "{}", page.text());
}

#[tokio::test]
async fn a_key_needs_scope_provider_and_user() {
    let house = House::start().await;
    house.connect("default").await;
    let bob = house.colleague("bob@example.org").await;
    let ask = async |key: Value, behalf: Option<&str>| {
        let key = house.key(key).await;
        let asked = house.app.get(PATH).bearer(&key);
        let asked = match behalf {
            Some(user) => asked.header("x-on-behalf-of", user),
            None => asked,
        };
        asked.send().await.status()
    };
    let scopes = json!(["tokens:read", "users:act"]);
    assert_eq!(ask(json!({ "name": "k", "scopes": ["integrations:read", "integrations:write"] }), None).await, 403);
    assert_eq!(ask(json!({ "name": "k", "scopes": ["tokens:read"], "providers": ["github"] }), None).await, 403);
    assert_eq!(ask(json!({ "name": "k", "scopes": scopes, "users": [bob.id] }), Some(&house.ada.id)).await, 403);
    // For everybody, by id and by address; and for the organisation itself, which has none.
    let all = json!({ "name": "k", "scopes": scopes, "users": "*" });
    assert_eq!(ask(all.clone(), Some(&house.ada.id)).await, 200);
    assert_eq!(ask(all.clone(), Some("ada@example.org")).await, 200);
    assert_eq!(ask(all.clone(), Some(&bob.id)).await, 404);
    assert_eq!(ask(all, None).await, 404);
}

#[tokio::test]
async fn a_key_of_another_organisation_gets_nothing() {
    let house = House::start().await;
    house.connect("default").await;
    let eve = house.app.register("eve@example.org").await;
    let body = json!({ "name": "k", "scopes": ["tokens:read", "users:act"], "users": "*" });
    let made = house.app.post("/api/auth/keys").bearer(&eve.access_token).json(body).send().await.expect(200);
    let key = made.at("key");
    for named in [house.ada.id.as_str(), "ada@example.org"] {
        let asked = house.app.get(PATH).bearer(key.as_str().unwrap()).header("x-on-behalf-of", named);
        asked.send().await.expect(403);
    }
}

#[tokio::test]
async fn what_is_not_there_or_holds_no_token_is_told_apart() {
    let (house, _keyed) = with_keyed().await;
    let key = house.token_key().await;
    let ask = async |path: &str| house.app.get(format!("/api/integrations/{path}")).bearer(&key).send().await;
    assert_eq!(ask("acme/token").await.expect(404).code(), "resource.not_found");
    assert_eq!(ask("nobody/token").await.expect(404).code(), "provider.unknown");
    ask("acme/token?label=a%2Fb").await.expect(400);
    let typed = json!({ "api_key": "access-typed" });
    house.as_ada(house.app.post("/api/integrations/keyed/credentials")).json(typed).send().await.expect(200);
    let answer = ask("keyed/token").await.expect(400);
    assert!(!answer.text().contains("access-typed"));
}

#[tokio::test]
async fn each_account_has_its_own_token() {
    let house = House::start().await;
    house.connect("default").await;
    house.connect("work").await;
    let key = house.token_key().await;
    let work = house.app.get(format!("{PATH}?label=work")).bearer(&key).send().await.expect(200);
    assert_eq!(work.at("access_token"), "access-2");
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-1");
}

#[tokio::test]
async fn a_warm_read_is_one_read_and_nothing_else() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.token(&key).await.expect(200);
    let faults = house.app.faults();
    faults.reset_counts();
    house.token(&key).await.expect(200);
    let calls: Vec<_> = faults.counts().into_iter().collect();
    assert_eq!(calls, [((Service::DynamoDb, "GetItem".to_owned(), "integrations".to_owned()), 1)]);
}

#[tokio::test]
async fn that_it_was_lent_is_written_once_an_hour() {
    let house = House::start().await;
    house.acme.expires_in(Some(86_400));
    house.connect("default").await;
    let key = house.token_key().await;
    let mut written = Vec::new();
    for _ in 0..7 {
        house.app.faults().reset_counts();
        house.token(&key).await.expect(200);
        written.push(house.app.faults().writes());
        house.pass(600);
    }
    assert_eq!(written, [1, 0, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn the_refresh_token_is_in_no_answer() {
    let house = House::start().await;
    let connected = house.connect("default").await.text();
    let key = house.token_key().await;
    let mut seen = connected;
    for path in ["/api/integrations", "/api/integrations/status", "/api/integrations/acme/credentials"] {
        seen += &house.get(path).await.expect(200).text();
    }
    seen += &house.token(&key).await.expect(200).text();
    house.pass(3500);
    let refreshed = house.token(&key).await.expect(200);
    assert_eq!(names(&refreshed.json()).len(), 8);
    seen += &refreshed.text();
    house.pass(3500);
    house.acme.reply(Reply::error("invalid_grant"));
    seen += &house.token(&key).await.expect(409).text();
    assert!(!seen.contains("refresh-"), "{seen}");
}

/// A provider that says nothing of an end, or ends a token early, is known by its 401 alone.
#[tokio::test]
async fn a_token_that_the_provider_refused_is_replaced_once() {
    let house = House::start().await;
    house.acme.expires_in(None);
    house.connect("default").await;
    let key = house.token_key().await;
    let lent = house.token(&key).await.expect(200);
    assert_eq!((lent.at("access_token"), lent.at("grant")), (json!("access-1"), json!(1)));
    for name in ["refusedGrant", "refused_grant"] {
        // Who reports it late is given what replaced it.
        let again = house.app.get(format!("{PATH}?{name}=1")).bearer(&key).send().await.expect(200);
        assert_eq!((again.at("access_token"), again.at("grant")), (json!("access-2"), json!(2)));
    }
    assert_eq!(house.acme.count("token"), 2);
    let again = house.app.get(format!("{PATH}?refused_grant=2")).bearer(&key).send().await.expect(200);
    assert_eq!(again.at("access_token"), "access-3");
}

#[tokio::test]
async fn a_key_of_one_project_knows_no_other() {
    let house = House::start().await;
    house.connect("default").await;
    house.connect("al-chat").await;
    let every = ["tokens:read", "integrations:read", "integrations:write"];
    let key = house.key(json!({ "name": "k", "scopes": every, "project": "al-chat" })).await;
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-2", "its own, where nothing is said");
    let get = async |path: &str| house.app.get(format!("/api/integrations{path}")).bearer(&key).send().await;
    get("/acme/token?label=default").await.expect(403);
    get("/acme/credentials?label=default").await.expect(403);
    assert_eq!(get("").await.expect(200).json().as_array().unwrap().len(), 1);
    let map = get("/status").await.expect(200).json();
    assert_eq!((&map["acme"]["connected"], &map["acme:al-chat"]["connected"]), (&json!(false), &json!(true)));
    let delete = async |path: &str| house.app.delete(format!("/api/integrations{path}")).bearer(&key).send().await;
    let first = house.get("/api/integrations").await.json();
    let other = first.as_array().unwrap().iter().find(|row| row["label"] == "default").unwrap();
    delete(&format!("/{}", other["id"].as_str().unwrap())).await.expect(403);
    delete("/acme/credentials?label=default").await.expect(403);
    delete("/acme/credentials").await.expect(200);
    assert!(house.connected().await, "the other one stays");
    let start = house.app.post("/api/integrations/oauth/start/acme").bearer(&key);
    start.json(json!({ "label": "default" })).send().await.expect(403);
}
