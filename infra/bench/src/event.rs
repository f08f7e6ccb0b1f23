//! What Lambda hands to a function: requests as the HTTP API words them (payload 2.0), and a message of the queue.

use serde_json::{Value, json};

/// A request without a body.
pub(crate) fn get(target: &str, bearer: &str) -> Value {
    let mut event = request("GET", target);
    if !bearer.is_empty() {
        event["headers"]["authorization"] = format!("Bearer {bearer}").into();
    }
    event
}

/// A request with JSON.
pub(crate) fn post(target: &str, body: &Value) -> Value {
    let mut event = request("POST", target);
    event["headers"]["content-type"] = "application/json".into();
    event["body"] = body.to_string().into();
    event
}

fn request(method: &str, target: &str) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": { "host": "postern.example", "x-forwarded-proto": "https", "accept": "*/*" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api0000001",
            "domainName": "postern.example",
            "domainPrefix": "postern",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.7", "userAgent": "bench" },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "20/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1_795_165_200_000_i64,
        },
        "isBase64Encoded": false,
    })
}

/// A shard to look at.
pub(crate) fn shard(number: u64) -> Value {
    json!({ "Records": [{
        "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
        "receiptHandle": "receipt",
        "body": json!({ "shard": number }).to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795165200000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1795165200001",
            "MessageGroupId": number.to_string(),
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:postern-refresh.fifo",
        "awsRegion": "eu-central-1",
    }] })
}
