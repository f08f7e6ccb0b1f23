//! `console.api`: D3's "here I am".

use support::TestApp;

use crate::house::names;

#[tokio::test]
async fn it_greets_with_and_without_a_slash() {
    let app = TestApp::start().await;
    let with = app.get("/api/").send().await.expect(200);
    let without = app.get("/api").send().await.expect(200);
    assert_eq!(names(&with.json()), ["message", "version"]);
    assert_eq!(with.at("message"), "Postern API");
    assert_eq!(with.bytes(), without.bytes());
}
