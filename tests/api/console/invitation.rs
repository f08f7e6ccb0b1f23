//! `console.invitation`: accepts an invitation.

use serde_json::json;
use support::{PASSWORD, TestApp, User};

use super::is_a_page;

async fn invited(app: &TestApp, by: &User, email: &str) -> String {
    let body = json!({ "email": email, "role": "member" });
    app.prove(by).await;
    app.post("/api/auth/invitations").bearer(&by.access_token).json(body).send().await.expect(200);
    app.token_for(email, "/invitation").await
}

#[tokio::test]
async fn somebody_new_makes_an_account_in_the_organisation() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let token = invited(&app, &ada, "bob@example.org").await;
    let mut browser = app.browser();
    let form = |password| [("token", token.clone()), ("full_name", "Bob".to_owned()), ("password", password)];
    let send = async |browser: &support::Browser<'_>, password: &str| {
        let form = form(password.to_owned());
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/invitation").form(&form).send().await
    };
    let again = send(&browser, "short").await.expect(400);
    is_a_page(&again);
    assert!(
        again.text().contains("value=\"Bob\"") && again.text().contains("id=\"password-problem\""),
        "{}",
        again.text()
    );
    browser.on("https://evil.example");
    send(&browser, PASSWORD).await.expect(403);
    browser.on(support::PUBLIC_URL);
    let joined = send(&browser, PASSWORD).await.expect(303);
    // Where one has come to is said there.
    let home = joined.header("location").to_owned();
    let page = browser.open(&home).send().await.expect(200);
    assert!(page.text().contains("You are in Ada Lovelace&#39;s team now, as member."), "{}", page.text());
    let me = browser.open("/api/auth/me").send().await.expect(200);
    assert_eq!((me.at("email"), me.at("role")), (json!("bob@example.org"), json!("member")));
    is_a_page(&send(&app.browser(), PASSWORD).await.expect(404));
}

#[tokio::test]
async fn somebody_with_an_account_joins_by_a_button() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
    let token = invited(&app, &ada, "bob@example.org").await;
    let wrong = app.browser();
    wrong.post("/sign-in").form(&[("email", "ada@example.org"), ("password", PASSWORD)]).send().await.expect(303);
    is_a_page(&wrong.post("/invitation").form(&[("token", &token)]).send().await.expect(400));
    let browser = app.browser();
    browser.post("/sign-in").form(&[("email", "bob@example.org"), ("password", PASSWORD)]).send().await.expect(303);
    browser.post("/invitation").form(&[("token", &token)]).send().await.expect(303);
    let me = browser.open("/api/auth/me").send().await.expect(200);
    let org = app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200).at("team_id");
    assert_eq!((me.at("id"), me.at("team_id")), (json!(bob.id), org));
}
