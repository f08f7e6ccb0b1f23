//! `integrations.admin`: all of the organisation's connections, and those that somebody should look at.

use serde_json::{Value, json};
use support::{Answer, Reply, User};

use super::with_keyed;
use crate::house::{Begun, House};

const PATH: &str = "/api/admin/integrations";

async fn as_admin(house: &House, query: &str) -> Answer {
    let body = json!({ "email": "ada@example.org", "password": crate::house::PASSWORD });
    let token = house.app.post("/api/auth/login").json(body).send().await.expect(200).at("access_token");
    house.app.get(format!("{PATH}{query}")).bearer(token.as_str().unwrap()).send().await
}

async fn connect(house: &House, user: &User, label: &str) {
    let begun: Begun = house.begin_as(user, json!({ "label": label })).await;
    let body = json!({ "code": "c", "state": begun.state() });
    let asked = house.app.post("/api/integrations/oauth/callback").bearer(&user.access_token);
    asked.json(body).send().await.expect(200);
}

fn labels(answer: &Answer) -> Vec<String> {
    let rows = answer.at("integrations");
    let mut labels: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| row["label"].as_str().unwrap().to_owned()).collect();
    labels.sort();
    labels
}

#[tokio::test]
async fn it_names_each_connection_its_user_and_the_organisation() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    connect(&house, &house.ada, "one").await;
    connect(&house, &bob, "two").await;
    let eve = house.app.register("eve@example.org").await;
    connect(&house, &eve, "three").await;
    let all = as_admin(&house, "").await.expect(200);
    assert_eq!(labels(&all), ["one", "two"]);
    let rows = all.at("integrations");
    let row = rows.as_array().unwrap().iter().find(|row| row["label"] == "two").unwrap();
    assert_eq!(row["user"], json!({ "firstName": "Grace", "lastName": "Hopper", "email": "bob@example.org" }));
    assert_eq!(row["userId"], bob.id);
    assert_eq!(row["organization"]["name"], "Ada Lovelace's team");
    assert_eq!(
        (&row["integrationType"], &row["status"], &row["isConnected"]),
        (&json!("acme"), &json!("active"), &json!(true))
    );
    assert_eq!((&row["errorCount"], &row["isTokenExpired"]), (&json!(0), &json!(false)));
    assert!(!all.text().contains("access-") && !all.text().contains("refresh-"), "{}", all.text());
}

#[tokio::test]
async fn only_administrators_see_it() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    house.app.get(PATH).bearer(&bob.access_token).send().await.expect(403);
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:read"], "users": "*" })).await;
    house.app.get(PATH).bearer(&key).send().await.expect(403);
    house.get(&format!("{PATH}?cursor=bm9uZQ")).await.expect(400);
    house.get(&format!("{PATH}?problematic=perhaps")).await.expect(400);
}

#[tokio::test]
async fn those_in_trouble_are_found() {
    let house = House::start().await;
    for label in ["well", "revoked", "expired"] {
        connect(&house, &house.ada, label).await;
    }
    assert_eq!(labels(&as_admin(&house, "?problematic=true").await), Vec::<String>::new());
    let key = house.token_key().await;
    house.pass(3500);
    let token = async |label: &str| {
        let path = format!("/api/integrations/acme/token?label={label}");
        house.app.get(path).bearer(&key).send().await.status()
    };
    house.acme.reply(Reply::error("invalid_grant"));
    assert_eq!(token("revoked").await, 409);
    let fresh = json!({ "access_token": "access-9", "token_type": "bearer", "expires_in": 3600 });
    house.acme.reply(Reply::json(200, fresh));
    assert_eq!(token("well").await, 200);
    house.pass(200);
    let troubled = as_admin(&house, "?problematic=true").await.expect(200);
    assert_eq!(labels(&troubled), ["expired", "revoked"]);
    assert_eq!(labels(&as_admin(&house, "").await), ["expired", "revoked", "well"]);
}

#[tokio::test]
async fn it_says_when_one_was_used_last() {
    let house = House::start().await;
    house.connect("default").await;
    let used = async || as_admin(&house, "").await.expect(200).at("/integrations/0/lastUsedAt");
    assert_eq!(used().await, Value::Null);
    house.pass(60);
    house.token(&house.token_key().await).await.expect(200);
    assert_eq!(used().await, "2026-11-20T09:01:00Z");
}

/// D2 has four words, and none for these two.
#[tokio::test]
async fn one_that_is_switched_off_or_not_connected_yet_has_no_status() {
    let house = House::start().await;
    house.connect("default").await;
    for (stored, told) in [
        ("pending", Value::Null),
        ("revoked", json!("revoked")),
        ("expired", json!("expired")),
        ("error", json!("error")),
    ] {
        house.edit_integration("SET #status = :new", stored).await;
        let row = as_admin(&house, "").await.expect(200).at("/integrations/0");
        assert_eq!(row["status"], told, "{stored}");
        assert_eq!(row.as_object().unwrap().contains_key("status"), !told.is_null(), "{stored}");
        assert_eq!(row["isConnected"], matches!(stored, "expired" | "error"), "{stored} with a refresh token");
    }
    house.edit_integration("SET #status = :new, switched_off = :new", "active").await;
    let row = as_admin(&house, "").await.expect(200).at("/integrations/0");
    assert_eq!((row.get("status"), &row["isConnected"]), (None, &json!(false)), "switched off");
}

#[tokio::test]
async fn three_failed_tests_are_trouble_five_an_error_and_one_success_clears_it() {
    let (house, keyed) = with_keyed().await;
    let save = house.as_ada(house.app.post("/api/integrations/keyed/credentials"));
    save.json(json!({ "api_key": "access-one" })).send().await.expect(200);
    let test = async || {
        let asked = house.as_ada(house.app.post("/api/integrations/keyed/test")).json(json!({}));
        asked.send().await.expect(200).at("success")
    };
    let seen = async || {
        let answer = as_admin(&house, "?problematic=true").await.expect(200).at("/integrations/0");
        (answer["errorCount"].clone(), answer["status"].clone())
    };
    keyed.account("");
    for _ in 0..2 {
        assert_eq!(test().await, false);
    }
    assert_eq!(seen().await, (Value::Null, Value::Null));
    assert_eq!(test().await, false);
    assert_eq!(seen().await, (json!(3), json!("active")));
    for _ in 0..2 {
        test().await;
    }
    assert_eq!(seen().await, (json!(5), json!("error")));
    let row = as_admin(&house, "?problematic=true").await.at("/integrations/0/lastError");
    assert!(row.as_str().is_some_and(|sentence| !sentence.contains("access-one")), "{row}");
    keyed.account("account-1");
    assert_eq!(test().await, true);
    assert_eq!(seen().await, (Value::Null, Value::Null));
}

#[tokio::test]
async fn many_come_in_pages() {
    let house = House::start().await;
    let keeper = house.key(json!({ "name": "k", "scopes": ["integrations:write"] })).await;
    for n in 0..60 {
        let body = json!({ "credentialType": "mine", "projectId": format!("p{n:02}"), "credentials": { "k": "v" } });
        house.app.post("/api/credentials").bearer(&keeper).json(body).send().await.expect(201);
    }
    let first = as_admin(&house, "").await.expect(200);
    let cursor = first.at("nextCursor");
    let second = as_admin(&house, &format!("?cursor={}", cursor.as_str().unwrap())).await.expect(200);
    assert_eq!(second.at("nextCursor"), Value::Null);
    // Each of them once.
    let mut all = [labels(&first), labels(&second)].concat();
    all.sort();
    assert_eq!(all, (0..60).map(|n| format!("p{n:02}")).collect::<Vec<_>>());
    // Gone is gone from the list as well.
    let gone = first.at("/integrations/0/id");
    let path = format!("/api/integrations/{}", gone.as_str().unwrap());
    house.as_ada(house.app.delete(path)).send().await.expect(200);
    assert!(!as_admin(&house, "").await.text().contains(gone.as_str().unwrap()));
}
