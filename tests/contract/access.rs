//! Who may call, and about whose things: tables over all operations. An operation that is not named here asks who is
//! calling, and what names somebody else's thing reads as if there were none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::{Answer, PUBLIC_URL, Provider, TestApp, User};

use crate::operations::{self, Operation};

/// Operations that answer strangers, each because the contract says so. This list may only shrink.
pub(crate) const PUBLIC: [&str; 29] = [
    // What signing in takes, and what tokens are checked with.
    "auth.jwks",
    "auth.login",
    "auth.refresh",
    "auth.register",
    // By the token of a mail, or to get such a mail.
    "auth.forgot_password",
    "auth.reset_password",
    "auth.verify_email",
    // Pages for whoever is not signed in yet; the confirm page sends them to sign in.
    "console.api",
    "console.asset",
    "console.confirm",
    "console.health",
    "console.home",
    "console.sign_in",
    "console.sign_in_page",
    "console.sign_up",
    "console.sign_up_page",
    // Where the links of mails lead.
    "console.forgot",
    "console.forgot_page",
    "console.invitation",
    "console.invitation_page",
    "console.reset",
    "console.reset_page",
    "console.verify",
    "console.verify_page",
    // Connect links: for people without a sign-in here, by the link's token and a cookie.
    "oauth.link_page",
    "oauth.use_link",
    // The shop window.
    "integrations.available",
    // Bound by state and cookie; and the way from there to the sign-in.
    "oauth.callback",
    "oauth.resume",
];

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in() {
    let app = TestApp::start().await;
    let mut open = BTreeSet::new();
    for operation in operations::all() {
        let path = operation.filled(&BTreeMap::new());
        let answer = app.request(operation.method.clone(), &path).json(serde_json::json!({})).send().await;
        let refused = answer.status() == 401 && answer.code() == "auth.required";
        if !refused {
            open.insert(operation.alias_of.unwrap_or(operation.id));
        }
    }
    let named: BTreeSet<String> = PUBLIC.iter().map(|&id| id.to_owned()).collect();
    assert_eq!(open, named, "left: operations that answer strangers; right: those that are meant to");
}

/// What of somebody's can be named in a request.
struct Things {
    user: String,
    handshake: String,
    state: String,
    integration: String,
    credential: String,
    key: String,
    invitation: String,
    managed: String,
    link: String,
}

impl Things {
    /// Names that nobody has.
    fn of_nobody() -> Self {
        Self {
            user: "usr_zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
            handshake: format!("hs_{}", "0".repeat(64)),
            state: "0".repeat(43),
            integration: "int_zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
            credential: "int_yyyyyyyyyyyyyyyyyyyyyy".to_owned(),
            key: "key_zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
            invitation: "inv_zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
            managed: "usr_zzzzzzzzzzzzzzzzzzzzzy".to_owned(),
            link: format!("lnk_{}", "0".repeat(64)),
        }
    }

    async fn of(app: &TestApp, owner: &User) -> Self {
        let post = async |path: &str, body: Value| {
            app.post(path).bearer(&owner.access_token).json(body).send().await.expect(200)
        };
        let text = |answer: &Answer, name: &str| answer.at(name).as_str().unwrap().to_owned();
        let start = "/api/integrations/oauth/start/acme";
        let connected = post(start, json!({})).await;
        let body = json!({ "code": "c", "state": state(&connected) });
        let finished = post("/api/integrations/oauth/callback", body).await;
        let begun = post(start, json!({ "label": "other" })).await;
        let typed = json!({ "credentialType": "mine", "credentials": { "k": "v" } });
        let kept = app.post("/api/credentials").bearer(&owner.access_token).json(typed).send().await.expect(201);
        let scopes = ["users:act", "integrations:write"];
        let key = post("/api/auth/keys", json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
        app.prove(owner).await;
        let invitation = post("/api/auth/invitations", json!({ "email": "bob@example.org" })).await;
        let made = app.post("/api/users").bearer(&owner.access_token).json(json!({ "externalId": "joe" }));
        let managed = made.send().await.expect(201);
        let link = json!({ "user": "ext:joe", "providers": ["acme"], "returnTo": PUBLIC_URL });
        let link = app.post("/api/connect/links").bearer(&text(&key, "key")).json(link).send().await.expect(201);
        Self {
            invitation: text(&invitation, "id"),
            managed: text(&managed, "id"),
            link: text(&link, "id"),
            user: owner.id.clone(),
            handshake: text(&begun, "handshakeId"),
            state: state(&begun),
            integration: text(&finished, "integration_id"),
            credential: text(&kept, "id"),
            key: text(&key, "id"),
        }
    }

    /// How an operation names them: in its path, in its query, in its body. `None` where it is about the caller alone.
    fn named_by(&self, operation: &Operation) -> Option<(BTreeMap<&'static str, String>, String, Value)> {
        let (query, body) = match operation.alias_of.as_deref().unwrap_or(&operation.id) {
            "oauth.finish" | "oauth.github_callback" => (String::new(), json!({ "code": "c", "state": self.state })),
            "oauth.github_initiate" | "integrations.disconnect" => (String::new(), json!({ "userId": self.user })),
            "oauth.google_initiate" => (String::new(), json!({ "service": "google_calendar", "userId": self.user })),
            "integrations.edit" | "credentials.update" => (String::new(), json!({ "name": "hers" })),
            "credentials.list" => (format!("?username={}&credentialType=mine&projectId=default", self.user), json!({})),
            "credentials.create" => {
                let body = json!({ "username": self.user, "credentialType": "mine", "credentials": { "k": "w" } });
                (String::new(), body)
            }
            "credentials.usage_report" => (format!("?user={}", self.user), json!({})),
            "auth.create_key" => {
                (String::new(), json!({ "name": "k", "scopes": ["integrations:read"], "users": [self.user] }))
            }
            "oauth.create_link" => {
                (String::new(), json!({ "user": self.user, "providers": ["acme"], "returnTo": PUBLIC_URL }))
            }
            "credentials.log_usage" => (String::new(), json!({ "userId": self.user, "model": "m" })),
            "oauth.confirm" => (String::new(), json!({ "handshake": self.handshake, "answer": "yes" })),
            "oauth.resume" | "console.confirm" => (format!("?handshake={}", self.handshake), json!({})),
            "oauth.confirm_link" => (String::new(), json!({ "code": "c", "user": "ext:joe" })),
            "auth.change_role" => (String::new(), json!({ "role": "guest" })),
            _ => (String::new(), json!({})),
        };
        let mut values = BTreeMap::new();
        for name in operation.path.split(['{', '}']).skip(1).step_by(2) {
            let (name, value) = match (name, operation.parts().0) {
                ("userId", _) => ("userId", &self.user),
                ("handshakeId", _) => ("handshakeId", &self.handshake),
                ("id", "integrations") => ("id", &self.integration),
                ("id", "credentials") => ("id", &self.credential),
                ("id", "auth") => ("id", self.of_auth(operation)),
                ("id", "oauth") => ("id", &self.link),
                // Providers and files are everybody's; and whoever has a mail's or a link's token is meant.
                ("providerId" | "type" | "name", _) | ("token", "console" | "oauth") => continue,
                _ => panic!("{}: say here whose `{name}` is", operation.id),
            };
            values.insert(name, value.clone());
        }
        let named = !values.is_empty() || !query.is_empty() || body != json!({});
        values.extend([("providerId", "acme".to_owned()), ("type", "acme".to_owned())]);
        named.then_some((values, query, body))
    }
}

impl Things {
    fn of_auth(&self, operation: &Operation) -> &String {
        match operation.parts().1 {
            "revoke_key" => &self.key,
            "take_invitation_back" => &self.invitation,
            "change_role" | "remove_member" => &self.user,
            "show_user" | "delete_user" => &self.managed,
            _ => panic!("{}: say here whose it is", operation.id),
        }
    }
}

fn state(begun: &Answer) -> String {
    let url: url::Url = begun.at("authUrl").as_str().unwrap().parse().unwrap();
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

/// An answer without what is different in each.
fn told(answer: &Answer) -> (u16, String) {
    let mut body = answer.json();
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| name != "requestId" && name != "instance");
        return (answer.status(), body.to_string());
    }
    (answer.status(), answer.text())
}

/// Operations that name nothing of somebody else's, but by `X-On-Behalf-Of`, which has tests of its own. This list may only
/// shrink.
const ABOUT_THE_CALLER: [&str; 30] = [
    // One's own sign-in and address.
    "auth.logout",
    "auth.me",
    "auth.request_verification",
    "console.sign_out",
    // One's own organisation, and whoever is to come into it.
    "auth.accept_invitation",
    "auth.change_organisation",
    "auth.create_user",
    "auth.invitations",
    "auth.invite",
    "auth.leave",
    "auth.list_keys",
    "auth.list_users",
    "auth.members",
    "auth.organisation",
    "credentials.global",
    "integrations.admin",
    // What one has of a provider, which everybody may name.
    "integrations.attach_token",
    "integrations.catalog",
    "integrations.disconnect_form",
    "integrations.list",
    "integrations.save",
    "integrations.send_email",
    "integrations.show",
    "integrations.status",
    "integrations.test",
    "integrations.test_email",
    "integrations.token",
    "oauth.form_page",
    "oauth.start",
    "oauth.use_form",
];

#[tokio::test]
async fn what_is_somebody_elses_reads_as_if_there_were_none() {
    let acme = Provider::start("acme").await;
    let app = TestApp::setup().provider(&acme).start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let (theirs, nobodys) = (Things::of(&app, &ada).await, Things::of_nobody());
    let exchanged = acme.count("token");
    let scopes = json!(["users:act", "integrations:read", "integrations:write"]);
    let key = app.service_key(&eve, json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
    let mut about_the_caller = BTreeSet::new();
    for operation in operations::all() {
        let ask = async |things: &Things| {
            let (values, query, body) = things.named_by(&operation)?;
            let path = format!("{}{query}", operation.filled(&values));
            let asked = app.request(operation.method.clone(), path).header("origin", PUBLIC_URL).json(body);
            // Back ends alone make links and ask after them: a person would be refused whatever is named.
            if ["oauth.create_link", "oauth.show_link", "oauth.confirm_link"].contains(&operation.id.as_str()) {
                let answer = asked.bearer(&key).send().await;
                assert!([403, 404].contains(&answer.status()), "{}: {}", operation.id, answer.text());
                assert_ne!(answer.code(), "auth.scope_missing", "{}", operation.id);
                return Some(answer);
            }
            Some(asked.bearer(&eve.access_token).send().await)
        };
        let (Some(real), Some(made_up)) = (ask(&theirs).await, ask(&nobodys).await) else {
            about_the_caller.insert(operation.alias_of.unwrap_or(operation.id));
            continue;
        };
        assert_eq!(told(&real), told(&made_up), "{}", operation.id);
    }
    about_the_caller.retain(|id| !PUBLIC.contains(&id.as_str()));
    let named: BTreeSet<String> = ABOUT_THE_CALLER.iter().map(|&id| id.to_owned()).collect();
    assert_eq!(about_the_caller, named, "left: operations that were not asked; right: those that name nobody's things");
    assert_eq!(acme.count("token"), exchanged, "nothing was exchanged");
    let map = app.get("/api/integrations/status").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(map.at("/acme/connected"), true, "Ada is connected still");
    let keys = app.get("/api/auth/keys").bearer(&ada.access_token).send().await.expect(200);
    assert!(keys.text().contains(&theirs.key), "Ada has her key still");
}
