//! What every answer of the house has, whichever operation gives it.

use support::TestApp;

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
