//! Other people's servers, and what they say of ours.

mod moto;
mod moto_kms;
mod moto_secrets;
mod moto_sqs;
