//! `DELETE /api/users/{id}`

use serde_json::json;

use super::create_user::{back_end, made};
use crate::house::{Begun, House};

#[tokio::test]
async fn nobody_acts_for_a_deleted_user_and_what_was_connected_is_ended() {
    let house = House::start().await;
    let app = &house.app;
    let key = back_end(app, &house.ada).await;
    let first = made(app, &key, json!({ "externalId": "u-1" })).await.expect(201).at("id");
    for label in ["one", "two"] {
        let asked = app.post("/api/integrations/oauth/start/acme").bearer(&key).header("x-on-behalf-of", "ext:u-1");
        let begun = Begun::of(&asked.json(json!({ "label": label })).send().await.expect(200));
        let asked = app.post("/api/integrations/oauth/callback").bearer(&key).header("x-on-behalf-of", "ext:u-1");
        asked.json(json!({ "code": "c", "state": begun.state() })).send().await.expect(200);
    }
    app.delete("/api/users/ext:u-1").bearer(&key).send().await.expect(200);
    let asked = app.get("/api/integrations/acme/token").bearer(&key).header("x-on-behalf-of", first.as_str().unwrap());
    asked.send().await.expect(403);
    app.work().await;
    app.tick().await;
    let rows = house.rows("integrations").await;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains_key("disconnected_at")));
    house.pass(120);
    app.tick().await;
    assert_eq!((house.acme.count("revoke"), house.rows("timers").await.len()), (2, 0));
    app.delete("/api/users/ext:u-1").bearer(&key).send().await.expect(404);
    let again = made(app, &key, json!({ "externalId": "u-1" })).await.expect(201).at("id");
    assert_ne!(again, first, "a new one has nothing of the old one's");
}

/// A handshake that was on its way when its user was deleted comes to nothing.
#[tokio::test]
async fn what_arrives_too_late_connects_nothing() {
    let house = House::start().await;
    let app = &house.app;
    let key = back_end(app, &house.ada).await;
    made(app, &key, json!({ "externalId": "u-1" })).await.expect(201);
    let start = app.post("/api/integrations/oauth/start/acme").header("origin", support::PUBLIC_URL);
    let started = start.bearer(&key).header("x-on-behalf-of", "ext:u-1").send().await.expect(200);
    let begun = Begun::of(&started);
    let cookie = started.header("set-cookie").split(';').next().unwrap().to_owned();
    app.delete("/api/users/ext:u-1").bearer(&key).send().await.expect(200);
    app.work().await;
    let answer = app.get(begun.back("c")).header("cookie", &cookie).send().await.expect(302);
    assert!(answer.header("location").contains("oauth_error"), "{}", answer.header("location"));
    assert_eq!(house.rows("integrations").await.len(), 0);
    assert_eq!(house.acme.count("revoke"), 1, "what nobody wants is given back");
}

#[tokio::test]
async fn nobody_else_deletes_them() {
    let house = House::start().await;
    let app = &house.app;
    let eve = app.register("eve@example.org").await;
    let (key, of_eve) = (back_end(app, &house.ada).await, back_end(app, &eve).await);
    let id = made(app, &key, json!({ "externalId": "u-1" })).await.expect(201).at("id");
    let path = format!("/api/users/{}", id.as_str().unwrap());
    app.delete(&path).bearer(&of_eve).send().await.expect(404);
    app.delete(&path).send().await.expect(401);
    let plain = app.service_key(&house.ada, json!({ "name": "k", "scopes": ["users:act"], "users": "*" })).await;
    app.delete(&path).bearer(&plain).send().await.expect(403);
    app.delete(format!("/api/users/{}", house.ada.id)).bearer(&key).send().await.expect(404);
    app.get(&path).bearer(&key).send().await.expect(200);
}
