//! `oauth.status`: how far a handshake is, for the one who started it.

use serde_json::json;
use support::{Reply, User};

use crate::house::{House, names};

#[tokio::test]
async fn it_is_pending_until_it_is_completed() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let pending = house.status(&begun).await;
    assert_eq!(pending.json(), json!({ "status": "pending", "expiresAt": "2026-11-20T09:10:00Z" }));
    house.finish(&begun, "c").await.expect(200);
    let completed = json!({
        "status": "completed",
        "expiresAt": "2026-11-20T09:10:00Z",
        "credentials": {
            "email": "account-1@provider.example",
            "scopes": ["read", "write"],
            "missingScopes": [],
            "expiresAt": "2026-11-20T10:00:00Z",
            "accountId": "account-1",
        },
    });
    assert_eq!(house.status(&begun).await.json(), completed);
}

#[tokio::test]
async fn a_box_that_the_user_unticked_is_told() {
    let house = House::start().await;
    let granted = json!({ "access_token": "access-1", "token_type": "bearer", "scope": "read" });
    house.acme.reply(Reply::json(200, granted));
    let begun = house.begin(json!({})).await;
    house.finish(&begun, "c").await.expect(200);
    let status = house.status(&begun).await;
    assert_eq!(status.at("/credentials/scopes"), json!(["read"]));
    assert_eq!(status.at("/credentials/missingScopes"), json!(["write"]));
}

#[tokio::test]
async fn an_answer_without_scopes_grants_what_was_asked() {
    let house = House::start().await;
    house.acme.reply(Reply::json(200, json!({ "access_token": "access-1", "token_type": "Bearer" })));
    let begun = house.begin(json!({ "scopes": ["special"] })).await;
    house.finish(&begun, "c").await.expect(200);
    assert_eq!(house.status(&begun).await.at("/credentials/scopes"), json!(["special"]));
}

#[tokio::test]
async fn one_that_ran_out_reads_like_one_that_never_was() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    house.pass(600);
    let gone = house.status(&begun).await;
    assert_eq!(gone.json(), json!({ "status": "expired", "error": "Handshake not found or expired" }));
    let unknown = house.get(&format!("/api/integrations/oauth/status/hs_{}", "0".repeat(64))).await.expect(200);
    assert_eq!(gone.bytes(), unknown.bytes());
}

#[tokio::test]
async fn somebody_elses_is_byte_for_byte_an_unknown_one() {
    let house = House::start().await;
    for other in [house.app.register("eve@example.org").await, house.colleague("bob@example.org").await] {
        reads_unknown(&house, &other).await;
    }
}

async fn reads_unknown(house: &House, other: &User) {
    let ask = async |id: &str| {
        let path = format!("/api/integrations/oauth/status/{id}");
        house.app.get(path).bearer(&other.access_token).send().await
    };
    let unknown = ask(&format!("hs_{}", "0".repeat(64))).await.expect(200);
    let begun = house.begin(json!({})).await;
    let pending = ask(&begun.id).await.expect(200);
    house.finish(&begun, "c").await.expect(200);
    let completed = ask(&begun.id).await.expect(200);
    let misshapen = ask("made-up").await.expect(200);
    for answer in [pending, completed, misshapen] {
        assert_eq!(answer.bytes(), unknown.bytes());
        assert_eq!(names_of_headers(&answer), names_of_headers(&unknown));
    }
}

fn names_of_headers(answer: &support::Answer) -> Vec<&str> {
    answer.headers().keys().map(axum::http::HeaderName::as_str).collect()
}

#[tokio::test]
async fn it_never_carries_a_secret() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    house.finish(&begun, "c").await.expect(200);
    let text = house.status(&begun).await.text();
    for secret in ["access-1", "refresh-1", "acme-hush", &begun.state()] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_key_hears_of_its_own_providers_only() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let path = format!("/api/integrations/oauth/status/{}", begun.id);
    let ask = async |body| {
        let key = house.key(body).await;
        house.app.get(&path).bearer(&key).send().await
    };
    let own = ask(json!({ "name": "k", "scopes": ["integrations:read"] })).await.expect(200);
    assert_eq!(own.at("status"), "pending");
    let other = ask(json!({ "name": "k", "scopes": ["integrations:read"], "providers": ["github"] })).await;
    assert_eq!(other.expect(200).at("status"), "expired");
    ask(json!({ "name": "k", "scopes": ["tokens:read"] })).await.expect(403);
    assert_eq!(names(&own.json()), ["expiresAt", "status"]);
}
