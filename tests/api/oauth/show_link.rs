//! `oauth.show_link`: `GET /api/connect/links/{id}`

use serde_json::json;

use crate::links::Links;

#[tokio::test]
async fn the_back_end_sees_how_far_it_is() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let status = async || links.show(&id).await.expect(200).at("status");
    assert_eq!(status().await, "open");
    let browser = links.house.app.browser();
    links.press(&browser, &page).await.expect(200);
    assert_eq!(status().await, "started");
    links.through(&browser, &page).await;
    let pending = links.show(&id).await;
    assert_eq!((pending.at("status"), pending.at("provider")), (json!("pending"), json!("acme")));
    assert_eq!(pending.at("account"), "account-1@provider.example");
    assert!(!pending.text().contains("access-") && !pending.text().contains("code"), "{}", pending.text());
    links.house.pass(1800);
    assert_eq!(status().await, "expired");
}

#[tokio::test]
async fn somebody_elses_link_looks_unknown() {
    let links = Links::start().await;
    let (id, _) = links.link(json!({})).await;
    let house = &links.house;
    let eve = house.app.register("eve@example.org").await;
    let foreign =
        house.app.service_key(&eve, json!({ "name": "k", "scopes": ["integrations:read"], "users": "*" })).await;
    let narrow = house.key(json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    let unknown = format!("lnk_{}", "0".repeat(64));
    for key in [&foreign, &narrow] {
        let ask = |id: &str| house.app.get(format!("/api/connect/links/{id}")).bearer(key).send();
        let theirs = ask(&id).await.expect(404);
        assert_eq!(theirs.at("detail"), ask(&unknown).await.expect(404).at("detail"));
        ask("nonsense").await.expect(404);
    }
    house.app.get(format!("/api/connect/links/{id}")).send().await.expect(401);
    house.get(&format!("/api/connect/links/{id}")).await.expect(403);
}
