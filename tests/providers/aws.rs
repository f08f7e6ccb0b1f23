//! AWS: what is sent is signed for its service and region; what STS says against a key. That the signature is right is
//! shown against moto, in `tests/peers/moto_sts.rs`.

use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

const STS: &str = "sts.{region}.amazonaws.com";
const HOSTS: [&str; 5] = [
    STS,
    "lambda.{region}.amazonaws.com",
    "sqs.{region}.amazonaws.com",
    "sns.{region}.amazonaws.com",
    "events.{region}.amazonaws.com",
];
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// With `quirk` the temporary key has run out.
fn sts(asked: &Asked, memory: &mut Memory) -> Reply {
    let error = |code: &str, message: &str| {
        Reply::json(403, json!({ "Error": { "Type": "Sender", "Code": code, "Message": message }, "RequestId": "1" }))
    };
    let signed = asked.header("authorization").strip_prefix("AWS4-HMAC-SHA256 Credential=").unwrap_or_default();
    let scope: Vec<&str> = signed.split([',', '/']).take(5).collect();
    if memory.quirk {
        return error("ExpiredToken", "The security token included in the request is expired");
    }
    if scope.first() != Some(&KEY) {
        return error("InvalidClientTokenId", "The security token included in the request is invalid.");
    }
    assert_eq!(scope[1..], ["20261120", "eu-central-1", "sts", "aws4_request"]);
    assert_eq!(asked.header("accept"), "application/json");
    assert_eq!(
        (asked.field("Action"), asked.field("Version")),
        ("GetCallerIdentity".to_owned(), "2011-06-15".to_owned())
    );
    let who = json!({ "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ada", "UserId": "AIDAADA" });
    Reply::json(200, json!({ "GetCallerIdentityResponse": { "GetCallerIdentityResult": who, "ResponseMetadata": {} } }))
}

fn typed(key: &str) -> Value {
    json!({ "accessKeyId": key, "secretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "region": "eu-central-1" })
}

#[tokio::test]
async fn an_access_key_is_signed_with_and_told_apart() {
    let standin = Standin::start(&HOSTS, sts).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["aws"])).await;
    let saved = account.save("aws", typed(KEY)).await.expect(200);
    assert_eq!(saved.at("/testData/id"), "arn:aws:iam::123456789012:user/ada");
    assert_eq!(saved.at("/testData/workspace"), "123456789012");
    let sent = standin.asked(&format!("{STS}/"));
    assert!(
        sent.iter()
            .all(|asked| !asked.headers.values().any(|value| value.as_bytes().windows(8).any(|w| w == b"wJalrXUt")))
    );

    let mut temporary = typed(KEY);
    temporary["sessionToken"] = json!("FwoGZXIvYXdzEXAMPLETOKEN==");
    account.save("aws", temporary).await.expect(200);
    assert_eq!(standin.seen().last().unwrap().header("x-amz-security-token"), "FwoGZXIvYXdzEXAMPLETOKEN==");
    standin.quirk(true);
    let tested = account.test("aws").await;
    assert_eq!(tested.at("error"), "The security token included in the request is expired");

    standin.quirk(false);
    let unknown = account.save("aws", typed("AKIAIOSFODNN7UNKNOWN")).await.expect(400);
    assert!(unknown.at("error").as_str().unwrap().contains("invalid"), "{}", unknown.text());
}

#[tokio::test]
async fn a_region_cannot_choose_the_host() {
    let standin = Standin::start(&HOSTS, sts).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["aws"])).await;
    for region in ["evil.example/", "eu-central-1.evil.example", "@evil.example", "eu-central-1#", "", "localhost"] {
        let mut body = typed(KEY);
        body["region"] = json!(region);
        let answer = account.save("aws", body).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), "/credentials/region", "{region}");
    }
    assert!(standin.seen().is_empty());
}
