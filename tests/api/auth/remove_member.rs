//! `DELETE /api/auth/organisation/members/{id}`

use serde_json::json;
use support::{TestApp, User};

use super::{PASSWORD, ask, colleague, login, members::listed, refresh};
use crate::house::House;

fn path(of: &User) -> String {
    format!("/api/auth/organisation/members/{}", of.id)
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_keeps_the_account() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "admin").await;
    ask(&app, &ada, "DELETE", &path(&bob), json!({})).await.expect(200);
    ask(&app, &bob, "GET", "/api/auth/me", json!({})).await.expect(401);
    refresh(&app, &bob.refresh_token).await.expect(401);
    assert_eq!(listed(&app, &ada).await.len(), 1);
    let again = User::signed_in(&login(&app, "bob@example.org", PASSWORD).send().await.expect(200));
    assert_eq!(again.id, bob.id);
    assert_eq!(listed(&app, &again).await, [("bob@example.org".to_owned(), "admin".to_owned())]);
    ask(&app, &ada, "DELETE", &path(&bob), json!({})).await.expect(404);
}

/// What was connected for the organisation is the organisation's to use no more; and the provider hears of it.
#[tokio::test]
async fn what_a_removed_member_had_connected_is_ended() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let begun = house.begin_as(&bob, json!({})).await;
    let code = json!({ "code": "c", "state": begun.state() });
    ask(&house.app, &bob, "POST", "/api/integrations/oauth/callback", code).await.expect(200);
    let body = json!({ "name": "k", "scopes": ["tokens:read", "users:act"], "users": "*" });
    let key = house.key(body).await;
    let token = || house.app.get("/api/integrations/acme/token").bearer(&key).header("x-on-behalf-of", &bob.id).send();
    token().await.expect(200);
    ask(&house.app, &house.ada, "DELETE", &path(&bob), json!({})).await.expect(200);
    house.pass(60);
    token().await.expect(403);
    house.app.work().await;
    house.app.tick().await;
    assert_eq!(house.acme.count("revoke"), 1);
    let left: Vec<_> = house.rows("integrations").await;
    assert!(left.iter().all(|row| row.contains_key("disconnected_at") && !row.contains_key("access_token")));
    house.pass(120);
    house.app.tick().await;
    assert_eq!(house.rows("timers").await.len(), 0);
}

/// A request that was believed a moment before may store something after all was ended.
#[tokio::test]
async fn what_comes_behind_a_removed_members_back_is_ended_too() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let begun = house.begin_as(&bob, json!({})).await;
    let code = json!({ "code": "c", "state": begun.state() });
    ask(&house.app, &bob, "POST", "/api/integrations/oauth/callback", code).await.expect(200);
    let stored = house.rows("integrations").await.remove(0);
    ask(&house.app, &house.ada, "DELETE", &path(&bob), json!({})).await.expect(200);
    house.app.work().await;
    assert!(house.rows("integrations").await[0].contains_key("disconnected_at"));
    let client = aws_sdk_dynamodb::Client::new(&house.app.aws().sdk_config(support::ONLOOKER));
    client.put_item().table_name("postern-integrations").set_item(Some(stored)).send().await.unwrap();
    house.pass(120);
    house.app.tick().await;
    assert!(house.rows("integrations").await[0].contains_key("disconnected_at"));
}

/// The second look ends nothing of somebody who has come back meanwhile.
#[tokio::test]
async fn whoever_comes_back_soon_keeps_what_they_connect_then() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    ask(&house.app, &house.ada, "DELETE", &path(&bob), json!({})).await.expect(200);
    house.app.work().await;
    let back = User::signed_in(&login(&house.app, "bob@example.org", PASSWORD).send().await.expect(200));
    let invited = json!({ "email": "bob@example.org" });
    ask(&house.app, &house.ada, "POST", "/api/auth/invitations", invited).await.expect(200);
    let token = json!({ "token": house.app.token_for("bob@example.org", "/invitation").await });
    let back = ask(&house.app, &back, "POST", "/api/auth/invitations/accept", token).await.expect(200);
    let begun = house.begin_as(&User::signed_in(&back), json!({})).await;
    let code = json!({ "code": "c", "state": begun.state() });
    ask(&house.app, &User::signed_in(&back), "POST", "/api/integrations/oauth/callback", code).await.expect(200);
    house.pass(120);
    house.app.tick().await;
    assert!(!house.rows("integrations").await[0].contains_key("disconnected_at"));
}

#[tokio::test]
async fn clearing_out_goes_on_after_a_failure() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    for label in ["one", "two", "three"] {
        let begun = house.begin_as(&bob, json!({ "label": label })).await;
        let code = json!({ "code": "c", "state": begun.state() });
        ask(&house.app, &bob, "POST", "/api/integrations/oauth/callback", code).await.expect(200);
    }
    ask(&house.app, &house.ada, "DELETE", &path(&bob), json!({})).await.expect(200);
    let fault = local::aws::Fault::deny().role("token-refresh").operation("TransactWriteItems").nth(2);
    house.app.faults().add(fault);
    house.app.work().await;
    assert_eq!(house.app.faults().struck(), 1);
    // First what is left of the clearing out, then what it leaves to be revoked.
    for _ in 0..2 {
        house.pass(60);
        house.app.tick().await;
    }
    let left = house.rows("integrations").await;
    assert!(left.len() == 3 && left.iter().all(|row| row.contains_key("disconnected_at")));
    assert_eq!(house.acme.count("revoke"), 3);
}

#[tokio::test]
async fn only_an_administrator_removes_and_never_the_last_one() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    ask(&app, &bob, "DELETE", &path(&ada), json!({})).await.expect(403);
    ask(&app, &eve, "DELETE", &path(&bob), json!({})).await.expect(404);
    app.delete(path(&bob)).send().await.expect(401);
    let answer = ask(&app, &ada, "DELETE", &path(&ada), json!({})).await.expect(409);
    assert_eq!(answer.code(), "organisation.last_admin");
    assert_eq!(listed(&app, &ada).await.len(), 2);
}

/// Whoever made a key keeps its secret. It ends with them, also where they come back one day, and so do invitations.
#[tokio::test]
async fn what_a_removed_administrator_made_opens_nothing() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = colleague(&app, &ada, "eve@example.org", "admin").await;
    let body = json!({ "name": "k", "scopes": ["integrations:read", "users:act"], "users": "*" });
    let (everybodys, own) = (
        app.service_key(&eve, body).await,
        app.service_key(&eve, json!({ "name": "k", "scopes": ["integrations:read"] })).await,
    );
    let status = async |key: &str| app.get("/api/integrations").bearer(key).send().await.status();
    assert_eq!((status(&everybodys).await, status(&own).await), (200, 200));
    let body = json!({ "email": "second@example.org", "role": "admin" });
    ask(&app, &eve, "POST", "/api/auth/invitations", body).await.expect(200);
    let invitation = app.token_for("second@example.org", "/invitation").await;

    ask(&app, &ada, "DELETE", &path(&eve), json!({})).await.expect(200);
    app.clock().advance(std::time::Duration::from_mins(1));
    assert_eq!((status(&everybodys).await, status(&own).await), (401, 401));
    let body =
        json!({ "email": "second@example.org", "password": PASSWORD, "full_name": "Eve", "invitation": invitation });
    let second = async || app.post("/api/auth/register").json(body.clone()).send().await.expect(400).code();
    assert_eq!(second().await, "auth.link_invalid");

    let back = User::signed_in(&login(&app, "eve@example.org", PASSWORD).send().await.expect(200));
    let again = json!({ "email": "eve@example.org", "role": "admin" });
    ask(&app, &ada, "POST", "/api/auth/invitations", again).await.expect(200);
    let token = app.token_for("eve@example.org", "/invitation").await;
    ask(&app, &back, "POST", "/api/auth/invitations/accept", json!({ "token": token })).await.expect(200);
    assert_eq!((status(&everybodys).await, status(&own).await), (401, 401));
    assert_eq!(second().await, "auth.link_invalid");
}
