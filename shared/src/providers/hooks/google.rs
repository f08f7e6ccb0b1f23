//! Google's service accounts: the JSON file that its console hands out signs assertions with RS256.
//!
//! What the file says of addresses is not read: a token endpoint of its choosing would be handed our assertions.

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Authenticate, Claims};
use crate::{
    providers::{External, Values, credentials::InvalidField},
    secret::Secret,
};

/// The typed part that holds the file.
const FILE: &str = "service_account_json";
/// The typed part that names the user to act for.
const SUBJECT: &str = "subject";
/// Google takes assertions of an hour at most.
const LIFE: i64 = 3600;

pub(super) struct ServiceAccount;

/// What of the file is read.
#[derive(Deserialize)]
struct File {
    r#type: Option<String>,
    client_email: Option<String>,
    private_key: Option<Secret<String>>,
    private_key_id: Option<String>,
    project_id: Option<String>,
}

impl Authenticate for ServiceAccount {
    fn check(&self, typed: &Values) -> Result<(), InvalidField> {
        let file = read(typed)?;
        email(&file)?;
        key(&file).map(|_| ())
    }

    fn account(&self, typed: &Values) -> External {
        let Ok(file) = read(typed) else { return External::default() };
        External {
            id: file.client_email.clone(),
            username: file.client_email.clone(),
            email: subject(typed).or(file.client_email),
            workspace: file.project_id,
            ..External::default()
        }
    }

    fn assertion(&self, claims: &Claims<'_>, typed: &Values) -> Result<Secret<String>, InvalidField> {
        let file = read(typed)?;
        let (issuer, key) = (email(&file)?, key(&file)?);
        let mut header = json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = &file.private_key_id {
            header["kid"] = id.as_str().into();
        }
        let now = claims.now.as_second();
        let mut body = json!({
            "iss": issuer,
            "scope": claims.scopes.join(" "),
            "aud": claims.audience,
            "iat": now,
            "exp": now + LIFE,
        });
        if let Some(subject) = subject(typed) {
            body["sub"] = subject.into();
        }
        let encode = |part: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&body));
        let mut mark = vec![0; key.public_modulus_len()];
        key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut mark)
            .map_err(|_| invalid("holds a `private_key` that does not sign"))?;
        Ok(Secret::new(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mark))))
    }
}

fn invalid(problem: &'static str) -> InvalidField {
    InvalidField { key: FILE.to_owned(), problem }
}

fn subject(typed: &Values) -> Option<String> {
    typed.get_plain(SUBJECT)?.as_str().map(str::to_owned)
}

fn read(typed: &Values) -> Result<File, InvalidField> {
    let text = typed.get_secret(FILE).ok_or_else(|| invalid("is missing"))?;
    // The parser's own sentence could quote a piece of the key.
    let file: File =
        serde_json::from_str(text.expose()).map_err(|_| invalid("is not a service account's JSON file"))?;
    match file.r#type.as_deref() {
        Some("service_account") => Ok(file),
        None if file.client_email.is_some() => Ok(file),
        None => Err(invalid("is not a service account's JSON file: it has no `client_email`")),
        Some(_) => Err(invalid("is a JSON file of another `type` than `service_account`")),
    }
}

fn email(file: &File) -> Result<&str, InvalidField> {
    let email = file.client_email.as_deref().filter(|email| email.contains('@'));
    email.ok_or_else(|| invalid("has no `client_email`"))
}

/// The key of the file, from PKCS#8 in PEM.
fn key(file: &File) -> Result<KeyPair, InvalidField> {
    let pem = file.private_key.as_ref().filter(|pem| !pem.expose().trim().is_empty());
    let pem = pem.ok_or_else(|| invalid("has no `private_key`"))?;
    let der = der(pem).ok_or_else(|| invalid("has a `private_key` that is not PKCS#8 in PEM"))?;
    KeyPair::from_pkcs8(&der).map_err(|_| invalid("has a `private_key` that is no RSA key of 2048 bits or more"))
}

/// What stands between the lines of a PEM file. Line breaks that were escaped once too often are taken as such.
fn der(pem: &Secret<String>) -> Option<Zeroizing<Vec<u8>>> {
    let inside = pem.expose().split_once("-----BEGIN PRIVATE KEY-----")?.1;
    let inside = inside.split_once("-----END PRIVATE KEY-----")?.0;
    let inside = Zeroizing::new(inside.replace("\\n", ""));
    let plain = Zeroizing::new(inside.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>());
    BASE64_STANDARD.decode(plain.as_bytes()).ok().map(Zeroizing::new)
}
