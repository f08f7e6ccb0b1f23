//! Faults on purpose: the SDK's own retries meet them as they would meet AWS's.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use local::aws::{Fault, Service};

use crate::{
    dynamodb::{exists, item, put},
    support::{Cloud, code},
};

#[tokio::test]
async fn a_throttled_request_is_tried_again() {
    let cloud = Cloud::in_memory();
    cloud.aws.faults().add(Fault::throttle().operation("PutItem"));
    put(&cloud, "a", &[]).await;
    assert_eq!(cloud.aws.faults().count(Service::DynamoDb, "PutItem"), 2);
    assert_eq!(cloud.aws.faults().struck(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_tried_again_and_meets_its_own_write() {
    let cloud = Cloud::in_memory();
    cloud.aws.faults().add(Fault::lose_answer().writes());
    let put = cloud.dynamodb("writer").put_item().table_name("try-things").set_item(Some(item("a", &[])));
    let put = put.condition_expression("attribute_not_exists(pk)");
    let error = put.send().await.unwrap_err().into_service_error();
    assert!(error.is_conditional_check_failed_exception(), "the first try was carried out");
}

#[tokio::test]
async fn a_lost_request_was_never_carried_out() {
    let cloud = Cloud::in_memory();
    cloud.aws.faults().add(Fault::lose_request().always());
    let put = cloud.dynamodb("writer").put_item().table_name("try-things").set_item(Some(item("a", &[])));
    assert!(put.send().await.is_err());
    cloud.aws.faults().clear();
    assert!(!exists(&cloud, "a").await);
}

#[tokio::test]
async fn a_fault_strikes_the_write_that_it_is_meant_for() {
    let cloud = Cloud::in_memory();
    cloud.aws.faults().add(Fault::deny().writes().nth(2));
    put(&cloud, "a", &[]).await;
    exists(&cloud, "a").await;
    let second = cloud.dynamodb("writer").put_item().table_name("try-things").set_item(Some(item("b", &[])));
    assert_eq!(code(second.send().await), "AccessDeniedException");
    put(&cloud, "c", &[]).await;
    assert_eq!(cloud.aws.faults().writes(), 3);
}

#[tokio::test]
async fn a_conflict_names_every_item_of_the_transaction() {
    let cloud = Cloud::in_memory();
    cloud.aws.faults().add(Fault::conflict());
    let put = Put::builder().table_name("try-things").set_item(Some(item("a", &[]))).build().unwrap();
    let put = TransactWriteItem::builder().put(put).build();
    let written = cloud.dynamodb("writer").transact_write_items().transact_items(put).send().await;
    let error = written.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        canceled,
    ) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(canceled.cancellation_reasons()[0].code(), Some("TransactionConflict"));
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_there_once() {
    let cloud = Cloud::in_memory();
    cloud.aws.faults().add(Fault::lose_answer().service(Service::Sqs).operation("SendMessage"));
    let work = cloud.queue("try-work.fifo");
    let message = cloud.sqs("writer").send_message().queue_url(&work).message_body("x").message_group_id("a");
    message.message_deduplication_id("x").send().await.unwrap();
    let all = cloud.sqs("reader").receive_message().queue_url(&work).max_number_of_messages(10).send().await.unwrap();
    assert_eq!(all.messages().len(), 1);
}

#[tokio::test]
async fn requests_are_counted_by_whoever_made_them() {
    let cloud = Cloud::in_memory();
    put(&cloud, "a", &[("n", AttributeValue::N("1".into()))]).await;
    cloud.aws.faults().reset_counts();
    exists(&cloud, "a").await;
    exists(&cloud, "b").await;
    let counts: Vec<_> = cloud.aws.faults().counts().into_iter().collect();
    assert_eq!(counts, [((Service::DynamoDb, "GetItem".to_owned(), "writer".to_owned()), 2)]);
}
