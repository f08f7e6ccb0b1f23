//! The vault that other products read, operation by operation.

mod create;
mod delete;
mod global;
mod list;
mod log_usage;
mod update;
mod usage_report;

use serde_json::{Value, json};
use support::{Answer, User};

use crate::house::House;

/// A key of OpenAI's form.
pub(crate) const KEY: &str = "sk-proj-0123456789-abcd";

/// Keeps a credential as this user.
pub(crate) async fn keep(house: &House, user: &User, body: Value) -> Answer {
    house.app.post("/api/credentials").bearer(&user.access_token).json(body).send().await
}

/// Ada's OpenAI key for AL-Chat; gives its id.
pub(crate) async fn kept(house: &House) -> String {
    let body = json!({ "credentialType": "openai", "projectId": "al-chat", "credentials": { "api_key": KEY } });
    id(&keep(house, &house.ada, body).await.expect(201))
}

pub(crate) fn id(answer: &Answer) -> String {
    answer.at("id").as_str().unwrap().to_owned()
}

/// The address that D1's client asks.
pub(crate) fn asked(username: &str, kind: &str, project: &str) -> String {
    format!("/api/credentials?username={username}&credentialType={kind}&projectId={project}")
}

/// A key of Ada's that may reveal, for everybody in the organisation.
pub(crate) async fn revealing_key(house: &House) -> String {
    let scopes = json!(["credentials:reveal", "users:act", "integrations:read"]);
    house.key(json!({ "name": "al-chat", "scopes": scopes, "users": "*" })).await
}

/// What the audit trail says was done, to what.
pub(crate) async fn audited(house: &House, action: &str) -> Vec<String> {
    let rows = house.rows("audit").await;
    let rows = rows.iter().filter(|row| row["action"].as_s().unwrap() == action);
    rows.map(|row| row["subject"].as_s().unwrap().clone()).collect()
}
