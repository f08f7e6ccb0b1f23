//! The operator's own mail sender.

use super::Env;
use crate::mail::{Outbox, Sender};

/// `SMTP_*`. The password is in Secrets Manager.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// The mail server's host; without it nothing leaves.
    pub host: Option<String>,
    /// Its port: 587 if nothing is said.
    pub port: u16,
    /// The user name there.
    pub user: Option<String>,
    /// Who mails are from; the user name if nothing is said.
    pub from: Option<String>,
    /// The Secrets Manager secret with the password, `{"password": "…"}`.
    pub secret: Option<String>,
    /// Whom anybody who is signed in may write to by this sender: addresses, domains, or `*`.
    pub recipients: Vec<String>,
    /// Where mails stay while there is no host: the local server's and tests' alone, never read from the environment.
    pub outbox: Option<Outbox>,
    /// Certificates (PEM) that vouch for mail servers on loopback: tests' alone, never read from the environment.
    pub trust: Vec<Vec<u8>>,
}

impl Mail {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        let mail = Self {
            host: env.text("SMTP_HOST"),
            port: env.parsed("SMTP_PORT", 587),
            user: env.text("SMTP_USER"),
            from: env.text("SMTP_FROM"),
            secret: env.text("SMTP_SECRET"),
            recipients: env.list("SMTP_RECIPIENTS"),
            outbox: None,
            trust: Vec::new(),
        };
        let from = mail.from.as_deref().or(mail.user.as_deref());
        match (&mail.host, from) {
            (Some(_), None) => env.problem("SMTP_FROM: must say whom mails are from"),
            (Some(_), Some(from)) if from.parse::<Sender>().is_err() => {
                env.problem("SMTP_FROM: must be an e-mail address, such as Postern <postern@example.org>");
            }
            _ => {}
        }
        mail
    }

    /// Whether anybody who is signed in may write to this address by the operator's sender.
    pub fn may_write_to(&self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        let Some((_, domain)) = address.rsplit_once('@') else { return false };
        self.recipients.iter().any(|allowed| {
            let allowed = allowed.to_ascii_lowercase();
            allowed == "*" || allowed == address || allowed.trim_start_matches('@') == domain
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(pairs: &[(&str, &str)]) -> bool {
        let look_up = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let mut env = Env::new(&look_up);
        Mail::read(&mut env);
        env.finish().is_err()
    }

    #[test]
    fn a_server_needs_a_sender() {
        assert!(!wrong(&[]));
        assert!(!wrong(&[("SMTP_HOST", "smtp.example.org"), ("SMTP_USER", "ada@example.org")]));
        assert!(!wrong(&[("SMTP_HOST", "smtp.example.org"), ("SMTP_FROM", "Ada <ada@example.org>")]));
        assert!(wrong(&[("SMTP_HOST", "smtp.example.org")]));
        assert!(wrong(&[("SMTP_HOST", "smtp.example.org"), ("SMTP_FROM", "Ada\r\nBcc: eve@example.org")]));
        assert!(wrong(&[("SMTP_PORT", "many")]));
    }

    #[test]
    fn recipients_are_addresses_domains_or_everybody() {
        let mail =
            |list: &[&str]| Mail { recipients: list.iter().map(|&text| text.to_owned()).collect(), ..Mail::default() };
        let some = mail(&["Example.org", "@example.net", "ada@example.com"]);
        for to in ["x@example.org", "X@EXAMPLE.NET", "ada@example.com"] {
            assert!(some.may_write_to(to), "{to}");
        }
        for to in ["x@evil-example.org", "x@sub.example.org", "eve@example.com", "example.org"] {
            assert!(!some.may_write_to(to), "{to}");
        }
        assert!(mail(&["*"]).may_write_to("x@example.org"));
        assert!(!mail(&[]).may_write_to("x@example.org"));
    }
}
