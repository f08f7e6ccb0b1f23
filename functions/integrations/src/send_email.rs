//! `integrations.send_email`: a mail by the caller's own mail server, or by the operator's where there is none.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{FieldError, Problem, Result, Valid, Validate},
    mail::Message,
};
use utoipa::ToSchema;

use crate::{credentials::Label, sender::Sender};

/// A mail in plain text.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SendEmail {
    /// One address.
    to: String,
    /// One line.
    subject: String,
    /// The text.
    #[serde(alias = "text")]
    body: String,
    /// A mail server to use this once: what `email` takes as credentials. It is not kept.
    #[serde(default, rename = "smtpConfig", alias = "smtp_config")]
    #[schema(value_type = Option<Object>)]
    smtp_config: Option<Map<String, Value>>,
}

/// The mail server has it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmailSent {
    success: bool,
    /// The message's id.
    #[serde(rename = "emailId")]
    email_id: String,
    to: String,
    subject: String,
    message: &'static str,
}

impl Validate for SendEmail {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        if let Err(unfit) = Message::new(&self.to, &self.subject, &self.body) {
            let part = if unfit.part() == "text" { "body" } else { unfit.part() };
            errors.push(FieldError { pointer: format!("/{part}"), detail: format!("`{part}` {unfit}") });
        }
    }
}

/// Sends a mail: by the mail server in the body, by the caller's connected one (`email`), or else by the operator's,
/// which writes to the caller's own proven address and to whom the operator allows.
#[utoipa::path(
    post, path = "/api/email/send", operation_id = "integrations.send_email", tag = "integrations",
    params(Label),
    request_body = SendEmail,
    responses(
        (status = 200, body = EmailSent),
        (status = 400, description = "Not a mail, or the mail server refused it (`mail.refused`) or us", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not somebody whom the operator's sender writes to", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The mail server cannot be reached, or asks to try later", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(label): Query<Label>,
    Valid(mail): Valid<SendEmail>,
) -> Result<Json<EmailSent>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let message = Message::new(&mail.to, &mail.subject, &mail.body)?;
    let sender = Sender::of(&app, &caller, mail.smtp_config, label.of(&caller)?).await?;
    let email_id = sender.send(&app, &caller, &message).await?;
    let (to, subject) = (message.to().to_owned(), message.subject().to_owned());
    Ok(Json(EmailSent { success: true, email_id, to, subject, message: "Email sent successfully" }))
}
