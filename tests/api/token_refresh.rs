//! What readers of a token get while it is refreshed, and when it cannot be.

use std::sync::Arc;

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt;
use local::aws::Service;
use serde_json::{Value, json};
use shared::app::{App, Wiring};
use support::{Reply, TestApp};
use tower::ServiceExt;

use crate::house::House;

const READERS: usize = 200;

#[tokio::test]
async fn a_refresh_is_three_writes_and_one_call() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.token(&key).await.expect(200);
    house.pass(3400);
    let faults = house.app.faults();
    faults.reset_counts();
    let answer = house.token(&key).await.expect(200);
    assert_eq!((answer.at("access_token"), answer.at("expires_in")), (json!("access-2"), json!(3600)));
    assert_eq!(faults.writes(), 3, "{:?}", faults.counts());
    assert_eq!(faults.count(Service::Kms, "Decrypt"), 1, "the data key's five minutes are over");
    assert_eq!(house.acme.count("token"), 2);
    assert_eq!(house.acme.calls()[1].field("refresh_token"), "refresh-1");
}

#[tokio::test]
async fn a_provider_that_is_down_is_noticed_only_when_the_token_ends() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(3400);
    house.acme.reply(Reply::html(503));
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-1");
    house.pass(300);
    house.acme.reply(Reply::html(503));
    let answer = house.token(&key).await.expect(503);
    assert_eq!(answer.code(), "integration.token_unavailable");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!(wait >= 1, "{wait}");
    house.pass(wait);
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-2");
}

#[tokio::test]
async fn a_mistake_of_the_operators_disconnects_nobody() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(3400);
    house.acme.reply(Reply::error("invalid_client"));
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-1");
    house.pass(3600);
    house.acme.reply(Reply::error("invalid_client"));
    house.token(&key).await.expect(503);
    // Mended: once the pause is over, it goes on.
    house.pass(3600);
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-2");
}

#[tokio::test]
async fn a_grant_that_has_ended_says_where_to_connect_again() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(3400);
    house.acme.reply(Reply::error("invalid_grant"));
    for _ in 0..3 {
        let answer = house.token(&key).await.expect(409);
        assert_eq!(answer.code(), "integration.reauth_required");
        assert_eq!(answer.at("reauth_required"), true);
        assert_eq!(answer.at("reconnect"), "/api/integrations/oauth/start/acme");
    }
    assert_eq!(house.acme.count("token"), 2, "a dead grant is not tried again");
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_ends_with_its_access_token() {
    let house = House::start().await;
    let bare = json!({ "access_token": "access-1", "token_type": "bearer", "expires_in": 3600 });
    house.acme.reply(Reply::json(200, bare));
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(3590);
    house.token(&key).await.expect(200);
    house.pass(20);
    assert_eq!(house.token(&key).await.expect(409).code(), "integration.reauth_required");
    assert_eq!(house.acme.count("token"), 1);
}

/// They may belong to any client: what the provider says of them is between it and their owner.
#[tokio::test]
async fn tokens_that_were_got_elsewhere_stand_in_nobody_elses_way() {
    for (said, status) in [("unauthorized_client", 409), ("invalid_grant", 409), ("invalid_client", 503)] {
        let house = House::start().await;
        house.connect("default").await;
        let eve = house.app.register("eve@example.org").await;
        let tokens = json!({ "accessToken": "access-0", "refreshToken": "elsewhere", "expiresIn": 60 });
        let save = house.app.post("/api/integrations/acme/credentials").bearer(&eve.access_token);
        save.json(tokens).send().await.expect(200);
        let made = house.app.post("/api/auth/keys").bearer(&eve.access_token);
        let made = made.json(json!({ "name": "k", "scopes": ["tokens:read"] })).send().await.expect(200);
        let (eves, adas) = (made.at("key"), house.token_key().await);
        house.pass(3700);
        house.acme.reply(Reply::error(said));
        house.token(eves.as_str().unwrap()).await.expect(status);
        assert_eq!(house.token(&adas).await.expect(200).at("access_token"), "access-2", "{said}");
    }
}

/// What makes a second process of the same deployment: its own memory over the same cloud.
fn second_process(app: &TestApp) -> Router {
    let stack = app.stack().clone();
    local::functions::router(
        move |function| {
            let first = stack.app(function);
            App::new(Wiring {
                config: first.config.clone(),
                aws: shared::aws::Aws::new(stack.aws().sdk_config(function)),
                clock: first.clock.clone(),
                ids: first.ids.clone(),
            })
        },
        Router::new(),
    )
}

async fn token_from(process: Router, key: String) -> Value {
    let request = Request::get("/api/integrations/acme/token").header("authorization", format!("Bearer {key}"));
    let answer = process.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice::<Value>(&body).unwrap()["access_token"].clone()
}

async fn read_at_once(processes: usize) {
    let setup = TestApp::setup().system_clock().set("KEY_RATE_LIMIT_PER_MINUTE", "100000");
    let house = Arc::new(House::of(setup).await);
    house.acme.expires_in(Some(1));
    house.connect("default").await;
    house.acme.expires_in(Some(3600));
    let key = house.token_key().await;
    // Real time: until the only token there is has ended, so that every reader needs the new one.
    let ends = ends_at(&house).await;
    while house.app.clock().epoch() < ends {
        tokio::task::yield_now().await;
    }
    house.acme.hold();
    let routers: Vec<Router> = (0..processes)
        .map(|n| if n == 0 { house.app.stack().router(Router::new()) } else { second_process(&house.app) })
        .collect();
    let readers: Vec<_> =
        (0..READERS).map(|reader| tokio::spawn(token_from(routers[reader % processes].clone(), key.clone()))).collect();
    house.acme.reached(2).await;
    house.acme.release();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), "access-2");
    }
    assert_eq!(house.acme.count("token"), 2, "one exchange, one refresh");
}

async fn ends_at(house: &House) -> i64 {
    let shown = house.get("/api/integrations/status").await.expect(200).at("/acme/expiresAt");
    shown.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_readers_cause_one_refresh() {
    read_at_once(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_readers_of_two_processes_cause_one_refresh() {
    read_at_once(2).await;
}
