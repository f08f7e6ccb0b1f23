//! GitHub: errors come with status 200, an app's tokens end only where it says so, and a grant is given back by the client.

use serde_json::json;
use support::Reply;

use crate::{
    consent::{Connected, Plan},
    standin::{Asked, CLIENT, CODE, Memory},
};

const HOSTS: &[&str] = &["github.com", "api.github.com"];
const TOKEN: &str = "github.com/login/oauth/access_token";
const GONE: &str = "api.github.com/applications/the-client/token";

fn plan() -> Plan {
    Plan {
        authorize: "github.com/login/oauth/authorize",
        account: (Some("583231"), Some("ada@github.example")),
        life: 28_800,
        refresh: TOKEN,
        ..Plan::new("github", HOSTS, vendor)
    }
}

/// With `quirk` a GitHub App, whose tokens end.
fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let said = |error: &str| {
        let uri = "https://docs.github.com";
        Reply::json(200, json!({ "error": error, "error_description": format!("It is {error}."), "error_uri": uri }))
    };
    match asked.place().as_str() {
        // Who does not ask for JSON gets a form.
        TOKEN if asked.header("accept") != "application/json" => {
            Reply::text(200, "access_token=gho_x&token_type=bearer")
        }
        TOKEN if !memory.knows(asked) => said("incorrect_client_credentials"),
        TOKEN if !memory.quirk && asked.field("code") != CODE => said("bad_verification_code"),
        TOKEN if !memory.quirk => {
            assert!(!asked.field("code_verifier").is_empty(), "the proof key is sent");
            let token = memory.access();
            Reply::json(200, json!({ "access_token": token, "scope": "repo,user:email", "token_type": "bearer" }))
        }
        TOKEN => match memory.token(asked, true) {
            Ok(mut answer) => {
                answer["expires_in"] = 28_800.into();
                answer["scope"] = "".into();
                Reply::json(200, answer)
            }
            Err(_) => said("bad_refresh_token"),
        },
        GONE if asked.client() != (CLIENT.0.to_owned(), CLIENT.1.to_owned()) => {
            Reply::json(401, json!({ "message": "Bad credentials", "status": "401" }))
        }
        GONE => {
            memory.end(&asked.field("access_token"));
            Reply::text(204, "")
        }
        _ if asked.header("user-agent").is_empty() => Reply::text(403, "Request forbidden by administrative rules."),
        _ if !memory.takes(asked.bearer()) => {
            Reply::json(401, json!({ "message": "Bad credentials", "documentation_url": "x", "status": "401" }))
        }
        "api.github.com/user" => {
            assert_eq!(asked.header("x-github-api-version"), "2022-11-28");
            Reply::json(200, json!({ "id": 583_231, "login": "ada", "name": null, "email": null }))
        }
        "api.github.com/user/emails" => Reply::json(
            200,
            json!([
                { "email": "old@github.example", "primary": false, "verified": true, "visibility": null },
                { "email": "ada@github.example", "primary": true, "verified": true, "visibility": "private" },
            ]),
        ),
        other => Reply::json(404, json!({ "message": other, "status": "404" })),
    }
}

async fn connected() -> Connected {
    plan().connected(|_| json!({})).await
}

#[tokio::test]
async fn an_oauth_apps_token_has_no_end_until_its_owner_ends_it() {
    let here = connected().await;
    let tested = here.account.test("github").await;
    assert_eq!((tested.at("/data/username"), tested.at("/data/email")), (json!("ada"), json!("ada@github.example")));
    here.account.pass(300 * 86_400);
    let lent = here.account.token("github").await.expect(200);
    assert_eq!((lent.at("expires_in"), lent.at("scopes")), (json!(null), json!(["repo", "user:email"])));
    assert_eq!(here.standin.asked(TOKEN).len(), 1, "there is nothing to refresh");
    here.standin.revoke();
    assert_eq!(here.account.test("github").await.at("success"), false);
    here.account.token("github").await.expect(409);
}

#[tokio::test]
async fn a_github_apps_token_is_renewed_and_ended() {
    let here = plan().ready().await;
    here.standin.quirk(true);
    here.consent(json!({})).await;
    here.journey().await;
}

/// An error in a 200 is an error: the operator's, which disconnects nobody, or the code's.
#[tokio::test]
async fn an_error_with_status_200_connects_nothing() {
    let here = plan().ready().await;
    here.standin.knows_client(false);
    let back = here.consent(json!({})).await;
    assert!(back.header("location").contains("oauth_error"), "{}", back.header("location"));
    assert!(!here.account.connected("github").await);
}

#[tokio::test]
async fn disconnecting_ends_the_token_by_the_client() {
    let here = connected().await;
    here.account.disconnect("github").await;
    here.account.app.tick().await;
    let gone = here.standin.asked(GONE);
    assert_eq!(
        (gone.len(), gone[0].method.as_str(), gone[0].field("access_token").as_str()),
        (1, "DELETE", "access-1")
    );
}
