use serde_json::{Value, json};

use crate::{
    oauth::{
        scopes,
        token::{Grant, parse_answer},
    },
    providers::{
        Sent,
        tests::{answer, built_in},
    },
};

fn parse(slug: &str, body: &Value) -> Grant {
    parse_answer(&built_in(slug), &answer(200, &[], body), &Sent::default())
        .unwrap_or_else(|error| panic!("{slug}: {error}"))
}

/// Token, refresh token, life, scopes.
fn facts(grant: &Grant) -> (&str, Option<&str>, Option<u64>, Option<Vec<&str>>) {
    (
        grant.access_token.expose(),
        grant.refresh_token.as_ref().map(|token| token.expose().as_str()),
        grant.expires_in,
        grant.scopes.as_ref().map(|scopes| scopes.iter().map(String::as_str).collect()),
    )
}

#[test]
fn github_gives_a_token_without_end_and_scopes_between_commas() {
    let app = json!({"access_token": "gho_1", "scope": "repo,gist", "token_type": "bearer"});
    assert_eq!(facts(&parse("github", &app)), ("gho_1", None, None, Some(vec!["repo", "gist"])));
    let none = json!({"access_token": "gho_1", "scope": "", "token_type": "bearer"});
    assert_eq!(facts(&parse("github", &none)).3, Some(vec![]));
    let expiring = json!({"access_token": "ghu_1", "expires_in": 28800, "refresh_token": "ghr_1",
                          "refresh_token_expires_in": 15_897_600, "scope": "", "token_type": "bearer"});
    assert_eq!(facts(&parse("github", &expiring)), ("ghu_1", Some("ghr_1"), Some(28800), Some(vec![])));
}

#[test]
fn google_gives_a_refresh_token_at_the_first_consent() {
    let first = json!({"access_token": "ya29.a0", "expires_in": 3599, "refresh_token": "1//0g", "token_type": "Bearer",
                       "scope": "openid https://www.googleapis.com/auth/calendar", "id_token": "e.y.J"});
    let grant = parse("google_calendar", &first);
    let scopes = Some(vec!["openid", "https://www.googleapis.com/auth/calendar"]);
    assert_eq!(facts(&grant), ("ya29.a0", Some("1//0g"), Some(3599), scopes));
    assert_eq!(grant.token_type.as_deref(), Some("bearer"));
    let refreshed = json!({"access_token": "ya29.b", "expires_in": 3599, "token_type": "Bearer"});
    assert_eq!(facts(&parse("google", &refreshed)), ("ya29.b", None, Some(3599), None));
}

#[test]
fn slack_gives_a_bot_token_at_the_top_or_a_persons_token_below() {
    let bot = json!({
        "ok": true, "access_token": "xoxb-1", "token_type": "bot", "scope": "chat:write,im:read", "bot_user_id": "U0",
        "app_id": "A0", "team": {"id": "T1", "name": "Team"}, "enterprise": null, "is_enterprise_install": false,
        "authed_user": {"id": "U1", "scope": "search:read", "access_token": "xoxp-2", "token_type": "user"},
        "incoming_webhook": {"url": "https://hooks.slack.com/services/T1/B1/hush"},
    });
    let grant = parse("slack", &bot);
    assert_eq!(facts(&grant), ("xoxb-1", None, None, Some(vec!["chat:write", "im:read"])));
    assert_eq!(grant.external.workspace.as_deref(), Some("T1"));
    assert_eq!(grant.kept["bot_user_id"], "U0");
    assert!(grant.kept.values().all(|fact| !fact.contains("hush") && !fact.contains("xox")));

    let person = json!({
        "ok": true, "app_id": "A0", "team": {"id": "T1"},
        "authed_user": {"id": "U1", "scope": "search:read", "access_token": "xoxe.xoxp-1", "token_type": "user",
                        "refresh_token": "xoxe-1", "expires_in": 43200},
    });
    assert_eq!(
        facts(&parse("slack", &person)),
        ("xoxe.xoxp-1", Some("xoxe-1"), Some(43200), Some(vec!["search:read"]))
    );
}

#[test]
fn dropbox_and_notion_tell_what_they_tell() {
    let dropbox = json!({"access_token": "sl.u.1", "token_type": "bearer", "expires_in": 14400, "refresh_token": "r",
                         "scope": "account_info.read files.content.read", "uid": "1", "account_id": "dbid:1"});
    let grant = parse("dropbox", &dropbox);
    assert_eq!(
        facts(&grant),
        ("sl.u.1", Some("r"), Some(14400), Some(vec!["account_info.read", "files.content.read"]))
    );
    assert_eq!(grant.external.id.as_deref(), Some("dbid:1"));

    let notion = json!({"access_token": "ntn_1", "token_type": "bearer", "refresh_token": "nrt_1", "bot_id": "b",
                        "workspace_id": "w", "workspace_name": "Team", "workspace_icon": null, "duplicated_template_id": null,
                        "owner": {"type": "user", "user": {"object": "user", "id": "u", "name": null}}});
    let grant = parse("notion", &notion);
    assert_eq!(facts(&grant), ("ntn_1", Some("nrt_1"), None, None));
    assert_eq!((grant.external.workspace.as_deref(), grant.kept["workspace_name"].as_str()), (Some("w"), "Team"));
    let old = json!({"access_token": "ntn_1", "token_type": "bearer", "refresh_token": null, "bot_id": "b"});
    assert_eq!(facts(&parse("notion", &old)).1, None);
}

#[test]
fn a_life_that_is_not_told_is_the_files_own() {
    let told = |expires_in: Value| {
        parse("sandbox", &json!({"access_token": "a", "token_type": "Bearer", "expires_in": expires_in})).expires_in
    };
    assert_eq!(told(json!(60)), Some(60));
    assert_eq!(told(json!("60")), Some(60));
    assert_eq!(told(json!(3600.0)), Some(3600));
    assert_eq!(told(Value::Null), Some(3600));
    // Some vendors say zero for a token that does not end.
    assert_eq!(told(json!(0)), Some(3600));
}

#[test]
fn what_was_not_granted_is_told() {
    let list = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>();
    let missing = |slug: &str, requested: &[&str], granted: Option<&[&str]>| {
        scopes::missing(&built_in(slug), &list(requested), granted.map(list).as_deref())
    };
    assert_eq!(missing("google", &["a", "b"], Some(&["b"])), ["a"]);
    assert_eq!(missing("google", &["a", "b"], None), [""; 0]);
    // GitHub folds a scope into a larger one.
    assert_eq!(missing("github", &["repo", "user:email"], Some(&["repo", "user"])), [""; 0]);
    assert_eq!(missing("github", &["repo", "user:email"], Some(&["repo"])), ["user:email"]);
}
