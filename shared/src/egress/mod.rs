//! The only way out. Every request that leaves this process for the internet passes here.
//!
//! Two kinds of target. [`Egress::provider`]: hosts from the catalogue or the operator's settings; only these ever see a
//! credential of the catalogue. [`Egress::public`]: addresses that users typed, held to the rules against request
//! forgery. No redirect is followed, no proxy of the environment is used, time and size are bounded.
//!
//! It must not know providers, retry, or log what it carries.

mod address;
mod client;
mod error;
mod gate;
mod host;
mod resolve;
mod settings;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use reqwest::Client;
use url::Url;

pub use error::{Blocked, Error};
pub use gate::{PORTS, gate};
pub use host::{HostPattern, NotAHostPattern};
pub use resolve::Lookup;
pub use settings::{Bounds, NotLoopback, Settings, names_loopback};

use resolve::{Guard, Reach, Refusal};

/// The way out. Cheap to clone, and cheap to make: a client, with its certificate roots, is built when first used.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    settings: Settings,
    lookup: Lookup,
    connect_timeout: Duration,
    provider: OnceLock<Client>,
    public: OnceLock<Client>,
    local: OnceLock<Client>,
}

impl Egress {
    /// Over the machine's own resolver.
    pub fn new(settings: Settings) -> Self {
        Self::with_lookup(settings, resolve::system())
    }

    /// Over another resolver.
    pub fn with_lookup(settings: Settings, lookup: Lookup) -> Self {
        Self::build(settings, lookup, client::CONNECT_TIMEOUT)
    }

    fn build(settings: Settings, lookup: Lookup, connect_timeout: Duration) -> Self {
        let (provider, public, local) = Default::default();
        Self(Arc::new(Inner { settings, lookup, connect_timeout, provider, public, local }))
    }

    /// Calls a provider: by https, on a host of `hosts`, over pooled connections. A host that the settings open on
    /// loopback is called by plain HTTP instead.
    pub async fn provider(
        &self,
        hosts: &[HostPattern],
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, Error> {
        let url = gate::plain(&request.uri().to_string())?;
        if !hosts.iter().any(|host| host.matches(&url)) {
            return Err(Error::NotAProviderHost { host: authority(&url) });
        }
        let client = if self.opens(&url) {
            self.client(Reach::Loopback)?
        } else if url.scheme() != "https" {
            return Err(Blocked::Scheme.into());
        } else if gate::literal(&url).is_some() {
            return Err(Blocked::Address("a literal that EGRESS_ALLOW does not open").into());
        } else {
            self.client(Reach::Anywhere)?
        };
        client::exchange(client, url, request, bounds).await
    }

    /// Calls an address that a user typed. The request may carry no credential but the user's own for that address.
    pub async fn public(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Response<Bytes>, Error> {
        let url = gate::plain(&request.uri().to_string())?;
        let client = if self.opens(&url) {
            self.client(Reach::Loopback)?
        } else {
            gate::public(&url)?;
            self.client(Reach::Public)?
        };
        client::exchange(client, url, request, bounds).await
    }

    /// [`gate`], and what the settings open on loopback: for checking an address before it is stored.
    pub fn gate(&self, text: &str) -> Result<Url, Error> {
        match gate::plain(text) {
            Ok(url) if self.opens(&url) => Ok(url),
            _ => gate(text),
        }
    }

    /// The addresses of a host that a user typed, at least one, for what is not HTTP. Dial these, never the name again.
    /// The caller decides which ports it takes.
    pub async fn resolve_public(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let host = host.to_ascii_lowercase();
        let opened = self.0.settings.open(&host, port);
        let reach = if opened { Reach::Loopback } else { Reach::Public };
        if let Ok(address) = host.parse::<IpAddr>() {
            reach.check(address)?;
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // A name is held to the gate's spelling.
        let named = gate::plain(&format!("http://{host}/"))?;
        if named.host_str() != Some(&host) || !(opened || host.contains('.')) {
            return Err(Blocked::Host.into());
        }
        let guard = Guard { lookup: self.0.lookup.clone(), reach };
        match tokio::time::timeout(self.0.connect_timeout, guard.addresses(host)).await {
            Ok(Ok(addresses)) => Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()),
            Ok(Err(Refusal::Blocked(blocked))) => Err(blocked.into()),
            Ok(Err(Refusal::None | Refusal::Lookup(_))) | Err(_) => Err(Error::Lookup),
        }
    }

    fn opens(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        self.0.settings.open(host, port)
    }

    fn client(&self, reach: Reach) -> Result<&Client, Error> {
        let slot = match reach {
            Reach::Anywhere => &self.0.provider,
            Reach::Public => &self.0.public,
            Reach::Loopback => &self.0.local,
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let guard = Guard { lookup: self.0.lookup.clone(), reach };
        let client = client::build(guard, self.0.connect_timeout)?;
        Ok(slot.get_or_init(|| client))
    }
}

fn authority(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}
