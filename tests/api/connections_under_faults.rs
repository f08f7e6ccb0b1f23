//! From sign-up to disconnecting while AWS loses answers, throttles and refuses, at each request in turn.

use local::aws::{Fault, Service};
use serde_json::{Value, json};
use support::{Answer, Provider, TestApp};

use crate::house::{ACME, Begun, House};

/// Everything that a connection writes, once. Stops at the first answer that is no success.
async fn story(house: &House) -> Result<(), Box<Answer>> {
    let ok = |answer: Answer| if answer.status() < 300 { Ok(answer) } else { Err(Box::new(answer)) };
    let begun = ok(house.as_ada(house.app.post("/api/integrations/oauth/start/acme")).send().await)?;
    ok(house.finish(&Begun::of(&begun), "c").await)?;
    let scopes = json!({ "name": "k", "scopes": ["tokens:read"] });
    let key = ok(house.as_ada(house.app.post("/api/auth/keys")).json(scopes).send().await)?.at("key");
    let key = key.as_str().unwrap();
    ok(house.token(key).await)?;
    house.pass(590);
    ok(house.token(key).await)?;
    ok(house.as_ada(house.app.delete("/api/integrations/acme/credentials")).send().await)?;
    Ok(())
}

async fn house() -> House {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house
}

/// How it stands at the end, as far as that is the same each time.
async fn ending(house: &House) -> Value {
    let rows = house.rows("integrations").await;
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut names: Vec<&str> = row.keys().map(String::as_str).collect();
            names.sort_unstable();
            json!({ "status": row["status"].as_s().unwrap(), "grant": row["grant"].as_n().unwrap(), "has": names })
        })
        .collect();
    let handshakes = house.rows("handshakes").await;
    let statuses: Vec<&String> = handshakes.iter().map(|row| row["status"].as_s().unwrap()).collect();
    json!({
        "integrations": rows,
        "handshakes": statuses,
        "timers": house.rows("timers").await.len(),
        "audit": house.rows("audit").await.len(),
        "calls": house.acme.count("token"),
    })
}

/// How many requests of a kind the story makes.
async fn requests(kind: impl Fn(&TestApp) -> u64) -> (u64, Value) {
    let house = house().await;
    house.app.faults().reset_counts();
    story(&house).await.unwrap();
    (kind(&house.app), ending(&house).await)
}

#[tokio::test]
async fn a_lost_answer_of_any_write_changes_nothing() {
    let (writes, expected) = requests(|app| app.faults().writes()).await;
    assert!(writes > 12, "{writes}");
    for n in 1..=writes {
        let house = house().await;
        house.app.faults().add(Fault::lose_answer().service(Service::DynamoDb).writes().nth(n));
        story(&house).await.unwrap_or_else(|answer| panic!("answer {n} of {writes} lost: {}", answer.text()));
        assert_eq!(house.app.faults().struck(), 1);
        assert_eq!(ending(&house).await, expected, "answer {n} of {writes} lost");
    }
}

#[tokio::test]
async fn a_throttled_request_is_tried_again_unnoticed() {
    let (writes, expected) = requests(|app| app.faults().writes()).await;
    for n in 1..=writes {
        let house = house().await;
        house.app.faults().add(Fault::throttle().service(Service::DynamoDb).writes().nth(n));
        story(&house).await.unwrap_or_else(|answer| panic!("write {n} of {writes} throttled: {}", answer.text()));
        assert_eq!(ending(&house).await, expected, "write {n} of {writes} throttled");
    }
}

/// Whatever was cut short, the same person can do it again, and it works.
async fn can_be_done_again(fault: impl Fn(u64) -> Fault, last: u64, what: &str) {
    for n in 1..=last {
        let house = house().await;
        house.app.faults().add(fault(n));
        if let Err(answer) = story(&house).await {
            let told = matches!(answer.status(), 503 | 500 | 400) && answer.at("success") == false;
            assert!(told, "{what} {n}: {} {}", answer.status(), answer.text());
            assert!(!answer.text().contains("AccessDenied"), "{what} {n}: {}", answer.text());
        }
        house.app.faults().clear();
        // Tokens that are stored are whole: they open, or there are none.
        let key = house.token_key().await;
        let status = house.token(&key).await.status();
        assert!(matches!(status, 200 | 404), "{what} {n}: {status}");
        story(&house).await.unwrap_or_else(|answer| panic!("{what} {n}, again: {}", answer.text()));
        assert!(!house.connected().await, "{what} {n}");
    }
}

#[tokio::test]
async fn a_write_that_is_refused_leaves_nothing_half_done() {
    let (writes, _) = requests(|app| app.faults().writes()).await;
    can_be_done_again(|n| Fault::deny().service(Service::DynamoDb).writes().nth(n), writes, "write").await;
}

#[tokio::test]
async fn a_key_service_that_refuses_leaves_nothing_half_done() {
    let kms = |app: &TestApp| {
        let counts = app.faults().counts();
        counts.iter().filter(|((service, ..), _)| *service == Service::Kms).map(|(_, count)| count).sum()
    };
    let (calls, _) = requests(kms).await;
    assert!(calls >= 2, "{calls}");
    can_be_done_again(|n| Fault::deny().service(Service::Kms).nth(n).times(4), calls, "key").await;
}

/// The code is good for one try; so nobody spends it while what it gives could not be kept.
#[tokio::test]
async fn no_code_is_redeemed_while_the_key_service_refuses() {
    let house = house().await;
    let begun = house.begin(json!({})).await;
    // The handshake's own key is there; the one that would seal the tokens cannot be had.
    house.app.faults().add(Fault::deny().service(Service::Kms).operation("GenerateDataKey").role("oauth").always());
    house.finish(&begun, "c").await.expect(400);
    assert_eq!(house.acme.count("token"), 0);
    assert!(house.rows("integrations").await.is_empty());
}

/// A connection that could not be stored is not left looking as if it were on its way.
#[tokio::test]
async fn a_connection_that_cannot_be_stored_is_a_handshake_that_failed() {
    let house = house().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    // The connection and the trail's entry about it are stored together.
    let store = Fault::deny().service(Service::DynamoDb).operation("TransactWriteItems").role("oauth");
    house.app.faults().add(store);
    let answer = browser.open(&begun.back("c")).send().await.expect(302);
    assert!(answer.header("location").contains("oauth_error="), "{}", answer.header("location"));
    assert_eq!(house.status(&begun).await.at("status"), "failed");
    assert!(!house.connected().await);
}

#[tokio::test]
async fn two_providers_do_not_disturb_each_other() {
    let other = Provider::start("other").await;
    let house = House::of(TestApp::setup().provider(&other)).await;
    house.connect("default").await;
    let begun = house.as_ada(house.app.post("/api/integrations/oauth/start/other")).send().await.expect(200);
    let begun = Begun::of(&begun);
    // A state of the one at the address of the other.
    let browser = house.app.browser();
    let path = format!("/api/integrations/oauth/callback/{ACME}?code=c&state={}", begun.state());
    browser.open(&path).send().await.expect(302);
    assert_eq!((house.acme.count("token"), other.count("token")), (1, 0));
}
