//! What tokens are signed with. One random seed in Secrets Manager gives every key by HKDF; putting a new seed rotates
//! them all, and what the previous one signed stays valid while that is kept (`AWSPREVIOUS`).
//!
//! Nothing here knows what is signed.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{
    digest,
    hkdf::{HKDF_SHA256, Salt},
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{
    aws::{Aws, reason},
    clock::Clock,
    http::Code,
    secret::Secret,
};

/// How long keys are kept before the secret is asked again.
const KEPT: Duration = Duration::from_mins(5);
/// A token may name a key that a neighbour learnt of first; looking again is allowed this often.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Below this the seed could be guessed.
const SHORTEST: usize = 32;

/// Loads the keys when first needed, and anew every five minutes.
pub struct Seeds {
    aws: Aws,
    clock: Clock,
    secret: Option<String>,
    held: Mutex<Option<(Timestamp, Arc<Keys>)>>,
}

/// The keys of the current seed and, during a rotation, of the one before it.
pub struct Keys {
    current: Key,
    previous: Option<Key>,
}

/// What one seed gives.
pub struct Key {
    /// Names the key in a token's header: its thumbprint (RFC 7638).
    pub kid: String,
    /// Signs.
    pub signing: EncodingKey,
    /// Verifies.
    pub verifying: DecodingKey,
    public: String,
    pepper: hmac::Key,
    answers: Secret<[u8; 32]>,
}

/// The public half of a key, as others read it (RFC 8037).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Jwk {
    /// Key type: `OKP`.
    pub kty: &'static str,
    /// Curve: `Ed25519`.
    pub crv: &'static str,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// Algorithm: `EdDSA`.
    pub alg: &'static str,
    /// The key's name.
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No secret is configured.
    #[error("SEEDS_SECRET does not name a secret")]
    NotConfigured,
    /// Secrets Manager did not give it out.
    #[error("the seed could not be read: {0}")]
    Unreadable(String),
    /// The secret does not hold a seed.
    #[error("the secret does not hold a JSON object with a seed of at least {SHORTEST} characters")]
    NoSeed,
    /// The cryptographic library refused.
    #[error("no key could be derived from the seed")]
    Underivable,
}

impl From<Error> for crate::http::Error {
    fn from(error: Error) -> Self {
        Self::new(Code::Unavailable, "Sign-ins cannot be checked at the moment").retry_after(5).caused_by(error)
    }
}

#[derive(Deserialize)]
struct Stored {
    seed: Secret<String>,
}

impl Seeds {
    pub(crate) fn new(aws: Aws, clock: Clock, secret: Option<String>) -> Self {
        Self { aws, clock, secret, held: Mutex::new(None) }
    }

    /// The keys.
    pub async fn keys(&self) -> Result<Arc<Keys>, Error> {
        self.younger_than(KEPT).await
    }

    /// The keys, looked up once more if `kid` is not among those we hold: it may be newer than they are.
    pub async fn keys_with(&self, kid: &str) -> Result<Arc<Keys>, Error> {
        let keys = self.keys().await?;
        if keys.find(kid).is_some() { Ok(keys) } else { self.younger_than(LOOK_AGAIN).await }
    }

    /// Holding the lock over the look-up makes many waiting requests ask once.
    async fn younger_than(&self, age: Duration) -> Result<Arc<Keys>, Error> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some((since, keys)) = &*held
            && now.duration_since(*since).unsigned_abs() < age
        {
            return Ok(keys.clone());
        }
        let current = self.seed("AWSCURRENT").await?.ok_or(Error::NoSeed)?;
        let previous = self.seed("AWSPREVIOUS").await?;
        let keys = Arc::new(Keys::derive(&current, previous.as_ref())?);
        *held = Some((now, keys.clone()));
        Ok(keys)
    }

    async fn seed(&self, stage: &str) -> Result<Option<Secret<String>>, Error> {
        let name = self.secret.as_deref().ok_or(Error::NotConfigured)?;
        let answer = self.aws.secrets().get_secret_value().secret_id(name).version_stage(stage).send().await;
        let text = match answer {
            Ok(answer) => Secret::new(answer.secret_string.unwrap_or_default()),
            Err(error) => {
                let missing =
                    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception);
                if missing && stage == "AWSPREVIOUS" {
                    return Ok(None);
                }
                return Err(Error::Unreadable(reason(&error)));
            }
        };
        let stored: Stored = serde_json::from_str(text.expose()).map_err(|_| Error::NoSeed)?;
        if stored.seed.expose().len() < SHORTEST { Err(Error::NoSeed) } else { Ok(Some(stored.seed)) }
    }
}

impl Keys {
    /// Derives the keys of one seed or two.
    pub fn derive(current: &Secret<String>, previous: Option<&Secret<String>>) -> Result<Self, Error> {
        Ok(Self { current: Key::derive(current)?, previous: previous.map(Key::derive).transpose()? })
    }

    /// The one that signs.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// All of them, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The one of this name.
    pub fn find(&self, kid: &str) -> Option<&Key> {
        self.all().find(|key| key.kid == kid)
    }
}

impl Key {
    fn derive(seed: &Secret<String>) -> Result<Self, Error> {
        let signing = derive(seed, b"session tokens: Ed25519")?;
        let pepper = derive(seed, b"opaque tokens: HMAC-SHA-256")?;
        let pair = Ed25519KeyPair::from_seed_unchecked(signing.expose()).map_err(|_| Error::Underivable)?;
        let document = pair.to_pkcs8().map_err(|_| Error::Underivable)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        Ok(Self {
            kid: thumbprint(&public),
            signing: EncodingKey::from_ed_der(document.as_ref()),
            verifying: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            public,
            pepper: hmac::Key::new(hmac::HMAC_SHA256, pepper.expose()),
            answers: derive(seed, b"kept answers: AES-256-GCM")?,
        })
    }

    /// The public half.
    pub fn jwk(&self) -> Jwk {
        Jwk { kty: "OKP", crv: "Ed25519", usage: "sig", alg: "EdDSA", kid: self.kid.clone(), x: self.public.clone() }
    }

    /// What answers are sealed with that are given again.
    pub(crate) fn answers(&self) -> &[u8; 32] {
        self.answers.expose()
    }

    /// 256 bits that only who holds the seed can make of `parts`. Each part carries its length, so that none runs into
    /// its neighbour.
    pub fn seal(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.pepper);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut bits = [0; 32];
        bits.copy_from_slice(context.sign().as_ref());
        bits
    }
}

fn derive(seed: &Secret<String>, purpose: &[u8]) -> Result<Secret<[u8; 32]>, Error> {
    let mut bits = [0; 32];
    Salt::new(HKDF_SHA256, b"postern seeds 1")
        .extract(seed.expose().as_bytes())
        .expand(&[purpose], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut bits))
        .map_err(|_| Error::Underivable)?;
    Ok(Secret::new(bits))
}

/// The members in the order and spelling that RFC 7638 fixes.
fn thumbprint(public: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_keys_and_another_gives_others() {
        let keys = |seed: &str| Keys::derive(&seed.into(), None).unwrap();
        let (one, again, other) = (keys("seed one"), keys("seed one"), keys("seed two"));
        assert_eq!(one.current().kid, again.current().kid);
        assert_eq!(one.current().seal(&[b"x"]), again.current().seal(&[b"x"]));
        assert_ne!(one.current().kid, other.current().kid);
        assert_ne!(one.current().seal(&[b"x"]), other.current().seal(&[b"x"]));
    }

    #[test]
    fn a_sealed_part_cannot_run_into_its_neighbour() {
        let keys = Keys::derive(&"seed".into(), None).unwrap();
        assert_ne!(keys.current().seal(&[b"ab", b"c"]), keys.current().seal(&[b"a", b"bc"]));
    }

    /// The example of RFC 8037, appendix A.3.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(thumbprint(x), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
