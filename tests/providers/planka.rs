//! Planka: the password is lent once and not kept, the terms are passed, an API key does as well; and Planka 1.

use serde_json::{Value, json};
use shared::providers::Values;
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

pub(crate) const PASSWORD: &str = "a-good-password";
/// Where sessions are ended.
const ME: &str = "planka/api/access-tokens/me";
const API_KEY: &str = "an-api-key-of-planka";

/// Planka 2; with `quirk` Planka 1, which has neither terms nor API keys nor the newer paths.
pub(crate) fn planka(asked: &Asked, memory: &mut Memory) -> Reply {
    let refused = |status, code: &str, message: &str| Reply::json(status, json!({ "code": code, "message": message }));
    let token = |memory: &mut Memory| Reply::json(200, json!({ "item": memory.access() }));
    let me = memory.takes(asked.bearer()) || (!memory.quirk && asked.header("x-api-key") == API_KEY);
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/api/access-tokens") if asked.field("password") != PASSWORD => {
            refused(401, "E_UNAUTHORIZED", "Invalid credentials")
        }
        ("POST", "/api/access-tokens") if memory.quirk || memory.issued > 0 => token(memory),
        ("POST", "/api/access-tokens") => {
            let step = json!({
                "code": "E_FORBIDDEN", "message": "Terms acceptance required", "step": "accept-terms", "pendingToken": "pending-1",
            });
            Reply::json(403, step)
        }
        ("GET", "/api/terms") if !memory.quirk => {
            Reply::json(200, json!({ "item": { "signature": "5".repeat(64), "content": "Be kind." } }))
        }
        ("POST", "/api/access-tokens/accept-terms") if asked.field("pendingToken") != "pending-1" => {
            refused(401, "E_UNAUTHORIZED", "Invalid pending token")
        }
        ("POST", "/api/access-tokens/accept-terms") if asked.field("signature") != "5".repeat(64) => {
            refused(403, "E_FORBIDDEN", "Invalid signature")
        }
        ("POST", "/api/access-tokens/accept-terms") => token(memory),
        _ if !me => refused(401, "E_UNAUTHORIZED", "Access token is missing, invalid or expired"),
        // A session's token alone; an API key has no session that could be ended.
        ("DELETE", "/api/access-tokens/me") if asked.bearer().is_empty() => {
            refused(404, "E_NOT_FOUND", "Access token not found")
        }
        ("DELETE", "/api/access-tokens/me") => {
            memory.end(asked.bearer());
            Reply::json(200, json!({ "item": asked.bearer() }))
        }
        ("GET", "/api/users/me") => {
            let avatar = json!({ "url": "https://planka.example/ada.png" });
            Reply::json(
                200,
                json!({ "item": { "id": "7", "email": "ada@example.org", "name": "Ada", "username": "ada", "avatar": avatar } }),
            )
        }
        ("POST", "/api/cards/1/comments" | "/api/cards/1/task-lists") if memory.quirk => Reply::text(404, "Not Found"),
        ("POST", "/api/cards/1/comments" | "/api/cards/1/comment-actions") => {
            Reply::json(200, json!({ "item": { "id": "8", "text": asked.field("text") } }))
        }
        ("POST", "/api/cards/1/task-lists") => Reply::json(200, json!({ "item": { "id": "9" } })),
        ("POST", "/api/task-lists/9/tasks" | "/api/cards/1/tasks") => {
            Reply::json(200, json!({ "item": { "id": "10", "name": asked.field("name") } }))
        }
        // What Planka 2 really says to a path that it does not have.
        _ => Reply::json(500, json!({ "code": "E_INTERNAL" })),
    }
}

async fn house() -> (Standin, Account) {
    let standin = Standin::start(&["planka"], planka).await;
    let account = Account::of(standin.setup(TestApp::setup(), &[])).await;
    (standin, account)
}

fn typed(standin: &Standin, password: &str) -> Value {
    json!({ "baseUrl": standin.at("planka"), "emailOrUsername": "ada", "password": password })
}

#[tokio::test]
async fn a_password_is_sent_with_its_spaces() {
    let (standin, account) = house().await;
    account.save("planka", typed(&standin, " two words ")).await.expect(400);
    assert_eq!(standin.asked("planka/api/access-tokens")[0].field("password"), " two words ");
}

#[tokio::test]
async fn a_password_becomes_a_token_through_the_terms_and_is_not_kept() {
    let (standin, account) = house().await;
    let saved = account.save("planka", typed(&standin, PASSWORD)).await.expect(200);
    assert_eq!(saved.at("/testData/id"), "7");
    assert_eq!(saved.at("/testData/email"), "ada@example.org");
    assert_eq!(saved.at("/testData/avatarUrl"), "https://planka.example/ada.png");
    assert!(!saved.text().contains(PASSWORD) && !saved.text().contains("access-1"));
    assert_eq!(account.test("planka").await.at("success"), true);
    // Taken back at Planka: nothing here could get another one.
    standin.expire();
    assert_eq!(account.test("planka").await.at("success"), false);
    assert_eq!(standin.asked("planka/api/access-tokens").len(), 1, "the password was sent once");
}

#[tokio::test]
async fn a_wrong_password_reads_as_such() {
    let (standin, account) = house().await;
    let answer = account.save("planka", typed(&standin, "a-wrong-password")).await.expect(400);
    assert_eq!(answer.at("error"), "Invalid Planka credentials");
    assert!(!answer.text().contains("a-wrong-password"));
    assert!(!account.connected("planka").await);
    let tested = account.post("/api/integrations/planka/test", typed(&standin, "a-wrong-password")).await.expect(200);
    assert_eq!((tested.at("success"), tested.at("error")), (json!(false), json!("Invalid Planka credentials")));
}

#[tokio::test]
async fn a_test_gives_its_token_back() {
    let (standin, account) = house().await;
    let tested = account.post("/api/integrations/planka/test", typed(&standin, PASSWORD)).await.expect(200);
    assert_eq!(tested.at("success"), true, "{}", tested.text());
    assert_eq!(standin.asked("planka/api/access-tokens/me").len(), 1);
}

#[tokio::test]
async fn disconnecting_ends_the_session_at_planka() {
    let (standin, account) = house().await;
    account.save("planka", typed(&standin, PASSWORD)).await.expect(200);
    account.disconnect("planka").await;
    account.app.tick().await;
    let ended = standin.asked(ME);
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].method.as_str(), ended[0].bearer()), ("DELETE", "access-1"));
    account.pass(3600);
    account.app.tick().await;
    assert_eq!(standin.asked(ME).len(), 1, "done is done");
}

/// Not even a Planka that is down holds anybody up, and it is told when it is back.
#[tokio::test]
async fn a_planka_that_is_down_is_told_later() {
    let (standin, account) = house().await;
    account.save("planka", typed(&standin, PASSWORD)).await.expect(200);
    standin.down(true);
    account.disconnect("planka").await;
    account.app.tick().await;
    assert!(!account.connected("planka").await);
    standin.down(false);
    account.pass(3600);
    account.app.tick().await;
    assert_eq!(standin.asked(ME).iter().map(Asked::bearer).collect::<Vec<_>>(), ["access-1", "access-1"]);
}

/// What was signed in for goes on to be known by that, wherever its label moves.
#[tokio::test]
async fn another_label_does_not_make_it_forgotten() {
    let (standin, account) = house().await;
    account.save("planka", typed(&standin, PASSWORD)).await.expect(200);
    let id = account.get("/api/credentials").await.expect(200).at("/credentials/0/id");
    let path = format!("/api/credentials/{}", id.as_str().unwrap());
    let moved = account.app.put(path).bearer(&account.bearer().await).json(json!({ "projectId": "work" }));
    moved.send().await.expect(200);
    let gone = account.app.delete("/api/integrations/planka/credentials?label=work");
    gone.bearer(&account.bearer().await).send().await.expect(200);
    account.app.tick().await;
    assert_eq!(standin.asked(ME).len(), 1);
}

/// A token or a key that somebody brought is theirs: it may be in use elsewhere.
#[tokio::test]
async fn what_a_person_brought_is_not_ended() {
    let (standin, account) = house().await;
    account.save("planka", typed(&standin, PASSWORD)).await.expect(200);
    let brought = [json!({ "token": "access-1" }), json!({ "apiKey": API_KEY }), json!({ "token": "no-token" })];
    for mut credential in brought {
        credential["baseUrl"] = standin.at("planka").into();
        account.post("/api/integrations/planka/test", credential.clone()).await.expect(200);
        if credential["token"] != "no-token" {
            account.save("planka", credential).await.expect(200);
            account.disconnect("planka").await;
        }
        account.app.tick().await;
    }
    assert_eq!(standin.asked(ME).len(), 0);
}

#[tokio::test]
async fn a_session_that_cannot_be_kept_is_ended() {
    let standin = Standin::start(&["planka"], planka).await;
    let account = Account::of(standin.setup(TestApp::setup().set("MAX_INTEGRATIONS", "1"), &[])).await;
    account.save("webhook", json!({ "verifySecret": "v" })).await.expect(200);
    let full = account.save("planka", typed(&standin, PASSWORD)).await.expect(409);
    assert_eq!(full.code(), "organisation.limit_reached");
    assert_eq!(standin.asked(ME).len(), 1);
}

#[tokio::test]
async fn an_api_key_does_as_well() {
    let (standin, account) = house().await;
    let key = json!({ "baseUrl": standin.at("planka"), "apiKey": API_KEY });
    account.save("planka", key).await.expect(200);
    assert!(account.connected("planka").await);
    let wrong = json!({ "baseUrl": standin.at("planka"), "apiKey": "another-api-key" });
    assert_eq!(account.save("planka", wrong).await.expect(400).code(), "provider.credential_refused");
    let nothing = account.save("planka", json!({ "baseUrl": standin.at("planka") })).await.expect(400);
    assert_eq!(nothing.at("/errors/0/pointer"), "/credentials/emailOrUsername");
}

#[tokio::test]
async fn the_operators_planka_is_the_one_that_is_meant() {
    let standin = Standin::start(&["planka"], planka).await;
    let setup = standin.setup(TestApp::setup(), &[]).set("PLANKA_BASE_URL", &format!("{}/", standin.at("planka")));
    let account = Account::of(setup).await;
    account.save("planka", json!({ "username": "ada", "password": PASSWORD })).await.expect(200);
    let alone = Account::of(TestApp::setup()).await;
    let answer = alone.save("planka", json!({ "username": "ada", "password": PASSWORD })).await.expect(400);
    assert_eq!(answer.at("/errors/0/pointer"), "/credentials/baseUrl");
}

#[tokio::test]
async fn an_address_that_points_inside_is_not_called() {
    let (standin, account) = house().await;
    for base in [
        "http://planka.example.org",
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254",
        "https://10.0.0.1",
        "http://localhost:3000",
        "https://[::1]:8443",
        "https://ada:hush@planka.example",
        "https://planka.example:22",
        "file:///etc/passwd",
        "planka.example",
    ] {
        let body = json!({ "baseUrl": base, "emailOrUsername": "ada", "password": PASSWORD });
        let answer = account.save("planka", body).await.expect(400);
        assert_eq!(answer.code(), "egress.address_refused", "{base}: {}", answer.text());
        assert!(!answer.text().contains(PASSWORD));
    }
    assert!(standin.seen().is_empty());
}

#[tokio::test]
async fn comments_and_tasks_find_their_path_in_both_generations() {
    for older in [false, true] {
        let (standin, account) = house().await;
        standin.quirk(older);
        account.save("planka", typed(&standin, PASSWORD)).await.expect(200);
        let app = account.app.stack().app("integrations");
        let provider = app.provider("planka").unwrap();
        let values = Values::new().plain("baseUrl", standin.at("planka")).secret("token", "access-1".into());
        let run = async |action: &str, input: Value| {
            let input = input.as_object().unwrap();
            provider.runs().unwrap().run(&app, &provider, action, input, &values).await
        };
        assert_eq!(run("add_comment", json!({ "card": "1", "text": "Hi" })).await.unwrap()["text"], "Hi");
        assert_eq!(run("create_task", json!({ "card": "1", "name": "Do" })).await.unwrap()["name"], "Do");
        assert!(run("add_comment", json!({ "card": "../boards/1", "text": "Hi" })).await.is_err());
        assert!(run("add_comment", json!({ "card": "2", "text": "Hi" })).await.is_err());
    }
}
