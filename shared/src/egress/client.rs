//! The HTTP clients, and one bounded exchange over them. Which client a request may use is decided before.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use url::Url;

use super::Bounds;
use super::error::Error;
use super::resolve::{Guard, Reach};

/// Name, TCP and TLS together. Shorter than any bound on a whole exchange that carries a refresh token, so that a
/// connection that never came about is told from an answer that never came.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A frozen Lambda loses idle connections without noticing, so they are kept for a burst of calls and not longer.
const POOL_IDLE: Duration = Duration::from_secs(15);

const USER_AGENT: &str = concat!("Postern/", env!("CARGO_PKG_VERSION"));

/// Describe one connection, not the request. The client writes its own, and a `Host` of the caller's choosing would
/// name another site behind the one that was checked.
const OURS: [HeaderName; 10] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
];

/// Providers' connections are kept for the next call to the same host. All others are new each time, and so is the
/// check of their addresses.
pub(super) fn build(guard: Guard, connect_timeout: Duration) -> Result<Client, Error> {
    let builder = match guard.reach {
        Reach::Anywhere => Client::builder().https_only(true).pool_idle_timeout(POOL_IDLE),
        Reach::Public => Client::builder().pool_max_idle_per_host(0),
        // Plain HTTP is what runs there, so the roots are not read: they are nearly all that a client costs.
        Reach::Loopback => Client::builder().pool_max_idle_per_host(0).tls_certs_only([]),
    };
    builder
        .dns_resolver(guard)
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        // Said out loud, since another crate in the build could switch these features on: unpacked, a small answer is
        // as large as its author likes.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(connect_timeout)
        .user_agent(USER_AGENT)
        .build()
        .map_err(Error::Setup)
}

/// Sends the request to `url`, which was checked, and takes the answer in within its bounds. A redirect is an answer.
pub(super) async fn exchange(
    client: &Client,
    url: Url,
    request: Request<Bytes>,
    bounds: Bounds,
) -> Result<Response<Bytes>, Error> {
    let (parts, body) = request.into_parts();
    let mut outgoing = reqwest::Request::new(parts.method, url);
    *outgoing.headers_mut() = end_to_end(parts.headers);
    if body.is_empty() && matches!(*outgoing.method(), Method::POST | Method::PUT | Method::PATCH) {
        // The client leaves it out, and some servers then answer 411.
        outgoing.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    *outgoing.body_mut() = Some(body.into());
    let whole = async { take(client.execute(outgoing).await.map_err(Error::sort)?, bounds.max_bytes).await };
    tokio::time::timeout(bounds.timeout, whole).await.map_err(|_| Error::Timeout(bounds.timeout))?
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in OURS {
        headers.remove(name);
    }
    // Without it a server may pack the answer in whatever way it likes.
    headers.entry(header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
    headers
}

async fn take(mut response: reqwest::Response, limit: usize) -> Result<Response<Bytes>, Error> {
    let too_large = Error::TooLarge { limit };
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Error::Broken(error.without_url()))? {
        if body.len() + chunk.len() > limit {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = Response::new(body.freeze());
    *answer.status_mut() = response.status();
    *answer.version_mut() = response.version();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}
