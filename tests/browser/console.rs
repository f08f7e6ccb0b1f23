//! The console's pages: by keyboard alone, without scripts, on small and large screens.

use crate::{
    driver::{Driver, key},
    house::{House, PASSWORD},
    looks,
};

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_by_keyboard_alone() {
    let house = House::start().await;
    let browser = Driver::start().await;
    browser.open(&house.at("/")).await;
    looks(&browser, "welcome").await;
    browser.tab_to("a[href^='/sign-up']").await;
    browser.press(key::ENTER).await;

    browser.tab_to("#full_name").await;
    looks(&browser, "sign-up").await;
    browser.press("Ada Lovelace").await;
    browser.tab_to("#email").await;
    browser.press("ada@example.org").await;
    browser.tab_to("#password").await;
    browser.press(PASSWORD).await;
    browser.press(key::ENTER).await;

    browser.tab_to("[data-provider=sandbox] button").await;
    looks(&browser, "connections").await;
    browser.press(key::ENTER).await;

    browser.tab_to("button[value=approve]").await;
    looks(&browser, "sandbox").await;
    browser.press(key::ENTER).await;
    assert_eq!(browser.text("[role=status]").await, "Sandbox is connected.");
    looks(&browser, "connected").await;

    browser.tab_to("[data-disconnect=sandbox]").await;
    browser.press(key::ENTER).await;
    browser.text("[data-provider=sandbox] form").await;
    assert_eq!(browser.text("[role=status]").await, "Sandbox is disconnected.");

    browser.tab_to("form[action='/sign-out'] button").await;
    browser.press(key::ENTER).await;
    browser.text("a[href^='/sign-up']").await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_read_and_forms_work_without_scripts() {
    let house = House::start().await;
    let browser = Driver::start().await;
    browser.without_scripts().await;
    browser.open(&house.at("/sign-up")).await;
    browser.fill("#full_name", "Ada Lovelace").await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form button[type=submit]").await;
    browser.click("[data-provider=sandbox] button[type=submit]").await;
    browser.click("button[value=approve]").await;
    assert_eq!(browser.text("[role=status]").await, "Sandbox is connected.");
    let card = browser.text("[data-provider=sandbox]").await;
    assert!(card.contains("Connected as"), "{card}");
    looks(&browser, "connected-without-scripts").await;
    // Disconnecting needs a script; a button that does nothing would be worse than none.
    assert!(!card.contains("Disconnect"), "{card}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saying_no_at_the_provider_is_told_on_the_page() {
    let house = House::start().await;
    let browser = Driver::start().await;
    browser.open(&house.at("/sign-up")).await;
    browser.fill("#full_name", "Ada Lovelace").await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form button[type=submit]").await;
    browser.click("[data-provider=sandbox] button[type=submit]").await;
    browser.click("button[value=deny]").await;
    assert_eq!(browser.text("[role=status]").await, "Nothing was connected.");
    looks(&browser, "refused").await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_there_says_so() {
    let house = House::start().await;
    let browser = Driver::start().await;
    browser.open(&house.at("/confirm?handshake=hs_00000000000000000000000000000000000000000000")).await;
    browser.text("#password").await;
    looks(&browser, "sign-in").await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_sends_people_on_to_another_host_is_reached() {
    let house = House::start().await;
    let browser = Driver::start().await;
    browser.open(&house.at("/sign-up")).await;
    browser.fill("#full_name", "Ada Lovelace").await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form button[type=submit]").await;
    browser.click("[data-provider=hopper] button[type=submit]").await;
    assert_eq!(browser.text("h1:not(main *)").await, "Hopper");
    house.stop().await;
}
