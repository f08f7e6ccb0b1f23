//! AWS's signature, version 4, by a person's own access key, or by the temporary one of a role that it may take on. The
//! signer is AWS's.

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use super::Sign;
use crate::{
    providers::{RenderError, Values},
    secret::Secret,
};

pub(super) struct SigV4;

/// What signs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Option<Secret<String>>,
}

impl Keys {
    /// The role's, where there are some.
    fn of(credential: &Values) -> Result<Self, RenderError> {
        if let Some(session) = credential.get_secret("access_token") {
            // The parser's own sentence could quote a secret.
            return serde_json::from_str(session.expose()).map_err(|_| RenderError::Unsupported("session"));
        }
        let secret = |name: &str| credential.get_secret(name).cloned();
        let missing = || RenderError::Missing("secretAccessKey".to_owned());
        Ok(Self {
            access_key_id: credential.text("accessKeyId")?.into_owned(),
            secret_access_key: secret("secretAccessKey").ok_or_else(missing)?,
            session_token: secret("sessionToken"),
        })
    }
}

/// China's regions lie under a domain of their own, and no other place in an address tells.
fn place(request: &mut Request<Bytes>, region: &str) -> Result<(), RenderError> {
    let mut url: Url = request.uri().to_string().parse().map_err(|_| RenderError::NotAnAddress)?;
    if let Some(host) = url.host_str().filter(|host| region.starts_with("cn-") && host.ends_with(".amazonaws.com")) {
        let host = format!("{host}.cn");
        url.set_host(Some(&host)).map_err(|_| RenderError::NotAnAddress)?;
        *request.uri_mut() = url.as_str().parse().map_err(|_| RenderError::NotAnAddress)?;
    }
    Ok(())
}

impl Sign for SigV4 {
    fn sign(
        &self,
        request: &mut Request<Bytes>,
        service: &str,
        credential: &Values,
        now: Timestamp,
    ) -> Result<(), RenderError> {
        let region = credential.text("region")?;
        place(request, &region)?;
        let Keys { access_key_id, secret_access_key, session_token } = Keys::of(credential)?;
        let (hidden, token) = (secret_access_key.expose().clone(), session_token.map(|token| token.expose().clone()));
        let identity = Credentials::new(access_key_id, hidden, token, None, "integration").into();
        let unsigned = RenderError::Unsupported("signature");
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(service)
            .time(now.into())
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| unsigned.clone())?
            .into();
        let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let (method, uri) = (request.method().as_str(), request.uri().to_string());
        let signable = SignableRequest::new(method, uri, headers, SignableBody::Bytes(request.body()));
        let signed = signable.and_then(|signable| sign(signable, &params)).map_err(|_| unsigned)?;
        let (instructions, _) = signed.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get-vanilla` of the test suite that AWS publishes with the specification.
    #[test]
    fn it_signs_as_the_published_vector_says() {
        let mut request = Request::get("https://example.amazonaws.com/").body(Bytes::new()).unwrap();
        let credential = Values::new()
            .plain("accessKeyId", "AKIDEXAMPLE")
            .secret("secretAccessKey", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into())
            .plain("region", "us-east-1");
        SigV4.sign(&mut request, "service", &credential, "2015-08-30T12:36:00Z".parse().unwrap()).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            request.headers()["authorization"],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    fn typed(region: &str) -> Values {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let key = Values::new().plain("accessKeyId", "AKIDEXAMPLE").secret("secretAccessKey", secret.into());
        key.plain("region", region)
    }

    fn signed(address: &str, credential: &Values) -> Request<Bytes> {
        let mut request = Request::get(address).body(Bytes::new()).unwrap();
        SigV4.sign(&mut request, "sts", credential, "2015-08-30T12:36:00Z".parse().unwrap()).unwrap();
        request
    }

    #[test]
    fn the_keys_of_a_role_sign_in_the_place_of_the_typed_ones() {
        let role = r#"{"accessKeyId":"ASIAROLE","secretAccessKey":"hush","sessionToken":"IQoJ"}"#;
        let request =
            signed("https://sts.eu-central-1.amazonaws.com/", &typed("eu-central-1").access_token(role.into()));
        assert_eq!(request.headers()["x-amz-security-token"], "IQoJ");
        let by = request.headers()["authorization"].to_str().unwrap();
        assert!(by.contains("Credential=ASIAROLE/20150830/eu-central-1/sts/"), "{by}");
    }

    /// docs.aws.amazon.com/general/latest/gr/sts.html
    #[test]
    fn each_part_of_aws_is_asked_at_its_own_domain() {
        for (region, host) in [
            ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
            ("cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
            ("eu-central-1", "sts.eu-central-1.amazonaws.com"),
        ] {
            let url = format!("https://sts.{region}.amazonaws.com/");
            assert_eq!(signed(&url, &typed(region)).uri().host(), Some(host));
            let url: Url = format!("https://{host}/").parse().unwrap();
            let aws = crate::providers::tests::built_in("aws");
            assert!(aws.hosts().iter().any(|pattern| pattern.matches(&url)), "{host}");
        }
    }
}
