//! `GET /api/auth/organisation/members`

use serde_json::{Value, json};
use support::{TestApp, User};

use super::{ask, colleague};

const PATH: &str = "/api/auth/organisation/members";

/// E-mail address and role of each, by address.
pub(crate) async fn listed(app: &TestApp, who: &User) -> Vec<(String, String)> {
    let answer = ask(app, who, "GET", PATH, json!({})).await.expect(200);
    let text = |member: &Value, name: &str| member[name].as_str().unwrap().to_owned();
    let members = answer.at("members").as_array().unwrap().clone();
    let mut all: Vec<_> = members.iter().map(|member| (text(member, "email"), text(member, "role"))).collect();
    all.sort();
    all
}

#[tokio::test]
async fn members_see_who_is_there_and_as_what() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.register("eve@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let joe = colleague(&app, &ada, "joe@example.org", "guest").await;
    let all = [("ada@example.org", "admin"), ("bob@example.org", "member"), ("joe@example.org", "guest")];
    assert_eq!(listed(&app, &bob).await, all.map(|(email, role)| (email.to_owned(), role.to_owned())));
    let answer = ask(&app, &ada, "GET", PATH, json!({})).await;
    let keys: Vec<String> = answer.at("/members/0").as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["id", "email", "full_name", "role", "is_verified", "joined_at"]);
    ask(&app, &joe, "GET", PATH, json!({})).await.expect(403);
    app.get(PATH).send().await.expect(401);
    ask(&app, &ada, "GET", "/api/auth/organisation/members?cursor=nonsense", json!({})).await.expect(400);
}
