//! D0's encryption: AES-256-CBC with one fixed vector, hexadecimal. It only opens; nothing is ever sealed like this here.

use aws_lc_rs::{
    cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    iv::FixedLength,
};
use shared::{config::Env, secret::Secret};

use crate::failure::Failure;

/// The key and the vector that the old installation had.
pub(super) struct Cbc {
    key: Secret<Vec<u8>>,
    vector: [u8; 16],
}

impl Cbc {
    /// From `CREDS_KEY` and `CREDS_IV`.
    pub(super) fn from_environment() -> Result<Self, Failure> {
        let key = Secret::new(digits("CREDS_KEY", 64)?);
        let vector = digits("CREDS_IV", 32)?;
        let vector = vector.try_into().map_err(|_| Failure::usage("CREDS_IV must have 32 hexadecimal digits"))?;
        Ok(Self { key, vector })
    }

    /// The text behind a value; none where it does not open.
    pub(super) fn open(&self, value: &str) -> Option<Secret<String>> {
        let mut bytes = hex::decode(value.trim()).ok()?;
        let key = UnboundCipherKey::new(&AES_256, self.key.expose()).ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
        let clear = key.decrypt(&mut bytes, DecryptionContext::Iv128(FixedLength::from(&self.vector))).ok()?;
        let text = std::str::from_utf8(clear).ok().map(|text| Secret::new(text.to_owned()));
        drop(Secret::new(bytes));
        text
    }
}

fn digits(name: &str, length: usize) -> Result<Vec<u8>, Failure> {
    let Some(text) = Env::process(name) else {
        return Err(Failure::usage(format!("{name} is not set: the older installation's, to open what it kept")));
    };
    let text = Secret::new(text.trim().to_owned());
    let (found, text) = (text.expose().chars().count(), hex::decode(text.expose()));
    match text {
        Ok(bytes) if found == length => Ok(bytes),
        Ok(_) => Err(Failure::usage(format!("{name} must have {length} hexadecimal digits, and has {found}"))),
        Err(_) if found == length => Err(Failure::usage(format!("{name} must consist of hexadecimal digits"))),
        Err(_) => {
            Err(Failure::usage(format!("{name} must have {length} hexadecimal digits, and has {found} characters")))
        }
    }
}
