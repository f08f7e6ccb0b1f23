//! Every provider's file against a server that behaves as its vendor's documentation says, quirks included: connect,
//! identity, test, a token that has ended, one that was taken back, and a client that the provider does not know.
//!
//! `standin` is the server, `account` is the product with somebody signed in, and the two journeys are what every provider
//! goes through: by consent, and by a credential that mints. A provider's own file says how it differs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod account;
mod consent;
mod links;
mod minting;
mod standin;

mod amazon;
mod anthropic;
mod aws;
mod confluence;
mod dropbox;
mod emergent;
mod facebook;
mod facebook_oauth;
mod figma;
mod github;
mod google;
mod greenhouse;
mod hubspot;
mod jira;
mod n8n;
mod notion;
mod openai;
mod planka;
mod robots;
mod salesforce;
mod sheets;
mod slack;
mod telegram;
mod webhook;
mod workday;
