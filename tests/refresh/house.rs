//! A connected account at a provider that does as it is told.

use shared::{
    app::App,
    auth::{Owner, Tenant},
    id::Ids,
    oauth::{connect, refresh, token},
    providers::{External, Values},
    store::integrations::{Integration, NewGrant, Status},
};
use std::{sync::Arc, time::Duration};
use support::{Provider, Reply, TestApp};
use tokio::task::JoinHandle;

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

    /// At a provider that takes a grant back by a call with its access token.
    pub(crate) async fn where_access_tokens_revoke() -> Self {
        let provider = Provider::start(SLUG).await.revoking_by_access_token();
        Self::of(TestApp::setup().provider(&provider).start().await, provider)
    }

    /// On real time, for what many do at once.
    pub(crate) async fn on_real_time() -> Self {
        let provider = Provider::start(SLUG).await;
        Self::of(TestApp::setup().provider(&provider).system_clock().start().await, provider)
    }

    fn of(test: TestApp, provider: Provider) -> Self {
        Self { test, provider, tenant: stranger() }
    }

    /// The product as this function has it: a process of its own.
    pub(crate) fn app(&self, function: &str) -> App {
        self.test.stack().app(function)
    }

    /// Connects the account under this label with the first tokens of the provider, for so many seconds.
    pub(crate) async fn connect(&self, label: &str, seconds: u64) -> Integration {
        self.store(&self.tenant, self.grant(label, seconds)).await
    }

    /// What the provider gives first, for so many seconds.
    pub(crate) fn grant(&self, label: &str, seconds: u64) -> NewGrant {
        grant(&self.app("integrations"), SLUG, label, seconds)
    }

    pub(crate) async fn store(&self, tenant: &Tenant, grant: NewGrant) -> Integration {
        connect::connect(&self.app("integrations"), tenant, grant).await.unwrap()
    }

    pub(crate) async fn disconnect(&self, integration: &Integration) {
        connect::disconnect(&self.app("integrations"), &self.tenant, "usr_test", integration).await.unwrap();
    }

    /// The token that somebody gets who asks now.
    pub(crate) async fn token(&self) -> Result<String, refresh::Error> {
        self.token_from("integrations").await
    }

    pub(crate) async fn token_from(&self, function: &str) -> Result<String, refresh::Error> {
        self.lent(function, &self.tenant, "default").await
    }

    /// The token under this label of this tenant.
    pub(crate) async fn lent(&self, function: &str, tenant: &Tenant, label: &str) -> Result<String, refresh::Error> {
        let fresh = refresh::fresh(&self.app(function), tenant, SLUG, label).await?;
        Ok(fresh.access_token.expose().clone())
    }

    pub(crate) async fn stored(&self, label: &str) -> Option<Integration> {
        self.app("integrations").store.integrations().get(&self.tenant, SLUG, label).await.unwrap()
    }

    /// A reader whose refresh the provider has got, and answers once it is released.
    pub(crate) async fn reader_held_up(self: &Arc<Self>) -> JoinHandle<Result<String, refresh::Error>> {
        self.provider.hold();
        let house = Arc::clone(self);
        let reader = tokio::spawn(async move { house.token().await });
        self.provider.reached(1).await;
        reader
    }

    /// How this tenant's default connection stands.
    pub(crate) async fn status(&self, tenant: &Tenant) -> Status {
        let rows = self.app("integrations").store.clone();
        rows.integrations().get(tenant, SLUG, "default").await.unwrap().unwrap().status
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.test.clock().advance(Duration::from_secs(seconds));
    }

    pub(crate) fn refreshes(&self) -> usize {
        self.provider.count("token")
    }
}

/// Somebody of an organisation of their own.
pub(crate) fn stranger() -> Tenant {
    let ids = Ids::system();
    Tenant::for_job(ids.make(), Owner::User(ids.make()))
}

/// The first tokens of this provider, for so many seconds.
pub(crate) fn grant(app: &App, provider: &str, label: &str, seconds: u64) -> NewGrant {
    let external = External { id: Some("account-1".to_owned()), ..External::default() };
    let host = token::token_host(&app.provider(provider).unwrap(), &Values::new()).unwrap();
    NewGrant {
        client_id: Some(format!("{provider}-client")),
        token_host: Some(host),
        access: Some("access-0".into()),
        refresh: Some("refresh-0".into()),
        expires_in: Some(seconds),
        ..NewGrant::new(provider, label, external)
    }
}

/// New tokens, whosever turn it is.
pub(crate) fn given() -> Reply {
    Reply::json(200, serde_json::json!({ "access_token": "access-x", "token_type": "bearer", "expires_in": 3600 }))
}
