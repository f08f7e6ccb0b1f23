//! What keeps data: tables, queues, keys, secrets and parameters.

use std::time::Duration;

use serde_json::Value;

use super::{KeyStatement, Resource, Result, as_bool, as_number, as_text, identity, policy, resolve::Scope, unknown};

/// A DynamoDB table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name on AWS and locally.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `CreateTable`'s `AttributeDefinitions`.
    pub attributes: Vec<Value>,
    /// `CreateTable`'s `KeySchema`.
    pub key_schema: Vec<Value>,
    /// Its global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that holds the time of expiry.
    pub ttl: Option<String>,
    /// The ARN of the customer key that encrypts it at rest.
    pub key: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `CreateTable`'s `KeySchema`.
    pub key_schema: Vec<Value>,
    /// `CreateTable`'s `Projection`.
    pub projection: Value,
}

/// An SQS queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Its name, with `.fifo` where it is one.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its address, by which clients name it.
    pub url: String,
    /// Whether order is kept within a message group.
    pub fifo: bool,
    /// Whether equal bodies count as one message.
    pub content_deduplication: bool,
    /// How long a message that somebody took stays hidden.
    pub visibility: Duration,
    /// How long each message waits before it is first seen.
    pub delay: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// Where messages go that nobody managed to handle.
    pub redrive: Option<Redrive>,
    /// The ARN of the customer key that encrypts it at rest.
    pub key: Option<String>,
}

/// The way to a dead-letter queue.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// The dead-letter queue's ARN.
    pub target: String,
    /// How often a message is handed out before it goes there.
    pub max_receives: i64,
}

/// A KMS key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id: the logical id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `alias/…` names that lead to it.
    pub aliases: Vec<String>,
    /// Whether it makes and checks message authentication codes, and does nothing else.
    pub signs: bool,
    /// Its own policy; a key without one hands every decision to the roles' policies.
    pub policy: Vec<KeyStatement>,
}

/// A secret of Secrets Manager.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// How its first value is made, where AWS makes it.
    pub generate: Option<Value>,
    /// The value that the template itself gives.
    pub value: Option<String>,
    /// The ARN of the customer key that encrypts it at rest.
    pub key: Option<String>,
}

/// A parameter of the SSM parameter store.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its value, as far as a local deployment knows it.
    pub value: String,
}

pub(super) fn plain_duration(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

pub(super) fn tables(scope: &Scope<'_>) -> Result<Vec<Table>> {
    scope.of_type("AWS::DynamoDB::Table")?.iter().map(|resource| table(scope, resource)).collect()
}

fn table(scope: &Scope<'_>, resource: &Resource) -> Result<Table> {
    if resource.properties.contains_key("StreamSpecification") {
        return unknown(&resource.id, "streams make each write slower and nothing here reads them");
    }
    let ttl = resource.properties.get("TimeToLiveSpecification");
    let sse = resource.properties.get("SSESpecification");
    Ok(Table {
        name: identity::name(scope, &resource.id)?,
        arn: identity::arn(scope, &resource.id)?,
        attributes: resource.list("AttributeDefinitions").to_vec(),
        key_schema: resource.list("KeySchema").to_vec(),
        indexes: resource
            .list("GlobalSecondaryIndexes")
            .iter()
            .map(|raw| Index {
                name: as_text(&raw["IndexName"]).unwrap_or_default(),
                key_schema: raw["KeySchema"].as_array().cloned().unwrap_or_default(),
                projection: raw["Projection"].clone(),
            })
            .collect(),
        ttl: ttl.filter(|ttl| as_bool(&ttl["Enabled"]) != Some(false)).and_then(|ttl| as_text(&ttl["AttributeName"])),
        key: key_arn(scope, sse.and_then(|sse| as_text(&sse["KMSMasterKeyId"])))?,
    })
}

pub(super) fn queues(scope: &Scope<'_>) -> Result<Vec<Queue>> {
    let mut queues = Vec::new();
    for resource in scope.of_type("AWS::SQS::Queue")? {
        let name = identity::name(scope, &resource.id)?;
        let flag = |property: &str| resource.properties.get(property).and_then(as_bool) == Some(true);
        let seconds = |property: &str, usual: i64| plain_duration(resource.number(property).unwrap_or(usual));
        if flag("FifoQueue") != name.rsplit_once('.').is_some_and(|(_, ending)| ending == "fifo") {
            return unknown(&resource.id, "a FIFO queue, and no other, is named .fifo");
        }
        let redrive = resource.properties.get("RedrivePolicy").map(|policy| Redrive {
            target: as_text(&policy["deadLetterTargetArn"]).unwrap_or_default(),
            max_receives: as_number(&policy["maxReceiveCount"]).unwrap_or(10),
        });
        queues.push(Queue {
            arn: identity::arn(scope, &resource.id)?,
            url: identity::queue_url(&name),
            fifo: flag("FifoQueue"),
            content_deduplication: flag("ContentBasedDeduplication"),
            visibility: seconds("VisibilityTimeout", 30),
            delay: seconds("DelaySeconds", 0),
            retention: seconds("MessageRetentionPeriod", 345_600),
            redrive,
            key: key_arn(scope, resource.text("KmsMasterKeyId"))?,
            name,
        });
    }
    Ok(queues)
}

pub(super) fn keys(scope: &Scope<'_>) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for resource in scope.of_type("AWS::KMS::Key")? {
        let arn = identity::arn(scope, &resource.id)?;
        let mut aliases = Vec::new();
        for alias in scope.of_type("AWS::KMS::Alias")? {
            if alias.text("TargetKeyId").is_some_and(|target| target == resource.id || target == arn) {
                aliases.extend(alias.text("AliasName"));
            }
        }
        let document = resource.properties.get("KeyPolicy").unwrap_or(&Value::Null);
        let policy = policy::key_statements(&resource.id, document)?;
        let signs = resource.text("KeyUsage").is_some_and(|usage| usage == "GENERATE_VERIFY_MAC");
        keys.push(Key { id: resource.id, arn, aliases, signs, policy });
    }
    Ok(keys)
}

pub(super) fn secrets(scope: &Scope<'_>) -> Result<Vec<Secret>> {
    let mut secrets = Vec::new();
    for resource in scope.of_type("AWS::SecretsManager::Secret")? {
        secrets.push(Secret {
            name: identity::name(scope, &resource.id)?,
            arn: identity::arn(scope, &resource.id)?,
            generate: resource.properties.get("GenerateSecretString").cloned(),
            value: resource.text("SecretString"),
            key: key_arn(scope, resource.text("KmsKeyId"))?,
        });
    }
    Ok(secrets)
}

pub(super) fn parameters(scope: &Scope<'_>) -> Result<Vec<Parameter>> {
    let mut parameters = Vec::new();
    for resource in scope.of_type("AWS::SSM::Parameter")? {
        parameters.push(Parameter {
            name: identity::name(scope, &resource.id)?,
            arn: identity::arn(scope, &resource.id)?,
            value: resource.text("Value").unwrap_or_default(),
        });
    }
    Ok(parameters)
}

/// A customer key by id, ARN or alias; AWS's own (`alias/aws/sqs`) need no rights and count as none.
fn key_arn(scope: &Scope<'_>, named: Option<String>) -> Result<Option<String>> {
    let Some(named) = named.filter(|named| !named.starts_with("alias/aws/")) else { return Ok(None) };
    if named.starts_with("arn:") {
        return Ok(Some(named));
    }
    for key in scope.of_type("AWS::KMS::Key")? {
        if key.id == named {
            return identity::arn(scope, &key.id).map(Some);
        }
    }
    for alias in scope.of_type("AWS::KMS::Alias")? {
        if alias.text("AliasName").as_deref() == Some(&named) {
            return key_arn(scope, alias.text("TargetKeyId"));
        }
    }
    unknown(&named, "no such key")
}
