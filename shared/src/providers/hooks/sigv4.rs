//! AWS's signature, version 4, by a person's own access key. The signer is AWS's.

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;

use super::Sign;
use crate::{
    providers::{RenderError, Values},
    secret::Secret,
};

pub(super) struct SigV4;

impl Sign for SigV4 {
    fn sign(
        &self,
        request: &mut Request<Bytes>,
        service: &str,
        credential: &Values,
        now: Timestamp,
    ) -> Result<(), RenderError> {
        let secret = |name: &str| credential.get_secret(name).map(Secret::expose).cloned();
        let key = credential.text("accessKeyId")?;
        let hidden = secret("secretAccessKey").ok_or_else(|| RenderError::Missing("secretAccessKey".to_owned()))?;
        let region = credential.text("region")?;
        let identity = Credentials::new(&*key, hidden, secret("sessionToken"), None, "integration").into();
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
}
