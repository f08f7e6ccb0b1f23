//! The local AWS under the real SDK clients: what a function would notice if it were not AWS.
#![expect(clippy::unwrap_used, reason = "what a test's helpers cannot do fails the test")]

mod dynamodb;
mod faults;
mod kms;
mod poller;
mod rights;
mod secrets;
mod sqs;
mod support;
