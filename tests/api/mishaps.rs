//! Where a person gets an error: a page that says what to do, and not what programs read.

use local::aws::{Fault, Service};
use serde_json::json;
use support::{Answer, PUBLIC_URL, TestApp};

use crate::{console::is_a_page, house::House};

/// A page with this heading, and a way on to this address.
#[track_caller]
fn says(answer: &Answer, heading: &str, way: &str) {
    is_a_page(answer);
    let text = answer.text();
    assert!(text.contains(&format!("<h1>{heading}</h1>")), "{heading}: {text}");
    assert!(text.contains(&format!("href=\"{way}\"")), "{way}: {text}");
    assert!(answer.header("vary").contains("Origin"), "{:?}", answer.headers());
}

#[tokio::test]
async fn an_address_that_is_not_whole_shows_a_page() {
    let app = TestApp::start().await;
    for path in [
        "/verify",
        "/reset",
        "/invitation",
        "/confirm?handshake=x",
        "/oauth/resume?handshake=x",
        "/sign-in?next=/a&next=/b",
        "/callback?state=a&state=b",
        "/api/integrations/oauth/callback/github?code=a&code=b",
    ] {
        let answer = app.browser().open(path).send().await.expect(400);
        says(&answer, "This address is not whole", "/");
        let told = app.get(path).send().await.expect(400);
        assert_eq!(told.header("content-type"), "application/problem+json", "{path}: a program gets a problem");
    }
}

#[tokio::test]
async fn a_mistyped_page_says_so_and_repeats_nothing() {
    let app = TestApp::start().await;
    let answer = app.browser().open("/nope%3Cb%3E?call=this+number").send().await.expect(404);
    says(&answer, "There is no such page", "/");
    assert!(!answer.text().contains("nope") && !answer.text().contains("number"), "{}", answer.text());
    let told = app.get("/nope").send().await.expect(404);
    assert_eq!(told.code(), "request.no_such_path");
    says(&app.browser().open("/oauth/confirm").send().await.expect(405), "There is no such page", "/");
}

/// A program may say that it takes HTML as well.
#[tokio::test]
async fn the_api_answers_programs_whatever_they_accept() {
    let app = TestApp::start().await;
    let answer = app.get("/api/nothing").header("accept", "text/html, */*").send().await.expect(404);
    assert_eq!(answer.code(), "request.no_such_path");
    let browser = app.browser();
    let fetched = browser.post("/api/auth/login").header("accept", "*/*").json(json!({})).send().await.expect(400);
    assert_eq!(fetched.code(), "request.invalid");
}

/// `http://127.0.0.1:3000` shows the same pages as `http://localhost:3000`, and is another origin.
#[tokio::test]
async fn a_form_from_another_of_our_addresses_says_which_one_to_use() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let mut browser = app.browser();
    browser.on("http://127.0.0.1:3000");
    let form = [("email", "ada@example.org"), ("password", "correct horse battery")];
    let answer = browser.post("/sign-in").header("accept", "text/html").form(&form).send().await.expect(403);
    says(&answer, "Use the other address", &format!("{PUBLIC_URL}/"));
    assert!(answer.text().contains(&format!("Use Postern at {PUBLIC_URL}.")), "{}", answer.text());
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn who_is_not_signed_in_gets_the_way_to_sign_in_and_back() {
    let app = TestApp::start().await;
    let answer = app.browser().open("/console/connect/github").send().await.expect(401);
    says(&answer, "Sign in first", "/sign-in?next=%2Fconsole%2Fconnect%2Fgithub");
    let answer = app.browser().post("/sign-out").header("accept", "text/html").form(&[]).send().await.expect(401);
    says(&answer, "Sign in first", "/sign-in?next=%2F");
}

#[tokio::test]
async fn what_is_broken_on_our_side_is_not_called_the_persons_doing() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    house.app.faults().add(Fault::deny().service(Service::DynamoDb).role("console").always());
    let answer = browser.open("/").send().await.expect(503);
    says(&answer, "Something is not working", "/");
    assert!(answer.text().contains(answer.header("x-request-id")), "{}", answer.text());
    assert!(!answer.text().contains("Denied"), "{}", answer.text());
}

#[tokio::test]
async fn who_tries_too_often_is_told_how_long_to_wait() {
    let house = House::of(TestApp::setup().set("RATE_LIMIT_PER_MINUTE", "1")).await;
    let browser = house.browser("ada@example.org").await;
    browser.open("/console/connect/github").send().await.expect(200);
    let answer = browser.open("/console/connect/github").send().await.expect(429);
    says(&answer, "Too many tries", "/");
    assert_eq!(answer.header("retry-after"), "120");
    assert!(answer.text().contains("Wait 2 minutes"), "{}", answer.text());
}
