//! `GET /api/auth/invitations`

use serde_json::json;
use support::TestApp;

use super::{ask, colleague};

const PATH: &str = "/api/auth/invitations";

#[tokio::test]
async fn open_invitations_are_listed_until_they_are_used_or_too_old() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    let eve = app.register("eve@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    ask(&app, &ada, "POST", PATH, json!({ "email": "joe@example.org" })).await.expect(200);
    let open = ask(&app, &ada, "GET", PATH, json!({})).await.expect(200);
    let emails: Vec<_> = open.at("invitations").as_array().unwrap().iter().map(|one| one["email"].clone()).collect();
    assert_eq!(emails, ["joe@example.org"], "Bob's is used");
    assert_eq!(ask(&app, &eve, "GET", PATH, json!({})).await.at("invitations"), json!([]));
    ask(&app, &bob, "GET", PATH, json!({})).await.expect(403);
    app.get(PATH).send().await.expect(401);
    app.clock().advance(std::time::Duration::from_hours(7 * 24));
    let body = json!({ "email": "ada@example.org", "password": support::PASSWORD });
    let ada = support::User::signed_in(&app.post("/api/auth/login").json(body).send().await.expect(200));
    assert_eq!(ask(&app, &ada, "GET", PATH, json!({})).await.at("invitations"), json!([]));
}
