//! `oauth.use_form`: connects by what a person typed at the console.

use support::{PUBLIC_URL, Provider, TestApp};

use crate::{
    bot,
    console::is_a_page,
    house::{House, keyed},
};

#[tokio::test]
async fn a_key_that_works_is_kept_and_home_says_so() {
    let house = bot::house().await;
    let browser = house.browser("ada@example.org").await;
    let form = [("way", "key"), ("key.botToken", bot::TOKEN)];
    let done = browser.post("/console/connect/telegram").form(&form).send().await.expect(303);
    assert_eq!(done.header("location"), format!("{PUBLIC_URL}/?oauth_success=telegram"));
    let home = browser.open(done.header("location")).send().await.expect(200);
    assert!(home.text().contains("Telegram is connected.") && home.text().contains("ada_bot"), "{}", home.text());
    assert_eq!(house.get("/api/integrations/status").await.at("/telegram/connected"), true);
}

#[tokio::test]
async fn a_key_that_does_not_work_is_named_and_not_kept() {
    let vault = Provider::start("keyed").await;
    let house = House::of(TestApp::setup().provider(&vault).provider_file("keyed", &keyed(&vault))).await;
    let browser = house.browser("ada@example.org").await;
    for (key, said) in [("wrong-key", "keyed does not take this"), ("", "Key"), ("NOT RIGHT", "Key")] {
        let form = [("way", "key"), ("key.api_key", key)];
        let again = browser.post("/console/connect/keyed").form(&form).send().await.expect(400);
        is_a_page(&again);
        let text = again.text();
        let id = "keyed-key-key.api_key";
        let (_, input) = text.split_once(&format!("<input id=\"{id}\"")).unwrap();
        let (input, _) = input.split_once('>').unwrap();
        assert!(input.contains("aria-invalid=\"true\""), "{key}: {input}");
        assert!(input.contains(&format!("aria-describedby=\"{id}-problem\"")), "{key}: {input}");
        let (_, problem) = text.split_once(&format!("id=\"{id}-problem\">")).unwrap();
        assert!(problem.starts_with(said), "{key}: {problem}");
        assert!(text.contains(&format!("<a href=\"#{id}\">")), "the summary leads to the field: {text}");
        assert!(key.is_empty() || !text.contains(key), "a secret comes back: {text}");
        assert!(text.contains("<title>Error: "), "{text}");
    }
    assert!(house.rows("integrations").await.is_empty());
}

#[tokio::test]
async fn the_providers_page_is_reached_with_what_was_typed_before() {
    let acme = Provider::start("fields").await;
    let file = format!("{}\n[fields.tenant]\nlabel = \"Tenant\"\npattern = \"[a-z]+\"\n", acme.file());
    let house = House::of(TestApp::setup().provider(&acme).provider_file("fields", &file)).await;
    let browser = house.browser("ada@example.org").await;
    let home = browser.open("/").send().await.expect(200).text();
    assert!(home.contains("href=\"/console/connect/fields\""), "it asks for the tenant first: {home}");
    let send = async |tenant: &str| {
        let form = [("way", "consent"), ("field.tenant", tenant)];
        browser.post("/console/connect/fields").header("accept", "text/html").form(&form).send().await
    };
    let again = send("NO").await.expect(400);
    is_a_page(&again);
    assert!(
        again.text().contains("aria-invalid=\"true\"") && again.text().contains("value=\"NO\""),
        "{}",
        again.text()
    );
    let onward = send("mine").await.expect(200).text();
    let state = onward.split("state=").nth(1).unwrap().split(['&', '"']).next().unwrap().to_owned();
    let back = format!("/api/integrations/oauth/callback/fields?code=c&state={state}");
    let back = browser.open(&back).send().await.expect(302);
    assert_eq!(back.header("location"), format!("{PUBLIC_URL}/?oauth_success=fields"));
}

#[tokio::test]
async fn another_sites_form_connects_nothing() {
    let house = bot::house().await;
    let mut browser = house.browser("ada@example.org").await;
    browser.on("https://evil.example");
    let form = [("way", "key"), ("key.botToken", bot::TOKEN)];
    browser.post("/console/connect/telegram").form(&form).send().await.expect(403);
    assert!(house.rows("integrations").await.is_empty());
}
