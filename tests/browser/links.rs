//! A connect link's page, by somebody who has no sign-in here.

use crate::{
    driver::{Driver, key},
    house::House,
    looks,
};

const ID: &str = "[id='webhook-key-key.webhookId']";

/// The summary of what was wrong is where the keyboard is, and leads to the inputs; what was typed is there still.
#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_found_by_keyboard_and_without_scripts() {
    let house = House::start().await;
    let link = house.link(&["webhook", "sandbox", "greenhouse"]).await;
    let browser = Driver::start().await;
    browser.without_scripts().await;
    browser.open(&link).await;
    looks(&browser, "link").await;
    browser.tab_to(ID).await;
    browser.press("orders").await;
    browser.press(key::ENTER).await;

    assert!(browser.text("#wrong").await.contains("so it needs a secret"));
    let focused = "return document.activeElement.id";
    assert_eq!(browser.run(focused).await, "wrong", "who hears the page hears this first");
    // It comes with status 400, which the browser mentions.
    browser.complaints().await;
    looks(&browser, "link-wrong").await;
    browser.tab_to("#wrong a").await;
    browser.press(key::ENTER).await;
    assert_eq!(browser.run(focused).await, "webhook-key-key.secret");
    assert_eq!(browser.run(&format!("return document.querySelector(\"{ID}\").value")).await, "orders");
    browser.press("hush-hush-hush").await;
    browser.press(key::ENTER).await;

    // The app's own button: the page before has none.
    browser.text("#connect").await;
    let end = browser.url().await;
    assert!(
        end.as_str().starts_with(&house.front("/")) && end.query().unwrap_or_default().contains("status=pending"),
        "{end}"
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_starts_from_the_same_page() {
    let house = House::start().await;
    let link = house.link(&["sandbox"]).await;
    let browser = Driver::start().await;
    browser.without_scripts().await;
    browser.open(&link).await;
    browser.click("#sandbox-consent button").await;
    browser.click("button[value=approve]").await;
    // The app's own button: the page before has none.
    browser.text("#connect").await;
    let end = browser.url().await;
    assert!(end.query().unwrap_or_default().contains("status=pending"), "{end}");
    house.stop().await;
}
