//! `console.home`: JSON for programs; for people a welcome, or their connections.

use support::{FRONTEND_URL, TestApp};

use super::is_a_page;
use crate::house::{House, names};

#[tokio::test]
async fn a_program_hears_that_we_are_here() {
    let app = TestApp::start().await;
    let answer = app.get("/").send().await.expect(200);
    assert_eq!(names(&answer.json()), ["message", "status", "version"]);
    assert_eq!(answer.at("status"), "healthy");
    app.get("/").bearer("nonsense").send().await.expect(200);
}

#[tokio::test]
async fn a_stranger_is_welcomed() {
    let app = TestApp::start().await;
    let page = app.browser().open("/").send().await.expect(200);
    is_a_page(&page);
    assert!(page.text().contains("href=\"/sign-up\"") && page.text().contains("href=\"/sign-in\""));
    assert_eq!(page.header("vary"), "Accept, Cookie");
}

#[tokio::test]
async fn a_person_sees_what_is_connected_and_what_could_be() {
    let house = House::start().await;
    house.connect("default").await;
    let browser = house.browser("ada@example.org").await;
    let page = browser.open("/").send().await.expect(200);
    is_a_page(&page);
    let text = page.text();
    assert!(text.contains("ada@example.org") && text.contains("account-1@provider.example"), "{text}");
    assert!(text.contains("action=\"/console/disconnect/acme\""));
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with(&format!("form-action 'self' {FRONTEND_URL}")), "forms end here or there: {policy}");
}

#[tokio::test]
async fn nobody_sees_anybody_elses_connections() {
    let house = House::start().await;
    house.connect("default").await;
    house.app.register("eve@example.org").await;
    let page = house.browser("eve@example.org").await.open("/").send().await.expect(200);
    assert!(!page.text().contains("account-1"), "{}", page.text());
}

#[tokio::test]
async fn the_address_chooses_among_our_sentences_and_adds_none() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let page = async |query: &str| browser.open(&format!("/?{query}")).send().await.expect(200).text();
    assert!(page("oauth_error=Handshake+expired").await.contains("That took too long."));
    let planted = page("oauth_error=Call+this+number&oauth_success=%3Cb%3EPwned").await;
    assert!(!planted.contains("Call this number") && !planted.contains("Pwned"), "{planted}");
}

#[tokio::test]
async fn a_grant_that_has_ended_asks_to_be_connected_again() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(3500);
    house.acme.reply(support::Reply::error("invalid_grant"));
    house.token(&key).await.expect(409);
    let page = house.browser("ada@example.org").await.open("/").send().await.expect(200);
    assert!(page.text().contains("The connection has ended: connect again"), "{}", page.text());
}

/// Buttons that end in a refusal for ever are none.
#[tokio::test]
async fn a_guest_sees_no_buttons_and_whom_to_ask() {
    let house = House::start().await;
    house.app.join(&house.ada, "joe@example.org", "guest").await;
    let page = house.browser("joe@example.org").await.open("/").send().await.expect(200);
    is_a_page(&page);
    let (_, list) = page.text().split_once("<h1>").map(|(head, list)| (head.to_owned(), list.to_owned())).unwrap();
    assert!(!list.contains("<button") && !list.contains("class=\"button"), "{list}");
    assert!(list.contains("You are a guest of <strong>Ada Lovelace&#39;s team</strong>"), "{list}");
    assert!(list.contains("Ask one of its administrators"), "{list}");
    let member = house.browser("ada@example.org").await.open("/").send().await.expect(200);
    assert!(!member.text().contains("guest"), "{}", member.text());
}

#[tokio::test]
async fn what_asks_for_something_first_leads_to_its_own_page() {
    let house = House::start().await;
    let page = house.browser("ada@example.org").await.open("/").send().await.expect(200).text();
    for provider in ["openai", "telegram", "n8n", "email", "greenhouse"] {
        assert!(page.contains(&format!("href=\"/console/connect/{provider}\"")), "{provider}: {page}");
    }
    assert!(!page.contains("POST /api"), "{page}");
}

/// A signed-out browser comes here after a connection that a program had begun.
#[tokio::test]
async fn a_stranger_is_told_as_well_and_nothing_as_a_fact() {
    let house = House::start().await;
    let browser = house.app.browser();
    let page = async |query: &str| {
        let page = browser.open(&format!("/?{query}")).send().await.expect(200);
        is_a_page(&page);
        page.text()
    };
    let denied = page("oauth_error=The+provider+refused+the+connection").await;
    assert!(denied.contains("role=\"status\">Nothing was connected."), "{denied}");
    let done = page("oauth_success=acme").await;
    assert!(done.contains("Sign in to see what is connected") && !done.contains("acme is connected"), "{done}");
    let planted = page("oauth_error=Call+this+number&oauth_success=%3Cb%3EPwned").await;
    assert!(!planted.contains("Call this number") && !planted.contains("Pwned"), "{planted}");
    assert!(!page("").await.contains("role=\"status\""), "there is nothing to tell");
}

/// Anybody can write the address.
#[tokio::test]
async fn what_did_not_happen_is_not_told() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let page = async |query: &str| browser.open(&format!("/?{query}")).send().await.expect(200).text();
    assert!(!page("oauth_success=acme").await.contains("is connected."));
    assert!(page("disconnected=acme").await.contains("acme is disconnected."));
    house.connect("default").await;
    assert!(page("oauth_success=acme").await.contains("acme is connected."));
    assert!(!page("disconnected=acme").await.contains("is disconnected."));
}

/// A provider without an OAuth client here has no button; who may be able to mend that reads how, and nobody else.
#[tokio::test]
async fn a_provider_that_is_not_set_up_has_no_button_and_says_what_to_do() {
    let house = House::of(TestApp::setup().client("slack", "id", "secret")).await;
    let page = async |email: &str| house.browser(email).await.open("/").send().await.expect(200).text();
    let ada = page("ada@example.org").await;
    let card = |page: &str, slug: &str| {
        page.split("<li class").find(|card| card.contains(&format!("data-provider=\"{slug}\""))).map(str::to_owned)
    };
    assert!(card(&ada, "slack").unwrap().contains("action=\"/api/integrations/oauth/start/slack\""));
    let dropbox = card(&ada, "dropbox").unwrap();
    assert!(dropbox.contains("Not set up here") && !dropbox.contains("<button"), "{dropbox}");
    for told in [
        "/api/integrations/oauth/callback/dropbox</code>",
        "…oauth-clients",
        "<code>dropbox</code>",
        "DROPBOX_CLIENT_ID",
    ] {
        assert!(dropbox.contains(told), "{told}: {dropbox}");
    }
    assert!(card(&ada, "facebook_oauth").unwrap().contains("<code>facebook</code>"), "the client that it shares");
    for slug in ["greenhouse", "google_drive"] {
        let form = format!("href=\"/console/connect/{slug}\"");
        assert!(card(&ada, slug).unwrap().contains(&form), "there is another way");
    }
    house.app.join(&house.ada, "kim@example.org", "member").await;
    let kim = page("kim@example.org").await;
    assert!(card(&kim, "slack").unwrap().contains("<button"));
    assert_eq!(card(&kim, "dropbox"), None, "{kim}");
    house.app.join(&house.ada, "lee@example.org", "guest").await;
    let lee = page("lee@example.org").await;
    assert!(
        card(&lee, "slack").is_none() && !lee.contains("oauth/start"),
        "who may connect nothing is offered nothing"
    );
}
