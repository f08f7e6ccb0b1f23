//! moto: somebody else's AWS. Each case of `moto_*.rs` runs against it and against our stand-ins, and says what AWS does by
//! its documentation; where one of the two does otherwise, [`deviations`] says so and why that may be.

mod deviations;
mod server;

use std::{collections::BTreeMap, fmt::Display};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::QueueAttributeName;
use aws_types::{SdkConfig, region::Region};
use local::{
    aws::{Aws, Options},
    template::{Queue, REGION, Template},
};
use shared::id::random_token;

/// Whose cloud it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Moto,
    Ours,
}

/// A cloud with two customer keys, a FIFO queue with its dead-letter queue as the template has them, and a secret.
pub(crate) struct Cloud {
    whose: Whose,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) keys: [String; 2],
    pub(crate) queue: String,
    pub(crate) dead: String,
    pub(crate) secret: String,
    ours: Option<Aws>,
}

/// Runs each case against both: `ours::<case>`, and all together in `moto`, since a runner that gives each test a process of
/// its own would start a server for each.
macro_rules! held_to_both {
    ($($case:ident),* $(,)?) => {
        #[tokio::test]
        async fn moto() {
            $($case(&crate::moto::Cloud::motos().await).await;)*
        }
        mod ours {
            $(#[tokio::test] async fn $case() { super::$case(&crate::moto::Cloud::ours()).await; })*
        }
    };
}
pub(crate) use held_to_both;

impl Cloud {
    /// Things of their own in a server that all tests share.
    pub(crate) async fn motos() -> Self {
        let config = server_config();
        let kms = aws_sdk_kms::Client::new(&config);
        let secrets = aws_sdk_secretsmanager::Client::new(&config);
        let sqs = aws_sdk_sqs::Client::new(&config);
        let keys = [make_key(&kms).await, make_key(&kms).await];
        let [queue, dead] = make_queues(&sqs).await;
        let secret = random_token();
        secrets.create_secret().name(&secret).secret_string("first").send().await.unwrap();
        Self { whose: Whose::Moto, kms, secrets, sqs, keys, queue, dead, secret, ours: None }
    }

    /// A new one in memory.
    pub(crate) fn ours() -> Self {
        let template = template();
        let trusted = [ROLE.to_owned()].into();
        let aws = Aws::start(Options { trusted, ..Options::in_memory(template.clone()) }).unwrap();
        let config = aws.sdk_config(ROLE);
        let secret = template.secrets[0].name.clone();
        aws.put_secret(&secret, "first".to_owned()).unwrap();
        let [queue, dead] = queues();
        Self {
            whose: Whose::Ours,
            kms: aws_sdk_kms::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            keys: [template.keys[0].arn.clone(), template.keys[1].arn.clone()],
            queue: queue.url.clone(),
            dead: dead.url.clone(),
            secret,
            ours: Some(aws),
        }
    }

    /// Gives the secret another value. Our functions never do, so our stand-in takes it by another way.
    pub(crate) async fn put_secret(&self, value: &str) {
        match &self.ours {
            Some(aws) => aws.put_secret(&self.secret, value.to_owned()).unwrap(),
            None => {
                self.secrets.put_secret_value().secret_id(&self.secret).secret_string(value).send().await.unwrap();
            }
        }
    }

    /// A secret that was never changed.
    pub(crate) async fn fresh_secret(&self) -> String {
        if let Some(aws) = &self.ours {
            // Its second secret is left alone here.
            return aws.template().secrets[1].name.clone();
        }
        let name = random_token();
        self.secrets.create_secret().name(&name).secret_string("only").send().await.unwrap();
        name
    }

    /// Holds what was seen to what AWS does, or to the deviation that is known of this cloud.
    #[track_caller]
    pub(crate) fn holds(&self, fact: &str, seen: impl Display, on_aws: impl Display) {
        let (seen, on_aws) = (seen.to_string(), on_aws.to_string());
        match deviations::of(self.whose, fact) {
            None => assert_eq!(seen, on_aws, "{:?}: {fact}", self.whose),
            Some(known) => {
                assert_ne!(seen, on_aws, "{:?} does as AWS does now, take it off the list: {fact}", self.whose);
                assert_eq!(seen, known.does, "{:?}: {fact}, listed because {}", self.whose, known.because);
            }
        }
    }
}

/// How a call went: `ok`, or the error's code.
pub(crate) fn outcome<T, E: ProvideErrorMetadata, R>(result: &Result<T, SdkError<E, R>>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(SdkError::ServiceError(error)) => error.err().code().unwrap_or("an error without a code").to_owned(),
        Err(_) => "no answer".to_owned(),
    }
}

/// A role that may do anything, ours included: rights are the contract tests' part.
const ROLE: &str = "admin";

fn server_config() -> SdkConfig {
    let credentials = Credentials::new(ROLE, "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(server::address())
        .build()
}

async fn make_key(kms: &aws_sdk_kms::Client) -> String {
    kms.create_key().send().await.unwrap().key_metadata.unwrap().arn.unwrap()
}

/// The refresh queue and its dead-letter queue, as the template describes them.
fn queues() -> [&'static Queue; 2] {
    let queues = &template().queues;
    let main = queues.iter().find(|queue| queue.redrive.is_some()).unwrap();
    let dead = queues.iter().find(|queue| main.redrive.as_ref().is_some_and(|redrive| redrive.target == queue.arn));
    [main, dead.unwrap()]
}

async fn make_queues(sqs: &aws_sdk_sqs::Client) -> [String; 2] {
    let [main, dead] = queues();
    let dead_url = make_queue(sqs, dead, BTreeMap::new()).await;
    let asked = sqs.get_queue_attributes().queue_url(&dead_url).attribute_names(QueueAttributeName::QueueArn);
    let arn = asked.send().await.unwrap().attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap();
    let most = main.redrive.as_ref().unwrap().max_receives;
    let policy = serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": most });
    let url = make_queue(sqs, main, [(QueueAttributeName::RedrivePolicy, policy.to_string())].into()).await;
    [url, dead_url]
}

async fn make_queue(sqs: &aws_sdk_sqs::Client, like: &Queue, more: BTreeMap<QueueAttributeName, String>) -> String {
    let make = sqs
        .create_queue()
        .queue_name(format!("{}.fifo", random_token()))
        .attributes(QueueAttributeName::FifoQueue, like.fifo.to_string())
        .attributes(QueueAttributeName::ContentBasedDeduplication, like.content_deduplication.to_string())
        .attributes(QueueAttributeName::VisibilityTimeout, like.visibility.as_secs().to_string());
    let make = more.into_iter().fold(make, |make, (name, value)| make.attributes(name, value));
    make.send().await.unwrap().queue_url.unwrap()
}

/// What a deployment consists of.
pub(crate) fn template() -> &'static Template {
    local::stack::template().unwrap()
}
