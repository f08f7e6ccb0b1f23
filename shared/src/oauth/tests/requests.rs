use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::client;
use crate::{
    oauth::{Client, authorize, token},
    providers::{Call, Provider, RenderError, Values, tests::built_in},
};

const BACK: &str = "https://postern.test/api/integrations/oauth/callback/x?a=1";

fn authorize_params(provider: &Provider, scopes: &[String]) -> (String, BTreeMap<String, String>) {
    let (client, fields) = (client(), Values::new());
    let consent = authorize::Consent {
        client: &client,
        redirect_uri: BACK,
        state: "st",
        scopes,
        challenge: "ch",
        fields: &fields,
    };
    let url = authorize::url(provider, &consent).unwrap();
    (url[..url::Position::AfterPath].to_owned(), url.query_pairs().into_owned().collect())
}

fn form(call: &Call) -> BTreeMap<String, String> {
    form_urlencoded::parse(call.request.body()).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn header<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.request.headers().get(name).map(|value| value.to_str().unwrap())
}

fn exchange(provider: &Arc<Provider>, client: &Client) -> Call {
    token::exchange_request(provider, client, &"the-code".into(), BACK, &"the-verifier".into(), &Values::new()).unwrap()
}

/// Provider, address, own parameters, and whether a proof key goes along.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], bool);

#[test]
fn each_provider_is_asked_for_consent_in_its_own_way() {
    let common = [("response_type", "code"), ("client_id", "cid"), ("redirect_uri", BACK), ("state", "st")];
    let proof = [("code_challenge", "ch"), ("code_challenge_method", "S256")];
    let cases: [Case; 6] = [
        ("github", "https://github.com/login/oauth/authorize", &[("scope", "repo user:email")], true),
        (
            "google_calendar",
            "https://accounts.google.com/o/oauth2/v2/auth",
            &[
                (
                    "scope",
                    "https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile \
                     https://www.googleapis.com/auth/calendar",
                ),
                ("access_type", "offline"),
                ("prompt", "consent"),
            ],
            true,
        ),
        (
            "slack",
            "https://slack.com/oauth/v2/authorize",
            &[("scope", "channels:read,chat:write,users:read,im:read,im:write")],
            false,
        ),
        (
            "dropbox",
            "https://www.dropbox.com/oauth2/authorize",
            &[
                ("scope", "account_info.read files.metadata.read files.content.read files.content.write sharing.write"),
                ("token_access_type", "offline"),
            ],
            true,
        ),
        ("notion", "https://api.notion.com/v1/oauth/authorize", &[("owner", "user")], false),
        ("sandbox", "http://localhost:3000/sandbox/authorize", &[("scope", "profile")], true),
    ];
    for (slug, address, own, proves) in cases {
        let mut expected = pairs(&common);
        expected.extend(pairs(own));
        expected.extend(pairs(if proves { &proof } else { &[] }));
        assert_eq!(authorize_params(&built_in(slug), &[]), (address.to_owned(), expected), "{slug}");
    }
}

#[test]
fn scopes_that_the_caller_names_replace_the_default_ones() {
    let (_, params) = authorize_params(&built_in("slack"), &["chat:write".to_owned(), "im:read".to_owned()]);
    assert_eq!(params["scope"], "chat:write,im:read");
}

#[test]
fn a_redirect_uri_with_parameters_survives_the_address() {
    let (client, fields) = (client(), Values::new());
    let consent = authorize::Consent {
        client: &client,
        redirect_uri: BACK,
        state: "a&b=c",
        scopes: &[],
        challenge: "ch",
        fields: &fields,
    };
    let url = authorize::url(&built_in("github"), &consent).unwrap();
    assert!(url.as_str().contains("redirect_uri=https%3A%2F%2Fpostern.test%2F"), "{url}");
    assert!(url.as_str().contains("x%3Fa%3D1&") && url.as_str().contains("state=a%26b%3Dc&"), "{url}");
}

#[test]
fn a_code_is_exchanged_by_form_with_the_client_in_the_body() {
    for (slug, address) in [
        ("github", "https://github.com/login/oauth/access_token"),
        ("google", "https://oauth2.googleapis.com/token"),
        ("dropbox", "https://api.dropboxapi.com/oauth2/token"),
    ] {
        let call = exchange(&built_in(slug), &client());
        assert_eq!((call.request.method(), call.request.uri().to_string().as_str()), (&http::Method::POST, address));
        assert_eq!(header(&call, "accept"), Some("application/json"));
        assert_eq!(header(&call, "authorization"), None);
        let expected = [
            ("grant_type", "authorization_code"),
            ("code", "the-code"),
            ("redirect_uri", BACK),
            ("code_verifier", "the-verifier"),
            ("client_id", "cid"),
            ("client_secret", "c/secret+1"),
        ];
        assert_eq!(form(&call), pairs(&expected), "{slug}");
    }
}

#[test]
fn slack_gets_the_client_by_basic_both_parts_form_encoded_first() {
    let call = exchange(&built_in("slack"), &client());
    // cid:c%2Fsecret%2B1
    assert_eq!(header(&call, "authorization"), Some("Basic Y2lkOmMlMkZzZWNyZXQlMkIx"));
    assert!(call.request.headers()["authorization"].is_sensitive());
    let expected = [("grant_type", "authorization_code"), ("code", "the-code"), ("redirect_uri", BACK)];
    assert_eq!(form(&call), pairs(&expected));
}

#[test]
fn notion_gets_json_and_the_client_by_basic() {
    let call = exchange(&built_in("notion"), &client());
    assert_eq!(header(&call, "content-type"), Some("application/json"));
    assert_eq!(header(&call, "notion-version"), Some("2025-09-03"));
    assert!(header(&call, "authorization").unwrap().starts_with("Basic "));
    let body: Value = serde_json::from_slice(call.request.body()).unwrap();
    assert_eq!(body, json!({"grant_type": "authorization_code", "code": "the-code", "redirect_uri": BACK}));
}

#[test]
fn a_public_client_names_itself_and_proves_nothing() {
    let public = Client::public(&built_in("sandbox")).unwrap();
    assert!(Client::public(&built_in("slack")).is_none());
    for slug in ["sandbox", "slack"] {
        let call = exchange(&built_in(slug), &public);
        assert_eq!(header(&call, "authorization"), None);
        assert_eq!(form(&call)["client_id"], "sandbox");
        assert!(!form(&call).contains_key("client_secret"));
    }
}

#[test]
fn a_refresh_sends_the_refresh_token_and_no_more() {
    let call = token::refresh_request(&built_in("google"), &client(), &"rt".into(), &Values::new()).unwrap();
    let expected = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "rt"),
        ("client_id", "cid"),
        ("client_secret", "c/secret+1"),
    ];
    assert_eq!(form(&call), pairs(&expected));
    let notion = token::refresh_request(&built_in("notion"), &client(), &"rt".into(), &Values::new()).unwrap();
    let body: Value = serde_json::from_slice(notion.request.body()).unwrap();
    assert_eq!(body, json!({"grant_type": "refresh_token", "refresh_token": "rt"}));
}

#[test]
fn a_grant_is_given_back_as_each_provider_wants_it() {
    let revoke = |slug: &str, refresh: Option<&str>| {
        let refresh = refresh.map(Into::into);
        token::revoke_request(&built_in(slug), &client(), &"at".into(), refresh.as_ref(), &Values::new())
            .unwrap()
            .unwrap()
    };
    let google = revoke("google_calendar", Some("rt"));
    assert_eq!(google.request.uri(), "https://oauth2.googleapis.com/revoke");
    assert_eq!((form(&google), header(&google, "authorization")), (pairs(&[("token", "rt")]), None));
    assert_eq!(form(&revoke("google", None)), pairs(&[("token", "at")]));

    let github = revoke("github", None);
    assert_eq!(github.request.method(), http::Method::DELETE);
    assert_eq!(github.request.uri(), "https://api.github.com/applications/cid/token");
    assert!(header(&github, "authorization").unwrap().starts_with("Basic "));
    assert_eq!(github.request.body().as_ref(), br#"{"access_token":"at"}"#);

    for (slug, address) in
        [("slack", "https://slack.com/api/auth.revoke"), ("dropbox", "https://api.dropboxapi.com/2/auth/token/revoke")]
    {
        let call = revoke(slug, Some("rt"));
        assert_eq!(call.request.uri(), address);
        assert_eq!(header(&call, "authorization"), Some("Bearer at"), "{slug}");
    }
    let notion = revoke("notion", Some("rt"));
    assert_eq!(notion.request.body().as_ref(), br#"{"token":"at"}"#);
    assert_eq!(form(&revoke("sandbox", Some("rt"))), pairs(&[("token", "rt"), ("client_id", "cid")]));
}

#[test]
fn a_provider_without_oauth_says_so() {
    let telegram = built_in("telegram");
    let call = token::refresh_request(&telegram, &client(), &"rt".into(), &Values::new());
    assert_eq!(call.err(), Some(RenderError::Unsupported("oauth2")));
    assert!(token::revoke_request(&telegram, &client(), &"at".into(), None, &Values::new()).is_none());
}

#[test]
fn an_announced_issuer_is_told_for_the_callback_to_compare() {
    let issuer = |slug: &str| authorize::issuer(&built_in(slug), &Values::new()).unwrap();
    assert_eq!(issuer("google_calendar").as_deref(), Some("https://accounts.google.com"));
    assert_eq!(issuer("sandbox").as_deref(), Some("http://localhost:3000/sandbox"));
    assert_eq!(issuer("github"), None);
}

#[test]
fn the_token_host_is_where_secrets_go() {
    let host = |slug: &str| token::token_host(&built_in(slug), &Values::new()).unwrap();
    assert_eq!(host("google_calendar"), "oauth2.googleapis.com");
    assert_eq!(host("sandbox"), "localhost:3000");
}
