//! Tables as the template declares them, kept over a restart.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::support::{Cloud, Folder};

pub(crate) fn item(pk: &str, more: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
    let keys = [("pk", AttributeValue::S(pk.into())), ("sk", AttributeValue::S("x".into()))];
    keys.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(crate) async fn put(cloud: &Cloud, pk: &str, more: &[(&str, AttributeValue)]) {
    let put = cloud.dynamodb("writer").put_item().table_name("try-things");
    put.set_item(Some(item(pk, more))).send().await.unwrap();
}

pub(crate) async fn exists(cloud: &Cloud, pk: &str) -> bool {
    let get = cloud.dynamodb("writer").get_item().table_name("try-things").set_key(Some(item(pk, &[])));
    get.send().await.unwrap().item.is_some()
}

async fn due(cloud: &Cloud) -> Vec<HashMap<String, AttributeValue>> {
    let query = cloud.dynamodb("writer").query().table_name("try-things").index_name("due");
    let query = query.key_condition_expression("due_pk = :due");
    let found = query.expression_attribute_values(":due", AttributeValue::S("due#0".into())).send().await.unwrap();
    found.items.unwrap()
}

#[tokio::test]
async fn a_frozen_index_shows_what_was_until_it_thaws() {
    let cloud = Cloud::in_memory();
    let first = [("due_pk", AttributeValue::S("due#0".into()))];
    put(&cloud, "a", &first).await;
    cloud.aws.freeze_index("try-things", "due").unwrap();
    put(&cloud, "a", &[]).await;
    put(&cloud, "b", &first).await;
    assert_eq!(due(&cloud).await, [item("a", &first)]);
    cloud.aws.thaw_index("try-things", "due").unwrap();
    assert_eq!(due(&cloud).await, [item("b", &first)]);
}

#[tokio::test]
async fn an_index_of_the_template_is_there() {
    let cloud = Cloud::in_memory();
    put(&cloud, "a", &[("due_pk", AttributeValue::S("due#0".into()))]).await;
    put(&cloud, "b", &[]).await;
    assert_eq!(due(&cloud).await, [item("a", &[("due_pk", AttributeValue::S("due#0".into()))])]);
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let folder = Folder::new();
    let cloud = Cloud::in_folder(&folder.0);
    put(&cloud, "kept", &[]).await;
    cloud.aws.stop().await;
    let cloud = Cloud::in_folder(&folder.0);
    assert!(exists(&cloud, "kept").await);
}

#[tokio::test]
async fn a_folder_serves_one_process_at_a_time() {
    let folder = Folder::new();
    let _first = Cloud::in_folder(&folder.0);
    let options = local::aws::Options { folder: Some(folder.0.clone()), ..crate::support::options() };
    assert!(matches!(local::aws::Aws::start(options), Err(local::aws::StartError::InUse { .. })));
}

#[tokio::test]
async fn a_sweep_deletes_what_has_expired() {
    let cloud = Cloud::in_memory();
    let expires = AttributeValue::N((cloud.clock.epoch() + 60).to_string());
    put(&cloud, "short", &[("expires", expires)]).await;
    put(&cloud, "long", &[]).await;
    assert_eq!(cloud.aws.sweep_ttl().unwrap(), 0);
    cloud.later(61);
    assert_eq!(cloud.aws.sweep_ttl().unwrap(), 1);
    assert!(!exists(&cloud, "short").await && exists(&cloud, "long").await);
}

#[tokio::test]
async fn a_transaction_writes_all_or_nothing() {
    let cloud = Cloud::in_memory();
    put(&cloud, "taken", &[]).await;
    let put = |pk: &str| {
        let put = Put::builder().table_name("try-things").set_item(Some(item(pk, &[])));
        let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let written =
        cloud.dynamodb("writer").transact_write_items().transact_items(put("free")).transact_items(put("taken"));
    let error = written.send().await.unwrap_err().into_service_error();
    assert!(error.is_transaction_canceled_exception());
    assert!(!exists(&cloud, "free").await);
}
