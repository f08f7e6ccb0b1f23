//! `console.invitation_page`: where the mail of an invitation leads.

use serde_json::json;
use support::{PASSWORD, TestApp};

use super::is_a_page;

#[tokio::test]
async fn it_says_what_one_is_invited_to_and_by_which_address() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let body = json!({ "email": "bob@example.org", "role": "guest" });
    app.prove(&ada).await;
    app.post("/api/auth/invitations").bearer(&ada.access_token).json(body).send().await.expect(200);
    let token = app.token_for("bob@example.org", "/invitation").await;
    let path = format!("/invitation?token={token}");
    let stranger = app.browser();
    let page = stranger.open(&path).send().await.expect(200);
    is_a_page(&page);
    for word in
        ["Ada Lovelace&#39;s team", "guest", "bob@example.org", "name=\"password\"", "/sign-in?next=%2Finvitation"]
    {
        assert!(page.text().contains(word), "{word}: {}", page.text());
    }
    app.register("bob@example.org").await;
    for (email, button) in [("bob@example.org", true), ("ada@example.org", false)] {
        let browser = app.browser();
        browser.post("/sign-in").form(&[("email", email), ("password", PASSWORD)]).send().await.expect(303);
        let page = browser.open(&path).send().await.expect(200);
        is_a_page(&page);
        assert_eq!(page.text().contains("action=\"/invitation\""), button, "{email}: {}", page.text());
        if button {
            continue;
        }
        // Under another address a button signs out, and comes back here.
        assert!(page.text().contains(&format!("name=\"next\" value=\"{path}\"")), "{}", page.text());
        let out = browser.post("/sign-out").form(&[("next", &path)]).send().await.expect(303);
        assert_eq!(out.header("location"), path);
        assert!(browser.open(&path).send().await.expect(200).text().contains("Make an account and join"));
    }
    let over = stranger.open("/invitation?token=made-up").send().await.expect(404);
    is_a_page(&over);
    stranger.open("/invitation").send().await.expect(400);
}
