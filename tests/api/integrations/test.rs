//! `integrations.test`: does this credential work? 200 either way; `success` tells.

use local::aws::{Fault, Service};
use serde_json::{Value, json};
use support::{Answer, Provider, Reply, TestApp};

use super::with_keyed;
use crate::{
    bot,
    house::{House, names},
};

async fn test(house: &House, path: &str, body: Value) -> Answer {
    let path = format!("/api/integrations/{path}");
    house.as_ada(house.app.post(path)).json(body).send().await
}

#[tokio::test]
async fn a_credential_that_works_says_whose_it_is_and_is_not_kept() {
    let house = bot::house().await;
    let answer = test(&house, "telegram/test", json!({ "credentials": { "botToken": bot::TOKEN } })).await.expect(200);
    assert_eq!(names(&answer.json()), ["data", "success"]);
    assert_eq!(answer.at("success"), true);
    assert_eq!(answer.at("/data/name"), "Ada's bot");
    assert_eq!(house.get("/api/integrations/status").await.at("/telegram/connected"), false);
}

#[tokio::test]
async fn one_that_does_not_is_a_200_that_says_no() {
    let house = bot::house().await;
    let answer = test(&house, "telegram/test", json!({ "botToken": "1:bad-bad" })).await.expect(200);
    assert_eq!(names(&answer.json()), ["error", "success"]);
    assert_eq!(answer.at("success"), false);
    assert!(!answer.text().contains("bad-bad"));
}

#[tokio::test]
async fn the_stored_one_is_tested_where_none_is_sent() {
    let (house, _keyed) = with_keyed().await;
    let path = "/api/integrations/keyed/credentials";
    house.as_ada(house.app.post(path)).json(json!({ "api_key": "access-one" })).send().await.expect(200);
    house.pass(60);
    assert_eq!(test(&house, "keyed/test", json!({})).await.expect(200).at("success"), true);
    assert_eq!(house.get(path).await.at("lastTested"), "2026-11-20T09:01:00Z");
    // Without a body at all, too.
    house.as_ada(house.app.post("/api/integrations/keyed/test")).send().await.expect(200);
}

#[tokio::test]
async fn the_label_says_which_of_the_stored_ones() {
    let house = House::start().await;
    house.connect("work").await;
    test(&house, "acme/test", json!({})).await.expect(400);
    let answer = test(&house, "acme/test?label=work", json!({})).await.expect(200);
    assert_eq!(answer.at("/data/email"), "account-1@provider.example");
}

#[tokio::test]
async fn nothing_sent_and_nothing_stored_is_told_as_the_old_client_knows_it() {
    let house = House::start().await;
    let answer = test(&house, "acme/test", json!({})).await.expect(400);
    assert_eq!(answer.at("error"), "No credentials provided and none stored");
    assert_eq!(answer.at("success"), false);
    let eve = house.app.register("eve@example.org").await;
    house.connect("default").await;
    house.app.post("/api/integrations/acme/test").bearer(&eve.access_token).send().await.expect(400);
}

#[tokio::test]
async fn an_unknown_provider_is_a_no_as_well() {
    let answer = test(&House::start().await, "nobody/test", json!({ "key": "x" })).await.expect(200);
    assert_eq!(answer.json(), json!({ "success": false, "error": "Unknown provider: nobody" }));
}

#[tokio::test]
async fn an_old_token_is_refreshed_before_it_is_tested() {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house.connect("default").await;
    house.pass(590);
    assert_eq!(test(&house, "acme/test", json!({})).await.expect(200).at("success"), true);
    assert_eq!(house.acme.count("token"), 2);
}

#[tokio::test]
async fn a_grant_that_has_ended_fails_the_test() {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house.connect("default").await;
    house.pass(590);
    house.acme.reply(Reply::error("invalid_grant"));
    let answer = test(&house, "acme/test", json!({})).await.expect(200);
    assert_eq!(answer.at("success"), false);
    assert!(answer.at("error").as_str().unwrap().contains("connect again"), "{}", answer.text());
}

#[tokio::test]
async fn what_is_no_credential_is_refused() {
    let house = bot::house().await;
    for body in [json!({ "credentials": [] }), json!({ "credentials": { "botToken": 7 } })] {
        let answer = test(&house, "telegram/test", body).await.expect(200);
        assert_eq!(answer.at("success"), false, "what does not look like one does not work");
    }
    test(&house, "telegram/test", json!([1])).await.expect(400);
    let malformed = house.app.post("/api/integrations/telegram/test").header("content-type", "application/json");
    let answer = house.as_ada(malformed).body("{\"botToken\": \"canary").send().await.expect(400);
    assert!(!answer.text().contains("canary"));
    let reader = house.key(json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    house.app.post("/api/integrations/telegram/test").bearer(&reader).send().await.expect(403);
}

#[tokio::test]
async fn a_test_that_had_to_refresh_is_remembered_as_any_other() {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house.connect("default").await;
    house.pass(590);
    test(&house, "acme/test", json!({})).await.expect(200);
    let shown = house.get("/api/integrations/acme/credentials").await.expect(200);
    assert_eq!(shown.at("lastTested"), "2026-11-20T09:09:50Z");
}

#[tokio::test]
async fn one_that_works_is_not_in_trouble_any_more() {
    let house = House::start().await;
    house.connect("default").await;
    house.edit_integration("SET #status = :new, error_count = :five", "error").await;
    assert_eq!(house.get("/api/integrations").await.at("/0/status"), "error");
    assert_eq!(test(&house, "acme/test", json!({})).await.expect(200).at("success"), true);
    assert_eq!(house.get("/api/integrations").await.at("/0/status"), "active");
}

/// A workspace's address, say: what was kept with the grant is there for its test as well.
#[tokio::test]
async fn facts_kept_with_the_grant_are_at_hand() {
    let sited = Provider::start("sited").await;
    let file = sited
        .file()
        .replace("[auth.oauth2.refresh]", "[auth.oauth2.answer]\nkeep = { site = \"/site\" }\n\n[auth.oauth2.refresh]");
    let file = file.replace("[test]\npath = \"/me\"", "[test]\npath = \"/me\"\nquery = { site = \"{site}\" }");
    let setup = TestApp::setup().provider(&sited).provider_file("sited", &file);
    let app = setup.start().await;
    let ada = app.register("ada@example.org").await;
    sited.reply(Reply::json(200, json!({ "access_token": "access-1", "token_type": "bearer", "site": "north" })));
    let start = app.post("/api/integrations/oauth/start/sited").bearer(&ada.access_token).json(json!({}));
    let begun = crate::house::Begun::of(&start.send().await.expect(200));
    let body = json!({ "code": "a-code", "state": begun.state() });
    app.post("/api/integrations/oauth/callback").bearer(&ada.access_token).json(body).send().await.expect(200);
    let tested = app.post("/api/integrations/sited/test").bearer(&ada.access_token).json(json!({})).send().await;
    assert_eq!(tested.at("success"), true, "{}", tested.text());
}

/// Its provider says that the account has let it go: it is not lent again.
#[tokio::test]
async fn a_grant_that_a_test_finds_dead_says_so_from_then_on() {
    let refusing = Provider::start("refusing").await;
    let file = refusing.file() + "\n[errors]\ncode = [\"/error\"]\n[errors.codes]\ninvalid_token = \"reauthorize\"\n";
    let app = TestApp::setup().provider(&refusing).provider_file("refusing", &file).start().await;
    let ada = app.register("ada@example.org").await;
    refusing.reply(Reply::json(200, json!({ "access_token": "access-1", "token_type": "bearer" })));
    let start = app.post("/api/integrations/oauth/start/refusing").bearer(&ada.access_token).json(json!({}));
    let begun = crate::house::Begun::of(&start.send().await.expect(200));
    let body = json!({ "code": "a-code", "state": begun.state() });
    app.post("/api/integrations/oauth/callback").bearer(&ada.access_token).json(body).send().await.expect(200);
    refusing.end("access-1");
    let tested = app.post("/api/integrations/refusing/test").bearer(&ada.access_token).json(json!({})).send().await;
    assert_eq!(tested.at("success"), false, "{}", tested.text());
    let listed = app.get("/api/integrations").bearer(&ada.access_token).send().await;
    assert_eq!(listed.at("/0/status"), "error", "D3 knows no other word for one that has ended");
}

/// Ada's, with an access token alone.
async fn without_refresh_token() -> House {
    let house = House::start().await;
    house.acme.reply(Reply::json(200, json!({ "access_token": "access-1", "token_type": "bearer" })));
    house.connect("default").await;
    house
}

#[tokio::test]
async fn one_in_trouble_that_nothing_renews_is_tried_and_gets_out_of_it() {
    let house = without_refresh_token().await;
    house.edit_integration("SET #status = :new, error_count = :five", "error").await;
    assert_eq!(test(&house, "acme/test", json!({})).await.expect(200).at("success"), true);
    assert_eq!(house.get("/api/integrations").await.at("/0/status"), "active");
    assert!(house.connected().await);
}

#[tokio::test]
async fn one_that_has_ended_or_was_revoked_says_to_connect_again() {
    for status in ["expired", "revoked"] {
        let house = without_refresh_token().await;
        house.edit_integration("SET #status = :new", status).await;
        let answer = test(&house, "acme/test", json!({})).await.expect(200);
        assert_eq!(answer.at("success"), false, "{status}");
        assert!(answer.at("error").as_str().unwrap().contains("connect again"), "{}", answer.text());
    }
}

#[tokio::test]
async fn one_that_is_switched_off_or_not_connected_yet_is_not_tried() {
    let house = without_refresh_token().await;
    house.edit_integration("SET switched_off = :new", "yes").await;
    let answer = test(&house, "acme/test", json!({})).await.expect(200);
    assert_eq!(answer.json(), json!({ "success": false, "error": "The connection is switched off" }));
    house.edit_integration("SET #status = :new REMOVE switched_off", "pending").await;
    let answer = test(&house, "acme/test", json!({})).await.expect(400);
    assert_eq!(answer.at("error"), "No credentials provided and none stored");
}

/// It says nothing of the credential, and is none of the errors that count against it.
#[tokio::test]
async fn what_is_down_on_our_side_is_told_as_that() {
    let house = House::start().await;
    house.connect("default").await;
    house.get("/api/integrations").await.expect(200);
    // Who calls is remembered. The row is read well once; then the token is looked for.
    let table = Fault::deny().service(Service::DynamoDb).operation("GetItem").role("integrations").nth(2);
    let key = Fault::deny().service(Service::Kms).role("integrations").always();
    for fault in [table, key] {
        house.app.faults().add(fault);
        let answer = test(&house, "acme/test", json!({})).await;
        assert!(answer.status() >= 500, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        house.app.faults().clear();
    }
    assert_eq!(house.get("/api/integrations/acme/credentials").await.at("lastTested"), Value::Null);
    assert_eq!(test(&house, "acme/test", json!({})).await.expect(200).at("success"), true);
}
