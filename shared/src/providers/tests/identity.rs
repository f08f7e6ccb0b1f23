use std::collections::BTreeMap;

use serde_json::json;

use super::{super::identity, *};

type Outcome = Result<(External, BTreeMap<String, String>), Unheard>;

/// Runs through the steps with these answers; gives the addresses asked, and who it is.
fn identify(slug: &str, token_answer: &Value, answers: &[(u16, Value)]) -> (Vec<String>, Outcome) {
    let provider = built_in(slug);
    let mut credential = Values::new().access_token("at-0123456789".into());
    if slug == "telegram" {
        credential = Values::new().secret("botToken", "1:a".into());
    }
    let mut identify = Identify::start(&provider, identity::from_token_answer(&provider, token_answer));
    let (mut asked, mut answers) = (Vec::new(), answers.iter());
    while let Some(call) = identify.ask(&credential).unwrap() {
        asked.push(call.request.uri().path_and_query().unwrap().to_string());
        let (status, body) = answers.next().expect("asked more often than expected");
        if let Err(verdict) = identify.hear(&answer(*status, &[], body), &call.sent) {
            return (asked, Err(verdict));
        }
    }
    assert!(answers.next().is_none(), "asked less often than expected");
    (asked, Ok(identify.done()))
}

fn found(slug: &str, token_answer: &Value, answers: &[(u16, Value)]) -> External {
    identify(slug, token_answer, answers).1.unwrap().0
}

fn texts(external: &External) -> [&str; 6] {
    [&external.id, &external.username, &external.email, &external.name, &external.avatar, &external.workspace]
        .map(|fact| fact.as_deref().unwrap_or(""))
}

#[test]
fn a_public_address_at_github_takes_one_call() {
    let user = json!({"id": 583_231, "login": "octo", "name": null, "email": "o@example.test", "avatar_url": "https://a.test/o"});
    let external = found("github", &json!({}), &[(200, user)]);
    assert_eq!(texts(&external), ["583231", "octo", "o@example.test", "octo", "https://a.test/o", ""]);
}

#[test]
fn a_private_address_at_github_is_the_verified_primary_one() {
    let user = json!({"id": 1, "login": "octo", "name": "Octo", "email": null});
    let emails = json!([
        {"email": "old@example.test", "primary": false, "verified": true, "visibility": null},
        {"email": "octo@example.test", "primary": true, "verified": true, "visibility": "private"},
    ]);
    let (asked, result) = identify("github", &json!({}), &[(200, user.clone()), (200, emails)]);
    assert_eq!(asked, ["/user", "/user/emails"]);
    assert_eq!(result.unwrap().0.email.as_deref(), Some("octo@example.test"));
    // Without the scope `user:email` it stays unknown, and the connection stands.
    let external = found("github", &json!({}), &[(200, user), (404, json!({"message": "Not Found"}))]);
    assert_eq!(texts(&external), ["1", "octo", "", "Octo", "", ""]);
}

#[test]
fn notion_tells_in_the_token_answer() {
    let told = json!({
        "access_token": "t", "bot_id": "b1", "workspace_id": "w1", "workspace_name": "Team",
        "owner": {"type": "user", "user": {"object": "user", "id": "u1", "name": "Ada", "avatar_url": null,
                  "type": "person", "person": {"email": "ada@example.test"}}},
    });
    assert_eq!(texts(&found("notion", &told, &[])), ["u1", "", "ada@example.test", "Ada", "", "w1"]);
    let workspace = json!({"access_token": "t", "bot_id": "b1", "workspace_id": "w1", "owner": {"type": "workspace"}});
    let me =
        json!({"object": "user", "id": "b1", "type": "bot", "name": "Bot", "bot": {"owner": {"type": "workspace"}}});
    assert_eq!(texts(&found("notion", &workspace, &[(200, me)])), ["b1", "", "", "Bot", "", "w1"]);
}

#[test]
fn slack_asks_who_the_token_is_and_then_for_the_person() {
    let told =
        json!({"ok": true, "access_token": "t", "team": {"id": "T1", "name": "Team"}, "authed_user": {"id": "U9"}});
    let test = json!({"ok": true, "url": "https://x.slack.com/", "team": "Team", "team_id": "T1", "user": "bot", "user_id": "U1"});
    let info = json!({"ok": true, "user": {"profile": {"real_name": "Robo", "image_192": "http://plain.test/x"}}});
    let (asked, result) = identify("slack", &told, &[(200, test.clone()), (200, info)]);
    assert_eq!(asked, ["/api/auth.test", "/api/users.info?user=U1"]);
    // A picture that is not https is none.
    assert_eq!(texts(&result.unwrap().0), ["U1", "bot", "", "Robo", "", "T1"]);
    let refused = json!({"ok": false, "error": "missing_scope"});
    assert_eq!(texts(&found("slack", &told, &[(200, test), (200, refused)])), ["U1", "bot", "", "", "", "T1"]);
}

#[test]
fn the_others_tell_by_one_call() {
    let google = json!({"id": "117", "email": "g@example.test", "verified_email": true, "name": "Gee", "picture": "https://p.test/g"});
    for slug in ["google", "google_calendar"] {
        assert_eq!(
            texts(&found(slug, &json!({}), &[(200, google.clone())])),
            ["117", "g@example.test", "g@example.test", "Gee", "https://p.test/g", ""]
        );
    }
    let dropbox = json!({"account_id": "dbid:1", "name": {"display_name": "Dee"}, "email": "d@example.test", "team": {"id": "t1"}});
    let told = json!({"access_token": "t", "account_id": "dbid:1", "uid": "9"});
    assert_eq!(
        texts(&found("dropbox", &told, &[(200, dropbox)])),
        ["dbid:1", "d@example.test", "d@example.test", "Dee", "", "t1"]
    );
    let me = json!({"ok": true, "result": {"id": 123_456_789_012_i64, "is_bot": true, "first_name": "Bot", "username": "a_bot"}});
    assert_eq!(texts(&found("telegram", &json!({}), &[(200, me)])), ["123456789012", "a_bot", "", "Bot", "", ""]);
    let sandbox = json!({"id": "u1", "username": "ada", "email": "ada@example.test", "name": "Ada"});
    assert_eq!(
        texts(&found("sandbox", &json!({}), &[(200, sandbox)])),
        ["u1", "ada", "ada@example.test", "Ada", "", ""]
    );
    assert_eq!(found("openai", &json!({}), &[]), External::default());
}

#[test]
fn a_refusal_of_a_step_that_counts_is_told() {
    let (_, result) = identify("google", &json!({}), &[(401, json!({"error": {"message": "no"}}))]);
    assert!(matches!(result, Err(Unheard::Said(verdict)) if verdict.meaning == Meaning::Refresh));
}

#[test]
fn what_is_no_fact_is_left_out() {
    let odd = json!({"id": {"deep": 1}, "login": "a\r\nb", "name": "  ", "email": "x".repeat(2000), "avatar_url": "javascript:x"});
    let (_, result) = identify("github", &json!({}), &[(200, odd), (200, json!("not a list"))]);
    assert_eq!(result.unwrap().0, External::default());
}
