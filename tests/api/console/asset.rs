//! `console.asset`: the few files that pages load.

use support::TestApp;

#[tokio::test]
async fn each_comes_as_what_it_is() {
    let app = TestApp::start().await;
    for (name, kind) in [
        ("postern.css", "text/css; charset=utf-8"),
        ("connections.js", "text/javascript; charset=utf-8"),
        ("postern.svg", "image/svg+xml"),
    ] {
        let answer = app.get(format!("/assets/{name}")).send().await.expect(200);
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("cache-control").starts_with("public"), "{name}");
        assert!(!answer.bytes().is_empty());
    }
}

#[tokio::test]
async fn nothing_else_is_there() {
    let app = TestApp::start().await;
    for name in ["nothing", "..%2f..%2fCargo.toml", "%2e%2e", "postern.css%00", "a/b"] {
        app.get(format!("/assets/{name}")).send().await.expect(404);
    }
}
