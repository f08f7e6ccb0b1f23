//! D1's back end: a service key in the address, as HTTP Basic. Its own paths come with `credentials`.

use serde_json::json;

use crate::house::House;

/// Python's `requests` makes this of `http://al-chat:<key>@localhost:3000`.
#[tokio::test]
async fn a_service_key_as_basic_password_reaches_an_operation() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.key(json!({ "name": "al-chat", "scopes": ["integrations:read", "tokens:read"] })).await;
    let status = house.app.get("/api/integrations/status").basic("al-chat", &key).send().await.expect(200);
    assert_eq!(status.at("/acme/connected"), true);
    house.app.get("/api/integrations/acme/token").basic("al-chat", &key).send().await.expect(200);
}

#[tokio::test]
async fn a_browser_cannot_be_made_to_use_it() {
    let house = House::start().await;
    let key = house.key(json!({ "name": "al-chat", "scopes": ["integrations:read"] })).await;
    for (header, value) in [("cookie", "a=b"), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let asked = house.app.get("/api/integrations/status").basic("al-chat", &key).header(header, value);
        let answer = asked.send().await.expect(401);
        assert!(!answer.header("www-authenticate").contains("Basic"), "no browser is to ask for a password");
    }
}
