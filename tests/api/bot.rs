//! A bot's API on loopback, and Telegram's own provider file pointed at it.

use axum::{Json, Router, extract::Path, http::StatusCode, routing::get};
use serde_json::{Value, json};
use support::TestApp;

use crate::house::House;

/// The token it takes.
pub(crate) const TOKEN: &str = "123456:a-good-token";

/// A house whose Telegram is this one.
pub(crate) async fn house() -> House {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/{bot}/getMe", get(me));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let at = format!("127.0.0.1:{port}");
    let file = include_str!("../../shared/providers/telegram.toml")
        .replace("https://api.telegram.org", &format!("http://{at}"))
        .replace("\"api.telegram.org\"", &format!("\"{at}\""));
    let file = format!("override = true\nlocal_only = true\n{file}");
    House::of(TestApp::setup().provider_file("telegram", &file).allow(port)).await
}

async fn me(Path(bot): Path<String>) -> (StatusCode, Json<Value>) {
    if bot != format!("bot{TOKEN}") {
        let said = json!({ "ok": false, "error_code": 401, "description": "Unauthorized" });
        return (StatusCode::UNAUTHORIZED, Json(said));
    }
    let who = json!({ "id": 42, "is_bot": true, "first_name": "Ada's bot", "username": "ada_bot" });
    (StatusCode::OK, Json(json!({ "ok": true, "result": who })))
}
