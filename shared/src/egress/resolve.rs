//! From a name to the addresses that may be dialled: looked up once, all of them checked, and only those handed on.
//!
//! It sits inside the HTTP client as its resolver, so no second look-up can come between the check and the dial.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::not_public;
use super::error::Blocked;

/// Asks for the addresses of a name. Tests bring their own answers.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The machine's resolver.
pub(super) fn system() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    })
}

/// Which addresses may be dialled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Names that the catalogue or the operator vouches for; these may be in a private network.
    Anywhere,
    /// Names that a user typed.
    Public,
    /// Names that `EGRESS_ALLOW` opens.
    Loopback,
}

impl Reach {
    pub(super) fn check(self, address: IpAddr) -> Result<(), Blocked> {
        match self {
            Self::Anywhere => Ok(()),
            Self::Public => not_public(address).map_or(Ok(()), |range| Err(Blocked::Address(range))),
            Self::Loopback if address.is_loopback() => Ok(()),
            Self::Loopback => Err(Blocked::NotLoopback),
        }
    }
}

/// A resolver that answers with all of a name's addresses, or with none if one of them is out of reach.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) lookup: Lookup,
    pub(super) reach: Reach,
}

/// Why a name gave no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error("no address")]
    None,
    #[error(transparent)]
    Lookup(#[from] io::Error),
}

impl Guard {
    pub(super) async fn addresses(&self, host: String) -> Result<Vec<IpAddr>, Refusal> {
        let addresses = (self.lookup)(host).await?;
        for address in &addresses {
            self.reach.check(*address)?;
        }
        if addresses.is_empty() { Err(Refusal::None) } else { Ok(addresses) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            match guard.addresses(name.as_str().to_owned()).await {
                // Port 0 stands for the URL's.
                Ok(addresses) => Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs),
                // Unwrapped, so that the caller finds the reason among the client's errors.
                Err(Refusal::Blocked(blocked)) => Err(blocked.into()),
                Err(other) => Err(other.into()),
            }
        })
    }
}
