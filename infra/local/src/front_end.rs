//! Serves a built front end (`FRONTEND_DIR`) on our own origin, so that it shares the session cookie.
//!
//! The API comes first: a file is looked for only where no route is, and a page that is no file gets `index.html`, since
//! single-page applications route by themselves. Paths under `/api` never do.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use shared::http::Code;
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

/// Build tools put what they name by its content into one of these.
const BUILT: [&str; 4] = ["/assets/", "/static/", "/_next/static/", "/_app/immutable/"];
/// How many letters of a file's name tell its content.
const HASH: usize = 8;

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
    let answer = next.run(request).await;
    if answer.extensions().get::<Code>() != Some(&Code::NoSuchPath) {
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
        // What is named by its content never changes; anything else is asked for each time.
        let keep =
            if named_by_content(request.uri().path()) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let answer = self.files.clone().oneshot(request).await.into_response();
        if answer.status() == StatusCode::NOT_FOUND {
            return None;
        }
        let mut answer = dress(answer);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        Some(answer)
    }

    async fn page(&self, request: Request) -> Response {
        let mut answer = dress(self.index.clone().oneshot(request).await.into_response());
        // The page names its scripts by content; only the page itself must be asked for each time.
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        answer
    }
}

/// Whether a file's name holds a hash of its content: `index-B3x_d9aQ.js`, `main.3f2a91bc04d1.css`.
fn named_by_content(path: &str) -> bool {
    if !BUILT.iter().any(|folder| path.starts_with(folder)) {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    // A hash may hold a hyphen itself, so its length counts first.
    let short = stem.len().checked_sub(HASH).and_then(|at| stem.split_at_checked(at));
    let short = short.filter(|(before, _)| before.ends_with(['-', '.'])).map(|(_, hash)| hash);
    let long = stem.rsplit(['-', '.']).next().filter(|hash| hash.len() > HASH);
    let long = long.filter(|hash| hash.bytes().all(|c| c.is_ascii_hexdigit()));
    short.or(long).is_some_and(tells)
}

/// A plain word tells nothing: it has no digit, and a capital at most in front. Nor does a number, such as a date.
fn tells(hash: &str) -> bool {
    let odd = |c: u8| c.is_ascii_digit() || c.is_ascii_uppercase();
    let letters = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    hash.bytes().all(letters) && hash.bytes().any(|c| c.is_ascii_alphabetic()) && hash.bytes().skip(1).any(odd)
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

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, routing::get};
    use shared::{http::Error, id::random_token};

    use super::*;

    struct Got {
        status: StatusCode,
        body: String,
        kept: String,
        kind: String,
    }

    async fn ask(method: &str, path: &str, accept: &str) -> Got {
        let folder = std::env::temp_dir().join(random_token());
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        // As Vite builds it.
        let page = r#"<script type="module" crossorigin src="/assets/index-B3x-d9aQ.js"></script>"#;
        std::fs::write(folder.join("index.html"), page).unwrap();
        std::fs::write(folder.join("assets/index-B3x-d9aQ.js"), "the script").unwrap();
        std::fs::write(folder.join("favicon.ico"), "the mark").unwrap();
        let problem = |code: Code| async move {
            let mut answer = (StatusCode::NOT_FOUND, code.as_str()).into_response();
            answer.extensions_mut().insert(Error::new(code, "nothing").code());
            answer
        };
        let api = Router::new()
            .route("/", get(|| async { "the API" }))
            .route("/oauth/confirm/x", get(move || problem(Code::NotFound)))
            .fallback(move || problem(Code::NoSuchPath));
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        let answer = around(api, &folder).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let header = |name| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, kept, kind) = (answer.status(), header(header::CACHE_CONTROL), header(header::CONTENT_TYPE));
        let body = to_bytes(answer.into_body(), 65536).await.unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        Got { status, body: String::from_utf8(body.to_vec()).unwrap(), kept, kind }
    }

    #[tokio::test]
    async fn a_person_gets_the_page_on_every_path_of_the_front_end() {
        for path in ["/", "/?oauth_success=github", "/settings/connections", "/assets", "/index.html"] {
            let got = ask("GET", path, "text/html,*/*").await;
            assert_eq!(got.status, StatusCode::OK, "{path}");
            assert!(got.body.contains("/assets/index-B3x-d9aQ.js"), "{path}: {}", got.body);
            assert_eq!(got.kept, "no-cache", "{path}: a new build must be seen");
        }
    }

    #[tokio::test]
    async fn the_files_of_a_build_come_as_what_they_are_and_are_kept() {
        let script = ask("GET", "/assets/index-B3x-d9aQ.js", "*/*").await;
        assert_eq!((script.status, script.body.as_str()), (StatusCode::OK, "the script"));
        assert_eq!(
            (script.kind.as_str(), script.kept.as_str()),
            ("text/javascript", "public, max-age=31536000, immutable")
        );
        assert_eq!(ask("GET", "/favicon.ico", "*/*").await.kept, "no-cache");
        assert_eq!(ask("GET", "/assets/missing-B3x-d9aQ.js", "*/*").await.status, StatusCode::NOT_FOUND);
    }

    #[test]
    fn only_a_hash_in_the_name_tells_the_content() {
        for path in [
            "/assets/index-DiwrgTda.css",
            "/static/js/main.3f2a91bc.js",
            "/static/js/2.3f2a91bc04d1.chunk-1f2a91bc04d1.js",
        ] {
            assert!(named_by_content(path), "{path}");
        }
        for path in [
            "/index.html",
            "/assets/logo.svg",
            "/assets/service-Provider.js",
            "/assets/report-20261120.pdf",
            "/assets/user-settings.js",
            "/fonts/inter-B3x-d9aQ.woff2",
        ] {
            assert!(!named_by_content(path), "{path}");
        }
    }

    #[tokio::test]
    async fn the_api_keeps_its_paths() {
        assert_eq!(ask("GET", "/", "application/json").await.body, "the API");
        let got = ask("GET", "/api/nothing", "text/html").await;
        assert_eq!((got.status, got.body.as_str()), (StatusCode::NOT_FOUND, "request.no_such_path"));
        assert_eq!(ask("GET", "/oauth/confirm/x", "text/html").await.body, "resource.not_found");
        assert_eq!(ask("POST", "/settings", "text/html").await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_folder() {
        for path in ["/../Cargo.toml", "/..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd"] {
            assert_eq!(ask("GET", path, "*/*").await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
