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
const ROLE: &str = "arn:aws:iam::123456789012:role/postern";
const PROBLEM: &str = "is not authorized to perform: sts:AssumeRole on resource";

/// With `quirk` the temporary key has run out; who is `estranged` is trusted with no role.
fn sts(asked: &Asked, memory: &mut Memory) -> Reply {
    let error = |code: &str, message: &str| {
        Reply::json(403, json!({ "Error": { "Type": "Sender", "Code": code, "Message": message }, "RequestId": "1" }))
    };
    let signed = asked.header("authorization").strip_prefix("AWS4-HMAC-SHA256 Credential=").unwrap_or_default();
    let scope: Vec<&str> = signed.split([',', '/']).take(5).collect();
    if memory.quirk {
        return error("ExpiredToken", "The security token included in the request is expired");
    }
    let (key, session) = (scope.first().copied().unwrap_or_default(), asked.header("x-amz-security-token"));
    let role = key.strip_prefix("ASIAROLE").filter(|issued| session == format!("IQoJ+{issued}/=="));
    if key != KEY && role.is_none() {
        return error("InvalidClientTokenId", "The security token included in the request is invalid.");
    }
    assert_eq!(scope[1..], ["20261120", "eu-central-1", "sts", "aws4_request"]);
    assert_eq!(asked.header("accept"), "application/json");
    if asked.field("Action") == "AssumeRole" {
        let fields = ["Version", "RoleArn", "RoleSessionName", "DurationSeconds"].map(|name| asked.field(name));
        assert_eq!(fields, ["2011-06-15", ROLE, "postern", "3600"]);
        if memory.estranged || asked.field("ExternalId") != "of-ours" {
            return error("AccessDenied", &format!("User: arn:aws:iam::123456789012:user/ada {PROBLEM}: {ROLE}"));
        }
        memory.issued += 1;
        let issued = memory.issued;
        let keys = json!({ "AccessKeyId": format!("ASIAROLE{issued}"), "SecretAccessKey": format!("hush/{issued}+"),
            "SessionToken": format!("IQoJ+{issued}/=="), "Expiration": 1.795_172_4e9 });
        let user =
            json!({ "Arn": "arn:aws:sts::123456789012:assumed-role/postern/postern", "AssumedRoleId": "AROA:postern" });
        let result = json!({ "Credentials": keys, "AssumedRoleUser": user, "SourceIdentity": null });
        return Reply::json(
            200,
            json!({ "AssumeRoleResponse": { "AssumeRoleResult": result, "ResponseMetadata": {} } }),
        );
    }
    assert_eq!(
        (asked.field("Action"), asked.field("Version")),
        ("GetCallerIdentity".to_owned(), "2011-06-15".to_owned())
    );
    if role.is_some() {
        let who = json!({ "Account": "123456789012", "UserId": "AROA:postern",
            "Arn": "arn:aws:sts::123456789012:assumed-role/postern/postern" });
        return Reply::json(200, json!({ "GetCallerIdentityResponse": { "GetCallerIdentityResult": who } }));
    }
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

fn with_role(external: &str) -> Value {
    let mut typed = typed(KEY);
    typed["roleArn"] = json!(ROLE);
    typed["externalId"] = json!(external);
    typed
}

async fn in_a_role() -> (Standin, Account) {
    let standin = Standin::start(&HOSTS, sts).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["aws"])).await;
    let saved = account.save("aws", with_role("of-ours")).await.expect(200);
    assert_eq!((saved.at("/testData/id"), saved.at("/testData/workspace")), (json!(ROLE), json!("123456789012")));
    (standin, account)
}

/// What is lent is the role's, and ends within the hour; the key itself is asked for nothing but the role.
#[tokio::test]
async fn a_key_takes_on_a_role_and_the_roles_keys_are_lent() {
    let (standin, account) = in_a_role().await;
    let asked = standin.asked(&format!("{STS}/"));
    assert_eq!(
        asked.iter().map(|asked| asked.field("Action")).collect::<Vec<_>>(),
        ["AssumeRole", "GetCallerIdentity", "GetCallerIdentity"]
    );
    assert!(asked[0].header("authorization").contains(KEY));
    assert!(asked[1..].iter().all(|asked| asked.header("authorization").contains("ASIAROLE1/")));

    let lent = account.token("aws").await.expect(200);
    assert_eq!((lent.at("token_type"), lent.at("expires_in")), (json!("session"), json!(3600)));
    let keys: Value = serde_json::from_str(lent.at("access_token").as_str().unwrap()).unwrap();
    assert_eq!(keys, json!({ "accessKeyId": "ASIAROLE1", "secretAccessKey": "hush/1+", "sessionToken": "IQoJ+1/==" }));
    assert_eq!(standin.seen().len(), 3);

    account.pass(3600);
    let lent = account.token("aws").await.expect(200);
    assert!(lent.at("access_token").as_str().unwrap().contains("ASIAROLE2"));
    let tested = account.test("aws").await;
    assert_eq!((tested.at("success"), tested.at("/data/id")), (json!(true), json!(ROLE)));
    assert!(standin.seen().last().unwrap().header("authorization").contains("ASIAROLE3/"));
}

#[tokio::test]
async fn a_role_that_trusts_no_more_asks_its_owner() {
    let (standin, account) = in_a_role().await;
    let refused = account.save("aws", with_role("of-others")).await.expect(400);
    assert_eq!(refused.code(), "provider.credential_refused");
    assert!(refused.at("error").as_str().unwrap().contains(PROBLEM), "{}", refused.text());
    account.token("aws").await.expect(200);

    standin.knows_client(false);
    account.pass(3600);
    let ended = account.token("aws").await.expect(409);
    assert_eq!(ended.at("reauth_required"), true);
    assert_eq!(ended.at("reconnect"), "/api/integrations/aws/credentials");
    standin.knows_client(true);
    account.save("aws", with_role("of-ours")).await.expect(200);
    account.token("aws").await.expect(200);
}

/// Temporary keys take a role on for as long as they last themselves.
#[tokio::test]
async fn a_key_that_ran_out_gets_no_role() {
    let (standin, account) = in_a_role().await;
    standin.quirk(true);
    account.pass(3600);
    let ended = account.token("aws").await.expect(409);
    assert_eq!(ended.at("reauth_required"), true);
}

#[tokio::test]
async fn sts_in_trouble_costs_no_role() {
    let (standin, account) = in_a_role().await;
    standin.down(true);
    account.pass(3600);
    account.token("aws").await.expect(503);
    assert!(account.connected("aws").await);
    standin.down(false);
    account.pass(600);
    account.token("aws").await.expect(200);
}

/// A key without a role is no token: back ends are lent none of it.
#[tokio::test]
async fn a_key_alone_is_not_lent_and_what_is_no_role_is_refused() {
    let (standin, account) = in_a_role().await;
    account.save("aws", typed(KEY)).await.expect(200);
    account.token("aws").await.expect(400);
    let seen = standin.seen().len();
    for role in ["postern", "arn:aws:iam::123456789012:user/ada", "arn:aws:iam::1:role/x", "https://evil.example/"] {
        let mut body = typed(KEY);
        body["roleArn"] = json!(role);
        let answer = account.save("aws", body).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), "/credentials/roleArn", "{role}");
    }
    assert_eq!(standin.seen().len(), seen);
}
