//! The template's policies hold for each service, and their use is noted.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem};
use local::aws::{Options, Usage};

use crate::{
    dynamodb::{item, put},
    support::{Cloud, code, options},
};

#[tokio::test]
async fn a_role_without_the_right_is_refused_by_every_service() {
    let cloud = Cloud::in_memory();
    let dynamodb = cloud.dynamodb("reader");
    let put = dynamodb.put_item().table_name("try-things").set_item(Some(item("a", &[])));
    assert_eq!(code(put.send().await), "AccessDeniedException");
    let sent = cloud.sqs("reader").send_message().queue_url(cloud.queue("try-work.fifo")).message_body("x");
    assert_eq!(code(sent.message_group_id("a").message_deduplication_id("a").send().await), "AccessDenied");
    let secret = cloud.secrets("reader").get_secret_value().secret_id("try-seeds").send().await;
    assert_eq!(code(secret), "AccessDeniedException");
    let parameter = cloud.ssm("reader").get_parameter().name("/try/public-url").send().await;
    assert_eq!(code(parameter), "AccessDeniedException");
}

#[tokio::test]
async fn an_index_needs_a_right_of_its_own() {
    let cloud = Cloud::in_memory();
    let query = |index: Option<&str>| {
        let query = cloud.dynamodb("writer").query().table_name("try-things").key_condition_expression("due_pk = :x");
        query.expression_attribute_values(":x", AttributeValue::S("x".into())).set_index_name(index.map(Into::into))
    };
    query(Some("due")).send().await.unwrap();
    assert_eq!(code(query(None).send().await), "AccessDeniedException");
}

#[tokio::test]
async fn a_transaction_needs_the_rights_of_its_parts() {
    let cloud = Cloud::in_memory();
    put(&cloud, "a", &[]).await;
    let delete = Delete::builder().table_name("try-things").set_key(Some(item("a", &[]))).build().unwrap();
    let check = ConditionCheck::builder().table_name("try-things").set_key(Some(item("b", &[])));
    let check = check.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let delete = TransactWriteItem::builder().delete(delete).build();
    let check = TransactWriteItem::builder().condition_check(check).build();
    let both = cloud.dynamodb("writer").transact_write_items().transact_items(delete.clone()).transact_items(check);
    assert_eq!(code(both.send().await), "AccessDeniedException", "nothing grants ConditionCheckItem");
    cloud.dynamodb("writer").transact_write_items().transact_items(delete).send().await.unwrap();
}

#[tokio::test]
async fn a_table_under_a_key_that_does_not_admit_dynamodb_stays_closed() {
    let cloud = Cloud::in_memory();
    let get = cloud.dynamodb("writer").get_item().table_name("try-sealed").key("pk", AttributeValue::S("a".into()));
    assert_eq!(code(get.send().await), "AccessDeniedException");
}

#[tokio::test]
async fn an_unknown_role_is_nobody_and_a_trusted_one_may_do_anything() {
    let cloud = Cloud::in_memory();
    let get = |role| cloud.dynamodb(role).get_item().table_name("try-things").set_key(Some(item("a", &[])));
    assert_eq!(code(get("stranger").send().await), "UnrecognizedClientException");
    get("admin").send().await.unwrap();
}

#[tokio::test]
async fn a_test_can_tell_which_rights_nobody_needs() {
    let usage = Usage::default();
    let cloud = Cloud::with(Options { usage: usage.clone(), ..options() });
    let unused = |action: &str| {
        let unused = cloud.aws.unused_grants();
        unused.iter().any(|grant| grant.owner == "writer" && grant.statement == 0 && grant.action == action)
    };
    assert!(unused("dynamodb:PutItem") && unused("dynamodb:GetItem"));
    put(&cloud, "a", &[]).await;
    assert!(!unused("dynamodb:PutItem") && unused("dynamodb:GetItem"));
    let used: Vec<_> = usage.used().into_iter().map(|used| (used.role, used.action, used.resource)).collect();
    let things = "arn:aws:dynamodb:us-east-1:000000000000:table/try-things";
    assert_eq!(used, [("writer".to_owned(), "dynamodb:PutItem".to_owned(), things.to_owned())]);
}
