//! `GET /api/auth/invitations`

use serde_json::json;
use shared::{
    auth::Role,
    id::InvitationId,
    store::{
        audit::Entry,
        errands::{Errand, Task},
        invitations::Invitation,
    },
};
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

#[tokio::test]
async fn none_of_many_is_left_out() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let auth = app.stack().app("auth");
    let user = auth.store.user(&ada.id.parse().unwrap(), true).await.unwrap().unwrap();
    let now = app.clock().now();
    for n in 0..250 {
        let invitation = Invitation {
            id: auth.ids.make::<InvitationId>(),
            org: user.org.clone(),
            email: format!("n{n}@example.org"),
            role: Role::Member,
            invited_by: user.id.clone(),
            keyring: user.keyring,
            created_at: now,
            expires: now.as_second() + 3600,
            used_by: None,
        };
        let task = Task::Invite { org: user.org.clone(), invitation: invitation.id.clone() };
        let (org, subject) = (&user.org, invitation.id.as_str());
        let entry = Entry { org, actor: user.id.as_str(), action: "invitation.create", subject, request: None };
        auth.store.invite(&invitation, &Errand::new(task, now.as_second()), &entry.about([])).await.unwrap();
    }
    let (mut found, mut path) = (std::collections::BTreeSet::new(), PATH.to_owned());
    loop {
        let page = ask(&app, &ada, "GET", &path, json!({})).await.expect(200);
        let emails = page.at("invitations");
        found.extend(emails.as_array().unwrap().iter().map(|open| open["email"].as_str().unwrap().to_owned()));
        let next = page.at("next_cursor");
        let Some(next) = next.as_str() else { break };
        path = format!("{PATH}?cursor={next}");
    }
    assert_eq!(found.len(), 250);
    ask(&app, &ada, "GET", &format!("{PATH}?cursor=nonsense"), json!({})).await.expect(400);

    // Whoever is on a later page is known to be invited, too.
    app.prove(&ada).await;
    for n in (0..250).step_by(5) {
        let body = json!({ "email": format!("n{n}@example.org") });
        assert_eq!(ask(&app, &ada, "POST", PATH, body).await.expect(409).code(), "resource.conflict");
    }
}
