//! What KMS may answer, over the real SDK client. How a real KMS behaves is held in `tests/vault` and `tests/peers`.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use aws_types::{SdkConfig, region::Region};

use super::*;
use crate::{
    http::{self, Code},
    vault::Purpose,
};

/// A wire on which every call gets this answer; none where nobody answers.
#[derive(Clone, Debug)]
struct Answer(Option<(u16, &'static str)>);

impl HttpConnector for Answer {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(match self.0 {
            Some((status, body)) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
            None => Err(ConnectorError::io("connection refused".into())),
        })
    }
}

fn kms(key_ids: &str, answer: Option<(u16, &'static str)>) -> Kms {
    let wire = SharedHttpConnector::new(Answer(answer));
    let config = SdkConfig::builder()
        .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test")))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| wire.clone()))
        .build();
    Kms::new(Aws::new(config), key_ids)
}

async fn failure(answer: Option<(u16, &'static str)>) -> Error {
    let scope = Scope { org: "org_0000000000000000000001".parse().unwrap(), purpose: Purpose::Integration };
    let kms = kms("key", answer);
    let made = kms.generate(&scope).await.map(|_| ()).unwrap_err();
    let opened = kms.unwrap(&scope, vec![1]).await.map(|_| ()).unwrap_err();
    assert_eq!(format!("{made:?}"), format!("{opened:?}"));
    made
}

#[tokio::test]
async fn what_passes_by_itself_says_when_to_come_back() {
    let passing = [
        (Some((400, r#"{"__type":"ThrottlingException"}"#)), Some(1)),
        (Some((400, r#"{"__type":"LimitExceededException"}"#)), Some(1)),
        (Some((400, r#"{"__type":"KeyUnavailableException"}"#)), Some(5)),
        (Some((500, r#"{"__type":"KMSInternalException"}"#)), Some(5)),
        (Some((503, "<html>")), Some(5)),
        (Some((200, "<html>")), Some(5)),
        (Some((200, "{}")), Some(5)),
        (Some((200, r#"{"Plaintext":"c2hvcnQ=","CiphertextBlob":"AA=="}"#)), Some(5)),
        (None, Some(5)),
    ];
    for (answer, seconds) in passing {
        let error = failure(answer).await;
        assert_eq!(error.passes_after(), seconds, "{answer:?}");
        assert_eq!(http::Error::from(error).code(), Code::Unavailable, "{answer:?}");
    }
}

#[tokio::test]
async fn what_an_operator_must_mend_is_an_error_of_ours() {
    let refusals = [
        "AccessDeniedException",
        "DisabledException",
        "KMSInvalidStateException",
        "NotFoundException",
        "InvalidCiphertextException",
        "IncorrectKeyException",
        "InvalidKeyUsageException",
        "UnrecognizedClientException",
    ];
    for code in refusals {
        let body: &str = Box::leak(format!(r#"{{"__type":"{code}","message":"because"}}"#).into_boxed_str());
        let error = failure(Some((400, body))).await;
        assert_eq!(error.to_string(), format!("KMS refuses: {code}: because"));
        assert_eq!(http::Error::from(error).code(), Code::Internal);
    }
}

#[tokio::test]
async fn a_broken_answer_with_a_clear_key_in_it_is_told_to_nobody() {
    let error = failure(Some((200, r#"{"Plaintext":"Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E=","#))).await;
    let told = format!("{error} {error:?} {:?}", http::Error::from(error.clone()));
    assert!(!told.contains("Y2FuYXJ5") && !told.contains("canary"), "{told}");
}

#[tokio::test]
async fn without_a_key_id_it_fails_closed() {
    let scope = Scope { org: "org_0000000000000000000001".parse().unwrap(), purpose: Purpose::Setting };
    for ids in ["", " , "] {
        let kms = kms(ids, None);
        assert!(matches!(kms.generate(&scope).await, Err(Error::NotConfigured)));
        assert!(matches!(kms.unwrap(&scope, vec![1]).await, Err(Error::NotConfigured)));
    }
}
