//! TeamLabs' React client: a bearer token, `response.success`, then `response.integrations`.

use serde_json::Value;

use crate::house::House;

#[tokio::test]
async fn it_maps_over_an_array() {
    let house = House::start().await;
    house.connect("default").await;
    let path = format!("/api/auth/integrations/{}?format=list", house.ada.id);
    let response = house.get(&path).await.expect(200).json();
    assert_eq!(response["success"], true);
    let Value::Array(integrations) = &response["integrations"] else { panic!("{response}") };
    for card in integrations {
        for text in ["id", "name", "type", "icon", "description"] {
            assert!(card[text].is_string(), "{text} of {card}");
        }
        assert!(card["connected"].is_boolean());
    }
    assert!(integrations.iter().any(|card| card["id"] == "acme" && card["username"] == "account-1-login"));
}

#[tokio::test]
async fn it_reads_an_object_by_camel_cased_names() {
    let house = House::start().await;
    let response = house.get(&format!("/api/auth/integrations/{}", house.ada.id)).await.expect(200).json();
    for name in ["github", "googleCalendar", "dropbox", "slack"] {
        assert_eq!(response["integrations"][name]["connected"], false, "{name}");
    }
}

#[tokio::test]
async fn it_shows_message_or_error_of_a_refusal() {
    let house = House::start().await;
    let refused = house.app.get("/api/auth/integrations/me").send().await.expect(401);
    assert_eq!(refused.at("success"), false);
    assert_eq!(refused.at("message"), refused.at("error"));
    assert!(refused.at("message").is_string());
}
