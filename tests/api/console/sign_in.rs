//! `console.sign_in`: takes the form, sets the session's cookie.

use support::{Answer, Browser, TestApp};

use super::is_a_page;
use crate::house::PASSWORD;

async fn sign_in(browser: &Browser<'_>, password: &str, next: &str) -> Answer {
    let form = [("email", "ada@example.org"), ("password", password), ("next", next)];
    browser.post("/sign-in").form(&form).send().await
}

#[tokio::test]
async fn the_browser_is_signed_in_and_goes_on() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let browser = app.browser();
    let answer = sign_in(&browser, PASSWORD, "/confirm?handshake=x").await.expect(303);
    assert_eq!(answer.header("location"), "/confirm?handshake=x");
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-postern_session="), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    browser.open("/api/auth/me").send().await.expect(200);
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again_without_it() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let browser = app.browser();
    let answer = sign_in(&browser, "not-the-password", "/x").await.expect(401);
    is_a_page(&answer);
    let text = answer.text();
    assert!(text.contains("role=\"alert\"") && text.contains("value=\"ada@example.org\""), "{text}");
    assert!(text.contains("name=\"next\" value=\"/x\""), "where to go on to is kept");
    assert!(!text.contains("not-the-password"), "{text}");
    assert!(text.contains("E-mail or password is wrong.") && text.contains("<title>Error: "), "{text}");
    assert!(
        text.contains("autocomplete=\"current-password\" required autofocus"),
        "the focus is where to go on: {text}"
    );
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn an_unknown_address_reads_like_a_wrong_password() {
    let app = TestApp::start().await;
    let unknown = sign_in(&app.browser(), "not-the-password", "/").await.expect(401);
    app.register("ada@example.org").await;
    let wrong = sign_in(&app.browser(), "not-the-password", "/").await.expect(401);
    assert_eq!(unknown.bytes(), wrong.bytes());
}

#[tokio::test]
async fn a_form_on_somebody_elses_page_is_refused() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    for origin in ["https://evil.example", "null", "https://www.postern.example"] {
        let mut browser = app.browser();
        browser.on(origin);
        let answer = sign_in(&browser, PASSWORD, "/").await.expect(403);
        assert_eq!((answer.code().as_str(), answer.header("set-cookie")), ("auth.foreign_origin", ""));
    }
}

/// Whoever follows a link to our sign-in must not end on somebody else's copy of it.
#[tokio::test]
async fn it_never_leads_off_this_site() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let browser = app.browser();
    let astray = [
        "//evil.example",
        "/\\evil.example",
        "/.//evil.example",
        "/x/..//evil.example",
        "/%2e//evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nSet-Cookie: a=b",
        "",
    ];
    for next in astray {
        let location = sign_in(&browser, PASSWORD, next).await.expect(303).header("location").to_owned();
        let page = url::Url::parse(support::PUBLIC_URL).unwrap();
        let led = page.join(&location).unwrap();
        assert_eq!(led.origin(), page.origin(), "{next:?} leads to {location}");
        assert!(!location.starts_with("//"), "{next:?} leads to {location}");
    }
}

#[tokio::test]
async fn what_is_missing_is_refused() {
    let app = TestApp::start().await;
    app.browser().post("/sign-in").form(&[("email", "ada@example.org")]).send().await.expect(400);
}
