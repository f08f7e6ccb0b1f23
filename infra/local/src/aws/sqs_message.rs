//! How SQS spells its messages, and what it refuses before a message is kept.

use std::{ops::RangeInclusive, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    queue_store::{Incoming, Taken},
    sqs::MOST_BYTES,
    wire::Refusal,
};
use crate::template::{Queue, REGION};

/// A message as it is sent, checked.
pub(super) fn incoming(queue: &Queue, input: &Value) -> Result<Incoming, Refusal> {
    let body = input["MessageBody"].as_str().unwrap_or_default();
    if body.is_empty() {
        return Err(missing("MessageBody"));
    }
    if size(input) > MOST_BYTES {
        let message =
            format!("One or more parameters are invalid. Reason: Message must be shorter than {MOST_BYTES} bytes.");
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    if body.chars().any(|letter| !allowed(letter)) {
        return Err(Refusal::new("InvalidMessageContents", "Invalid characters found in the message."));
    }
    let text = |member: &str| input[member].as_str().map(str::to_owned);
    let group = text("MessageGroupId");
    let delay = number(input, "DelaySeconds", 0..=900)?;
    let mut deduplication = text("MessageDeduplicationId");
    if queue.fifo {
        if group.is_none() {
            return Err(missing("MessageGroupId"));
        }
        if delay.is_some() {
            return Err(invalid("DelaySeconds", "a FIFO queue delays all of its messages alike"));
        }
        if deduplication.is_none() && queue.content_deduplication {
            deduplication = Some(sha256_of(body));
        }
        if deduplication.is_none() {
            let message = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
            return Err(Refusal::new("InvalidParameterValue", message));
        }
    } else if deduplication.is_some() {
        return Err(invalid("MessageDeduplicationId", "only a FIFO queue deduplicates"));
    }
    Ok(Incoming {
        body: body.to_owned(),
        attributes: input.get("MessageAttributes").unwrap_or(&json!({})).to_string(),
        group,
        deduplication,
        delay: delay.map_or_else(|| millis(queue.delay), |seconds| seconds * 1000),
    })
}

/// Body and attributes count.
pub(super) fn size(input: &Value) -> usize {
    let attributes = input["MessageAttributes"].as_object().into_iter().flatten();
    let of_attribute = |(name, value): (&String, &Value)| {
        let parts = ["DataType", "StringValue", "BinaryValue"].map(|part| value[part].as_str().map_or(0, str::len));
        name.len() + parts.iter().sum::<usize>()
    };
    input["MessageBody"].as_str().map_or(0, str::len) + attributes.map(of_attribute).sum::<usize>()
}

/// A message as `ReceiveMessage` answers it.
pub(super) fn spelt(message: &Taken, queue: &Queue, input: &Value) -> Value {
    let mut spelt = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5_of(&message.body),
        "Body": message.body,
    });
    let mut system = system_attributes(message, queue);
    // The newer name for the same list.
    let wanted = [&input["AttributeNames"], &input["MessageSystemAttributeNames"]];
    system.retain(|name, _| wanted.iter().any(|names| !names.is_null() && asked_for(names, name)));
    if !system.is_empty() {
        spelt["Attributes"] = Value::Object(system);
    }
    let mut attributes: Map<String, Value> = serde_json::from_str(&message.attributes).unwrap_or_default();
    let names = &input["MessageAttributeNames"];
    attributes.retain(|name, _| !names.is_null() && asked_for(names, name));
    if !attributes.is_empty() {
        spelt["MessageAttributes"] = Value::Object(attributes);
    }
    spelt
}

/// A message as Lambda hands it to a function.
pub(super) fn record(message: &Taken, queue: &Queue) -> Value {
    let attributes: Map<String, Value> = serde_json::from_str(&message.attributes).unwrap_or_default();
    let spelt = attributes.into_iter().map(|(name, value)| {
        let value = json!({
            "stringValue": value["StringValue"],
            "binaryValue": value["BinaryValue"],
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        });
        (name, value)
    });
    json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": system_attributes(message, queue),
        "messageAttributes": spelt.collect::<Map<_, _>>(),
        "md5OfBody": md5_of(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": REGION,
    })
}

fn system_attributes(message: &Taken, queue: &Queue) -> Map<String, Value> {
    let mut all = Map::new();
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            all.insert(name.to_owned(), Value::String(value));
        }
    };
    set("SenderId", Some("AROALOCAL:local".to_owned()));
    set("SentTimestamp", Some(message.sent.to_string()));
    set("ApproximateReceiveCount", Some(message.receives.to_string()));
    set("ApproximateFirstReceiveTimestamp", Some(message.first_received.to_string()));
    set("MessageGroupId", message.group.clone());
    set("MessageDeduplicationId", message.deduplication.clone());
    set("SequenceNumber", queue.fifo.then(|| sequence(message.seq)));
    set("DeadLetterQueueSourceArn", message.source.clone());
    all
}

/// Twenty digits that grow from message to message.
pub(super) fn sequence(seq: i64) -> String {
    format!("{seq:020}")
}

/// Whether a list of names asks for this one: by name, by `All`, or by `prefix.*`.
pub(super) fn asked_for(names: &Value, name: &str) -> bool {
    let asks = |wanted: &Value| {
        let wanted = wanted.as_str().unwrap_or_default();
        wanted == "All" || wanted == name || wanted.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
    };
    names.as_array().is_some_and(|names| names.iter().any(asks))
}

/// The entries of a batch: one to ten, told apart by their ids.
pub(super) fn entries(input: &Value) -> Result<&[Value], Refusal> {
    let refuse =
        |code: &'static str, query_code, message: &str| Err(Refusal::new(code, message).query_code(query_code));
    let entries = input["Entries"].as_array().map_or(&[][..], Vec::as_slice);
    let ids: std::collections::BTreeSet<_> = entries.iter().map(|entry| entry["Id"].as_str()).collect();
    match entries.len() {
        0 => refuse(
            "EmptyBatchRequest",
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "There should be at least one entry in the request.",
        ),
        11.. => refuse(
            "TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10.",
        ),
        length if ids.len() < length => refuse(
            "BatchEntryIdsNotDistinct",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        ),
        _ => Ok(entries),
    }
}

/// A whole number within its bounds, if it is given.
pub(super) fn number(input: &Value, member: &str, bounds: RangeInclusive<i64>) -> Result<Option<i64>, Refusal> {
    match input[member].as_i64() {
        Some(number) if !bounds.contains(&number) => {
            Err(invalid(member, &format!("must be between {} and {}", bounds.start(), bounds.end())))
        }
        number => Ok(number),
    }
}

/// The receipt that a taken message is named by.
pub(super) fn receipt(input: &Value) -> Result<String, Refusal> {
    let receipt = input["ReceiptHandle"].as_str().ok_or_else(|| missing("ReceiptHandle"))?;
    let known = receipt.split_once('.').is_some_and(|(seq, _)| seq.parse::<i64>().is_ok());
    known.then(|| receipt.to_owned()).ok_or_else(|| {
        Refusal::new(
            "ReceiptHandleIsInvalid",
            format!("The input receipt handle \"{receipt}\" is not a valid receipt handle."),
        )
    })
}

pub(super) fn missing(member: &str) -> Refusal {
    Refusal::new("MissingParameter", format!("The request must contain the parameter {member}."))
}

pub(super) fn invalid(member: &str, reason: &str) -> Refusal {
    Refusal::new("InvalidParameterValue", format!("Value for parameter {member} is invalid. Reason: {reason}."))
}

/// What XML 1.0 takes, since SQS once spoke it.
fn allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Part of the protocol, not of any protection.
pub(super) fn md5_of(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

fn sha256_of(body: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes()))
}
