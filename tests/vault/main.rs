//! The vault over KMS and DynamoDB: one data key however many make it, kept for a short while, rotated without loss, and
//! shut to everybody else.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod first_use;
mod house;
mod kept;
mod rotation;
mod shut;
