//! Secrets and parameters: made once, laid together, rotated.

use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use local::aws::Options;
use serde_json::{Value, json};

use crate::support::{Cloud, Folder, code, options};

async fn secret(cloud: &Cloud, id: &str, stage: &str) -> Result<String, String> {
    let request = cloud.secrets("writer").get_secret_value().secret_id(id).version_stage(stage);
    match request.send().await {
        Ok(found) => Ok(found.secret_string.unwrap()),
        Err(error) => Err(error.code().unwrap_or_default().to_owned()),
    }
}

#[tokio::test]
async fn a_generated_secret_stays_the_same_over_a_restart() {
    let folder = Folder::new();
    let first = secret(&Cloud::in_folder(&folder.0), "try-seeds", "AWSCURRENT").await.unwrap();
    let parsed: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(parsed["seed"].as_str().unwrap().len(), 64);
    let second = secret(&Cloud::in_folder(&folder.0), "try-seeds", "AWSCURRENT").await.unwrap();
    assert_eq!(first, second);
    assert_ne!(first, secret(&Cloud::in_memory(), "try-seeds", "AWSCURRENT").await.unwrap());
}

#[tokio::test]
async fn the_value_before_a_rotation_is_the_previous_one() {
    let cloud = Cloud::in_memory();
    let arn = cloud.aws.template().secrets[0].arn.clone();
    let before = secret(&cloud, &arn, "AWSCURRENT").await.unwrap();
    assert_eq!(secret(&cloud, &arn, "AWSPREVIOUS").await.unwrap_err(), "ResourceNotFoundException");
    cloud.aws.put_secret("try-seeds", "new".into()).unwrap();
    assert_eq!(secret(&cloud, &arn, "AWSCURRENT").await.unwrap(), "new");
    assert_eq!(secret(&cloud, &arn, "AWSPREVIOUS").await.unwrap(), before);
}

#[tokio::test]
async fn what_is_told_at_the_start_lies_over_the_file() {
    let folder = Folder::new();
    let written = json!({ "github": { "client_id": "file", "client_secret": "kept" } });
    std::fs::write(folder.0.join("oauth-clients.json"), written.to_string()).unwrap();
    let told = json!({ "github": { "client_id": "told" } });
    let cloud = Cloud::with(Options {
        folder: Some(folder.0.clone()),
        secrets: [("try-oauth-clients".to_owned(), told)].into(),
        ..options()
    });
    let clients: Value =
        serde_json::from_str(&secret(&cloud, "try-oauth-clients", "AWSCURRENT").await.unwrap()).unwrap();
    assert_eq!(clients["github"], json!({ "client_id": "told", "client_secret": "kept" }));
}

#[tokio::test]
async fn a_file_that_is_not_json_stops_the_start() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("oauth-clients.json"), "{").unwrap();
    let options = Options { folder: Some(folder.0.clone()), ..options() };
    assert!(matches!(local::aws::Aws::start(options), Err(local::aws::StartError::Damaged { .. })));
}

#[tokio::test]
async fn a_parameter_is_the_templates_unless_told_otherwise() {
    let cloud = Cloud::in_memory();
    let read = async |cloud: &Cloud| {
        let read = cloud.ssm("writer").get_parameter().name("/try/public-url").send().await.unwrap();
        read.parameter.unwrap().value.unwrap()
    };
    assert_eq!(read(&cloud).await, "https://example.org");
    let parameters = [("/try/public-url".to_owned(), "http://localhost:3000".to_owned())].into();
    assert_eq!(read(&Cloud::with(Options { parameters, ..options() })).await, "http://localhost:3000");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let cloud = Cloud::in_memory();
    let found = cloud.secrets("admin").get_secret_value().secret_id("try-nothing").send().await;
    assert!(found.unwrap_err().into_service_error().is_resource_not_found_exception());
    assert_eq!(code(cloud.ssm("admin").get_parameter().name("/nothing").send().await), "ParameterNotFound");
}
