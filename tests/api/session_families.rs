//! What the row of a session accepts, written under somebody else's hands: the condition that the model of the rules in
//! `shared::auth` takes for granted.

use std::time::Duration;

use shared::{app::App, id::FamilyId, store::families::Family};
use support::TestApp;

use crate::auth::refresh;

/// The family of a refresh token, as it is now.
async fn family(function: &App, token: &str) -> Family {
    let bare = token.split('_').nth(1).unwrap();
    let id: FamilyId = format!("fam_{bare}").parse().unwrap();
    function.store.family(&id, true).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_late_writer_does_not_bring_an_old_token_back() {
    let app = TestApp::start().await;
    let function = app.stack().app("auth");
    let ada = app.register("ada@example.org").await;
    let seen = family(&function, &ada.refresh_token).await;
    let first = refresh(&app, &ada.refresh_token).await.expect(200);
    let second = refresh(&app, first.at("refresh_token").as_str().unwrap()).await.expect(200);
    let found = function.store.rotate_family(&seen, "late").await.unwrap().unwrap_err();
    assert_eq!(found.unwrap().generation, 2);
    refresh(&app, second.at("refresh_token").as_str().unwrap()).await.expect(200);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_takes_no_new_token() {
    let app = TestApp::start().await;
    let function = app.stack().app("auth");
    let ada = app.register("ada@example.org").await;
    let seen = family(&function, &ada.refresh_token).await;
    app.post("/api/auth/logout").bearer(&ada.access_token).send().await.expect(200);
    assert!(function.store.rotate_family(&seen, "late").await.unwrap().is_err());
}

#[tokio::test]
async fn a_session_that_ran_out_meanwhile_takes_no_new_token() {
    let app = TestApp::start().await;
    let function = app.stack().app("auth");
    let ada = app.register("ada@example.org").await;
    let seen = family(&function, &ada.refresh_token).await;
    app.clock().advance(Duration::from_hours(7 * 24));
    assert!(function.store.rotate_family(&seen, "late").await.unwrap().is_err());
}

#[tokio::test]
async fn of_two_who_end_a_session_one_did_it() {
    let app = TestApp::start().await;
    let function = app.stack().app("auth");
    let ada = app.register("ada@example.org").await;
    let seen = family(&function, &ada.refresh_token).await;
    assert!(function.store.end_family(&seen.id).await.unwrap());
    assert!(!function.store.end_family(&seen.id).await.unwrap());
}
