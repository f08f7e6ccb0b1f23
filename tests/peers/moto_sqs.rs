//! SQS as the refresh jobs use it: one shard at a time, none twice, none lost, and given up only after its tries.

use aws_sdk_sqs::{
    operation::send_message::builders::SendMessageFluentBuilder,
    types::{Message, MessageSystemAttributeName, QueueAttributeName},
};

use crate::moto::{Cloud, held_to_both, outcome};

held_to_both![
    a_message_arrives_once_and_is_gone_when_deleted,
    a_group_waits_for_its_message_under_way,
    groups_do_not_wait_for_each_other,
    a_group_keeps_its_order,
    a_duplicate_is_taken_and_not_delivered,
    a_message_without_a_group_is_refused,
    what_was_not_deleted_comes_again,
    what_comes_again_too_often_goes_to_the_dead_letters,
    a_receipt_of_an_earlier_delivery_deletes_nothing,
    a_receipt_that_was_never_given_is_refused,
    a_message_that_nobody_holds_cannot_be_held_longer,
    the_queue_counts_its_messages,
    an_unknown_queue_is_told,
];

fn message(cloud: &Cloud, group: &str, body: &str) -> SendMessageFluentBuilder {
    cloud
        .sqs
        .send_message()
        .queue_url(&cloud.queue)
        .message_group_id(group)
        .message_body(body)
        .message_deduplication_id(body)
}

async fn send(cloud: &Cloud, group: &str, body: &str) {
    message(cloud, group, body).send().await.unwrap();
}

async fn receive(cloud: &Cloud, queue: &str, most: i32) -> Vec<Message> {
    let call = cloud.sqs.receive_message().queue_url(queue).max_number_of_messages(most).wait_time_seconds(0);
    let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
    call.send().await.unwrap().messages.unwrap_or_default()
}

async fn bodies(cloud: &Cloud, most: i32) -> String {
    let messages = receive(cloud, &cloud.queue, most).await;
    messages.into_iter().map(|message| message.body.unwrap()).collect::<Vec<_>>().join(" ")
}

async fn one(cloud: &Cloud) -> Message {
    receive(cloud, &cloud.queue, 1).await.pop().expect("a message")
}

/// Puts a message back at once, as if its time were up.
async fn put_back(cloud: &Cloud, message: &Message) -> String {
    let receipt = message.receipt_handle.as_deref().unwrap();
    let call = cloud.sqs.change_message_visibility().queue_url(&cloud.queue).receipt_handle(receipt);
    outcome(&call.visibility_timeout(0).send().await)
}

async fn delete(cloud: &Cloud, receipt: &str) -> String {
    outcome(&cloud.sqs.delete_message().queue_url(&cloud.queue).receipt_handle(receipt).send().await)
}

fn attribute(message: &Message, name: &MessageSystemAttributeName) -> String {
    message.attributes.as_ref().and_then(|all| all.get(name)).cloned().unwrap_or_default()
}

async fn a_message_arrives_once_and_is_gone_when_deleted(cloud: &Cloud) {
    send(cloud, "0", "shard 0").await;
    let got = one(cloud).await;
    cloud.holds("body", got.body.as_deref().unwrap(), "shard 0");
    cloud.holds("group", attribute(&got, &MessageSystemAttributeName::MessageGroupId), "0");
    cloud.holds("first delivery", attribute(&got, &MessageSystemAttributeName::ApproximateReceiveCount), "1");
    cloud.holds("delete", delete(cloud, got.receipt_handle.as_deref().unwrap()).await, "ok");
    cloud.holds("delete again", delete(cloud, got.receipt_handle.as_deref().unwrap()).await, "ok");
    cloud.holds("what is left", bodies(cloud, 10).await, "");
}

async fn a_group_waits_for_its_message_under_way(cloud: &Cloud) {
    send(cloud, "0", "first").await;
    send(cloud, "0", "second").await;
    let first = one(cloud).await;
    cloud.holds("delivered while the first is under way", bodies(cloud, 10).await, "");
    delete(cloud, first.receipt_handle.as_deref().unwrap()).await;
    cloud.holds("delivered when the first is done", bodies(cloud, 10).await, "second");
}

async fn groups_do_not_wait_for_each_other(cloud: &Cloud) {
    send(cloud, "0", "shard 0").await;
    send(cloud, "1", "shard 1").await;
    cloud.holds("first group", bodies(cloud, 1).await, "shard 0");
    cloud.holds("second group", bodies(cloud, 1).await, "shard 1");
}

async fn a_group_keeps_its_order(cloud: &Cloud) {
    for body in ["a", "b", "c", "d"] {
        send(cloud, "0", body).await;
    }
    cloud.holds("order", bodies(cloud, 10).await, "a b c d");
}

async fn a_duplicate_is_taken_and_not_delivered(cloud: &Cloud) {
    send(cloud, "0", "tick").await;
    cloud.holds("send a duplicate", outcome(&message(cloud, "0", "tick").send().await), "ok");
    cloud.holds("deliveries of a duplicate", bodies(cloud, 10).await, "tick");
}

async fn a_message_without_a_group_is_refused(cloud: &Cloud) {
    let call = cloud.sqs.send_message().queue_url(&cloud.queue).message_body("x").message_deduplication_id("x");
    cloud.holds("send without a group", outcome(&call.send().await), "MissingParameter");
}

async fn what_was_not_deleted_comes_again(cloud: &Cloud) {
    send(cloud, "0", "shard 0").await;
    put_back(cloud, &one(cloud).await).await;
    let again = one(cloud).await;
    cloud.holds("second delivery", attribute(&again, &MessageSystemAttributeName::ApproximateReceiveCount), "2");
}

async fn what_comes_again_too_often_goes_to_the_dead_letters(cloud: &Cloud) {
    send(cloud, "0", "poison").await;
    for _ in 0..3 {
        put_back(cloud, &one(cloud).await).await;
    }
    cloud.holds("fourth delivery", bodies(cloud, 10).await, "");
    let dead = receive(cloud, &cloud.dead, 10).await;
    cloud.holds("dead letters", dead.iter().filter_map(|message| message.body()).collect::<String>(), "poison");
    cloud.holds("group of a dead letter", attribute(&dead[0], &MessageSystemAttributeName::MessageGroupId), "0");
}

async fn a_receipt_of_an_earlier_delivery_deletes_nothing(cloud: &Cloud) {
    send(cloud, "0", "shard 0").await;
    let earlier = one(cloud).await;
    put_back(cloud, &earlier).await;
    let later = one(cloud).await;
    delete(cloud, earlier.receipt_handle.as_deref().unwrap()).await;
    put_back(cloud, &later).await;
    cloud.holds("after a delete by an old receipt", bodies(cloud, 10).await, "shard 0");
}

async fn a_receipt_that_was_never_given_is_refused(cloud: &Cloud) {
    cloud.holds("delete by a made-up receipt", delete(cloud, "made up").await, "ReceiptHandleIsInvalid");
}

async fn a_message_that_nobody_holds_cannot_be_held_longer(cloud: &Cloud) {
    send(cloud, "0", "shard 0").await;
    let got = one(cloud).await;
    put_back(cloud, &got).await;
    let call = cloud.sqs.change_message_visibility().queue_url(&cloud.queue).visibility_timeout(30);
    let call = call.receipt_handle(got.receipt_handle.as_deref().unwrap());
    cloud.holds("hold what was put back", outcome(&call.send().await), "AWS.SimpleQueueService.MessageNotInflight");
}

async fn the_queue_counts_its_messages(cloud: &Cloud) {
    send(cloud, "0", "a").await;
    send(cloud, "1", "b").await;
    send(cloud, "1", "c").await;
    one(cloud).await;
    let call = cloud.sqs.get_queue_attributes().queue_url(&cloud.queue).attribute_names(QueueAttributeName::All);
    let all = call.send().await.unwrap().attributes.unwrap();
    cloud.holds("messages that can be taken", &all[&QueueAttributeName::ApproximateNumberOfMessages], "2");
    cloud.holds("messages under way", &all[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "1");
    cloud.holds("a FIFO queue says so", &all[&QueueAttributeName::FifoQueue], "true");
}

async fn an_unknown_queue_is_told(cloud: &Cloud) {
    let (account, _) = cloud.queue.rsplit_once('/').unwrap();
    let call =
        cloud.sqs.send_message().queue_url(format!("{account}/none.fifo")).message_group_id("0").message_body("x");
    cloud.holds("send to an unknown queue", outcome(&call.send().await), "AWS.SimpleQueueService.NonExistentQueue");
}
