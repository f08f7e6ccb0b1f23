//! Each function's binary under the runtime API: it boots with what the template gives it, and answers the events that AWS
//! hands it, in the words of the HTTP API and of a function URL.

mod cloud;
mod event;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloud::{Cloud, Function};
use event::{BOTH, Request, Through};
use serde_json::{Value, json};
use support::{FRONTEND_URL, PUBLIC_URL};

/// An answer as API Gateway gets it.
struct Answer(Value);

impl Answer {
    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.0["statusCode"], status, "{}", self.text());
        self
    }

    fn text(&self) -> String {
        let body = self.0["body"].as_str().unwrap_or_default();
        if self.0["isBase64Encoded"] == true {
            return String::from_utf8(STANDARD.decode(body).expect("base64")).expect("text");
        }
        body.to_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("{error}: {}", self.0))
    }

    /// A header; API Gateway takes those that may stand several times from another member.
    fn header(&self, name: &str) -> &str {
        let many = &self.0["multiValueHeaders"][name][0];
        self.0["headers"][name].as_str().or(many.as_str()).unwrap_or_default()
    }

    fn cookies(&self) -> Vec<&str> {
        self.0["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

async fn ask(function: &Function, request: &Request, through: Through) -> Answer {
    Answer(function.invoke(request.through(through)).await.expect("the function answers"))
}

async fn register(auth: &Function, email: &str) -> String {
    let body = json!({ "email": email, "password": "correct horse battery", "full_name": "Ada Lovelace" });
    let answer = ask(auth, &Request::post("/api/auth/register", &body), Through::HttpApi).await.expect(200);
    answer.json()["access_token"].as_str().expect("who signed up is signed in").to_owned()
}

#[tokio::test]
async fn auth_signs_people_up_and_knows_them_again() {
    let cloud = Cloud::start().await;
    let auth = cloud.boot("auth").await;
    let token = register(&auth, "ada@example.org").await;
    for through in BOTH {
        let me = ask(&auth, &Request::get("/api/auth/me").bearer(&token), through).await.expect(200);
        assert_eq!(me.json()["email"], "ada@example.org");
        ask(&auth, &Request::get("/api/auth/me/").bearer(&token), through).await.expect(200);
        let problem = ask(&auth, &Request::get("/api/auth/me"), through).await.expect(401);
        assert_eq!(problem.header("content-type"), "application/problem+json");
        let keys = ask(&auth, &Request::get("/.well-known/jwks.json"), through).await.expect(200);
        assert_eq!(keys.json()["keys"][0]["crv"], "Ed25519");
    }
}

#[tokio::test]
async fn a_doubled_authorization_lets_nobody_in() {
    let cloud = Cloud::start().await;
    let auth = cloud.boot("auth").await;
    let token = register(&auth, "ada@example.org").await;
    for through in BOTH {
        let twice = Request::get("/api/auth/me").bearer(&token).bearer(&token);
        let refused = ask(&auth, &twice, through).await;
        assert!(matches!(refused.0["statusCode"].as_u64(), Some(400 | 401)), "{through:?}: {}", refused.0);
    }
}

#[tokio::test]
async fn integrations_reads_an_encoded_path_as_one_name_or_finds_no_such_path() {
    let cloud = Cloud::start().await;
    let (auth, integrations) = tokio::join!(cloud.boot("auth"), cloud.boot("integrations"));
    let token = register(&auth, "ada@example.org").await;
    for through in BOTH {
        let list = ask(&integrations, &Request::get("/api/integrations").bearer(&token), through).await.expect(200);
        assert_eq!(list.json(), json!([]));
        ask(&integrations, &Request::get("/api/integrations/available"), through).await.expect(200);
        // `%2F` and `%3F` are part of a name here. The HTTP API has decoded them, and then they are not.
        for name in ["git%2Fhub", "github%3Flabel=other", "github%2F..%2Fslack", "%E2%82%AC", "%25"] {
            let target = format!("/api/integrations/{name}/credentials");
            let answer = ask(&integrations, &Request::get(&target).bearer(&token), through).await;
            let status = answer.0["statusCode"].as_u64().unwrap_or_default();
            assert!(matches!(status, 400 | 404 | 405), "{through:?} {target}: {}", answer.0);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{through:?} {target}");
        }
    }
}

#[tokio::test]
async fn integrations_keeps_every_parameter_of_the_query() {
    let cloud = Cloud::start().await;
    let (auth, integrations) = tokio::join!(cloud.boot("auth"), cloud.boot("integrations"));
    let token = register(&auth, "ada@example.org").await;
    for through in BOTH {
        let saved = json!({ "credentials": { "token": "not a key of this form" } });
        let save = Request::post("/api/integrations/openai/credentials?label=a%2Fb%3Fc", &saved).bearer(&token);
        ask(&integrations, &save, through).await.expect(400);
        let list = Request::get("/api/auth/integrations/me?format=list&format=list").bearer(&token);
        let answer = ask(&integrations, &list, through).await;
        assert!(answer.0["statusCode"].as_u64().is_some_and(|status| status < 500), "{}", answer.0);
    }
}

#[tokio::test]
async fn credentials_keeps_what_it_shows_again() {
    let cloud = Cloud::start().await;
    let (auth, credentials) = tokio::join!(cloud.boot("auth"), cloud.boot("credentials"));
    let token = register(&auth, "ada@example.org").await;
    for (n, through) in BOTH.into_iter().enumerate() {
        let project = format!("p{n}");
        let body = json!({ "credentialType": "mine", "projectId": project, "credentials": { "api_key": "hush" } });
        ask(&credentials, &Request::post("/api/credentials", &body).bearer(&token), through).await.expect(201);
        // The HTTP API and the function URL hand an encoded query over alike.
        let path = format!("/api/credentials?username=ada%40example.org&credentialType=mine&projectId={project}");
        let shown = ask(&credentials, &Request::get(&path).bearer(&token), through).await.expect(200);
        assert_eq!(shown.json()["credentials"]["credentials"]["api_key"], "hush");
        let used = json!({ "model": "gpt-4", "inputTokens": 2, "outputTokens": 1 });
        ask(&credentials, &Request::post("/api/usage/log", &used).bearer(&token), through).await.expect(200);
        let report = ask(&credentials, &Request::get("/api/usage/report").bearer(&token), through).await.expect(200);
        assert_eq!(report.json()["totals"]["requests"], n + 1);
    }
}

#[tokio::test]
async fn oauth_sends_the_browser_back_and_refuses_a_doubled_state() {
    let cloud = Cloud::start().await;
    let oauth = cloud.boot("oauth").await;
    for through in BOTH {
        let callback = "/api/integrations/oauth/callback/github";
        let back = ask(&oauth, &Request::get(&format!("{callback}?code=c&state=unknown")), through).await.expect(302);
        assert_eq!(back.header("location"), format!("{FRONTEND_URL}/?oauth_error=Invalid+state+parameter"));
        ask(&oauth, &Request::get(&format!("{callback}?code=c&state=a&state=b")), through).await.expect(400);
        let parked = Request::get("/oauth/resume?handshake=hs_00000000000000000000000000000000000000000000");
        let sign_in = ask(&oauth, &parked, through).await;
        let leads = sign_in.header("location").to_owned();
        assert!(leads.starts_with(&format!("{PUBLIC_URL}/sign-in?next=")) || leads.is_empty(), "{leads}");
    }
}

#[tokio::test]
async fn console_answers_programs_and_people_and_sets_cookies() {
    let cloud = Cloud::start().await;
    let (auth, console) = tokio::join!(cloud.boot("auth"), cloud.boot("console"));
    register(&auth, "ada@example.org").await;
    for through in BOTH {
        let here = ask(&console, &Request::get("/"), through).await.expect(200);
        assert_eq!(here.json()["status"], "healthy");
        ask(&console, &Request::get("/health"), through).await.expect(200);
        let page = ask(&console, &Request::get("/sign-in").header("accept", "text/html"), through).await.expect(200);
        assert!(page.text().contains("<h1>Sign in</h1>"));
        let form = "email=ada%40example.org&password=correct+horse+battery&next=%2F";
        let sign_in = Request::form("/sign-in", form).header("origin", PUBLIC_URL).header("accept", "text/html");
        let signed_in = ask(&console, &sign_in, through).await.expect(303);
        let [cookie] = signed_in.cookies()[..] else { panic!("one cookie is set: {}", signed_in.0) };
        assert!(cookie.starts_with("__Host-") && cookie.contains("; HttpOnly"), "{cookie}");
        let home = Request::get("/").header("accept", "text/html").cookie("theme=dark");
        let home = home.cookie(cookie.split(';').next().unwrap_or_default());
        let home = ask(&console, &home, through).await.expect(200);
        assert!(home.text().contains("ada@example.org"), "the cookie is not known again");
    }
}

#[tokio::test]
async fn token_refresh_queues_every_shard_at_a_tick() {
    let cloud = Cloud::start().await;
    let token_refresh = cloud.boot("token-refresh").await;
    token_refresh.invoke(event::tick()).await.expect("a tick is answered");
    let mut shards = cloud.queued("token-refresh").await;
    shards.sort_by_key(|message| message["shard"].as_u64());
    assert_eq!(shards, (0..16).map(|shard| json!({ "shard": shard })).collect::<Vec<_>>());
}

#[tokio::test]
async fn audit_sealer_closes_the_day_that_is_over() {
    let cloud = Cloud::start().await;
    let sealer = cloud.boot("audit-sealer").await;
    let answer = sealer.invoke(event::tick()).await.expect("a tick is answered");
    assert_eq!(answer, json!({ "days": 1, "seals": 0, "unfinished": false }));
}

#[tokio::test]
async fn token_refresh_names_the_messages_that_failed_and_no_others() {
    let cloud = Cloud::start().await;
    let token_refresh = cloud.boot("token-refresh").await;
    let messages = [("good", r#"{"shard":3}"#), ("not-json", "{"), ("no-shard", r#"{"sha":3}"#)];
    let answer = token_refresh.invoke(event::batch(&messages)).await.expect("a batch is answered");
    let failed: Vec<_> = answer["batchItemFailures"].as_array().into_iter().flatten().collect();
    let failed: Vec<_> = failed.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect();
    assert_eq!(failed, ["not-json", "no-shard"], "{answer}");
}

#[tokio::test]
async fn a_function_with_a_wrong_setting_ends_and_says_which() {
    let cloud = Cloud::start().await;
    let (ended, said) = cloud.refuse_to_boot("auth", &[("ACCESS_TOKEN_EXPIRE_MINUTES", "soon")]).await;
    assert!(!ended.success());
    assert!(said.contains("ACCESS_TOKEN_EXPIRE_MINUTES"), "{said}");
}
