//! The events that Lambda hands to a function, from one description of a request.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// A request from outside, before API Gateway or a function URL has put it into words.
#[derive(Clone)]
pub(crate) struct Request {
    method: &'static str,
    /// As the client wrote it, percent-encoded.
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    body: Option<String>,
}

/// In which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Through {
    /// HTTP API, payload 2.0: the path is decoded.
    HttpApi,
    /// Function URL: the path stays as the client wrote it.
    FunctionUrl,
}

pub(crate) const BOTH: [Through; 2] = [Through::HttpApi, Through::FunctionUrl];

impl Request {
    pub(crate) fn get(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: "GET",
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("host".to_owned(), "postern.example".to_owned())],
            cookies: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn post(target: &str, body: &Value) -> Self {
        let json = Self { method: "POST", body: Some(body.to_string()), ..Self::get(target) };
        json.header("content-type", "application/json")
    }

    pub(crate) fn form(target: &str, body: &str) -> Self {
        let form = Self { method: "POST", body: Some(body.to_owned()), ..Self::get(target) };
        form.header("content-type", "application/x-www-form-urlencoded")
    }

    /// A header, beside others of its name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn cookie(mut self, pair: &str) -> Self {
        self.cookies.push(pair.to_owned());
        self
    }

    /// The event.
    pub(crate) fn through(&self, through: Through) -> Value {
        let path = match through {
            Through::HttpApi => percent_encoding::percent_decode_str(&self.path).decode_utf8_lossy().into_owned(),
            Through::FunctionUrl => self.path.clone(),
        };
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            let value = match headers.get(name).and_then(Value::as_str) {
                // Both join headers that come twice.
                Some(before) => format!("{before},{value}"),
                None => value.clone(),
            };
            headers.insert(name.clone(), value.into());
        }
        headers.insert("x-forwarded-proto".to_owned(), "https".into());
        headers.insert("x-forwarded-for".to_owned(), "198.51.100.7".into());
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": if through == Through::HttpApi { "123456789012" } else { "anonymous" },
                "apiId": "api0000001",
                "domainName": "postern.example",
                "domainPrefix": "postern",
                "http": {
                    "method": self.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "198.51.100.7",
                    "userAgent": "test",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "20/Nov/2026:09:00:00 +0000",
                "timeEpoch": 1_795_165_200_000_i64,
            },
            "isBase64Encoded": false,
        });
        if !self.cookies.is_empty() {
            event["cookies"] = json!(self.cookies);
        }
        if let Some(body) = &self.body {
            // Text and JSON come as they are; everything else, forms too, comes encoded.
            let plain = self.headers.iter().any(|(name, value)| name == "content-type" && value == "application/json");
            event["isBase64Encoded"] = (!plain).into();
            event["body"] = if plain { body.as_str().into() } else { STANDARD.encode(body).into() };
        }
        event
    }
}

/// A minute's tick, as EventBridge sends it.
pub(crate) fn tick() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-20T09:00:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/minute"],
        "detail": {},
    })
}

/// A batch from a queue; each message is an id and a body.
pub(crate) fn batch(messages: &[(&str, &str)]) -> Value {
    let record = |(id, body): &(&str, &str)| {
        json!({
            "messageId": id,
            "receiptHandle": format!("receipt-{id}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795165200000",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1795165200001",
                "MessageGroupId": "0",
                "MessageDeduplicationId": id,
                "SequenceNumber": "18849496460467696128",
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:postern-refresh.fifo",
            "awsRegion": "eu-central-1",
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}
