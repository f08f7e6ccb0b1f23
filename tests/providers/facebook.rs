//! A Facebook app that somebody typed in: proved by the app's own token, and a page's token beside it.

use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

const HOSTS: &[&str] = &["graph.facebook.com"];
const APP_TOKEN: &str = "4711|hushhush";

fn vendor(asked: &Asked, _: &mut Memory) -> Reply {
    // The app demands a proof of every server call.
    let Some(token) = asked.proved_by("hushhush") else {
        let said = "Error validating application. Invalid appsecret_proof provided in the API argument";
        return Reply::json(400, json!({ "error": { "message": said, "type": "GraphMethodException", "code": 100 } }));
    };
    match (asked.path.as_str(), token.as_str()) {
        ("/v25.0/4711" | "/v24.0/4711", APP_TOKEN) => Reply::json(200, json!({ "id": "4711", "name": "Ada's app" })),
        ("/v25.0/debug_token", APP_TOKEN) => {
            let valid = asked.query["input_token"] == "EAAgood";
            let mut data = json!({ "app_id": "4711", "is_valid": valid });
            if valid {
                data["user_id"] = "77".into();
            }
            Reply::json(200, json!({ "data": data }))
        }
        _ => {
            let said = "Error validating application. Cannot get application info due to a system error.";
            Reply::json(400, json!({ "error": { "message": said, "type": "OAuthException", "code": 101 } }))
        }
    }
}

async fn house() -> (Standin, Account) {
    let standin = Standin::start(HOSTS, vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["facebook"])).await;
    (standin, account)
}

fn data(answer: &support::Answer, pointer: &str) -> Value {
    let of = |name: &str| answer.at(&format!("{pointer}/{name}"));
    json!({ "appId": of("appId"), "name": of("name"), "accessTokenValid": of("accessTokenValid"), "userId": of("userId") })
}

#[tokio::test]
async fn app_and_page_are_proved_and_told_as_older_clients_read_it() {
    let (_standin, account) = house().await;
    let credential = json!({ "appId": "4711", "appSecret": "hushhush", "accessToken": "EAAgood" });
    let saved = account.save("facebook", credential).await.expect(200);
    let expected = json!({ "appId": "4711", "name": "Ada's app", "accessTokenValid": true, "userId": "77" });
    assert_eq!(data(&saved, "/testData"), expected);
    let tested = account.test("facebook").await;
    assert_eq!((tested.at("success"), data(&tested, "/data")), (json!(true), expected));
    assert!(!saved.text().contains("hushhush") && !saved.text().contains("EAAgood"));
}

#[tokio::test]
async fn a_page_token_may_be_left_out_or_be_bad_and_is_told() {
    let (standin, account) = house().await;
    let saved = account.save("facebook", json!({ "appId": "4711", "appSecret": "hushhush" })).await.expect(200);
    assert_eq!(saved.at("/testData/accessTokenValid"), Value::Null);
    assert!(standin.asked("graph.facebook.com/v25.0/debug_token").is_empty());
    let credential = json!({ "appId": "4711", "appSecret": "hushhush", "accessToken": "EAAended" });
    let saved = account.save("facebook", credential).await.expect(200);
    assert_eq!((saved.at("/testData/accessTokenValid"), saved.at("/testData/userId")), (json!(false), Value::Null));
}

#[tokio::test]
async fn a_wrong_app_is_not_kept_and_the_version_may_be_another() {
    let (standin, account) = house().await;
    let wrong = json!({ "appId": "4711", "appSecret": "wrongone" });
    let refused = account.save("facebook", wrong).await.expect(400);
    assert!(refused.at("error").as_str().unwrap().contains("Error validating application"), "{}", refused.text());
    assert!(!refused.text().contains("wrongone"));
    assert!(!account.connected("facebook").await);
    for (part, value) in [("appId", "../me"), ("version", "v25.0/../..")] {
        let mut odd = json!({ "appId": "4711", "appSecret": "hushhush" });
        odd[part] = value.into();
        account.save("facebook", odd).await.expect(400);
    }
    let older = json!({ "appId": "4711", "appSecret": "hushhush", "version": "v24.0" });
    account.save("facebook", older).await.expect(200);
    assert!(!standin.asked("graph.facebook.com/v24.0/4711").is_empty());
}
