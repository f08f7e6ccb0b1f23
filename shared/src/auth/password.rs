//! Passwords: Argon2id, and bcrypt for what older systems left, replaced at the next login.
//!
//! Hashing takes tens of milliseconds and 19 MiB, so it runs beside the executor and only a few at a time. Nothing here
//! knows users or counts failures.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::sync::Semaphore;

use crate::{http::Error, id::random, secret::Secret};

/// Shortest password, in bytes.
pub const SHORTEST: usize = 8;
/// Longest password, in bytes. Nothing is ever cut off.
pub const LONGEST: usize = 1024;

/// Hashes in work at once: what bounds memory under a flood of logins.
const AT_ONCE: usize = 4;

/// Memory in KiB, passes, lanes (OWASP's first recommendation).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// An imported bcrypt hash above this cost would hold a processor for seconds.
const HIGHEST_BCRYPT_COST: u32 = 15;

/// What an unknown user's password is checked against, so that it takes as long. Nobody knows its password.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$dG9vIG11Y2ggc2FsdCBoZQ$Yl4JpRcd0C3bUfMKmyBhUZjMDhN3nUZyD1pTzVGkTqI";

/// Hashes passwords, a few at a time.
pub struct Passwords {
    turns: Semaphore,
    memory: Arc<Memory>,
}

/// The 19 MiB that a hash works in, kept for the next one. Given back to the allocator they would be kept all the same, once
/// for each thread that ever hashed.
#[derive(Default)]
struct Memory(Mutex<Option<Vec<Block>>>);

impl Memory {
    /// Lends so many blocks to `work`.
    fn lend<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = kept().take().unwrap_or_default();
        memory.resize(memory.len().max(blocks), Block::default());
        let done = work(&mut memory[..blocks]);
        // What an odd old hash needed is not kept.
        memory.truncate(usize::try_from(COST.0).unwrap_or_default());
        memory.shrink_to_fit();
        *kept() = Some(memory);
        done
    }
}

/// How a password compares with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is another one, or there is none.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and its hash should be replaced by a newer one.
    Outdated,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), memory: Arc::default() }
    }
}

impl Passwords {
    /// A new hash, as PHC text.
    pub async fn hash(&self, password: &Secret<String>) -> Result<Secret<String>, Error> {
        let (password, memory) = (password.clone(), Arc::clone(&self.memory));
        self.beside(move || hash(&memory, &password)).await?.map_err(Error::internal)
    }

    /// Compares; without a stored hash it takes the same time and says [`Checked::Wrong`].
    pub async fn check(&self, password: &Secret<String>, stored: Option<&Secret<String>>) -> Result<Checked, Error> {
        let (password, stored, memory) = (password.clone(), stored.cloned(), Arc::clone(&self.memory));
        self.beside(move || {
            let checked = check(&memory, &password, stored.as_ref().map_or(DECOY, |stored| stored.expose()));
            if stored.is_some() { checked } else { Checked::Wrong }
        })
        .await
    }

    async fn beside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

/// Why no hash could be made: only a defect of ours.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
struct NotHashed(String);

impl NotHashed {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

fn hash(memory: &Memory, password: &Secret<String>) -> Result<Secret<String>, NotHashed> {
    let salt: [u8; 16] = random();
    let (cost, passes, lanes) = COST;
    let params = Params::new(cost, passes, lanes, None).map_err(NotHashed::new)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(NotHashed::new)?,
        salt: Some(Salt::new(&salt).map_err(NotHashed::new)?),
        hash: Some(output(memory, &Argon2::new(Algorithm::Argon2id, Version::V0x13, params), password, &salt)?),
    };
    Ok(Secret::new(hash.to_string()))
}

fn output(memory: &Memory, argon2: &Argon2<'_>, password: &Secret<String>, salt: &[u8]) -> Result<Output, NotHashed> {
    let mut out = [0; Output::MAX_LENGTH];
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let out = out.get_mut(..length).ok_or_else(|| NotHashed::new("its length is odd"))?;
    memory
        .lend(argon2.params().block_count(), |blocks| {
            argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, out, blocks)
        })
        .map_err(NotHashed::new)?;
    Output::new(out).map_err(NotHashed::new)
}

fn check(memory: &Memory, password: &Secret<String>, stored: &str) -> Checked {
    if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| stored.starts_with(prefix)) {
        return check_bcrypt(password, stored);
    }
    let Ok(parsed) = PasswordHash::new(stored) else { return Checked::Wrong };
    // Outputs are compared in constant time.
    match again(memory, password, &parsed) {
        Some(output) if parsed.hash == Some(output) => {
            if is_current(&parsed) {
                Checked::Right
            } else {
                Checked::Outdated
            }
        }
        _ => Checked::Wrong,
    }
}

/// The hash of this password, made like that other one.
fn again(memory: &Memory, password: &Secret<String>, like: &PasswordHash) -> Option<Output> {
    let algorithm = Algorithm::try_from(like.algorithm.as_str()).ok()?;
    let version = like.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(like).ok()?);
    output(memory, &argon2, password, like.salt.as_ref()?).ok()
}

/// bcrypt itself covers 72 bytes, so a longer password's old hash can only tell its beginning; the hash that replaces it
/// covers all of what was typed.
fn check_bcrypt(password: &Secret<String>, stored: &str) -> Checked {
    let costly = stored.parse::<bcrypt::HashParts>().map_or(true, |parts| parts.get_cost() > HIGHEST_BCRYPT_COST);
    if !costly && bcrypt::verify(password.expose(), stored).unwrap_or(false) {
        Checked::Outdated
    } else {
        Checked::Wrong
    }
}

fn is_current(hash: &PasswordHash) -> bool {
    let (memory, passes, lanes) = COST;
    hash.algorithm.as_str() == "argon2id"
        && Params::try_from(hash)
            .is_ok_and(|params| params.m_cost() >= memory && params.t_cost() >= passes && params.p_cost() >= lanes)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    #[tokio::test]
    async fn a_password_opens_what_it_was_hashed_to_and_nothing_else() {
        let passwords = Passwords::default();
        let hash = passwords.hash(&"correct horse".into()).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(passwords.check(&"correct horse".into(), Some(&hash)).await.unwrap(), Checked::Right);
        assert_eq!(passwords.check(&"correct hors".into(), Some(&hash)).await.unwrap(), Checked::Wrong);
    }

    #[tokio::test]
    async fn the_last_byte_of_the_longest_password_counts() {
        let passwords = Passwords::default();
        let longest = "x".repeat(LONGEST - 1);
        let hash = passwords.hash(&format!("{longest}a").into()).await.unwrap();
        assert_eq!(passwords.check(&format!("{longest}b").into(), Some(&hash)).await.unwrap(), Checked::Wrong);
    }

    #[tokio::test]
    async fn an_old_bcrypt_hash_still_opens_and_is_to_be_replaced() {
        let old = Secret::new(bcrypt::hash("correct horse", 4).unwrap());
        let passwords = Passwords::default();
        assert_eq!(passwords.check(&"correct horse".into(), Some(&old)).await.unwrap(), Checked::Outdated);
        assert_eq!(passwords.check(&"battery staple".into(), Some(&old)).await.unwrap(), Checked::Wrong);
    }

    #[tokio::test]
    async fn a_weaker_argon2_hash_is_to_be_replaced() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let hash: PasswordHash = weak.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap();
        let stored = Secret::new(hash.to_string());
        let checked = Passwords::default().check(&"correct horse".into(), Some(&stored)).await.unwrap();
        assert_eq!(checked, Checked::Outdated);
    }

    #[test]
    fn the_decoy_costs_as_much_as_a_real_hash() {
        assert!(is_current(&PasswordHash::new(DECOY).unwrap()));
        assert_eq!(check(&Memory::default(), &"anything".into(), DECOY), Checked::Wrong);
    }

    #[test]
    fn a_stored_hash_that_is_none_opens_for_nobody() {
        for stored in ["", "plain", "$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "$argon2id$v=19$"] {
            assert_eq!(check(&Memory::default(), &stored.into(), stored), Checked::Wrong);
        }
    }
}
