//! `integrations.catalog`: D2's rows of what can be connected.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn it_lists_d2s_rows_of_what_can_be_connected_here() {
    let house = House::start().await;
    let rows = house.get("/api/integrations/catalog").await.expect(200);
    let github = json!({
        "Value": 1, "Code": "github", "MasterType": "Integrations", "Description": "GitHub", "FaIcon": "FaGithub",
    });
    assert_eq!(rows.at("/0"), github);
    let rows = rows.json();
    let codes: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["Code"].as_str().unwrap()).collect();
    for code in ["google_calendar", "dropbox", "slack"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert!(!codes.contains(&"zoom"), "there is no file for it");
}
