//! `oauth.finish`: the front end hands in what the provider sent it. Bound by the caller's own sign-in.

use std::time::Duration;

use serde_json::json;
use support::{Answer, Reply, User};

use crate::house::{Begun, House, names};

async fn finish(house: &House, user: &User, begun: &Begun) -> Answer {
    let body = json!({ "code": "c", "state": begun.state() });
    house.app.post("/api/integrations/oauth/callback").bearer(&user.access_token).json(body).send().await
}

/// A refusal without what is different in each answer.
fn told(answer: &Answer) -> serde_json::Value {
    let mut body = answer.json();
    body["requestId"] = json!("-");
    body
}

#[tokio::test]
async fn it_tells_what_was_connected() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let answer = house.finish(&begun, "c").await.expect(200);
    assert_eq!(names(&answer.json()), ["integration_id", "integration_type", "status"]);
    assert!(answer.at("integration_id").as_str().unwrap().starts_with("int_"));
    assert_eq!(answer.at("integration_type"), "acme");
    assert_eq!(answer.at("status"), "connected");
    assert!(house.connected().await);
}

#[tokio::test]
async fn code_and_state_may_come_in_the_query() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let path = format!("/api/integrations/oauth/callback?code=c&state={}", begun.state());
    house.as_ada(house.app.post(path)).send().await.expect(200);
}

/// The words of D4's clients, in D3's sentence; no parser's.
#[tokio::test]
async fn without_a_code_or_a_state_it_says_so_and_the_handshake_waits() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    for body in [json!({}), json!({ "error": "access_denied" }), json!({ "state": begun.state() })] {
        let answer =
            house.as_ada(house.app.post("/api/integrations/oauth/callback")).json(body).send().await.expect(400);
        assert_eq!(answer.at("detail"), "OAuth callback failed: Missing code or state");
    }
    house.finish(&begun, "c").await.expect(200);
}

#[tokio::test]
async fn a_state_of_somebody_else_reads_like_an_unknown_one() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let begun = house.begin(json!({})).await;
    let foreign = finish(&house, &eve, &begun).await.expect(400);
    assert_eq!(foreign.at("detail"), "OAuth callback failed: Invalid OAuth state");
    assert_eq!(foreign.code(), "oauth.invalid_state");
    let body = json!({ "code": "c", "state": "made-up" });
    let unknown = house.app.post("/api/integrations/oauth/callback").bearer(&eve.access_token).json(body);
    assert_eq!(told(&foreign), told(&unknown.send().await));
    assert_eq!(house.acme.count("token"), 0);
    let bob = house.colleague("bob@example.org").await;
    assert_eq!(told(&finish(&house, &bob, &begun).await), told(&foreign), "nor a colleague's");
    house.finish(&begun, "c").await.expect(200);
}

#[tokio::test]
async fn somebody_elses_state_reads_unknown_also_once_it_has_run_out() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let begun = house.begin(json!({})).await;
    house.pass(600);
    assert_eq!(finish(&house, &eve, &begun).await.expect(400).code(), "oauth.invalid_state");
    let own = house.finish(&begun, "c").await.expect(400);
    assert_eq!(own.at("detail"), "OAuth callback failed: OAuth state expired");
    assert_eq!(own.code(), "oauth.handshake_expired");
}

#[tokio::test]
async fn a_state_serves_once() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    house.finish(&begun, "c").await.expect(200);
    assert_eq!(house.finish(&begun, "c").await.expect(400).code(), "oauth.invalid_state");
    assert_eq!(house.acme.count("token"), 1);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let house = House::start().await;
    let state = house.begin(json!({})).await.state();
    for body in [json!({}), json!({ "code": "c" }), json!({ "state": state }), json!({ "code": 1, "state": state })] {
        let answer = house.as_ada(house.app.post("/api/integrations/oauth/callback")).json(body).send().await;
        assert_eq!(answer.expect(400).code(), "request.invalid");
    }
    let path = "/api/integrations/oauth/callback?code=a&code=b&state=s";
    house.as_ada(house.app.post(path)).send().await.expect(400);
}

#[tokio::test]
async fn a_code_that_does_not_exchange_is_told_without_the_providers_words() {
    let house = House::start().await;
    let words = json!({ "error": "invalid_grant", "error_description": "words-of-theirs" });
    house.acme.reply(Reply::json(400, words));
    let begun = house.begin(json!({})).await;
    let answer = house.finish(&begun, "c").await.expect(400);
    assert_eq!(answer.at("detail"), "OAuth callback failed: acme did not accept the code");
    assert_eq!(answer.code(), "oauth.handshake_failed");
    assert!(!answer.text().contains("words-of-theirs"));
    assert_eq!(house.status(&begun).await.at("status"), "failed");
}

#[tokio::test]
async fn a_key_finishes_for_its_own_user_and_providers() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let body = json!({ "code": "c", "state": begun.state() });
    let finish = async |key: &str| {
        let asked = house.app.post("/api/integrations/oauth/callback").bearer(key).json(body.clone());
        asked.send().await.status()
    };
    let other = house.key(json!({ "name": "k", "scopes": ["integrations:write"], "providers": ["github"] })).await;
    assert_eq!(finish(&other).await, 403);
    let reader = house.key(json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    assert_eq!(finish(&reader).await, 403);
    let own = house.key(json!({ "name": "k", "scopes": ["integrations:write"] })).await;
    assert_eq!(finish(&own).await, 200);
}

/// D3's clients know no `iss`; what is not the provider's is still refused.
#[tokio::test]
async fn an_issuer_may_be_missing_and_not_be_another() {
    let house = House::start().await;
    let asked = async |iss: Option<&str>| {
        let begun = Begun::of(&house.as_ada(house.app.post("/api/integrations/oauth/start/sandbox")).send().await);
        let mut body = json!({ "code": "no-code", "state": begun.state() });
        if let Some(iss) = iss {
            body["iss"] = json!(iss);
        }
        let asked = house.as_ada(house.app.post("/api/integrations/oauth/callback")).json(body);
        asked.send().await.expect(400).at("detail").as_str().unwrap().to_owned()
    };
    assert_eq!(asked(Some("https://evil.example")).await, "OAuth callback failed: The answer came from another issuer");
    // The code is asked for at the provider, which is not running here.
    assert!(!asked(None).await.contains("issuer"));
}

#[tokio::test]
async fn a_no_at_the_provider_ends_the_handshake_at_once() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let body = json!({ "error": "access_denied", "error_description": "<b>no</b>", "state": begun.state() });
    let answer = house.as_ada(house.app.post("/api/integrations/oauth/callback")).json(body).send().await;
    let answer = answer.expect(400);
    assert_eq!(answer.at("detail"), "OAuth callback failed: The provider refused the connection");
    assert!(!answer.text().contains("<b>"));
    assert_eq!(house.status(&begun).await.at("status"), "failed");
    house.finish(&begun, "c").await.expect(400);
}

#[tokio::test]
async fn a_code_that_comes_twice_is_refused_wherever_it_stands() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let state = begun.state();
    let path = "/api/integrations/oauth/callback";
    let doubled = format!(r#"{{"code":"c","code":"d","state":"{state}"}}"#);
    let doubled = house.app.post(path).header("content-type", "application/json").body(doubled);
    assert_eq!(house.as_ada(doubled).send().await.expect(400).code(), "request.malformed");
    let both = house.app.post(format!("{path}?code=c")).json(json!({ "code": "d", "state": state }));
    assert_eq!(house.as_ada(both).send().await.expect(400).at("/errors/0/pointer"), "/code");
    assert_eq!(house.acme.count("token"), 0);
    house.finish(&begun, "c").await.expect(200);
}

/// Front ends that hand on each parameter, empty where there was none.
#[tokio::test]
async fn an_empty_error_is_none_and_an_empty_code_is_missing() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let finish = async |code: &str| {
        let body = json!({ "code": code, "error": "", "state": begun.state() });
        house.as_ada(house.app.post("/api/integrations/oauth/callback")).json(body).send().await
    };
    assert_eq!(finish("").await.expect(400).at("detail"), "OAuth callback failed: Missing code or state");
    finish("c").await.expect(200);
}

/// The provider took its time with the code; the ten minutes are for the person, and the end is told a little longer.
#[tokio::test]
async fn an_exchange_that_outlasts_its_handshake_says_how_it_ended() {
    for (reply, code, status) in [(None, 200, "completed"), (Some(Reply::error("invalid_grant")), 400, "failed")] {
        let house = House::start().await;
        let begun = house.begin(json!({})).await;
        house.acme.hold();
        if let Some(reply) = reply {
            house.acme.reply(reply);
        }
        let slow = async {
            house.acme.reached(1).await;
            house.app.clock().advance(Duration::from_secs(601));
            house.acme.release();
        };
        let (answer, ()) = tokio::join!(house.finish(&begun, "c"), slow);
        answer.expect(code);
        assert_eq!(house.status(&begun).await.at("status"), status);
    }
}
