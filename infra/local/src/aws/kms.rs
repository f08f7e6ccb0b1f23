//! KMS as far as an envelope and an audit trail need it: data keys, decryption, re-encryption, rotation, HMAC.
//!
//! Policies are asked before anything is opened, with the encryption context as the caller gives it, as KMS does.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::{clock::Clock, id::random};

use super::{
    StartError,
    iam::{Ask, Context, Iam},
    key_ring::{EncryptionContext, KeyRing, Sealed},
    wire::Refusal,
};
use crate::template::{ACCOUNT, Key};

/// The one way in which keys sign here.
const MAC: &str = "HMAC_SHA_256";

/// The stand-in.
pub(super) struct Kms {
    keys: Vec<Key>,
    ring: KeyRing,
    clock: Clock,
}

/// Who asks, and the judge.
#[derive(Clone, Copy)]
struct Caller<'a> {
    iam: &'a Iam,
    role: &'a str,
}

impl Kms {
    pub(super) fn open(folder: Option<&Path>, keys: &[Key], clock: &Clock) -> Result<Self, StartError> {
        let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        Ok(Self { keys: keys.to_vec(), ring: KeyRing::open(folder, &ids)?, clock: clock.clone() })
    }

    pub(super) fn rotate(&self, id: &str) -> Result<(), StartError> {
        self.ring.rotate(id)
    }

    pub(super) fn serve(&self, iam: &Iam, role: &str, operation: &str, input: &Value) -> Result<Value, Refusal> {
        let caller = Caller { iam, role };
        match operation {
            "GenerateDataKey" => self.generate(caller, operation, input),
            "GenerateDataKeyWithoutPlaintext" => {
                let mut output = self.generate(caller, operation, input)?;
                output.as_object_mut().map(|members| members.remove("Plaintext"));
                Ok(output)
            }
            "Encrypt" => self.encrypt(caller, input),
            "Decrypt" => self.decrypt(caller, input),
            "ReEncrypt" => self.re_encrypt(caller, input),
            "DescribeKey" => self.describe(caller, input),
            "GenerateMac" => self.generate_mac(caller, input),
            "VerifyMac" => self.verify_mac(caller, input),
            "RotateKeyOnDemand" => {
                let key = self.key(input, "KeyId")?;
                caller.may("RotateKeyOnDemand", key, &EncryptionContext::new())?;
                self.rotate(&key.id).map_err(Refusal::internal)?;
                Ok(json!({ "KeyId": key.arn }))
            }
            _ => Err(Refusal::new("UnsupportedOperationException", format!("{operation} is not played here"))),
        }
    }

    fn generate(&self, caller: Caller<'_>, operation: &str, input: &Value) -> Result<Value, Refusal> {
        let (key, context) = (self.key(input, "KeyId")?, context(input, "EncryptionContext")?);
        caller.may(operation, key, &context)?;
        let length = match (input["KeySpec"].as_str(), input["NumberOfBytes"].as_u64()) {
            (Some("AES_256"), None) => 32,
            (Some("AES_128"), None) => 16,
            (None, Some(bytes @ 1..=1024)) => usize::try_from(bytes).unwrap_or(1024),
            _ => return Err(invalid("give KeySpec or NumberOfBytes, and one of them only")),
        };
        let plain: Vec<u8> = std::iter::repeat_with(random::<32>).flatten().take(length).collect();
        let sealed = self.seal(key, &context, &plain)?;
        Ok(json!({ "CiphertextBlob": sealed, "Plaintext": STANDARD.encode(&plain), "KeyId": key.arn }))
    }

    fn encrypt(&self, caller: Caller<'_>, input: &Value) -> Result<Value, Refusal> {
        let (key, context) = (self.key(input, "KeyId")?, context(input, "EncryptionContext")?);
        caller.may("Encrypt", key, &context)?;
        let plain = blob(input, "Plaintext")?;
        if plain.is_empty() || plain.len() > 4096 {
            return Err(invalid("Plaintext takes 1 to 4096 bytes"));
        }
        let sealed = self.seal(key, &context, &plain)?;
        Ok(json!({ "CiphertextBlob": sealed, "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }))
    }

    fn decrypt(&self, caller: Caller<'_>, input: &Value) -> Result<Value, Refusal> {
        let (key, plain) = self.open_blob(caller, "Decrypt", input, "KeyId", "EncryptionContext")?;
        let plain = STANDARD.encode(plain);
        Ok(json!({ "Plaintext": plain, "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }))
    }

    fn re_encrypt(&self, caller: Caller<'_>, input: &Value) -> Result<Value, Refusal> {
        let to = self.key(input, "DestinationKeyId")?;
        let context = context(input, "DestinationEncryptionContext")?;
        let (from, plain) = self.open_blob(caller, "ReEncryptFrom", input, "SourceKeyId", "SourceEncryptionContext")?;
        caller.may("ReEncryptTo", to, &context)?;
        let sealed = self.seal(to, &context, &plain)?;
        Ok(json!({
            "CiphertextBlob": sealed,
            "KeyId": to.arn,
            "SourceKeyId": from.arn,
            "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn generate_mac(&self, caller: Caller<'_>, input: &Value) -> Result<Value, Refusal> {
        let (key, message) = self.to_sign(caller, "GenerateMac", input)?;
        let mac = STANDARD.encode(self.mac(key, &message)?);
        Ok(json!({ "Mac": mac, "MacAlgorithm": MAC, "KeyId": key.arn }))
    }

    fn verify_mac(&self, caller: Caller<'_>, input: &Value) -> Result<Value, Refusal> {
        let (key, message) = self.to_sign(caller, "VerifyMac", input)?;
        if self.mac(key, &message)? != blob(input, "Mac")? {
            return Err(Refusal::new("KMSInvalidMacException", ""));
        }
        Ok(json!({ "MacValid": true, "MacAlgorithm": MAC, "KeyId": key.arn }))
    }

    /// The key, which must be one for this, and what it is to sign.
    fn to_sign(&self, caller: Caller<'_>, action: &str, input: &Value) -> Result<(&Key, Vec<u8>), Refusal> {
        let key = self.named(input, "KeyId")?;
        let message = blob(input, "Message")?;
        caller.may(action, key, &EncryptionContext::new())?;
        if !key.signs || input["MacAlgorithm"] != MAC {
            return Err(unfit(key));
        }
        if message.is_empty() || message.len() > 4096 {
            return Err(invalid("Message takes 1 to 4096 bytes"));
        }
        Ok((key, message))
    }

    fn mac(&self, key: &Key, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.ring.mac(&key.id, message).map_err(|_| Refusal::internal("a key could not sign"))
    }

    fn describe(&self, caller: Caller<'_>, input: &Value) -> Result<Value, Refusal> {
        let key = self.named(input, "KeyId")?;
        caller.may("DescribeKey", key, &EncryptionContext::new())?;
        Ok(json!({ "KeyMetadata": {
            "AWSAccountId": ACCOUNT,
            "KeyId": key.id,
            "Arn": key.arn,
            "CreationDate": self.clock.epoch(),
            "Enabled": true,
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyManager": "CUSTOMER",
            "Origin": "AWS_KMS",
        }}))
    }

    fn seal(&self, key: &Key, context: &EncryptionContext, plain: &[u8]) -> Result<String, Refusal> {
        let sealed = self.ring.seal(&key.id, context, plain);
        sealed.map(|blob| STANDARD.encode(blob)).map_err(|_| Refusal::internal("a key could not seal"))
    }

    /// Opens `CiphertextBlob`, whose key it names itself; a key named in the request must be that one.
    fn open_blob(
        &self,
        caller: Caller<'_>,
        action: &str,
        input: &Value,
        named: &str,
        under: &str,
    ) -> Result<(&Key, Vec<u8>), Refusal> {
        let ciphertext = blob(input, "CiphertextBlob")?;
        let Some(sealed) = Sealed::parse(&ciphertext) else { return Err(unopened()) };
        let Some(key) = self.keys.iter().find(|key| key.id == sealed.key) else { return Err(unopened()) };
        if !input[named].is_null() && self.key(input, named)?.id != key.id {
            let message = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(Refusal::new("IncorrectKeyException", message));
        }
        let context = context(input, under)?;
        caller.may(action, key, &context)?;
        let plain = self.ring.unseal(&sealed, &context).map_err(|_| unopened())?;
        Ok((key, plain))
    }

    /// A key that encrypts, by any of its names.
    fn key(&self, input: &Value, member: &str) -> Result<&Key, Refusal> {
        let key = self.named(input, member)?;
        if key.signs { Err(unfit(key)) } else { Ok(key) }
    }

    /// A key by id, ARN, alias or the alias's ARN.
    fn named(&self, input: &Value, member: &str) -> Result<&Key, Refusal> {
        let Some(name) = input[member].as_str() else { return Err(invalid(&format!("{member} is missing"))) };
        let alias = name.split_once(":alias/").map_or(name.strip_prefix("alias/"), |(_, alias)| Some(alias));
        let named = |key: &&Key| match alias {
            Some(alias) => key.aliases.iter().any(|own| own.strip_prefix("alias/") == Some(alias)),
            None => key.id == name || key.arn == name,
        };
        self.keys.iter().find(named).ok_or_else(|| {
            let what = if alias.is_some() { "Alias" } else { "Key" };
            Refusal::new("NotFoundException", format!("{what} '{name}' does not exist"))
        })
    }
}

impl Caller<'_> {
    fn may(self, action: &str, key: &Key, under: &EncryptionContext) -> Result<(), Refusal> {
        let mut context = Context::new();
        for (name, value) in under {
            context.push((format!("kms:EncryptionContext:{name}"), value.clone()));
            context.push(("kms:EncryptionContextKeys".to_owned(), name.clone()));
        }
        let ask = Ask { role: self.role, action: &format!("kms:{action}"), resource: &key.arn };
        self.iam.check_key(ask, &context)
    }
}

fn context(input: &Value, member: &str) -> Result<EncryptionContext, Refusal> {
    let mut context = EncryptionContext::new();
    for (name, value) in input[member].as_object().into_iter().flatten() {
        let value = value.as_str().ok_or_else(|| invalid("an encryption context holds text only"))?;
        context.insert(name.clone(), value.to_owned());
    }
    Ok(context)
}

fn blob(input: &Value, member: &str) -> Result<Vec<u8>, Refusal> {
    let decoded = input[member].as_str().and_then(|text| STANDARD.decode(text).ok());
    decoded.ok_or_else(|| invalid(&format!("{member} must be base64")))
}

fn unfit(key: &Key) -> Refusal {
    Refusal::new("InvalidKeyUsageException", format!("{} is not for this", key.arn))
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("ValidationException", message)
}

/// One answer for a damaged blob, a foreign one and a wrong context, as KMS gives it.
fn unopened() -> Refusal {
    Refusal::new("InvalidCiphertextException", "")
}
