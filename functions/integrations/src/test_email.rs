//! `integrations.test_email`: does this mail server let us in? The answer is 200 either way; `success` tells.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Error, Members, Problem, Result},
    mail::Message,
};
use utoipa::ToSchema;

use crate::{
    credentials::{Label, is_ours},
    sender::Sender,
};

/// How the test went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailTested {
    success: bool,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The test mail's id, where one was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// What the mail server said against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Tests the mail server in the body (`smtpConfig`, or its members alone), the connected one, or the operator's. Nothing
/// is sent, unless `testEmail`, beside the configuration or in it, says whom to.
#[utoipa::path(
    post, path = "/api/email/test", operation_id = "integrations.test_email", tag = "integrations",
    params(Label),
    request_body(content = Option<Object>, description = "`{\"smtpConfig\": {…}, \"testEmail\": \"…\"}`, or the bare configuration"),
    responses(
        (status = 200, body = EmailTested),
        (status = 400, description = "Not a mail server's description", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(label): Query<Label>,
    Members(mut body): Members,
) -> Result<Json<EmailTested>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let beside = recipient(&mut body)?;
    let mut config = config(body)?;
    // Where the configuration is what `email` takes as credentials, the receiver is one of its members.
    let within = config.as_mut().map(recipient).transpose()?.flatten();
    let to = beside.or(within);
    let sender = Sender::of(&app, &caller, config, label.of(&caller)?).await?;
    let tested = if let Some(to) = to {
        let message = Message::new(&to, "A test mail", "This mail shows that the mail server takes mails.\n")?;
        let sent = sender.send(&app, &caller, &message).await;
        sent.map(|id| (Some(id), format!("A test mail was sent to {to}")))
    } else {
        let checked = sender.check(&app).await.map_err(Error::from);
        checked.map(|()| (None, "The mail server let us in; nothing was sent".to_owned()))
    };
    Ok(Json(match tested {
        Ok((message_id, message)) => EmailTested { success: true, message: Some(message), message_id, error: None },
        Err(error) if is_ours(&error) => return Err(error),
        Err(error) => {
            let error = Some(error.message().to_owned());
            EmailTested { success: false, message: None, message_id: None, error }
        }
    }))
}

/// Takes out whom a test mail is to go to.
fn recipient(members: &mut Map<String, Value>) -> Result<Option<String>> {
    match members.remove("testEmail").or_else(|| members.remove("test_email")) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(to)) if to.trim().is_empty() => Ok(None),
        Some(Value::String(to)) => Ok(Some(to)),
        Some(_) => Err(Error::field("/testEmail", "must be an e-mail address")),
    }
}

fn config(mut body: Map<String, Value>) -> Result<Option<Map<String, Value>>> {
    match body.remove("smtpConfig").or_else(|| body.remove("smtp_config")) {
        None => Ok(Some(body)),
        Some(Value::Object(config)) => Ok(Some(config)),
        Some(Value::Null) => Ok(None),
        Some(_) => Err(Error::field("/smtpConfig", "must be an object")),
    }
}
