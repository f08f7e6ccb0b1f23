use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::client;
use crate::{
    oauth::token::{self, TokenError, parse_answer},
    providers::{
        Meaning, Sent, Values,
        tests::{answer, built_in},
    },
};

fn refusal(slug: &str, response: &Response<Bytes>) -> TokenError {
    parse_answer(&built_in(slug), response, &Sent::default()).err().expect("a refusal")
}

fn raw(status: u16, kind: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    Response::builder().status(status).header("content-type", kind).body(body.into()).unwrap()
}

#[test]
fn each_vendors_refusal_means_what_its_documentation_says() {
    let plain = |code: &str| json!({"error": code, "error_description": "Because."});
    let slack = |code: &str| json!({"ok": false, "error": code});
    let cases = [
        ("google", 400, plain("invalid_grant"), Meaning::Reauthorize),
        ("google", 401, plain("invalid_client"), Meaning::Operator),
        ("google", 401, plain("disabled_client"), Meaning::Operator),
        (
            "salesforce",
            400,
            json!({"error": "invalid_grant", "error_description": "token request is already being processed"}),
            Meaning::Transient,
        ),
        ("figma", 400, json!({"message": "Invalid refresh token for this client"}), Meaning::Reauthorize),
        ("google", 400, plain("unauthorized_client"), Meaning::Operator),
        ("google", 400, plain("invalid_request"), Meaning::Refused),
        ("google", 500, plain("internal_failure"), Meaning::Transient),
        ("google", 503, plain("invalid_grant"), Meaning::Transient),
        ("github", 200, plain("bad_verification_code"), Meaning::Reauthorize),
        ("github", 200, plain("bad_refresh_token"), Meaning::Reauthorize),
        ("github", 200, plain("incorrect_client_credentials"), Meaning::Operator),
        ("github", 200, plain("redirect_uri_mismatch"), Meaning::Operator),
        ("github", 200, plain("unverified_user_email"), Meaning::Refused),
        ("github", 200, plain("something_new"), Meaning::Refused),
        ("slack", 200, slack("invalid_code"), Meaning::Reauthorize),
        ("slack", 200, slack("invalid_refresh_token"), Meaning::Reauthorize),
        ("slack", 200, slack("bad_client_secret"), Meaning::Operator),
        ("slack", 200, slack("invalid_client_id"), Meaning::Operator),
        ("slack", 200, slack("bad_redirect_uri"), Meaning::Operator),
        ("slack", 200, slack("internal_error"), Meaning::Transient),
        ("slack", 200, json!({"ok": false}), Meaning::Refused),
        ("slack", 429, slack("ratelimited"), Meaning::SlowDown(None)),
        ("dropbox", 400, plain("invalid_grant"), Meaning::Reauthorize),
        ("notion", 400, plain("invalid_grant"), Meaning::Reauthorize),
        (
            "notion",
            401,
            json!({"object": "error", "status": 401, "code": "unauthorized", "message": "m"}),
            Meaning::Operator,
        ),
        ("sandbox", 400, plain("invalid_grant"), Meaning::Reauthorize),
        ("google", 401, json!({}), Meaning::Operator),
        ("google", 400, json!({}), Meaning::Refused),
        ("google", 400, json!([]), Meaning::Refused),
    ];
    for (slug, status, body, expected) in cases {
        let error = refusal(slug, &answer(status, &[], &body));
        assert_eq!(error.meaning(), expected, "{slug} {status} {body}");
        assert_eq!(error.is_uncertain(), expected == Meaning::Transient, "{slug} {status} {body}");
    }
}

#[test]
fn an_error_beside_a_token_is_an_error() {
    let both = json!({"access_token": "gho_1", "token_type": "bearer", "error": "bad_verification_code"});
    assert_eq!(refusal("github", &answer(200, &[], &both)).meaning(), Meaning::Reauthorize);
    let denied = json!({"ok": false, "access_token": "xoxb-1", "token_type": "bot"});
    assert!(matches!(refusal("slack", &answer(200, &[], &denied)), TokenError::Refused(_)));
}

#[test]
fn what_is_not_json_is_refused_and_says_nothing_of_the_grant() {
    let token = r#"{"access_token":"a","token_type":"bearer"}"#;
    for (status, kind, body) in [
        (200, "text/html; charset=utf-8", "<html>Sign in</html>"),
        (401, "text/html", "<html>Unauthorized</html>"),
        (403, "text/html", "<html>Blocked</html>"),
        (200, "application/x-www-form-urlencoded", "access_token=a&token_type=bearer"),
        (200, "text/plain", token),
        (200, "text/html", token),
        (302, "text/html", ""),
    ] {
        let error = refusal("google", &raw(status, kind, body));
        assert!(matches!(&error, TokenError::NotJson { .. }), "{status} {kind}: {error}");
        assert_eq!((error.meaning(), error.is_uncertain()), (Meaning::Transient, true));
        assert!(!error.to_string().contains(body) || body.is_empty());
    }
    assert!(
        parse_answer(&built_in("google"), &raw(200, "Application/JSON; charset=UTF-8", token), &Sent::default())
            .is_ok()
    );
    assert_eq!(refusal("google", &raw(502, "text/html", "x")).to_string(), "the provider answered 502 Bad Gateway");
    let unnamed = Response::builder().status(200).body(Bytes::from(token)).unwrap();
    assert!(matches!(refusal("google", &unnamed), TokenError::NotJson { .. }));
}

#[test]
fn an_answer_that_cannot_be_right_is_refused() {
    let with = |key: &str, value: Value| {
        let mut body = json!({"access_token": "a", "token_type": "bearer"});
        body[key] = value;
        body.to_string()
    };
    let cases = [
        ("{}".to_owned(), "no access token"),
        ("[]".to_owned(), "no access token"),
        ("\"a\"".to_owned(), "no access token"),
        ("{".to_owned(), "not JSON"),
        (String::new(), "not JSON"),
        (with("access_token", json!("")), "empty"),
        (with("access_token", Value::Null), "no access token"),
        (with("access_token", json!(5)), "not plain text"),
        (with("access_token", json!("a\r\nX: y")), "not plain text"),
        (with("access_token", json!("é")), "not plain text"),
        (with("refresh_token", json!(["r"])), "not plain text"),
        (with("token_type", json!("mac")), "not bearer"),
        (with("token_type", json!("bot")), "not bearer"),
        (with("token_type", json!(1)), "not a text"),
        (with("expires_in", json!(-1)), "absurd"),
        (with("expires_in", json!(3600.5)), "absurd"),
        (with("expires_in", json!("soon")), "absurd"),
        (with("expires_in", json!("-5")), "absurd"),
        (with("expires_in", json!(true)), "absurd"),
        (with("expires_in", json!(10_u64 * 366 * 86400)), "absurd"),
        (with("expires_in", json!(1e300)), "absurd"),
        (with("scope", json!({"a": 1})), "not texts"),
        (r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#.to_owned(), "stands twice"),
    ];
    for (body, problem) in cases {
        let error = refusal("google", &raw(200, "application/json", body.clone()));
        assert!(matches!(error, TokenError::Unusable(_)) && error.to_string().contains(problem), "{body}: {error}");
        assert!(error.is_uncertain(), "{body}");
    }
}

#[test]
fn an_endless_answer_is_refused() {
    let exactly = |length: usize| {
        let (head, tail) = (r#"{"access_token":"a","padding":""#, r#""}"#);
        raw(200, "application/json", format!("{head}{}{tail}", "x".repeat(length - head.len() - tail.len())))
    };
    assert!(parse_answer(&built_in("google"), &exactly(64 * 1024), &Sent::default()).is_ok());
    assert_eq!(refusal("google", &exactly(64 * 1024 + 1)), TokenError::TooLarge);
}

#[test]
fn no_error_ever_holds_a_secret() {
    let google = built_in("google");
    let call = token::refresh_request(&google, &client(), &"1//refresh-hush-hush".into(), &Values::new()).unwrap();
    let told = json!({"error": "invalid_grant 1//refresh-hush-hush",
                      "error_description": "1//refresh-hush-hush of c/secret+1 \u{1b}[31m has been revoked"});
    let error = parse_answer(&google, &answer(400, &[], &told), &call.sent).err().unwrap();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hush") && !shown.contains("c/secret") && !shown.contains('\u{1b}'), "{shown}");
    assert_eq!(error.to_string(), "[removed] of [removed] [31m has been revoked");

    // Nor do answers that are refused show the token that they hold.
    for body in [
        json!({"access_token": "hush-hush", "token_type": "mac"}),
        json!({"access_token": "hush-hush\n"}),
        json!({"access_token": "a", "refresh_token": {"hush-hush": 1}}),
    ] {
        let error = parse_answer(&google, &answer(200, &[], &body), &Sent::default()).err().unwrap();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
}
