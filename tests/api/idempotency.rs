//! `Idempotency-Key`: what is sent again under its key is carried out once, and answered as before.

use local::aws::{Fault, Service};
use serde_json::{Value, json};
use support::{Answer, Ask, User};

use crate::house::House;

pub(crate) const MARK: &str = "idempotency-key";

fn credential(value: &str) -> Value {
    json!({ "credentialType": "mine", "credentials": { "api_key": value } })
}

fn keep<'a>(house: &'a House, bearer: &str, mark: &str, body: &Value) -> Ask<'a> {
    house.app.post("/api/credentials").bearer(bearer).header(MARK, mark).json(body.clone())
}

async fn kept(house: &House, who: &User, mark: &str, value: &str) -> Answer {
    keep(house, &who.access_token, mark, &credential(value)).send().await
}

pub(crate) fn managing() -> Value {
    json!({ "name": "app", "scopes": ["users:manage"], "users": "*" })
}

pub(crate) fn make<'a>(house: &'a House, key: &str, mark: &str) -> Ask<'a> {
    house.app.post("/api/users").bearer(key).header(MARK, mark).json(json!({ "externalId": "joe" }))
}

/// The rows of calls, without the rates and bans that stand beside them.
async fn calls(house: &House) -> Vec<String> {
    let rows = house.rows("guards").await.into_iter();
    let rows = rows.filter(|row| row["pk"].as_s().unwrap().starts_with("call#"));
    rows.map(|row| format!("{row:?}")).collect()
}

#[tokio::test]
async fn a_call_that_is_sent_again_is_answered_as_before_and_does_nothing() {
    let house = House::start().await;
    let first = kept(&house, &house.ada, "one", "sk-first").await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    house.pass(60);
    let again = kept(&house, &house.ada, "one", "sk-first").await.expect(201);
    assert_eq!((first.json(), first.header("content-type")), (again.json(), again.header("content-type")));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"), "each request has an id of its own");
    assert_eq!(again.header("ratelimit-limit"), "60");
    let stored = house.rows("audit").await.into_iter();
    assert_eq!(stored.filter(|row| format!("{row:?}").contains("credential.store")).count(), 1);
    // The structured field's string is the same key, and a day later it is free.
    kept(&house, &house.ada, "\"one\"", "sk-first").await.expect(201);
    house.pass(24 * 3600);
    let token = house.app.post("/api/auth/login");
    let body = json!({ "email": house.ada.email, "password": support::PASSWORD });
    let token = token.json(body).send().await.expect(200).at("access_token");
    let later = keep(&house, token.as_str().unwrap(), "one", &credential("sk-first")).send().await.expect(200);
    assert_eq!(later.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn another_call_under_the_same_key_is_refused() {
    let house = House::start().await;
    let id = kept(&house, &house.ada, "one", "sk-first").await.expect(201).at("id");
    let refused = kept(&house, &house.ada, "one", "sk-other").await.expect(422);
    assert_eq!(refused.code(), "idempotency.mismatch");
    let path = format!("/api/credentials/{}", id.as_str().unwrap());
    for ask in [
        house.app.delete(&path),
        house.app.put(&path).json(credential("sk-first")),
        house.app.post("/api/credentials?x=1").json(credential("sk-first")),
    ] {
        let answer = house.as_ada(ask).header(MARK, "one").send().await.expect(422);
        assert_eq!(answer.code(), "idempotency.mismatch");
    }
    let shown = house.get("/api/credentials").await.expect(200);
    assert_eq!(shown.at("/credentials/0/id"), id, "it stands as it was");
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let house = House::start().await;
    let (bob, eve) = (house.colleague("bob@example.org").await, house.app.register("eve@example.org").await);
    let mut seen = vec![];
    for who in [&house.ada, &bob, &eve] {
        seen.push(kept(&house, who, "one", "sk-first").await.expect(201).at("id"));
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
    // Two service keys of the organisation, and one that acts for two users.
    let (one, two) = (house.key(managing()).await, house.key(managing()).await);
    make(&house, &one, "one").send().await.expect(201);
    let other = make(&house, &two, "one").send().await.expect(200);
    assert_eq!(other.header("idempotent-replayed"), "");
    let acting = json!({ "name": "k", "scopes": ["users:act", "integrations:write"], "users": "*" });
    let acting = house.key(acting).await;
    for (who, status) in [(&house.ada, 200), (&bob, 200), (&bob, 200)] {
        let asked = keep(&house, &acting, "one", &credential("sk-acting")).header("x-on-behalf-of", &who.id);
        seen.push(asked.send().await.expect(status).at("id"));
    }
    assert_eq!((&seen[3], &seen[4], &seen[5]), (&seen[0], &seen[1], &seen[1]));
}

#[tokio::test]
async fn nothing_is_answered_before_the_caller_is_known() {
    let house = House::start().await;
    let key = house.key(managing()).await;
    make(&house, &key, "one").send().await.expect(201);
    kept(&house, &house.ada, "two", "sk-first").await.expect(201);
    make(&house, "nobody", "one").send().await.expect(401);
    let listed = house.get("/api/auth/keys").await;
    let id = listed.at("/keys/0/id");
    let path = format!("/api/auth/keys/{}", id.as_str().unwrap());
    house.as_ada(house.app.delete(path)).send().await.expect(200);
    house.as_ada(house.app.post("/api/auth/logout")).send().await.expect(200);
    // These were believed a moment ago, and other functions remember it.
    make(&house, &key, "one").send().await.expect(401);
    kept(&house, &house.ada, "two", "sk-first").await.expect(401);
    kept(&house, &house.ada, "two", "sk-other").await.expect(401);
}

#[tokio::test]
async fn while_the_first_one_runs_the_second_is_told_to_wait() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let body = json!({ "code": "a-code", "state": begun.state() });
    let finish = async || {
        let asked = house.as_ada(house.app.post("/api/integrations/oauth/callback")).header(MARK, "one");
        asked.json(body.clone()).send().await
    };
    house.acme.hold();
    let mut first = Box::pin(finish());
    tokio::select! {
        answer = &mut first => panic!("it was held: {}", answer.text()),
        () = house.acme.reached(1) => {}
    }
    house.pass(20);
    let second = finish().await.expect(409);
    assert_eq!((second.code().as_str(), second.header("retry-after")), ("idempotency.running", "40"));
    house.acme.release();
    let first = first.await.expect(200);
    let third = finish().await.expect(200);
    assert_eq!((third.json(), third.header("idempotent-replayed")), (first.json(), "true"));
    assert_eq!(house.acme.count("token"), 1);
}

/// Whoever hangs up and sends it again is the one whom the header is for.
#[tokio::test]
async fn a_client_that_hung_up_finds_the_answer() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let body = json!({ "code": "a-code", "state": begun.state() });
    let finish = async || {
        let asked = house.as_ada(house.app.post("/api/integrations/oauth/callback")).header(MARK, "one");
        asked.json(body.clone()).send().await
    };
    house.acme.hold();
    let mut first = Box::pin(finish());
    tokio::select! {
        answer = &mut first => panic!("it was held: {}", answer.text()),
        () = house.acme.reached(1) => {}
    }
    drop(first);
    house.acme.release();
    let mut again = finish().await;
    while again.code() == "idempotency.running" {
        again = finish().await;
    }
    assert_eq!(again.expect(200).header("idempotent-replayed"), "true");
    assert_eq!(house.acme.count("token"), 1);
}

#[tokio::test]
async fn one_that_broke_off_may_run_again_after_a_minute() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let finish = async |code: &str| {
        let asked = house.as_ada(house.app.post("/api/integrations/oauth/callback")).header(MARK, "one");
        asked.json(json!({ "code": code, "state": begun.state() })).send().await
    };
    house.acme.hold();
    let mut first = Box::pin(finish("a-code"));
    tokio::select! {
        answer = &mut first => panic!("it was held: {}", answer.text()),
        () = house.acme.reached(1) => {}
    }
    drop(first);
    house.pass(59);
    assert_eq!(finish("a-code").await.code(), "idempotency.running");
    house.pass(1);
    assert_eq!(finish("another").await.code(), "idempotency.mismatch", "it is for the same call alone");
    assert_eq!(finish("a-code").await.code(), "oauth.invalid_state", "the operation's own word: it ran");
}

#[tokio::test]
async fn an_answer_that_shows_a_token_is_never_kept() {
    let house = House::start().await;
    let calls_by_ada = [
        ("/api/auth/keys", json!({ "name": "k", "scopes": ["tokens:read"] }), "key"),
        ("/api/integrations/oauth/start/acme", json!({}), "authUrl"),
    ];
    for (path, body, secret) in calls_by_ada {
        let ask = async || house.as_ada(house.app.post(path)).header(MARK, path).json(body.clone()).send().await;
        let first = ask().await.expect(200).at(secret);
        let again = ask().await.expect(409);
        assert_eq!(again.code(), "idempotency.not_kept");
        assert!(!again.text().contains(first.as_str().unwrap()));
    }
    let rows = calls(&house).await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| !row.contains("answer")), "{rows:?}");
    assert_eq!(house.get("/api/auth/keys").await.at("keys").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_kept_answer_is_sealed_and_its_key_is_not_told() {
    let house = House::start().await;
    let first = kept(&house, &house.ada, "a-telling-key", "sk-a-telling-secret").await.expect(201);
    let rows = calls(&house).await;
    assert_eq!(rows.len(), 1);
    let id = first.at("id");
    for clear in ["a-telling-key", "telling", "ada@example.org", "success", id.as_str().unwrap(), &house.ada.id] {
        let bytes = format!("{:?}", clear.as_bytes());
        let bytes = bytes.trim_matches(['[', ']']);
        assert!(!rows[0].contains(clear) && !rows[0].contains(bytes), "{clear}: {}", rows[0]);
    }
    assert!(rows[0].contains("\"answer\": B("), "{}", rows[0]);
}

#[tokio::test]
async fn what_nobody_signs_in_for_takes_no_notice() {
    let house = House::start().await;
    let body = json!({ "email": house.ada.email, "password": support::PASSWORD });
    let login = async |password: &str| {
        let mut body = body.clone();
        body["password"] = password.into();
        house.app.post("/api/auth/login").header(MARK, "one").json(body).send().await
    };
    let one = login(support::PASSWORD).await.expect(200).at("refresh_token");
    let two = login(support::PASSWORD).await.expect(200).at("refresh_token");
    assert_ne!(one, two);
    login("wrong wrong").await.expect(401);
    house.app.post("/api/credentials").header(MARK, "one").json(credential("x")).send().await.expect(401);
    house.as_ada(house.app.get("/api/credentials")).header(MARK, "not a key").send().await.expect(200);
    assert!(calls(&house).await.is_empty());
}

#[tokio::test]
async fn what_came_to_nothing_may_be_sent_again_also_put_right() {
    let house = House::start().await;
    let token = &house.ada.access_token;
    keep(&house, token, "one", &json!({ "credentialType": "mine" })).send().await.expect(400);
    // The data key cannot be stored.
    house.app.faults().add(Fault::throttle().service(Service::DynamoDb).operation("PutItem").always());
    let broken = kept(&house, &house.ada, "one", "sk-first").await.expect(503);
    assert_ne!(broken.header("retry-after"), "");
    house.app.faults().clear();
    let first = kept(&house, &house.ada, "one", "sk-first").await;
    assert_eq!(first.header("idempotent-replayed"), "", "it ran again");
    assert!(first.status() == 201 || first.status() == 200, "{}", first.text());
    assert_eq!(kept(&house, &house.ada, "one", "sk-first").await.json(), first.json());
}

#[tokio::test]
async fn a_header_that_is_no_key_is_named() {
    let house = House::start().await;
    for mark in ["", "a b", "a,b", "\"open", &"x".repeat(256)] {
        let refused = kept(&house, &house.ada, mark, "sk-first").await.expect(400);
        assert_eq!(refused.at("/errors/0/pointer"), MARK, "{mark}");
    }
    let twice = keep(&house, &house.ada.access_token, "one", &credential("sk-first")).header(MARK, "one");
    twice.send().await.expect(400);
    let large = json!({ "credentialType": "mine", "credentials": { "k": "x".repeat(1024 * 1024) } });
    assert_eq!(keep(&house, &house.ada.access_token, "one", &large).send().await.code(), "request.too_large");
    assert!(calls(&house).await.is_empty() && house.rows("integrations").await.is_empty());
}
