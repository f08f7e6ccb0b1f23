//! `oauth.link_page`: the page of a connect link.

use serde_json::json;

use crate::{console::is_a_page, links::Links};

#[tokio::test]
async fn it_names_the_app_and_the_user_and_offers_the_providers() {
    let links = Links::start().await;
    let (_, page) = links.link(json!({ "providers": ["acme", "telegram"] })).await;
    let shown = links.house.app.browser().open(&page).send().await.expect(200);
    is_a_page(&shown);
    let text = shown.text();
    for word in
        ["Ada Lovelace&#39;s team", "Joe Bloggs", "https://front.example", "action=\"/oauth/link\"", "value=\"acme\""]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(
        text.contains("name=\"key.botToken\"") && text.contains("<label for=\"telegram-key-key.botToken\">"),
        "{text}"
    );
}

#[tokio::test]
async fn names_are_words_and_nothing_more() {
    let links = Links::start().await;
    let name = json!({ "name": "<img src=x onerror=alert(1)>" });
    let house = &links.house;
    house.as_ada(house.app.patch("/api/auth/organisation")).json(name).send().await.expect(200);
    let (_, page) = links.link(json!({})).await;
    let browser = house.app.browser();
    let shown = browser.open(&page).send().await.expect(200);
    is_a_page(&shown);
    assert!(!shown.text().contains("<img src=x"), "{}", shown.text());
    let form = [("link", page.rsplit('/').next().unwrap()), ("provider", "<b>acme</b>")];
    let again = browser.post("/oauth/link").form(&form).send().await.expect(400);
    is_a_page(&again);
    assert!(!again.text().contains("<b>"), "{}", again.text());
}

#[tokio::test]
async fn what_is_over_used_or_made_up_says_so_alike() {
    let links = Links::start().await;
    let (_, used) = links.link(json!({})).await;
    links.through(&links.house.app.browser(), &used).await;
    let (_, old) = links.link(json!({})).await;
    let browser = links.house.app.browser();
    browser.open(&old).send().await.expect(200);
    let first = browser.open(&used).send().await.expect(404);
    is_a_page(&first);
    assert_eq!(browser.open("/connect/made-up").send().await.expect(404).text(), first.text());
    links.house.pass(1800);
    assert_eq!(browser.open(&old).send().await.expect(404).text(), first.text());
}

#[tokio::test]
async fn a_user_who_is_gone_connects_nothing() {
    let links = Links::start().await;
    let (_, page) = links.link(json!({})).await;
    links.house.app.delete("/api/users/ext:joe").bearer(&links.key).send().await.expect(200);
    links.house.app.browser().open(&page).send().await.expect(404);
}
