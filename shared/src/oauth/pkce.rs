//! Proof key for the code exchange (RFC 7636), S256 only.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{id::random, secret::Secret};

/// A new verifier: 256 random bits as 43 characters. Keep it sealed until the exchange.
pub fn verifier() -> Secret<String> {
    Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random::<32>()))
}

/// What the authorize URL shows of the verifier.
pub fn challenge(verifier: &Secret<String>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = Secret::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_is_43_unreserved_characters_and_never_the_same() {
        let (one, other) = (verifier(), verifier());
        assert_eq!(one.expose().len(), 43);
        assert!(one.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert!(one != other);
    }
}
