//! What a provider may answer to a code, and what of it is believed.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use support::Reply;

use crate::house::House;

/// A token endpoint that answers this; the handshake then fails, and nothing is connected.
async fn comes_to_nothing(what: &str, reply: Reply) {
    let house = House::start().await;
    house.acme.reply(reply);
    let begun = house.begin(json!({})).await;
    let answer = house.finish(&begun, "c").await;
    assert_eq!((answer.status(), answer.code().as_str()), (400, "oauth.handshake_failed"), "{what}: {}", answer.text());
    assert!(!answer.text().contains("access-"), "{what}: {}", answer.text());
    assert_eq!(house.status(&begun).await.at("status"), "failed", "{what}");
    assert!(!house.connected().await, "{what}");
}

#[tokio::test]
async fn answers_that_are_no_grant_connect_nothing() {
    let token = |more: serde_json::Value| {
        let mut answer = json!({ "access_token": "access-1", "token_type": "bearer" });
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Reply::json(200, answer)
    };
    let huge = format!("{{\"access_token\":\"access-1\",\"x\":\"{}\"}}", "x".repeat(64 * 1024));
    for (what, reply) in [
        ("a page", Reply::html(200)),
        ("a page that says it is broken", Reply::html(502)),
        ("more than 64 KiB", Reply::text(200, huge)),
        ("no token", Reply::json(200, json!({ "token_type": "bearer" }))),
        ("an empty token", Reply::json(200, json!({ "access_token": "" }))),
        ("a token with a line break", Reply::json(200, json!({ "access_token": "access-1\r\nX: y" }))),
        ("an absurd life", token(json!({ "expires_in": 1e18 }))),
        ("a life of twelve years", token(json!({ "expires_in": 12 * 366 * 86_400 }))),
        ("a negative life", token(json!({ "expires_in": -1 }))),
        ("a life in words", token(json!({ "expires_in": "soon" }))),
        ("another type of token", token(json!({ "token_type": "mac" }))),
        ("an error with status 200", Reply::json(200, json!({ "error": "bad_verification_code" }))),
        ("an error beside a token", token(json!({ "error": "access_denied" }))),
        ("no JSON that says it is", Reply::text(200, "access_token=access-1&token_type=bearer")),
        ("a list", Reply::json(200, json!(["access-1"]))),
        ("a token twice", Reply::text(200, "{\"access_token\":\"access-1\",\"access_token\":\"access-2\"}")),
        ("nothing", Reply::text(200, "")),
        ("a refusal of the client", Reply::error("invalid_client")),
        ("a server error", Reply::json(500, json!({ "error": "server_error" }))),
    ] {
        comes_to_nothing(what, reply).await;
    }
}

/// The token works nowhere, so nobody knows whose it is; it is given back.
#[tokio::test]
async fn a_token_that_tells_no_account_connects_nothing_and_is_given_back() {
    let house = House::start().await;
    house.acme.reply(Reply::json(200, json!({ "access_token": "unknown", "token_type": "bearer" })));
    let begun = house.begin(json!({})).await;
    house.finish(&begun, "c").await.expect(400);
    assert!(!house.connected().await);
    let back = house.acme.calls().into_iter().find(|call| call.endpoint == "revoke").unwrap();
    assert_eq!(back.field("token"), "unknown");
}

#[tokio::test]
async fn the_proof_key_that_is_sent_fits_the_one_that_was_shown() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    house.finish(&begun, "the-code").await.expect(200);
    let call = &house.acme.calls()[0];
    let verifier = call.field("code_verifier");
    assert_eq!(verifier.len(), 43);
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())), begun.param("code_challenge"));
    assert_eq!(call.field("grant_type"), "authorization_code");
    assert_eq!(call.field("code"), "the-code");
    assert_eq!(call.field("redirect_uri"), begun.param("redirect_uri"));
}

/// Name and secret of the client that a call came with.
fn client(call: &support::Call) -> (String, String) {
    if let Some(basic) = call.headers.get("authorization") {
        let pair = basic.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(pair).unwrap()).unwrap();
        let (id, secret) = pair.split_once(':').unwrap();
        return (id.to_owned(), secret.to_owned());
    }
    (call.field("client_id").to_owned(), call.field("client_secret").to_owned())
}

#[tokio::test]
async fn a_client_of_ones_own_exchanges_and_refreshes() {
    let house = House::start().await;
    let own = json!({ "clientId": "mine", "clientSecret": "my-own-secret" });
    let begun = house.begin(json!({ "oauthConfig": own })).await;
    house.finish(&begun, "c").await.expect(200);
    house.connect("work").await;
    let key = house.token_key().await;
    house.pass(3500);
    house.acme.reply(Reply::json(200, json!({ "access_token": "access-9", "token_type": "bearer" })));
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-9");
    let calls: Vec<_> = house.acme.calls().iter().map(client).collect();
    let own = ("mine".to_owned(), "my-own-secret".to_owned());
    let operators = ("acme-client".to_owned(), "acme-hush".to_owned());
    assert_eq!(calls, [own.clone(), operators, own]);
}

/// The code belongs to the client that asked for it.
#[tokio::test]
async fn a_client_that_the_operator_changed_meanwhile_gets_no_code() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let changed = json!({ "acme": { "client_id": "another", "client_secret": "another-secret" } });
    house.app.aws().put_secret("postern-oauth-clients", changed.to_string()).unwrap();
    house.pass(301);
    house.finish(&begun, "c").await.expect(400);
    assert_eq!(house.acme.count("token"), 0);
}

#[tokio::test]
async fn who_connects_anew_keeps_the_integration_and_touches_no_other() {
    let house = House::start().await;
    let first = house.connect("default").await.at("integration_id");
    let work = house.connect("work").await.at("integration_id");
    let before = house.get("/api/integrations/acme/credentials?label=work").await.expect(200);
    house.pass(100);
    house.acme.account("account-2");
    assert_eq!(house.connect("default").await.at("integration_id"), first);
    assert_ne!(first, work);
    let all = house.get("/api/integrations").await.json();
    let of = |label: &str| all.as_array().unwrap().iter().find(|record| record["label"] == label).unwrap().clone();
    assert_eq!(of("default")["external_user_id"], "account-2");
    assert_eq!(of("work")["external_user_id"], "account-1");
    assert_eq!(house.get("/api/integrations/acme/credentials?label=work").await.bytes(), before.bytes());
    let key = house.token_key().await;
    let lent = house.app.get("/api/integrations/acme/token?label=work").bearer(&key).send().await.expect(200);
    assert_eq!(lent.at("access_token"), "access-2");
}

#[tokio::test]
async fn connecting_and_disconnecting_is_written_down() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    house.as_ada(house.app.delete("/api/integrations/acme/credentials")).send().await.expect(200);
    let rows = house.rows("audit").await;
    let entries: Vec<_> = rows
        .iter()
        .filter(|row| row["subject"].as_s().ok().map(String::as_str) == id.as_str())
        .map(|row| (row["actor"].as_s().unwrap().as_str(), row["action"].as_s().unwrap().as_str()))
        .collect();
    let ada = house.ada.id.as_str();
    assert_eq!(entries.len(), 2, "{entries:?}");
    assert!(entries.contains(&(ada, "integration.connect")) && entries.contains(&(ada, "integration.disconnect")));
}
