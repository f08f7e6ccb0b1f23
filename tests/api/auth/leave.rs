//! `POST /api/auth/organisation/leave`

use serde_json::json;
use support::{TestApp, User};

use super::{PASSWORD, ask, colleague, login, members::listed};

const PATH: &str = "/api/auth/organisation/leave";

#[tokio::test]
async fn who_leaves_has_an_organisation_of_their_own() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "guest").await;
    ask(&app, &bob, "POST", PATH, json!({})).await.expect(200);
    ask(&app, &bob, "GET", "/api/auth/me", json!({})).await.expect(401);
    let again = User::signed_in(&login(&app, "bob@example.org", PASSWORD).send().await.expect(200));
    assert_eq!(listed(&app, &again).await, [("bob@example.org".to_owned(), "admin".to_owned())]);
    assert_eq!(listed(&app, &ada).await.len(), 1);
}

#[tokio::test]
async fn the_last_administrator_does_not_leave_alone_or_not() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    assert_eq!(ask(&app, &ada, "POST", PATH, json!({})).await.expect(409).code(), "organisation.last_admin");
    colleague(&app, &ada, "bob@example.org", "member").await;
    assert_eq!(ask(&app, &ada, "POST", PATH, json!({})).await.expect(409).code(), "organisation.last_admin");
    app.post(PATH).send().await.expect(401);
}

#[tokio::test]
async fn of_two_administrators_who_leave_at_once_one_stays() {
    let app = TestApp::with_system_clock().await;
    for round in 0..6 {
        let ada = app.register(&format!("ada{round}@example.org")).await;
        let bob = colleague(&app, &ada, &format!("bob{round}@example.org"), "admin").await;
        let (one, other) =
            tokio::join!(ask(&app, &ada, "POST", PATH, json!({})), ask(&app, &bob, "POST", PATH, json!({})));
        let mut answers = [(one.status(), one.code(), &ada), (other.status(), other.code(), &bob)];
        answers.sort_by_key(|(status, ..)| *status);
        let [(left, ..), (stayed, code, who)] = answers;
        assert_eq!((left, stayed, code.as_str()), (200, 409, "organisation.last_admin"));
        let org = ask(&app, who, "GET", "/api/auth/organisation", json!({})).await.expect(200);
        assert_eq!((org.at("members"), org.at("admins")), (json!(1), json!(1)));
    }
}

#[tokio::test]
async fn a_lost_answer_changes_nothing() {
    for n in 1..=2 {
        let app = TestApp::start().await;
        let ada = app.register("ada@example.org").await;
        let bob = colleague(&app, &ada, "bob@example.org", "member").await;
        let fault = local::aws::Fault::lose_answer().service(local::aws::Service::DynamoDb).writes().nth(n);
        app.faults().add(fault);
        ask(&app, &bob, "POST", PATH, json!({})).await.expect(200);
        assert_eq!(app.faults().struck(), 1);
        let org = ask(&app, &ada, "GET", "/api/auth/organisation", json!({})).await.expect(200);
        assert_eq!(org.at("members"), 1, "{n}");
    }
}
