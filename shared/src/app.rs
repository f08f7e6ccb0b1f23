//! What a handler is given: settings, clock, ids and the parts that talk to the outside.

use std::{ops::Deref, sync::Arc};

use tokio::sync::OnceCell;
use url::Url;

use crate::{
    auth::{Callers, password::Passwords},
    aws::Aws,
    clock::Clock,
    config::{Config, Env, Problems, PublicUrl},
    egress::{self, Egress},
    http::{self, Code, origin::Origins},
    id::Ids,
    limits::Limits,
    mail::Mail,
    oauth::{
        clients::Clients,
        refresh::{Flights, breaker::Breakers},
    },
    providers::{Catalogue, Provider},
    seeds::Seeds,
    store::Store,
    vault::Vault,
};

/// The application's state. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] holds.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// Time.
    pub clock: Clock,
    /// Identifiers.
    pub ids: Ids,
    /// AWS clients, for the parts below; handlers do not use them.
    pub(crate) aws: Aws,
    /// The tables.
    pub store: Store,
    /// What tokens are signed with.
    pub seeds: Seeds,
    /// Callers believed lately.
    pub callers: Callers,
    /// What callers may ask, and how much of it they did.
    pub limits: Limits,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Seals and opens secrets.
    pub vault: Vault,
    /// The providers there are.
    pub catalogue: Catalogue,
    /// The only way out.
    pub egress: Egress,
    /// The way for mails.
    pub mail: Mail,
    /// The operator's OAuth clients.
    pub clients: Clients,
    /// The refreshes under way in this process.
    pub flights: Flights,
    /// Providers that are left alone for a while.
    pub(crate) breakers: Breakers,
    public_url: OnceCell<Url>,
}

/// What differs between Lambda, the local server and tests.
pub struct Wiring {
    /// Settings.
    pub config: Config,
    /// The wire to AWS.
    pub aws: Aws,
    /// Time.
    pub clock: Clock,
    /// Identifiers.
    pub ids: Ids,
}

impl App {
    /// Puts the parts together. Nothing is called, nothing is opened.
    pub fn new(wiring: Wiring) -> Self {
        let Wiring { config, aws, clock, ids } = wiring;
        let store = Store::new(aws.clone(), &config.cloud.table_prefix, clock.clone());
        let clients = Clients::new(aws.clone(), clock.clone(), config.cloud.oauth_clients_secret.clone());
        let egress = Egress::new(egress::Settings { allow: config.outward.allow.clone() });
        let mail = Mail::new(aws.clone(), clock.clone(), config.mail.clone(), egress.clone());
        let catalogue = catalogue(&config);
        let (flights, breakers) = (Flights::default(), Breakers::default());
        let vault_key = config.cloud.vault_key_id.as_deref().unwrap_or_default();
        let vault = Vault::new(aws.clone(), vault_key, store.clone(), &clock);
        let seeds = Seeds::new(aws.clone(), clock.clone(), config.cloud.seeds_secret.clone());
        Self(Arc::new(Parts {
            config,
            clock,
            ids,
            aws,
            store,
            vault,
            catalogue,
            egress,
            mail,
            clients,
            flights,
            breakers,
            seeds,
            callers: Callers::default(),
            limits: Limits::default(),
            passwords: Passwords::default(),
            public_url: OnceCell::new(),
        }))
    }

    /// The application as Lambda runs it.
    pub fn from_lambda() -> Result<Self, Problems> {
        let config = Config::read(&mut Env::new(&Env::process))?;
        Ok(Self::new(Wiring { config, aws: Aws::from_lambda(), clock: Clock::system(), ids: Ids::system() }))
    }

    /// A provider by its id or alias.
    pub fn provider(&self, named: &str) -> Result<Arc<Provider>, http::Error> {
        match self.catalogue.get(named) {
            Some(Ok(provider)) => Ok(provider),
            Some(Err(problem)) => {
                let message = format!("The provider file of {named} is not usable");
                Err(http::Error::new(Code::Internal, message).caused_by(problem))
            }
            None => Err(http::Error::new(Code::UnknownProvider, format!("Unknown provider: {named}"))),
        }
    }

    /// Our own address, without a trailing slash in its path. Asked of SSM once, on AWS.
    pub async fn public_url(&self) -> Result<&Url, Unreachable> {
        self.public_url
            .get_or_try_init(|| async {
                match &self.config.site.public_url {
                    PublicUrl::Value(url) => Ok(url.clone()),
                    PublicUrl::Parameter(name) => {
                        let answer = self.aws.ssm().get_parameter().name(name).send().await;
                        let answer = answer.map_err(|error| Unreachable(Box::new(error)))?;
                        let text = answer.parameter.and_then(|parameter| parameter.value).unwrap_or_default();
                        text.parse().map_err(|error| Unreachable(Box::new(error)))
                    }
                }
            })
            .await
    }

    /// One of our own addresses.
    pub async fn own_url(&self, path: &str) -> Result<Url, Unreachable> {
        let mut url = self.public_url().await?.clone();
        url.set_path(path);
        Ok(url)
    }

    /// The origins whose pages belong to us: our own and the front end's.
    pub async fn origins(&self) -> Result<Origins, Unreachable> {
        let own = self.public_url().await?;
        Ok(Origins::new(std::iter::once(own).chain(&self.config.site.frontend_url)))
    }
}

/// The local server offers the sandbox beside the providers of a deployment.
fn catalogue(config: &Config) -> Catalogue {
    let dir = config.outward.providers_dir.clone();
    match &config.site.public_url {
        PublicUrl::Value(url) if config.site.local => Catalogue::local(dir, url.as_str()),
        _ => Catalogue::new(dir),
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The public address could not be had.
#[derive(Debug, thiserror::Error)]
#[error("the public address is not known")]
pub struct Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>);

impl From<Unreachable> for crate::http::Error {
    fn from(error: Unreachable) -> Self {
        Self::new(crate::http::Code::Unavailable, "The service is not fully set up yet").caused_by(error)
    }
}
