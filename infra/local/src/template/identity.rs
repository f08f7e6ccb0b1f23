//! What a resource is called once it exists: its reference, its ARN and the other attributes a template asks for.
//!
//! Names follow AWS, with the logical id in the place of what AWS would draw at random.

use serde_json::Value;

use super::{ACCOUNT, REGION, Result, as_text, resolve::Scope, unknown};

/// The value of `!Ref id`.
pub(super) fn reference(scope: &Scope<'_>, id: &str) -> Result<String> {
    let kind = kind(scope, id)?;
    match kind {
        "AWS::SQS::Queue" => Ok(queue_url(&name(scope, id)?)),
        "AWS::SecretsManager::Secret" | "AWS::SNS::Topic" => arn(scope, id),
        "AWS::KMS::Key" => Ok(id.to_owned()),
        _ => name(scope, id),
    }
}

/// The value of `!GetAtt id.attribute`.
pub(super) fn attribute(scope: &Scope<'_>, id: &str, attribute: &str) -> Result<String> {
    match attribute {
        "Arn" | "TopicArn" | "TargetGroupArn" => arn(scope, id),
        "QueueName" | "TopicName" | "Name" => name(scope, id),
        "KeyId" => Ok(id.to_owned()),
        "QueueUrl" => Ok(queue_url(&name(scope, id)?)),
        "Id" if kind(scope, id)? == "AWS::SecretsManager::Secret" => arn(scope, id),
        // Host names, versions and the like: opaque here, but told apart.
        other => kind(scope, id).map(|_| format!("{id}-{other}")),
    }
}

/// The address of a queue, which is also how the SDK names it.
pub(super) fn queue_url(name: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")
}

fn kind<'a>(scope: &Scope<'a>, id: &str) -> Result<&'a str> {
    match scope.raw(id) {
        Some(raw) => Ok(raw["Type"].as_str().unwrap_or_default()),
        // SAM makes these while it transforms a template.
        None if id.ends_with("Role") => Ok("AWS::IAM::Role"),
        None if id.starts_with("ServerlessHttpApi") || id.starts_with("ServerlessRestApi") => {
            Ok("AWS::ApiGatewayV2::Api")
        }
        None => unknown(id, "is referred to and does not exist"),
    }
}

/// The physical name: as written, else made of stack and logical id as CloudFormation would.
pub(super) fn name(scope: &Scope<'_>, id: &str) -> Result<String> {
    let property = match kind(scope, id)? {
        "AWS::DynamoDB::Table" => "TableName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::KMS::Alias" => "AliasName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => "FunctionName",
        _ => "Name",
    };
    let written = scope.raw(id).and_then(|raw| raw["Properties"].get(property));
    match written.map(|raw| scope.resolve(raw)).transpose()?.as_ref().and_then(as_text) {
        Some(written) => Ok(written),
        None => Ok(format!("{}-{id}", scope.stack())),
    }
}

/// The ARN of a resource.
pub(super) fn arn(scope: &Scope<'_>, id: &str) -> Result<String> {
    let kind = kind(scope, id)?;
    let name = name(scope, id)?;
    let local = |service: &str, rest: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
    Ok(match kind {
        "AWS::DynamoDB::Table" => local("dynamodb", &format!("table/{name}")),
        "AWS::SQS::Queue" => local("sqs", &name),
        "AWS::SNS::Topic" => local("sns", &name),
        "AWS::KMS::Key" => local("kms", &format!("key/{id}")),
        "AWS::KMS::Alias" => local("kms", &name),
        "AWS::SecretsManager::Secret" => secret_arn(&name),
        "AWS::SSM::Parameter" => local("ssm", &format!("parameter/{}", name.trim_start_matches('/'))),
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => local("lambda", &format!("function:{name}")),
        "AWS::Logs::LogGroup" => local("logs", &format!("log-group:{name}:*")),
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
        "AWS::IAM::Role" => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        other => local(&other.split("::").nth(1).unwrap_or_default().to_lowercase(), &name),
    })
}

/// A secret's ARN: AWS appends a dash and six characters of its own.
pub(super) fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-LocalA")
}

/// `BuildProperties.Binary`, or the logical id in kebab case without its `Function`.
pub(super) fn function_name(scope: &Scope<'_>, id: &str) -> String {
    let binary = scope.raw(id).map(|raw| &raw["Metadata"]["BuildProperties"]["Binary"]).and_then(Value::as_str);
    binary.map_or_else(|| kebab(id.strip_suffix("Function").unwrap_or(id)), str::to_owned)
}

fn kebab(id: &str) -> String {
    let mut out = String::new();
    for letter in id.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
