//! The vault over KMS and DynamoDB: one data key however many make it, kept for a short while, rotated without loss, and
//! shut to everybody else.

mod first_use;
mod house;
mod kept;
mod rotation;
mod shut;
