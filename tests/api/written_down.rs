//! What changes people and what they keep is written down in the very step that does it: no entry can be missing.

use std::collections::BTreeMap;

use local::aws::Fault;
use serde_json::{Value, json};
use support::{PASSWORD, User};

use crate::house::House;

/// How often each action is in the trail of an organisation.
async fn trail(house: &House, org: &str) -> BTreeMap<String, usize> {
    let mut actions = BTreeMap::new();
    for row in house.rows("audit").await {
        if row["pk"].as_s().unwrap().starts_with(org) {
            *actions.entry(row["action"].as_s().unwrap().clone()).or_default() += 1;
        }
    }
    actions
}

async fn org_of(house: &House, who: &User) -> String {
    let found = house.app.get("/api/auth/organisation").bearer(&who.access_token).send().await.expect(200);
    found.at("id").as_str().unwrap().to_owned()
}

/// As Ada, or by a key.
async fn done(house: &House, bearer: &str, (method, path): (&str, String), body: Value) -> support::Answer {
    let answer = house.app.request(method.parse().unwrap(), &path).bearer(bearer).json(body).send().await;
    assert!(answer.status() < 300, "{method} {path}: {} {}", answer.status(), answer.text());
    answer
}

/// Were an entry written by a request of its own, that one would be refused here.
#[tokio::test]
async fn a_change_and_its_entry_are_one_request() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let org = org_of(&house, &house.ada).await;
    let key = house.key(json!({ "name": "k", "scopes": ["users:manage", "users:act"], "users": "*" })).await;
    let typed = |value: &str| json!({ "credentialType": "mine", "credentials": { "k": value }, "name": "Mine" });
    let ada = &house.ada.access_token;
    let kept = done(&house, ada, ("POST", "/api/credentials".to_owned()), typed("v")).await;
    let before = trail(&house, &org).await;
    for role in ["auth", "credentials"] {
        house.app.faults().add(Fault::deny().role(role).operation("PutItem").always());
    }

    let member = format!("/api/auth/organisation/members/{}", bob.id);
    let credential = format!("/api/credentials/{}", kept.at("id").as_str().unwrap());
    done(&house, ada, ("PATCH", member.clone()), json!({ "role": "guest" })).await;
    done(&house, ada, ("PATCH", "/api/auth/organisation".to_owned()), json!({ "name": "Acme" })).await;
    let invitations = "/api/auth/invitations".to_owned();
    let invited = done(&house, ada, ("POST", invitations.clone()), json!({ "email": "kim@example.org" })).await;
    let invited = format!("{invitations}/{}", invited.at("id").as_str().unwrap());
    done(&house, ada, ("DELETE", invited), json!({})).await;
    done(&house, &key, ("POST", "/api/users".to_owned()), json!({ "externalId": "u-1" })).await;
    done(&house, &key, ("POST", "/api/users".to_owned()), json!({ "externalId": "u-1", "name": "Joe" })).await;
    done(&house, &key, ("DELETE", "/api/users/ext:u-1".to_owned()), json!({})).await;
    done(&house, ada, ("DELETE", member), json!({})).await;
    done(&house, ada, ("POST", "/api/credentials".to_owned()), typed("w")).await;
    for change in
        [json!({ "credentials": { "k": "x" } }), json!({ "projectId": "other" }), json!({ "isActive": false })]
    {
        done(&house, ada, ("PUT", credential.clone()), change).await;
    }

    let mut since = trail(&house, &org).await;
    for (action, times) in before {
        *since.get_mut(&action).unwrap() -= times;
    }
    since.retain(|_, times| *times > 0);
    let since: Vec<_> = since.iter().map(|(action, times)| (action.as_str(), *times)).collect();
    let expected = [
        ("credential.store", 1),
        // The second one is the name of what was stored.
        ("credential.update", 4),
        ("invitation.create", 1),
        ("invitation.take_back", 1),
        ("member.remove", 1),
        ("member.role", 1),
        ("organisation.change", 1),
        ("user.change", 1),
        ("user.create", 1),
        ("user.delete", 1),
    ];
    assert_eq!(since, expected);
}

/// Signing in writes rows of its own, so these are seen by their entries.
#[tokio::test]
async fn both_organisations_of_somebody_who_moves_tell_of_it() {
    let house = House::start().await;
    let app = &house.app;
    let bob = app.register("bob@example.org").await;
    let (left, joined) = (org_of(&house, &bob).await, org_of(&house, &house.ada).await);
    app.prove(&bob).await;
    app.prove(&house.ada).await;
    let invited = json!({ "email": "bob@example.org" });
    done(&house, &house.ada.access_token, ("POST", "/api/auth/invitations".to_owned()), invited).await;
    let token = app.token_for("bob@example.org", "/invitation").await;
    let accept = ("POST", "/api/auth/invitations/accept".to_owned());
    done(&house, &bob.access_token, accept, json!({ "token": token })).await;
    app.post("/api/auth/password/forgot").json(json!({ "email": "bob@example.org" })).send().await.expect(200);
    let reset = json!({ "token": app.token_for("bob@example.org", "/reset").await, "password": PASSWORD });
    app.post("/api/auth/password/reset").json(reset).send().await.expect(200);
    let of = async |org: &str| trail(&house, org).await.into_keys().collect::<Vec<_>>();
    assert_eq!(of(&left).await, ["member.leave", "user.register", "user.verified"]);
    let joined = of(&joined).await;
    let expected = ["invitation.create", "member.join", "user.password_reset", "user.register", "user.verified"];
    assert_eq!(joined, expected);
}
