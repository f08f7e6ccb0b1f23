//! D1's way to fetch a key, by Python's `requests` over a real socket: the service key stands in the address.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use support::TestApp;

const KEY: &str = "sk-proj-0123456789-abcd";

#[tokio::test]
async fn python_requests_finds_the_keys_and_logs_their_use() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/.venv/bin/python");
    assert!(python.exists(), "Python's packages are not installed: tests/run does that");
    let app = TestApp::with_system_clock().await;
    let ada = app.register("ada@example.org").await;
    let send = async |path: &str, body: Value| app.post(path).bearer(&ada.access_token).json(body).send().await;
    let own = json!({ "credentialType": "openai", "projectId": "al-chat", "credentials": { "api_key": KEY } });
    send("/api/credentials", own).await.expect(201);
    let ours = json!({
        "credentialType": "openai", "projectId": "al-chat", "credentials": { "api_key": "sk-shared" }, "global": true,
    });
    send("/api/credentials", ours).await.expect(201);
    let scopes = json!(["credentials:reveal", "usage:write", "users:act"]);
    let key = json!({ "name": "al-chat", "scopes": scopes, "users": "*", "project": "al-chat" });
    let key = send("/api/auth/keys", key).await.expect(200).at("key");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = app.stack().router(axum::Router::new());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut client = Command::new(python);
    client.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/requests/al_chat.py"));
    client.args(["ada@example.org", "nobody@example.org"]).env_clear();
    client.env("PAPITA_API_URL", format!("http://al-chat:{}@127.0.0.1:{port}", key.as_str().unwrap()));
    let told = tokio::task::spawn_blocking(move || client.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&told.stderr);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let shared = vec!["sk-shared"; 5];
    assert_eq!(told, json!({ "known": KEY, "unknown": null, "shared": shared, "logged": 200 }));
    let report = app.get("/api/usage/report").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(report.at("/usage/0/totalTokens"), 42);
}
