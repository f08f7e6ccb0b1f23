use std::time::Duration;

use serde_json::json;

use super::*;

fn judge(slug: &str, response: &Response<Bytes>) -> Verdict {
    errors::api(&built_in(slug), response, &Sent::default())
}

const fn wait(seconds: u64) -> Meaning {
    Meaning::SlowDown(Some(Duration::from_secs(seconds)))
}

/// Provider, status, headers, body, and what they mean.
type Case = (&'static str, u16, &'static [(&'static str, &'static str)], Value, Meaning);

#[test]
fn each_vendors_errors_mean_what_its_documentation_says() {
    let google = |code: u16, reason: &str, status: &str| json!({"error": {"code": code, "message": "m", "status": status, "errors": [{"domain": "d", "reason": reason}]}});
    let notion = |code: &str| json!({"object": "error", "status": 400, "code": code, "message": "m"});
    let cases: Vec<Case> = vec![
        ("github", 200, &[], json!({"id": 1, "message": "not an error"}), Meaning::Fine),
        ("github", 401, &[], json!({"message": "Bad credentials"}), Meaning::Refresh),
        ("github", 403, &[], json!({"message": "Resource not accessible"}), Meaning::Refused),
        ("github", 404, &[("x-ratelimit-remaining", "0")], json!({"message": "Not Found"}), Meaning::Refused),
        ("github", 403, &[("retry-after", "60")], json!({"message": "secondary rate limit"}), wait(60)),
        (
            "github",
            403,
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1795165300"),
                ("date", "Fri, 20 Nov 2026 09:00:00 GMT"),
            ],
            json!({"message": "API rate limit exceeded"}),
            wait(100),
        ),
        ("github", 502, &[], json!({}), Meaning::Transient),
        ("aws", 400, &[], json!({"__type": "com.amazonaws.sqs#ThrottlingException"}), Meaning::SlowDown(None)),
        ("aws", 400, &[], json!({"__type": "com.amazon.coral.service#ExpiredTokenException"}), Meaning::Reauthorize),
        ("aws", 403, &[], json!({"Error": {"Code": "SignatureDoesNotMatch", "Message": "m"}}), Meaning::Reauthorize),
        (
            "aws",
            403,
            &[],
            json!({"Error": {"Code": "SignatureDoesNotMatch", "Message": "Signature expired: 20261120T090000Z is now earlier than 20261120T091500Z"}}),
            Meaning::Transient,
        ),
        ("google_calendar", 401, &[], google(401, "authError", "UNAUTHENTICATED"), Meaning::Refresh),
        ("google_calendar", 403, &[], google(403, "rateLimitExceeded", "PERMISSION_DENIED"), Meaning::SlowDown(None)),
        ("google_calendar", 403, &[], google(403, "forbidden", "PERMISSION_DENIED"), Meaning::Refused),
        ("google", 429, &[], google(429, "userRateLimitExceeded", "RESOURCE_EXHAUSTED"), Meaning::SlowDown(None)),
        ("slack", 200, &[], json!({"ok": true}), Meaning::Fine),
        ("slack", 200, &[], json!({"ok": false, "error": "channel_not_found"}), Meaning::Refused),
        ("slack", 200, &[], json!({"ok": false, "error": "token_expired"}), Meaning::Refresh),
        ("slack", 200, &[], json!({"ok": false, "error": "token_revoked"}), Meaning::Reauthorize),
        ("slack", 200, &[], json!({"ok": false}), Meaning::Refused),
        ("slack", 429, &[("retry-after", "30")], json!({"ok": false, "error": "ratelimited"}), wait(30)),
        (
            "dropbox",
            401,
            &[],
            json!({"error": {".tag": "expired_access_token"}, "error_summary": "e/"}),
            Meaning::Refresh,
        ),
        ("dropbox", 401, &[], json!({"error": {".tag": "missing_scope", "required_scope": "x"}}), Meaning::Refused),
        ("dropbox", 409, &[], json!({"error": {".tag": "path"}, "error_summary": "path/not_found/"}), Meaning::Refused),
        ("dropbox", 429, &[], json!({"error": {"reason": {".tag": "too_many_requests"}, "retry_after": 15}}), wait(15)),
        ("notion", 401, &[], notion("unauthorized"), Meaning::Refresh),
        ("notion", 409, &[], notion("conflict_error"), Meaning::Transient),
        ("notion", 429, &[("retry-after", "2")], notion("rate_limited"), wait(2)),
        ("notion", 404, &[], notion("object_not_found"), Meaning::Refused),
        (
            "telegram",
            401,
            &[],
            json!({"ok": false, "error_code": 401, "description": "Unauthorized"}),
            Meaning::Reauthorize,
        ),
        (
            "telegram",
            404,
            &[],
            json!({"ok": false, "error_code": 404, "description": "Not Found"}),
            Meaning::Reauthorize,
        ),
        ("telegram", 403, &[], json!({"ok": false, "error_code": 403, "description": "blocked"}), Meaning::Refused),
        (
            "telegram",
            429,
            &[],
            json!({"ok": false, "error_code": 429, "description": "x", "parameters": {"retry_after": 35}}),
            wait(35),
        ),
        ("openai", 401, &[], json!({"error": {"message": "m", "code": "invalid_api_key"}}), Meaning::Reauthorize),
        ("openai", 429, &[], json!({"error": {"message": "m", "code": "insufficient_quota"}}), Meaning::Refused),
        ("openai", 429, &[("retry-after", "1.5")], json!({"error": {"code": "rate_limit_exceeded"}}), wait(2)),
        ("openai", 500, &[], json!({"error": {"code": "invalid_api_key"}}), Meaning::Transient),
    ];
    for (slug, status, headers, body, expected) in cases {
        let verdict = judge(slug, &answer(status, headers, &body));
        assert_eq!(verdict.meaning, expected, "{slug} {status} {body}");
    }
}

#[test]
fn an_error_page_is_told_by_its_status_alone() {
    let page = |status: u16| {
        Response::builder()
            .status(status)
            .header("content-type", "text/html")
            .body(Bytes::from("<h1>sorry</h1>"))
            .unwrap()
    };
    let verdict = judge("github", &page(503));
    assert_eq!(
        (verdict.meaning, verdict.message.as_str()),
        (Meaning::Transient, "the provider answered 503 Service Unavailable")
    );
    assert_eq!(judge("google", &page(302)).meaning, Meaning::Refused);
    assert_eq!(judge("telegram", &page(408)).meaning, Meaning::Transient);
}

#[test]
fn a_time_to_come_back_is_bounded_and_read_in_each_of_its_forms() {
    let after = |headers: &[(&str, &str)]| judge("notion", &answer(429, headers, &json!({}))).meaning;
    let date = ("date", "Fri, 20 Nov 2026 09:00:00 GMT");
    assert_eq!(after(&[("retry-after", "Fri, 20 Nov 2026 09:01:00 GMT"), date]), wait(60));
    assert_eq!(after(&[("retry-after", "Fri, 20 Nov 2026 08:00:00 GMT"), date]), Meaning::SlowDown(None));
    assert_eq!(after(&[("retry-after", "Fri, 20 Nov 2026 09:01:00 GMT")]), Meaning::SlowDown(None));
    assert_eq!(after(&[("retry-after", "99999999999999")]), wait(86_400));
    assert_eq!(after(&[("retry-after", "-5")]), Meaning::SlowDown(None));
    assert_eq!(after(&[("retry-after", "soon")]), Meaning::SlowDown(None));
    assert_eq!(judge("notion", &answer(503, &[("retry-after", "7")], &json!({}))).meaning, wait(7));
}

#[test]
fn a_message_never_brings_our_secret_back() {
    let call = built_in("telegram").test(&Values::new().secret("botToken", "12345:SECRET-SECRET".into())).unwrap();
    let told = json!({"ok": false, "error_code": 400, "description": "no bot 12345:SECRET-SECRET\r\n here"});
    let verdict = errors::api(&built_in("telegram"), &answer(400, &[], &told), &call.sent);
    assert_eq!(verdict.message, "no bot [removed] here");
    assert!(!format!("{verdict:?}").contains("SECRET"));
}

#[test]
fn what_was_gone_already_counts_as_revoked() {
    let judge = |slug: &str, status: u16, body: Value| {
        let provider = built_in(slug);
        let revoke = provider.oauth2().unwrap().revoke.as_ref().unwrap();
        errors::revocation(&provider, revoke, &answer(status, &[], &body), &Sent::default()).meaning
    };
    assert_eq!(judge("google", 200, Value::Null), Meaning::Fine);
    assert_eq!(judge("google", 400, json!({"error": "invalid_token"})), Meaning::Fine);
    assert_eq!(judge("google", 400, json!({"error": "invalid_request"})), Meaning::Refused);
    assert_eq!(judge("github", 204, Value::Null), Meaning::Fine);
    assert_eq!(judge("github", 404, json!({"message": "Not Found"})), Meaning::Fine);
    assert_eq!(judge("github", 401, json!({"message": "Bad credentials"})), Meaning::Operator);
    assert_eq!(judge("slack", 200, json!({"ok": false, "error": "token_revoked"})), Meaning::Fine);
    assert_eq!(judge("dropbox", 401, json!({"error": {".tag": "expired_access_token"}})), Meaning::Refresh);
    assert_eq!(judge("dropbox", 503, Value::Null), Meaning::Transient);
}
