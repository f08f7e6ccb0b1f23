//! What tests of connections begin with: the product, a provider that does as it is told, and Ada, who is signed in.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use serde_json::{Value, json};
use support::{Answer, Ask, Browser, Provider, Setup, TestApp, User};
use url::Url;

/// The provider's id.
pub(crate) const ACME: &str = "acme";
/// The password that [`TestApp::register`] signs people up with.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// All of them.
pub(crate) struct House {
    pub(crate) app: TestApp,
    pub(crate) acme: Provider,
    pub(crate) ada: User,
}

/// A handshake on its way.
pub(crate) struct Begun {
    /// Where the browser is to go.
    pub(crate) url: Url,
    /// The handshake's id.
    pub(crate) id: String,
}

impl Begun {
    pub(crate) fn of(answer: &Answer) -> Self {
        let text = |name| answer.at(name).as_str().unwrap().to_owned();
        Self { url: text("authUrl").parse().unwrap(), id: text("handshakeId") }
    }

    /// A parameter of the provider's page.
    pub(crate) fn param(&self, name: &str) -> String {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    pub(crate) fn state(&self) -> String {
        self.param("state")
    }

    /// Where the provider sends the browser back to.
    pub(crate) fn back(&self, code: &str) -> String {
        format!("/api/integrations/oauth/callback/{ACME}?code={code}&state={}", self.state())
    }
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::of(TestApp::setup()).await
    }

    pub(crate) async fn of(setup: Setup) -> Self {
        let acme = Provider::start(ACME).await;
        let app = setup.provider(&acme).start().await;
        let ada = app.register("ada@example.org").await;
        Self { app, acme, ada }
    }

    /// `POST /api/integrations/oauth/start/acme` by Ada's program.
    pub(crate) async fn begin(&self, body: Value) -> Begun {
        self.begin_as(&self.ada, body).await
    }

    pub(crate) async fn begin_as(&self, user: &User, body: Value) -> Begun {
        let asked = self.app.post("/api/integrations/oauth/start/acme").bearer(&user.access_token).json(body);
        Begun::of(&asked.send().await.expect(200))
    }

    /// A handshake that was started in this browser, which has its cookie from now on.
    pub(crate) async fn begin_in(&self, browser: &Browser<'_>, body: Value) -> Begun {
        Begun::of(&browser.post("/api/integrations/oauth/start/acme").json(body).send().await.expect(200))
    }

    /// Hands code and state in, as Ada's program.
    pub(crate) async fn finish(&self, begun: &Begun, code: &str) -> Answer {
        let body = json!({ "code": code, "state": begun.state() });
        self.as_ada(self.app.post("/api/integrations/oauth/callback")).json(body).send().await
    }

    /// Connects Ada to the provider under a label, from start to finish.
    pub(crate) async fn connect(&self, label: &str) -> Answer {
        let begun = self.begin(json!({ "label": label })).await;
        self.finish(&begun, "a-code").await.expect(200)
    }

    /// With Ada's access token.
    pub(crate) fn as_ada<'a>(&self, ask: Ask<'a>) -> Ask<'a> {
        ask.bearer(&self.ada.access_token)
    }

    /// Ada's `GET`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.as_ada(self.app.get(path)).send().await
    }

    /// A service key that Ada made.
    pub(crate) async fn key(&self, body: Value) -> String {
        let made = self.as_ada(self.app.post("/api/auth/keys")).json(body).send().await.expect(200);
        made.at("key").as_str().unwrap().to_owned()
    }

    /// A key that may fetch Ada's tokens.
    pub(crate) async fn token_key(&self) -> String {
        self.key(json!({ "name": "back end", "scopes": ["tokens:read"] })).await
    }

    /// `GET …/token` with this key.
    pub(crate) async fn token(&self, key: &str) -> Answer {
        self.app.get("/api/integrations/acme/token").bearer(key).send().await
    }

    /// A browser in which this user is signed in.
    pub(crate) async fn browser(&self, email: &str) -> Browser<'_> {
        let browser = self.app.browser();
        browser.post("/sign-in").form(&[("email", email), ("password", PASSWORD)]).send().await.expect(303);
        browser
    }

    /// How far Ada's handshake is.
    pub(crate) async fn status(&self, begun: &Begun) -> Answer {
        self.get(&format!("/api/integrations/oauth/status/{}", begun.id)).await.expect(200)
    }

    /// Whether Ada is connected, by D4's map.
    pub(crate) async fn connected(&self) -> bool {
        self.get("/api/integrations/status").await.expect(200).at("/acme/connected") == true
    }

    /// Somebody in Ada's organisation, as a plain member.
    pub(crate) async fn colleague(&self, email: &str) -> User {
        self.app.join(&self.ada, email, "member").await
    }

    /// All rows of a table, as an onlooker with every right sees them.
    pub(crate) async fn rows(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let onlooker = Client::new(&self.app.aws().sdk_config(support::ONLOOKER));
        onlooker.scan().table_name(format!("postern-{table}")).send().await.unwrap().items.unwrap_or_default()
    }

    /// Changes the only integration there is behind the product's back; `:new` is the text, `:five` the number.
    pub(crate) async fn edit_integration(&self, update: &str, new: &str) {
        let onlooker = Client::new(&self.app.aws().sdk_config(support::ONLOOKER));
        let row = self.rows("integrations").await.remove(0);
        let edit = onlooker.update_item().table_name("postern-integrations").update_expression(update);
        let mut edit = edit.key("pk", row["pk"].clone()).key("sk", row["sk"].clone());
        for (name, value) in [(":new", AttributeValue::S(new.to_owned())), (":five", AttributeValue::N("5".to_owned()))]
        {
            if update.contains(name) {
                edit = edit.expression_attribute_values(name, value);
            }
        }
        if update.contains("#status") {
            edit = edit.expression_attribute_names("#status", "status");
        }
        edit.send().await.unwrap();
    }

    /// Time goes by, in seconds.
    pub(crate) fn pass(&self, seconds: u64) {
        self.app.clock().advance(std::time::Duration::from_secs(seconds));
    }
}

/// A house whose provider is called `acme_oauth` as well.
pub(crate) async fn with_alias() -> House {
    let acme = Provider::start(ACME).await;
    let file = acme.file().replace("category", "aliases = [\"acme_oauth\"]\ncategory");
    let app = TestApp::setup().provider(&acme).provider_file(ACME, &file).start().await;
    let ada = app.register("ada@example.org").await;
    House { app, acme, ada }
}

/// A provider whose credential is a key that a person types; it lets in what begins with `access-`.
pub(crate) fn keyed(provider: &Provider) -> String {
    let file = provider.file();
    let (head, rest) = file.split_once("[auth.oauth2]").unwrap();
    let (_, rest) = rest.split_once("[[identity]]").unwrap();
    let key = r#"[auth.api_key.fields.api_key]
label = "Key"
aliases = ["token"]
pattern = "[a-z0-9-]+"

[auth.api_key.apply.headers]
Authorization = "Bearer {api_key}"

[[identity]]"#;
    format!("{head}{key}{rest}")
}

/// The names of an object's members, in order.
pub(crate) fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
