//! Signs seals, and checks signatures: an HMAC by a KMS key whose material nobody has. Who may sign and who may check is
//! the key's policy.

use aws_sdk_kms::{error::SdkError, operation::verify_mac::VerifyMacError, primitives::Blob, types::MacAlgorithmSpec};

use crate::{app::App, aws::reason, store};

/// Why the trail could not be sealed or looked through.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name of the key is not known here.
    #[error("AUDIT_KEY_ID is not set")]
    NotConfigured,
    /// KMS did not sign or check.
    #[error("KMS did not sign or check a seal: {0}")]
    Kms(String),
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Signs what a seal says, hexadecimal.
pub(super) async fn sign(app: &App, statement: Vec<u8>) -> Result<String, Error> {
    let call = app.aws.kms().generate_mac().key_id(key_id(app)?).mac_algorithm(MacAlgorithmSpec::HmacSha256);
    let answer = call.message(Blob::new(statement)).send().await;
    let answer = answer.map_err(|error| Error::Kms(reason(&error)))?;
    let mac = answer.mac.ok_or_else(|| Error::Kms("its answer lacks the signature".to_owned()))?;
    Ok(hex::encode(mac.into_inner()))
}

/// Whether the sealer has signed this.
pub(super) async fn signed(app: &App, statement: Vec<u8>, signature: &str) -> Result<bool, Error> {
    let Ok(mac) = hex::decode(signature) else { return Ok(false) };
    if mac.is_empty() {
        return Ok(false);
    }
    let call = app.aws.kms().verify_mac().key_id(key_id(app)?).mac_algorithm(MacAlgorithmSpec::HmacSha256);
    match call.message(Blob::new(statement)).mac(Blob::new(mac)).send().await {
        Ok(answer) => Ok(answer.mac_valid),
        Err(SdkError::ServiceError(answer)) if matches!(answer.err(), VerifyMacError::KmsInvalidMacException(_)) => {
            Ok(false)
        }
        Err(error) => Err(Error::Kms(reason(&error))),
    }
}

fn key_id(app: &App) -> Result<&str, Error> {
    app.config.cloud.audit_key_id.as_deref().ok_or(Error::NotConfigured)
}
