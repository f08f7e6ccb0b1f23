//! `console.asset`: the few files that pages load.

use support::TestApp;

#[tokio::test]
async fn each_comes_as_what_it_is() {
    let app = TestApp::start().await;
    for (name, kind) in [
        ("postern.css", "text/css; charset=utf-8"),
        ("notice.js", "text/javascript; charset=utf-8"),
        ("postern.svg", "image/svg+xml"),
    ] {
        let answer = app.get(format!("/console/{name}")).send().await.expect(200);
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
        app.get(format!("/console/{name}")).send().await.expect(404);
    }
}

/// Build tools put a front end's files below `/assets`: what is there is the front end's.
#[tokio::test]
async fn no_file_of_ours_lies_where_build_tools_put_theirs() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/assets/postern.css").send().await.expect(404).code(), "request.no_such_path");
    let page = app.browser().open("/").send().await.expect(200).text();
    assert!(!page.contains("/assets/"), "{page}");
}
