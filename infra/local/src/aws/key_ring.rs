//! The key material of the KMS stand-in: versions of AES-256 keys in one file, and sealing with them.
//!
//! It asks nobody for permission: that is `kms`. For development: real KMS never lets its keys out, this file does.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::{id::random, secret::Secret};

use super::{StartError, private_file};

/// What a ciphertext starts with: whose it is, and the version of its layout.
const MAGIC: &[u8; 5] = b"PKMS\x01";

/// What is bound to a ciphertext beside its content.
pub(super) type EncryptionContext = BTreeMap<String, String>;

/// A key's material, oldest version first.
type Versions = Vec<Secret<[u8; 32]>>;

/// All keys with all versions of their material.
pub(super) struct KeyRing {
    path: Option<PathBuf>,
    keys: Mutex<BTreeMap<String, Versions>>,
}

/// A ciphertext taken apart.
pub(super) struct Sealed<'a> {
    pub(super) key: &'a str,
    version: usize,
    nonce: [u8; NONCE_LEN],
    content: &'a [u8],
}

/// Neither the blob nor the context fit together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unopened;

impl KeyRing {
    /// Opens the ring, with a first version for each of these keys that is new.
    pub(super) fn open(folder: Option<&Path>, ids: &[&str]) -> Result<Self, StartError> {
        let path = folder.map(|folder| folder.join("keys.json"));
        let mut keys = match &path {
            Some(path) => private_file::read(path)?.map_or(Ok(BTreeMap::new()), |content| parse(path, &content))?,
            None => BTreeMap::new(),
        };
        let known = keys.len();
        for id in ids {
            keys.entry((*id).to_owned()).or_insert_with(|| vec![Secret::new(random())]);
        }
        let grown = keys.len() > known;
        let ring = Self { path, keys: Mutex::new(keys) };
        if grown {
            ring.save(&ring.keys())?;
        }
        Ok(ring)
    }

    /// A new version for what is sealed from now on.
    pub(super) fn rotate(&self, id: &str) -> Result<(), StartError> {
        let mut keys = self.keys();
        if let Some(versions) = keys.get_mut(id) {
            versions.push(Secret::new(random()));
        }
        self.save(&keys)
    }

    /// Seals under the key's newest version.
    pub(super) fn seal(&self, id: &str, context: &EncryptionContext, plain: &[u8]) -> Result<Vec<u8>, Unopened> {
        let keys = self.keys();
        let versions = keys.get(id).ok_or(Unopened)?;
        let newest = versions.len().checked_sub(1).ok_or(Unopened)?;
        let mut sealed = plain.to_vec();
        let aad = Aad::from(additional_data(id, context));
        let nonce = cipher(&versions[newest])?.seal_in_place_append_tag(aad, &mut sealed).map_err(|_| Unopened)?;
        let mut blob = MAGIC.to_vec();
        blob.push(u8::try_from(id.len()).map_err(|_| Unopened)?);
        blob.extend_from_slice(id.as_bytes());
        blob.extend_from_slice(&u32::try_from(newest).map_err(|_| Unopened)?.to_be_bytes());
        blob.extend_from_slice(nonce.as_ref());
        blob.append(&mut sealed);
        Ok(blob)
    }

    /// Opens what any version of its key has sealed under the same context.
    pub(super) fn unseal(&self, sealed: &Sealed<'_>, context: &EncryptionContext) -> Result<Vec<u8>, Unopened> {
        let keys = self.keys();
        let material = keys.get(sealed.key).and_then(|versions| versions.get(sealed.version)).ok_or(Unopened)?;
        let mut opened = sealed.content.to_vec();
        let aad = Aad::from(additional_data(sealed.key, context));
        let nonce = Nonce::assume_unique_for_key(sealed.nonce);
        let length = cipher(material)?.open_in_place(nonce, aad, &mut opened).map_err(|_| Unopened)?.len();
        opened.truncate(length);
        Ok(opened)
    }

    /// The key's code for a message. Keys that sign are never rotated: their first version is the one.
    pub(super) fn mac(&self, id: &str, message: &[u8]) -> Result<Vec<u8>, Unopened> {
        let keys = self.keys();
        let material = keys.get(id).and_then(|versions| versions.first()).ok_or(Unopened)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, material.expose());
        Ok(hmac::sign(&key, message).as_ref().to_vec())
    }

    fn save(&self, keys: &BTreeMap<String, Versions>) -> Result<(), StartError> {
        let Some(path) = &self.path else { return Ok(()) };
        let encoded: BTreeMap<_, Vec<_>> = keys
            .iter()
            .map(|(id, versions)| (id, versions.iter().map(|key| STANDARD.encode(key.expose())).collect()))
            .collect();
        private_file::write(path, json!({ "keys": encoded }).to_string().as_bytes())
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<String, Versions>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Sealed<'a> {
    /// Reads the outer layout; nothing is decrypted.
    pub(super) fn parse(blob: &'a [u8]) -> Option<Self> {
        let (&length, rest) = blob.strip_prefix(MAGIC)?.split_first()?;
        let (key, rest) = rest.split_at_checked(usize::from(length))?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (nonce, content) = rest.split_first_chunk::<NONCE_LEN>()?;
        let version = usize::try_from(u32::from_be_bytes(*version)).ok()?;
        Some(Self { key: std::str::from_utf8(key).ok()?, version, nonce: *nonce, content })
    }
}

fn cipher(material: &Secret<[u8; 32]>) -> Result<RandomizedNonceKey, Unopened> {
    RandomizedNonceKey::new(&AES_256_GCM, material.expose()).map_err(|_| Unopened)
}

/// The context in one order, each part with its length before it, so that no two contexts read the same.
fn additional_data(key: &str, context: &EncryptionContext) -> Vec<u8> {
    let pairs = context.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let mut data = Vec::new();
    for part in std::iter::once(key).chain(pairs) {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

fn parse(path: &Path, content: &[u8]) -> Result<BTreeMap<String, Versions>, StartError> {
    let damaged = |problem: &str| StartError::Damaged { path: path.to_owned(), problem: problem.to_owned() };
    let document: Value = serde_json::from_slice(content).map_err(|_| damaged("it is not JSON"))?;
    let entries = document["keys"].as_object().ok_or_else(|| damaged("it holds no keys"))?;
    let material = |encoded: &Value| -> Option<Secret<[u8; 32]>> {
        STANDARD.decode(encoded.as_str()?).ok()?.try_into().ok().map(Secret::new)
    };
    let mut keys = BTreeMap::new();
    for (id, versions) in entries {
        let versions: Option<Versions> = versions.as_array().and_then(|list| list.iter().map(material).collect());
        keys.insert(id.clone(), versions.ok_or_else(|| damaged("a key is not 256 bits of base64"))?);
    }
    Ok(keys)
}
