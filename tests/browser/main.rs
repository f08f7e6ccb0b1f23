//! A real browser at the console's pages, and at a front end on another site.

#![expect(clippy::expect_used, reason = "a test ends where it cannot go on")]

mod console;
mod driver;
mod fallback;
mod folder;
mod house;
mod links;

use driver::Driver;

/// Looks at the page as somebody might who does not see it as its maker does, in light and in dark, wide and narrow; keeps
/// pictures of it under this name.
#[track_caller]
fn looks<'a>(browser: &'a Driver, name: &'a str) -> impl Future<Output = ()> + 'a {
    let place = std::panic::Location::caller();
    async move {
        for (scheme, width) in [("light", 1280), ("dark", 320)] {
            browser.colours(scheme).await;
            browser.size(width, 800).await;
            let wrong = browser.run(include_str!("accessible.js")).await;
            browser.picture(&format!("{name}-{scheme}")).await;
            assert_eq!(wrong, serde_json::json!([]), "{name}, {scheme}, {width} wide, at {place}");
        }
        let complaints = browser.complaints().await;
        assert!(complaints.is_empty(), "{name}, at {place}: {complaints:?}");
    }
}
