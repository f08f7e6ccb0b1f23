//! Data keys: what KMS makes, wraps and unwraps, and what the records' keys are derived from.
//!
//! A clear data key lives only in here, and is overwritten when it is dropped. KMS answers hold clear keys too: no error
//! made here may carry the answer's bytes, nor the SDK's own description of it, which does.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_sdk_kms::{
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::DataKeySpec,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use zeroize::Zeroizing;

use super::{Error, context::Scope};
use crate::aws::{self, Aws};

/// Bytes of a data key, and of each key derived from one.
const KEY_LEN: usize = 32;
/// Part of the format.
const SALT: &[u8] = b"postern vault";

/// A clear data key. No `Debug`, no way to its bytes but deriving; aws-lc overwrites them when it is dropped.
pub(super) struct DataKey(Prk);

impl DataKey {
    /// Takes the bytes that KMS gave, and wipes them.
    pub(super) fn new(clear: Vec<u8>) -> Result<Self, Error> {
        let clear = Zeroizing::new(clear);
        if clear.len() != KEY_LEN {
            return Err(Error::Unreachable("it gave a data key of another length than asked for".to_owned()));
        }
        Ok(Self(Salt::new(HKDF_SHA256, SALT).extract(&clear)))
    }

    /// A key of its own for each `info`.
    pub(super) fn derive(&self, info: &[u8]) -> Result<Zeroizing<[u8; KEY_LEN]>, Error> {
        let mut derived = Zeroizing::new([0; KEY_LEN]);
        let info = [info];
        let derivation = self.0.expand(&info, DerivedKey).map_err(|_| Error::Cipher)?;
        derivation.fill(&mut *derived).map_err(|_| Error::Cipher)?;
        Ok(derived)
    }
}

struct DerivedKey;

impl KeyType for DerivedKey {
    fn len(&self) -> usize {
        KEY_LEN
    }
}

/// The customer keys in KMS that wrap data keys. Every call names its key and the scope's encryption context, so that a
/// wrapped key of another organisation or purpose, or one that somebody else wrapped, does not unwrap.
pub(super) struct Kms {
    aws: Aws,
    /// The first wraps. The others still unwrap, for the time of a move to another customer key.
    key_ids: Vec<String>,
}

impl Kms {
    /// `key_ids` is a comma-separated list, of one key as a rule.
    pub(super) fn new(aws: Aws, key_ids: &str) -> Self {
        let key_ids = key_ids.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
        Self { aws, key_ids }
    }

    /// A new data key, clear and wrapped.
    pub(super) async fn generate(&self, scope: &Scope) -> Result<(DataKey, Vec<u8>), Error> {
        let call = self.aws.kms().generate_data_key().key_id(self.key_id()?).key_spec(DataKeySpec::Aes256);
        let sent = call.set_encryption_context(Some(scope.encryption_context())).send().await;
        let answer = sent.map_err(|error| refused(scope, &error))?;
        let (Some(clear), Some(wrapped)) = (answer.plaintext, answer.ciphertext_blob) else {
            return Err(incomplete());
        };
        Ok((DataKey::new(clear.into_inner())?, wrapped.into_inner()))
    }

    /// The clear data key of a wrapped one.
    pub(super) async fn unwrap(&self, scope: &Scope, wrapped: Vec<u8>) -> Result<DataKey, Error> {
        let wrapped = Blob::new(wrapped);
        let mut failed = Error::NotConfigured;
        for (nth, key_id) in self.key_ids.iter().enumerate() {
            let call = self.aws.kms().decrypt().key_id(key_id).ciphertext_blob(wrapped.clone());
            match call.set_encryption_context(Some(scope.encryption_context())).send().await {
                Ok(answer) => return DataKey::new(answer.plaintext.ok_or_else(incomplete)?.into_inner()),
                Err(SdkError::ServiceError(other))
                    if other.err().is_incorrect_key_exception() && nth + 1 < self.key_ids.len() => {}
                Err(error) => {
                    failed = refused(scope, &error);
                    break;
                }
            }
        }
        Err(failed)
    }

    /// The same data key wrapped by the first customer key, where another wraps it now. KMS does it without showing the
    /// clear key to anybody.
    pub(super) async fn rewrap(&self, scope: &Scope, wrapped: &[u8]) -> Result<Rewrapped, Error> {
        let to = self.key_id()?;
        let context = scope.encryption_context();
        for from in self.key_ids.iter().skip(1) {
            let call = self.aws.kms().re_encrypt().ciphertext_blob(Blob::new(wrapped)).source_key_id(from);
            let call = call.set_source_encryption_context(Some(context.clone())).destination_key_id(to);
            match call.set_destination_encryption_context(Some(context.clone())).send().await {
                Ok(answer) => return Ok(Rewrapped::Anew(answer.ciphertext_blob.ok_or_else(incomplete)?.into_inner())),
                Err(SdkError::ServiceError(other)) if other.err().is_incorrect_key_exception() => {}
                Err(error) => return Err(refused(scope, &error)),
            }
        }
        // None of the others wraps it. That the first does is not taken for granted.
        let call = self.aws.kms().decrypt().key_id(to).ciphertext_blob(Blob::new(wrapped));
        match call.set_encryption_context(Some(context)).send().await {
            Ok(answer) => {
                DataKey::new(answer.plaintext.ok_or_else(incomplete)?.into_inner()).map(|_| Rewrapped::AsItShould)
            }
            Err(SdkError::ServiceError(other)) if other.err().is_incorrect_key_exception() => Ok(Rewrapped::Elsewhere),
            Err(error) => Err(refused(scope, &error)),
        }
    }

    fn key_id(&self) -> Result<&str, Error> {
        self.key_ids.first().map(String::as_str).ok_or(Error::NotConfigured)
    }
}

/// What wraps a data key.
pub(super) enum Rewrapped {
    /// The first customer key did already.
    AsItShould,
    /// The first customer key, from now on, like this.
    Anew(Vec<u8>),
    /// None of the configured customer keys.
    Elsewhere,
}

fn unreadable() -> Error {
    Error::Unreachable("its answer is not readable".to_owned())
}

fn incomplete() -> Error {
    Error::Unreachable("its answer lacks the key".to_owned())
}

/// Tells what passes by itself from what an operator must mend. The latter is logged in words that an alarm can look for.
fn refused<E: ProvideErrorMetadata>(scope: &Scope, error: &SdkError<E, HttpResponse>) -> Error {
    let failed = match error {
        SdkError::ServiceError(answer) => match answer.err().code() {
            // Also a success that cannot be read ends here.
            None => unreadable(),
            Some("ThrottlingException" | "LimitExceededException" | "TooManyRequestsException") => Error::Throttled,
            Some(code @ ("KMSInternalException" | "DependencyTimeoutException" | "KeyUnavailableException")) => {
                Error::Unreachable(code.to_owned())
            }
            Some(code) if answer.raw().status().is_server_error() => Error::Unreachable(code.to_owned()),
            Some(code) => Error::Denied(format!("{code}: {}", answer.err().message().unwrap_or_default())),
        },
        SdkError::ConstructionFailure(_) => Error::Unreachable("the call could not be made".to_owned()),
        other => Error::Unreachable(aws::reason(other)),
    };
    if let Error::Denied(why) = &failed {
        tracing::error!(alarm = "vault_denied", org = %scope.org, purpose = scope.purpose.as_str(), why, "KMS refuses the vault");
    }
    failed
}

#[cfg(test)]
mod tests;
