//! What every answer of the house has, whichever operation gives it.

use support::{PASSWORD, TestApp};

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
    let ours = app.get("/api/nothing").header("origin", support::FRONTEND_URL).send().await;
    assert_eq!(ours.header("access-control-allow-origin"), support::FRONTEND_URL);
    assert_eq!(ours.header("access-control-allow-credentials"), "true");
    let theirs = app.get("/api/nothing").header("origin", "https://evil.example").send().await;
    assert_eq!(theirs.header("access-control-allow-origin"), "");
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
