//! `PATCH /api/auth/organisation/members/{id}`

use serde_json::json;
use support::{TestApp, User};

use super::{ask, colleague, members::listed};

fn path(of: &User) -> String {
    format!("/api/auth/organisation/members/{}", of.id)
}

#[tokio::test]
async fn a_new_role_counts_at_once() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let changed = ask(&app, &ada, "PATCH", &path(&bob), json!({ "role": "admin" })).await.expect(200);
    assert_eq!((changed.at("id"), changed.at("role")), (json!(bob.id), json!("admin")));
    let listed_bob = ask(&app, &ada, "GET", "/api/auth/organisation/members", json!({})).await.at("members");
    let listed_bob = listed_bob.as_array().unwrap().iter().find(|one| one["id"] == json!(bob.id)).unwrap().clone();
    assert!(changed.at("joined_at").is_string());
    assert_eq!(changed.json(), listed_bob, "as the list has it");
    ask(&app, &bob, "PATCH", &path(&ada), json!({ "role": "guest" })).await.expect(200);
    ask(&app, &ada, "PATCH", &path(&bob), json!({ "role": "member" })).await.expect(403);
    let all = [("ada@example.org", "guest"), ("bob@example.org", "admin")];
    assert_eq!(listed(&app, &bob).await, all.map(|(email, role)| (email.to_owned(), role.to_owned())));
    let org = ask(&app, &bob, "GET", "/api/auth/organisation", json!({})).await;
    assert_eq!((org.at("members"), org.at("admins")), (json!(2), json!(1)));
}

#[tokio::test]
async fn an_unknown_role_is_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    for role in [json!("owner"), json!("Admin"), json!(""), json!(1), json!(null)] {
        let answer = ask(&app, &ada, "PATCH", &path(&bob), json!({ "role": role })).await;
        assert_eq!((answer.status(), answer.at("/errors/0/pointer")), (400, json!("/role")), "{role}");
    }
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    colleague(&app, &ada, "bob@example.org", "member").await;
    for role in ["member", "guest"] {
        let answer = ask(&app, &ada, "PATCH", &path(&ada), json!({ "role": role })).await.expect(409);
        assert_eq!(answer.code(), "organisation.last_admin");
    }
    ask(&app, &ada, "PATCH", &path(&ada), json!({ "role": "admin" })).await.expect(200);
}

#[tokio::test]
async fn two_administrators_who_demote_each_other_at_once_leave_one() {
    let app = TestApp::with_system_clock().await;
    for round in 0..4 {
        let ada = app.register(&format!("ada{round}@example.org")).await;
        let bob = colleague(&app, &ada, &format!("bob{round}@example.org"), "admin").await;
        let (to_bob, to_ada) = (path(&bob), path(&ada));
        let (one, other) = tokio::join!(
            ask(&app, &ada, "PATCH", &to_bob, json!({ "role": "member" })),
            ask(&app, &bob, "PATCH", &to_ada, json!({ "role": "member" }))
        );
        let mut statuses = [one.status(), other.status()];
        statuses.sort_unstable();
        assert!(statuses[0] == 200 && [403, 409].contains(&statuses[1]), "{statuses:?}");
    }
}

#[tokio::test]
async fn somebody_elses_member_looks_unknown() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let theirs = ask(&app, &eve, "PATCH", &path(&ada), json!({ "role": "guest" })).await.expect(404);
    let nobody = "/api/auth/organisation/members/usr_0000000000000000000000";
    let nobody = ask(&app, &eve, "PATCH", nobody, json!({ "role": "guest" })).await.expect(404);
    assert_eq!(theirs.at("detail"), nobody.at("detail"));
    app.patch(path(&ada)).json(json!({ "role": "guest" })).send().await.expect(401);
}

/// A key does what whoever made it may do now.
#[tokio::test]
async fn keys_are_held_to_the_new_role() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "admin").await;
    let scopes = json!(["integrations:read", "credentials:reveal", "users:act"]);
    let everybodys = app.service_key(&bob, json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
    let own = app.service_key(&bob, json!({ "name": "k", "scopes": scopes })).await;
    ask(&app, &ada, "PATCH", &path(&bob), json!({ "role": "guest" })).await.expect(200);
    app.clock().advance(std::time::Duration::from_mins(1));
    let get = async |key: &str, path: &str| app.get(path.to_owned()).bearer(key).send().await;
    assert_eq!(get(&everybodys, "/api/integrations").await.expect(403).code(), "auth.forbidden");
    get(&own, "/api/integrations").await.expect(200);
    let reveal = "/api/credentials?username=bob@example.org&credentialType=openai&projectId=al-chat";
    assert_eq!(get(&own, reveal).await.expect(403).code(), "auth.scope_missing");
}
