//! `integrations.attach_token`: Google tokens that D2's front end got by itself.

use serde_json::{Value, json};
use support::{Answer, Provider, TestApp};

use crate::house::House;

async fn house() -> (House, Provider) {
    let google = Provider::start("google_calendar").await;
    let file = format!("override = true\n{}", google.file());
    let house = House::of(TestApp::setup().provider(&google).provider_file("google_calendar", &file)).await;
    (house, google)
}

async fn attach(house: &House, body: Value) -> Answer {
    house.as_ada(house.app.post("/api/google-calendar/attach-token")).json(body).send().await
}

#[tokio::test]
async fn they_are_tested_and_kept() {
    let (house, _google) = house().await;
    let body = json!({
        "accessToken": "access-0", "refreshToken": "refresh-0", "tokenExpiry": "2026-11-20T10:00:00Z",
    });
    let answer = attach(&house, body).await.expect(200);
    assert_eq!(answer.at("success"), true);
    let status = house.get("/api/google-calendar/status/me").await.expect(200);
    assert_eq!((status.at("connected"), status.at("tokenExpiry")), (json!(true), json!("2026-11-20T10:00:00Z")));
    // And let go by D2's name.
    house.as_ada(house.app.post("/api/google-calendar/disconnect")).send().await.expect(200);
    assert_eq!(house.get("/api/google-calendar/status/me").await.at("connected"), false);
    house.as_ada(house.app.post("/api/google-calendar/disconnect")).send().await.expect(404);
}

/// D2's client says whom it means. An administrator may mean somebody else, and is not taken for them.
#[tokio::test]
async fn letting_go_by_d2s_name_means_whom_the_body_names() {
    let (house, _google) = house().await;
    let bob = house.colleague("bob@example.org").await;
    let tokens = || json!({ "accessToken": "access-0", "refreshToken": "refresh-0" });
    attach(&house, tokens()).await.expect(200);
    house
        .app
        .post("/api/google-calendar/attach-token")
        .bearer(&bob.access_token)
        .json(tokens())
        .send()
        .await
        .expect(200);
    let end = async |user: &support::User, whose: &str| {
        let body = json!({ "userId": whose });
        house.app.post("/api/google-calendar/disconnect").bearer(&user.access_token).json(body).send().await
    };
    assert_eq!(end(&bob, &house.ada.id).await.expect(403).at("error"), "Forbidden");
    end(&house.ada, &bob.id).await.expect(200);
    end(&house.ada, &bob.id).await.expect(404);
    assert_eq!(house.get("/api/google-calendar/status/me").await.at("connected"), true);
    end(&bob, "me").await.expect(404);
}

#[tokio::test]
async fn one_that_does_not_work_or_has_ended_is_not_kept() {
    let (house, google) = house().await;
    for body in [
        json!({}),
        json!({ "accessToken": "" }),
        json!({ "accessToken": ["canary-token"] }),
        json!({ "accessToken": "access-canary", "tokenExpiry": "soon" }),
    ] {
        let answer = attach(&house, body).await.expect(400);
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    google.account("");
    assert_eq!(
        attach(&house, json!({ "accessToken": "access-0" })).await.expect(400).code(),
        "provider.credential_refused"
    );
    assert_eq!(house.get("/api/google-calendar/status/me").await.at("connected"), false);
}
