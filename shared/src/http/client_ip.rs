//! Where a request comes from, by the connection and never by what the request says of itself.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use axum::{extract::FromRequestParts, http::request::Parts};
use lambda_http::request::RequestContext;

/// The caller's address. The local server puts it into the request's extensions; on Lambda it stands in the request
/// context. Where neither is, all callers count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What one subscriber has: a whole IPv4 address, or the first half of an IPv6 one.
    #[must_use]
    pub fn subscriber(self) -> Self {
        match self.0.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let told = parts.extensions.get::<ClientIp>().copied();
        let seen = parts.extensions.get::<RequestContext>().and_then(|context| match context {
            RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok().map(ClientIp),
            _ => None,
        });
        Ok(seen.or(told).unwrap_or(ClientIp(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(request: axum::http::Request<()>) -> String {
        let (mut parts, ()) = request.into_parts();
        let Ok(ip) = ClientIp::from_request_parts(&mut parts, &()).await;
        ip.to_string()
    }

    #[tokio::test]
    async fn a_forwarded_for_header_counts_for_nothing() {
        let request = axum::http::Request::builder()
            .header("x-forwarded-for", "198.51.100.7")
            .extension(ClientIp("203.0.113.9".parse().unwrap()));
        assert_eq!(of(request.body(()).unwrap()).await, "203.0.113.9");
    }

    #[tokio::test]
    async fn on_lambda_the_request_context_tells() {
        let event: serde_json::Value = serde_json::json!({"http": {"method": "GET", "sourceIp": "203.0.113.4"}});
        let context = RequestContext::ApiGatewayV2(serde_json::from_value(event).unwrap());
        let request = axum::http::Request::builder().extension(context);
        assert_eq!(of(request.body(()).unwrap()).await, "203.0.113.4");
    }

    #[test]
    fn all_addresses_of_one_ipv6_subscriber_are_one() {
        let of = |text: &str| ClientIp(text.parse().unwrap()).subscriber().to_string();
        assert_eq!(of("2001:db8:1:2:aaaa::1"), of("2001:db8:1:2:bbbb::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:203.0.113.4"), "203.0.113.4");
    }
}
