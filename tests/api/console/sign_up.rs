//! `console.sign_up`: makes the account and signs its browser in.

use support::{Answer, Browser, TestApp};

use super::is_a_page;

async fn sign_up(browser: &Browser<'_>, email: &str, password: &str) -> Answer {
    let form = [("full_name", "Ada"), ("email", email), ("password", password), ("next", "/x")];
    browser.post("/sign-up").form(&form).send().await
}

#[tokio::test]
async fn the_new_account_is_signed_in() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let answer = sign_up(&browser, "ada@example.org", "correct horse battery").await.expect(303);
    assert_eq!(answer.header("location"), "/x");
    let me = browser.open("/api/auth/me").send().await.expect(200);
    assert_eq!((me.at("email"), me.at("full_name")), ("ada@example.org".into(), "Ada".into()));
}

#[tokio::test]
async fn what_is_not_acceptable_shows_the_form_again() {
    let app = TestApp::start().await;
    app.register("taken@example.org").await;
    let browser = app.browser();
    for (field, email, password) in [
        ("email", "no address", "correct horse battery"),
        ("password", "ada@example.org", "short-1"),
        ("email", "taken@example.org", "correct horse battery"),
    ] {
        let answer = sign_up(&browser, email, password).await.expect(400);
        is_a_page(&answer);
        let text = answer.text();
        assert!(text.contains("value=\"Ada\""), "{text}");
        // The field says what is wrong with it, and has the focus.
        let (_, input) = text.split_once(&format!("<input id=\"{field}\"")).unwrap();
        let (input, _) = input.split_once('>').unwrap();
        assert!(input.contains("aria-invalid=\"true\"") && input.ends_with(" autofocus"), "{input}");
        assert!(input.contains(&format!("aria-describedby=\"{field}-problem")), "{input}");
        assert!(text.contains(&format!("id=\"{field}-problem\">")) && text.contains("<title>Error: "), "{text}");
        assert_eq!(text.matches("aria-invalid").count(), 1, "{text}");
        assert_eq!(text.matches(" autofocus").count(), 1, "{text}");
        let known = email.starts_with("taken");
        assert_eq!(text.contains("href=\"/forgot\""), known, "the way in for who has an account: {text}");
        assert_eq!(text.contains("There is an account with this address already"), known, "{text}");
        assert!(!text.contains(password), "{text}");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn a_form_on_somebody_elses_page_makes_no_account() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    browser.on("https://evil.example");
    sign_up(&browser, "ada@example.org", "correct horse battery").await.expect(403);
    app.register("ada@example.org").await;
}
