//! Other people's servers, and what they say of ours.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod al_chat;
mod lambda;
mod moto;
mod moto_kms;
mod moto_secrets;
mod moto_sqs;
mod moto_sts;
mod oidc;
mod smtp;
