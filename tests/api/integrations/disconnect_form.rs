//! `integrations.disconnect_form`: the console's form that lets a connection go.

use support::PUBLIC_URL;

use crate::house::House;

#[tokio::test]
async fn a_form_disconnects_and_says_so_without_a_script() {
    let house = House::start().await;
    house.connect("default").await;
    let browser = house.browser("ada@example.org").await;
    // Not at one click: the button is behind a question.
    let page = browser.open("/").send().await.expect(200).text();
    let (_, asked) = page.split_once("<details>").unwrap();
    let (question, form) = asked.split_once("</summary>").unwrap();
    assert!(question.contains("Disconnect") && form.trim_start().starts_with("<form method=\"post\""), "{asked}");
    let gone = browser.post("/console/disconnect/acme").form(&[]).send().await.expect(303);
    assert_eq!(gone.header("location"), format!("{PUBLIC_URL}/?disconnected=acme"));
    assert!(!house.connected().await);
    let page = browser.open(gone.header("location")).send().await.expect(200);
    assert!(page.text().contains("acme is disconnected."), "{}", page.text());
    // Once more, from another window: it is gone, as was wanted.
    browser.post("/console/disconnect/acme").form(&[]).send().await.expect(303);
    browser.post("/console/disconnect/nothing").form(&[]).send().await.expect(404);
}

#[tokio::test]
async fn a_strangers_page_and_a_guest_disconnect_nothing() {
    let house = House::start().await;
    house.connect("default").await;
    let mut browser = house.browser("ada@example.org").await;
    browser.on("https://evil.example");
    browser.post("/console/disconnect/acme").form(&[]).send().await.expect(403);
    house.app.join(&house.ada, "joe@example.org", "guest").await;
    let guest = house.browser("joe@example.org").await;
    guest.post("/console/disconnect/acme").form(&[]).send().await.expect(403);
    assert!(house.connected().await);
}
