//! `oauth.create_link`: `POST /api/connect/links`

use serde_json::{Value, json};
use support::PUBLIC_URL;

use crate::{
    house::names,
    links::{BACK, Links},
};

const PATH: &str = "/api/connect/links";

#[tokio::test]
async fn a_back_end_gets_an_address_for_its_users_browser() {
    let links = Links::start().await;
    let body =
        json!({ "user": "ext:joe", "providers": ["acme", "github"], "returnTo": BACK, "labels": { "acme": "work" } });
    let made = links.post(PATH, body).await.expect(201);
    assert_eq!(names(&made.json()), ["expiresAt", "id", "providers", "status", "url", "user"]);
    assert_eq!((made.at("status"), made.at("user")), (json!("open"), json!(links.joe)));
    assert_eq!(made.at("expiresAt"), "2026-11-20T09:30:00Z");
    let url = made.at("url").as_str().unwrap().to_owned();
    let token = url.strip_prefix(&format!("{PUBLIC_URL}/connect/")).unwrap();
    let rows = format!("{:?}", links.house.rows("handshakes").await);
    assert!(!rows.contains(token), "the token is stored as its hash");
    assert!(!made.at("id").as_str().unwrap().contains(token));
}

#[tokio::test]
async fn it_leads_back_to_addresses_on_the_lists_alone() {
    let links = Links::start().await;
    let make = async |back: &str| {
        let body = json!({ "user": "ext:joe", "providers": ["acme"], "returnTo": back });
        let answer = links.post(PATH, body).await;
        (answer.status(), answer.code())
    };
    for good in [BACK, "https://postern.example/x", "https://front.example"] {
        assert_eq!(make(good).await.0, 201, "{good}");
    }
    let refused = (400, "oauth.redirect_refused".to_owned());
    for bad in [
        "https://evil.example/",
        "https://front.example.evil.example/",
        "https://front.example@evil.example/",
        "https://user@front.example/",
        "http://front.example/",
        "https://front.example:8443/",
        "https://front.example/#x",
        "javascript:alert(1)",
        "https://app.example.com/back",
    ] {
        assert_eq!(make(bad).await, refused, "{bad}");
    }
    for bad in ["//evil.example", "/\\evil.example", "nonsense"] {
        assert_eq!(make(bad).await.0, 400, "{bad}");
    }
    let origins = json!({ "return_origins": ["https://app.example.com"] });
    let house = &links.house;
    house.as_ada(house.app.patch("/api/auth/organisation")).json(origins).send().await.expect(200);
    assert_eq!(make("https://app.example.com/back").await.0, 201, "the organisation's own");
    assert_eq!(make("https://app.example.com:444/back").await, refused);
}

#[tokio::test]
async fn bad_input_is_named() {
    let links = Links::start().await;
    let of = async |more: Value| {
        let mut body = json!({ "user": "ext:joe", "providers": ["acme"], "returnTo": BACK });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = links.post(PATH, body).await;
        (answer.status(), answer.code())
    };
    let invalid = (400, "request.invalid".to_owned());
    assert_eq!(of(json!({ "providers": [] })).await, invalid);
    assert_eq!(of(json!({ "providers": ["acme", "acme"] })).await, invalid);
    assert_eq!(of(json!({ "providers": ["nobody"] })).await, (404, "provider.unknown".to_owned()));
    assert_eq!(of(json!({ "labels": { "github": "x" } })).await, invalid);
    assert_eq!(of(json!({ "labels": { "acme": "a b" } })).await, invalid);
    assert_eq!(of(json!({ "settings": { "acme": { "fields": { "host": "x" } } } })).await, invalid);
    assert_eq!(of(json!({ "settings": { "acme": { "secret": "x" } } })).await, invalid);
    assert_eq!(of(json!({ "user": null })).await, invalid);
    assert_eq!(of(json!({ "user": "ext:nobody" })).await, (403, "auth.forbidden".to_owned()));
    links.post(PATH, json!({})).await.expect(400);
}

#[tokio::test]
async fn only_a_back_end_with_the_right_to_makes_one() {
    let links = Links::start().await;
    let house = &links.house;
    let body = json!({ "user": "ext:joe", "providers": ["acme"], "returnTo": BACK });
    house.app.post(PATH).json(body.clone()).send().await.expect(401);
    house.as_ada(house.app.post(PATH)).json(body.clone()).send().await.expect(403);
    for (scopes, providers, code) in [
        (json!(["users:act"]), json!("*"), "auth.scope_missing"),
        (json!(["integrations:write"]), json!("*"), "auth.scope_missing"),
        (json!(["users:act", "integrations:write"]), json!(["github"]), "auth.forbidden"),
    ] {
        let key = house.key(json!({ "name": "k", "scopes": scopes, "users": "*", "providers": providers })).await;
        let answer = house.app.post(PATH).bearer(&key).json(body.clone()).send().await.expect(403);
        assert_eq!(answer.code(), code, "{scopes}");
    }
    let eve = house.app.register("eve@example.org").await;
    let scopes = json!({ "name": "k", "scopes": ["users:act", "integrations:write"], "users": "*" });
    let foreign = house.app.service_key(&eve, scopes).await;
    let theirs = json!({ "user": links.joe, "providers": ["acme"], "returnTo": BACK });
    house.app.post(PATH).bearer(&foreign).json(theirs).send().await.expect(403);
}

/// What a key of one project makes is that project's, and no other project's to see or to confirm.
#[tokio::test]
async fn a_key_of_a_project_makes_links_of_this_project_alone() {
    let links = Links::start().await;
    let scopes = ["users:act", "integrations:read", "integrations:write"];
    let key = async |project: &str| {
        links.house.key(json!({ "name": "k", "scopes": scopes, "users": "*", "project": project })).await
    };
    let (work, play) = (key("work").await, key("play").await);
    let make = async |key: &str, labels: Value| {
        let body = json!({ "user": "ext:joe", "providers": ["acme"], "returnTo": BACK, "labels": labels });
        links.house.app.post(PATH).bearer(key).json(body).send().await
    };
    assert_eq!(make(&work, json!({ "acme": "play" })).await.expect(403).code(), "auth.forbidden");
    let link = make(&work, json!({})).await.expect(201);
    let path = format!("{PATH}/{}", link.at("id").as_str().unwrap());
    links.house.app.get(&path).bearer(&work).send().await.expect(200);
    links.house.app.get(&path).bearer(&play).send().await.expect(404);
    let body = json!({ "code": "x", "user": "ext:joe" });
    links.house.app.post(format!("{path}/confirm")).bearer(&play).json(body).send().await.expect(404);
}
