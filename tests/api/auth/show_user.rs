//! `GET /api/users/{id}`

use serde_json::json;
use support::TestApp;

use super::create_user::{back_end, made};

#[tokio::test]
async fn a_user_is_found_by_either_id_and_by_nobody_else() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.register("ada@example.org").await, app.register("eve@example.org").await);
    let (of_ada, of_eve) = (back_end(&app, &ada).await, back_end(&app, &eve).await);
    let joe = made(&app, &of_ada, json!({ "externalId": "joe/1?x", "name": "Joe" })).await.expect(201);
    let by_id = format!("/api/users/{}", joe.at("id").as_str().unwrap());
    for path in [by_id.as_str(), "/api/users/ext:joe%2F1%3Fx"] {
        assert_eq!(app.get(path).bearer(&of_ada).send().await.expect(200).json(), joe.json());
        let unknown = app.get("/api/users/usr_0000000000000000000000").bearer(&of_eve).send().await.expect(404);
        assert_eq!(app.get(path).bearer(&of_eve).send().await.expect(404).at("detail"), unknown.at("detail"));
    }
    app.get(&by_id).send().await.expect(401);
    // Who registered is no managed user, and is nothing for an app to read here.
    app.get(format!("/api/users/{}", ada.id)).bearer(&of_ada).send().await.expect(404);
    app.get("/api/users/nonsense").bearer(&of_ada).send().await.expect(404);
}
