//! Sheets by a service account: nobody consents, the key signs, and Google's word on the signature is the test.

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    minting::Minter,
    standin::{Asked, Memory, Standin},
};

pub(crate) const HOSTS: &[&str] = &["oauth2.googleapis.com", "sheets.googleapis.com"];
pub(crate) const EMAIL: &str = "robot@project-1.iam.gserviceaccount.com";
pub(crate) const MINT: &str = "oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets";

/// The key that Google made for the robot.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn pem(key: &KeyPair) -> String {
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(key).unwrap();
    let text = BASE64_STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

pub(crate) fn file() -> Value {
    json!({
        "type": "service_account", "project_id": "project-1", "private_key_id": "key-1", "private_key": pem(key()),
        "client_email": EMAIL, "token_uri": "http://169.254.169.254/latest/meta-data",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    })
}

/// Takes assertions that the robot's key signed for this address, and are young.
pub(crate) fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if asked.place() != MINT {
        return Reply::json(404, json!({ "error": { "code": 404, "message": "Not found", "status": "NOT_FOUND" } }));
    }
    let refused = |said: &str| Reply::json(400, json!({ "error": "invalid_grant", "error_description": said }));
    if asked.field("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        return Reply::error("unsupported_grant_type");
    }
    let assertion = asked.field("assertion");
    let (signed, mark) = assertion.rsplit_once('.').unwrap();
    let mark = BASE64_URL_SAFE_NO_PAD.decode(mark).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().public_key().as_ref());
    if memory.estranged || public.verify(signed.as_bytes(), &mark).is_err() {
        return refused("Invalid JWT Signature.");
    }
    let (header, claims) = (part(&assertion, 0), part(&assertion, 1));
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    if claims["aud"] != format!("{}/token", memory.at["oauth2.googleapis.com"]) || life > 3600 || memory.quirk {
        return refused("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.");
    }
    if claims["iss"] != EMAIL {
        return refused("Invalid grant: account not found");
    }
    if claims.get("sub").is_some_and(|subject| subject != "ada@example.org") {
        let said = "Client is unauthorized to retrieve access tokens using this method.";
        return Reply::json(401, json!({ "error": "unauthorized_client", "error_description": said }));
    }
    let token = memory.access();
    Reply::json(200, json!({ "access_token": token, "expires_in": 3599, "token_type": "Bearer" }))
}

pub(crate) fn part(assertion: &str, index: usize) -> Value {
    let part = assertion.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A piece of the key that must be seen nowhere.
pub(crate) fn secret() -> String {
    pem(key()).lines().nth(3).unwrap().to_owned()
}

async fn robot(credential: Value) -> Minter {
    let standin = Standin::start(HOSTS, vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["sheets"])).await;
    Minter { slug: "sheets", standin, account, credential, secret: secret(), mint: MINT }
}

#[tokio::test]
async fn its_key_mints_tokens_until_google_says_no() {
    let robot = robot(json!({ "serviceAccountJson": file() })).await;
    robot.journey().await;
    let places: Vec<String> = robot.standin.seen().iter().map(Asked::place).collect();
    assert!(places.iter().all(|place| place == MINT), "{places:?}");
}

#[tokio::test]
async fn the_file_is_taken_as_text_as_an_object_and_as_it_is() {
    let robot = robot(json!({})).await;
    let whole = file();
    for (credential, slug) in [
        (json!({ "serviceAccountJson": whole.to_string() }), "sheets"),
        (json!({ "credentials": { "service_account_json": whole.clone() } }), "sheets_service_account"),
        (whole.clone(), "sheets"),
        (json!({ "credentials": whole }), "sheets"),
    ] {
        let saved = robot.account.save(slug, credential).await.expect(200);
        assert_eq!(saved.at("/testData/email"), EMAIL);
        assert_eq!(saved.at("/testData/workspace"), "project-1");
    }
    let lent = robot.account.token("sheets").await.expect(200);
    assert_eq!(lent.at("scopes"), json!([SCOPE]));
}

#[tokio::test]
async fn it_acts_for_a_user_where_the_domain_lets_it() {
    let robot = robot(json!({})).await;
    let credential = |subject: &str| json!({ "serviceAccountJson": file(), "subject": subject });
    robot.account.save("sheets", credential("ada@example.org")).await.expect(200);
    let claims = part(&robot.standin.asked(MINT)[0].field("assertion"), 1);
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!("ada@example.org"), &json!(SCOPE)));
    let refused = robot.account.save("sheets", credential("eve@example.org")).await.expect(400);
    assert!(refused.at("error").as_str().unwrap().contains("Client is unauthorized"), "{}", refused.text());
}

#[tokio::test]
async fn what_is_no_key_is_told_before_google_is_asked() {
    let robot = robot(json!({})).await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut file = file();
        change(&mut file);
        file
    };
    let cases = [
        (with(&|file| file["private_key"] = Value::Null), "has no `private_key`"),
        (with(&|file| file["private_key"] = "".into()), "has no `private_key`"),
        (with(&|file| file["private_key"] = "hush-hush".into()), "not PKCS#8 in PEM"),
        (with(&|file| file["private_key"] = pem(key()).replace("PRIVATE", "RSA PRIVATE").into()), "not PKCS#8 in PEM"),
        (with(&|file| file["private_key"] = pem(key())[..600].to_owned().into()), "not PKCS#8 in PEM"),
        (with(&|file| file["private_key"] = small()), "no RSA key of 2048 bits"),
        (with(&|file| file["client_email"] = Value::Null), "has no `client_email`"),
        (with(&|file| file["type"] = "authorized_user".into()), "another `type`"),
        (json!({ "installed": { "client_id": "x", "client_secret": "y" } }), "not a service account's JSON file"),
        (json!({ "serviceAccountJson": "{ not json" }), "not a service account's JSON file"),
        (json!({ "serviceAccountJson": [1] }), "must be a text"),
        (json!({ "other": "thing" }), "is missing"),
    ];
    for (credential, said) in cases {
        let refused = robot.account.save("sheets", credential).await.expect(400);
        assert_eq!(refused.at("/errors/0/pointer"), "/credentials/service_account_json", "{said}");
        assert!(refused.at("/errors/0/detail").as_str().unwrap().contains(said), "{said}: {}", refused.text());
        assert!(!refused.text().contains("hush-hush"));
        assert!(!refused.text().contains(&robot.secret));
    }
    assert_eq!(robot.standin.seen().len(), 0);
    assert!(!robot.account.connected("sheets").await);
}

/// A key that signs, of a kind that Google does not use.
fn small() -> Value {
    use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
    let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let text = BASE64_STANDARD.encode(key.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n").into()
}

/// A clock that is wrong is nobody's lost key.
#[tokio::test]
async fn an_assertion_out_of_time_costs_no_connection() {
    let robot = robot(json!({ "serviceAccountJson": file() })).await;
    robot.account.save("sheets", robot.credential.clone()).await.expect(200);
    robot.standin.quirk(true);
    robot.account.pass(3600);
    robot.account.token("sheets").await.expect(503);
    assert!(robot.account.connected("sheets").await);
    robot.standin.quirk(false);
    robot.account.pass(600);
    robot.account.token("sheets").await.expect(200);
}

/// The row that somebody copies holds no key in the clear, and a disconnect sends nothing anywhere.
#[tokio::test]
async fn disconnecting_ends_it_here() {
    let robot = robot(json!({ "serviceAccountJson": file() })).await;
    robot.account.save("sheets", robot.credential.clone()).await.expect(200);
    robot.account.disconnect("sheets").await;
    robot.account.app.tick().await;
    robot.account.token("sheets").await.expect(404);
    assert_eq!(robot.standin.seen().len(), 1);
}
