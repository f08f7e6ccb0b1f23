//! Accounts: register, log in, refresh, log out, who am I; what is done by a mail; service keys for back ends; the public
//! keys of our tokens. Organisations with their members and invitations, and the users that an app manages.
//!
//! One file an operation. What they decide is in `shared::auth`; here is only what goes in and what comes out.

mod accept_invitation;
mod change_organisation;
mod change_role;
mod create_key;
mod create_user;
mod delete_user;
mod forgot_password;
mod invitations;
mod invite;
mod jwks;
mod leave;
mod list_keys;
mod list_users;
mod login;
mod logout;
mod me;
mod members;
mod organisation;
mod refresh;
mod register;
mod remove_member;
mod request_verification;
mod reset_password;
mod revoke_key;
mod show_user;
mod take_invitation_back;
mod verify_email;
mod view;

use axum::extract::DefaultBodyLimit;
use shared::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// No body here is longer than a few passwords: what is larger is turned away before anything is hashed.
const BODY_LIMIT: usize = 16 * 1024;

/// All operations of the group.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(me::me))
        .routes(routes!(list_keys::list_keys, create_key::create_key))
        .routes(routes!(revoke_key::revoke_key))
        .routes(routes!(jwks::jwks))
        .merge(by_mail())
        .merge(organisations())
        .merge(managed_users())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// What is done by a link in a mail.
fn by_mail() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(request_verification::request_verification))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
}

/// The caller's organisation, its members and invitations.
fn organisations() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(organisation::organisation, change_organisation::change_organisation))
        .routes(routes!(members::members))
        .routes(routes!(change_role::change_role, remove_member::remove_member))
        .routes(routes!(leave::leave))
        .routes(routes!(invitations::invitations, invite::invite))
        .routes(routes!(take_invitation_back::take_invitation_back))
        .routes(routes!(accept_invitation::accept_invitation))
}

/// An app's own users.
fn managed_users() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users::list_users, create_user::create_user))
        .routes(routes!(show_user::show_user, delete_user::delete_user))
}
