//! Messages and ticks reach a handler as Lambda would bring them.

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::types::QueueAttributeName;
use local::aws::{Aws, Delivery, Fault, Handled, Service};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::Cloud;

fn delivery(aws: &Aws) -> Delivery {
    let [delivery] = aws.deliveries().try_into().unwrap();
    delivery
}

async fn send(cloud: &Cloud, bodies: &[&str]) {
    for body in bodies {
        let message = cloud.sqs("writer").send_message().queue_url(cloud.queue("try-work.fifo")).message_body(*body);
        message.message_group_id("a").message_deduplication_id(*body).send().await.unwrap();
    }
}

fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_batch_arrives_as_a_lambda_event_and_is_gone_afterwards() {
    let cloud = Cloud::in_memory();
    send(&cloud, &["1", "2"]).await;
    let seen = Arc::new(Mutex::new(Value::Null));
    let keep = Arc::clone(&seen);
    let handler = move |event: Value| {
        *keep.lock().unwrap() = event;
        async { Handled::Ok(json!({ "batchItemFailures": [] })) }
    };
    assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 2);
    let event = seen.lock().unwrap().clone();
    assert_eq!(bodies(&event), ["1", "2"]);
    let record = &event["Records"][0];
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:try-work.fifo");
    assert_eq!(record["attributes"]["MessageGroupId"], "a");
    assert_eq!(record["md5OfBody"], "c4ca4238a0b923820dcc509a6f75849b");
    cloud.later(60);
    assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 0);
}

#[tokio::test]
async fn what_the_handler_names_comes_back() {
    let cloud = Cloud::in_memory();
    send(&cloud, &["good", "bad"]).await;
    let handler = |event: Value| async move {
        let failed = event["Records"].as_array().unwrap().iter().filter(|record| record["body"] == "bad");
        let failed: Vec<_> = failed.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect();
        Handled::Ok(json!({ "batchItemFailures": failed }))
    };
    assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 2);
    cloud.later(60);
    assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 1);
}

#[tokio::test]
async fn a_handler_that_fails_panics_or_talks_nonsense_keeps_the_whole_batch() {
    for kind in 0..3 {
        let cloud = Cloud::in_memory();
        send(&cloud, &["1", "2"]).await;
        let handler = move |_: Value| async move {
            match kind {
                0 => Handled::Err("no".into()),
                1 => panic!("on purpose"),
                _ => Handled::Ok(json!({ "batchItemFailures": [{ "itemIdentifier": "nobody" }] })),
            }
        };
        cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap();
        cloud.later(60);
        assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_deletion_that_fails_delivers_twice() {
    let cloud = Cloud::in_memory();
    send(&cloud, &["1"]).await;
    cloud.aws.faults().add(Fault::lose_request().service(Service::Sqs).operation("DeleteMessage"));
    let handler = |_: Value| async { Handled::Ok(json!({})) };
    assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 1);
    cloud.later(60);
    assert_eq!(cloud.aws.deliver(&delivery(&cloud.aws), &handler).await.unwrap(), 1);
}

#[tokio::test]
async fn a_poller_works_by_itself_and_finishes_its_batch_when_stopped() {
    let cloud = Cloud::in_memory();
    let (started, mut starts) = mpsc::unbounded_channel();
    let (finish, finished) = tokio::sync::watch::channel(false);
    let handler = move |event: Value| {
        let (started, mut finished) = (started.clone(), finished.clone());
        async move {
            started.send(bodies(&event))?;
            finished.wait_for(|&finished| finished).await?;
            Handled::Ok(json!({}))
        }
    };
    let poller = cloud.aws.poll(&delivery(&cloud.aws), handler).unwrap();
    send(&cloud, &["1"]).await;
    assert_eq!(starts.recv().await.unwrap(), ["1"]);
    let stopped = tokio::spawn(poller.stop());
    finish.send(true).unwrap();
    stopped.await.unwrap();
    let attributes = cloud.sqs("reader").get_queue_attributes().queue_url(cloud.queue("try-work.fifo"));
    let attributes = attributes.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(
        attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible],
        "0",
        "it was handled and deleted"
    );
}

#[tokio::test]
async fn a_role_that_may_not_take_messages_is_told_at_the_start() {
    let cloud = Cloud::in_memory();
    let foreign = Delivery { function: "writer".into(), ..delivery(&cloud.aws) };
    let error = cloud.aws.poll(&foreign, |_| async { Handled::Ok(json!({})) }).err().unwrap();
    assert!(error.to_string().contains("sqs:GetQueueAttributes"), "{error}");
}

#[tokio::test]
async fn a_schedule_ticks_at_once_with_eventbridges_event() {
    let cloud = Cloud::in_memory();
    let (function, schedule) = cloud.aws.schedules().remove(0);
    assert_eq!((function.as_str(), schedule.every.as_secs()), ("reader", 60));
    let (told, mut events) = mpsc::unbounded_channel();
    let ticker = cloud.aws.run_schedule(&function, &schedule, move |event| {
        let sent = told.send(event).map(|()| json!({})).map_err(Into::into);
        async { sent }
    });
    let event = events.recv().await.unwrap();
    ticker.stop().await;
    assert_eq!((&event["source"], &event["time"]), (&json!("aws.events"), &json!("2026-11-20T09:00:00Z")));
    assert_eq!(event["resources"][0], "arn:aws:events:us-east-1:000000000000:rule/ReaderFunctionMinute");
}
