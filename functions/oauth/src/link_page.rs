//! `oauth.link_page`: the page of a connect link, for somebody who has no sign-in here. It names the app and the user, and
//! offers what may be connected.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use shared::{
    app::App,
    http::{
        Error, Result, cookie,
        html::{self, Message},
    },
    oauth::links,
    store::links::Link,
};

use crate::link_form::{Kind, Line, Offer, Way, Wrong, offers, summary};

#[derive(Template)]
#[template(path = "link.html")]
struct Page {
    token: String,
    app: String,
    user: String,
    back: String,
    offers: Vec<Offer>,
    wrong: Vec<Line>,
}

/// Shows what a connect link offers.
#[utoipa::path(
    get, path = "/connect/{token}", operation_id = "oauth.link_page", tag = "connect",
    params(("token" = String, Path)),
    responses(
        (status = 200, description = "The page", content_type = "text/html"),
        (status = 404, description = "Used, begun in another browser, or too old", content_type = "text/html"),
    ),
)]
pub(crate) async fn handle(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Result<Response> {
    let name = links::cookie(&app, &token).await?;
    let mine = |link: &Link| links::is_free_for(link, cookie::all(&headers, &name));
    match links::usable(&app, &token).await?.filter(mine) {
        Some(link) => page(&app, &token, &link, StatusCode::OK, None).await,
        None => gone(&app),
    }
}

/// The page of a link that its browser may use; once more, where something was wrong with a form.
pub(crate) async fn page(
    app: &App,
    token: &str,
    link: &Link,
    status: StatusCode,
    wrong: Option<&Wrong<'_>>,
) -> Result<Response> {
    let organisation = app.store.organisation(&link.org).await?.map(|organisation| organisation.name);
    let user = app.store.user(&link.user, true).await?;
    let back: url::Url = link.return_to.parse().map_err(Error::internal)?;
    let offers = offers(app, link, wrong).await?;
    let shown = Page {
        wrong: wrong.map(|wrong| summary(app, wrong, &offers)).unwrap_or_default(),
        offers,
        token: token.to_owned(),
        app: organisation.unwrap_or_default(),
        user: user.map(|user| user.full_name).unwrap_or_default(),
        back: back.origin().ascii_serialization(),
    };
    html::page(app, status, &shown)
}

fn gone(app: &App) -> Result<Response> {
    let text =
        "It was used, begun in another browser, or is older than half an hour. Go back to the app and start again.";
    html::page(app, StatusCode::NOT_FOUND, &Message::new("This link is no longer good", text))
}
