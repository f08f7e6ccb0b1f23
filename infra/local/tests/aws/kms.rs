//! Envelope encryption: the context is bound, versions stay readable, refusals are KMS's own.

use std::collections::HashMap;

use aws_sdk_kms::{operation::generate_data_key::GenerateDataKeyOutput, primitives::Blob, types::DataKeySpec};

use crate::support::{Cloud, Folder, code};

fn context(purpose: &str) -> HashMap<String, String> {
    let pairs = [("app", "postern"), ("org", "org_1"), ("purpose", purpose)];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

async fn data_key(cloud: &Cloud, purpose: &str) -> GenerateDataKeyOutput {
    cloud
        .kms("writer")
        .generate_data_key()
        .key_id("VaultKey")
        .key_spec(DataKeySpec::Aes256)
        .set_encryption_context(Some(context(purpose)))
        .send()
        .await
        .unwrap()
}

async fn open(cloud: &Cloud, role: &str, sealed: &Blob, purpose: &str) -> Result<Blob, String> {
    let request =
        cloud.kms(role).decrypt().ciphertext_blob(sealed.clone()).set_encryption_context(Some(context(purpose)));
    match request.send().await {
        Ok(opened) => Ok(opened.plaintext.unwrap()),
        error => Err(code(error)),
    }
}

#[tokio::test]
async fn a_data_key_opens_under_its_own_context_only() {
    let cloud = Cloud::in_memory();
    let key = data_key(&cloud, "integration").await;
    let sealed = key.ciphertext_blob.unwrap();
    assert_eq!(open(&cloud, "writer", &sealed, "integration").await.unwrap(), key.plaintext.unwrap());
    assert_eq!(open(&cloud, "writer", &sealed, "setting").await.unwrap_err(), "InvalidCiphertextException");
}

#[tokio::test]
async fn a_damaged_blob_does_not_open() {
    let cloud = Cloud::in_memory();
    let mut sealed = data_key(&cloud, "integration").await.ciphertext_blob.unwrap().into_inner();
    *sealed.last_mut().unwrap() ^= 1;
    assert_eq!(
        open(&cloud, "writer", &Blob::new(sealed), "integration").await.unwrap_err(),
        "InvalidCiphertextException"
    );
    assert_eq!(
        open(&cloud, "writer", &Blob::new("nonsense"), "integration").await.unwrap_err(),
        "InvalidCiphertextException"
    );
}

#[tokio::test]
async fn a_role_opens_only_the_purpose_that_its_policy_names() {
    let cloud = Cloud::in_memory();
    let sealed = data_key(&cloud, "integration").await.ciphertext_blob.unwrap();
    assert_eq!(open(&cloud, "reader", &sealed, "integration").await.unwrap_err(), "AccessDeniedException");
}

#[tokio::test]
async fn the_key_policy_narrows_what_a_role_policy_grants() {
    let cloud = Cloud::in_memory();
    // The role's own policy asks for the purpose alone; the key's asks for the app too.
    let foreign = HashMap::from([("purpose".to_owned(), "integration".to_owned())]);
    let made = cloud.kms("writer").generate_data_key().key_id("VaultKey").key_spec(DataKeySpec::Aes256);
    assert_eq!(code(made.set_encryption_context(Some(foreign)).send().await), "AccessDeniedException");
}

#[tokio::test]
async fn a_key_policy_that_names_a_role_admits_it_and_nobody_else() {
    let cloud = Cloud::in_memory();
    let make = |role| cloud.kms(role).generate_data_key().key_id("NamedKey").key_spec(DataKeySpec::Aes256);
    make("writer").send().await.unwrap();
    assert_eq!(code(make("reader").send().await), "AccessDeniedException", "its own policy alone is not enough");
}

#[tokio::test]
async fn what_an_older_version_sealed_opens_after_a_rotation() {
    let cloud = Cloud::in_memory();
    let before = data_key(&cloud, "integration").await.ciphertext_blob.unwrap();
    cloud.kms("admin").rotate_key_on_demand().key_id("alias/vault").send().await.unwrap();
    let after = data_key(&cloud, "integration").await.ciphertext_blob.unwrap();
    open(&cloud, "writer", &before, "integration").await.unwrap();
    open(&cloud, "writer", &after, "integration").await.unwrap();
}

#[tokio::test]
async fn re_encryption_moves_a_data_key_to_another_context() {
    let cloud = Cloud::in_memory();
    let key = data_key(&cloud, "integration").await;
    let moved = cloud
        .kms("writer")
        .re_encrypt()
        .ciphertext_blob(key.ciphertext_blob.unwrap())
        .set_source_encryption_context(Some(context("integration")))
        .destination_key_id("alias/vault")
        .set_destination_encryption_context(Some(context("setting")))
        .send()
        .await
        .unwrap();
    let sealed = moved.ciphertext_blob.unwrap();
    assert_eq!(open(&cloud, "writer", &sealed, "setting").await.unwrap(), key.plaintext.unwrap());
    assert_eq!(open(&cloud, "writer", &sealed, "integration").await.unwrap_err(), "InvalidCiphertextException");
}

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let cloud = Cloud::in_memory();
    let made = cloud.kms("writer").generate_data_key().key_id("alias/nobody").key_spec(DataKeySpec::Aes256);
    assert!(made.send().await.unwrap_err().into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn a_key_that_is_named_must_be_the_one_that_sealed() {
    let cloud = Cloud::in_memory();
    let sealed = data_key(&cloud, "integration").await.ciphertext_blob.unwrap();
    let request = cloud.kms("writer").decrypt().ciphertext_blob(sealed).key_id("StorageKey");
    let error = request.set_encryption_context(Some(context("integration"))).send().await.unwrap_err();
    assert!(error.into_service_error().is_incorrect_key_exception());
}

#[tokio::test]
async fn keys_outlive_the_process_in_a_private_file() {
    let folder = Folder::new();
    let cloud = Cloud::in_folder(&folder.0);
    let before = data_key(&cloud, "integration").await.ciphertext_blob.unwrap();
    cloud.aws.rotate_key("VaultKey").unwrap();
    let after = data_key(&cloud, "integration").await.ciphertext_blob.unwrap();
    drop(cloud);
    let cloud = Cloud::in_folder(&folder.0);
    open(&cloud, "writer", &before, "integration").await.unwrap();
    open(&cloud, "writer", &after, "integration").await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join("keys.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
