//! `POST /api/auth/invitations/accept`, and registering with an invitation.

use serde_json::{Value, json};
use support::{Answer, TestApp, User};

use super::{ask, members::listed};
use crate::house::House;

/// The token of a new invitation.
async fn invitation(app: &TestApp, admin: &User, email: &str, role: &str) -> String {
    let body = json!({ "email": email, "role": role });
    app.prove(admin).await;
    ask(app, admin, "POST", "/api/auth/invitations", body).await.expect(200);
    app.token_for(email, "/invitation").await
}

async fn accept(app: &TestApp, who: &User, token: &str) -> Answer {
    ask(app, who, "POST", "/api/auth/invitations/accept", json!({ "token": token })).await
}

async fn register(app: &TestApp, email: &str, token: &str) -> Answer {
    let body = json!({ "email": email, "password": support::PASSWORD, "full_name": "Bob", "invitation": token });
    app.post("/api/auth/register").json(body).send().await
}

#[tokio::test]
async fn somebody_with_an_account_joins_and_is_signed_in_there() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = app.register("bob@example.org").await;
    let token = invitation(&app, &ada, "bob@example.org", "member").await;
    let joined = accept(&app, &bob, &token).await.expect(200);
    assert_eq!((joined.at("/user/role"), joined.at("/user/is_verified")), (json!("member"), json!(true)));
    let now = User::signed_in(&joined);
    assert_eq!(now.id, bob.id);
    assert_eq!(listed(&app, &now).await.len(), 2);
    ask(&app, &bob, "GET", "/api/auth/me", json!({})).await.expect(401);
}

#[tokio::test]
async fn an_invitation_is_good_once() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let token = invitation(&app, &ada, "bob@example.org", "member").await;
    let first = register(&app, "bob@example.org", &token).await.expect(200);
    assert_eq!((first.at("/user/role"), first.at("/user/is_verified")), (json!("member"), json!(true)));
    let bob = User::signed_in(&first);
    assert_eq!(accept(&app, &bob, &token).await.expect(400).code(), "auth.link_invalid");
    ask(&app, &bob, "POST", "/api/auth/organisation/leave", json!({})).await.expect(200);
    let body = json!({ "email": "bob@example.org", "password": support::PASSWORD });
    let bob = User::signed_in(&app.post("/api/auth/login").json(body).send().await.expect(200));
    assert_eq!(
        accept(&app, &bob, &token).await.expect(400).code(),
        "auth.link_invalid",
        "it does not come to life again"
    );
}

#[tokio::test]
async fn of_two_at_once_one_gets_in() {
    let app = TestApp::with_system_clock().await;
    let ada = app.register("ada@example.org").await;
    let bob = app.register("bob@example.org").await;
    let token = invitation(&app, &ada, "bob@example.org", "member").await;
    let (one, other) = tokio::join!(accept(&app, &bob, &token), accept(&app, &bob, &token));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert!(statuses[0] == 200 && statuses[1] >= 400, "{statuses:?}");
    assert_eq!(ask(&app, &ada, "GET", "/api/auth/organisation", json!({})).await.at("members"), 2);
}

/// Whoever finds the mail of somebody else gets nowhere by it.
#[tokio::test]
async fn it_is_for_the_invited_address_alone() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let token = invitation(&app, &ada, "bob@example.org", "admin").await;
    let refused = accept(&app, &eve, &token).await.expect(400);
    let made_up = accept(&app, &eve, &"0".repeat(44)).await.expect(400);
    assert_eq!((refused.code(), refused.at("detail")), (made_up.code(), made_up.at("detail")));
    assert_eq!(register(&app, "mallory@example.org", &token).await.expect(400).code(), "auth.link_invalid");
    app.post("/api/auth/invitations/accept").json(json!({ "token": token })).send().await.expect(401);
    register(&app, "bob@example.org", &token).await.expect(200);
}

#[tokio::test]
async fn after_a_week_it_is_too_old() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let token = invitation(&app, &ada, "bob@example.org", "member").await;
    app.clock().advance(std::time::Duration::from_hours(7 * 24));
    assert_eq!(register(&app, "bob@example.org", &token).await.expect(400).code(), "auth.link_invalid");
}

/// Nothing moves along, and nothing is left where nobody could reach it.
#[tokio::test]
async fn what_would_be_left_behind_is_ended_first() {
    let house = House::start().await;
    let app = &house.app;
    let bob = app.register("bob@example.org").await;
    house.connect("default").await;
    let token = invitation(app, &bob, "ada@example.org", "member").await;
    let left = |answer: Answer| (answer.status(), answer.code(), answer.at("detail"));
    let (status, code, detail) = left(accept(app, &house.ada, &token).await);
    assert_eq!((status, code.as_str()), (409, "organisation.not_empty"));
    assert!(detail.as_str().unwrap().contains("connections"), "{detail}");
    house.as_ada(app.delete("/api/integrations/acme/credentials")).send().await.expect(200);
    house.key(json!({ "name": "k", "scopes": ["tokens:read"] })).await;
    assert!(left(accept(app, &house.ada, &token).await).2.as_str().unwrap().contains("service keys"));
    let keys = house.get("/api/auth/keys").await;
    let key = keys.at("/keys/0/id");
    house.as_ada(app.delete(format!("/api/auth/keys/{}", key.as_str().unwrap()))).send().await.expect(200);
    accept(app, &house.ada, &token).await.expect(200);
}

#[tokio::test]
async fn the_last_administrator_leaves_no_members_behind() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
    app.join(&ada, "joe@example.org", "member").await;
    let token = invitation(&app, &bob, "ada@example.org", "admin").await;
    assert_eq!(accept(&app, &ada, &token).await.expect(409).code(), "organisation.last_admin");
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    for body in [json!({}), json!({ "token": 1 }), Value::Null] {
        let answer = ask(&app, &ada, "POST", "/api/auth/invitations/accept", body.clone()).await;
        assert_eq!(answer.status(), 400, "{body}");
    }
}
