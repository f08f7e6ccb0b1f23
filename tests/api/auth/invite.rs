//! `POST /api/auth/invitations`

use serde_json::{Value, json};
use support::{PUBLIC_URL, TestApp};

use super::{ask, colleague};

const PATH: &str = "/api/auth/invitations";

#[tokio::test]
async fn the_link_goes_to_the_address_and_nowhere_else() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    let invited =
        ask(&app, &ada, "POST", PATH, json!({ "email": " Bob@Example.org", "role": "guest" })).await.expect(200);
    assert_eq!((invited.at("email"), invited.at("role")), (json!("bob@example.org"), json!("guest")));
    assert_eq!(invited.at("expires_at"), "2026-11-27T09:00:00Z");
    let token = app.token_for("bob@example.org", "/invitation").await;
    let letter = app.letters().into_iter().find(|letter| letter.to == "bob@example.org").unwrap();
    assert!(letter.text.contains(&format!("{PUBLIC_URL}/invitation?token={token}")), "{}", letter.text);
    assert!(letter.text.contains("Ada Lovelace's team") && letter.text.contains("guest"), "{}", letter.text);
    let open = ask(&app, &ada, "GET", PATH, json!({})).await.expect(200);
    assert!(!invited.text().contains(&token) && !open.text().contains(&token));
}

/// The mail leaves in the operator's name: not with the words of somebody who only claims an address.
#[tokio::test]
async fn whoever_has_not_proven_their_own_address_invites_nobody() {
    let app = TestApp::start().await;
    let eve = app.register("eve@example.org").await;
    let body = json!({ "email": "bob@example.org" });
    let refused = ask(&app, &eve, "POST", PATH, body).await.expect(403);
    assert_eq!(refused.code(), "auth.email_unproven");
    assert!(refused.text().contains("POST /api/auth/verify-email/request"), "{}", refused.text());
    app.work().await;
    assert!(app.letters().iter().all(|letter| letter.to != "bob@example.org"));
}

#[tokio::test]
async fn what_cannot_be_invited_is_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    colleague(&app, &ada, "bob@example.org", "member").await;
    let refused = async |body: Value| {
        let answer = ask(&app, &ada, "POST", PATH, body).await;
        (answer.status(), answer.code())
    };
    let bad = (400, "request.invalid".to_owned());
    assert_eq!(refused(json!({ "email": "joe@example.org", "role": "owner" })).await, bad);
    assert_eq!(refused(json!({ "email": "joe@example.org\r\nBcc: eve@example.org" })).await, bad);
    assert_eq!(refused(json!({ "email": "joe" })).await, bad);
    assert_eq!(refused(json!({})).await, bad);
    let conflict = (409, "resource.conflict".to_owned());
    assert_eq!(refused(json!({ "email": "bob@example.org" })).await, conflict, "a member already");
    ask(&app, &ada, "POST", PATH, json!({ "email": "joe@example.org" })).await.expect(200);
    assert_eq!(refused(json!({ "email": "joe@example.org" })).await, conflict, "invited already");
    app.post(PATH).json(json!({ "email": "joe@example.org" })).send().await.expect(401);
}

#[tokio::test]
async fn a_full_organisation_invites_nobody_and_takes_nobody_in() {
    let app = TestApp::setup().set("MAX_MEMBERS", "2").start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    let invite = async |email: &str| ask(&app, &ada, "POST", PATH, json!({ "email": email })).await;
    invite("bob@example.org").await.expect(200);
    invite("joe@example.org").await.expect(200);
    let (bob, joe) =
        (app.token_for("bob@example.org", "/invitation").await, app.token_for("joe@example.org", "/invitation").await);
    let register = async |email: &str, token: &str| {
        let body = json!({ "email": email, "password": support::PASSWORD, "full_name": "X", "invitation": token });
        app.post("/api/auth/register").json(body).send().await
    };
    register("bob@example.org", &bob).await.expect(200);
    assert_eq!(register("joe@example.org", &joe).await.expect(409).code(), "organisation.limit_reached");
    assert_eq!(invite("kim@example.org").await.expect(409).code(), "organisation.limit_reached");
}

#[tokio::test]
async fn of_two_who_come_at_once_to_the_last_place_one_gets_it() {
    let app = TestApp::setup().set("MAX_MEMBERS", "2").system_clock().start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    let mut tokens = Vec::new();
    for email in ["bob@example.org", "joe@example.org"] {
        ask(&app, &ada, "POST", PATH, json!({ "email": email })).await.expect(200);
        tokens.push((email, app.token_for(email, "/invitation").await));
    }
    let register = |(email, token): &(&str, String)| {
        let body = json!({ "email": email, "password": support::PASSWORD, "full_name": "X", "invitation": token });
        app.post("/api/auth/register").json(body).send()
    };
    let (one, other) = tokio::join!(register(&tokens[0]), register(&tokens[1]));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert!(statuses[0] == 200 && statuses[1] >= 400, "{statuses:?}");
    let org = ask(&app, &ada, "GET", "/api/auth/organisation", json!({})).await;
    assert_eq!(org.at("members"), 2);
}

/// The mail speaks for the operator: an address in it that somebody chose would pass for theirs.
#[tokio::test]
async fn a_name_that_reads_like_an_address_stays_out_of_the_mail() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    for (name, email) in [("Acme Inc.", "bob@example.org"), ("Sign in at evil.example", "joe@example.org")] {
        ask(&app, &ada, "PATCH", "/api/auth/organisation", json!({ "name": name })).await.expect(200);
        ask(&app, &ada, "POST", PATH, json!({ "email": email })).await.expect(200);
        app.work().await;
    }
    let text = |email: &str| app.letters().into_iter().find(|letter| letter.to == email).unwrap().text;
    assert!(text("bob@example.org").contains("\u{201c}Acme Inc.\u{201d}"));
    assert!(text("joe@example.org").contains("join an organisation at Postern"));
    assert!(!text("joe@example.org").contains("evil"));
}

#[tokio::test]
async fn neither_an_organisation_nor_a_place_sends_many_a_day() {
    let app = TestApp::start().await;
    for (n, who) in ["ada@example.org", "bob@example.org", "joe@example.org"].into_iter().enumerate() {
        let who = app.register(who).await;
        app.prove(&who).await;
        let invite =
            async |m: usize| ask(&app, &who, "POST", PATH, json!({ "email": format!("n{n}m{m}@example.org") })).await;
        if n < 2 {
            for m in 0..100 {
                invite(m).await.expect(200);
                app.clock().advance(std::time::Duration::from_secs(2));
            }
        }
        assert_eq!(invite(100).await.expect(429).header("ratelimit-limit"), if n < 2 { "100" } else { "200" });
    }
}
