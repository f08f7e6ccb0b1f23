use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

use super::*;

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
const CALLBACK: &str = "http://localhost:3000/api/integrations/oauth/callback/sandbox";

struct Rig {
    sandbox: Sandbox,
    router: Router,
    clock: Clock,
}

impl Rig {
    fn new(file: Option<PathBuf>) -> Self {
        let clock = Clock::fake("2026-11-20T09:00:00Z".parse().unwrap());
        let setup = Setup {
            file,
            public_url: "http://localhost:3000".parse().unwrap(),
            frontend_url: None,
            token_seconds: 3600,
            clock: clock.clone(),
        };
        let sandbox = Sandbox::open(setup).unwrap();
        let router = sandbox.routes();
        Self { sandbox, router, clock }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    fn question(extra: &[(&str, &str)]) -> String {
        let challenge = state::challenge(VERIFIER);
        let mut pairs = vec![
            ("client_id", "sandbox"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "profile notes.write"),
            ("state", "s1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        pairs.retain(|(name, _)| extra.iter().all(|(other, _)| other != name));
        pairs.extend_from_slice(extra);
        pairs.retain(|(_, value)| !value.is_empty());
        let url = Url::parse_with_params("http://localhost:3000/sandbox/authorize", pairs).unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    async fn decide(&self, question: &str, form: &'static str) -> Response<Body> {
        self.send(Request::post(question).body(Body::from(form)).unwrap()).await
    }

    async fn code(&self) -> String {
        let response = self.decide(&Self::question(&[]), "person=ada&decision=approve").await;
        returned(&response, "code").unwrap()
    }

    async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> (StatusCode, Value) {
        let secret = self.sandbox.client_secret();
        let all = [("client_id", "sandbox"), ("client_secret", &secret)];
        let all: Vec<_> = all.into_iter().filter(|(name, _)| pairs.iter().all(|(other, _)| other != name)).collect();
        let body = Url::parse_with_params("http://x", all.iter().chain(pairs)).unwrap().query().unwrap().to_owned();
        let response = self.send(Request::post(path).body(Body::from(body)).unwrap()).await;
        json(response).await
    }

    async fn exchange(&self, code: &str, verifier: &str) -> (StatusCode, Value) {
        let pairs = [("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
        let mut all = vec![("grant_type", "authorization_code")];
        all.extend(pairs);
        self.form("/sandbox/token", &all).await
    }

    async fn refresh(&self, token: &Value) -> (StatusCode, Value) {
        self.form("/sandbox/token", &[("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())])
            .await
    }

    async fn with(&self, method: &str, path: &str, token: &Value, body: &'static str) -> (StatusCode, Value) {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer);
        json(self.send(request.body(Body::from(body)).unwrap()).await).await
    }
}

async fn json(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 100_000).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// A parameter of the address that the browser is sent back to.
fn returned(response: &Response<Body>, name: &str) -> Option<String> {
    let url = Url::parse(response.headers().get(header::LOCATION)?.to_str().unwrap()).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_person_consents_and_the_app_acts_for_her() {
    let rig = Rig::new(None);
    let (status, tokens) = rig.exchange(&rig.code().await, VERIFIER).await;
    assert_eq!((status, &tokens["expires_in"]), (StatusCode::OK, &3600.into()));
    let (_, me) = rig.with("GET", "/sandbox/me", &tokens["access_token"], "").await;
    assert_eq!(me["email"], "ada@sandbox.example");
    let (status, _) = rig.with("POST", "/sandbox/notes", &tokens["access_token"], r#"{"text":"hello"}"#).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, refused) = rig.with("GET", "/sandbox/notes", &tokens["access_token"], "").await;
    assert_eq!((status, &refused["error"]), (StatusCode::FORBIDDEN, &"insufficient_scope".into()));
}

#[tokio::test]
async fn the_page_asks_and_runs_no_script() {
    let rig = Rig::new(None);
    let response = rig.send(Request::get(Rig::question(&[])).body(Body::empty()).unwrap()).await;
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action http://localhost:3000;"), "{policy}");
    let html = to_bytes(response.into_body(), 100_000).await.unwrap();
    let html = std::str::from_utf8(&html).unwrap();
    assert!(html.contains("Grace Hopper") && html.contains("notes.write") && !html.contains("<script"));
}

#[tokio::test]
async fn denial_goes_back_to_the_app() {
    let rig = Rig::new(None);
    let response = rig.decide(&Rig::question(&[]), "person=ada&decision=deny").await;
    assert_eq!(returned(&response, "error").as_deref(), Some("access_denied"));
    assert_eq!(returned(&response, "state").as_deref(), Some("s1"));
    assert_eq!(returned(&response, "iss").as_deref(), Some("http://localhost:3000/sandbox"));
}

#[tokio::test]
async fn nobody_is_sent_to_a_foreign_address() {
    let rig = Rig::new(None);
    for bad in ["https://evil.example/cb", "http://localhost:3000@evil.example/", "javascript:alert(1)", "nonsense"] {
        let response = rig.decide(&Rig::question(&[("redirect_uri", bad)]), "person=ada&decision=approve").await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{bad}");
        assert!(!response.headers().contains_key(header::LOCATION));
    }
}

#[tokio::test]
async fn another_sites_page_cannot_consent() {
    let rig = Rig::new(None);
    let request = Request::post(Rig::question(&[])).header(header::ORIGIN, "https://evil.example");
    let response = rig.send(request.body(Body::from("person=ada&decision=approve")).unwrap()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pkce_is_not_optional() {
    let rig = Rig::new(None);
    for missing in [[("code_challenge", "")], [("code_challenge_method", "plain")]] {
        let response = rig.decide(&Rig::question(&missing), "person=ada&decision=approve").await;
        assert_eq!(returned(&response, "error").as_deref(), Some("invalid_request"));
    }
    let code = rig.code().await;
    let (status, body) = rig.exchange(&code, "another-verifier-that-somebody-else-made-up-000").await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
}

#[tokio::test]
async fn a_code_counts_once_and_for_a_minute() {
    let rig = Rig::new(None);
    let code = rig.code().await;
    let (_, tokens) = rig.exchange(&code, VERIFIER).await;
    assert_eq!(rig.exchange(&code, VERIFIER).await.0, StatusCode::BAD_REQUEST);
    // The second exchange took back what the first gave.
    assert_eq!(rig.with("GET", "/sandbox/me", &tokens["access_token"], "").await.0, StatusCode::UNAUTHORIZED);

    let late = rig.code().await;
    rig.clock.advance(Duration::from_secs(61));
    assert_eq!(rig.exchange(&late, VERIFIER).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_the_grant() {
    let rig = Rig::new(None);
    let (_, first) = rig.exchange(&rig.code().await, VERIFIER).await;
    rig.clock.advance(Duration::from_hours(1));
    assert_eq!(rig.with("GET", "/sandbox/me", &first["access_token"], "").await.0, StatusCode::UNAUTHORIZED);
    let (status, second) = rig.refresh(&first["refresh_token"]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(rig.with("GET", "/sandbox/me", &second["access_token"], "").await.0, StatusCode::OK);
    assert_eq!(rig.refresh(&first["refresh_token"]).await.1["error"], "invalid_grant");
    assert_eq!(rig.refresh(&second["refresh_token"]).await.1["error"], "invalid_grant");
    assert_eq!(rig.with("GET", "/sandbox/me", &second["access_token"], "").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn only_its_client_gets_tokens() {
    let rig = Rig::new(None);
    let (_, tokens) = rig.exchange(&rig.code().await, VERIFIER).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let ask = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    for wrong in [("client_secret", "guess"), ("client_id", "another")] {
        let (status, body) = rig.form("/sandbox/token", &[ask[0], ask[1], wrong]).await;
        assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
    }
    let public = format!("client_id=sandbox&grant_type=refresh_token&refresh_token={refresh}");
    let answer = rig.send(Request::post("/sandbox/token").body(Body::from(public)).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_token_takes_its_grant_along() {
    let rig = Rig::new(None);
    let (_, tokens) = rig.exchange(&rig.code().await, VERIFIER).await;
    let (status, _) = rig.form("/sandbox/revoke", &[("token", tokens["refresh_token"].as_str().unwrap())]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(rig.with("GET", "/sandbox/me", &tokens["access_token"], "").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(rig.form("/sandbox/revoke", &[("token", "unknown")]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_connection_outlives_a_restart() {
    let folder = std::env::temp_dir().join(shared::id::random_token());
    crate::files::private_folder(&folder).unwrap();
    let file = folder.join("sandbox.json");
    let rig = Rig::new(Some(file.clone()));
    let (_, tokens) = rig.exchange(&rig.code().await, VERIFIER).await;
    drop(rig);
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(tokens["refresh_token"].as_str().unwrap()), "tokens are kept as hashes");
    let again = Rig::new(Some(file));
    assert_eq!(again.refresh(&tokens["refresh_token"]).await.0, StatusCode::OK);
    std::fs::remove_dir_all(folder).unwrap();
}
