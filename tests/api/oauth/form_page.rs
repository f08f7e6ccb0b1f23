//! `oauth.form_page`: what a person types in order to connect a provider.

use serde_json::json;

use crate::{bot, console::is_a_page, house::House};

#[tokio::test]
async fn it_asks_for_what_the_providers_file_asks_for() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let page = async |provider: &str| {
        let page = browser.open(&format!("/console/connect/{provider}")).send().await.expect(200);
        is_a_page(&page);
        page.text()
    };
    let openai = page("openai").await;
    assert!(openai.contains("name=\"key.api_key\" type=\"password\"") && openai.contains(" required"), "{openai}");
    assert!(openai.contains("Organisation <span class=\"hint\">(optional)</span>"), "{openai}");
    assert!(openai.contains("action=\"/console/connect/openai\""), "{openai}");
    let email = page("email").await;
    assert!(email.contains("name=\"key.smtpHost\"") && email.contains("type=\"password\""), "{email}");
    // By the provider's page, and by a key: both.
    let both = page("acme").await;
    assert!(both.contains("value=\"consent\""), "{both}");
    assert!(!page("github").await.contains("value=\"consent\""), "nobody has set it up here");
    browser.open("/console/connect/nothing").send().await.expect(404);
}

#[tokio::test]
async fn it_tells_of_the_connection_that_would_be_replaced() {
    let house = bot::house().await;
    let browser = house.browser("ada@example.org").await;
    let page = async || browser.open("/console/connect/telegram").send().await.expect(200).text();
    assert!(!page().await.contains("takes its place"));
    let body = json!({ "botToken": bot::TOKEN });
    house.as_ada(house.app.post("/api/integrations/telegram/credentials")).json(body).send().await.expect(200);
    assert!(page().await.contains("ada_bot"), "{}", page().await);
}

#[tokio::test]
async fn a_guest_is_told_whom_to_ask() {
    let house = House::start().await;
    house.app.join(&house.ada, "joe@example.org", "guest").await;
    let page = house.browser("joe@example.org").await.open("/console/connect/openai").send().await.expect(403);
    is_a_page(&page);
    assert!(page.text().contains("Ask an administrator of the organisation."), "{}", page.text());
}
