//! Why a request did not go out, or why its answer was not taken.
//!
//! The text is for logs: it names hosts and ranges, never a path or a query, since those may hold a token.

use std::time::Duration;

/// A call that failed. [`Error::reached`] tells whether the server may have acted on it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address may not be called. Nothing was dialled.
    #[error("refused to call: {0}")]
    Blocked(#[from] Blocked),
    /// A request with a credential named a host that its provider does not own. Nothing was dialled.
    #[error("{host} is not one of the provider's hosts")]
    NotAProviderHost {
        /// Host and port as asked for.
        host: String,
    },
    /// The HTTP client could not be made: no certificate roots on this machine.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// The name has no address, or nobody answered for it in time.
    #[error("cannot resolve the name of the host")]
    Lookup,
    /// The request cannot be written as HTTP.
    #[error("cannot write the request")]
    Unsendable(#[source] reqwest::Error),
    /// No connection, or no TLS on it: refused, unreachable, wrong certificate, or too slow to connect.
    #[error("cannot connect")]
    Connect(#[source] reqwest::Error),
    /// The whole exchange took longer than it may.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// The answer went past its limit and was dropped there.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke after it stood, before the answer was whole.
    #[error("the connection broke before the answer was whole")]
    Broken(#[source] reqwest::Error),
}

impl Error {
    /// Whether the server may have received the request and acted on it.
    ///
    /// `false` is certain: a refresh token in the request is unused. `true` means unknown: a rotating one may be spent.
    pub fn reached(&self) -> bool {
        match self {
            Self::Blocked(_)
            | Self::NotAProviderHost { .. }
            | Self::Setup(_)
            | Self::Lookup
            | Self::Unsendable(_)
            | Self::Connect(_) => false,
            Self::Timeout(_) | Self::TooLarge { .. } | Self::Broken(_) => true,
        }
    }

    /// Whether the address was refused by our own rules: another try fails alike, and the address has to change.
    pub fn refused(&self) -> bool {
        matches!(self, Self::Blocked(_) | Self::NotAProviderHost { .. })
    }

    /// Sorts what the HTTP client says. The URL is taken out of it first.
    pub(super) fn sort(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if let Some(blocked) = blocked_inside(&error) {
            return Self::Blocked(blocked);
        }
        if error.is_dns() {
            Self::Lookup
        } else if error.is_builder() {
            Self::Unsendable(error)
        } else if error.is_connect() {
            Self::Connect(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// The resolver's refusal comes back wrapped in the client's errors.
fn blocked_inside(error: &reqwest::Error) -> Option<Blocked> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(blocked) = inner.downcast_ref::<Blocked>() {
            return Some(*blocked);
        }
        cause = inner.source();
    }
    None
}

/// Which rule an address broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Not a URL, too long, or with white space, a backslash or a fragment in it.
    #[error("not a plain URL")]
    NotPlain,
    /// Not `https`; where plain HTTP is allowed, not `http` either.
    #[error("the scheme is not allowed")]
    Scheme,
    /// A user name or password before the host.
    #[error("user name or password in the URL")]
    Userinfo,
    /// The host is not written the one usual way: other digits, other bases, a trailing dot, a lone label.
    #[error("the host is not written in its usual form")]
    Host,
    /// `.` or `..` as a segment of the path, in any spelling.
    #[error("dot segment in the path")]
    Path,
    /// Not one of [`super::gate::PORTS`].
    #[error("port {0} is not allowed")]
    Port(u16),
    /// The host is, or resolves to, an address in a range that is not the public internet.
    #[error("the address is not public: {0}")]
    Address(&'static str),
    /// The name was opened for loopback and resolves to something else.
    #[error("the address is not on loopback")]
    NotLoopback,
}
