//! `oauth.start`: fixes everything that the callback will be held to.

use serde_json::json;
use support::{Answer, FRONTEND_URL, PUBLIC_URL, Provider, TestApp};

use crate::house::{Begun, House, names};

/// Ada's wish for a handshake with a provider, answered whatever the answer is.
async fn ask(house: &House, provider: &str, body: serde_json::Value) -> Answer {
    let path = format!("/api/integrations/oauth/start/{provider}");
    house.as_ada(house.app.post(path)).json(body).send().await
}

#[tokio::test]
async fn it_answers_what_both_older_clients_look_for() {
    let house = House::start().await;
    let answer = ask(&house, "acme", json!({})).await.expect(200);
    assert_eq!(names(&answer.json()), ["authUrl", "expiresAt", "handshakeId", "oauth_url"]);
    assert_eq!(answer.at("authUrl"), answer.at("oauth_url"));
    assert_eq!(answer.at("expiresAt"), "2026-11-20T09:10:00Z");
    let connect = house.as_ada(house.app.post("/api/integrations/connect/acme")).send().await.expect(200);
    assert_eq!(names(&connect.json()), names(&answer.json()));
}

#[tokio::test]
async fn the_browser_is_sent_with_all_that_the_provider_needs() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    assert!(begun.url.as_str().starts_with(&format!("{}/authorize?", house.acme.address())));
    assert_eq!(begun.param("response_type"), "code");
    assert_eq!(begun.param("client_id"), "acme-client");
    assert_eq!(begun.param("redirect_uri"), format!("{PUBLIC_URL}/api/integrations/oauth/callback/acme"));
    assert_eq!(begun.param("scope"), "read write");
    assert_eq!(begun.param("code_challenge_method"), "S256");
    assert_eq!(begun.param("code_challenge").len(), 43);
    assert!(!begun.url.as_str().contains("hush"), "the client's secret stays here");
}

#[tokio::test]
async fn no_two_handshakes_share_anything_secret() {
    let house = House::start().await;
    let (one, other) = (house.begin(json!({})).await, house.begin(json!({})).await);
    assert!(one.state().len() >= 43, "256 bits");
    assert_ne!(one.state(), other.state());
    assert_ne!(one.param("code_challenge"), other.param("code_challenge"));
    assert_ne!(one.id, other.id);
    assert!(!one.id.contains(&one.state()), "who learns the id does not learn the state");
}

#[tokio::test]
async fn scopes_of_the_callers_own_take_the_place_of_the_usual_ones() {
    let house = House::start().await;
    let begun = house.begin(json!({ "scopes": ["admin"] })).await;
    assert_eq!(begun.param("scope"), "admin");
}

#[tokio::test]
async fn an_unknown_provider_is_not_found() {
    let answer = ask(&House::start().await, "nobody", json!({})).await.expect(404);
    assert_eq!(answer.code(), "provider.unknown");
}

#[tokio::test]
async fn a_provider_without_oauth_is_refused_as_each_older_client_knows_it() {
    let house = House::start().await;
    let answer = ask(&house, "telegram", json!({})).await.expect(500);
    assert_eq!(answer.at("error"), "OAuth not supported for provider: telegram");
    assert_eq!(answer.at("success"), false);
    house.as_ada(house.app.post("/api/integrations/connect/telegram")).send().await.expect(400);
}

#[tokio::test]
async fn a_provider_that_the_operator_has_not_set_up_says_so() {
    let answer = ask(&House::start().await, "github", json!({})).await.expect(400);
    assert_eq!(answer.code(), "provider.not_configured");
}

#[tokio::test]
async fn a_provider_in_the_house_may_send_the_browser_to_the_front_end() {
    let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
    let wanted = format!("{FRONTEND_URL}/oauth/callback");
    for name in ["redirectUri", "redirect_uri"] {
        let begun = Begun::of(&ask(&house, "github", json!({ name: wanted })).await.expect(200));
        assert_eq!(begun.param("redirect_uri"), wanted);
        let path = format!("/api/integrations/connect/github?{name}={wanted}");
        let begun = Begun::of(&house.as_ada(house.app.post(path)).send().await.expect(200));
        assert_eq!(begun.param("redirect_uri"), wanted);
    }
}

/// One address for several providers of unknown making is how mix-ups are made.
#[tokio::test]
async fn a_provider_of_the_operators_own_comes_back_to_us_alone() {
    let theirs = support::Provider::start("theirs").await;
    let file = theirs.file().replace("shared_callback = true\n", "");
    let house = House::of(TestApp::setup().provider(&theirs).provider_file("theirs", &file)).await;
    for shared in
        [format!("{FRONTEND_URL}/cb"), format!("{PUBLIC_URL}/callback"), format!("{PUBLIC_URL}/api/google/callback")]
    {
        let answer = ask(&house, "theirs", json!({ "redirectUri": shared })).await.expect(400);
        assert_eq!(answer.code(), "oauth.redirect_refused");
    }
    let own = format!("{PUBLIC_URL}/api/integrations/oauth/callback/theirs");
    let begun = Begun::of(&ask(&house, "theirs", json!({ "redirectUri": own })).await.expect(200));
    // Nor does a front end hand its answers in.
    let body = json!({ "code": "of-another", "state": begun.state() });
    house.as_ada(house.app.post("/api/integrations/oauth/callback")).json(body).send().await.expect(400);
    assert_eq!(theirs.count("token"), 0);
}

#[tokio::test]
async fn addresses_that_lead_astray_are_refused() {
    let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
    let astray = [
        "//front.example/cb",
        "/\\front.example",
        "/callback",
        "https://user@front.example/",
        "https://front.example@evil.example/",
        "javascript:alert(1)//https://front.example",
        "data:text/html,x",
        "https://front.example:8443/",
        "http://front.example/",
        "https://front.example.evil.example/",
        "https://evilfront.example/",
        "https://evil.example/?https://front.example",
        "https://evil.example\\@front.example/",
        "https://front.example/#fragment",
    ];
    for address in astray {
        for name in ["redirectUri", "returnTo"] {
            let answer = ask(&house, "github", json!({ name: address })).await;
            assert_eq!(answer.status(), 400, "{name} {address}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn an_address_that_parsers_read_in_different_ways_is_none() {
    let house = House::start().await;
    let expected =
        "must be an address such as https://app.example.com/path, without a backslash or a control character";
    let misread = ["", "\t", "\n", "\\"].map(|what| format!("{FRONTEND_URL}{what}/done"));
    for (address, name) in misread[1..].iter().flat_map(|address| [(address, "returnTo"), (address, "redirectUri")]) {
        let answer = ask(&house, "acme", json!({ name: address })).await.expect(400);
        assert_eq!(answer.at("detail"), format!("`{name}` {expected}"));
        assert_eq!(answer.at("/errors/0/pointer"), format!("/{name}"));
    }
    let relative = ask(&house, "acme", json!({ "returnTo": "/callback" })).await.expect(400);
    assert_eq!(relative.at("detail"), format!("`returnTo` {expected}"));
    ask(&house, "acme", json!({ "returnTo": misread[0] })).await.expect(200);
}

#[tokio::test]
async fn a_label_is_short_and_plain() {
    let house = House::start().await;
    for label in ["", "a/b", "a#b", "a b", &"x".repeat(65), "ü"] {
        let answer = ask(&house, "acme", json!({ "label": label })).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), "/label");
    }
    ask(&house, "acme", json!({ "label": "work.2_b@home-1" })).await.expect(200);
}

#[tokio::test]
async fn a_client_of_the_callers_own_must_be_whole() {
    let house = House::start().await;
    for own in [json!({ "clientId": "mine" }), json!({ "clientId": "", "clientSecret": "s" }), json!("mine")] {
        ask(&house, "acme", json!({ "oauthConfig": own })).await.expect(400);
    }
    let own = json!({ "clientId": "mine", "clientSecret": "my own secret" });
    let begun = Begun::of(&ask(&house, "acme", json!({ "oauthConfig": own })).await.expect(200));
    assert_eq!(begun.param("client_id"), "mine");
    assert!(!begun.url.as_str().contains("secret"));
}

#[tokio::test]
async fn a_page_of_ours_gets_one_cookie_a_handshake() {
    let house = House::start().await;
    let ours = house.as_ada(house.app.post("/api/integrations/oauth/start/acme").header("origin", PUBLIC_URL));
    let answer = ours.send().await.expect(200);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-postern_hs_"), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"), "{cookie}");
    let front = house.as_ada(house.app.post("/api/integrations/oauth/start/acme").header("origin", FRONTEND_URL));
    let answer = front.send().await.expect(200);
    assert!(answer.header("set-cookie").ends_with("; Secure; SameSite=None"));
}

/// Anybody's page could otherwise start a handshake here and have its own account connected.
#[tokio::test]
async fn a_strangers_page_gets_none() {
    let house = House::start().await;
    for origin in ["https://evil.example", "null", "https://sub.postern.example"] {
        let asked = house.app.post("/api/integrations/oauth/start/acme").header("origin", origin);
        let answer = house.as_ada(asked).send().await.expect(200);
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn a_form_goes_on_to_the_provider_and_comes_back_to_our_page() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let form = browser.post("/api/integrations/oauth/start/acme").header("accept", "text/html");
    let page = form.form(&[]).send().await.expect(200).text();
    // Not by a redirect: browsers hold those to the `form-action` of the page with the form.
    let (_, link) = page.split_once("0;url=").unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    assert!(link.starts_with(&format!("{}/authorize?", house.acme.address())), "{link}");
    let state = url::Url::parse(&link).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let back = format!("/api/integrations/oauth/callback/acme?code=c&state={state}");
    let back = browser.open(&back).send().await.expect(302);
    assert_eq!(back.header("location"), format!("{PUBLIC_URL}/?oauth_success=acme"));
}

/// Some programs take HTML by habit.
#[tokio::test]
async fn whoever_only_takes_html_as_well_is_a_program() {
    let house = House::start().await;
    let ask = |slug: &str| {
        let path = format!("/api/integrations/oauth/start/{slug}");
        house.as_ada(house.app.post(path)).header("accept", "application/json, text/html, */*").json(json!({}))
    };
    let answer = ask("acme").send().await.expect(200);
    assert!(answer.at("authUrl").is_string(), "{}", answer.text());
    assert_eq!(ask("github").send().await.expect(400).code(), "provider.not_configured");
    let fetched = ask("acme").header("sec-fetch-mode", "cors").send().await.expect(200);
    assert!(fetched.at("authUrl").is_string(), "{}", fetched.text());
    let navigated = ask("acme").header("sec-fetch-mode", "navigate").send().await.expect(200);
    assert!(navigated.text().starts_with("<!doctype html>"), "{}", navigated.text());
}

#[tokio::test]
async fn a_form_that_cannot_be_followed_leads_back_to_a_page_that_says_why() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let form = browser.post("/api/integrations/oauth/start/github").header("accept", "text/html");
    let answer = form.form(&[]).send().await.expect(303);
    let page = browser.open(answer.header("location")).send().await.expect(200);
    assert!(page.text().contains("not set up here"), "{}", page.text());
}

#[tokio::test]
async fn a_key_starts_for_its_user_at_its_providers_with_its_scope() {
    let house = House::of(TestApp::setup().provider(&Provider::start("other").await)).await;
    let start = async |key: &str, provider: &str| {
        let path = format!("/api/integrations/oauth/start/{provider}");
        house.app.post(path).bearer(key).send().await.status()
    };
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:write"], "providers": ["acme"] })).await;
    assert_eq!(start(&key, "acme").await, 200);
    assert_eq!(start(&key, "other").await, 403);
    let reader = house.key(json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    assert_eq!(start(&reader, "acme").await, 403);
    // An organisation has no account at a provider.
    let all = house.key(json!({ "name": "k", "scopes": ["integrations:write"], "users": "*" })).await;
    assert_eq!(start(&all, "acme").await, 403);
}

#[tokio::test]
async fn an_empty_address_is_none_and_two_spellings_are_one_parameter() {
    let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
    house.begin(json!({ "redirectUri": "", "returnTo": "" })).await;
    let path = |uri: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("redirect_uri", uri).finish();
        format!("/api/integrations/oauth/start/github?{query}")
    };
    let uri = format!("{FRONTEND_URL}/oauth/callback");
    let (body, same) = (json!({ "redirectUri": uri }), path(&uri));
    house.as_ada(house.app.post(same)).json(body.clone()).send().await.expect(200);
    house.as_ada(house.app.post(path("https://evil.example"))).json(body).send().await.expect(400);
}
