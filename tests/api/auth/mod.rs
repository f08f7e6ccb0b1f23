//! Accounts, sessions and service keys.

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

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use support::{Answer, Ask, TestApp, User};

/// The password that [`TestApp::register`] signs people up with.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A sign-in, ready to be sent.
pub(crate) fn login<'a>(app: &'a TestApp, email: &str, password: &str) -> Ask<'a> {
    app.post("/api/auth/login").json(json!({ "email": email, "password": password }))
}

/// A refresh.
pub(crate) async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/refresh").json(json!({ "refresh_token": token })).send().await
}

/// A new service key of this user: its text and its id.
pub(crate) async fn key(app: &TestApp, maker: &User, body: Value) -> (String, String) {
    let answer = app.post("/api/auth/keys").bearer(&maker.access_token).json(body).send().await.expect(200);
    let text = |name| answer.at(name).as_str().unwrap().to_owned();
    (text("key"), text("id"))
}

/// Changes a user's row behind the product's back, as an operator does, or an older system's import.
pub(crate) async fn set(app: &TestApp, user: &User, attribute: &str, value: AttributeValue) {
    rows(app)
        .update_item()
        .table_name("postern-users")
        .key("pk", AttributeValue::S(format!("USER#{}", user.id)))
        .key("sk", AttributeValue::S("self".to_owned()))
        .update_expression("SET #attribute = :value")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
}

/// An attribute of a user's row.
pub(crate) async fn get(app: &TestApp, user: &User, attribute: &str) -> AttributeValue {
    let get = rows(app).get_item().table_name("postern-users").consistent_read(true);
    let get = get.key("pk", AttributeValue::S(format!("USER#{}", user.id)));
    let row = get.key("sk", AttributeValue::S("self".to_owned())).send().await.unwrap().item.unwrap();
    row[attribute].clone()
}

/// A new user in the organisation of another, who is an administrator.
pub(crate) async fn colleague(app: &TestApp, of: &User, email: &str, role: &str) -> User {
    app.join(of, email, role).await
}

/// `PATCH` or another method as somebody who is signed in.
pub(crate) async fn ask(app: &TestApp, who: &User, method: &str, path: &str, body: Value) -> Answer {
    let method = method.parse().unwrap();
    app.request(method, path).bearer(&who.access_token).json(body).send().await
}

fn rows(app: &TestApp) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&app.aws().sdk_config("auth"))
}
