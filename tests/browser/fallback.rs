//! The front end is on another site and its cookies are blocked, so the callback meets a browser that it does not know:
//! whoever sits there must sign in, be the one who started, and say yes.

use crate::{
    driver::Driver,
    house::{House, PASSWORD},
    looks,
};

const YES: &str = "button[value=yes]";
const NO: &str = "button[value=no]";

/// A browser that comes back from the sandbox, where Grace said yes, and is asked to sign in.
async fn parked(house: &House, token: &str) -> Driver {
    let browser = Driver::start().await;
    browser.open(&house.front(&format!("/#{token}"))).await;
    browser.click("#connect").await;
    consent(&browser).await;
    browser
}

async fn consent(browser: &Driver) {
    browser.click("input[value=grace]").await;
    browser.click("button[value=approve]").await;
}

async fn sign_in(browser: &Driver, email: &str) {
    browser.fill("#email", email).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form button[type=submit]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_started_signs_in_and_says_yes() {
    let house = House::start().await;
    let token = house.register("ada@example.org").await;
    let browser = parked(&house, &token).await;
    browser.text("#password").await;
    assert!(!house.connected(&token).await, "connected before anybody signed in");
    assert!(browser.text("main").await.contains("An account at Sandbox waits"), "nothing says why to sign in");
    looks(&browser, "fallback-sign-in").await;

    sign_in(&browser, "ada@example.org").await;
    let question = browser.text("main:has(button[value=yes])").await;
    assert!(question.contains("ada@example.org"), "our user is not named: {question}");
    assert!(question.contains("grace@sandbox.example"), "the account is not named: {question}");
    assert!(!house.connected(&token).await, "connected before anybody said yes");
    looks(&browser, "fallback-confirm").await;

    browser.click(YES).await;
    browser.text("body[data-oauth_success=sandbox]").await;
    assert!(browser.url().await.as_str().starts_with(&house.front("/")));
    assert!(house.connected(&token).await);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_lets_it_go() {
    let house = House::start().await;
    let token = house.register("ada@example.org").await;
    let browser = parked(&house, &token).await;
    sign_in(&browser, "ada@example.org").await;
    browser.click(NO).await;
    browser.text("body[data-oauth_error]").await;
    assert!(browser.url().await.as_str().starts_with(&house.front("/")));
    assert!(!house.connected(&token).await);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_who_signs_in_gets_nothing() {
    let house = House::start().await;
    let ada = house.register("ada@example.org").await;
    let eve = house.register("eve@example.org").await;
    let browser = parked(&house, &ada).await;
    sign_in(&browser, "eve@example.org").await;
    browser.headed("Nothing waits here").await;
    // It comes with status 404, which the browser mentions.
    browser.complaints().await;
    looks(&browser, "fallback-somebody-else").await;
    assert!(!browser.has(YES).await, "Eve was asked about Ada's account");
    assert!(!house.connected(&ada).await);
    assert!(!house.connected(&eve).await);
    house.stop().await;
}

/// Eve starts, and has Ada, who is signed in at the console, open the link and say yes at the provider.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_somebody_passed_on_connects_nothing() {
    let house = House::start().await;
    let ada = house.register("ada@example.org").await;
    let eve = house.register("eve@example.org").await;
    let link = house.begin(&eve).await;
    let browser = Driver::start().await;
    browser.open(&house.at("/sign-in")).await;
    sign_in(&browser, "ada@example.org").await;
    browser.text("ul.providers").await;
    browser.open(&link).await;
    consent(&browser).await;
    browser.headed("Nothing waits here").await;
    assert!(!browser.has(YES).await, "Ada was asked about Eve's handshake");
    assert!(!house.connected(&ada).await);
    assert!(!house.connected(&eve).await);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_on_the_page_and_the_way_goes_on() {
    let house = House::start().await;
    let token = house.register("ada@example.org").await;
    let browser = parked(&house, &token).await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", "wrong horse battery").await;
    browser.click("form button[type=submit]").await;
    assert_eq!(browser.text("[role=alert]").await, "E-mail or password is wrong.");
    // The page came with status 401, which the console of the browser mentions.
    browser.complaints().await;
    looks(&browser, "fallback-wrong-password").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("form button[type=submit]").await;
    browser.click(YES).await;
    browser.text("body[data-oauth_success=sandbox]").await;
    house.stop().await;
}

/// The form of the sign-in may lead no further than its page allows, redirects included.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_worth_nothing_leads_back_to_the_front_end() {
    let house = House::start().await;
    let token = house.register("ada@example.org").await;
    let callback = house.consent(&house.begin(&token).await).await;
    house.spend(&callback).await;
    let browser = Driver::start().await;
    browser.open(&callback).await;
    sign_in(&browser, "ada@example.org").await;
    browser.text("body[data-oauth_error]").await;
    assert!(browser.url().await.as_str().starts_with(&house.front("/")));
    assert!(!house.connected(&token).await);
    house.stop().await;
}
