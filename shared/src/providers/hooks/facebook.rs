//! Meta's proof that a call comes from the app's own server: the access token and the time under the app's secret. Each
//! token is proved for itself, a page's and the app's own as well.
//!
//! As developers.facebook.com/documentation/facebook-login/security has it; a proof is good for five minutes.

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{Request, header};
use jiff::Timestamp;
use url::Url;

use super::Sign;
use crate::providers::{RenderError, Values};

pub(super) struct Facebook;

impl Sign for Facebook {
    fn sign(
        &self,
        request: &mut Request<Bytes>,
        _service: &str,
        credential: &Values,
        now: Timestamp,
    ) -> Result<(), RenderError> {
        // A pasted token of an app that is not set up here cannot be proved; an app that demands a proof refuses it.
        let secret = credential.get_secret("app_secret").or_else(|| credential.get_secret("client_secret"));
        let Some(secret) = secret else { return Ok(()) };
        let mut url: Url = request.uri().to_string().parse().map_err(|_| RenderError::NotAnAddress)?;
        let token = token(request, &url).ok_or_else(|| RenderError::Missing("access_token".to_owned()))?;
        let time = now.as_second().to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let proof = hex::encode(hmac::sign(&key, format!("{token}|{time}").as_bytes()));
        url.query_pairs_mut().append_pair("appsecret_proof", &proof).append_pair("appsecret_time", &time);
        *request.uri_mut() = url.as_str().parse().map_err(|_| RenderError::NotAnAddress)?;
        Ok(())
    }

    fn by_client(&self) -> bool {
        true
    }
}

/// The token that the request itself goes by.
fn token(request: &Request<Bytes>, url: &Url) -> Option<String> {
    let named = url.query_pairs().find(|(name, _)| name == "access_token").map(|(_, token)| token.into_owned());
    let header = || request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ");
    named.or_else(|| header().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proof was computed apart from this code: `printf 'EAAtoken|1700000000' | openssl dgst -sha256 -hmac hush`.
    #[test]
    fn it_proves_the_token_that_the_request_goes_by() {
        let proof = "f5e2837c69d26ba94d6bb34bcd4563bf5da10a316dccedfd092d5da97e556535";
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let credential = Values::new().secret("client_secret", "hush".into());
        let by_header =
            Request::get("https://graph.facebook.com/v25.0/me?fields=id").header("authorization", "Bearer EAAtoken");
        let by_query = Request::get("https://graph.facebook.com/v25.0/1/feed?access_token=EAAtoken");
        for request in [by_header, by_query.header("authorization", "Bearer another")] {
            let mut request = request.body(Bytes::new()).unwrap();
            Facebook.sign(&mut request, "graph", &credential, now).unwrap();
            let uri = request.uri().to_string();
            assert!(uri.ends_with(&format!("&appsecret_proof={proof}&appsecret_time=1700000000")), "{uri}");
        }
        let mut bare = Request::get("https://graph.facebook.com/v25.0/me").body(Bytes::new()).unwrap();
        assert!(Facebook.sign(&mut bare, "graph", &credential, now).is_err());
    }
}
