//! KMS as the vault uses it: a data key opens under its own context and key alone, through rotation and re-encryption.

use std::collections::HashMap;

use aws_sdk_kms::{
    operation::{decrypt::builders::DecryptFluentBuilder, re_encrypt::builders::ReEncryptFluentBuilder},
    primitives::Blob,
    types::DataKeySpec,
};

use crate::moto::{Cloud, held_to_both, outcome};

held_to_both![
    a_data_key_has_256_bits_and_opens_again,
    each_data_key_is_another,
    a_data_key_opens_under_its_own_context_alone,
    the_order_of_a_context_does_not_matter,
    a_data_key_opens_by_its_own_key_alone,
    what_kms_did_not_make_does_not_open,
    re_encryption_moves_a_data_key_to_another_key,
    re_encryption_needs_the_old_context_and_the_old_key,
    re_encryption_can_change_the_context,
    rotation_leaves_older_data_keys_readable,
    an_unknown_key_is_not_found,
];

type Context = HashMap<String, String>;

fn context(org: &str) -> Context {
    [("app", "postern"), ("org", org), ("purpose", "integration")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// A data key of organisation `a` under the first key: clear and wrapped.
async fn data_key(cloud: &Cloud) -> (Blob, Blob) {
    let call = cloud.kms.generate_data_key().key_id(&cloud.keys[0]).key_spec(DataKeySpec::Aes256);
    let made = call.set_encryption_context(Some(context("a"))).send().await.unwrap();
    (made.plaintext.unwrap(), made.ciphertext_blob.unwrap())
}

fn decrypt(cloud: &Cloud, wrapped: &Blob, context: Context) -> DecryptFluentBuilder {
    cloud.kms.decrypt().ciphertext_blob(wrapped.clone()).set_encryption_context(Some(context))
}

fn re_encrypt(cloud: &Cloud, wrapped: &Blob, from: &str, to: &str) -> ReEncryptFluentBuilder {
    cloud
        .kms
        .re_encrypt()
        .ciphertext_blob(wrapped.clone())
        .source_key_id(&cloud.keys[0])
        .set_source_encryption_context(Some(context(from)))
        .destination_key_id(&cloud.keys[1])
        .set_destination_encryption_context(Some(context(to)))
}

async fn a_data_key_has_256_bits_and_opens_again(cloud: &Cloud) {
    let (clear, wrapped) = data_key(cloud).await;
    cloud.holds("length of a data key", clear.as_ref().len(), 32);
    let opened = decrypt(cloud, &wrapped, context("a")).key_id(&cloud.keys[0]).send().await.unwrap();
    cloud.holds("a data key opens to itself", opened.plaintext.unwrap() == clear, true);
    cloud.holds("the key is named by its ARN", opened.key_id.unwrap() == cloud.keys[0], true);
}

async fn each_data_key_is_another(cloud: &Cloud) {
    cloud.holds("two data keys differ", data_key(cloud).await.0 != data_key(cloud).await.0, true);
}

async fn a_data_key_opens_under_its_own_context_alone(cloud: &Cloud) {
    let (_, wrapped) = data_key(cloud).await;
    let mut cut = context("a");
    cut.remove("purpose");
    let mut longer = context("a");
    longer.insert("more".to_owned(), "1".to_owned());
    let mut other_purpose = context("a");
    other_purpose.insert("purpose".to_owned(), "webhook".to_owned());
    for (what, wrong) in [
        ("another organisation's", context("b")),
        ("another purpose's", other_purpose),
        ("a shorter", cut),
        ("a longer", longer),
        ("an empty", Context::new()),
    ] {
        let refused = decrypt(cloud, &wrapped, wrong).key_id(&cloud.keys[0]).send().await;
        cloud.holds(&format!("decrypt under {what} context"), outcome(&refused), "InvalidCiphertextException");
    }
}

async fn the_order_of_a_context_does_not_matter(cloud: &Cloud) {
    let (_, wrapped) = data_key(cloud).await;
    let call = cloud.kms.decrypt().ciphertext_blob(wrapped).key_id(&cloud.keys[0]);
    let call = call.encryption_context("purpose", "integration").encryption_context("org", "a");
    cloud.holds("decrypt, context in order", outcome(&call.encryption_context("app", "postern").send().await), "ok");
}

async fn a_data_key_opens_by_its_own_key_alone(cloud: &Cloud) {
    let (_, wrapped) = data_key(cloud).await;
    let other = decrypt(cloud, &wrapped, context("a")).key_id(&cloud.keys[1]).send().await;
    cloud.holds("decrypt by another key", outcome(&other), "IncorrectKeyException");
    let unnamed = decrypt(cloud, &wrapped, context("a")).send().await;
    cloud.holds("decrypt, key not named", outcome(&unnamed), "ok");
}

async fn what_kms_did_not_make_does_not_open(cloud: &Cloud) {
    let (_, wrapped) = data_key(cloud).await;
    let bytes = wrapped.into_inner();
    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    let cut = bytes[..bytes.len() - 1].to_vec();
    for (what, blob) in [("altered", altered), ("cut", cut), ("made up", b"made up".to_vec())] {
        let refused = decrypt(cloud, &Blob::new(blob), context("a")).key_id(&cloud.keys[0]).send().await;
        cloud.holds(&format!("decrypt what is {what}"), outcome(&refused), "InvalidCiphertextException");
    }
}

async fn re_encryption_moves_a_data_key_to_another_key(cloud: &Cloud) {
    let (clear, wrapped) = data_key(cloud).await;
    let moved = re_encrypt(cloud, &wrapped, "a", "a").send().await.unwrap();
    cloud.holds("re-encryption names the new key", moved.key_id.as_ref() == Some(&cloud.keys[1]), true);
    cloud.holds("re-encryption names the old key", moved.source_key_id.as_ref() == Some(&cloud.keys[0]), true);
    let moved = moved.ciphertext_blob.unwrap();
    let opened = decrypt(cloud, &moved, context("a")).key_id(&cloud.keys[1]).send().await.unwrap();
    cloud.holds("the data key stays the same", opened.plaintext.unwrap() == clear, true);
    let by_old = decrypt(cloud, &moved, context("a")).key_id(&cloud.keys[0]).send().await;
    cloud.holds("decrypt the moved one by the old key", outcome(&by_old), "IncorrectKeyException");
    let old = decrypt(cloud, &wrapped, context("a")).key_id(&cloud.keys[0]).send().await;
    cloud.holds("decrypt the old one by the old key", outcome(&old), "ok");
}

async fn re_encryption_needs_the_old_context_and_the_old_key(cloud: &Cloud) {
    let (_, wrapped) = data_key(cloud).await;
    let wrong_context = re_encrypt(cloud, &wrapped, "b", "a").send().await;
    cloud.holds("re-encrypt from another context", outcome(&wrong_context), "InvalidCiphertextException");
    let wrong_key = re_encrypt(cloud, &wrapped, "a", "a").source_key_id(&cloud.keys[1]).send().await;
    cloud.holds("re-encrypt from another key", outcome(&wrong_key), "IncorrectKeyException");
    let nowhere = re_encrypt(cloud, &wrapped, "a", "a").destination_key_id(unknown(cloud)).send().await;
    cloud.holds("re-encrypt to an unknown key", outcome(&nowhere), "NotFoundException");
}

/// An organisation's key could be moved to another organisation like this, which is why no function may re-encrypt.
async fn re_encryption_can_change_the_context(cloud: &Cloud) {
    let (_, wrapped) = data_key(cloud).await;
    let moved = re_encrypt(cloud, &wrapped, "a", "b").send().await.unwrap().ciphertext_blob.unwrap();
    for (org, expected) in [("a", "InvalidCiphertextException"), ("b", "ok")] {
        let opened = decrypt(cloud, &moved, context(org)).key_id(&cloud.keys[1]).send().await;
        cloud.holds(&format!("decrypt as {org} what was moved to b"), outcome(&opened), expected);
    }
}

async fn rotation_leaves_older_data_keys_readable(cloud: &Cloud) {
    let (clear, wrapped) = data_key(cloud).await;
    let rotated = cloud.kms.rotate_key_on_demand().key_id(&cloud.keys[0]).send().await;
    cloud.holds("rotate on demand", outcome(&rotated), "ok");
    let opened = decrypt(cloud, &wrapped, context("a")).key_id(&cloud.keys[0]).send().await.unwrap();
    cloud.holds("an older data key opens", opened.plaintext.unwrap() == clear, true);
    let (_, newer) = data_key(cloud).await;
    let opened = decrypt(cloud, &newer, context("a")).key_id(&cloud.keys[0]).send().await;
    cloud.holds("a newer data key opens", outcome(&opened), "ok");
}

async fn an_unknown_key_is_not_found(cloud: &Cloud) {
    let call = cloud.kms.generate_data_key().key_id(unknown(cloud)).key_spec(DataKeySpec::Aes256);
    cloud.holds("a data key of an unknown key", outcome(&call.send().await), "NotFoundException");
}

/// The ARN of a key that was never made.
fn unknown(cloud: &Cloud) -> String {
    let (account, _) = cloud.keys[0].split_once(":key/").unwrap();
    format!("{account}:key/00000000-0000-0000-0000-000000000000")
}
