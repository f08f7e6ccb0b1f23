//! Stored connections, operation by operation.

mod admin;
mod attach_token;
mod available;
mod by_user;
mod catalog;
mod delete;
mod disconnect;
mod disconnect_form;
mod edit;
mod github_status;
mod google_calendar_status;
mod list;
mod save;
mod send_email;
mod show;
mod status;
mod test;
mod test_email;
mod token;

use support::{Provider, TestApp};

use crate::house::{House, keyed};

/// A house with a second provider, `keyed`, whose credential is typed.
async fn with_keyed() -> (House, Provider) {
    let provider = Provider::start("keyed").await;
    let setup = TestApp::setup().provider(&provider).provider_file("keyed", &keyed(&provider));
    (House::of(setup).await, provider)
}

/// A house in which a provider that is built in does as it is told; Ada is connected to it.
async fn connected_to(slug: &str) -> House {
    let provider = Provider::start(slug).await;
    let file = format!("override = true\n{}", provider.file());
    let house = House::of(TestApp::setup().provider(&provider).provider_file(slug, &file)).await;
    let path = format!("/api/integrations/oauth/start/{slug}");
    let begun = house.as_ada(house.app.post(path)).send().await.expect(200);
    let begun = crate::house::Begun::of(&begun);
    house.finish(&begun, "c").await.expect(200);
    house
}
