//! What becomes of the tokens of an ended connection.

use std::time::Duration;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use local::aws::{Fault, Service};
use serde_json::json;
use shared::{oauth::connect, store::integrations::NewGrant};
use support::{Provider, TestApp};

use crate::house::{House, grant, stranger};

/// As long as somebody who has just disconnected may be on the way to connect anew, and a minute.
const A_HANDSHAKE: u64 = 660;

#[tokio::test]
async fn a_disconnected_accounts_tokens_are_given_back_once() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    for _ in 0..3 {
        house.test.tick().await;
        house.pass(60);
    }
    let calls = house.provider.calls();
    let tokens: Vec<&str> = calls.iter().map(|call| call.field("token")).collect();
    assert_eq!(tokens, ["refresh-0"]);
}

#[tokio::test]
async fn tokens_are_not_given_back_while_the_same_account_is_connected_elsewhere() {
    let house = House::where_accounts_are_revoked().await;
    let integration = house.connect("default", 3600).await;
    let other = house.connect("second", 3600).await;
    house.disconnect(&integration).await;
    house.pass(A_HANDSHAKE);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 0);
    house.disconnect(&other).await;
    house.pass(A_HANDSHAKE);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 1);
}

#[tokio::test]
async fn tokens_are_given_back_again_until_the_provider_is_there() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    let faults = house.test.faults();
    // Its client is not to be had, as when a provider is down: nothing is given up for that.
    faults.add(Fault::deny().service(Service::SecretsManager).always());
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 0);
    faults.clear();
    house.pass(120);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 1);
}

#[tokio::test]
async fn who_connects_anew_within_a_handshakes_time_keeps_the_account() {
    let house = House::where_accounts_are_revoked().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    house.test.tick().await;
    house.pass(45);
    house.connect("default", 3600).await;
    for _ in 0..12 {
        house.pass(60);
        house.test.tick().await;
    }
    assert_eq!(house.provider.count("revoke"), 0);
    assert_eq!(house.token().await.unwrap(), "access-0");
}

#[tokio::test]
async fn a_grant_whose_access_token_has_ended_is_given_back_with_a_new_one() {
    let house = House::where_access_tokens_revoke().await;
    let integration = house.connect("default", 3600).await;
    house.provider.end("access-0");
    house.disconnect(&integration).await;
    house.test.tick().await;
    house.pass(60);
    house.test.tick().await;
    let calls = house.provider.calls();
    let told: Vec<&str> = calls.iter().map(|call| call.endpoint).collect();
    assert_eq!(told, ["revoke", "token", "revoke"]);
    assert_eq!(calls[0].headers["authorization"], "Bearer access-0");
    assert_eq!(calls[2].headers["authorization"], "Bearer access-1");
    assert_eq!(calls[1].field("refresh_token"), "refresh-0");
}

#[tokio::test]
async fn what_was_renewed_to_be_given_back_is_kept_until_the_provider_takes_it() {
    let house = House::where_access_tokens_revoke().await;
    let integration = house.connect("default", 3600).await;
    house.provider.end("access-0");
    house.provider.fail_revocations(1);
    house.disconnect(&integration).await;
    for _ in 0..2 {
        house.test.tick().await;
        house.pass(120);
    }
    assert_eq!((house.provider.count("token"), house.provider.count("revoke")), (1, 2));
    house.provider.end("access-1");
    for _ in 0..2 {
        house.test.tick().await;
        house.pass(240);
    }
    let refreshed: Vec<String> = house
        .provider
        .calls()
        .iter()
        .filter(|call| call.endpoint == "token")
        .map(|call| call.field("refresh_token").to_owned())
        .collect();
    assert_eq!(refreshed, ["refresh-0", "refresh-1"]);
    assert_eq!(house.provider.calls().last().unwrap().headers["authorization"], "Bearer access-2");
    house.pass(3600);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 4);
}

#[tokio::test]
async fn tokens_that_were_given_by_another_host_are_not_sent() {
    let house = House::start().await;
    let elsewhere = NewGrant { token_host: Some("elsewhere.example".to_owned()), ..house.grant("default", 3600) };
    let integration = house.store(&house.tenant, elsewhere).await;
    house.disconnect(&integration).await;
    for _ in 0..3 {
        house.test.tick().await;
        house.pass(3600);
    }
    assert!(house.provider.calls().is_empty());
}

#[tokio::test]
async fn a_timer_that_cannot_be_read_holds_up_no_other() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    let onlooker = Client::new(&house.test.aws().sdk_config(support::ONLOOKER));
    let text = |text: String| AttributeValue::S(text);
    // More than a page of them, in each shard.
    for shard in 0..16 {
        for number in 0..60 {
            let put = onlooker.put_item().table_name("postern-timers").item("pk", text(format!("t#{shard}")));
            let put = put.item("sk", text(format!("{number:012}#int_x"))).item("kind", text("revocation".to_owned()));
            put.send().await.unwrap();
        }
    }
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 1);
}

/// Mails wait in the same shards, and so does what other providers are to take back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_holds_up_nobody_elses_tokens() {
    let (slow, quick) = (Provider::start("slow").await.revoking_by_access_token(), Provider::start("quick").await);
    let test = TestApp::setup().provider(&slow).provider(&quick).start().await;
    let (app, worker, tenant) = (test.stack().app("integrations"), test.stack().app("token-refresh"), stranger());
    let left = async |provider: &str, number: usize| {
        let grant = grant(&app, provider, &format!("n{number}"), 3600);
        let made = connect::connect(&app, &tenant, grant).await.unwrap();
        connect::disconnect(&app, &tenant, "usr_test", &made).await.unwrap();
    };
    slow.end("access-0");
    let due = async |shard| worker.store.due_timers(shard, test.clock().epoch(), 100).await.unwrap().len();
    let mut made = 0;
    while due(3).await < 12 {
        left("slow", made).await;
        made += 1;
    }
    // Behind all of them.
    test.clock().advance(Duration::from_secs(1));
    while due(3).await < 13 {
        left("quick", made).await;
        made += 1;
    }
    slow.hold();
    let message = json!({ "Records": [{ "messageId": "1", "body": "{\"shard\":3}" }] });
    let working = tokio::spawn(token_refresh::handle(worker, message));
    let told = async {
        while quick.count("revoke") == 0 {
            tokio::task::yield_now().await;
        }
    };
    // Well before the other's calls are given up.
    tokio::time::timeout(Duration::from_secs(10), told).await.expect("it waits behind the other");
    assert!(slow.count("token") <= 4, "{} calls at once", slow.count("token"));
    slow.release();
    assert_eq!(working.await.unwrap().unwrap()["batchItemFailures"], json!([]));
}

#[tokio::test]
async fn what_stands_in_the_way_on_our_side_has_a_month_to_be_mended() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    let faults = house.test.faults();
    faults.add(Fault::deny().service(Service::SecretsManager).always());
    for _ in 0..20 {
        house.pass(86_400);
        house.test.tick().await;
    }
    assert_eq!(house.provider.count("revoke"), 0);
    faults.clear();
    house.pass(86_400);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 1);
}

#[tokio::test]
async fn a_provider_that_refuses_each_new_token_is_given_up() {
    let house = House::where_access_tokens_revoke().await;
    let integration = house.connect("default", 3600).await;
    for number in 0..100 {
        house.provider.end(&format!("access-{number}"));
    }
    house.disconnect(&integration).await;
    for _ in 0..4 * 24 {
        house.test.tick().await;
        house.pass(3600);
    }
    let asked = house.provider.count("revoke");
    house.pass(7 * 3600);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), asked, "it is still asked");
}
