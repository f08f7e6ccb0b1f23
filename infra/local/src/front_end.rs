//! Serves a built front end (`FRONTEND_DIR`) on our own origin, so that it shares the session cookie.
//!
//! The API comes first: a file is looked for only where no route is, and a page that is no file gets `index.html`, since
//! single-page applications route by themselves. Paths under `/api` never do.

use std::path::Path;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use shared::http::Code;
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

/// Error bodies are small; more than this is none of ours.
const PROBLEM_LIMIT: usize = 64 * 1024;

#[derive(Clone)]
struct FrontEnd {
    files: ServeDir,
    index: ServeFile,
}

/// Puts the front end in `folder` around the API.
pub(crate) fn around(api: Router, folder: &Path) -> Router {
    let files = ServeDir::new(folder).append_index_html_on_directories(false);
    let front = FrontEnd { files, index: ServeFile::new(folder.join("index.html")) };
    api.layer(middleware::from_fn_with_state(front, serve))
}

async fn serve(State(front): State<FrontEnd>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let ours = path == "/api" || path.starts_with("/api/");
    if ours || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let page = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let page = page.is_some_and(|accept| accept.contains("text/html"));
    let again = again(&request);
    // The one path that both have: people get the front end, programs the API.
    if path == "/" && page {
        return front.page(again).await;
    }
    let (answer, unknown) = unknown_path(next.run(request).await).await;
    if !unknown {
        return answer;
    }
    match front.file(self::again(&again)).await {
        Some(file) => file,
        None if page => front.page(again).await,
        None => answer,
    }
}

impl FrontEnd {
    async fn file(&self, request: Request) -> Option<Response> {
        let answer = self.files.clone().oneshot(request).await.into_response();
        (answer.status() != StatusCode::NOT_FOUND).then(|| dress(answer))
    }

    async fn page(&self, request: Request) -> Response {
        let mut answer = dress(self.index.clone().oneshot(request).await.into_response());
        // The page names its scripts by content; only the page itself must be asked for each time.
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        answer
    }
}

/// The same question without a body.
fn again(request: &Request) -> Request {
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn dress(answer: Response) -> Response {
    let mut answer = answer.map(Body::new);
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    let policy = HeaderValue::from_static("frame-ancestors 'none'; object-src 'none'; base-uri 'self'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// The answer as it was, and whether it says that no route took the path.
async fn unknown_path(answer: Response) -> (Response, bool) {
    if answer.status() != StatusCode::NOT_FOUND {
        return (answer, false);
    }
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, PROBLEM_LIMIT).await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let unknown = problem["code"] == Code::NoSuchPath.as_str();
    (Response::from_parts(parts, Body::from(body)), unknown)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use shared::{http::Error, id::random_token};

    use super::*;

    async fn ask(method: &str, path: &str, accept: &str) -> (StatusCode, String) {
        let folder = std::env::temp_dir().join(random_token());
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        std::fs::write(folder.join("index.html"), "the page").unwrap();
        std::fs::write(folder.join("assets/app.js"), "the script").unwrap();
        let nothing_there = || async { Error::new(Code::NoSuchPath, "nothing").status(StatusCode::NOT_FOUND) };
        let problem = move || async move {
            let error = nothing_there().await;
            (StatusCode::NOT_FOUND, axum::Json(serde_json::json!({ "code": error.code().as_str() })))
        };
        let gone = || async { (StatusCode::NOT_FOUND, r#"{"code":"resource.not_found"}"#) };
        let api = Router::new()
            .route("/", get(|| async { "the API" }))
            .route("/oauth/confirm/x", get(gone))
            .fallback(problem);
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        let answer = around(api, &folder).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), PROBLEM_LIMIT).await.unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_person_gets_the_page_on_every_path_of_the_front_end() {
        for path in ["/", "/?oauth_success=github", "/settings/connections"] {
            assert_eq!(ask("GET", path, "text/html,*/*").await, (StatusCode::OK, "the page".to_owned()), "{path}");
        }
        assert_eq!(ask("GET", "/assets/app.js", "*/*").await.1, "the script");
    }

    #[tokio::test]
    async fn the_api_keeps_its_paths() {
        assert_eq!(ask("GET", "/", "application/json").await.1, "the API");
        let (status, body) = ask("GET", "/api/nothing", "text/html").await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, r#"{"code":"request.no_such_path"}"#));
        assert_eq!(ask("GET", "/oauth/confirm/x", "text/html").await.1, r#"{"code":"resource.not_found"}"#);
        assert_eq!(ask("POST", "/settings", "text/html").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_folder() {
        for path in ["/../Cargo.toml", "/..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd"] {
            assert_eq!(ask("GET", path, "*/*").await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
