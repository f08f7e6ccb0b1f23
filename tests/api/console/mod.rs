//! The pages, operation by operation, and the few answers for programs.

mod api;
mod asset;
mod confirm;
mod forgot;
mod forgot_page;
mod health;
mod home;
mod invitation;
mod invitation_page;
mod reset;
mod reset_page;
mod sign_in;
mod sign_in_page;
mod sign_out;
mod sign_up;
mod sign_up_page;
mod verify;
mod verify_page;

use support::Answer;

/// What holds for every page: HTML that loads nothing of anybody else's, runs nothing inline and stands in no frame.
#[track_caller]
pub(crate) fn is_a_page(answer: &Answer) {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    for rule in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = answer.text();
    assert!(!text.contains("<script>") && !text.contains("<style") && !text.contains(" style="), "{text}");
    assert!(!text.contains("onclick") && !text.contains("javascript:"), "{text}");
    assert!(text.contains("<html lang=\"en\">") && text.contains("<title>") && text.contains("<h1>"), "{text}");
    assert_eq!(answer.header("cache-control"), "no-store");
}
