//! D3's API users: parameters in the query where FastAPI had them, bodies where they are documented.

use serde_json::json;
use support::PUBLIC_URL;

use crate::house::House;

#[tokio::test]
async fn connect_and_callback_by_query_parameters() {
    let house = House::start().await;
    let wanted = format!("{PUBLIC_URL}/callback");
    let path = format!("/api/integrations/connect/acme?redirect_uri={wanted}");
    let oauth_url = house.as_ada(house.app.post(path)).send().await.expect(200).at("oauth_url");
    let oauth_url: url::Url = oauth_url.as_str().unwrap().parse().unwrap();
    let param = |name: &str| oauth_url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(param("redirect_uri"), wanted);
    let path = format!("/api/integrations/oauth/callback?code=c&state={}", param("state"));
    let done = house.as_ada(house.app.post(path)).send().await.expect(200);
    assert_eq!((done.at("integration_type"), done.at("status")), (json!("acme"), json!("connected")));
    let id = done.at("integration_id");
    let all = house.get("/api/integrations/").await.expect(200).json();
    assert_eq!(all[0]["id"], id);
    let path = format!("/api/integrations/{}", id.as_str().unwrap());
    let gone = house.as_ada(house.app.delete(path)).send().await.expect(200);
    assert_eq!(gone.at("message"), "Integration deleted successfully");
}

#[tokio::test]
async fn connect_by_the_documented_body() {
    let house = House::start().await;
    let body = json!({ "redirect_uri": format!("{PUBLIC_URL}/callback") });
    let asked = house.app.post("/api/integrations/connect/acme").json(body);
    house.as_ada(asked).send().await.expect(200);
}

#[tokio::test]
async fn refusals_are_read_from_detail() {
    let house = House::start().await;
    let asked = house.app.post("/api/integrations/oauth/callback?code=c&state=made-up");
    let refused = house.as_ada(asked).send().await.expect(400);
    assert_eq!(refused.at("detail"), "OAuth callback failed: Invalid OAuth state");
}
