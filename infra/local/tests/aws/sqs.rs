//! Queues: order within a group, visibility, redrive, deduplication, and nothing lost over a restart.

use aws_sdk_sqs::{
    operation::send_message::SendMessageOutput,
    types::{Message, MessageSystemAttributeName, SendMessageBatchRequestEntry},
};

use crate::support::{Cloud, Folder, code};

const WORK: &str = "try-work.fifo";

async fn send(cloud: &Cloud, group: &str, body: &str) -> SendMessageOutput {
    let message = cloud.sqs("writer").send_message().queue_url(cloud.queue(WORK)).message_body(body);
    message.message_group_id(group).message_deduplication_id(body).send().await.unwrap()
}

async fn receive(cloud: &Cloud, queue: &str) -> Vec<Message> {
    let request = cloud.sqs("reader").receive_message().queue_url(cloud.queue(queue)).max_number_of_messages(10);
    let received = request.message_system_attribute_names(MessageSystemAttributeName::All).send().await.unwrap();
    received.messages.unwrap_or_default()
}

async fn delete(cloud: &Cloud, message: &Message) {
    let receipt = message.receipt_handle.clone().unwrap();
    cloud.sqs("reader").delete_message().queue_url(cloud.queue(WORK)).receipt_handle(receipt).send().await.unwrap();
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(Message::body).collect()
}

#[tokio::test]
async fn a_group_keeps_its_order_and_waits_for_the_message_in_hand() {
    let cloud = Cloud::in_memory();
    for body in ["a1", "a2"] {
        send(&cloud, "a", body).await;
    }
    let first = receive(&cloud, WORK).await;
    assert_eq!(bodies(&first), ["a1", "a2"]);
    send(&cloud, "a", "a3").await;
    send(&cloud, "b", "b1").await;
    assert_eq!(bodies(&receive(&cloud, WORK).await), ["b1"], "group a is in hand");
    delete(&cloud, &first[0]).await;
    assert!(receive(&cloud, WORK).await.is_empty(), "a2 is still in hand");
    delete(&cloud, &first[1]).await;
    assert_eq!(bodies(&receive(&cloud, WORK).await), ["a3"]);
}

#[tokio::test]
async fn a_message_comes_back_when_nobody_finished_it() {
    let cloud = Cloud::in_memory();
    send(&cloud, "a", "a1").await;
    let first = receive(&cloud, WORK).await;
    cloud.later(59);
    assert!(receive(&cloud, WORK).await.is_empty());
    cloud.later(1);
    let again = receive(&cloud, WORK).await;
    let attributes = again[0].attributes.as_ref().unwrap();
    assert_eq!(attributes[&MessageSystemAttributeName::ApproximateReceiveCount], "2");
    delete(&cloud, &first[0]).await;
    cloud.later(60);
    assert_eq!(receive(&cloud, "try-dead.fifo").await.len(), 0, "not yet moved: nobody looked");
    assert_eq!(receive(&cloud, WORK).await.len(), 0, "the outdated receipt deleted nothing, so it is redriven now");
    assert_eq!(bodies(&receive(&cloud, "try-dead.fifo").await), ["a1"]);
}

#[tokio::test]
async fn a_message_whose_time_is_up_is_not_its_holders_to_delete() {
    let cloud = Cloud::in_memory();
    send(&cloud, "a", "a1").await;
    let taken = receive(&cloud, WORK).await;
    cloud.later(60);
    let receipt = taken[0].receipt_handle().unwrap();
    let late = cloud.sqs("reader").delete_message().queue_url(cloud.queue(WORK)).receipt_handle(receipt).send().await;
    assert_eq!(code(late), "InvalidParameterValue");
    assert_eq!(bodies(&receive(&cloud, WORK).await), ["a1"]);
}

#[tokio::test]
async fn a_message_that_fails_too_often_goes_to_the_dead_letter_queue() {
    let cloud = Cloud::in_memory();
    send(&cloud, "a", "poison").await;
    send(&cloud, "a", "next").await;
    for _ in 0..2 {
        let taken = receive(&cloud, WORK).await;
        assert_eq!(bodies(&taken), ["poison", "next"]);
        let hide = cloud.sqs("reader").change_message_visibility().queue_url(cloud.queue(WORK)).visibility_timeout(0);
        hide.receipt_handle(taken[0].receipt_handle().unwrap()).send().await.unwrap();
        let hide = cloud.sqs("reader").change_message_visibility().queue_url(cloud.queue(WORK)).visibility_timeout(0);
        hide.receipt_handle(taken[1].receipt_handle().unwrap()).send().await.unwrap();
    }
    assert!(receive(&cloud, WORK).await.is_empty());
    let dead = receive(&cloud, "try-dead.fifo").await;
    assert_eq!(bodies(&dead), ["poison", "next"]);
    let source = &dead[0].attributes.as_ref().unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert!(source.ends_with(":try-work.fifo"));
}

#[tokio::test]
async fn a_message_sent_twice_within_five_minutes_is_one() {
    let cloud = Cloud::in_memory();
    let first = send(&cloud, "a", "same").await;
    let second = send(&cloud, "a", "same").await;
    assert_eq!(first.sequence_number, second.sequence_number);
    assert_eq!(receive(&cloud, WORK).await.len(), 1);
    cloud.later(301);
    let third = send(&cloud, "a", "same").await;
    assert_ne!(first.message_id, third.message_id);
}

#[tokio::test]
async fn a_delayed_message_shows_itself_in_its_time() {
    let cloud = Cloud::in_memory();
    let plain = cloud.queue("try-plain");
    let sqs = cloud.sqs("writer");
    sqs.send_message().queue_url(&plain).message_body("later").delay_seconds(30).send().await.unwrap();
    assert!(sqs.receive_message().queue_url(&plain).send().await.unwrap().messages.is_none());
    cloud.later(30);
    assert_eq!(sqs.receive_message().queue_url(&plain).send().await.unwrap().messages().len(), 1);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = Folder::new();
    let cloud = Cloud::in_folder(&folder.0);
    send(&cloud, "a", "held").await;
    assert_eq!(receive(&cloud, WORK).await.len(), 1);
    send(&cloud, "b", "waiting").await;
    // Dropped, not stopped: whoever held a message is gone with it.
    drop(cloud);
    let cloud = Cloud::in_folder(&folder.0);
    assert_eq!(bodies(&receive(&cloud, WORK).await), ["held", "waiting"]);
    let again = send(&cloud, "a", "held").await;
    assert!(again.message_id.is_some(), "still a duplicate of the first");
    cloud.later(60);
    assert_eq!(receive(&cloud, WORK).await.len(), 1, "held went to the dead letters after two takes, waiting is back");
}

#[tokio::test]
async fn a_waiting_receiver_is_woken_by_a_message() {
    let cloud = Cloud::in_memory();
    let waiting = cloud.sqs("reader").receive_message().queue_url(cloud.queue(WORK)).wait_time_seconds(20);
    let (received, _) = tokio::join!(waiting.send(), send(&cloud, "a", "now"));
    assert_eq!(bodies(received.unwrap().messages()), ["now"]);
}

#[tokio::test]
async fn one_bad_entry_does_not_spoil_a_batch() {
    let cloud = Cloud::in_memory();
    let entry = |id: &str, body: &str| {
        let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(body).message_group_id("a");
        entry.message_deduplication_id(id).build().unwrap()
    };
    let batch = cloud.sqs("writer").send_message_batch().queue_url(cloud.queue(WORK));
    let sent = batch.entries(entry("1", "good")).entries(entry("2", "bell \u{7}")).send().await.unwrap();
    assert_eq!((sent.successful().len(), sent.successful()[0].id()), (1, "1"));
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].code()), ("2", "InvalidMessageContents"));
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let cloud = Cloud::in_memory();
    let sqs = cloud.sqs("writer");
    let work = cloud.queue(WORK);
    let message = || sqs.send_message().queue_url(&work).message_deduplication_id("x");
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(code(message().message_group_id("a").message_body(large).send().await), "InvalidParameterValue");
    assert_eq!(code(message().message_body("no group").send().await), "MissingParameter");
    let nowhere =
        sqs.send_message().queue_url("https://sqs.us-east-1.amazonaws.com/000000000000/none").message_body("x");
    assert!(nowhere.send().await.unwrap_err().into_service_error().is_queue_does_not_exist());
    let foreign = cloud.sqs("reader").delete_message().queue_url(&work).receipt_handle("not one of ours");
    assert!(foreign.send().await.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
}
