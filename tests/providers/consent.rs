//! The journey of a provider that asks a person: there and back by the browser, then a year in a token's life.

use serde_json::{Value, json};
use support::{Answer, FRONTEND_URL, TestApp};
use url::Url;

use crate::{
    account::Account,
    standin::{CLIENT, CODE, Standin, Vendor},
};

/// What sets a provider apart on that journey.
pub(crate) struct Plan {
    pub(crate) slug: &'static str,
    /// The file that it extends.
    pub(crate) extends: Option<&'static str>,
    pub(crate) hosts: &'static [&'static str],
    pub(crate) vendor: Vendor,
    /// Host and path of the consent page.
    pub(crate) authorize: &'static str,
    /// What the callback calls the code.
    pub(crate) code: &'static str,
    /// What else the callback tells.
    pub(crate) callback: &'static [(&'static str, &'static str)],
    /// The host that names itself in the callback.
    pub(crate) issuer: Option<&'static str>,
    /// The account's id, and the e-mail address where it tells one.
    pub(crate) account: (Option<&'static str>, Option<&'static str>),
    /// How long an access token lives.
    pub(crate) life: u64,
    /// Where refreshes go.
    pub(crate) refresh: &'static str,
}

/// A provider that somebody has connected.
pub(crate) struct Connected {
    pub(crate) plan: Plan,
    pub(crate) standin: Standin,
    pub(crate) account: Account,
}

impl Plan {
    /// The usual.
    pub(crate) const fn new(slug: &'static str, hosts: &'static [&'static str], vendor: Vendor) -> Self {
        Self {
            slug,
            extends: None,
            hosts,
            vendor,
            authorize: "",
            code: "code",
            callback: &[],
            issuer: None,
            account: (None, None),
            life: 3600,
            refresh: "",
        }
    }

    /// The product and the vendor, nothing connected yet.
    pub(crate) async fn ready(self) -> Connected {
        let standin = Standin::start(self.hosts, self.vendor).await;
        let slugs: Vec<&str> = self.extends.into_iter().chain([self.slug]).collect();
        let account = Account::of(standin.setup(TestApp::setup(), &slugs)).await;
        Connected { plan: self, standin, account }
    }

    /// Connected, with these things told before.
    pub(crate) async fn connected(self, told: impl Fn(&Standin) -> Value) -> Connected {
        let here = self.ready().await;
        let start = json!({ "fields": told(&here.standin) });
        let back = here.consent(start).await;
        let told = format!("{FRONTEND_URL}/?oauth_success={}", here.plan.slug);
        // Two of them also have a word of their own for D2's front end.
        assert_eq!(back.header("location").split('&').next(), Some(told.as_str()));
        here
    }
}

impl Connected {
    /// There and back by Ada's browser.
    pub(crate) async fn consent(&self, start: Value) -> Answer {
        self.consent_of(start).await.0
    }

    /// The same, and the handshake's id.
    pub(crate) async fn consent_of(&self, start: Value) -> (Answer, String) {
        let (plan, app) = (&self.plan, &self.account.app);
        let browser = app.browser();
        let start = browser.post(&format!("/api/integrations/oauth/start/{}", plan.slug)).json(start);
        let started = start.bearer(&self.account.bearer().await).send().await.expect(200);
        let page: Url = started.at("authUrl").as_str().unwrap().parse().unwrap();
        let (host, path) = plan.authorize.split_once('/').unwrap();
        assert_eq!(page[..url::Position::AfterPath], format!("{}/{path}", self.standin.at(host)));
        let param = |name: &str| page.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let mut back = url::form_urlencoded::Serializer::new(String::new());
        back.append_pair("state", &param("state").unwrap()).append_pair(plan.code, CODE);
        back.extend_pairs(plan.callback);
        if let Some(issuer) = plan.issuer {
            back.append_pair("iss", &self.standin.at(issuer));
        }
        let back = format!("/api/integrations/oauth/callback/{}?{}", plan.slug, back.finish());
        let id = started.at("handshakeId").as_str().unwrap().to_owned();
        (browser.open(&back).send().await.expect(302), id)
    }

    /// The token that a back end is lent.
    pub(crate) async fn lent(&self) -> String {
        let lent = self.account.token(self.plan.slug).await.expect(200);
        lent.at("access_token").as_str().unwrap().to_owned()
    }

    /// The whole journey from the moment of being connected.
    pub(crate) async fn journey(&self) {
        self.known().await;
        self.renewed().await;
        self.estranged().await;
        self.revoked().await;
    }

    /// Whose account it is, and that it works.
    async fn known(&self) {
        let (id, email) = self.plan.account;
        let listed = self.account.get("/api/integrations").await.expect(200);
        assert_eq!(listed.at("/0/external_user_id"), json!(id));
        let tested = self.account.test(self.plan.slug).await;
        assert_eq!(tested.at("success"), true, "{}", tested.text());
        assert_eq!(tested.at("/data/email"), json!(email));
        assert_eq!(tested.at("/data/id"), json!(id));
    }

    /// A token that has ended, and one that was refused before its end, are replaced.
    async fn renewed(&self) {
        let first = self.lent().await;
        let before = self.standin.asked(self.plan.refresh).len();
        self.account.pass(self.plan.life);
        let second = self.lent().await;
        assert_ne!(first, second);
        assert_eq!(self.standin.asked(self.plan.refresh).len(), before + 1);
        self.standin.expire();
        let tested = self.account.test(self.plan.slug).await;
        assert_eq!(tested.at("success"), true, "{}", tested.text());
        assert_ne!(self.lent().await, second);
    }

    /// A client that the provider does not know is the operator's affair, and disconnects nobody.
    async fn estranged(&self) {
        self.standin.knows_client(false);
        self.account.pass(self.plan.life);
        let refused = self.account.token(self.plan.slug).await.expect(503);
        assert_eq!(refused.code(), "integration.token_unavailable", "{}", refused.text());
        assert!(!refused.text().contains(CLIENT.1));
        assert!(self.account.connected(self.plan.slug).await);
        self.standin.knows_client(true);
        self.account.pass(3600);
        self.lent().await;
    }

    /// A grant that its owner took back at the provider asks for another one.
    async fn revoked(&self) {
        self.standin.revoke();
        self.account.pass(self.plan.life);
        let refused = self.account.token(self.plan.slug).await.expect(409);
        assert_eq!(refused.at("reauth_required"), true, "{}", refused.text());
        assert_eq!(refused.at("reconnect"), format!("/api/integrations/oauth/start/{}", self.plan.slug));
        assert!(!self.account.connected(self.plan.slug).await);
    }
}
