//! What every answer of the house has, whichever operation gives it.

use axum::http::Method;
use support::{Answer, FRONTEND_URL, PASSWORD, TestApp};

#[tokio::test]
async fn an_unknown_path_is_a_problem_that_every_old_client_can_read() {
    let app = TestApp::start().await;
    let answer = app.get("/api/nothing/here").send().await.expect(404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.code(), "request.no_such_path");
    for member in ["detail", "error", "message"] {
        assert_eq!(answer.at(member), "There is nothing at this path");
    }
    assert_eq!(answer.at("success"), false);
    assert_eq!(answer.at("instance"), "/api/nothing/here");
    assert_eq!(answer.at("requestId"), answer.header("x-request-id"));
}

#[tokio::test]
async fn no_answer_is_kept_sniffed_or_framed() {
    let answer = TestApp::start().await.get("/api/nothing").send().await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
}

#[tokio::test]
async fn the_front_end_may_read_answers_with_its_cookies_and_nobody_else() {
    let app = TestApp::start().await;
    let ours = app.get("/api/nothing").header("origin", FRONTEND_URL).send().await;
    assert_eq!(ours.header("access-control-allow-origin"), FRONTEND_URL);
    assert_eq!(ours.header("access-control-allow-credentials"), "true");
    let theirs = app.get("/api/nothing").header("origin", "https://evil.example").send().await;
    assert_eq!(theirs.header("access-control-allow-origin"), "");
}

/// What its scripts do beyond plain forms a browser asks about before.
#[tokio::test]
async fn the_front_end_may_use_each_method_and_header_of_the_house_and_nobody_else() {
    let app = TestApp::start().await;
    let listed = |answer: &Answer, header: &str, one: &str| {
        answer.header(header).split(',').any(|listed| listed.trim().eq_ignore_ascii_case(one))
    };
    let ask = async |origin: &str, method: &str| {
        let asked = app.request(Method::OPTIONS, "/api/credentials/int_0").header("origin", origin);
        let asked = asked.header("access-control-request-method", method);
        let headers = "authorization, content-type, idempotency-key, x-on-behalf-of";
        asked.header("access-control-request-headers", headers).send().await.expect(204)
    };
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let answer = ask(FRONTEND_URL, method).await;
        assert!(listed(&answer, "access-control-allow-methods", method), "{method}: {:?}", answer.headers());
        for header in ["authorization", "content-type", "idempotency-key", "x-on-behalf-of"] {
            assert!(listed(&answer, "access-control-allow-headers", header), "{header}: {:?}", answer.headers());
        }
        assert_eq!(answer.header("access-control-allow-origin"), FRONTEND_URL);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        let theirs = ask("https://evil.example", method).await;
        assert!(theirs.headers().keys().all(|name| !name.as_str().starts_with("access-control-")), "{method}");
    }
}

/// Scripts send JSON under whatever name their library gives it; what is called something else is not guessed at.
#[tokio::test]
async fn a_body_is_read_as_json_unless_it_says_that_it_is_not() {
    let app = TestApp::start().await;
    let sign_up = async |n: usize, kind: Option<&str>| {
        let body = format!(r#"{{"email":"a{n}@x.org","password":"{PASSWORD}","full_name":"Ada"}}"#);
        let ask = app.post("/api/auth/register").body(body);
        match kind {
            Some(kind) => ask.header("content-type", kind).send().await,
            None => ask.send().await,
        }
    };
    let kinds = [None, Some("application/json; charset=utf-8"), Some("Application/Scim+JSON"), Some("text/plain")];
    for (n, kind) in kinds.into_iter().enumerate() {
        sign_up(n, kind).await.expect(200);
    }
    for kind in ["application/xml", "multipart/form-data; boundary=x", "text/html"] {
        assert_eq!(sign_up(9, Some(kind)).await.expect(415).code(), "request.unsupported_media_type", "{kind}");
    }
}
