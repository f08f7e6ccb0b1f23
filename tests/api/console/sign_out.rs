//! `console.sign_out`: ends the session of this browser.

use crate::house::House;

#[tokio::test]
async fn the_session_is_over_and_its_cookie_gone() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let kept = browser.cookie("__Host-postern_session").unwrap();
    let answer = browser.post("/sign-out").form(&[]).send().await.expect(303);
    assert_eq!(answer.header("location"), "/");
    assert_eq!(browser.cookie("__Host-postern_session"), None);
    // Nor does a copy of the cookie serve, once the minute is over for which other functions believe it.
    house.pass(61);
    let copied = house.app.get("/api/auth/me").header("cookie", &format!("__Host-postern_session={kept}"));
    copied.send().await.expect(401);
}

#[tokio::test]
async fn a_strangers_page_signs_nobody_out() {
    let house = House::start().await;
    let mut browser = house.browser("ada@example.org").await;
    browser.on("https://evil.example");
    browser.post("/sign-out").form(&[]).send().await.expect(403);
    browser.open("/api/auth/me").send().await.expect(200);
}

/// Who is signed in with another address than the invited one comes back to the invitation, and nobody goes elsewhere.
#[tokio::test]
async fn it_goes_on_to_a_page_of_ours_and_nowhere_else() {
    let house = House::start().await;
    for (next, led) in [("/invitation?token=abc", "/invitation?token=abc"), ("//evil.example", "/"), ("", "/")] {
        let browser = house.browser("ada@example.org").await;
        let answer = browser.post("/sign-out").form(&[("next", next)]).send().await.expect(303);
        assert_eq!(answer.header("location"), led);
        assert_eq!(browser.cookie("__Host-postern_session"), None);
    }
}
