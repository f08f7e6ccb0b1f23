//! `console.asset`: the few files that pages load, out of the binary.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use shared::http::{Error, Problem, Result};

/// All there are.
const ASSETS: &[(&str, &str, &str)] = &[
    ("postern.css", "text/css; charset=utf-8", include_str!("../assets/postern.css")),
    ("notice.js", "text/javascript; charset=utf-8", include_str!("../assets/notice.js")),
    ("postern.svg", "image/svg+xml", include_str!("../assets/postern.svg")),
];

/// Gives a file that pages load.
#[utoipa::path(
    get, path = "/console/{name}", operation_id = "console.asset", tag = "console",
    params(("name" = String, Path)),
    responses(
        (status = 200, description = "The file"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(Path(name): Path<String>) -> Result<Response> {
    let found = ASSETS.iter().find(|(known, ..)| *known == name);
    let (_, kind, content) = found.ok_or_else(|| Error::not_found("There is no such file"))?;
    // Names do not change with the content, so the file is only kept for a while.
    Ok(([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "public, max-age=3600")], *content).into_response())
}
