use serde_json::{Map, json};

use super::*;
use crate::secret::Secret;

fn body(call: &Call) -> Value {
    serde_json::from_slice(call.request.body()).unwrap()
}

fn inputs(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn token() -> Values {
    Values::new().access_token(Secret::from("tok-123456789"))
}

fn header<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.request.headers().get(name).map(|value| value.to_str().unwrap())
}

/// A file with one action and one field, to try a value in every position.
fn positions() -> Provider {
    read(&acme(&format!(
        "[fields.site]\nlabel = 'Site'\n{KEY}\
         [actions.path]\nsummary = 'x'\nrequest = {{ path = '/things/{{value}}/end' }}\n\
         input = {{ required = ['value'], properties = {{ value = {{}} }} }}\n\
         [actions.file]\nsummary = 'x'\nrequest = {{ path = '/files/{{+value}}' }}\n\
         input = {{ required = ['value'], properties = {{ value = {{}} }} }}\n\
         [actions.query]\nsummary = 'x'\nrequest = {{ path = '/q?a=1', query = {{ v = '{{value}}' }} }}\n\
         input = {{ properties = {{ value = {{}} }} }}\n\
         [actions.header]\nsummary = 'x'\nrequest = {{ path = '/h', headers = {{ X-V = 'v={{value}}' }} }}\n\
         input = {{ properties = {{ value = {{}} }} }}\n\
         [actions.form]\nsummary = 'x'\nrequest = {{ method = 'POST', path = '/f', form = {{ v = '{{value}}' }} }}\n\
         input = {{ properties = {{ value = {{}} }} }}\n\
         [actions.json]\nsummary = 'x'\nrequest = {{ method = 'POST', path = '/j', \
         json = {{ v = '{{value}}', text = 'v={{value}}', list = ['{{value}}', 1], on = true }} }}\n\
         input = {{ properties = {{ value = {{}} }} }}\n\
         [actions.host]\nsummary = 'x'\nrequest = {{ url = 'https://{{site}}.tenants.acme.test/h' }}\n"
    )))
    .unwrap()
}

fn fill(name: &str, value: impl Into<Value>) -> Result<Call, RenderError> {
    action(&positions(), name, &inputs(json!({ "value": value.into() })), &Values::new().secret("key", "k".into()))
}

#[test]
fn a_value_is_encoded_for_its_position() {
    let odd = "a b/c?d=é&e#f%2F+:@";
    let uri = |name| fill(name, odd).unwrap().request.uri().to_string();
    assert_eq!(uri("path"), "https://api.acme.test/v1/things/a%20b%2Fc%3Fd%3D%C3%A9%26e%23f%252F%2B:@/end");
    assert_eq!(uri("file"), "https://api.acme.test/v1/files/a%20b/c%3Fd%3D%C3%A9%26e%23f%252F%2B:@");
    assert_eq!(uri("query"), "https://api.acme.test/v1/q?a=1&v=a%20b%2Fc%3Fd%3D%C3%A9%26e%23f%252F%2B%3A%40");
    let form = fill("form", odd).unwrap();
    assert_eq!(form.request.body().as_ref(), b"v=a+b%2Fc%3Fd%3D%C3%A9%26e%23f%252F%2B%3A%40");
    assert_eq!(header(&form, "content-type"), Some("application/x-www-form-urlencoded"));
}

#[test]
fn json_takes_values_with_their_own_type() {
    let filled = fill("json", json!(7)).unwrap();
    assert_eq!(body(&filled), json!({"v": 7, "text": "v=7", "list": [7, 1], "on": true}));
    let quoted = fill("json", json!("\"},{\"")).unwrap();
    assert_eq!(body(&quoted)["v"], "\"},{\"");
    let nested =
        action(&positions(), "json", &inputs(json!({"value": {"a": [1]}})), &Values::new().secret("key", "k".into()));
    assert_eq!(nested.err(), Some(RenderError::NotText("value".into())));
}

#[test]
fn an_input_that_is_left_out_takes_its_key_along() {
    let left_out = |name| action(&positions(), name, &Map::new(), &Values::new().secret("key", "k".into())).unwrap();
    assert_eq!(left_out("query").request.uri(), "https://api.acme.test/v1/q?a=1");
    assert_eq!(header(&left_out("header"), "x-v"), None);
    assert_eq!(body(&left_out("json")), json!({"list": [1], "on": true}));
    assert_eq!(left_out("form").request.body().as_ref(), b"");
}

#[test]
fn a_value_cannot_climb_out_of_its_place() {
    for value in ["..", ".", ""] {
        assert_eq!(fill("path", value).err(), Some(RenderError::BadSegment("value".into())), "{value:?}");
    }
    for value in ["a/../../b", "a//b", "..", "a/."] {
        assert_eq!(fill("file", value).err(), Some(RenderError::BadSegment("value".into())), "{value:?}");
    }
    // Encoded dots are encoded once more, and so stay text.
    assert!(fill("path", "%2e%2e").unwrap().request.uri().path().contains("/%252e%252e/"));
    for value in ["a\r\nX-Evil: 1", "a\nb", "a\0b", "é"] {
        assert_eq!(fill("header", value).err(), Some(RenderError::BadHeader("X-V".into())), "{value:?}");
    }
}

#[test]
fn a_field_in_a_host_is_one_label_and_never_another_host() {
    let host = |site: &str| {
        let values = Values::new().secret("key", "k".into()).plain("site", site);
        action(&positions(), "host", &Map::new(), &values).map(|call| call.request.uri().to_string())
    };
    assert_eq!(host("eu-1").unwrap(), "https://eu-1.tenants.acme.test/h");
    for site in ["evil.test/", "a.b", "evil.test#", "a@b", "", "-a", "a-", "a\\b", "ａ", "a:443", &"a".repeat(64)] {
        assert_eq!(host(site), Err(RenderError::BadLabel("site".into())), "{site}");
    }
}

#[test]
fn a_base_that_an_answer_gave_must_be_among_the_hosts() {
    let provider = read(&acme(
        "[auth.oauth2]\nauthorize_url = 'https://api.acme.test/a'\ntoken_url = 'https://api.acme.test/t'\n\
         answer = { keep = { instance_url = '/instance_url' } }\n[test]\nurl = '{instance_url}/me'\n",
    ))
    .unwrap();
    let test =
        |base: &str| provider.test(&token().plain("instance_url", base)).map(|call| call.request.uri().to_string());
    assert_eq!(test("https://eu.tenants.acme.test").unwrap(), "https://eu.tenants.acme.test/me");
    assert_eq!(test("https://eu.tenants.acme.test/base/").unwrap(), "https://eu.tenants.acme.test/base/me");
    assert_eq!(test("https://evil.test"), Err(RenderError::ForeignHost("evil.test".into())));
    for base in
        ["https://u@api.acme.test", "https://api.acme.test?x=", "https://api.acme.test#", "file:///etc", "nonsense"]
    {
        assert_eq!(test(base), Err(RenderError::BadBase("instance_url".into())), "{base}");
    }
    assert_eq!(test("http://api.acme.test"), Err(RenderError::NotAnAddress));
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let key = Values::new().secret("key", "k".into());
    let go = |name: &str, given: Value, values: &Values| action(&positions(), name, &inputs(given), values).err();
    assert_eq!(go("path", json!({}), &key), Some(RenderError::Missing("value".into())));
    assert_eq!(go("path", json!({"value": null}), &key), Some(RenderError::Missing("value".into())));
    assert_eq!(go("path", json!({"value": "a", "key": "mine"}), &key), Some(RenderError::UnknownInput("key".into())));
    assert_eq!(go("none", json!({}), &key), Some(RenderError::UnknownAction("none".into())));
    assert_eq!(go("host", json!({}), &key), Some(RenderError::Missing("site".into())));
    assert_eq!(go("path", json!({"value": "a"}), &Values::new()), Some(RenderError::NoCredential));
}

#[test]
fn a_credential_goes_where_its_provider_wants_it() {
    let github = built_in("github").test(&token()).unwrap();
    assert_eq!(header(&github, "authorization"), Some("Bearer tok-123456789"));
    assert!(github.request.headers()["authorization"].is_sensitive());
    assert_eq!(header(&github, "x-github-api-version"), Some("2022-11-28"));

    let typed = |slug: &str, typed: Value| credentials::api_key(&built_in(slug), &inputs(typed)).unwrap();
    let pat =
        built_in("github").test(&typed("github", json!({"token": "ghp_0123456789012345678901234567890"}))).unwrap();
    assert_eq!(header(&pat, "authorization"), Some("Bearer ghp_0123456789012345678901234567890"));

    let telegram = built_in("telegram").test(&typed("telegram", json!({"token": "123:abc-DEF_1"}))).unwrap();
    assert_eq!(telegram.request.uri(), "https://api.telegram.org/bot123:abc-DEF_1/getMe");
    assert_eq!(header(&telegram, "authorization"), None);

    let openai =
        built_in("openai").test(&typed("openai", json!({"api_key": "sk-test-1", "organization": "org-1"}))).unwrap();
    assert_eq!(header(&openai, "authorization"), Some("Bearer sk-test-1"));
    assert_eq!(header(&openai, "openai-organization"), Some("org-1"));
    assert_eq!(header(&openai, "openai-project"), None);

    let dropbox = built_in("dropbox").test(&token()).unwrap();
    assert_eq!((header(&dropbox, "content-type"), dropbox.request.body().len()), (None, 0));
    assert_eq!(dropbox.request.method(), http::Method::POST);
    assert_eq!(header(&built_in("notion").test(&token()).unwrap(), "notion-version"), Some("2025-09-03"));
}

#[test]
fn actions_are_rendered_as_the_vendors_document_them() {
    let credential = token();
    let go = |slug: &str, name: &str, given: Value| action(&built_in(slug), name, &inputs(given), &credential).unwrap();
    let issue = go("github", "create_issue", json!({"owner": "o", "repo": "r", "title": "t", "labels": ["bug"]}));
    assert_eq!(issue.request.uri(), "https://api.github.com/repos/o/r/issues");
    assert_eq!(body(&issue), json!({"title": "t", "labels": ["bug"]}));
    let events = go("google_calendar", "list_events", json!({"timeMin": "2026-11-20T00:00:00Z"}));
    assert_eq!(
        events.request.uri(),
        "https://www.googleapis.com/calendar/v3/calendars/primary/events?orderBy=startTime&singleEvents=true&timeMin=2026-11-20T00%3A00%3A00Z"
    );
    let comment = go("notion", "create_comment", json!({"page_id": "p", "text": "hi"}));
    assert_eq!(body(&comment), json!({"parent": {"page_id": "p"}, "rich_text": [{"text": {"content": "hi"}}]}));
    let folder = go("dropbox", "list_folder", json!({}));
    assert_eq!(body(&folder), json!({"path": ""}));
}

#[test]
fn every_action_of_every_file_can_be_rendered() {
    for provider in Catalogue::local(None, "http://localhost:3000").list() {
        let mut values = token();
        for name in provider.api_key().into_iter().flat_map(|key| key.fields.keys()) {
            values = values.secret(name, if name == "region" { "eu-west-1" } else { "123:abc" }.into());
        }
        let told = json!({
            "host": "wd2-impl-services1.workday.com", "tenant": "acme", "baseUrl": "https://server.example.org",
        });
        values = values.and(&credentials::fields(&provider, &inputs(told)).unwrap());
        let answers = provider.oauth2().into_iter().flat_map(|oauth2| oauth2.answer.keep.keys());
        for fact in answers.chain(provider.file().identity.iter().flat_map(|step| step.keep.keys())) {
            values = values.plain(fact, if fact == "instance_url" { "https://acme.my.salesforce.com" } else { "x" });
        }
        // What a hook does is no request that could be rendered.
        for (name, declared) in provider.file().actions.iter().filter(|(_, declared)| declared.request.is_some()) {
            let given: Map<String, Value> =
                declared.input.required.iter().map(|input| (input.clone(), json!("x"))).collect();
            action(&provider, name, &given, &values)
                .unwrap_or_else(|error| panic!("{}.{name}: {error}", provider.slug()));
        }
    }
}

#[test]
fn typed_keys_are_read_by_any_spelling_and_errors_never_show_them() {
    let telegram = built_in("telegram");
    for key in ["botToken", "bot_token", "token", "BOT-TOKEN"] {
        let mut typed = Map::new();
        typed.insert(key.to_owned(), " 1:a ".into());
        typed.insert("name".to_owned(), json!({"left": "out"}));
        let values = credentials::api_key(&telegram, &typed).unwrap();
        assert_eq!(values.get_secret("botToken").unwrap().expose(), "1:a");
        assert_eq!(values.names().collect::<Vec<_>>(), ["botToken"]);
    }
    for (typed, problem) in [
        (json!({}), "`botToken` is missing"),
        (json!({"botToken": ""}), "`botToken` is missing"),
        (json!({"botToken": [5]}), "`botToken` must be a text"),
        (json!({"botToken": "hush-hush"}), "`botToken` does not look right"),
        (json!({"botToken": "1:a/../.."}), "`botToken` does not look right"),
    ] {
        let errors = credentials::api_key(&telegram, &inputs(typed)).err().unwrap();
        assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [problem]);
    }
    assert!(credentials::api_key(&built_in("google"), &Map::new()).is_err());
}

/// Each kind of Atlassian's tokens is refused where the other one goes.
#[test]
fn a_typed_credential_goes_where_its_kind_is_taken() {
    let typed =
        Values::new().plain("site", "acme").plain("email", "ada+x@example.org").secret("api_token", "t:1".into());
    let consent = token().plain("site", "").plain("cloud_id", "c-1");
    for (slug, name, path) in
        [("jira", "list_projects", "/rest/api/3/project/search"), ("confluence", "list_spaces", "/wiki/api/v2/spaces")]
    {
        let provider = built_in(slug);
        let call = action(&provider, name, &Map::new(), &typed).unwrap();
        assert_eq!(call.request.uri().to_string(), format!("https://acme.atlassian.net{path}"));
        assert_eq!(header(&call, "authorization"), Some("Basic YWRhK3hAZXhhbXBsZS5vcmc6dDox"));
        assert!(call.request.headers()["authorization"].is_sensitive());
        let call = action(&provider, name, &Map::new(), &consent).unwrap();
        assert_eq!(call.request.uri().to_string(), format!("https://api.atlassian.com/ex/{slug}/c-1{path}"));
        assert_eq!(header(&call, "authorization"), Some("Bearer tok-123456789"));
        for site in ["evil.example/", "a.atlassian.net.evil", "x@y", "169.254.169.254", ""] {
            let elsewhere = typed.clone().plain("site", site);
            assert!(provider.test(&elsewhere).is_err(), "{site}");
        }
    }
    // What every way asks for proves nothing.
    let none = Values::new().plain("site", "acme").plain("cloud_id", "c-1");
    assert_eq!(action(&built_in("jira"), "list_projects", &Map::new(), &none).err(), Some(RenderError::NoCredential));
}
