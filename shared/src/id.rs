//! Identifiers: a prefix that says what they name, then 128 random bits in base 62.
//!
//! Each kind is a type of its own, so that a user's id cannot be handed in as an organisation's.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Text that is not an identifier of the wanted kind.
#[derive(Debug, thiserror::Error)]
#[error("not a valid {0} id")]
pub struct InvalidId(&'static str);

/// A kind of identifier.
pub trait Id: Sized {
    /// What it starts with, underscore included.
    const PREFIX: &'static str;
    /// Wraps text that has been checked or made by [`Ids`].
    fn from_checked(text: String) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_checked(text: String) -> Self { Self(text) }
        }
        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self { id.0 }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                if well_formed(&text, Self::PREFIX) { Ok(Self(text)) } else { Err(InvalidId(stringify!($name))) }
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> { Self::try_from(text.to_owned()) }
        }
    )*};
}

ids! {
    /// A person, registered or managed.
    UserId = "usr_";
    /// An organisation (D3's team).
    OrgId = "org_";
    /// One user's stored connection to a provider.
    IntegrationId = "int_";
    /// An OAuth round trip.
    HandshakeId = "hs_";
    /// A back end's service key.
    KeyId = "key_";
    /// A family of sessions: one sign-in and all that was refreshed from it.
    FamilyId = "fam_";
    /// An invitation into an organisation.
    InvitationId = "inv_";
    /// A connect link for somebody without a sign-in here.
    LinkId = "lnk_";
    /// One request, for logs and error answers.
    RequestId = "req_";
}

/// A prefix and base-62 text, or the 24 hexadecimal digits of a migrated record.
fn well_formed(text: &str, prefix: &str) -> bool {
    let migrated = text.len() == 24 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let own = text
        .strip_prefix(prefix)
        .is_some_and(|rest| (16..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    own || migrated
}

/// Makes identifiers. Tests seed it; the product draws from the system.
#[derive(Clone)]
pub struct Ids(Arc<dyn Fn() -> u128 + Send + Sync>);

impl Ids {
    /// 128 bits from the system's generator for each id.
    pub fn system() -> Self {
        Self(Arc::new(|| u128::from_be_bytes(random())))
    }

    /// Ids that count up from `seed`: the same in each run.
    pub fn seeded(seed: u128) -> Self {
        let next = std::sync::Mutex::new(seed);
        Self(Arc::new(move || {
            let mut next = next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *next += 1;
            *next
        }))
    }

    /// A new identifier.
    pub fn make<T: Id>(&self) -> T {
        T::from_checked(format!("{}{}", T::PREFIX, base62((self.0)())))
    }
}

/// The identifier that comes of these parts: the same parts, the same id, for what an older system knew by other names.
pub fn derived<T: Id>(parts: &[&str]) -> T {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut bits = [0; 16];
    bits.copy_from_slice(&context.finish().as_ref()[..16]);
    T::from_checked(format!("{}{}", T::PREFIX, base62(u128::from_be_bytes(bits))))
}

/// Random bytes from the system's generator, for nonces, states and keys.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The generator of aws-lc aborts rather than give out bytes that are not random.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// 256 random bits in base 62: states, opaque tokens, keys.
pub fn random_token() -> String {
    token_text(random())
}

/// 256 bits in base 62, always 44 digits.
pub fn token_text(bits: [u8; 32]) -> String {
    let mut halves = [[0; 16]; 2];
    halves[0].copy_from_slice(&bits[..16]);
    halves[1].copy_from_slice(&bits[16..]);
    halves.map(|half| base62(u128::from_be_bytes(half))).concat()
}

/// Fixed-width base 62: 22 digits hold 128 bits.
fn base62(mut value: u128) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 22];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(value % 62).unwrap_or_default();
        *digit = DIGITS[index];
        value /= 62;
    }
    digits.iter().map(|&b| char::from(b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_one_kind_is_refused_as_another() {
        let user: UserId = Ids::system().make();
        assert!(user.as_str().parse::<UserId>().is_ok());
        assert!(user.as_str().parse::<OrgId>().is_err());
        assert!("usr_../../etc/passwd0000".parse::<UserId>().is_err());
    }

    #[test]
    fn a_migrated_id_stays_valid() {
        assert!("507f1f77bcf86cd799439011".parse::<IntegrationId>().is_ok());
        assert!("507F1F77BCF86CD799439011".parse::<IntegrationId>().is_err());
    }
}
