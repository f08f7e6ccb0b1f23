//! The whole product in this process, in memory, with a provider beside it; and each of its doors as a port on loopback.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};

use axum::{Extension, Router, serve::ListenerExt};
use futures_util::future::join_all;
use local::{
    aws::{self, Aws, Delivery, StartError},
    functions::Answering,
    stack::{self, Stack},
};
use serde_json::{Value, json};
use shared::{
    auth::Tenant,
    clock::Clock,
    http::ClientIp,
    id::{Ids, random_token},
    oauth::{connect, refresh, token},
    providers::{External, Values},
    store::integrations::NewGrant,
};

use crate::{
    Failure,
    http::Connection,
    provider::{Provider, SLUG},
};

/// The role that rows are seeded with.
pub(crate) const SEEDER: &str = "bench";

/// A running product. Its servers end with the process.
pub(crate) struct House {
    pub(crate) stack: Stack,
    pub(crate) provider: Provider,
    /// Where AWS answers functions in other processes.
    pub(crate) aws_port: u16,
    pub(crate) clock: Clock,
    port: u16,
    folder: PathBuf,
}

impl House {
    /// Starts one with a provider whose refreshes take so long.
    pub(crate) async fn start(clock: Clock, delay: Duration) -> Result<Self, Failure> {
        let provider = Provider::start(delay).await?;
        let folder = std::env::temp_dir().join(format!("postern-bench-{}", random_token()));
        std::fs::create_dir(&folder)?;
        std::fs::write(folder.join(format!("{SLUG}.toml")), provider.file())?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let public_url = format!("http://localhost:{port}");
        let mut cloud = aws::Options::in_memory(stack::template()?.clone());
        cloud.clock = clock.clone();
        cloud.trusted.insert(SEEDER.to_owned());
        let client = json!({ SLUG: { "client_id": "bench", "client_secret": "not a secret" } });
        cloud.secrets.insert("postern-oauth-clients".to_owned(), client);
        cloud.parameters.insert("/postern/public-url".to_owned(), public_url.clone());
        let setting = |name: &str| (name == "PROVIDERS_DIR").then(|| folder.display().to_string());
        let stack = Stack::start(stack::Setup {
            cloud,
            ids: Ids::system(),
            public_url: public_url.parse()?,
            allow: vec![("127.0.0.1".to_owned(), provider.port())],
            outbox: None,
            trust: Vec::new(),
            settings: &setting,
        })?;
        let caller = Extension(ClientIp(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let router = stack.router(Router::new()).layer(caller);
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let aws_port = serve(stack.aws().endpoint()).await?;
        Ok(Self { stack, provider, aws_port, clock, port, folder })
    }

    pub(crate) fn aws(&self) -> &Aws {
        self.stack.aws()
    }

    /// A connection to it.
    pub(crate) async fn door(&self) -> Result<Connection, Failure> {
        Ok(Connection::open(self.port).await?)
    }

    /// Where it believes to be reached.
    pub(crate) fn public_url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Where its provider's file is.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// Connects an account at the provider without a browser; its token lives so many seconds.
    pub(crate) async fn connect(&self, tenant: &Tenant, label: &str, seconds: u64) -> Result<(), Failure> {
        let app = self.stack.app("integrations");
        let provider = app.provider(SLUG)?;
        let account = random_token();
        let external = External { id: Some(account.clone()), ..External::default() };
        let grant = NewGrant {
            client_id: Some("bench".to_owned()),
            token_host: Some(token::token_host(&provider, &Values::new())?),
            access: Some(format!("access.{account}.0").into()),
            refresh: Some(format!("{account}.0").into()),
            expires_in: Some(seconds),
            ..NewGrant::new(SLUG, label, external)
        };
        connect::connect(&app, tenant, grant).await?;
        Ok(())
    }

    /// Lends the token of such an account, so that it counts as in use.
    pub(crate) async fn lend(&self, tenant: &Tenant, label: &str) -> Result<(), Failure> {
        refresh::fresh(&self.stack.app("integrations"), tenant, SLUG, label).await?;
        Ok(())
    }

    /// Hands everything in a queue to its function.
    pub(crate) async fn empty<H>(&self, delivery: &Delivery, handle: &H) -> Result<(), Failure>
    where
        H: Fn(Value) -> Answering,
    {
        // As many at a time as the template allows.
        let workers = (0..delivery.event.concurrency.max(1)).map(|_| async {
            while self.aws().deliver(delivery, handle).await? > 0 {}
            Ok::<_, StartError>(())
        });
        for done in join_all(workers).await {
            done?;
        }
        Ok(())
    }

    /// Connects an account at a provider of the catalogue, for functions that do not know ours.
    pub(crate) async fn connect_elsewhere(&self, tenant: &Tenant, slug: &str) -> Result<(), Failure> {
        let external = External { id: Some("account".to_owned()), ..External::default() };
        let grant = NewGrant {
            access: Some(random_token().into()),
            expires_in: Some(8 * 3600),
            ..NewGrant::new(slug, "default", external)
        };
        connect::connect(&self.stack.app("integrations"), tenant, grant).await?;
        Ok(())
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // What is left behind is left in the system's own folder for such things.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn serve(router: Router) -> Result<u16, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    // A caller that is local, too, would wait out the system's delayed acknowledgement.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(port)
}
