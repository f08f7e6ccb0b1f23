//! A connected account at a provider that does as it is told.

use shared::{
    app::App,
    auth::{Owner, Tenant},
    id::Ids,
    oauth::{connect, refresh, token},
    providers::{External, Values},
    store::integrations::{Integration, NewGrant},
};
use std::time::Duration;
use support::{Provider, TestApp};

pub(crate) const SLUG: &str = "acme";

pub(crate) struct House {
    pub(crate) test: TestApp,
    pub(crate) provider: Provider,
    pub(crate) tenant: Tenant,
}

impl House {
    pub(crate) async fn start() -> Self {
        let provider = Provider::start(SLUG).await;
        Self::of(TestApp::setup().provider(&provider).start().await, provider)
    }

    /// At a provider where giving one token back ends all that the account granted.
    pub(crate) async fn where_accounts_are_revoked() -> Self {
        let provider = Provider::start(SLUG).await.revoking_accounts();
        Self::of(TestApp::setup().provider(&provider).start().await, provider)
    }

    /// On real time, for what many do at once.
    pub(crate) async fn on_real_time() -> Self {
        let provider = Provider::start(SLUG).await;
        Self::of(TestApp::setup().provider(&provider).system_clock().start().await, provider)
    }

    fn of(test: TestApp, provider: Provider) -> Self {
        let ids = Ids::system();
        let tenant = Tenant::for_job(ids.make(), Owner::User(ids.make()));
        Self { test, provider, tenant }
    }

    /// The product as this function has it: a process of its own.
    pub(crate) fn app(&self, function: &str) -> App {
        self.test.stack().app(function)
    }

    /// Connects the account under this label with the first tokens of the provider, for so many seconds.
    pub(crate) async fn connect(&self, label: &str, seconds: u64) -> Integration {
        let app = self.app("integrations");
        let provider = app.provider(SLUG).unwrap();
        let external = External { id: Some("account-1".to_owned()), ..External::default() };
        let grant = NewGrant {
            client_id: Some(format!("{SLUG}-client")),
            token_host: Some(token::token_host(&provider, &Values::new()).unwrap()),
            access: Some("access-0".into()),
            refresh: Some("refresh-0".into()),
            expires_in: Some(seconds),
            ..NewGrant::new(SLUG, label, external)
        };
        connect::connect(&app, &self.tenant, grant).await.unwrap()
    }

    pub(crate) async fn disconnect(&self, integration: &Integration) {
        connect::disconnect(&self.app("integrations"), &self.tenant, "usr_test", integration).await.unwrap();
    }

    /// The token that somebody gets who asks now.
    pub(crate) async fn token(&self) -> Result<String, refresh::Error> {
        self.token_from("integrations").await
    }

    pub(crate) async fn token_from(&self, function: &str) -> Result<String, refresh::Error> {
        let fresh = refresh::fresh(&self.app(function), &self.tenant, SLUG, "default").await?;
        Ok(fresh.access_token.expose().clone())
    }

    pub(crate) async fn stored(&self, label: &str) -> Option<Integration> {
        self.app("integrations").store.integrations().get(&self.tenant, SLUG, label).await.unwrap()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.test.clock().advance(Duration::from_secs(seconds));
    }

    pub(crate) fn refreshes(&self) -> usize {
        self.provider.count("token")
    }
}
