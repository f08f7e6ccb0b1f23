//! A person's own mail server: asked to let us in, and handed mails. The talk itself is `mail`'s.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{Run, TEST};
use crate::{
    app::App,
    mail::{Account, Error, Message},
    providers::{Provider, RenderError, Values, credentials::InvalidField, probe::Failure},
};

/// Where mail is handed in, if nothing is said.
const PORT: u16 = 587;

pub(super) struct Email;

impl Run for Email {
    fn run<'a>(
        &'a self,
        app: &'a App,
        _provider: &'a Provider,
        action: &'a str,
        input: &'a Map<String, Value>,
        credential: &'a Values,
    ) -> BoxFuture<'a, Result<Value, Failure>> {
        Box::pin(async move {
            let account = account(credential)?;
            match action {
                TEST => test(app, &account, credential).await,
                "send" => {
                    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
                    let message = message(text("to"), text("subject"), text("body"))?;
                    let id = app.mail.send_by(&account, &message).await?;
                    Ok(json!({ "messageId": id, "to": message.to(), "subject": message.subject() }))
                }
                other => Err(RenderError::UnknownAction(other.to_owned()).into()),
            }
        })
    }

    fn proves(&self) -> bool {
        true
    }
}

async fn test(app: &App, account: &Account, credential: &Values) -> Result<Value, Failure> {
    let (host, from) = (account.host(), account.from().address());
    let user = credential.text("username")?;
    let mut told = json!({ "account": format!("{user}@{host}"), "username": user, "email": from });
    if let Ok(to) = credential.text("testEmail") {
        let text = format!("This mail shows that {host} takes mails from {from}.\n");
        let id = app.mail.send_by(account, &message(&to, "A test mail", &text)?).await?;
        told["messageId"] = id.into();
        told["message"] = format!("A test mail was sent to {to}").into();
    } else {
        app.mail.check(account).await?;
        told["message"] = "The mail server let us in; nothing was sent".into();
    }
    Ok(told)
}

/// The mail server that a credential of the provider `email` names.
pub fn account(credential: &Values) -> Result<Account, Failure> {
    let given = |name: &str| credential.text(name).ok();
    let (host, user) = (credential.text("smtpHost")?, credential.text("username")?);
    let port = given("smtpPort").map_or(Ok(PORT), |port| port.parse());
    let port = port.map_err(|_| invalid("smtpPort", "is not a port"))?;
    let secure = given("secure").map(|secure| secure == "true");
    let from = given("from").unwrap_or_else(|| user.clone());
    let password = credential.get_secret("password").ok_or_else(|| RenderError::Missing("password".to_owned()))?;
    let account = Account::new(&host, port, secure, &from).map_err(Error::Account)?;
    Ok(account.login(&user, password.clone()))
}

fn message(to: &str, subject: &str, text: &str) -> Result<Message, Failure> {
    Message::new(to, subject, text).map_err(|unfit| match unfit.part() {
        "to" => invalid("to", "must be one e-mail address"),
        "subject" => invalid("subject", "must be one line"),
        _ => invalid("body", "must not be empty"),
    })
}

fn invalid(key: &str, problem: &'static str) -> Failure {
    RenderError::from(InvalidField { key: key.to_owned(), problem }).into()
}
