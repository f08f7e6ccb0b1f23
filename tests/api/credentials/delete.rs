//! `credentials.delete`: lets a credential go.

use serde_json::json;

use super::{asked, kept, revealing_key};
use crate::{client_d1::project_key, house::House};

#[tokio::test]
async fn it_is_gone_and_its_secret_with_it() {
    let house = House::start().await;
    let path = format!("/api/credentials/{}", kept(&house).await);
    let gone = house.as_ada(house.app.delete(&path)).send().await.expect(200);
    assert_eq!(gone.json(), json!({ "success": true, "message": "Credentials deleted" }));
    house.as_ada(house.app.delete(&path)).send().await.expect(404);
    house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(404);
    let rows = house.rows("integrations").await;
    assert!(rows.iter().all(|row| !row.contains_key("credential") && !row.contains_key("org_pk")), "{rows:?}");
}

#[tokio::test]
async fn an_oauth_connection_is_not_deleted_here() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let path = format!("/api/credentials/{}", id.as_str().unwrap());
    house.as_ada(house.app.delete(path)).send().await.expect(404);
    assert!(house.connected().await);
}

#[tokio::test]
async fn a_key_deletes_for_whom_it_may_act() {
    let house = House::start().await;
    let path = format!("/api/credentials/{}", kept(&house).await);
    let delete = async |path: String, key: &str| house.app.delete(path).bearer(key).send().await.status();
    assert_eq!(delete(path.clone(), &revealing_key(&house).await).await, 403);
    let elsewhere = project_key(&house, "ai-resume").await;
    assert_eq!(delete(format!("{path}?username=ada@example.org"), &elsewhere).await, 404);
    let scopes = json!(["integrations:write", "users:act"]);
    let key = house.key(json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
    assert_eq!(delete(path.clone(), &key).await, 404);
    assert_eq!(delete(format!("{path}?username=nobody@example.org"), &key).await, 404);
    assert_eq!(delete(format!("{path}?username=ada@example.org"), &key).await, 200);
}
