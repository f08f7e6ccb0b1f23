//! The console's pages: by keyboard alone, without scripts, on small and large screens.

use crate::{
    driver::{Driver, key},
    folder::Folder,
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

    // A reload does not tell it again.
    browser.open(browser.url().await.as_str()).await;
    browser.text("h1").await;
    assert!(!browser.has("[role=status]").await, "{}", browser.url().await);

    // It takes two presses: the first one asks.
    browser.tab_to("[data-provider=sandbox] summary").await;
    browser.press(key::ENTER).await;
    browser.tab_to("[data-provider=sandbox] details button").await;
    looks(&browser, "disconnect").await;
    assert!(browser.has("[data-provider=sandbox] .on").await, "asked, and not done yet");
    browser.press(key::ENTER).await;
    browser.text("[data-provider=sandbox] form[action*=start]").await;
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
    browser.click("[data-provider=sandbox] summary").await;
    browser.click("[data-provider=sandbox] details button").await;
    browser.text("[data-provider=sandbox] form[action*=start]").await;
    assert_eq!(browser.text("[role=status]").await, "Sandbox is disconnected.");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_typed_and_a_wrong_one_is_found_by_keyboard() {
    let house = House::start().await;
    let browser = Driver::start().await;
    sign_up(&house, &browser).await;
    browser.tab_to("[data-provider=webhook] a.button").await;
    browser.press(key::ENTER).await;
    let (id, secret) = ("[id='webhook-key-key.webhookId']", "[id='webhook-key-key.secret']");
    browser.tab_to(id).await;
    looks(&browser, "connect-form").await;
    browser.press("orders").await;
    browser.press(key::ENTER).await;
    browser.text("#wrong").await;
    // It comes with status 400, which the browser mentions.
    browser.complaints().await;
    looks(&browser, "connect-form-wrong").await;
    browser.tab_to("#wrong a").await;
    browser.press(key::ENTER).await;
    assert_eq!(browser.run("return document.activeElement.id").await, "webhook-key-key.secret");
    browser.fill(secret, "hush-hush-hush").await;
    browser.press(key::ENTER).await;
    assert!(browser.text("[role=status]").await.ends_with("is connected."));
    assert!(browser.has("[data-provider=webhook] .on").await);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_a_form_is_said_at_its_field_which_has_the_focus() {
    let house = House::start().await;
    house.register("ada@example.org").await;
    let browser = Driver::start().await;
    fill_sign_up(&house, &browser).await;
    browser.click("form button[type=submit]").await;
    browser.text("#email-problem").await;
    assert_eq!(browser.run("return document.activeElement.id").await, "email");
    browser.complaints().await;
    looks(&browser, "sign-up-taken").await;
    browser.open(&house.at("/sign-in")).await;
    browser.fill("#email", "ada@example.org").await;
    browser.press(key::TAB).await;
    browser.press("short").await;
    browser.press(key::ENTER).await;
    assert_eq!(browser.text("[role=alert]").await, "E-mail or password is wrong.");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_went_wrong_reads_like_a_page() {
    let house = House::start().await;
    let browser = Driver::start().await;
    for (path, name) in
        [("/nope", "no-such-page"), ("/verify", "no-token"), ("/console/connect/openai", "sign-in-first")]
    {
        browser.open(&house.at(path)).await;
        assert!(!browser.text("main h1").await.is_empty());
        browser.complaints().await;
        looks(&browser, name).await;
    }
    browser.click("a.button").await;
    browser.text("#password").await;
    // The same server by its other name: its pages are shown, its forms are not taken.
    browser.open(&house.at("/sign-in").replace("localhost", "127.0.0.1")).await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form button[type=submit]").await;
    browser.headed("Use the other address").await;
    assert!(browser.text("main p").await.contains(house.at("/").trim_end_matches('/')));
    browser.complaints().await;
    looks(&browser, "other-address").await;
    browser.click("a.button").await;
    assert_eq!(browser.url().await.as_str(), house.at("/"));
    house.stop().await;
}

/// A build as Vite makes it, on our own origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_built_front_end_finds_its_scripts() {
    let folder = Folder::new();
    let built = folder.path();
    std::fs::create_dir(built.join("assets")).expect("a folder");
    let page = "<!doctype html><html lang=en><title>App</title><main id=root></main>\
                <script type=module crossorigin src=/assets/index-DiwrgT4a.js></script></html>";
    std::fs::write(built.join("index.html"), page).expect("a file");
    let script = "document.querySelector('#root').innerHTML = '<h1>Built</h1>'";
    std::fs::write(built.join("assets/index-DiwrgT4a.js"), script).expect("a file");
    std::fs::write(built.join("favicon.ico"), "").expect("a file");
    let house = House::with_front_end(built).await;
    let browser = Driver::start().await;
    for path in ["/", "/settings/connections"] {
        browser.open(&house.at(path)).await;
        assert_eq!(browser.text("#root h1").await, "Built", "{path}");
    }
    // Our own pages are there beside it, with their style sheet.
    browser.open(&house.at("/sign-in")).await;
    assert_eq!(browser.run("return document.styleSheets[0].cssRules.length > 10").await, true);
    assert!(browser.complaints().await.is_empty());
    house.stop().await;
}

async fn sign_up(house: &House, browser: &Driver) {
    fill_sign_up(house, browser).await;
    browser.click("form button[type=submit]").await;
    browser.text("ul.providers").await;
}

async fn fill_sign_up(house: &House, browser: &Driver) {
    browser.open(&house.at("/sign-up")).await;
    browser.fill("#full_name", "Ada Lovelace").await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", PASSWORD).await;
}
