use super::*;

/// What is wrong with the minimal file when `more` is added.
fn problem(more: &str) -> String {
    read(&acme(more)).map(|_| ()).unwrap_err().to_string()
}

const OAUTH: &str = "[auth.oauth2]\nauthorize_url = 'https://api.acme.test/authorize'\n\
                     token_url = 'https://api.acme.test/token'\n";

#[test]
fn the_example_of_the_documentation_is_good() {
    let page = include_str!("../../../../infra/docs/adding-a-provider.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let provider = read(example).unwrap();
    assert_eq!(provider.file().actions["create_task"].input.required, ["list", "title"]);
}

#[test]
fn the_minimal_file_is_good() {
    read(&acme(KEY)).unwrap();
    read(&acme(OAUTH)).unwrap();
}

#[test]
fn an_unknown_key_is_an_error_that_names_file_and_key() {
    for (more, key) in [
        ("colour = 'red'\n", "colour"),
        ("[auth.oauth2]\nauthorize_ur = ''\n", "authorize_ur"),
        ("[auth.oauth2.refresh]\nrotates = true\nrotate = true\n", "rotate"),
        ("[auth.saml]\n", "saml"),
        ("[auth.api_key.fields.key]\nlable = 'Key'\n", "lable"),
        ("[fields.site]\nlabel = 'Site'\nkind = 'x'\n", "kind"),
        ("[test]\nurll = 'x'\n", "urll"),
        ("[[identity]]\nid = ['/id']\nuser = ['/u']\n", "user"),
        ("[errors]\nmeanings = {}\n", "meanings"),
        ("[pagination]\nstyle = 'link'\nnext = '/x'\n", "next"),
        ("[limits]\nrequests = 1\nseconds = 1\nburst = 2\n", "burst"),
        ("[actions.go]\nsummary = 'Go'\nrequest = {}\nverb = 'x'\n", "verb"),
        ("[actions.go]\nsummary = 'Go'\nrequest = {}\ninput = { properties = { a = { typ = 'string' } } }\n", "typ"),
        ("[webhooks]\nscheme = 'token'\nheader = 'X'\nsecret = 'x'\n", "secret"),
    ] {
        let problem = problem(&format!("{more}{}", if more.contains("auth.api_key") { "" } else { KEY }));
        assert!(problem.starts_with("acme.toml: "), "{problem}");
        assert!(problem.contains(&format!("unknown field `{key}`")), "{problem}");
    }
}

#[test]
fn a_missing_key_or_a_wrong_type_is_named() {
    let text = acme(KEY);
    assert!(read(&text.replace("checked = 2026-11-20\n", "")).unwrap_err().to_string().contains("`checked`"));
    let problem = read(&text.replace("2026-11-20", "'2026-11-20'")).unwrap_err().to_string();
    assert!(problem.contains("checked = '2026-11-20'"), "{problem}");
    assert!(read(&text.replace("name = 'Acme'", "name = 3")).unwrap_err().to_string().contains("name = 3"));
    assert!(read("name = ").unwrap_err().to_string().starts_with("acme.toml: "));
}

#[test]
fn what_does_not_fit_together_is_an_error_that_names_the_key() {
    let cases = [
        ("", "auth: has neither"),
        ("[auth]\n", "auth: has neither"),
        ("[test]\npath = 'me'\n", "test.path: starts with `/`"),
        ("[test]\n", "test: has either"),
        ("[test]\npath = '/me'\nurl = 'https://api.acme.test/me'\n", "test: has either"),
        ("[test]\nurl = 'http://api.acme.test/me'\n", "test.url: must be https"),
        ("[test]\nurl = 'https://evil.test/me'\n", "test.url: host `evil.test` is not in `hosts`"),
        ("[test]\nurl = 'https://api.acme.test.evil.test/'\n", "is not in `hosts`"),
        ("[test]\nurl = 'https://api.acme.test:8443/'\n", "is not in `hosts`"),
        ("[test]\nurl = 'https://key@api.acme.test/'\n", "neither a user nor a fragment"),
        ("[test]\nurl = 'https://a.b.tenants.acme.test/'\n", "is not in `hosts`"),
        ("[test]\npath = '/{missing}'\n", "test: nothing fills in `{missing}`"),
        ("[test]\npath = '/a'\nheaders = { Host = 'x' }\n", "test.headers: `Host`"),
        ("[test]\npath = '/a'\nheaders = { Authorization = '{key}' }\n", "test.headers: `Authorization`"),
        ("[test]\npath = '/a'\nheaders = { 'X Y' = 'x' }\n", "test.headers: `X Y`"),
        ("[test]\npath = '/a'\njson = { a = 1 }\nform = { a = '1' }\n", "test: has both"),
        ("[test]\npath = '/{'\n", "without its `}`"),
        ("[errors]\ncode = ['error']\n", "is not a JSON pointer"),
        ("[errors.status]\n'4xx' = 'refused'\n", "errors.status: `4xx`"),
        ("[errors.codes]\ngone = 'explode'\n", "unknown variant `explode`"),
        ("[errors]\nin_200 = true\n", "errors.in_200"),
        ("[[identity]]\nwhen_missing = 'shoe_size'\n", "identity[0].when_missing"),
        ("[pagination]\nstyle = 'cursor'\n", "pagination: style `cursor`"),
        ("[fields.access_token]\nlabel = 'x'\n", "`access_token` is not fit"),
        ("[[identity]]\nid = ['/id']\nkeep = { access_token = '/t' }\n", "keep: `access_token` is not fit"),
        ("[[identity]]\nid = ['/id']\nkeep = { key = '/t' }\n", "keep: `key` is not fit"),
        ("[fields.site]\nlabel = 'x'\npattern = '('\n", "pattern = '('"),
    ];
    for (more, expected) in cases {
        let found = problem(&format!("{more}{}", if more.starts_with("[auth]") || more.is_empty() { "" } else { KEY }));
        assert!(found.contains(expected), "{more}: {found}");
    }
}

#[test]
fn a_placeholder_in_a_host_is_one_label_under_a_fixed_suffix() {
    let site = "[fields.site]\nlabel = 'Site'\n";
    let good = format!("[test]\nurl = 'https://{{site}}.tenants.acme.test/me'\n{site}{KEY}");
    read(&acme(&good)).unwrap();
    for url in
        ["https://{site}/me", "https://{site}.test/", "https://x{site}.tenants.acme.test/", "https://api.{site}/"]
    {
        let found = problem(&good.replace("https://{site}.tenants.acme.test/me", url));
        assert!(found.contains("test.url"), "{url}: {found}");
    }
    let found = problem(&good.replace("https://{site}.tenants.acme.test/me", "{site}/me"));
    assert!(found.contains("is not a `base_url` field"), "{found}");
    read(&acme(
        &good.replace("https://{site}.tenants.acme.test/me", "{site}/me").replace("'Site'", "'Site'\nbase_url = true"),
    ))
    .unwrap();
}

#[test]
fn oauth_keeps_what_protects_it() {
    let cases = [
        ("pkce = 'off'\n", "auth.oauth2.pkce_off_because: is missing"),
        ("pkce_off_because = 'x'\n", "auth.oauth2.pkce_off_because: stands beside"),
        ("pkce = 'plain'\n", "unknown variant `plain`"),
        ("authorize_params = { state = 'x' }\n", "auth.oauth2.authorize_params: `state`"),
        ("authorize_params = { redirect_uri = 'x' }\n", "auth.oauth2.authorize_params: `redirect_uri`"),
        ("authorize_without = ['state']\n", "auth.oauth2.authorize_without: `state`"),
        ("token_params = { client_secret = 'x' }\n", "auth.oauth2.token_params: `client_secret`"),
        ("token_headers = { Authorization = 'x' }\n", "auth.oauth2.token_headers: `Authorization`"),
        ("refresh_url = 'https://evil.test/'\n", "auth.oauth2.refresh_url: host `evil.test`"),
        ("separator = ''\n", "auth.oauth2.separator"),
        ("revoke = { reach = 'token', request = { url = 'https://evil.test/' } }\n", "auth.oauth2.revoke.request.url"),
        ("callback_keep = { state = '.*' }\n", "callback_keep: `state` is read by Postern"),
        ("callback_keep = { shop = '(' }\n", "callback_keep"),
        ("callback_keep = { access_token = '.*' }\n", "keep: `access_token` is not fit"),
        // What comes back with the browser chooses no place where a code goes.
        (
            "callback_keep = { shop = '.*' }\nrefresh_url = 'https://{shop}.tenants.acme.test/'\n",
            "nothing fills in `{shop}`",
        ),
    ];
    for (more, expected) in cases {
        let found = problem(&format!("{OAUTH}{more}"));
        assert!(found.contains(expected), "{more}: {found}");
    }
}

#[test]
fn a_typed_credential_has_an_address_of_its_own_on_the_providers_hosts() {
    let good = "[fields.site]\nlabel = 'Site'\n[test]\npath = '/me'\n[auth.api_key]\n\
                base_url = 'https://{site}.tenants.acme.test'\ntest = { path = '/who' }\n\
                apply = { basic = { user = '{site}', password = '{key}' } }\n\
                [auth.api_key.fields.key]\nlabel = 'Key'\nunder = 'tenants.acme.test'\n";
    read(&acme(good)).unwrap();
    for (from, to, expected) in [
        ("https://{site}.tenants.acme.test", "https://{site}.evil.test", "auth.api_key.base_url: host"),
        ("https://{site}.tenants.acme.test", "http://{site}.tenants.acme.test", "auth.api_key.base_url: must be https"),
        ("https://{site}.tenants.acme.test", "https://{site}", "auth.api_key.base_url: a placeholder in a host"),
        ("https://{site}.tenants.acme.test", "https://{else}.tenants.acme.test", "nothing fills in `{else}`"),
        ("base_url = 'https://{site}.", "base_uri = 'https://{site}.", "unknown field `base_uri`"),
        ("path = '/who'", "url = 'https://evil.test/'", "auth.api_key.test.url: host"),
        ("'{key}'", "'{else}'", "auth.api_key.apply.basic: nothing fills in `{else}`"),
        ("apply = {", "apply = { headers = { Authorization = 'x' },", "has both `basic` and an `Authorization` header"),
        ("under = 'tenants.acme.test'", "under = 'tenants.acme.test/x'", "fields.key.under: `tenants.acme.test/x`"),
    ] {
        let found = problem(&good.replacen(from, to, 1));
        assert!(found.contains(expected), "{to}: {found}");
    }
}

#[test]
fn what_mints_needs_what_it_mints_by() {
    let typed =
        "[auth.api_key.fields]\nclient_id = { label = 'Id', secret = false }\nclient_secret = { label = 'Secret' }\n";
    let client = "[auth.client_credentials]\ntoken_url = 'https://api.acme.test/token'\n";
    let signed = "[auth.service_account]\nhook = 'google'\ntoken_url = 'https://api.acme.test/token'\n";
    read(&acme(&format!("{typed}{client}"))).unwrap();
    read(&acme(&format!("{signed}{KEY}"))).unwrap();
    let session = |more: &str| {
        format!(
            "[hooks]\nsign = 'sigv4'\n[auth.api_key.fields]\nkey = {{ label = 'Key' }}\n\
             role = {{ label = 'Role', optional = true, secret = false }}\n\
             [auth.session]\nneeds = 'role'\nexpires_in = 3600\nparts = {{ key = '/Key' }}\n\
             request = {{ method = 'POST', url = 'https://api.acme.test/', service = 'sts', form = {{ Role = '{{role}}' }} }}\n{more}"
        )
    };
    read(&acme(&session(""))).unwrap();
    let elsewhere = client.replace("api.acme.test", "evil.test");
    let secret_address = client.replace("api.acme.test/token", "api.acme.test/{client_secret}");
    for (file, expected) in [
        (client.to_owned(), "auth: has neither"),
        (format!("{client}{KEY}"), "auth.client_credentials: needs the typed parts"),
        (format!("{typed}{elsewhere}"), "auth.client_credentials.token_url: host `evil.test`"),
        (format!("{typed}{secret_address}"), "nothing fills in `{client_secret}`"),
        (format!("{typed}{client}token_params = {{ grant_type = 'x' }}\n"), "token_params: `grant_type`"),
        (format!("{typed}{client}{signed}"), "auth: has more than one of"),
        (signed.replace("google", "nobody") + KEY, "there is no hook `nobody`"),
        (signed.replace("api.acme.test", "evil.test") + KEY, "auth.service_account.token_url: host `evil.test`"),
        (session("").replace("sign = 'sigv4'", ""), "nothing signs"),
        (session("").replace("needs = 'role'", "needs = 'key'"), "auth.session.needs: `key`"),
        (
            session("").replace("key = '/Key'", "nonesuch = '/Key'"),
            "auth.session.parts: there is no typed part `nonesuch`",
        ),
        (session("").replace("api.acme.test", "evil.test"), "auth.session.request.url: host `evil.test`"),
        (session(client), "auth: has more than one of"),
        (
            format!("[[identity]]\nchoose = {{ by = 'site', at = ['/id'], what = 'site' }}\n{KEY}"),
            "there is no field `site`",
        ),
    ] {
        let found = problem(&file);
        assert!(found.contains(expected), "{file}: {found}");
    }
}

#[test]
fn what_is_taken_back_was_made_by_a_hook_and_ends_alone() {
    let revoke = |more: &str| {
        let revoke = "revoke = { reach = 'token', request = { url = 'https://api.acme.test/{token}' } }";
        format!("[auth.api_key]\n{revoke}\nfields = {{ key = {{ label = 'Key' }} }}\n{more}")
    };
    let made = revoke("[hooks]\nenter = 'webhook'\n");
    read(&acme(&made)).unwrap();
    assert!(problem(&revoke("")).contains("auth.api_key.revoke: nothing is made"));
    assert!(problem(&made.replace("'token'", "'account'")).contains("auth.api_key.revoke.reach"));
    assert!(problem(&made.replace("api.acme.test", "evil.test")).contains("auth.api_key.revoke.request.url"));
}

#[test]
fn an_address_that_is_told_must_lie_on_the_providers_hosts() {
    let file = format!("[fields.site]\nlabel = 'Site'\nof_hosts = true\n[test]\nurl = '{{site}}/me'\n{KEY}");
    let provider = read(&acme(&file)).unwrap();
    let told = |site: &str| {
        let typed = serde_json::json!({ "site": site });
        credentials::fields(&provider, typed.as_object().unwrap()).map(|values| values.get_plain("site").cloned())
    };
    for good in ["a.tenants.acme.test", "https://a.tenants.acme.test", "https://a.tenants.acme.test/"] {
        assert_eq!(told(good).unwrap(), Some("https://a.tenants.acme.test".into()), "{good}");
    }
    for bad in [
        "evil.test",
        "https://evil.test",
        "http://169.254.169.254",
        "tenants.acme.test",
        "a.b.tenants.acme.test",
        "https://a.tenants.acme.test@evil.test",
        "https://evil.test/a.tenants.acme.test",
        "https://a.tenants.acme.test/deeper",
        "https://a.tenants.acme.test?x=1",
        "https://a.tenants.acme.test:8443",
        "ftp://a.tenants.acme.test",
        "https://user@a.tenants.acme.test",
        "https://a.tenants.acme.test#x",
        "http://a.tenants.acme.test:443",
    ] {
        assert!(told(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_action_uses_all_its_inputs_and_none_that_are_secret() {
    let action = |input: &str, rest: &str| {
        problem(&format!("[actions.go]\nsummary = 'Go'\nrequest = {{ path = '/go' }}\n{rest}input = {input}\n{KEY}"))
    };
    let idle = action("{ properties = { a = {} } }", "");
    assert!(idle.contains("actions.go: no template uses the input `a`"), "{idle}");
    let shadowed = action("{ properties = { key = {} } }", "inputs_to = 'json'\n");
    assert!(shadowed.contains("`key` is not fit for an input's name"), "{shadowed}");
    let absent = action("{ required = ['b'], properties = {} }", "");
    assert!(absent.contains("there is no property `b`"), "{absent}");
}

#[test]
fn inputs_are_told_as_json_schema() {
    let telegram = built_in("telegram");
    let schema = telegram.file().actions["sendLocation"].input.json_schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], serde_json::json!(["chat_id", "latitude", "longitude"]));
    assert_eq!(schema["properties"]["latitude"], serde_json::json!({"type": "number", "minimum": -90, "maximum": 90}));
}

#[test]
fn http_is_for_the_local_server_and_loopback_alone() {
    let local = acme(OAUTH)
        .replace("https://api.acme.test/", "http://127.0.0.1:4000/")
        .replace("'api.acme.test'", "'127.0.0.1:4000'")
        .replace("https://acme.test/docs", "http://127.0.0.1:4000/");
    assert!(read(&local).is_err());
    read(&format!("local_only = true\n{local}")).unwrap();
    let elsewhere = local.replace("127.0.0.1:4000", "192.168.1.1:4000");
    assert!(read(&format!("local_only = true\n{elsewhere}")).unwrap_err().to_string().contains("must be https"));
}
